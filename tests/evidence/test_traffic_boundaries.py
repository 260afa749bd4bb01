"""Numbers of a recording at the edges of what it may hold, and the line that an error names."""

from __future__ import annotations

import gzip
from array import array
from datetime import UTC, datetime
from pathlib import Path

import pytest

from capacity_guard.capacity import Dimension, InputError
from capacity_guard.capacity.capacity import MOST_UNITS
from capacity_guard.evidence import traffic
from capacity_guard.evidence.traffic import Traffic, parse_minute, read_traffic

READ, WRITE = Dimension(None, "read"), Dimension(None, "write")
START = datetime(2026, 7, 9, tzinfo=UTC)


def read(*rows: str, header: str = "minute,table/read") -> Traffic:
    """A recording with one row a minute, from midnight on."""
    lines = [header, *(f"2026-07-09T00:{minute:02}Z,{row}" for minute, row in enumerate(rows))]
    return read_traffic(Path("orders.csv.gz"), gzip.compress("\n".join(lines).encode()))


def problem(*rows: str, header: str = "minute,table/read") -> tuple[str, str]:
    with pytest.raises(InputError) as raised:
        read(*rows, header=header)
    return raised.value.location, raised.value.problem


@pytest.mark.parametrize("value", ["-1", "-0.001", "2e15", "nan", "inf", "x", "1e16"])
@pytest.mark.parametrize("line", [2, 3, 4])
def test_value_that_is_no_number_of_units_names_its_line(line: int, value: str) -> None:
    rows = ["0", "0", "0"]
    rows[line - 2] = value
    location, text = problem(*rows)
    assert location == f"orders.csv.gz: line {line}: table/read"
    assert text == f"{value!r} is not a number from 0 to {MOST_UNITS:.0e}"


def test_first_wrong_value_is_named_although_zeros_and_gaps_come_before_it() -> None:
    assert problem("0", "", "5", "-2", "-3")[0] == "orders.csv.gz: line 5: table/read"
    assert problem("0,1", "0,-2", header="minute,table/read,table/write")[0].endswith("line 3: table/write")


def test_largest_units_are_accepted_and_more_are_not() -> None:
    most = f"{MOST_UNITS:.0f}"
    assert list(read(most).consumed[READ]) == [MOST_UNITS]
    assert list(read(most, most).consumed[READ]) == [MOST_UNITS, MOST_UNITS]
    assert problem(f"{MOST_UNITS * 2:.0f}")[0] == "orders.csv.gz: line 2: table/read"


@pytest.mark.parametrize(
    ("header", "location", "text"),
    [
        ("minute", "orders.csv.gz: line 1", "has no header 'minute,<dimension>,...'"),
        ("time,table/read", "orders.csv.gz: line 1", "has no header 'minute,<dimension>,...'"),
        ("minute,table/read,table/read", "orders.csv.gz: line 1", "names a column twice"),
        ("minute,table/read throttled", "orders.csv.gz: line 1", "names no dimension of consumed units"),
        (
            "minute,table/read,table/write throttled",
            "orders.csv.gz: table/write",
            "has no consumed units",
        ),
    ],
)
def test_header_that_is_wrong_is_line_1(header: str, location: str, text: str) -> None:
    assert problem(",".join(["1"] * header.count(",")) or "", header=header) == (location, text)


@pytest.mark.parametrize(("row", "fields"), [("1,2", 3), ("", 2)])
def test_row_of_another_length_names_its_line(row: str, fields: int) -> None:
    header = "minute,table/read,table/write" if fields == 2 else "minute,table/read"
    columns = header.count(",") + 1
    whole = ",".join(["1"] * (columns - 1))
    assert problem(whole, row, header=header) == (
        "orders.csv.gz: line 3",
        f"has {fields} fields, not {columns}",
    )


def test_sums_of_a_longer_period_are_refused_from_twelve_rows_on() -> None:
    def rows(count: int) -> bytes:
        stamps = [f"2026-07-09T{minute // 60:02}:{minute % 60:02}Z,1" for minute in range(0, count * 5, 5)]
        return gzip.compress("\n".join(["minute,table/read", *stamps]).encode())

    assert read_traffic(Path("o.csv.gz"), rows(11)).minutes == 51
    with pytest.raises(InputError, match="begins rows that are 5 minutes apart, 12 of them") as raised:
        read_traffic(Path("o.csv.gz"), rows(12))
    assert raised.value.location == "o.csv.gz: line 2: minute"


def test_minute_that_does_not_come_after_the_one_before_names_its_line() -> None:
    for stamp in ("2026-07-09T00:00Z", "2026-07-08T23:59Z"):
        content = gzip.compress(f"minute,table/read\n2026-07-09T00:00Z,1\n{stamp},1".encode())
        with pytest.raises(InputError, match="does not come after") as raised:
            read_traffic(Path("o.csv.gz"), content)
        assert raised.value.location == "o.csv.gz: line 3: minute"


@pytest.mark.parametrize(("year", "accepted"), [(1969, False), (1970, True), (9997, True), (9998, False)])
def test_year_is_one_of_a_recording(year: int, accepted: bool) -> None:
    content = gzip.compress(f"minute,table/read\n{year}-07-09T00:00Z,1".encode())
    if accepted:
        assert read_traffic(Path("o.csv.gz"), content).start.year == year
    else:
        with pytest.raises(InputError, match="is not a year of a recording"):
            read_traffic(Path("o.csv.gz"), content)


def test_longest_recording_is_accepted_and_a_longer_one_is_not() -> None:
    def until(stamp: str) -> bytes:
        return gzip.compress(f"minute,table/read\n2026-01-01T00:00Z,1\n{stamp},1".encode())

    assert read_traffic(Path("o.csv.gz"), until("2027-02-05T00:00Z")).minutes == 400 * 1440 + 1
    with pytest.raises(InputError, match="spans more than 400 days"):
        read_traffic(Path("o.csv.gz"), until("2027-02-05T00:01Z"))


def test_file_that_is_larger_than_allowed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traffic, "LARGEST", 30)
    assert problem("1", "2", "3")[1] == "holds more than 0 MiB of text"


@pytest.mark.parametrize(
    "text", ["2026-07-09T00:00", "2026-07-09T00:00:30Z", "2026-07-09T00:00+02:00", "now"]
)
def test_time_stamp_is_a_minute_in_utc(text: str) -> None:
    with pytest.raises(InputError) as raised:
        parse_minute(text, "file: line 7: minute")
    assert raised.value.location == "file: line 7: minute"


def test_traffic_when_shown_and_compared_is_its_minutes_alone() -> None:
    """What is computed once is kept in the recording, and is no part of it."""
    first, second = (
        Traffic(START, {WRITE: array("d", [60.0, 120.0])}, {WRITE: array("d", [0.0, 0.0])}) for _ in range(2)
    )
    before = repr(first)
    assert "_" not in before
    first.times(2.0)
    first.highest_ahead(WRITE, 1)
    assert first == second
    assert repr(first) == before


@pytest.mark.parametrize(("lines", "is_too_large"), [(2**15, False), (2**15 + 1, True)])
def test_recording_of_more_than_64_mi_fields_is_refused_before_its_fields_are_read(
    lines: int, is_too_large: bool
) -> None:
    """2,048 columns. The longest recording of a table with 20 indexes, 400 days, has 49 million fields."""
    header = ",".join(["minute", *(f"index/i{number}/read" for number in range(2_047))])
    content = gzip.compress("\n".join([header, *["x"] * lines]).encode())
    with pytest.raises(InputError) as raised:
        read_traffic(Path("orders.csv.gz"), content)
    assert (raised.value.problem == "holds more than 67,108,864 fields") == is_too_large
