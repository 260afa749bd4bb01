"""The check whether provisioned throughput serves recorded traffic."""

from __future__ import annotations

from array import array

from hypothesis import given
from hypothesis import strategies as st

from capacity_guard.capacity import AutoScaling
from capacity_guard.simulator.provisioned_check import carries, provisioned_by_minute, shortage
from tests.builders.domain import auto_scaling, minutes

GAP = float("nan")


def load(*spans: tuple[int, float]) -> array[float]:
    """Units per minute of spans of minutes at a rate in units per second."""
    return array("d", [units * 60 for length, units in spans for _ in range(length)])


def test_bucket_when_it_holds_enough_expects_everything_served() -> None:
    """300 seconds of 100 units a second: five minutes at twice the rate, and not a unit more."""
    assert carries(load((60, 0), (5, 200), (60, 0)), 100, 10) is None
    short = carries(load((60, 0), (5, 200), (1, 101)), 100, 10)
    assert short is not None
    assert (short.minutes, short.units, short.worst, short.provisioned) == (1, 60, 65, 100)


def test_bucket_when_it_was_emptied_expects_it_refilled_by_unused_units() -> None:
    assert carries(load((5, 200), (10, 50), (5, 200)), 100, 10) is None
    assert carries(load((5, 200), (9, 50), (5, 200)), 100, 10) is not None


def test_bucket_when_idle_for_a_day_expects_no_more_than_300_seconds() -> None:
    assert carries(load((1_440, 0), (6, 200)), 100, 10) is not None


def test_peak_when_above_provisioned_units_but_served_expects_no_shortage() -> None:
    """98 minutes above 3,840 in two weeks, seven a day: burst serves all of them."""
    day = load((1_000, 2_000), (7, 6_500), (433, 2_000))
    assert sum(v > 3_840 * 60 for v in day * 14) == 98
    assert carries(day * 14, 3_840, 10) is None
    assert carries(day * 14, 3_600, 10) is not None


def test_gap_when_in_the_traffic_expects_the_bucket_unchanged() -> None:
    gap = array("d", [GAP] * 60)
    assert carries(load((5, 200)) + gap + load((1, 101)), 100, 10) is not None


def test_auto_scaling_when_load_rises_expects_a_raise_after_the_reaction_time() -> None:
    provisioned = provisioned_by_minute(load((30, 50), (30, 140)), AutoScaling(100, 1_000), 10)
    assert list(provisioned[:40]) == [100] * 40
    assert list(provisioned[40:]) == [200] * 20  # 140 / 70 %


def test_auto_scaling_when_a_single_minute_is_high_expects_no_raise() -> None:
    provisioned = provisioned_by_minute(load((30, 50), (1, 500), (30, 50)), AutoScaling(100, 1_000), 10)
    assert set(provisioned) == {100}


def test_auto_scaling_when_quiet_for_fifteen_minutes_expects_it_lower() -> None:
    """The low alarm is 20 points below the target: 50 % of 200 units."""
    scaling = AutoScaling(10, 1_000)
    provisioned = provisioned_by_minute(load((1, 140), (40, 99)), scaling, 10)
    assert list(provisioned) == [200] * 16 + [142] * 25
    assert set(provisioned_by_minute(load((1, 140), (40, 100)), scaling, 10)) == {200}


def test_auto_scaling_when_it_starts_under_load_expects_it_served() -> None:
    assert carries(load((600, 700)), AutoScaling(10, 2_000), 10) is None


@given(minutes, auto_scaling(), st.integers(1, 30))
def test_auto_scaling_when_it_moves_expects_it_between_minimum_and_maximum(
    series: list[float], scaling: AutoScaling, reaction: int
) -> None:
    provisioned = provisioned_by_minute(series, scaling, reaction)
    assert len(provisioned) == len(series)
    assert all(scaling.minimum <= units <= scaling.maximum for units in provisioned)


@given(minutes, st.integers(1, 200_000), st.integers(0, 50_000))
def test_shortage_when_more_is_provisioned_expects_no_more_unserved(
    series: list[float], units: int, more: int
) -> None:
    less, enough = carries(series, units, 10), carries(series, units + more, 10)
    assert (0 if enough is None else enough.units) <= (0 if less is None else less.units) + 1e-6


@given(minutes)
def test_shortage_when_the_peak_is_provisioned_expects_none(series: list[float]) -> None:
    peak = max((v for v in series if v == v), default=0.0)
    assert carries(series, int(peak // 60) + 1, 10) is None


@given(minutes, st.integers(1, 200_000))
def test_shortage_when_found_expects_it_within_the_demand(series: list[float], units: int) -> None:
    short = shortage(series, [units] * len(series))
    if short is not None:
        assert 0 < short.units <= sum(v for v in series if v == v)
        assert 1 <= short.minutes <= len(series)
        assert series[short.worst] > units * 60
