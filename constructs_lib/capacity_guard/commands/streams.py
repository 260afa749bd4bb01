"""Standard output and standard error of the process, made so that no command ends with a traceback because of them."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TextIO, cast

from ..capacity.errors import InputError

if TYPE_CHECKING:
    from typing import TypeVar

    R = TypeVar("R")

_STANDARD_OUTPUT = "standard output"


class GuardedStream:
    """A stream that remembers that it cannot be written, and loses what is written from then on.

    Args:
        stream: the stream.
        is_needed: whether the command ends when it cannot be written: with ``BrokenPipeError`` if the reader has ended, else
            with an error.
    """

    def __init__(self, stream: TextIO, *, is_needed: bool) -> None:
        self._stream = stream
        self.is_needed = is_needed
        self.problem: OSError | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write a text."""
        self._attempt(lambda: self._stream.write(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write several texts."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Pass on what the stream holds."""
        self._attempt(self._stream.flush)

    def _attempt(self, call: Callable[[], R]) -> None:
        try:
            call()
        except OSError as error:
            if self.is_needed and isinstance(error, BrokenPipeError):
                raise
            self.problem = error
            # The stream still holds the text, and the interpreter flushes once more at its end.
            discard(self._stream)
            if self.is_needed:
                raise unwritable(error) from None


def discard(stream: TextIO) -> None:
    """Let a stream lose what it holds and what is written to it from now on.

    Args:
        stream: the stream; nothing happens to one that is no file of the operating system.
    """
    with suppress(io.UnsupportedOperation):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def unwritable(error: OSError) -> InputError:
    """The error about a standard output that cannot be written.

    Args:
        error: what writing it raised.
    """
    return InputError(
        _STANDARD_OUTPUT, f"cannot be written ({error.strerror})", "Send it to a file with enough space"
    )


@contextmanager
def guarded_streams() -> Iterator[GuardedStream]:
    """Replace both streams for one command, and give its standard output.

    Characters that their encoding does not have are written as escapes, as Python does on standard error. What cannot be
    written to standard error is lost: it would hide the exit code.

    Raises:
        InputError: standard output is closed.
    """
    before = sys.stdout, sys.stderr
    if sys.stderr is None:  # closed: https://docs.python.org/3/library/sys.html#sys.__stderr__
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
    if sys.stdout is None:
        raise InputError(
            _STANDARD_OUTPUT, "is closed", "Run the command with an output, for example > /dev/null"
        )
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    output = GuardedStream(sys.stdout, is_needed=True)
    sys.stdout, sys.stderr = cast(TextIO, output), cast(TextIO, GuardedStream(sys.stderr, is_needed=False))
    try:
        yield output
    finally:
        sys.stdout, sys.stderr = before


__all__ = ["GuardedStream", "discard", "guarded_streams", "unwritable"]
