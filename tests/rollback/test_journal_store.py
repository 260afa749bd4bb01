"""The journals in DynamoDB: written only as nobody else has written them meanwhile, and never in the way."""

from __future__ import annotations

from datetime import timedelta

import pytest

from capacity_guard.rollback.journal_store import JournalStore
from capacity_guard.watch.journal import Journal
from capacity_guard.watch.states import Event, State
from tests.handlers.gate_world import NOW

from .watch_world import JOURNALS, Journals


def journal(entries: int = 0, reason: str = "a client misbehaves") -> Journal:
    made = Journal("Orders1", "0123456789", State.WATCHING)
    for number in range(entries):
        at = NOW + timedelta(minutes=number)
        made = made.with_event(Event.PAUSED, at=at, by="ada", reason=reason, until=at + timedelta(hours=1))
    return made


@pytest.fixture
def table() -> Journals:
    return Journals()


def store(table: Journals) -> JournalStore:
    return JournalStore(table, JOURNALS)


def test_journal_when_written_is_read_again_with_its_version(table: Journals) -> None:
    kept = store(table).read("Orders1")
    assert (kept.journal, kept.version, kept.problem) == (None, 0, None)
    assert store(table).write("Orders1", journal(2), kept) is None
    again = store(table).read("Orders1")
    assert (again.journal, again.version) == (journal(2), 1)
    assert store(table).write("Orders1", journal(3), again) is None
    assert store(table).read("Orders1").version == 2


def test_journal_that_somebody_else_wrote_meanwhile_is_not_overwritten(table: Journals) -> None:
    first = store(table).read("Orders1")
    assert store(table).write("Orders1", journal(1), first) is None
    assert "ConditionalCheckFailed" in str(store(table).write("Orders1", journal(2), first))
    assert store(table).read("Orders1").journal == journal(1)


def test_journals_of_two_tables_do_not_meet(table: Journals) -> None:
    store(table).write("Orders1", journal(1), store(table).read("Orders1"))
    assert store(table).read("Payments1").journal is None


def test_journal_that_is_damaged_is_told_and_overwritten(table: Journals) -> None:
    table.items["Orders1"] = {"table": {"S": "Orders1"}, "version": {"S": "?"}}
    kept = store(table).read("Orders1")
    assert kept.journal is None
    assert kept.version is None
    assert kept.problem is not None
    assert store(table).write("Orders1", journal(1), kept) is None
    assert store(table).read("Orders1").journal == journal(1)


def test_table_that_is_gone_is_told_and_never_raised(table: Journals) -> None:
    table.refuses = ["ResourceNotFoundException"]
    kept = store(table).read("Orders1")
    assert "found nothing" in str(kept.problem)
    assert "found nothing" in str(store(table).write("Orders1", journal(1), kept))


def test_journal_when_it_is_too_long_for_an_item_loses_its_oldest_entries(table: Journals) -> None:
    long = journal(200, reason="\u20ac" * 2_000)
    assert store(table).write("Orders1", long, store(table).read("Orders1")) is None
    assert len(table.items["Orders1"]["journal"]["S"].encode()) <= 300_000
    found = store(table).read("Orders1").journal
    assert found is not None
    assert 0 < len(found.entries) < 200
    assert found.entries[-1] == long.entries[-1]
