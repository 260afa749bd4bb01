"""The table of states and events: what leads where, and what no sequence of events can do."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from capacity_guard.capacity import InputError
from capacity_guard.watch.journal import Journal
from capacity_guard.watch.states import (
    BY_PERSON,
    CLOSED,
    NOTES,
    ON_DUTY,
    START,
    TRANSITIONS,
    Event,
    State,
    after,
    possible,
)

AT = datetime(2026, 7, 9, tzinfo=UTC)


def reached(start: State, without: Iterable[Event] = ()) -> set[State]:
    """States that events lead to from one."""
    left = set(without)
    found, pending = {start}, [start]
    while pending:
        state = pending.pop()
        for (here, event), there in TRANSITIONS.items():
            if here is state and event not in left and there not in found:
                found.add(there)
                pending.append(there)
    return found


def test_states_when_looked_for_are_all_reached() -> None:
    assert reached(START) == set(State)


def test_events_when_looked_for_are_all_possible_somewhere() -> None:
    assert {event for _, event in TRANSITIONS} == set(Event)


def test_held_change_when_anything_happens_is_held() -> None:
    assert reached(State.HELD) == {State.HELD}


@pytest.mark.parametrize("state", [state for state in State if state is not State.HELD])
def test_open_change_when_events_come_can_end(state: State) -> None:
    assert reached(state) & CLOSED


def test_change_when_no_person_acts_is_never_accepted() -> None:
    assert State.ACCEPTED not in reached(START, BY_PERSON)


@pytest.mark.parametrize("state", sorted(ON_DUTY))
def test_veto_when_the_watch_is_on_duty_holds_the_change(state: State) -> None:
    assert after(state, Event.VETOED) is State.HELD


@pytest.mark.parametrize("state", [State.SETTLED, State.ACCEPTED, State.PLANNED])
def test_veto_when_the_watch_is_not_on_duty_is_not_possible(state: State) -> None:
    assert after(state, Event.VETOED) is None


@pytest.mark.parametrize("state", State)
def test_person_who_rolls_back_when_anything_is_deployed_or_under_way_is_heard(state: State) -> None:
    assert (after(state, Event.ROLLED_BACK) is State.HELD) is (state is not State.PLANNED)


@pytest.mark.parametrize("state", State)
def test_acceptance_when_load_was_never_watched_is_not_possible(state: State) -> None:
    assert (Event.ACCEPTED in possible(state)) is (state in {*ON_DUTY, State.ACCEPTED})


@pytest.mark.parametrize(
    ("state", "event"), [key for key, there in TRANSITIONS.items() if key[0] is not there]
)
def test_event_when_it_comes_twice_is_harmless_or_refused(state: State, event: Event) -> None:
    there = TRANSITIONS[state, event]
    assert after(there, event) in {there, None}


class Change(RuleBasedStateMachine):
    """A change to which any event comes in any order: late, twice, by a person or by the guard."""

    def __init__(self) -> None:
        super().__init__()
        self.journal = Journal("Orders", "0123456789")
        self.now = AT
        self.was_held = False
        self.was_on_duty = False

    @rule(
        event=st.sampled_from(Event),
        minutes=st.integers(-5, 10_000),
        by=st.sampled_from(["", " ", "ada", "watch"]),
        reason=st.sampled_from(["", "clients misbehave"]),
        lasts=st.sampled_from([None, -1, 0, 240]),
    )
    def happens(self, event: Event, minutes: int, by: str, reason: str, lasts: int | None) -> None:
        self.now += timedelta(minutes=minutes)
        until = None if lasts is None else self.now + timedelta(minutes=lasts)
        before = self.journal
        try:
            self.journal = before.with_event(event, at=self.now, by=by, reason=reason, until=until)
        except InputError:
            return
        assert (before.state, event) in TRANSITIONS
        assert by.strip()
        assert event not in BY_PERSON or reason
        assert self.journal.state is TRANSITIONS[before.state, event]
        again = self.journal if event in NOTES else None
        if again is None and (self.journal.state, event) in TRANSITIONS:
            assert (
                self.journal.with_event(event, at=self.now, by=by, reason=reason, until=until) is self.journal
            )

    @rule()
    def is_written_and_read(self) -> None:
        self.journal = Journal.from_json(self.journal.to_json(), "item")

    @invariant()
    def held_stays_held(self) -> None:
        assert not self.was_held or self.journal.state is State.HELD
        self.was_held = self.journal.state is State.HELD

    @invariant()
    def only_a_watched_change_is_settled_unproven_or_accepted(self) -> None:
        self.was_on_duty |= self.journal.state in ON_DUTY
        ended = self.journal.state in {State.SETTLED, State.UNPROVEN, State.ACCEPTED}
        assert not ended or self.was_on_duty

    @invariant()
    def pause_ends_with_the_duty(self) -> None:
        assert self.journal.paused_until is None or self.journal.state in {*ON_DUTY, State.HELD}
        assert not self.journal.is_on_duty(self.now) or self.journal.state in ON_DUTY

    @invariant()
    def last_entry_has_the_state(self) -> None:
        assert self.journal.state is (self.journal.entries[-1].state if self.journal.entries else START)


TestChange = Change.TestCase
TestChange.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
