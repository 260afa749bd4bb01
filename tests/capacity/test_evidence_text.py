"""What a gate's plan holds of the recorded traffic, value by value."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

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
                "by_hour": [None, [8, MINUTES]],
                "rise": [0, 2],
                "noise": 2.5,
            },
            "table/read": {"peak": None, "by_hour": [None, None], "rise": [0, 0], "noise": 1},
            "index/by_day/write": {
                "peak": [9, MINUTES],
                "by_hour": [[3, MINUTES], [9, MINUTES]],
                "rise": [0, 0],
                "noise": 4,
            },
        },
    }
    read = Evidence.from_json(written)
    assert read.to_json() == written
    assert read.dimensions[WRITE] == DimensionEvidence(Peak(2_001, AT), (None, Peak(8, AT)), (0.0, 2.0), 2.5)


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
