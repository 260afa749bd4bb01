"""Rollout, margins, change windows and acknowledgments: defaults in one place, wrong values refused."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity_guard.capacity import Acknowledgment, ChangeWindow, InputError, Margins, Rollout
from capacity_guard.capacity.evidence import HOURS_OF_WEEK
from capacity_guard.capacity.settings import hours_in

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONDAY = datetime(2026, 7, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "count", "inside", "outside"),
    [
        ("Sun 06-10", 4, 6 * 24 + 6, 6 * 24 + 10),
        ("sun 06-10", 4, 6 * 24 + 9, 6 * 24 + 5),
        ("Mon-Fri 02-05", 15, 4 * 24 + 2, 5 * 24 + 2),
        ("Mon-Fri 02-05, Sun 06-10", 19, 6 * 24 + 7, 5 * 24 + 2),
        ("Sat-Mon 00-24", 72, 0, 24),
        ("Mon-Sun 00-24", 168, 100, None),
        ("Wed 23-24", 1, 2 * 24 + 23, 3 * 24),
        ("Mon 00-02, Mon 01-03", 3, 2, 3),
    ],
)
def test_window_when_written_expects_its_hours(
    text: str, count: int, inside: int, outside: int | None
) -> None:
    window = ChangeWindow(text)
    assert len(window.hours) == count
    assert MONDAY + timedelta(hours=inside, minutes=59) in window
    assert outside is None or MONDAY + timedelta(hours=outside) not in window


@given(st.sampled_from(DAYS), st.sampled_from(DAYS), st.integers(0, 23), st.integers(1, 24))
def test_window_when_any_span_is_given_expects_its_hours_or_an_error(
    first: str, last: str, start: int, length: int
) -> None:
    text = f"{first}-{last} {start:02}-{start + length:02}"
    if start + length > 24:
        with pytest.raises(InputError):
            ChangeWindow(text)
        return
    days = (DAYS.index(last) - DAYS.index(first)) % 7 + 1
    assert len(ChangeWindow(text).hours) == days * length


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Sunday",
        "Sun",
        "Sun 6-10",
        "Sun 10-06",
        "Sun 06-06",
        "Sun 06-25",
        "Son 06-10",
        "Sun 06-10,",
        "06-10",
        None,
    ],
)
def test_window_when_it_cannot_be_read_expects_an_error(text: str | None) -> None:
    with pytest.raises(InputError, match="change_window"):
        ChangeWindow(text)  # type: ignore[arg-type]


def test_hours_when_no_window_is_declared_expects_the_whole_week() -> None:
    assert list(hours_in(None)) == list(range(HOURS_OF_WEEK))
    assert list(hours_in(ChangeWindow("Sun 06-08"))) == [150, 151]


@pytest.mark.parametrize(
    "rollout",
    [
        Rollout(),
        Rollout(
            bake_minutes=20,
            change_window=ChangeWindow("Sun 06-10"),
            alarm_periods=5,
            alarm_datapoints=4,
            alarm_threshold=2.5,
            alarms=("orders-errors", "orders-latency"),
        ),
        Rollout(staffed_hours=ChangeWindow("Sun-Thu 09-17 Asia/Jerusalem")),
    ],
)
def test_rollout_when_written_and_read_expects_the_same(rollout: Rollout) -> None:
    assert Rollout.from_json(json.loads(json.dumps(rollout.to_json()))) == rollout


def test_rollout_when_its_staffed_hours_are_the_default_expects_the_plan_of_a_gate_without_them() -> None:
    assert "staffed_hours" not in Rollout().to_json()
    assert "staffed_hours" in Rollout(staffed_hours=ChangeWindow("Sun-Thu 09-17")).to_json()


def test_margins_when_written_and_read_expects_the_same() -> None:
    margins = Margins(headroom=1.5, switch_minutes=5, table_quota=80_000)
    assert Margins(**json.loads(json.dumps(margins.to_json()))) == margins


def test_margins_when_left_out_expects_the_documented_defaults() -> None:
    assert Margins().to_json() == {
        "headroom": 1.3,
        "live_peak": 1.2,
        "throttle_budget": 0.001,
        "hottest_share": 0.0,
        "return_days": 7,
        "baseline_oldest_days": 14,
        "baseline_shortest_days": 7,
        "switch_minutes": 10,
        "scaling_reaction_minutes": 10,
        "table_quota": 40_000,
        "account_quota": 80_000,
    }


@pytest.mark.parametrize("until", [None, date(2026, 7, 9)])
def test_acknowledgment_when_written_and_read_expects_the_same(until: date | None) -> None:
    acknowledgment = Acknowledgment("CG4", "a load test", until)
    assert Acknowledgment.from_json(json.loads(json.dumps(acknowledgment.to_json()))) == acknowledgment


def test_acknowledgment_when_its_last_day_ends_expects_it_to_hold_until_then() -> None:
    acknowledgment = Acknowledgment("CG4", "a load test", date(2026, 7, 9))
    assert acknowledgment.holds(datetime(2026, 7, 9, 23, 59, tzinfo=UTC))
    assert not acknowledgment.holds(datetime(2026, 7, 10, tzinfo=UTC))
    assert Acknowledgment("CG4", "for good").holds(datetime(2126, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("fields", "location"),
    [
        ({"bake_minutes": 0}, "Rollout.bake_minutes"),
        ({"alarm_periods": 1_441}, "Rollout.alarm_periods"),
        ({"alarm_periods": 1}, "Rollout.alarm_datapoints"),
        ({"alarm_threshold": -1}, "Rollout.alarm_threshold"),
        ({"change_window": "Sun 06-10"}, "Rollout.change_window"),
        ({"staffed_hours": "Mon-Thu 08-17"}, "Rollout.staffed_hours"),
        ({"staffed_hours": None}, "Rollout.staffed_hours"),
        ({"alarms": "orders-errors"}, "Rollout.alarms"),
        ({"alarms": [""]}, "Rollout.alarms"),
    ],
)
def test_rollout_when_a_field_is_wrong_expects_its_name_in_the_error(
    fields: dict[str, Any], location: str
) -> None:
    with pytest.raises(InputError) as raised:
        Rollout(**fields)
    assert raised.value.location == location


@pytest.mark.parametrize(
    ("fields", "location"),
    [
        ({"headroom": 0.9}, "Margins.headroom"),
        ({"live_peak": float("nan")}, "Margins.live_peak"),
        ({"switch_minutes": 1.5}, "Margins.switch_minutes"),
        ({"scaling_reaction_minutes": 121}, "Margins.scaling_reaction_minutes"),
        ({"throttle_budget": 1.1}, "Margins.throttle_budget"),
        ({"hottest_share": -0.1}, "Margins.hottest_share"),
    ],
)
def test_margins_when_a_field_is_out_of_range_expects_its_name_in_the_error(
    fields: dict[str, Any], location: str
) -> None:
    with pytest.raises(InputError) as raised:
        Margins(**fields)
    assert raised.value.location == location


def test_change_window_when_shown_and_compared_is_its_text_alone() -> None:
    window = ChangeWindow("Sun 06-10")
    assert repr(window).startswith("ChangeWindow(text='Sun 06-10'")
    assert "frozenset" not in repr(window)
    assert window != ChangeWindow("sun 06-10")
