"""Evidence: what rules and gates read from recorded traffic, and its property of a gate."""

from __future__ import annotations

import json
from array import array
from datetime import UTC, datetime

import pytest
from hypothesis import given

from capacity_guard.capacity import Dimension, InputError
from capacity_guard.capacity.evidence import (
    HOURS_OF_WEEK,
    MINUTE,
    DimensionEvidence,
    Evidence,
    Peak,
    hour_of_week,
)
from capacity_guard.evidence.digest import digest
from capacity_guard.evidence.traffic import Traffic
from tests.builders.domain import traffics

DIMENSION = Dimension(None, "write")
SATURDAY = datetime(2026, 7, 4, 16, 31, tzinfo=UTC)


@pytest.mark.slow
@given(traffics())
def test_evidence_when_written_and_read_expects_the_same_rounded_up(traffic: Traffic) -> None:
    evidence = digest(traffic, 10)
    again = Evidence.from_json(json.loads(json.dumps(evidence.to_json())))
    assert (again.start, again.end, again.switch_minutes) == (evidence.start, evidence.end, 10)
    assert again.to_json() == evidence.to_json()
    for dimension, recorded in evidence.dimensions.items():
        peak, read = recorded.peak, again.peak(dimension)
        assert (peak is None) is (read is None)
        if peak is not None and read is not None:
            assert (
                0 <= read.units - peak.units < 1
            )  # rounding must never lower the units that a ceiling must have
            assert read.at == peak.at


def test_hour_of_week_when_monday_begins_expects_zero() -> None:
    assert hour_of_week(datetime(2026, 7, 6, tzinfo=UTC)) == 0
    assert hour_of_week(datetime(2026, 7, 5, 23, 59, tzinfo=UTC)) == 167


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


@pytest.mark.parametrize("peak", [[], [1], "x", {}])
def test_evidence_when_a_peak_is_damaged_expects_an_input_error(peak: object) -> None:
    traffic = Traffic(SATURDAY, {DIMENSION: array("d", [60.0])}, {DIMENSION: array("d", [0.0])})
    data = digest(traffic, 10).to_json()
    data["dimensions"][DIMENSION.key]["peak"] = peak
    with pytest.raises(InputError, match="Synthesize and deploy again"):
        Evidence.from_json(data)


def test_peak_in_hours_when_some_have_none_expects_the_busiest_of_the_others() -> None:
    low, high = Peak(10, SATURDAY), Peak(20, SATURDAY + MINUTE)
    by_hour = (low, None, high, *[None] * (HOURS_OF_WEEK - 3))
    recorded = DimensionEvidence(high, by_hour, (0.0,) * HOURS_OF_WEEK, 0.0)
    evidence = Evidence(SATURDAY, SATURDAY + 1_440 * MINUTE, 10, {DIMENSION: recorded})
    assert evidence.peak_in(DIMENSION, (0, 1, 2)) == high
    assert evidence.peak_in(DIMENSION, (0, 1)) == low
    assert evidence.peak_in(DIMENSION, (1,)) is None
    assert evidence.peak_in(Dimension("by_agent", "read"), (0,)) is None
    assert evidence.days == 1
