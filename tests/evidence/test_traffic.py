"""Recorded traffic: the same after a round trip, gaps stay gaps, wrong files refused."""

from __future__ import annotations

import gzip
import math
from array import array
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity_guard.capacity import Dimension, InputError
from capacity_guard.capacity.evidence import MINUTE
from capacity_guard.evidence.files import read_limited
from capacity_guard.evidence.traffic import Traffic, parse_minute, read_traffic
from capacity_guard.evidence.traffic_writing import write_traffic
from tests.builders.domain import traffics

FILE = Path("orders.csv.gz")
READ, WRITE = Dimension(None, "read"), Dimension(None, "write")


def read(*lines: str) -> Traffic:
    return read_traffic(FILE, gzip.compress("\n".join(lines).encode()))


def same(first: Traffic, second: Traffic) -> bool:
    return (
        first.start == second.start
        and list(first.consumed) == list(second.consumed)
        and all(
            list(map(repr, series)) == list(map(repr, other_series))
            for all_series, all_other_series in (
                (first.consumed, second.consumed),
                (first.throttled, second.throttled),
            )
            for series, other_series in zip(all_series.values(), all_other_series.values(), strict=True)
        )
    )


@pytest.mark.slow
@given(traffics())
def test_traffic_when_written_and_read_expects_the_same(traffic: Traffic) -> None:
    assert same(read_traffic(FILE, write_traffic(traffic)), traffic)


def test_traffic_when_its_first_and_last_minutes_are_missing_expects_them_kept_as_gaps() -> None:
    """CloudWatch's newest minutes may still be missing when they are recorded."""
    gap = math.nan
    series = {READ: array("d", [gap, gap, 5.0, gap]), WRITE: array("d", [gap, 1.0, gap, gap])}
    quiet = {dimension: array("d", [0.0] * 4) for dimension in series}
    traffic = Traffic(datetime(2026, 7, 1, tzinfo=UTC), series, quiet)
    assert same(read_traffic(FILE, write_traffic(traffic)), traffic)


@pytest.mark.slow
@given(traffics())
def test_gaps_when_counted_expects_minutes_in_which_something_is_missing(traffic: Traffic) -> None:
    counted = sum(
        any(math.isnan(series[minute]) for series in traffic.consumed.values())
        for minute in range(traffic.minutes)
    )
    assert traffic.gaps() == counted


@pytest.mark.slow
@given(traffics(), st.data())
def test_row_when_missing_expects_a_gap_and_never_zero(traffic: Traffic, data: st.DataObject) -> None:
    lines = gzip.decompress(write_traffic(traffic)).decode().splitlines()
    if len(lines) < 4:
        return
    missing = data.draw(st.integers(2, len(lines) - 2))
    minute = round((parse_minute(lines[missing].split(",")[0], "") - traffic.start) / MINUTE)
    shorter = read(*lines[:missing], *lines[missing + 1 :])
    assert shorter.minutes == traffic.minutes
    assert all(math.isnan(series[minute]) for series in shorter.consumed.values())
    assert all(series[minute] == 0 for series in shorter.throttled.values())


def test_throttled_column_when_missing_expects_no_events() -> None:
    traffic = read("minute,table/read", "2026-07-01T00:00Z,60", "2026-07-01T00:01Z,120")
    assert list(traffic.throttled[READ]) == [0, 0]
    assert list(traffic.consumed[READ]) == [60, 120]


@pytest.mark.parametrize(
    "start", ["2026-06-30T23:58Z", "2026-12-31T23:59Z", "2028-02-28T00:00Z", "2026-07-01T00:00Z"]
)
def test_minutes_when_they_cross_midnight_expects_no_gap(start: str) -> None:
    first = parse_minute(start, "")
    lines = [f"{(first + minute * MINUTE):%Y-%m-%dT%H:%MZ},{minute}" for minute in range(3_000)]
    traffic = read("minute,table/read", *lines)
    assert traffic.gaps() == 0
    assert traffic.minute(2_999) == first + timedelta(minutes=2_999)
    assert traffic.end == first + timedelta(minutes=3_000)
    assert traffic.days == 3_000 / 1_440


def test_stamp_when_written_in_another_form_of_utc_expects_the_same_minute() -> None:
    for text in ("2026-07-01T16:31Z", "2026-07-01T16:31:00+00:00", "2026-07-01 16:31Z"):
        assert parse_minute(text, "") == datetime(2026, 7, 1, 16, 31, tzinfo=UTC)


HEADER = "minute,table/read,table/read throttled"
GOOD = "2026-07-01T00:00Z,60,"


@pytest.mark.parametrize(
    ("lines", "location"),
    [
        (("",), "line 1"),
        (("time,table/read", "2026-07-01T00:00Z,1"), "line 1"),
        (("minute,table/read,table/read", "2026-07-01T00:00Z,1,1"), "line 1"),
        (("minute,tabel/read", "2026-07-01T00:00Z,1"), "line 1: tabel/read"),
        (("minute,table/read throttled", "2026-07-01T00:00Z,1"), "line 1"),
        (("minute,table/read,table/write throttled", "2026-07-01T00:00Z,1,1"), "table/write"),
        ((HEADER,), "orders.csv.gz"),
        ((HEADER, GOOD, "2026-07-01T00:01Z,60"), "line 3"),
        ((HEADER, "2026-07-01T00:00,60,"), "line 2: minute"),
        ((HEADER, "2026-07-01T00:00:30Z,60,"), "line 2: minute"),
        ((HEADER, "2026-07-01T02:00+02:00,60,"), "line 2: minute"),
        ((HEADER, "0001-01-01T00:00Z,60,"), "line 2: minute"),
        ((HEADER, "9999-12-31T23:59Z,60,", "9999-12-31T23:59Z,60,"), "line 2: minute"),
        ((HEADER, GOOD, GOOD), "line 3: minute"),
        ((HEADER, "2026-07-01T00:05Z,60,", GOOD), "line 3: minute"),
        ((HEADER, GOOD, "2036-07-01T00:00Z,60,"), "minute"),
        ((HEADER, GOOD, "2026-07-01T00:01Z,many,"), "line 3: table/read"),
        ((HEADER, GOOD, "2026-07-01T00:01Z,-1,"), "line 3: table/read"),
        ((HEADER, GOOD, "2026-07-01T00:01Z,NaN,"), "line 3: table/read"),
        ((HEADER, GOOD, "2026-07-01T00:01Z,inf,"), "line 3: table/read"),
        ((HEADER, GOOD, "2026-07-01T00:01Z,60,nan"), "line 3: table/read throttled"),
        ((HEADER, GOOD, "2026-07-01T00:01Z,60,-3"), "line 3: table/read throttled"),
    ],
)
def test_file_when_malformed_expects_an_error_with_file_and_line(
    lines: tuple[str, ...], location: str
) -> None:
    with pytest.raises(InputError) as raised:
        read(*lines)
    assert raised.value.location.startswith("orders.csv.gz")
    assert location in raised.value.location


@pytest.mark.parametrize(
    "content",
    [b"", b"minute,table/read", gzip.compress(b"minute")[:-6], gzip.compress(b"\xff")],
    ids=["empty", "plain", "cut off", "no text"],
)
def test_file_when_it_is_not_compressed_text_expects_an_error(content: bytes) -> None:
    with pytest.raises(InputError, match=r"orders\.csv\.gz"):
        read_traffic(FILE, content)


@given(st.binary(max_size=200))
def test_file_when_it_holds_anything_expects_traffic_or_an_input_error(content: bytes) -> None:
    for file_content in (content, gzip.compress(b"minute,table/read\n2026-07-01T00:00Z," + content)):
        try:
            traffic = read_traffic(FILE, file_content)
        except InputError:
            continue
        assert traffic.minutes >= 1


def rows_at(minutes: list[int], value: str = "3000") -> list[str]:
    start = datetime(2026, 7, 1, tzinfo=UTC)
    return [f"{start + minute * MINUTE:%Y-%m-%dT%H:%MZ},{value}," for minute in minutes]


@pytest.mark.parametrize("missing", [[], [55], [5], [25, 30, 35]])
def test_rows_when_of_a_longer_period_expects_the_line_where_they_begin(missing: list[int]) -> None:
    """The remaining rows are multiples of five minutes apart, with any rows missing."""
    single = rows_at(list(range(10)), "600")
    longer = rows_at([minute for minute in range(15, 315, 5) if minute % 60 not in missing])
    with pytest.raises(InputError, match=r"line 1[12]: minute: begins rows that are 5 minutes apart"):
        read(HEADER, *single, *longer)
    assert read(HEADER, *single, *longer[:8]).minutes > 40  # fewer of them are gaps


def test_column_when_of_a_longer_period_expects_its_line_in_the_file() -> None:
    minutes = [0, 1, 2, 7, 8, 9, *range(10, 100)]
    rows = [
        f"{row}1" if minute <= 10 or minute % 5 == 0 else f"{row[:17]},,1"
        for minute, row in zip(minutes, rows_at(minutes), strict=True)
    ]
    with pytest.raises(InputError, match="line 8: table/read: begins rows that are 5 minutes apart"):
        read("minute,table/read,table/write", *rows)


def test_column_when_it_has_gaps_of_all_lengths_expects_it_accepted() -> None:
    recorded = [minute for minute in range(600) if minute % 7 and minute % 11 and minute % 50 > 20]
    rows = [
        row if minute in recorded else f"{row[:17]},," for minute, row in enumerate(rows_at(list(range(600))))
    ]
    assert read(HEADER, *rows).gaps() == 600 - len(recorded)


def test_file_when_too_large_expects_it_not_read(tmp_path: Path) -> None:
    huge = tmp_path / "huge.csv"
    with huge.open("wb") as file:
        file.truncate(20 * 2**30)  # a sparse file, which uses no disk space
    with pytest.raises(InputError, match=r"huge\.csv: holds more than 1 MiB"):
        read_limited(huge, 2**20)


def test_traffic_when_assigned_expects_it_frozen() -> None:
    traffic = Traffic(datetime(2026, 7, 1, tzinfo=UTC), {READ: array("d", [1.0])}, {READ: array("d", [0.0])})
    with pytest.raises(TypeError):
        traffic.consumed[WRITE] = array("d")  # type: ignore[index]


def test_traffic_when_multiplied_expects_every_value_and_one_result_for_each_factor() -> None:
    traffic = read(HEADER, "2026-07-01T00:00Z,60,", "2026-07-01T00:01Z,120,3")
    assert {dimension: list(series) for dimension, series in traffic.times(1.5).items()} == {READ: [90, 180]}
    assert traffic.times(1.5)[READ] is traffic.times(1.5)[READ]
    assert traffic.times(1) is traffic.consumed


def test_busiest_minute_when_found_expects_the_first_of_equal_ones_and_no_gap() -> None:
    gap = math.nan
    consumed = {READ: array("d", [gap, 5.0, 7.0, 7.0]), WRITE: array("d", [gap] * 4)}
    throttled = {dimension: array("d", [0.0] * 4) for dimension in consumed}
    traffic = Traffic(datetime(2026, 7, 1, tzinfo=UTC), consumed, throttled)
    assert traffic.busiest == {READ: 2, WRITE: 0}
    assert list(traffic.only([WRITE]).consumed) == [WRITE]
