"""What the demo prints: its steps, the commands and what they print, and events on the rehearsal clock."""

from __future__ import annotations

import sys
import textwrap
import threading
import time
from dataclasses import dataclass
from datetime import datetime

_WIDTH = 100
_INDENT = " " * 10
_EVENT_DELAY = 0.7
"""Wall seconds that an event waits for earlier ones: table, stack and alarms are polled one after the other."""


@dataclass(frozen=True)
class _WaitingEvent:
    """An event that is not shown yet.

    Attributes:
        at: when it happened, on the rehearsal clock.
        text: its line.
        received: when the terminal got it, seconds of ``time.monotonic``.
    """

    at: datetime
    text: str
    received: float


class Terminal:
    """Prints lines; safe to use from several threads. Events appear in the order in which they happened."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[_WaitingEvent] = []
        coloured = sys.stdout.isatty()
        self._bold, self._dim, self._reset = ("\x1b[1m", "\x1b[2m", "\x1b[0m") if coloured else ("", "", "")

    def step(self, label: str, sentence: str) -> None:
        """A step, or a part of one, begins: what will happen in it."""
        lines = textwrap.wrap(sentence, _WIDTH - len(_INDENT))
        heads = [f"{label:<{len(_INDENT)}}", *([_INDENT] * len(lines))]
        self._print(
            "", *(f"{self._bold}{head}{line}{self._reset}" for head, line in zip(heads, lines, strict=False))
        )

    def note(self, sentence: str) -> None:
        """An explanation, wrapped and indented."""
        self._print(*(f"{_INDENT}{line}" for line in textwrap.wrap(sentence, _WIDTH - len(_INDENT))))

    def quote(self, text: str) -> None:
        """The output of another program, line by line, unchanged."""
        mark = f"{_INDENT}{self._dim}|{self._reset}"
        self._print(*(f"{mark} {line}".rstrip() for line in text.strip().splitlines()))

    def command(self, words: str) -> None:
        """A command starts."""
        self._print(f"{_INDENT}$ {words}")

    def ended(self, exit_code: int, wall_seconds: float) -> None:
        """The command ended: its exit code and its wall time."""
        text = f"  exit code {exit_code}, {wall_seconds:.1f} s of wall clock"
        self._print(f"{_INDENT}{self._dim}{text}{self._reset}")

    def event(self, at: datetime, text: str) -> None:
        """Something that happened on the rehearsal clock; shown by ``show_due_events``, or before the next other line."""
        with self._lock:
            self._waiting.append(_WaitingEvent(at, text, time.monotonic()))

    def show_due_events(self) -> None:
        """Show the events that have waited long enough for earlier ones."""
        with self._lock:
            self._show_events(time.monotonic() - _EVENT_DELAY)

    def _show_events(self, until: float) -> None:
        due = [event for event in self._waiting if event.received <= until]
        self._waiting = [event for event in self._waiting if event.received > until]
        for event in sorted(due, key=lambda event: event.at):
            print(f"{event.at:%H:%M:%S}  {event.text}", flush=True)

    def _print(self, *lines: str) -> None:
        with self._lock:
            self._show_events(time.monotonic())
            print("\n".join(lines), flush=True)
