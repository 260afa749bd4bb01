"""The event of an entry of a journal: its kind, and the reason that it names."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from capacity_guard.capacity.reasons import Reason
from capacity_guard.watch.events import (
    DECISION,
    FOUND_HELD,
    STATE_CHANGE,
    Subject,
    of_entry,
    of_message,
    reason_of,
)
from capacity_guard.watch.journal import Entry
from capacity_guard.watch.states import TRANSITIONS, Event, State
from tests.handlers.gate_world import ON_DEMAND, a_plan

AT = datetime(2026, 7, 9, 16, tzinfo=UTC)
SUBJECT = Subject("arn:stack", "Shop", "Orders", "Orders1", None, a_plan(ON_DEMAND).transition)


def entry(event: Event, state: State, reason: str = "") -> Entry:
    return Entry(event, state, AT, "watch", reason)


@pytest.mark.parametrize(("state", "event"), TRANSITIONS, ids=lambda value: value.name)
def test_every_transition_is_an_event_of_one_kind(state: State, event: Event) -> None:
    after = TRANSITIONS[state, event]
    made = of_entry(SUBJECT, state, entry(event, after))
    if after is not state:
        assert made is not None
        assert made[0] == STATE_CHANGE
    elif event in (Event.PAUSED, Event.RESUMED):
        assert made is not None
        assert made[0] == DECISION
    else:
        assert made is None


@pytest.mark.parametrize("event", Event)
def test_every_event_has_a_reason(event: Event) -> None:
    assert isinstance(reason_of(entry(event, State.WATCHING)), Reason)


def test_reason_is_the_first_that_the_text_names() -> None:
    text = "Bake vetoed: x [capacity-guard runbook bake-alarm bake-throttled]"
    assert reason_of(entry(Event.BAKE_VETOED, State.HELD, text)) is Reason.BAKE_ALARM
    later = "y [capacity-guard runbook of-tomorrow]"
    assert reason_of(entry(Event.BAKE_VETOED, State.HELD, later)) is Reason.HELD
    assert reason_of(entry(Event.VETOED, State.HELD, FOUND_HELD)) is Reason.HELD
    assert reason_of(entry(Event.VETOED, State.HELD, "z")) is Reason.TAKEN_BACK


def test_message_about_a_stack_has_no_table() -> None:
    _, detail = of_message(None, ("arn:stack", "Shop"), Reason.NOT_WATCHED, "t", ["x", "y"], AT)
    assert (detail["table"], detail["change"], detail["text"]) == (None, None, "x\ny")
    assert detail["incident"] == "Shop/not-watched"
