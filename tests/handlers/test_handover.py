"""What Preflight hands to Bake, and its room in a response."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity_guard.capacity.errors import InputError
from capacity_guard.handlers.handover import LOUD_BYTES, Loud
from capacity_guard.handlers.messages import WARNINGS_BYTES
from tests.framework.outcome import RESPONSE
from tests.handlers.gate_world import (
    ALARM_NAMES,
    INDEX,
    NOW,
    a_relief,
    an_aws,
    at,
    run_preflight,
    set_alarm_state,
    throttle,
)


@given(st.lists(st.text(max_size=300), max_size=30), st.lists(st.text(max_size=300), max_size=30))
def test_loud_when_written_and_read_is_the_same_or_counts_everything(
    resources: list[str], alarms: list[str]
) -> None:
    loud = Loud(NOW, tuple(resources), tuple(alarms))
    text = loud.to_attribute()
    assert len(json.dumps(text, ensure_ascii=False).encode()) <= LOUD_BYTES
    read = Loud.from_attribute(text)
    assert read.at == NOW
    assert read == loud or read.everything
    assert all(read.has_resource(key) for key in resources)
    assert all(read.has_alarm(name) for name in alarms)


def test_loud_when_it_is_short_names_what_was_loud_and_nothing_else() -> None:
    loud = Loud.from_attribute(Loud(NOW, (INDEX,), ("orders",)).to_attribute())
    assert (loud.has_resource(INDEX), loud.has_resource("table")) == (True, False)
    assert (loud.has_alarm("orders"), loud.has_alarm("other")) == (True, False)
    assert Loud(NOW, (INDEX,)).to_attribute() == (
        '{"at":"2026-07-09T16:00:20+00:00","resources":["index/by_agent"],"alarms":[]}'
    )


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"at": 5}', '{"at": "yesterday"}', "not judged"])
def test_loud_when_it_cannot_be_read_is_one_clear_error(text: str) -> None:
    with pytest.raises(InputError, match="gate: Loud: cannot be read"):
        Loud.from_attribute(text)


def test_response_has_room_for_warnings_what_was_loud_and_the_rest() -> None:
    ids = 255 + 1_024 // 8 + 4 * 128 + 300
    assert WARNINGS_BYTES + LOUD_BYTES + ids < RESPONSE


def test_preflight_when_something_throttles_hands_over_what_and_when(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_relief()
    aws = an_aws(plan)
    throttle(aws, INDEX, at(-4), 900)
    throttle(aws, "table", at(-9), 900, 900)
    set_alarm_state(aws, ALARM_NAMES["table"], "ALARM", at(-8))
    loud = Loud.from_attribute(run_preflight(monkeypatch, plan, aws)["Loud"])
    assert loud == Loud(NOW, (INDEX,), (ALARM_NAMES["table"],))
    assert NOW - loud.at < timedelta(seconds=1)
