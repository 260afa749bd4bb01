"""Settings at the edges of what they accept, and the sentence for what is beyond them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from capacity_guard.capacity import Acknowledgment, ChangeWindow, InputError, Margins, Rollout
from capacity_guard.capacity.limits import SCALING_REACTION_MINUTES_MOST


def problem(make: Any, **given: Any) -> tuple[str, str]:
    """Location and problem of the error."""
    with pytest.raises(InputError) as raised:
        make(**given)
    assert raised.value.remedy
    return raised.value.location, raised.value.problem


@pytest.mark.parametrize("name", ["bake_minutes", "alarm_periods", "alarm_datapoints"])
@pytest.mark.parametrize("value", [0, -1, 1.0, True, "3", None])
def test_stage_that_is_no_whole_number_of_at_least_one_is_refused(name: str, value: object) -> None:
    assert problem(Rollout, **{name: value}) == (
        f"Rollout.{name}",
        f"{value!r} is not a whole number of at least 1",
    )


def test_smallest_stages_are_accepted() -> None:
    assert Rollout(bake_minutes=1, alarm_periods=1, alarm_datapoints=1).bake_minutes == 1
    assert Rollout(alarm_periods=1_440, alarm_datapoints=1_440).alarm_periods == 1_440
    assert Rollout(alarm_threshold=0).alarm_threshold == 0


def test_stages_beyond_their_limits_are_refused() -> None:
    assert problem(Rollout, alarm_periods=1_441) == ("Rollout.alarm_periods", "1441 is more than a day")
    assert problem(Rollout, alarm_periods=2, alarm_datapoints=3) == (
        "Rollout.alarm_datapoints",
        "exceeds alarm_periods",
    )
    assert problem(Rollout, change_window="Sun 06-10")[0] == "Rollout.change_window"
    assert problem(Rollout, alarms="errors") == ("Rollout.alarms", "'errors' is one text")
    assert problem(Rollout, alarms=("errors", "")) == ("Rollout.alarms", "'' is not an alarm's name")
    assert problem(Rollout, alarms=(5,))[0] == "Rollout.alarms"
    assert problem(Rollout, alarms=("a", "b", "a")) == ("Rollout.alarms", "'a' is named twice")
    for wrong in (None, 5):
        assert problem(Rollout, alarms=wrong) == ("Rollout.alarms", f"{wrong} is not a list")
    assert problem(Rollout, alarm_threshold=-0.1)[1] == "-0.1 is not a number of at least 0"


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("headroom", 1),
        ("live_peak", 1),
        ("baseline_oldest_days", 0),
        ("baseline_shortest_days", 0),
        ("throttle_budget", 0),
        ("hottest_share", 0),
    ],
)
def test_margin_is_a_finite_number_of_at_least_its_minimum(name: str, least: float) -> None:
    assert getattr(Margins(**{name: least}), name) == least
    for value in (least - 0.001, float("inf"), float("nan"), True, "2", None):
        assert problem(Margins, **{name: value}) == (
            f"Margins.{name}",
            f"{value!r} is not a number of at least {least:g}",
        )


@pytest.mark.parametrize(
    "name", ["switch_minutes", "scaling_reaction_minutes", "table_quota", "account_quota"]
)
def test_margin_that_is_a_count_is_a_whole_number(name: str) -> None:
    assert getattr(Margins(**{name: 1}), name) == 1
    for value in (0, 1.5, False):
        assert problem(Margins, **{name: value})[0] == f"Margins.{name}"


@pytest.mark.parametrize("name", ["throttle_budget", "hottest_share"])
def test_share_is_at_most_one(name: str) -> None:
    assert getattr(Margins(**{name: 1}), name) == 1
    assert problem(Margins, **{name: 1.01}) == (f"Margins.{name}", "1.01 is above 1")


def test_reaction_of_auto_scaling_has_a_longest_time() -> None:
    most = SCALING_REACTION_MINUTES_MOST
    assert Margins(scaling_reaction_minutes=most).scaling_reaction_minutes == most
    assert problem(Margins, scaling_reaction_minutes=most + 1) == (
        "Margins.scaling_reaction_minutes",
        f"{most + 1} is more than {most}",
    )


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("Mon 00-24", set(range(24))),
        ("sun 23-24", {167}),
        ("Sun-Mon 00-01", {144, 0}),
        ("Sat-Tue 05-06", {125, 149, 5, 29}),
        ("Mon 00-01, Mon 02-03", {0, 2}),
        ("Wed-Tue 00-01", {0, 24, 48, 72, 96, 120, 144}),
    ],
)
def test_window_has_the_hours_that_it_names(text: str, hours: set[int]) -> None:
    assert ChangeWindow(text).hours == hours


@pytest.mark.parametrize(
    "text", ["Sun 06-06", "Sun 10-06", "Sun 00-25", "Sux 06-10", "Sun-Xyz 06-10", "", "Sun"]
)
def test_window_that_names_no_hour_is_refused(text: str) -> None:
    assert problem(ChangeWindow, text=text) == ("change_window", f"{text!r} is not a span of hours")


def test_window_contains_times_of_its_hours() -> None:
    window = ChangeWindow("Thu 06-07")
    assert datetime(2026, 7, 9, 6, 0, tzinfo=UTC) in window
    assert datetime(2026, 7, 9, 6, 59, 59, tzinfo=UTC) in window
    assert datetime(2026, 7, 9, 7, 0, tzinfo=UTC) not in window
    assert datetime(2026, 7, 9, 5, 59, 59, tzinfo=UTC) not in window


def test_acknowledgment_needs_a_rule_a_reason_and_a_date() -> None:
    assert problem(Acknowledgment, rule="4", reason="a") == ("acknowledge: rule", "'4' is not a rule's id")
    assert problem(Acknowledgment, rule="CG4x", reason="a")[0] == "acknowledge: rule"
    assert problem(Acknowledgment, rule="CG4", reason=" ") == ("acknowledge: CG4: reason", "is empty")
    assert problem(Acknowledgment, rule="CG4", reason=5)[0] == "acknowledge: CG4: reason"
    for until in ("2026-12-31", datetime(2026, 12, 31, tzinfo=UTC)):
        assert problem(Acknowledgment, rule="CG4", reason="a", until=until)[0] == "acknowledge: CG4: until"
    ends = Acknowledgment("CG4", "a", date(2026, 7, 9))
    assert ends.holds(datetime(2026, 7, 9, 23, 59, tzinfo=UTC))
    assert not ends.holds(datetime(2026, 7, 10, tzinfo=UTC))
