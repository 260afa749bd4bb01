"""The way of a change to its watch in its journal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity_guard.watch.journal import Journal
from capacity_guard.watch.states import TRANSITIONS, Event, State
from capacity_guard.watch.way import EARLY, Seen, with_way

AT = datetime(2026, 7, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
WAY = (Event.PREFLIGHT_STARTED, Event.PREFLIGHT_PASSED, Event.TABLE_CHANGED, Event.BAKE_PASSED)


def seen(*events: Event) -> list[Seen]:
    return [Seen(event, AT + number * MINUTE, "Bake", "why") for number, event in enumerate(events)]


@pytest.mark.parametrize(
    ("events", "state"),
    [
        (WAY[:1], State.PREFLIGHT),
        (WAY[:2], State.CHANGING),
        (WAY[:3], State.BAKING),
        (WAY, State.WATCHING),
        ((*WAY[:1], Event.PREFLIGHT_REFUSED), State.PLANNED),
        ((*WAY[:3], Event.BAKE_VETOED, Event.CHANGE_UNDONE), State.HELD),
        ((*WAY[:3], Event.CHANGE_UNDONE, *WAY), State.WATCHING),
        ((*WAY[:1], Event.PREFLIGHT_REFUSED, Event.CHANGE_UNDONE, *WAY), State.WATCHING),
        ((*WAY, Event.CHANGE_UNDONE), State.PLANNED),
    ],
)
def test_journal_has_the_state_to_which_the_way_leads(events: tuple[Event, ...], state: State) -> None:
    made = with_way(Journal("Orders", "0123456789"), seen(*events))
    assert made.state is state
    assert all((entry.by, entry.reason) == ("Bake", "why") for entry in made.entries)
    assert with_way(made, seen(*events)) == made


@pytest.mark.parametrize("state", sorted(set(State) - EARLY))
def test_journal_of_a_watch_keeps_what_it_has(state: State) -> None:
    journal = Journal("Orders", "0123456789", state)
    assert with_way(journal, seen(*WAY)) is journal


def test_journal_is_kept_where_the_stack_shows_nothing() -> None:
    journal = with_way(Journal("Orders", "0123456789"), seen(*WAY[:2]))
    assert with_way(journal, []) is journal


def test_journal_of_a_later_version_keeps_what_it_does_not_know() -> None:
    made = with_way(Journal("Orders", "0123456789", version=2, others={"waves": []}), seen(*WAY))
    assert (made.version, made.others, made.state) == (2, {"waves": []}, State.WATCHING)


@given(st.lists(st.sampled_from(list(Event)), max_size=12))
def test_whatever_comes_in_whatever_order_is_a_way_that_the_states_have(events: list[Event]) -> None:
    made = with_way(Journal("Orders", "0123456789"), seen(*events))
    state = State.PLANNED
    for entry in made.entries:
        assert TRANSITIONS[(state, entry.event)] is entry.state
        state = entry.state
    assert made.state is state
