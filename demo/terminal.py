"""What the demo prints: its steps, the commands and what they print, and events on the rehearsal clock."""

from __future__ import annotations

import sys
import textwrap
import threading
from dataclasses import dataclass
from datetime import datetime

_WIDTH = 100
_INDENT = " " * 10
_EVENT_ROUNDS = 2
"""Reads of stack and alarms that an event waits for earlier ones: one may have begun before it."""


@dataclass(frozen=True)
class _WaitingEvent:
    """An event that is not shown yet.

    Attributes:
        at: when it happened, on the rehearsal clock.
        text: its line.
        received: how many reads of stack and alarms had ended when the terminal got it.
    """

    at: datetime
    text: str
    received: int


class Terminal:
    """Prints lines; safe to use from several threads. Events appear in the order in which they happened."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[_WaitingEvent] = []
        self._reads = 0
        self._newest: datetime | None = None
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
            self._waiting.append(_WaitingEvent(at, text, self._reads))

    def show_due_events(self) -> None:
        """Show the events that have waited long enough for earlier ones; called after each read of stack and alarms."""
        with self._lock:
            self._reads += 1
            self._show_events(self._reads - _EVENT_ROUNDS)

    def _show_events(self, until: int) -> None:
        due = [event for event in self._waiting if event.received <= until]
        self._waiting = [event for event in self._waiting if event.received > until]
        for event in sorted(due, key=lambda event: event.at):
            # What another line did not wait for is shown with its own time, which is before that of the line above.
            is_late = self._newest is not None and event.at < self._newest
            self._newest = event.at if self._newest is None else max(self._newest, event.at)
            print(
                f"{event.at:%H:%M:%S}  {event.text}{' (earlier than the line above)' if is_late else ''}",
                flush=True,
            )

    def _print(self, *lines: str) -> None:
        with self._lock:
            self._show_events(self._reads)
            print("\n".join(lines), flush=True)
