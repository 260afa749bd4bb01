"""What a person sees while the demo runs: plain sentences, and what happens as it happens."""

from __future__ import annotations

import sys
import textwrap
import threading
import time
from datetime import datetime

_WIDTH = 100
_INDENT = " " * 10
_PATIENCE = 0.7
"""Wall seconds that an event waits for earlier ones: table, stack and alarms are looked at in turns."""


class Terminal:
    """Writes lines; safe to use from several threads. Events appear in the order in which they happened."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[tuple[datetime, str, float]] = []
        coloured = sys.stdout.isatty()
        self._bold, self._dim, self._plain = ("\x1b[1m", "\x1b[2m", "\x1b[0m") if coloured else ("", "", "")

    def step(self, number: str, sentence: str) -> None:
        """A step begins: what will happen, in plain words."""
        lines = textwrap.wrap(sentence, _WIDTH - len(_INDENT))
        heads = [f"{number:<{len(_INDENT)}}", *([_INDENT] * len(lines))]
        self._say(
            "", *(f"{self._bold}{head}{line}{self._plain}" for head, line in zip(heads, lines, strict=False))
        )

    def note(self, sentence: str) -> None:
        """Something worth knowing."""
        self._say(*(f"{_INDENT}{line}" for line in textwrap.wrap(sentence, _WIDTH - len(_INDENT))))

    def quote(self, text: str) -> None:
        """Something another program has said, line by line as it said it."""
        mark = f"{_INDENT}{self._dim}|{self._plain}"
        self._say(*(f"{mark} {line}".rstrip() for line in text.strip().splitlines()))

    def command(self, words: str) -> None:
        """A command starts."""
        self._say(f"{_INDENT}$ {words}")

    def ended(self, exit_code: int, wall_seconds: float) -> None:
        """The command has ended, with what it cost on the wall clock."""
        text = f"  exit code {exit_code}, {wall_seconds:.1f} s of wall clock"
        self._say(f"{_INDENT}{self._dim}{text}{self._plain}")

    def event(self, at: datetime, text: str) -> None:
        """Something that happened on the rehearsal clock; shown by `settle`, or before the next other line."""
        with self._lock:
            self._waiting.append((at, text, time.monotonic()))

    def settle(self) -> None:
        """Show the events that have waited long enough for earlier ones."""
        with self._lock:
            self._flush(time.monotonic() - _PATIENCE)

    def _flush(self, until: float) -> None:
        due = [one for one in self._waiting if one[2] <= until]
        self._waiting = [one for one in self._waiting if one[2] > until]
        for at, text, _ in sorted(due, key=lambda one: one[0]):
            print(f"{at:%H:%M:%S}  {text}", flush=True)

    def _say(self, *lines: str) -> None:
        with self._lock:
            self._flush(time.monotonic())
            print("\n".join(lines), flush=True)
