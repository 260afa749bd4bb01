"""Which files a command has read, so that none of its outputs replaces one of them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

_logs: list[set[tuple[int, int]]] = []


@contextmanager
def files_read() -> Iterator[set[tuple[int, int]]]:
    """The files that are read within the context, by device and inode; of a process that it starts, see ``note_all``."""
    log: set[tuple[int, int]] = set()
    _logs.append(log)
    try:
        yield log
    finally:
        _logs.pop()


def note(state: os.stat_result) -> None:
    """Note that a file is read.

    Args:
        state: the state of the open file.
    """
    note_all([(state.st_dev, state.st_ino)])


def note_all(files: Iterable[tuple[int, int]]) -> None:
    """Note files that another process has read.

    Args:
        files: device and inode of each.
    """
    found = tuple(files)
    for log in _logs:
        log.update(found)


def was_read(path: Path) -> bool:
    """Whether a file was read in one of the contexts that are open, under whatever name.

    Args:
        path: the file, which may not exist.
    """
    try:
        state = path.stat()
    except (OSError, ValueError):
        return False
    return any((state.st_dev, state.st_ino) in log for log in _logs)


__all__ = ["files_read", "note", "note_all", "was_read"]
