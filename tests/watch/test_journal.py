"""The journal of a change: who, when, why and figures; pauses; what versions read of each other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from capacity_guard.capacity import InputError
from capacity_guard.watch.journal import MOST_ENTRIES, Journal, LaterJournalError
from capacity_guard.watch.states import Event, State

AT = datetime(2026, 7, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def watched() -> Journal:
    """The journal of a change that passed its Bake."""
    journal = Journal("Orders", "0123456789")
    events = (Event.PREFLIGHT_STARTED, Event.PREFLIGHT_PASSED, Event.TABLE_CHANGED, Event.BAKE_PASSED)
    for minutes, event in enumerate(events):
        journal = journal.with_event(event, at=AT + timedelta(minutes=minutes), by="guard")
    return journal


def test_veto_when_it_is_written_has_who_when_why_and_figures() -> None:
    journal = watched().with_event(
        Event.VETOED, at=AT + HOUR, by="sweep", reason="by_agent throttles", figures={"throttle events": 4}
    )
    entry = journal.entries[-1]
    assert (entry.state, entry.at, entry.by, entry.reason) == (
        State.HELD,
        AT + HOUR,
        "sweep",
        "by_agent throttles",
    )
    assert entry.figures == {"throttle events": 4}
    assert Journal.from_json(journal.to_json(), "item") == journal


def test_journal_when_asked_since_when_says_when_the_state_began() -> None:
    journal = watched()
    assert journal.since(State.WATCHING) == AT + timedelta(minutes=3)
    paused = journal.with_event(Event.PAUSED, at=AT + HOUR, by="ada", reason="a client", until=AT + 2 * HOUR)
    assert paused.since(State.WATCHING) == AT + timedelta(minutes=3)
    assert paused.since(State.HELD) is None
    assert Journal("Orders", "0").since(State.PLANNED) is None


def test_journal_when_people_were_told_says_when_and_of_what() -> None:
    journal = watched().with_told("veto", AT).with_told("veto", AT + HOUR).with_told("slow veto", AT)
    assert journal.told == {"veto": AT + HOUR, "slow veto": AT}
    assert Journal.from_json(journal.to_json(), "item") == journal
    assert "told" not in watched().to_json()
    with pytest.raises(InputError, match=r"item\.told"):
        Journal.from_json({**watched().to_json(), "told": {"veto": "yesterday"}}, "item")


def test_note_that_people_were_told_leaves_the_state() -> None:
    journal = watched().with_event(Event.PAGED, at=AT + HOUR, by="watch", reason="by_agent throttles")
    assert journal.state is State.WATCHING
    assert journal.entries[-1].event is Event.PAGED


def test_pause_when_it_is_over_lets_the_watch_roll_back_again() -> None:
    journal = watched().with_event(
        Event.PAUSED, at=AT + HOUR, by="ada", reason="a client", until=AT + 2 * HOUR
    )
    assert watched().is_on_duty(AT + HOUR)
    assert not journal.is_on_duty(AT + 2 * HOUR - timedelta(seconds=1))
    assert journal.is_on_duty(AT + 2 * HOUR)
    assert journal.with_event(Event.RESUMED, at=AT + HOUR, by="ada").is_on_duty(AT + HOUR)


@pytest.mark.parametrize(
    "given",
    [
        {"event": Event.ACCEPTED, "reason": " "},
        {"event": Event.ROLLED_BACK, "by": " "},
        {"event": Event.PAUSED, "reason": "a client"},
        {"event": Event.PAUSED, "reason": "a client", "until": AT},
        {"event": Event.ACCEPTED, "reason": "seen", "until": AT + 3 * HOUR},
        {"event": Event.BAKE_VETOED},
    ],
)
def test_event_when_it_lacks_something_or_is_not_possible_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(InputError) as raised:
        watched().with_event(**{"at": AT + HOUR, "by": "ada", **given})
    assert "Orders" in str(raised.value)


def test_error_when_an_event_is_not_possible_names_the_possible_ones() -> None:
    with pytest.raises(InputError, match="is planned, where 'accepted by a person' is not possible"):
        Journal("Orders", "0").with_event(Event.ACCEPTED, at=AT, by="ada", reason="seen")


def test_journal_when_it_is_long_keeps_the_newest_entries() -> None:
    journal = watched()
    for hour in range(MOST_ENTRIES + 5):
        journal = journal.with_event(Event.RESUMED, at=AT + hour * HOUR, by="ada")
    assert len(journal.entries) == MOST_ENTRIES
    assert journal.entries[-1].at == AT + (MOST_ENTRIES + 4) * HOUR


def test_journal_of_a_later_version_when_written_again_keeps_what_it_does_not_know() -> None:
    data = {**watched().to_json(), "version": 2, "waves": ["cell-1"]}
    data["entries"][0]["colour"] = "blue"
    read = Journal.from_json(data, "item")
    assert read.to_json() == data
    after = read.with_event(Event.ACCEPTED, at=AT + HOUR, by="ada", reason="seen").to_json()
    assert (after["version"], after["waves"], after["entries"][0]["colour"]) == (2, ["cell-1"], "blue")
    assert after["state"] == "accepted"


@pytest.mark.parametrize("version", [0, -1, "2", True, None, 1.5])
def test_journal_whose_version_is_none_is_corrupt(version: Any) -> None:
    with pytest.raises(InputError, match=r"item\.version"):
        Journal.from_json({**watched().to_json(), "version": version}, "item")


def test_journal_of_a_later_version_that_cannot_be_read_is_an_error_of_its_own() -> None:
    data = {**watched().to_json(), "state": "asleep"}
    with pytest.raises(LaterJournalError, match="Install the version of capacity-guard that the stack has"):
        Journal.from_json({**data, "version": 2}, "item")
    with pytest.raises(InputError, match="is not a state") as caught:
        Journal.from_json(data, "item")
    assert not isinstance(caught.value, LaterJournalError)


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        [],
        {"state": "lost"},
        {"entries": None},
        {"table": " "},
        {"fingerprint": 5},
        {"paused_until": "soon"},
        {"entries": [{}]},
        {"entries": [5]},
    ],
)
def test_journal_when_it_is_corrupt_names_the_field_and_the_command_that_repairs(wrong: Any) -> None:
    data = {**watched().to_json(), **wrong} if isinstance(wrong, dict) else wrong
    with pytest.raises(InputError, match="item"):
        Journal.from_json(data, "item")


@pytest.mark.parametrize(
    "wrong",
    [
        {"event": "explosion"},
        {"state": 1},
        {"at": 5},
        {"by": ""},
        {"reason": 5},
        {"figures": {"x": "many"}},
        {"figures": {"x": float("nan")}},
        {"figures": {"x": True}},
    ],
)
def test_entry_when_it_is_corrupt_is_named(wrong: dict[str, Any]) -> None:
    data = watched().to_json()
    data["entries"][1].update(wrong)
    with pytest.raises(InputError, match=r"item\.entries\[1\]"):
        Journal.from_json(data, "item")
