# ruff: noqa: E501 - a case is a line
"""Malformed and hostile recordings: what each holds, and what becomes of it. ``docs/recordings.md`` is made of this table."""

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
class Accepted:
    """It loads, and this is what it is taken for.

    Attributes:
        effect: in words.
        minutes: length, gaps included.
        gaps: minutes in which a dimension has no value.
        peak: busiest write minute, units per minute.
    """

    effect: str
    minutes: int = 60 * HOURS
    gaps: int = 0
    peak: float = 1200.0


@dataclass(frozen=True)
class Refused:
    """One error, which holds these words.

    Attributes:
        says: the words.
        minutes, gaps: what the description beside it says; an error that comes after these are compared needs them right.
    """

    says: str
    minutes: int = 60 * HOURS
    gaps: int = 0


@dataclass(frozen=True)
class Case:
    """One recording.

    Attributes:
        name: what is wrong with it, in words.
        make: the bytes of its traffic file.
        outcome: what becomes of it.
        describe: changes the JSON beside it; text replaces the file.
    """

    name: str
    make: Callable[[], bytes]
    outcome: Accepted | Refused
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


CASES: tuple[Case, ...] = (
    Case("plain, for comparison", plain, Accepted("as it is")),
    Case("a gap: rows are missing", without(30, 45), Accepted("a gap, never filled", gaps=15)),
    Case("a gap: fields are empty", changed(40, f"{stamp(38)},,,"), Accepted("a gap of these dimensions", gaps=1)),
    Case("one of several fields is empty", changed(40, f"{stamp(38)},300,,"), Accepted("a gap of that dimension", gaps=1)),
    Case("an hour is skipped, as when clocks go forward", without(60, 120), Accepted("a gap of an hour", gaps=60, peak=1190.0)),
    Case("an hour comes twice, as when clocks go back", lambda: packed(rows(120) + rows(120)[60:]), Refused("does not come after the minute before it")),
    Case("a minute comes twice", changed(40, rows()[37]), Refused("line 40: minute: 2026-07-01T00:37Z does not come after")),
    Case("minutes are not in order", changed(40, rows()[10]), Refused("line 40: minute")),
    Case("zero traffic", lambda: packed([f"{stamp(m)},0,0," for m in range(60)]), Accepted("idle: nothing is asked for", minutes=60, peak=0.0)),
    Case("one minute only", lambda: packed(rows(1)), Accepted("a recording of a minute; CG2 finds it too short", minutes=1, peak=600.0)),
    Case("a peak of 1e12", changed(40, f"{stamp(38)},300,1e12,"), Accepted("taken as it is; no capacity within the quota carries it", peak=1e12)),
    Case("more than a float can count", changed(40, f"{stamp(38)},300,1e16,"), Refused("line 40: table/write: '1e16' is not a number from 0 to 1e+15")),
    Case("a number beyond all numbers", changed(40, f"{stamp(38)},300,1e400,"), Refused("line 40: table/write: '1e400' is not a number")),
    Case("infinity", changed(40, f"{stamp(38)},300,inf,"), Refused("line 40: table/write: 'inf' is not a number")),
    Case("NaN in words", changed(40, f"{stamp(38)},nan,600,"), Refused("line 40: table/read: 'nan' is not a number")),
    Case("a negative number", changed(40, f"{stamp(38)},-1,600,"), Refused("line 40: table/read: '-1' is not a number")),
    Case("minus zero", changed(40, f"{stamp(38)},-0,600,"), Accepted("zero")),
    Case("a number in hexadecimal", changed(40, f"{stamp(38)},0x10,600,"), Refused("line 40: table/read: '0x10'")),
    Case("a number with an underscore", changed(40, f"{stamp(38)},1_000,600,"), Refused("line 40: holds something else than plain numbers")),
    Case("digits of another script", changed(40, f"{stamp(38)},\u0661\u0662,600,"), Refused("line 40: holds something else than plain numbers")),
    Case("U+2028 in a number", changed(40, f"{stamp(38)},300\u2028,600,"), Refused("line 40: holds something else than plain numbers")),
    Case("U+0085 in a number", changed(40, f"{stamp(38)},300\u0085,600,"), Refused("line 40: holds something else than plain numbers")),
    Case("a thousands separator", changed(40, f'{stamp(38)},"1,000",600,'), Refused("line 40: has 5 fields, not 4")),
    Case("a decimal comma", changed(40, f"{stamp(38)},300,5,600,"), Refused("line 40: has 5 fields, not 4")),
    Case("a quoted number", changed(40, f'{stamp(38)},"300",600,'), Refused("line 40: table/read")),
    Case("words", changed(40, f"{stamp(38)},many,600,"), Refused("line 40: table/read: 'many' is not a number")),
    Case("spaces around a number", changed(40, f"{stamp(38)}, 300 ,600,"), Accepted("the number")),
    Case("a NUL byte in a number", changed(40, f"{stamp(38)},3\x0000,600,"), Refused("line 40: table/read")),
    Case("a field too many", changed(40, f"{stamp(38)},300,600,,1"), Refused("line 40: has 5 fields, not 4")),
    Case("a field too few", changed(40, f"{stamp(38)},300"), Refused("line 40: has 2 fields, not 4")),
    Case("an empty line", changed(40, ""), Refused("line 40: has 1 fields, not 4")),
    Case("seconds in a time", changed(40, "2026-07-01T00:38:30Z,300,600,"), Refused("line 40: minute: '2026-07-01T00:38:30Z' is not a minute in UTC")),
    Case("another time zone", changed(40, "2026-07-01T02:38+02:00,300,600,"), Refused("line 40: minute")),
    Case("no time zone", changed(40, "2026-07-01T00:38,300,600,"), Refused("line 40: minute")),
    Case("a leap second", changed(40, "2026-06-30T23:59:60Z,300,600,"), Refused("line 40: minute")),
    Case("a date that does not exist", changed(40, "2026-02-30T00:38Z,300,600,"), Refused("line 40: minute")),
    Case("seconds since 1970", changed(40, "1782866280,300,600,"), Refused("line 40: minute")),
    Case("the year 9999", lambda: packed(["9999-12-31T23:59Z,1,1,"]), Refused("9999-12-31T23:59Z is no year of a recording")),
    Case("a year before the last of the calendar", lambda: packed(["9998-12-31T23:59Z,1,1,", "9999-12-31T23:59Z,1,1,"]), Refused("9998-12-31T23:59Z is no year of a recording")),
    Case("600,000 empty lines", lambda: packed([""] * 600_000), Refused("spans more than 400 days")),
    Case("more than 400 days", lambda: packed([*rows(1), f"{stamp(401 * 1440)},1,1,"]), Refused("spans more than 400 days")),
    Case("five-minute sums among minutes", _mixed, Refused("rows that are 5 minutes apart")),
    Case("five-minute sums with a row missing each hour", _with_a_row_missing_each_hour, Refused("rows that are 5 minutes apart")),
    Case("five-minute sums in one column", _five_minutes_of_one_column(3000, ""), Refused("line 2: table/write: begins rows that are 5 minutes apart")),
    Case("traffic every five minutes, zeros between", _five_minutes_of_one_column(3000, 0), Accepted("as it is", peak=3000.0)),
    Case("zeros every five minutes, empty between", _five_minutes_of_one_column(0, ""), Accepted("a gap between the zeros", gaps=144, peak=0.0)),
    Case("hourly sums", lambda: packed([f"{stamp(60 * m)},300,600," for m in range(24)]), Refused("rows that are 60 minutes apart")),
    Case("a table that was deleted and created again", _recreated, Accepted("one recording with a hole", minutes=2940, gaps=2820, peak=9000.0)),
    Case("an index that was renamed midway", changed(1, "minute,table/read,index/old/write,index/new/write"), Refused("is an index the table does not have", gaps=180)),
    Case("a column for an index the table does not have", changed(1, "minute,table/read,table/write,index/other/write"), Refused("index/other/write: is an index the table does not have", gaps=180)),
    Case("a dimension is missing", lambda: gzip.compress(b"minute,table/read\n2026-07-01T00:00Z,1\n"), Refused("table/write: was not recorded", minutes=1)),
    Case("throttle events without consumed units", changed(1, "minute,table/read,table/write,index/x/write throttled"), Refused("index/x/write: has no consumed units")),
    Case("a column twice", changed(1, "minute,table/read,table/read,table/write"), Refused("line 1: names a column twice")),
    Case("an unknown column", changed(1, "minute,table/read,table/write,price"), Refused("line 1: price: is not a dimension")),
    Case("a column in other letters", changed(1, "minute,Table/Read,table/write,table/write throttled"), Refused("line 1: Table/Read: is not a dimension")),
    Case("a header of 70,000 letters", changed(1, "minute" + ",table/read" * 7_000), Refused("line 1: holds more than 65536 letters")),
    Case("no header", lambda: gzip.compress("\n".join(rows()).encode()), Refused("line 1: has no header")),
    Case("the header alone", lambda: packed([]), Refused("holds no minute")),
    Case("an empty file", lambda: b"", Refused("line 1: has no header")),
    Case("an empty text", lambda: gzip.compress(b""), Refused("line 1: has no header")),
    Case("a byte-order mark", lambda: gzip.compress(b"\xef\xbb\xbf" + gzip.decompress(plain())), Accepted("the mark is left out")),
    Case("Windows line ends", lambda: packed(rows(), "\r\n"), Accepted("as it is")),
    Case("UTF-16", lambda: gzip.compress(gzip.decompress(plain()).decode().encode("utf-16")), Refused("is no compressed CSV")),
    Case("not compressed", lambda: gzip.decompress(plain()), Refused("is no compressed CSV")),
    Case("compressed, and cut off", lambda: plain()[:-20], Refused("is no compressed CSV")),
    Case("compressed, with a wrong checksum", lambda: plain()[:-8] + b"\x00" * 8, Refused("is no compressed CSV")),
    Case("compressed in two parts", lambda: gzip.compress(gzip.decompress(plain())[:999]) + gzip.compress(gzip.decompress(plain())[999:]), Accepted("the parts together")),
    Case("something after the compressed text", lambda: plain() + b"nonsense", Refused("is no compressed CSV")),
    Case("257 MiB of text in a small file", _bomb, Refused("holds more than 256 MiB of text")),
    Case("a file that was changed after it was recorded", plain, Refused("traffic.sha256: does not fit"), _field("traffic", "sha256", value="0" * 64)),
    Case("another length than the description says", plain, Refused("traffic.minutes: is 7"), _field("traffic", "minutes", value=7)),
    Case("other holes than the description says", plain, Refused("traffic.holes: is"), _field("traffic", "holes", value=[{"from": "2026-07-01T00:00:00Z", "to": "2026-07-01T00:01:00Z", "minutes": 1}])),
    Case("a traffic file in another folder", plain, Accepted("the file of that name beside the description"), _field("traffic", "file", value="../../etc/t.csv.gz")),
    Case("a traffic file that does not exist", plain, Refused("traffic.file: u.csv.gz cannot be read"), _field("traffic", "file", value="u.csv.gz")),
    Case("a traffic file with a name that no file can have", plain, Refused("traffic.file: 'a\\x00b' cannot be read"), _field("traffic", "file", value="a\x00b")),
    Case("units beyond all numbers", plain, Refused("table.read.units: is more than 1,000,000,000,000,000"), _field("deployed", "live", "table", "read", value={"units": 10**400})),
    Case("half a character in a description", plain, Refused("surrogates not allowed"), _field("table", "name", value="\ud800")),
    Case("a description of 17 MiB", plain, Refused("holds more than 16 MiB"), _text(lambda text: text + " " * 17 * 2**20)),
    Case("a description with a field twice", plain, Refused("'schema' stands there twice"), _text(lambda text: text.replace("{", '{"schema": "x",', 1))),
    Case("a description left by a merge", plain, Refused("is no JSON"), _text(lambda text: "<<<<<<< ours\n" + text)),
    Case("a description of ten thousand brackets", plain, Refused("is no JSON"), _text(lambda _: "[" * 10_000)),
    Case("a description with a byte-order mark", plain, Refused("is no JSON"), _text(lambda text: "\ufeff" + text)),
    Case("NaN in a description", plain, Refused("NaN is no number"), _text(lambda text: text.replace('"attempt": 1', '"attempt": NaN'))),
    Case("a description of another version", plain, Refused("version: is 2, not 1"), _field("version", value=2)),
    Case("an unknown field", plain, Refused("baseline.json: extra: is not a known field"), _field("extra", value=1)),
)  # fmt: skip
"""Every case, the plain one first."""


def write(case: Case, folder: Path) -> Path:
    """Write a case's two files; the path of the description."""
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
    lines = ["| recording | what becomes of it |", "|---|---|"]
    for case in CASES[1:]:
        said = (
            f"accepted: {case.outcome.effect}"
            if isinstance(case.outcome, Accepted)
            else f"refused: `{case.outcome.says}`"
        )
        lines.append(f"| {case.name} | {said} |")
    return "\n".join(lines)
