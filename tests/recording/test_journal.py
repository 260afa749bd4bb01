"""The journal: which answers it gives back, which journals it does not use, and what it writes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from capacity_guard.capacity import InputError
from capacity_guard.recording.journal import Journal, delete_journal, journal_line
from tests.fakes.recording_aws import NOW

REQUEST = {"out": "x.json", "days": 14}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / ".x.recording"


def filled(path: Path, answers: int = 3) -> Journal:
    journal = Journal(path, REQUEST, NOW)
    for number in range(answers):
        journal.keep({"operation": number}, {"answer": number})
    return journal


def answers(journal: Journal) -> list[dict[str, Any] | None]:
    return [journal.answer({"operation": number}) for number in range(3)]


def test_journal_when_an_answer_cannot_be_kept_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    journal = Journal(tmp_path / "file" / ".x.recording", {"out": "x.json"}, NOW)
    with pytest.raises(InputError) as raised:
        journal.keep({"operation": "x"}, {"answer": 1})
    assert str(raised.value).startswith(
        f"--out {tmp_path / 'file' / 'x.json'}: cannot be written (File exists)"
    )
    journal.delete()


def test_journal_when_a_line_does_not_fit_its_checksum_keeps_what_was_before_it(tmp_path: Path) -> None:
    path = tmp_path / ".x.recording"
    first = Journal(path, {"out": "x.json"}, NOW)
    for number in range(3):
        first.keep({"operation": number}, {"answer": number})
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:2], lines[2].replace("answer", "anzwer"), lines[3]]))
    again = Journal(path, {"out": "x.json"}, NOW + timedelta(minutes=1))
    assert again.resumed == 1
    assert again.started == NOW
    assert [again.answer({"operation": number}) for number in range(3)] == [{"answer": 0}, None, None]
    assert path.read_text() == "".join(lines[:2])


def test_journal_when_read_again_gives_the_answers_and_the_start_of_the_first_run(path: Path) -> None:
    filled(path)
    again = Journal(path, REQUEST, NOW + timedelta(hours=1))
    assert answers(again) == [{"answer": 0}, {"answer": 1}, {"answer": 2}]
    assert (again.resumed, again.started) == (3, NOW)


@pytest.mark.parametrize(
    ("request_again", "now"),
    [
        ({**REQUEST, "days": 7}, NOW),
        (REQUEST, NOW + timedelta(hours=1, seconds=1)),
        (REQUEST, NOW - timedelta(seconds=1)),
    ],
    ids=["another request", "too old", "from the future"],
)
def test_journal_when_it_is_of_another_recording_gives_nothing(
    path: Path, request_again: dict[str, Any], now: datetime
) -> None:
    filled(path)
    again = Journal(path, request_again, now)
    assert answers(again) == [None] * 3
    assert (again.resumed, again.started) == (0, now)
    again.keep({"operation": 1}, {"answer": "new"})
    assert answers(Journal(path, request_again, now)) == [None, {"answer": "new"}, None]


def test_answer_is_given_as_a_later_run_reads_it(path: Path) -> None:
    journal = Journal(path, REQUEST, NOW)
    at = datetime(2026, 7, 1, 12, 0, 1, 250_000, tzinfo=UTC)
    answer = {"Table": {"At": at, "Units": [1, 2.5, None]}, "ResponseMetadata": {"RetryAttempts": 1}}
    question = {"operation": "x", "parameters": {"StartTime": at}}
    kept = journal.keep(question, answer)
    assert kept == {"Table": {"At": at, "Units": [1, 2.5, None]}}
    assert journal.answer(question) == Journal(path, REQUEST, NOW).answer(question) == kept
    assert journal.answer({**question, "parameters": {"StartTime": NOW}}) is None


def test_answer_of_a_type_that_no_service_returns_is_refused(path: Path) -> None:
    with pytest.raises(TypeError, match="is not an answer of a service that recording reads"):
        Journal(path, REQUEST, NOW).keep({"operation": "x"}, {"answer": object()})


def test_journal_when_finished_keeps_the_first_answer_and_the_digest(path: Path) -> None:
    journal = filled(path)
    assert journal.finished_digest is None
    journal.finish("abc")
    for finished in (journal, Journal(path, REQUEST, NOW)):
        assert answers(finished) == [{"answer": 0}, None, None]
        assert finished.finished_digest == "abc"


def test_journal_when_deleted_leaves_neither_file_nor_answers(path: Path) -> None:
    journal = filled(path)
    journal.delete()
    assert not path.exists()
    assert answers(journal) == [None] * 3
    delete_journal(path)  # no file: no error


def test_line_holds_the_checksum_of_its_text() -> None:
    assert journal_line("123456789") == "cbf43926 123456789\n"


@pytest.mark.parametrize(
    "text", ["no JSON", "[]", "{}", '{"request": 1, "started": "today"}', '{"started": 3}']
)
def test_journal_whose_first_line_cannot_be_read_is_not_used(text: str, tmp_path: Path) -> None:
    path = tmp_path / "journal"
    path.write_text(journal_line(text))
    assert not Journal(path, {"out": "x"}, NOW).resumed
