"""Some columns of a good traffic file: the same as ``read_traffic`` reads of them, whatever the file lacks."""

from __future__ import annotations

import gzip
from array import array
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity_guard import InputError
from capacity_guard.capacity.dimension import Dimension
from capacity_guard.evidence import traffic_columns
from capacity_guard.evidence.traffic import GAP, Traffic, read_traffic
from capacity_guard.evidence.traffic_columns import read_columns
from capacity_guard.evidence.traffic_writing import write_traffic
from tests.builders.cases import START

READ, WRITE, INDEX = Dimension(None, "read"), Dimension(None, "write"), Dimension("by_agent", "write")
FILE = Path("t.csv.gz")


def series(values: st.SearchStrategy[float], minutes: int) -> st.SearchStrategy[array[float]]:
    return st.lists(values, min_size=minutes, max_size=minutes).map(lambda found: array("d", found))


@st.composite
def recordings(draw: st.DrawFn) -> Traffic:
    minutes = draw(st.integers(1, 8))
    units = st.sampled_from([0.0, 1.0, 2.5, 4_711.0, GAP])
    return Traffic(
        START,
        {dimension: draw(series(units, minutes)) for dimension in (READ, WRITE, INDEX)},
        {dimension: draw(series(st.sampled_from([0.0, 3.0]), minutes)) for dimension in (READ, WRITE, INDEX)},
    )


@given(recordings(), st.sets(st.sampled_from([READ, WRITE, INDEX]), min_size=1))
def test_columns_are_those_that_reading_the_whole_file_gives(
    traffic: Traffic, wanted: set[Dimension]
) -> None:
    content = write_traffic(traffic)
    whole = read_traffic(FILE, content)
    found = read_columns(FILE, content, frozenset(wanted), whole.start, whole.minutes)
    assert list(found.consumed) == [dimension for dimension in whole.consumed if dimension in wanted]
    assert found.start == whole.start
    for dimension in wanted:
        assert repr(found.consumed[dimension]) == repr(whole.consumed[dimension])
        assert found.throttled[dimension] == whole.throttled[dimension]


def of(*lines: str) -> bytes:
    return gzip.compress("\n".join(("minute,table/read,table/read throttled", *lines, "")).encode())


@pytest.mark.parametrize(
    ("content", "minutes", "is_whole"),
    [
        (of("2026-07-01T00:00Z,1,", "2026-07-01T00:01Z,2,3"), 2, False),
        (of("2026-07-01T00:00Z,1,", "2026-07-01T00:02Z,2,3"), 3, True),
        (of("2026-07-01T00:00Z,1,", "2026-07-01T00:01Z,,", "2026-07-01T00:02Z,2,3"), 3, True),
        (gzip.compress(b"minute,table/read\n2026-07-01T00:00Z,1\n"), 1, False),
    ],
    ids=["every minute", "a row is missing", "a value is missing", "no column of throttle events"],
)
def test_a_file_with_gaps_is_read_whole(
    content: bytes, minutes: int, is_whole: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = read_traffic(FILE, content)
    read: list[object] = []

    def counted(*given: object) -> Traffic:
        read.append(given)
        return read_traffic(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(traffic_columns, "read_traffic", counted)
    found = read_columns(FILE, content, [READ], whole.start, minutes)
    assert repr(found.consumed[READ]) == repr(whole.consumed[READ])
    assert found.throttled[READ] == whole.throttled[READ]
    assert bool(read) is is_whole


def test_a_dimension_that_the_file_lacks_is_an_error() -> None:
    content = of("2026-07-01T00:00Z,1,")
    with pytest.raises(InputError, match="names no dimension"):
        read_columns(FILE, content, [WRITE], read_traffic(FILE, content).start, 1)


def test_a_file_that_is_too_large_is_left_to_the_reader_that_refuses_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    content = of("2026-07-01T00:00Z,1,")
    start = read_traffic(FILE, content).start
    monkeypatch.setattr(traffic_columns, "LARGEST", len(gzip.decompress(content)) - 1)
    read: list[object] = []
    monkeypatch.setattr(traffic_columns, "read_traffic", lambda *given: read.append(given))
    read_columns(FILE, content, [READ], start, 1)
    assert read
