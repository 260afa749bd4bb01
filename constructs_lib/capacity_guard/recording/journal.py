"""Journal of a recording: keeps the answers of AWS beside the output, so that an interrupted recording can continue."""

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
from ..evidence.files import read_limited

MAXIMUM_AGE = timedelta(hours=1)
"""An older journal is not used: its live capacity would be too old for the traffic that is read now."""
_MOST_BYTES = 2**30
_TIME_KEY = "$at"
_DONE_KEY = "done"


class Journal:
    """Answers of AWS by their question, each appended to a file when it arrives.

    A fresh recording and a continued one get the same answers and the same start time, so they write the same bytes. Each
    line starts with its checksum. A line whose checksum does not fit, and every line after it, is ignored.

    Args:
        path: the file; the first answer creates it.
        request: what is recorded, as plain data; its ``out`` is the name of the output.
        now: start time of a fresh recording, UTC.
    """

    def __init__(self, path: Path, request: Mapping[str, Any], now: datetime) -> None:
        self._path = path
        self._request = json.loads(json.dumps(request))
        self._answers: dict[str, str] = {}
        self.started = now
        self._resumed = 0
        self._load(now)

    @property
    def resumed(self) -> int:
        """Number of answers from an earlier run."""
        return self._resumed

    @property
    def finished_digest(self) -> str | None:
        """The digest that ``finish`` stored, ``None`` before the recording is finished."""
        return self._answers.get(_DONE_KEY)

    def answer(self, question: Mapping[str, Any]) -> dict[str, Any] | None:
        """The stored answer to a question, ``None`` if there is none."""
        text = self._answers.get(_encoded(question))
        return None if text is None else _decoded(text)

    def keep(self, question: Mapping[str, Any], answer: Mapping[str, Any]) -> dict[str, Any]:
        """Store an answer, and return it as a later run reads it.

        Raises:
            InputError: the file cannot be written.
        """
        text = _encoded({name: value for name, value in answer.items() if name != "ResponseMetadata"})
        self._append(_encoded(question), text)
        return _decoded(text)

    def finish(self, digest: str) -> None:
        """Mark the recording as finished. Of the answers only the first stays: it identifies the table.

        Args:
            digest: digest of the file that was recorded.

        Raises:
            InputError: the file cannot be written.
        """
        first_question, first_answer = next(iter(self._answers.items()))
        self._answers.clear()
        self._append(first_question, first_answer)
        self._append(_DONE_KEY, digest)

    def delete(self) -> None:
        """Delete the file and forget all answers."""
        delete_journal(self._path)
        self._answers.clear()

    def _append(self, question: str, answer: str) -> None:
        lines = [journal_line(json.dumps([question, answer]))]
        if not self._answers:
            head = {"request": self._request, "started": self.started.isoformat()}
            lines.insert(0, journal_line(json.dumps(head)))
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
        self._answers[question] = answer

    def _load(self, now: datetime) -> None:
        try:
            content = read_limited(self._path, _MOST_BYTES)
            texts = _intact_texts(content)
            head = json.loads(texts[0])
            started = datetime.fromisoformat(head["started"])
            if head["request"] != self._request or not timedelta(0) <= now - started <= MAXIMUM_AGE:
                return
            answers = dict(json.loads(text) for text in texts[1:])
            # New lines must follow the last intact line.
            os.truncate(self._path, sum(len(journal_line(text)) for text in texts))
        except (OSError, ValueError, LookupError, TypeError, RecursionError):
            return  # no journal, or one that cannot be used: every call is made again
        self.started, self._answers, self._resumed = started, answers, len(answers)


def delete_journal(path: Path) -> None:
    """Delete the file of a journal, if it exists."""
    with suppress(OSError):
        path.unlink(missing_ok=True)


def journal_line(text: str) -> str:
    """A line of a journal: the checksum of the text, then the text, which is ASCII."""
    return f"{zlib.crc32(text.encode()):08x} {text}\n"


def _intact_texts(content: bytes) -> list[str]:
    """The texts of all complete lines before the first line whose checksum does not fit."""
    texts: list[str] = []
    for line in content.split(b"\n")[:-1]:  # the part after the last line end was cut off
        checksum, _, text = line.partition(b" ")
        if checksum != b"%08x" % zlib.crc32(text):
            break
        texts.append(text.decode())
    return texts


def _encoded(data: Mapping[str, Any]) -> str:
    return json.dumps(data, sort_keys=False, default=_encoded_time)


def _encoded_time(value: object) -> object:
    if isinstance(value, datetime):
        return {_TIME_KEY: value.astimezone(UTC).isoformat()}
    raise TypeError(f"{value!r} is not an answer of a service that recording reads")


def _decoded(text: str) -> dict[str, Any]:
    def decode_time(data: dict[str, Any]) -> Any:
        return datetime.fromisoformat(data[_TIME_KEY]) if set(data) == {_TIME_KEY} else data

    data: dict[str, Any] = json.loads(text, object_hook=decode_time)
    return data


__all__ = ["MAXIMUM_AGE", "Journal", "delete_journal", "journal_line"]
