"""What a recording has read so far, kept beside its output: an interrupted one goes on where it was."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ..capacity.errors import InputError
from ..evidence.traffic import read_limited

OLDEST = timedelta(hours=1)
"""A journal holds the live capacity too: an older one is no recording of one moment any more."""
_LARGEST = 2**30
_AT = "$at"
_DONE = "done"


class Journal:
    """Answers of AWS by their question, appended to a file as they come.

    A fresh recording and one that goes on see the same answers and the same start, so they end in the same bytes. Each
    line begins with its checksum: what does not fit it, and all that follows, was not answered.

    Args:
        path: the file; it is made with the first answer.
        request: what is recorded: plain data, its ``out`` the name of the output.
        now: the moment at which a fresh recording starts, UTC.
    """

    def __init__(self, path: Path, request: Mapping[str, Any], now: datetime) -> None:
        self._path = path
        self._request = json.loads(json.dumps(request))
        self._answers: dict[str, str] = {}
        self.started = now
        self._read(now)

    @property
    def resumed(self) -> int:
        """How many answers an earlier run left."""
        return self._resumed

    @property
    def done(self) -> str | None:
        """What ``finish`` kept, ``None`` as long as the recording is not through."""
        return self._answers.get(_DONE)

    def answer(self, question: Mapping[str, Any]) -> dict[str, Any] | None:
        """The answer that was given to a question, ``None`` if it was not asked yet."""
        known = self._answers.get(_text(question))
        return None if known is None else _parsed(known)

    def note(self, question: Mapping[str, Any], answer: Mapping[str, Any]) -> dict[str, Any]:
        """Keep an answer; gives it back as a later run will see it.

        Raises:
            InputError: the file cannot be written.
        """
        known = _text({name: value for name, value in answer.items() if name != "ResponseMetadata"})
        self._keep(_text(question), known)
        return _parsed(known)

    def finish(self, digest: str) -> None:
        """Keep of all answers the first alone, which tells the table, and that the recording is through.

        Args:
            digest: of what was recorded.

        Raises:
            InputError: the file cannot be written.
        """
        first = next(iter(self._answers.items()))
        self._answers.clear()
        self._keep(*first)
        self._keep(_DONE, digest)

    def drop(self) -> None:
        """Forget everything."""
        forget(self._path)
        self._answers.clear()

    def _keep(self, key: str, known: str) -> None:
        lines = [line_of(json.dumps([key, known]))]
        if not self._answers:
            head = {"request": self._request, "started": self.started.isoformat()}
            lines.insert(0, line_of(json.dumps(head)))
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a" if self._answers else "w", encoding="utf-8") as file:
                file.write("".join(lines))
        except OSError as error:
            raise InputError(
                f"--out {self._path.parent / str(self._request['out'])}",
                f"cannot be written ({error.strerror or error})",
                "Give another path",
            ) from None
        self._answers[key] = known

    def _read(self, now: datetime) -> None:
        self._resumed = 0
        try:
            content = read_limited(self._path, _LARGEST)
            lines = _sound(content)
            head = json.loads(lines[0])
            started = datetime.fromisoformat(head["started"])
            if head["request"] != self._request or not timedelta(0) <= now - started <= OLDEST:
                return
            answers = dict(json.loads(line) for line in lines[1:])
            # What is added must not stand behind a line that was cut off.
            os.truncate(self._path, sum(len(line_of(line)) for line in lines))
        except (OSError, ValueError, LookupError, TypeError, RecursionError):
            return  # none, or one that cannot be used: everything is asked anew
        self.started, self._answers, self._resumed = started, answers, len(answers)


def forget(path: Path) -> None:
    """Remove a journal, if there is one."""
    with suppress(OSError):
        path.unlink(missing_ok=True)


def line_of(text: str) -> str:
    """A line of a journal: its checksum, and the text, which is all ASCII."""
    return f"{zlib.crc32(text.encode()):08x} {text}\n"


def _sound(content: bytes) -> list[str]:
    """The texts of all whole lines before the first whose checksum does not fit."""
    texts: list[str] = []
    for line in content.split(b"\n")[:-1]:  # what follows the last end of a line was cut off
        checksum, _, text = line.partition(b" ")
        if checksum != b"%08x" % zlib.crc32(text):
            break
        texts.append(text.decode())
    return texts


def _text(data: Mapping[str, Any]) -> str:
    return json.dumps(data, sort_keys=False, default=_plain)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return {_AT: value.astimezone(UTC).isoformat()}
    raise TypeError(f"{value!r} is no answer of a service that recording reads")


def _parsed(text: str) -> dict[str, Any]:
    def moment(data: dict[str, Any]) -> Any:
        return datetime.fromisoformat(data[_AT]) if set(data) == {_AT} else data

    found: dict[str, Any] = json.loads(text, object_hook=moment)
    return found


__all__ = ["OLDEST", "Journal", "forget", "line_of"]
