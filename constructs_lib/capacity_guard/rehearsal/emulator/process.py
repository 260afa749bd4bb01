"""The emulator's process: apply the corrections, then serve until its starter ends. `launcher` starts it."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading

from . import corrections

_GRACE_SECONDS = 5.0
"""Wall seconds for an orderly end after the starter has ended."""


def main(lifeline: str, folder: str) -> None:
    """Apply the corrections that the environment does not leave out, then run MiniStack until the process ends.

    Args:
        lifeline: file descriptor of a pipe whose other end the starter alone holds: its end of file is the starter's end.
        folder: folder to remove after the starter's end, an empty text for none.
    """
    orphaned = threading.Event()
    descriptor = int(lifeline)
    os.set_inheritable(descriptor, False)  # no function may hold it
    threading.Thread(target=_end_with_starter, args=(descriptor, orphaned, folder), daemon=True).start()
    applied = corrections.apply_all(skip=corrections.skipped_by_environment())
    print(f"corrections applied: {', '.join(applied)}", file=sys.stderr, flush=True)
    from ministack.app import main as serve

    try:
        serve()
    finally:
        if orphaned.is_set():
            _end_all(folder)


def _end_with_starter(lifeline: int, orphaned: threading.Event, folder: str) -> None:
    while os.read(lifeline, 1):
        pass  # nothing is ever written: the read ends at the end of file
    orphaned.set()
    os.killpg(0, signal.SIGTERM)  # its functions are in its process group, and MiniStack ends in order
    # `wait` is wall time in C: the rehearsal clock does not shorten it. The main thread ends the process before.
    threading.Event().wait(_GRACE_SECONDS)
    _end_all(folder)


def _end_all(folder: str) -> None:
    if folder:
        shutil.rmtree(folder, ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


__all__ = ["main"]
