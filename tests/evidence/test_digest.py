"""The digest of traffic, held against the plain reading of its definition."""

from __future__ import annotations

import json
import math
from array import array
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity_guard.capacity import Dimension, InputError
from capacity_guard.capacity.evidence import HOURS_OF_WEEK, MINUTE, Evidence, hour_of_week
from capacity_guard.evidence.digest import digest, highest_ahead, hours_of_week, noise_of
from capacity_guard.evidence.traffic import Traffic
from tests.builders.domain import minutes, traffics

DIMENSION = Dimension(None, "write")
SATURDAY = datetime(2026, 7, 4, 16, 31, tzinfo=UTC)


def of_one(series: list[float], start: datetime = SATURDAY) -> Traffic:
    return Traffic(start, {DIMENSION: array("d", series)}, {DIMENSION: array("d", [0.0] * len(series))})


@given(minutes, st.integers(0, 40))
def test_highest_ahead_when_reckoned_expects_the_plain_maximum(series: list[float], ahead: int) -> None:
    plain = [
        max((v for v in series[i : i + ahead + 1] if not math.isnan(v)), default=-math.inf)
        for i in range(len(series))
    ]
    assert highest_ahead(series, ahead) == plain


@given(traffics(dimensions=(DIMENSION,)), st.integers(1, 20))
def test_evidence_when_digested_expects_the_plain_definition(traffic: Traffic, switch: int) -> None:
    evidence = digest(traffic, switch)
    series = traffic.consumed[DIMENSION]
    one = evidence.of(DIMENSION)
    assert one is not None
    by_hour: dict[int, float] = {}
    rise: dict[int, float] = {}
    for start, value in enumerate(series):
        hour = hour_of_week(traffic.minute(start))
        met = [v for v in series[start : start + switch + 1] if not math.isnan(v)]
        if met:
            by_hour[hour] = max(by_hour.get(hour, 0), *met)
        if not math.isnan(value):
            rise[hour] = max(rise.get(hour, 0), max(met) - value)
    for hour in range(HOURS_OF_WEEK):
        peak = one.by_hour[hour]
        assert (peak is None) is (hour not in by_hour)
        if peak is not None:
            assert peak.units == by_hour[hour] / 60
            assert series[round((peak.at - traffic.start) / MINUTE)] == by_hour[hour]
        assert one.rise[hour] == pytest.approx(rise.get(hour, 0) / 60)
    assert one.peak is not None
    assert one.peak.units == max(v for v in series if not math.isnan(v)) / 60


@given(traffics())
def test_evidence_when_written_and_read_expects_the_same_rounded_up(traffic: Traffic) -> None:
    evidence = digest(traffic, 10)
    again = Evidence.from_json(json.loads(json.dumps(evidence.to_json())))
    assert (again.start, again.end, again.switch_minutes) == (evidence.start, evidence.end, 10)
    assert again.to_json() == evidence.to_json()
    for dimension, one in evidence.dimensions.items():
        peak, read = one.peak, again.peak(dimension)
        assert (peak is None) is (read is None)
        if peak is not None and read is not None:
            assert 0 <= read.units - peak.units < 1  # rounding must never lower what a ceiling has to reach
            assert read.at == peak.at


def test_evidence_when_nothing_was_recorded_expects_no_peak() -> None:
    evidence = digest(of_one([math.nan] * 90), 10)
    assert evidence.peak(DIMENSION) is None
    assert evidence.peak_in(DIMENSION, range(HOURS_OF_WEEK)) is None


def test_peak_when_it_falls_on_a_minute_expects_that_minute() -> None:
    series = [60.0] * 200
    series[150] = 288_000.0
    peak = digest(of_one(series), 10).peak(DIMENSION)
    assert peak is not None
    assert (peak.units, peak.at) == (4_800, SATURDAY + timedelta(minutes=150))


def test_peak_when_two_minutes_are_equal_expects_the_first() -> None:
    peak = digest(of_one([60.0, 120.0, 120.0, 60.0]), 10).peak(DIMENSION)
    assert peak is not None
    assert peak.at == SATURDAY + MINUTE


def test_hour_when_a_switch_started_in_it_meets_the_next_hour_expects_that_peak() -> None:
    start = datetime(2026, 7, 4, 16, 0, tzinfo=UTC)
    series = [60.0] * 120
    series[69] = 6_000.0  # 17:09: a switch of ten minutes from 16:59 meets it
    by_hour = digest(of_one(series, start), 10).dimensions[DIMENSION].by_hour
    met = by_hour[hour_of_week(start)]
    assert met is not None
    assert met.units == 100
    series[69], series[70] = 60.0, 6_000.0
    later = digest(of_one(series, start), 10).dimensions[DIMENSION].by_hour[hour_of_week(start)]
    assert later is not None
    assert later.units == 1


def test_rise_when_a_gap_lies_before_it_expects_none_from_zero() -> None:
    evidence = digest(of_one([6_000.0, math.nan, math.nan, 6_060.0]), 10)
    assert max(evidence.dimensions[DIMENSION].rise) == 1


def test_hours_when_listed_expects_every_minute_once() -> None:
    traffic = of_one([1.0] * 1_000)
    spans = list(hours_of_week(traffic))
    assert [i for _, span in spans for i in span] == list(range(1_000))
    assert spans[0] == (5 * 24 + 16, range(29))
    assert all(
        hour == hour_of_week(traffic.minute(i)) for hour, span in spans for i in (span.start, span[-1])
    )


def test_hour_of_week_when_monday_begins_expects_zero() -> None:
    assert hour_of_week(datetime(2026, 7, 6, tzinfo=UTC)) == 0
    assert hour_of_week(datetime(2026, 7, 5, 23, 59, tzinfo=UTC)) == 167


@given(st.lists(st.integers(0, 50), min_size=1, max_size=400))
def test_noise_when_reckoned_expects_at_most_one_minute_of_a_hundred_above_it(events: list[int]) -> None:
    noise = noise_of([float(e) for e in events])
    assert sum(e > noise for e in events) <= len(events) / 100


def test_noise_when_nothing_was_throttled_expects_zero() -> None:
    assert noise_of([0.0] * 20_160) == 0


def test_noise_when_asked_of_a_resource_expects_its_reads_and_writes_together() -> None:
    read = Dimension(None, "read")
    traffic = Traffic(
        SATURDAY,
        {d: array("d", [60.0] * 10) for d in (read, DIMENSION)},
        {read: array("d", [3.0] * 10), DIMENSION: array("d", [4.0] * 10)},
    )
    assert digest(traffic, 10).noise("table") == 7
    assert digest(traffic, 10).noise("index/i") == 0


def test_evidence_when_it_is_something_else_expects_an_input_error() -> None:
    with pytest.raises(InputError, match="Synthesize and deploy again"):
        Evidence.from_json({"start": "soon"})
