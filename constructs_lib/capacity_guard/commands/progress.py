"""Progress of a command, on a terminal or in a log."""

from __future__ import annotations

from collections.abc import Callable
from typing import TextIO

from ..capacity.safe_text import safe_line

_ERASE_LINE = "\r\x1b[K"


class Progress:
    """A status line that the next one overwrites on a terminal; elsewhere only lines that stay.

    Args:
        stream: where to write.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._terminal = stream.isatty()

    def of(self, name: str) -> Callable[[str], None]:
        """A callback for the progress of one table.

        The callback gets the operation that comes next. Elsewhere than on a terminal it only writes that a recording
        continues.

        Args:
            name: the table.
        """
        calls = 0

        def report(operation: str) -> None:
            nonlocal calls
            calls += 1
            if self._terminal:
                self._stream.write(_ERASE_LINE + safe_line(f"{name}: {operation} (call {calls})"))
                self._stream.flush()
            elif operation.startswith("continues"):
                self.line(f"{name}: {operation}")

        return report

    def line(self, text: str) -> None:
        """Write a line that stays."""
        self._stream.write((_ERASE_LINE if self._terminal else "") + safe_line(text) + "\n")
        self._stream.flush()

    def counted(self, done: str, what: str) -> Callable[[int, int], None]:
        """A callback for the number of finished items.

        Elsewhere than on a terminal it writes a line for each tenth of at least 20 items.

        Args:
            done: what is done to an item: ``planned``.
            what: the items: ``tables``.
        """
        tenths = 0

        def report(number: int, total: int) -> None:
            nonlocal tenths
            text = f"{done} {number:,} of {total:,} {what}"
            if self._terminal:
                self._stream.write(_ERASE_LINE + safe_line(text))
                self._stream.flush()
            elif total >= 20 and number * 10 // total > tenths:
                tenths = number * 10 // total
                self.line(text)

        return report

    def end(self) -> None:
        """Remove the status line."""
        if self._terminal:
            self._stream.write(_ERASE_LINE)
            self._stream.flush()


__all__ = ["Progress"]
