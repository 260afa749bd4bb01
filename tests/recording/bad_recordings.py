# ruff: noqa: E501 - a case is a line
"""Malformed and hostile recordings, and the result of each. A test compares ``docs/recordings.md`` with this table.

The file is one table of cases.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

START = datetime(2026, 7, 1, tzinfo=UTC)
HEADER = "minute,table/read,table/write,table/write throttled"
HOURS = 3


@dataclass(frozen=True)
class AcceptedRecording:
    """The recording loads.

    Attributes:
        effect: what it is read as, in words.
        minutes: length, gaps included.
        gaps: minutes in which a dimension has no value.
        peak: busiest write minute, units per minute.
    """

    effect: str
    minutes: int = 60 * HOURS
    gaps: int = 0
    peak: float = 1200.0


@dataclass(frozen=True)
class RefusedRecording:
    """The loader refuses the recording with one error.

    Attributes:
        says: a part of the error's text.
        minutes, gaps: values of the description; they must be right for an error that is found after their check.
    """

    says: str
    minutes: int = 60 * HOURS
    gaps: int = 0


@dataclass(frozen=True)
class BadRecording:
    """A recording and its result.

    Attributes:
        name: what is wrong with it, in words.
        make: makes the bytes of its traffic file.
        outcome: the result.
        describe: changes the data of its description, or returns the text of that file.
    """

    name: str
    make: Callable[[], bytes]
    outcome: AcceptedRecording | RefusedRecording
    describe: Callable[[dict[str, Any]], dict[str, Any] | str | bytes] | None = None


def stamp(minute: int) -> str:
    return f"{START + timedelta(minutes=minute):%Y-%m-%dT%H:%MZ}"


def rows(
    count: int = 60 * HOURS, write: Callable[[int], object] = lambda minute: 600 + minute % 60 * 10
) -> list[str]:
    """Plain rows; the busiest minute writes 1,200 units with the default shape of an hour and an extra one."""
    return [f"{stamp(minute)},300,{1200 if minute == 77 else write(minute)}," for minute in range(count)]


def packed(lines: list[str], end: str = "\n") -> bytes:
    return gzip.compress((end.join([HEADER, *lines]) + end).encode(), mtime=0)


def changed(line: int, text: str) -> Callable[[], bytes]:
    """The plain recording with one of its lines replaced; line 1 is the header."""

    def make() -> bytes:
        lines = [HEADER, *rows()]
        lines[line - 1] = text
        return gzip.compress(("\n".join(lines) + "\n").encode("utf-8", "surrogatepass"), mtime=0)

    return make


def plain() -> bytes:
    return packed(rows())


def without(first: int, last: int) -> Callable[[], bytes]:
    return lambda: packed([row for minute, row in enumerate(rows()) if not first <= minute < last])


def _recreated() -> bytes:
    before = rows(60)
    after = [f"{stamp(minute)},3000,9000," for minute in range(2880, 2940)]
    return packed(before + after)


def _mixed() -> bytes:
    return packed(rows(60) + [f"{stamp(minute)},1500,3000," for minute in range(65, 300, 5)])


def _five_minutes_of_one_column(value: object, between: object) -> Callable[[], bytes]:
    return lambda: packed([f"{stamp(m)},300,{between if m % 5 else value}," for m in range(60 * HOURS)])


def _with_a_row_missing_each_hour() -> bytes:
    return packed([f"{stamp(minute)},1500,3000," for minute in range(0, 1200, 5) if minute % 60 != 55])


def _bomb() -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    row = f"{stamp(0)},300,600,\n".encode() * 40_000
    parts = [packer.compress(f"{HEADER}\n".encode())]
    parts += [packer.compress(row) for _ in range(257 * 2**20 // len(row) + 1)]
    return b"".join([*parts, packer.flush()])


def _field(*path: str, value: object) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def change(data: dict[str, Any]) -> dict[str, Any]:
        here = data
        for name in path[:-1]:
            here = here[name]
        here[path[-1]] = value
        return data

    return change


def _text(make: Callable[[str], str | bytes]) -> Callable[[dict[str, Any]], str | bytes]:
    return lambda data: make(json.dumps(data, indent=2))


CASES: tuple[BadRecording, ...] = (
    BadRecording("plain, for comparison", plain, AcceptedRecording("as it is")),
    BadRecording("a gap: rows are missing", without(30, 45), AcceptedRecording("a gap, never filled", gaps=15)),
    BadRecording("a gap: fields are empty", changed(40, f"{stamp(38)},,,"), AcceptedRecording("a gap of these dimensions", gaps=1)),
    BadRecording("one of several fields is empty", changed(40, f"{stamp(38)},300,,"), AcceptedRecording("a gap of that dimension", gaps=1)),
    BadRecording("an hour is skipped, as when clocks go forward", without(60, 120), AcceptedRecording("a gap of an hour", gaps=60, peak=1190.0)),
    BadRecording("an hour comes twice, as when clocks go back", lambda: packed(rows(120) + rows(120)[60:]), RefusedRecording("does not come after the minute before it")),
    BadRecording("a minute comes twice", changed(40, rows()[37]), RefusedRecording("line 40: minute: 2026-07-01T00:37Z does not come after")),
    BadRecording("minutes are not in order", changed(40, rows()[10]), RefusedRecording("line 40: minute")),
    BadRecording("zero traffic", lambda: packed([f"{stamp(m)},0,0," for m in range(60)]), AcceptedRecording("idle: nothing is asked for", minutes=60, peak=0.0)),
    BadRecording("one minute only", lambda: packed(rows(1)), AcceptedRecording("a recording of a minute; CG2 finds it too short", minutes=1, peak=600.0)),
    BadRecording("a peak of 1e12", changed(40, f"{stamp(38)},300,1e12,"), AcceptedRecording("taken as it is; no capacity within the quota carries it", peak=1e12)),
    BadRecording("more than a float can count", changed(40, f"{stamp(38)},300,1e16,"), RefusedRecording("line 40: table/write: '1e16' is not a number from 0 to 1e+15")),
    BadRecording("a number beyond all numbers", changed(40, f"{stamp(38)},300,1e400,"), RefusedRecording("line 40: table/write: '1e400' is not a number")),
    BadRecording("infinity", changed(40, f"{stamp(38)},300,inf,"), RefusedRecording("line 40: table/write: 'inf' is not a number")),
    BadRecording("NaN in words", changed(40, f"{stamp(38)},nan,600,"), RefusedRecording("line 40: table/read: 'nan' is not a number")),
    BadRecording("a negative number", changed(40, f"{stamp(38)},-1,600,"), RefusedRecording("line 40: table/read: '-1' is not a number")),
    BadRecording("minus zero", changed(40, f"{stamp(38)},-0,600,"), AcceptedRecording("zero")),
    BadRecording("a number in hexadecimal", changed(40, f"{stamp(38)},0x10,600,"), RefusedRecording("line 40: table/read: '0x10'")),
    BadRecording("a number with an underscore", changed(40, f"{stamp(38)},1_000,600,"), RefusedRecording("line 40: holds something else than plain numbers")),
    BadRecording("digits of another script", changed(40, f"{stamp(38)},\u0661\u0662,600,"), RefusedRecording("line 40: holds something else than plain numbers")),
    BadRecording("U+2028 in a number", changed(40, f"{stamp(38)},300\u2028,600,"), RefusedRecording("line 40: holds something else than plain numbers")),
    BadRecording("U+0085 in a number", changed(40, f"{stamp(38)},300\u0085,600,"), RefusedRecording("line 40: holds something else than plain numbers")),
    BadRecording("a thousands separator", changed(40, f'{stamp(38)},"1,000",600,'), RefusedRecording("line 40: has 5 fields, not 4")),
    BadRecording("a decimal comma", changed(40, f"{stamp(38)},300,5,600,"), RefusedRecording("line 40: has 5 fields, not 4")),
    BadRecording("a quoted number", changed(40, f'{stamp(38)},"300",600,'), RefusedRecording("line 40: table/read")),
    BadRecording("words", changed(40, f"{stamp(38)},many,600,"), RefusedRecording("line 40: table/read: 'many' is not a number")),
    BadRecording("spaces around a number", changed(40, f"{stamp(38)}, 300 ,600,"), AcceptedRecording("the number")),
    BadRecording("a NUL byte in a number", changed(40, f"{stamp(38)},3\x0000,600,"), RefusedRecording("line 40: table/read")),
    BadRecording("a field too many", changed(40, f"{stamp(38)},300,600,,1"), RefusedRecording("line 40: has 5 fields, not 4")),
    BadRecording("a field too few", changed(40, f"{stamp(38)},300"), RefusedRecording("line 40: has 2 fields, not 4")),
    BadRecording("an empty line", changed(40, ""), RefusedRecording("line 40: has 1 fields, not 4")),
    BadRecording("seconds in a time", changed(40, "2026-07-01T00:38:30Z,300,600,"), RefusedRecording("line 40: minute: '2026-07-01T00:38:30Z' is not a minute in UTC")),
    BadRecording("another time zone", changed(40, "2026-07-01T02:38+02:00,300,600,"), RefusedRecording("line 40: minute")),
    BadRecording("no time zone", changed(40, "2026-07-01T00:38,300,600,"), RefusedRecording("line 40: minute")),
    BadRecording("a leap second", changed(40, "2026-06-30T23:59:60Z,300,600,"), RefusedRecording("line 40: minute")),
    BadRecording("a date that does not exist", changed(40, "2026-02-30T00:38Z,300,600,"), RefusedRecording("line 40: minute")),
    BadRecording("seconds since 1970", changed(40, "1782866280,300,600,"), RefusedRecording("line 40: minute")),
    BadRecording("the year 9999", lambda: packed(["9999-12-31T23:59Z,1,1,"]), RefusedRecording("9999-12-31T23:59Z is not a year of a recording")),
    BadRecording("a year before the last of the calendar", lambda: packed(["9998-12-31T23:59Z,1,1,", "9999-12-31T23:59Z,1,1,"]), RefusedRecording("9998-12-31T23:59Z is not a year of a recording")),
    BadRecording("600,000 empty lines", lambda: packed([""] * 600_000), RefusedRecording("spans more than 400 days")),
    BadRecording("more than 400 days", lambda: packed([*rows(1), f"{stamp(401 * 1440)},1,1,"]), RefusedRecording("spans more than 400 days")),
    BadRecording("five-minute sums among minutes", _mixed, RefusedRecording("rows that are 5 minutes apart")),
    BadRecording("five-minute sums with a row missing each hour", _with_a_row_missing_each_hour, RefusedRecording("rows that are 5 minutes apart")),
    BadRecording("five-minute sums in one column", _five_minutes_of_one_column(3000, ""), RefusedRecording("line 2: table/write: begins rows that are 5 minutes apart")),
    BadRecording("traffic every five minutes, zeros between", _five_minutes_of_one_column(3000, 0), AcceptedRecording("as it is", peak=3000.0)),
    BadRecording("zeros every five minutes, empty between", _five_minutes_of_one_column(0, ""), AcceptedRecording("a gap between the zeros", gaps=144, peak=0.0)),
    BadRecording("hourly sums", lambda: packed([f"{stamp(60 * m)},300,600," for m in range(24)]), RefusedRecording("rows that are 60 minutes apart")),
    BadRecording("a table that was deleted and created again", _recreated, AcceptedRecording("one recording with a hole", minutes=2940, gaps=2820, peak=9000.0)),
    BadRecording("an index that was renamed midway", changed(1, "minute,table/read,index/old/write,index/new/write"), RefusedRecording("is an index the table does not have", gaps=180)),
    BadRecording("a column for an index the table does not have", changed(1, "minute,table/read,table/write,index/other/write"), RefusedRecording("index/other/write: is an index the table does not have", gaps=180)),
    BadRecording("a dimension is missing", lambda: gzip.compress(b"minute,table/read\n2026-07-01T00:00Z,1\n"), RefusedRecording("table/write: was not recorded", minutes=1)),
    BadRecording("throttle events without consumed units", changed(1, "minute,table/read,table/write,index/x/write throttled"), RefusedRecording("index/x/write: has no consumed units")),
    BadRecording("a column twice", changed(1, "minute,table/read,table/read,table/write"), RefusedRecording("line 1: names a column twice")),
    BadRecording("an unknown column", changed(1, "minute,table/read,table/write,price"), RefusedRecording("line 1: price: is not a dimension")),
    BadRecording("a column in other letters", changed(1, "minute,Table/Read,table/write,table/write throttled"), RefusedRecording("line 1: Table/Read: is not a dimension")),
    BadRecording("a header of 70,000 letters", changed(1, "minute" + ",table/read" * 7_000), RefusedRecording("line 1: holds more than 65536 letters")),
    BadRecording("no header", lambda: gzip.compress("\n".join(rows()).encode()), RefusedRecording("line 1: has no header")),
    BadRecording("the header alone", lambda: packed([]), RefusedRecording("holds no minute")),
    BadRecording("an empty file", lambda: b"", RefusedRecording("line 1: has no header")),
    BadRecording("an empty text", lambda: gzip.compress(b""), RefusedRecording("line 1: has no header")),
    BadRecording("a byte-order mark", lambda: gzip.compress(b"\xef\xbb\xbf" + gzip.decompress(plain())), AcceptedRecording("the mark is left out")),
    BadRecording("Windows line ends", lambda: packed(rows(), "\r\n"), AcceptedRecording("as it is")),
    BadRecording("UTF-16", lambda: gzip.compress(gzip.decompress(plain()).decode().encode("utf-16")), RefusedRecording("is not a compressed CSV")),
    BadRecording("not compressed", lambda: gzip.decompress(plain()), RefusedRecording("is not a compressed CSV")),
    BadRecording("compressed, and cut off", lambda: plain()[:-20], RefusedRecording("is not a compressed CSV")),
    BadRecording("compressed, with a wrong checksum", lambda: plain()[:-8] + b"\x00" * 8, RefusedRecording("is not a compressed CSV")),
    BadRecording("compressed in two parts", lambda: gzip.compress(gzip.decompress(plain())[:999]) + gzip.compress(gzip.decompress(plain())[999:]), AcceptedRecording("the parts together")),
    BadRecording("something after the compressed text", lambda: plain() + b"nonsense", RefusedRecording("is not a compressed CSV")),
    BadRecording("257 MiB of text in a small file", _bomb, RefusedRecording("holds more than 256 MiB of text")),
    BadRecording("a file that was changed after it was recorded", plain, RefusedRecording("traffic.sha256: does not fit"), _field("traffic", "sha256", value="0" * 64)),
    BadRecording("another length than the description says", plain, RefusedRecording("traffic.minutes: is 7"), _field("traffic", "minutes", value=7)),
    BadRecording("other holes than the description says", plain, RefusedRecording("traffic.holes: is"), _field("traffic", "holes", value=[{"from": "2026-07-01T00:00:00Z", "to": "2026-07-01T00:01:00Z", "minutes": 1}])),
    BadRecording("a traffic file in another folder", plain, AcceptedRecording("the file of that name beside the description"), _field("traffic", "file", value="../../etc/t.csv.gz")),
    BadRecording("a traffic file that does not exist", plain, RefusedRecording("traffic.file: u.csv.gz cannot be read"), _field("traffic", "file", value="u.csv.gz")),
    BadRecording("a traffic file with a name that no file can have", plain, RefusedRecording("traffic.file: 'a\\x00b' cannot be read"), _field("traffic", "file", value="a\x00b")),
    BadRecording("units beyond all numbers", plain, RefusedRecording("deployed.live.table.read.units: 1000000000000000000000000000000000000000 is too large a number"), _field("deployed", "live", "table", "read", value={"units": 10**400})),
    BadRecording("half a character in a description", plain, RefusedRecording("surrogates not allowed"), _field("table", "name", value="\ud800")),
    BadRecording("a description of 17 MiB", plain, RefusedRecording("holds more than 16 MiB"), _text(lambda text: text + " " * 17 * 2**20)),
    BadRecording("a description with a field twice", plain, RefusedRecording("'schema' is there twice"), _text(lambda text: text.replace("{", '{"schema": "x",', 1))),
    BadRecording("a description left by a merge", plain, RefusedRecording("is not JSON"), _text(lambda text: "<<<<<<< ours\n" + text)),
    BadRecording("a description of ten thousand brackets", plain, RefusedRecording("is nested more than 64 levels deep"), _text(lambda _: "[" * 10_000)),
    BadRecording("a description with a byte-order mark", plain, RefusedRecording("is not JSON"), _text(lambda text: "\ufeff" + text)),
    BadRecording("NaN in a description", plain, RefusedRecording("NaN is not a number"), _text(lambda text: text.replace('"attempt": 1', '"attempt": NaN'))),
    BadRecording("a description of another version", plain, RefusedRecording("version: is 3, not 1 or 2"), _field("version", value=3)),
    BadRecording("an unknown field", plain, RefusedRecording("baseline.json: extra: is not a known field"), _field("extra", value=1)),
)  # fmt: skip
"""Every case, the plain one first."""


def write(case: BadRecording, folder: Path) -> Path:
    """Write both files of a recording. Returns the path of the description."""
    content = case.make()
    traffic = folder / "t.csv.gz"
    traffic.write_bytes(content)
    outcome = case.outcome
    data: dict[str, Any] = {
        "schema": "capacity-guard/baseline",
        "version": 1,
        "kind": "recorded",
        "table": {"name": "Orders"},
        "recorded": {"at": "2026-07-10T00:00:00Z", "by": "capacity-guard", "source": "a test"},
        "attempt": 1,
        "deployed": {
            "template": {"billing_mode": "PROVISIONED", "table": {"read": {"units": 50}, "write": {"units": 50}}, "indexes": {}},
            "live": {"billing_mode": "PROVISIONED", "table": {"read": {"units": 50}, "write": {"units": 50}}, "indexes": {}},
            "units": {"table": {"read": 50, "write": 50}},
            "warm": {},
            "previous": None,
        },
        "history": {"last_switch_to_on_demand": None, "decreases_today": {}},
        "traffic": {
            "file": "t.csv.gz",
            "sha256": hashlib.sha256(content).hexdigest(),
            "from": f"{START:%Y-%m-%dT%H:%M:00Z}",
            "to": f"{START + timedelta(minutes=outcome.minutes):%Y-%m-%dT%H:%M:00Z}",
            "minutes": outcome.minutes,
            "gaps": outcome.gaps,
        },
    }  # fmt: skip
    described: dict[str, Any] | str | bytes = data if case.describe is None else case.describe(data)
    file = folder / "baseline.json"
    if isinstance(described, dict):
        described = json.dumps(described, indent=2)
    file.write_bytes(described if isinstance(described, bytes) else described.encode())
    return file


def page() -> str:
    """The rows of ``docs/recordings.md``."""
    lines = ["| recording | result |", "|---|---|"]
    for case in CASES[1:]:
        result = (
            f"accepted: {case.outcome.effect}"
            if isinstance(case.outcome, AcceptedRecording)
            else f"refused: `{case.outcome.says}`"
        )
        lines.append(f"| {case.name} | {result} |")
    return "\n".join(lines)
