"""What a recording has read so far, kept beside its output: an interrupted one goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from constructs_lib.capacity.errors import InputError

OLDEST = timedelta(hours=1)
"""A journal holds the live capacity too: an older one is no recording of one moment any more."""
_AT = "$at"


class Journal:
    """Answers of AWS by their question, appended to a file as they come.

    A fresh recording and one that goes on see the same answers and the same start, so they end in the same bytes.

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

    def answer(self, question: Mapping[str, Any]) -> dict[str, Any] | None:
        """The answer that was given to a question, ``None`` if it was not asked yet."""
        known = self._answers.get(_text(question))
        return None if known is None else _parsed(known)

    def note(self, question: Mapping[str, Any], answer: Mapping[str, Any]) -> dict[str, Any]:
        """Keep an answer; gives it back as a later run will see it.

        Raises:
            InputError: the file cannot be written.
        """
        key = _text(question)
        known = _text({name: value for name, value in answer.items() if name != "ResponseMetadata"})
        lines = (
            []
            if self._answers
            else [json.dumps({"request": self._request, "started": self.started.isoformat()})]
        )
        lines.append(json.dumps([key, known]))
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a" if self._answers else "w", encoding="utf-8") as file:
                file.write("".join(f"{line}\n" for line in lines))
        except OSError as error:
            raise InputError(
                f"--out {self._path.parent / str(self._request['out'])}",
                f"cannot be written ({error.strerror or error})",
                "Give another path",
            ) from None
        self._answers[key] = known
        return _parsed(known)

    def drop(self) -> None:
        """Forget everything."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)
        self._answers.clear()

    def _read(self, now: datetime) -> None:
        self._resumed = 0
        try:
            lines = self._path.read_bytes().decode().split("\n")
            head = json.loads(lines[0])
            started = datetime.fromisoformat(head["started"])
            if head["request"] != self._request or not timedelta(0) <= now - started <= OLDEST:
                return
            answers: dict[str, str] = {}
            for line in lines[1:-1]:  # what follows the last end of a line was cut off
                key, known = json.loads(line)
                answers[str(key)] = str(known)
        except (OSError, ValueError, KeyError, TypeError):
            return  # none, or one that cannot be used: everything is asked anew
        self.started, self._answers, self._resumed = started, answers, len(answers)


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


__all__ = ["OLDEST", "Journal"]
