"""The digest of traffic, compared with its definition."""

from __future__ import annotations

import math
from array import array
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity_guard.capacity import Dimension
from capacity_guard.capacity.evidence import HOURS_OF_WEEK, MINUTE, hour_of_week
from capacity_guard.evidence.digest import (
    digest,
    hours_of_week,
    noise_of,
    peak_of,
)
from capacity_guard.evidence.traffic import Traffic
from tests.builders.domain import traffics

DIMENSION = Dimension(None, "write")
SATURDAY = datetime(2026, 7, 4, 16, 31, tzinfo=UTC)


def traffic_of(series: list[float], start: datetime = SATURDAY) -> Traffic:
    return Traffic(start, {DIMENSION: array("d", series)}, {DIMENSION: array("d", [0.0] * len(series))})


@given(traffics(dimensions=(DIMENSION,)), st.integers(1, 20))
def test_evidence_when_digested_expects_its_definition(traffic: Traffic, switch: int) -> None:
    evidence = digest(traffic, switch)
    series = traffic.consumed[DIMENSION]
    recorded = evidence.of(DIMENSION)
    assert recorded is not None
    by_hour: dict[int, float] = {}
    rise: dict[int, float] = {}
    for start, value in enumerate(series):
        hour = hour_of_week(traffic.minute(start))
        window = [units for units in series[start : start + switch + 1] if not math.isnan(units)]
        if window:
            by_hour[hour] = max(by_hour.get(hour, 0), *window)
        if not math.isnan(value):
            rise[hour] = max(rise.get(hour, 0), max(window) - value)
    for hour in range(HOURS_OF_WEEK):
        peak = recorded.by_hour[hour]
        assert (peak is None) is (hour not in by_hour)
        if peak is not None:
            assert peak.units == by_hour[hour] / 60
            assert series[round((peak.at - traffic.start) / MINUTE)] == by_hour[hour]
        assert recorded.rise[hour] == pytest.approx(rise.get(hour, 0) / 60)
    assert recorded.peak is not None
    assert recorded.peak.units == max(units for units in series if not math.isnan(units)) / 60


def test_evidence_when_nothing_was_recorded_expects_no_peak() -> None:
    evidence = digest(traffic_of([math.nan] * 90), 10)
    assert evidence.peak(DIMENSION) is None
    assert evidence.peak_in(DIMENSION, range(HOURS_OF_WEEK)) is None


def test_peak_when_one_minute_is_busiest_expects_that_minute() -> None:
    series = [60.0] * 200
    series[150] = 288_000.0
    peak = digest(traffic_of(series), 10).peak(DIMENSION)
    assert peak is not None
    assert (peak.units, peak.at) == (4_800, SATURDAY + timedelta(minutes=150))


def test_peak_when_two_minutes_are_equal_expects_the_first() -> None:
    peak = digest(traffic_of([60.0, 120.0, 120.0, 60.0]), 10).peak(DIMENSION)
    assert peak is not None
    assert peak.at == SATURDAY + MINUTE


def test_hour_when_a_switch_in_it_lasts_into_the_next_hour_expects_the_peak_of_both() -> None:
    start = datetime(2026, 7, 4, 16, 0, tzinfo=UTC)
    series = [60.0] * 120
    series[69] = 6_000.0  # 17:09 is in a switch of ten minutes from 16:59
    by_hour = digest(traffic_of(series, start), 10).dimensions[DIMENSION].by_hour
    peak = by_hour[hour_of_week(start)]
    assert peak is not None
    assert peak.units == 100
    series[69], series[70] = 60.0, 6_000.0
    later = digest(traffic_of(series, start), 10).dimensions[DIMENSION].by_hour[hour_of_week(start)]
    assert later is not None
    assert later.units == 1


def test_rise_when_a_gap_is_before_it_expects_no_rise_from_zero() -> None:
    evidence = digest(traffic_of([6_000.0, math.nan, math.nan, 6_060.0]), 10)
    assert max(evidence.dimensions[DIMENSION].rise) == 1


def test_hours_when_listed_expects_every_minute_once() -> None:
    traffic = traffic_of([1.0] * 1_000)
    hours = list(hours_of_week(traffic))
    assert [minute for _, minutes in hours for minute in minutes] == list(range(1_000))
    assert hours[0] == (5 * 24 + 16, range(29))
    assert all(
        hour == hour_of_week(traffic.minute(minute))
        for hour, minutes in hours
        for minute in (minutes.start, minutes[-1])
    )


@given(st.lists(st.integers(0, 50), min_size=1, max_size=400))
def test_noise_when_calculated_expects_at_most_one_minute_of_a_hundred_above_it(events: list[int]) -> None:
    noise = noise_of([float(count) for count in events])
    assert sum(count > noise for count in events) <= len(events) / 100


def test_noise_when_nothing_was_throttled_expects_zero() -> None:
    assert noise_of([0.0] * 20_160) == 0


def test_peak_of_a_dimension_when_read_from_the_traffic_expects_that_of_the_digest() -> None:
    traffic = traffic_of([60.0, math.nan, 180.0, 180.0])
    assert peak_of(traffic, DIMENSION) == digest(traffic, 10).peak(DIMENSION)
    assert peak_of(traffic, Dimension("by_agent", "read")) is None
    assert peak_of(traffic_of([math.nan]), DIMENSION) is None
