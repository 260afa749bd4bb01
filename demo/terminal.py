"""What a person sees while the demo runs: plain sentences, and what happens as it happens."""

from __future__ import annotations

import sys
import textwrap
import threading
from datetime import datetime

_WIDTH = 100
_INDENT = " " * 10


class Terminal:
    """Writes lines; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bold, self._dim, self._plain = (
            ("\x1b[1m", "\x1b[2m", "\x1b[0m") if sys.stdout.isatty() else ("", "", "")
        )

    def step(self, number: str, sentence: str) -> None:
        """A step begins: what will happen, in one sentence."""
        lines = textwrap.wrap(sentence, _WIDTH - len(_INDENT))
        head = f"{number:<{len(_INDENT)}}"
        self._say(
            "",
            *(
                f"{self._bold}{head if i == 0 else _INDENT}{line}{self._plain}"
                for i, line in enumerate(lines)
            ),
        )

    def note(self, sentence: str) -> None:
        """Something worth knowing."""
        self._say(*(f"{_INDENT}{line}" for line in textwrap.wrap(sentence, _WIDTH - len(_INDENT))))

    def quote(self, text: str) -> None:
        """Something another program has said, line by line as it said it."""
        self._say(
            *(f"{_INDENT}{self._dim}|{self._plain} {line}".rstrip() for line in text.strip().splitlines())
        )

    def event(self, at: datetime, text: str) -> None:
        """Something that happened on the rehearsal clock."""
        self._say(f"{at:%H:%M:%S}  {text}")

    def ran(self, words: str, wall_seconds: float, exit_code: int) -> None:
        """A command that ended, with what it cost on the wall clock."""
        self._say(
            f"{_INDENT}{self._dim}$ {words}   (exit code {exit_code}, {wall_seconds:.1f} s of wall clock){self._plain}"
        )

    def _say(self, *lines: str) -> None:
        with self._lock:
            print("\n".join(lines), flush=True)
