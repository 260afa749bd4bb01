"""What a gate's plan holds of the recorded traffic, value by value."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity_guard.capacity import Dimension, InputError
from capacity_guard.capacity.evidence import (
    HOURS_OF_WEEK,
    DimensionEvidence,
    Evidence,
    Peak,
    hour_of_week,
)

START, END = datetime(2026, 6, 25, tzinfo=UTC), datetime(2026, 7, 9, tzinfo=UTC)
AT = datetime(2026, 7, 7, 21, 41, tzinfo=UTC)
MINUTES = int(AT.timestamp()) // 60
WRITE, READ, INDEX = Dimension(None, "write"), Dimension(None, "read"), Dimension("by_day", "write")
EVIDENCE = Evidence(
    START,
    END,
    10,
    {
        WRITE: DimensionEvidence(Peak(2_000.2, AT), (None, Peak(7.5, AT)), (0.0, 1.5), 2.5),
        READ: DimensionEvidence(None, (None, None), (0.0, 0.0), 1),
        INDEX: DimensionEvidence(Peak(9, AT), (Peak(3, AT), Peak(9, AT)), (0.0, 0.0), 4),
    },
)


def test_evidence_is_written_with_peaks_and_rises_rounded_up_and_read_as_written() -> None:
    written = EVIDENCE.to_json()
    assert written == {
        "start": "2026-06-25T00:00:00+00:00",
        "end": "2026-07-09T00:00:00+00:00",
        "switch_minutes": 10,
        "dimensions": {
            "table/write": {
                "peak": [2_001, MINUTES],
                "hourly": {"unit": 1, "steps": "0009"},
                "rise": {"unit": 1, "steps": "0103"},
                "noise": 2.5,
            },
            "table/read": {
                "peak": None,
                "hourly": {"unit": 1, "steps": "0000"},
                "rise": {"unit": 1, "steps": "0101"},
                "noise": 1,
            },
            "index/by_day/write": {
                "peak": [9, MINUTES],
                "hourly": {"unit": 1, "steps": "040a"},
                "rise": {"unit": 1, "steps": "0101"},
                "noise": 4,
            },
        },
    }
    read = Evidence.from_json(written)
    assert read.to_json() == written
    assert read.dimensions[WRITE] == DimensionEvidence(Peak(2_001, AT), (), (0.0, 2.0), 2.5, (None, 8.0))


def test_evidence_answers_for_dimensions_that_were_recorded() -> None:
    assert EVIDENCE.days == 14
    assert EVIDENCE.peak(INDEX) == Peak(9, AT)
    assert EVIDENCE.peak(READ) is None
    assert EVIDENCE.peak(Dimension("by_day", "read")) is None
    assert EVIDENCE.of(Dimension("by_day", "read")) is None
    assert EVIDENCE.peak_in(INDEX, [0]) == Peak(3, AT)
    assert EVIDENCE.peak_in(INDEX, [0, 1]) == Peak(9, AT)
    assert EVIDENCE.peak_in(WRITE, [0]) is None
    assert EVIDENCE.peak_in(Dimension("by_day", "read"), [0]) is None
    assert (EVIDENCE.noise("table"), EVIDENCE.noise("index/by_day"), EVIDENCE.noise("index/x")) == (3.5, 4, 0)


def test_hours_of_a_week_begin_on_monday_and_are_168() -> None:
    assert HOURS_OF_WEEK == 168
    assert hour_of_week(datetime(2026, 7, 6, tzinfo=UTC)) == 0
    assert hour_of_week(datetime(2026, 7, 12, 23, 59, tzinfo=UTC)) == 167


def test_evidence_that_cannot_be_read_is_the_location_of_the_error() -> None:
    with pytest.raises(InputError) as raised:
        Evidence.from_json({})
    assert raised.value.location == "evidence"
    assert raised.value.problem == "cannot be read (KeyError('start'))"


def test_evidence_without_what_no_gate_reads_is_written_without_it_and_refuses_to_answer() -> None:
    lean = EVIDENCE.without(hourly=True, rise=True)
    written = lean.to_json()
    assert written["dimensions"]["table/write"] == {"peak": [2_001, MINUTES], "noise": 2.5}
    read = Evidence.from_json(written)
    assert (read.peak(WRITE), read.noise("table")) == (Peak(2_001, AT), 3.5)
    with pytest.raises(InputError, match=r"evidence: hourly: is not in the plan of this gate"):
        read.units_in(WRITE, 0)
    with pytest.raises(InputError, match=r"evidence: rise: is not in the plan of this gate"):
        read.rise_in(WRITE, 0)


def test_evidence_without_one_of_both_keeps_the_other() -> None:
    assert EVIDENCE.without(hourly=True, rise=False).rise_in(WRITE, 1) == 1.5
    assert EVIDENCE.without(hourly=False, rise=True).peak_in(WRITE, [1]) == Peak(7.5, AT)
    assert EVIDENCE.without(hourly=False, rise=False) == EVIDENCE


def test_rise_of_a_dimension_that_was_not_recorded_is_zero() -> None:
    assert EVIDENCE.rise_in(Dimension("other", "read"), 1) == 0


@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=HOURS_OF_WEEK))
def test_rise_when_written_and_read_is_rounded_up_by_a_hundredth_of_the_highest_at_most(
    rise: list[float],
) -> None:
    recorded = DimensionEvidence(None, (), tuple(rise), 0)
    written = json.loads(json.dumps(Evidence(START, END, 10, {WRITE: recorded}).to_json()))
    again = Evidence.from_json(written)
    assert again.to_json() == written
    for hour, units in enumerate(rise):
        assert units <= again.rise_in(WRITE, hour) <= units + max(rise) / 100 + 2


@given(st.lists(st.none() | st.floats(0, 1e9), min_size=1, max_size=HOURS_OF_WEEK))
def test_hours_when_written_and_read_are_rounded_up_by_a_hundredth_and_unknown_where_they_were(
    hours: list[float | None],
) -> None:
    peaks = tuple(None if units is None else Peak(units, AT) for units in hours)
    written = json.loads(
        json.dumps(Evidence(START, END, 10, {WRITE: DimensionEvidence(None, peaks, (), 0)}).to_json())
    )
    again = Evidence.from_json(written)
    assert again.to_json() == written
    highest = max((units for units in hours if units is not None), default=0)
    for hour, units in enumerate(hours):
        read = again.units_in(WRITE, hour)
        if units is None:
            assert read is None
        else:
            assert read is not None
            assert units <= read <= units + highest / 100 + 2


def test_hours_of_a_version_before_are_peaks_with_their_minutes() -> None:
    written = EVIDENCE.to_json()
    written["dimensions"]["table/write"] |= {"by_hour": [None, [40_000, MINUTES]]}
    del written["dimensions"]["table/write"]["hourly"]
    read = Evidence.from_json(written)
    assert (read.units_in(WRITE, 0), read.units_in(WRITE, 1)) == (None, 40_000)


def test_rise_of_a_version_before_is_a_list_of_units() -> None:
    written = EVIDENCE.to_json()
    written["dimensions"]["table/write"]["rise"] = [0, 40_000]
    assert Evidence.from_json(written).rise_in(WRITE, 1) == 40_000


@pytest.mark.parametrize(
    "rise",
    [
        {},
        {"unit": 1},
        {"unit": 1, "steps": "0"},
        {"unit": 1, "steps": "xx"},
        {"unit": None, "steps": "01"},
        7,
        "01",
        ["one"],
    ],
)
def test_rise_when_it_is_damaged_expects_an_input_error(rise: object) -> None:
    written = EVIDENCE.to_json()
    written["dimensions"]["table/write"]["rise"] = rise
    with pytest.raises(InputError, match="evidence: cannot be read"):
        Evidence.from_json(written)
