"""Recorded traffic: consumed units and throttle events per minute and dimension, and the file that holds them."""

from __future__ import annotations

import gzip
import io
import math
import zlib
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from itertools import compress, pairwise, repeat
from pathlib import Path
from types import MappingProxyType

from ..capacity.capacity import MOST_UNITS
from ..capacity.dimension import Dimension
from ..capacity.errors import InputError
from ..capacity.evidence import MINUTE

LARGEST = 256 * 2**20
"""Bytes of text that a recording holds at most: 14 days of a table with 20 indexes take about 30 MiB."""
LONGEST = 400 * 1440
"""Minutes that a recording spans at most."""
MOST_FIELDS = 2**26
"""Fields that a recording holds at most; 400 days of a table with 20 indexes have fewer."""
LARGEST_HEADER = 2**16
PERIOD_ROWS = 12
"""So many rows at one distance above a minute are no gaps: they are another period."""
GAP = math.nan
_THROTTLED = " throttled"
_STAMP = "%Y-%m-%dT%H:%MZ"


def minute_of(text: str, location: str) -> datetime:
    """The UTC minute that a time stamp of the traffic file names.

    Raises:
        InputError: it is no minute in UTC.
    """
    try:
        stamp = datetime.fromisoformat(text)
    except ValueError:
        stamp = None
    if stamp is None or stamp.utcoffset() != timedelta(0) or stamp.second or stamp.microsecond:
        raise InputError(location, f"{text!r} is not a minute in UTC", "Write it like 2026-07-01T16:31Z")
    return stamp.astimezone(UTC)


def read_limited(path: Path, most: int) -> bytes:
    """The bytes of a file, unless it is larger than anything that can be meant.

    Args:
        path: the file.
        most: bytes that it may hold.

    Raises:
        InputError: it holds more.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise InputError(path.name, f"holds more than {most // 2**20} MiB", "Give a smaller file")
    return content


@dataclass(frozen=True)
class Traffic:
    """What a table and its indexes carried, minute by minute.

    Attributes:
        start: first minute, UTC.
        consumed: units per minute (CloudWatch's Sum) for each dimension, all of one length; a gap is NaN, never zero.
        throttled: throttle events per minute; a minute without an event holds 0, since the service publishes
            throttle metrics only for minutes that have some (Guide: metrics-dimensions).
    """

    start: datetime
    consumed: Mapping[Dimension, Sequence[float]]
    throttled: Mapping[Dimension, Sequence[float]]
    _times: dict[float, Mapping[Dimension, Sequence[float]]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "consumed", MappingProxyType(dict(self.consumed)))
        object.__setattr__(self, "throttled", MappingProxyType(dict(self.throttled)))

    @property
    def minutes(self) -> int:
        """Length in minutes, gaps included."""
        return max((len(series) for series in self.consumed.values()), default=0)

    @property
    def end(self) -> datetime:
        """The minute after the last one."""
        return self.start + self.minutes * MINUTE

    @property
    def days(self) -> float:
        """Length in days, gaps included."""
        return self.minutes / 1440

    def minute(self, index: int) -> datetime:
        """The minute at a position."""
        return self.start + index * MINUTE

    def only(self, dimensions: Iterable[Dimension]) -> Traffic:
        """The recording of some of its dimensions."""
        wanted = list(dimensions)
        return Traffic(
            self.start, {d: self.consumed[d] for d in wanted}, {d: self.throttled[d] for d in wanted}
        )

    def times(self, factor: float) -> Mapping[Dimension, Sequence[float]]:
        """Consumed units per minute times a factor; reckoned once, since several replays take the same."""
        if factor == 1:
            return self.consumed
        if factor not in self._times:
            self._times[factor] = {
                dimension: array("d", [units * factor for units in series])
                for dimension, series in self.consumed.items()
            }
        return self._times[factor]

    @cached_property
    def busiest(self) -> Mapping[Dimension, int]:
        """Position of the busiest minute of each dimension, the first of equal ones; 0 where none was recorded."""
        found = {}
        for dimension, series in self.consumed.items():
            total = sum(series)
            known = series if total == total else [-1.0 if units != units else units for units in series]
            found[dimension] = known.index(max(known)) if known else 0
        return found

    def gaps(self) -> int:
        """Number of minutes in which at least one dimension has no value."""
        return self._gaps

    @cached_property
    def _gaps(self) -> int:
        if not any(math.isnan(sum(series)) for series in self.consumed.values()):
            return 0  # the common case, told without looking at each minute
        return sum(1 for row in zip(*self.consumed.values(), strict=True) if any(map(math.isnan, row)))


def read_traffic(path: Path, content: bytes) -> Traffic:
    """Traffic from the compressed CSV of a baseline.

    Its header names the dimensions (``minute,table/read,table/read throttled,...``). A missing row or an empty
    consumed field is a gap; an empty throttled field means no throttle event.

    Args:
        path: the file's path, for errors.
        content: its bytes.

    Raises:
        InputError: naming file, line and field: not gzip, not UTF-8, unknown or double columns, a time stamp that is
            no UTC minute or does not come after the one before, a value that is no number, NaN, negative or beyond
            ``MOST_UNITS``, rows or a column of a longer period, more than 400 days.
    """
    name = path.name
    text = _decompressed(name, content)
    if text.count("\n") > LONGEST + 1:  # before they are split: a line of nothing takes 50 times its byte
        raise _too_long(name)
    # Not splitlines, which knows more ends of lines than a CSV has.
    lines = text.removesuffix("\n").split("\n") if text else []
    if lines and len(lines[0]) > LARGEST_HEADER:
        raise InputError(
            f"{name}: line 1", f"holds more than {LARGEST_HEADER} letters", "Record the baseline again"
        )
    body = text[len(lines[0]) :] if lines else ""
    # Python reads more as numbers than a recording holds: 1_000, and digits of other scripts.
    if not body.isascii() or "_" in body:
        number = next(n for n, line in enumerate(lines[1:], start=2) if not line.isascii() or "_" in line)
        raise InputError(
            f"{name}: line {number}", "holds something else than plain numbers", "Record the baseline again"
        )
    header = lines[0].split(",") if lines else []
    if len(header) < 2 or header[0] != "minute":
        raise InputError(
            f"{name}: line 1", "has no header 'minute,<dimension>,...'", "Record the baseline again"
        )
    if len(set(header)) != len(header):
        raise InputError(f"{name}: line 1", "names a column twice", "Record the baseline again")
    for column in header[1:]:
        try:
            Dimension.parse(column.removesuffix(_THROTTLED))
        except InputError as error:
            raise InputError(f"{name}: line 1: {error.location}", error.problem, error.remedy) from None
    if len(header) * (len(lines) - 1) > MOST_FIELDS:
        raise InputError(
            name, f"holds more than {MOST_FIELDS:,} fields", "Record fewer days, or fewer indexes"
        )
    columns = _columns(name, lines[1:], len(header))
    start, positions = _positions(name, columns[0])
    length = positions[-1] + 1
    consumed: dict[Dimension, array[float]] = {}
    throttled: dict[Dimension, array[float]] = {}
    for column, texts in zip(header[1:], columns[1:], strict=True):
        dimension = Dimension.parse(column.removesuffix(_THROTTLED))
        sparse = column.endswith(_THROTTLED)
        full = all(texts)
        values = _values(name, column, texts, full, 0.0 if sparse else GAP)
        # Idle tables publish zeros, so even traffic that comes every five minutes has a value between. A column of
        # nothing but zeros holds no sums that could be taken for others.
        if not sparse and not full and any(compress(values, texts)):
            _refuse_longer_periods(
                name,
                column,
                list(compress(positions, texts)),
                list(compress(range(2, len(texts) + 2), texts)),
            )
        if length != len(values):
            spread = array("d", [0.0 if sparse else GAP]) * length
            for position, value in zip(positions, values, strict=True):
                spread[position] = value
            values = spread
        (throttled if sparse else consumed)[dimension] = values
    if not consumed:
        raise InputError(
            f"{name}: line 1", "names no dimension of consumed units", "Record the baseline again"
        )
    for dimension in throttled:
        if dimension not in consumed:
            raise InputError(f"{name}: {dimension.key}", "has no consumed units", "Record the baseline again")
    for dimension in consumed:
        throttled.setdefault(dimension, array("d", [0.0]) * length)
    return Traffic(start, consumed, throttled)


def _decompressed(name: str, content: bytes) -> str:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
            data = file.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise InputError(
                name, f"holds more than {LARGEST // 2**20} MiB of text", "Record fewer days, or fewer indexes"
            )
        text = data.decode("utf-8-sig")
    except (OSError, EOFError, ValueError, zlib.error) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(name, f"is no compressed CSV ({error})", "Record the baseline again") from None
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _too_long(name: str) -> InputError:
    return InputError(f"{name}: minute", "spans more than 400 days", "Record the baseline again")


def _columns(name: str, lines: Sequence[str], fields: int) -> list[list[str]]:
    """The fields column by column, cut from one flat list: a list a line would take most of the reading."""
    if not lines:
        raise InputError(name, "holds no minute", "Record the baseline again")
    commas = list(map(str.count, lines, repeat(",")))
    if commas.count(fields - 1) != len(lines):
        number = next(i for i, count in enumerate(commas) if count != fields - 1)
        raise InputError(
            f"{name}: line {number + 2}",
            f"has {commas[number] + 1} fields, not {fields}",
            "Record the baseline again",
        )
    flat = ",".join(lines).split(",")
    return [flat[column::fields] for column in range(fields)]


def _positions(name: str, stamps: Sequence[str]) -> tuple[datetime, Sequence[int]]:
    start = minute_of(stamps[0], f"{name}: line 2: minute")
    if not 1970 <= start.year < 9998:  # 400 days later there is still a calendar
        raise InputError(
            f"{name}: line 2: minute", f"{stamps[0]} is no year of a recording", "Record the baseline again"
        )
    if list(stamps) == _every_minute(start, len(stamps)):  # the common case, compared without parsing each
        return start, range(len(stamps))
    positions: list[int] = []
    for number, stamp in enumerate(stamps, start=2):
        location = f"{name}: line {number}: minute"
        position = int((minute_of(stamp, location) - start) / MINUTE)
        if positions and position <= positions[-1]:
            raise InputError(
                location, f"{stamp} does not come after the minute before it", "Record the baseline again"
            )
        positions.append(position)
    _refuse_longer_periods(name, "minute", positions, range(2, len(positions) + 2))
    if positions[-1] > LONGEST:
        raise _too_long(name)
    return start, positions


def _refuse_longer_periods(name: str, column: str, positions: Sequence[int], lines: Sequence[int]) -> None:
    """Sums of five minutes, or of an hour, would be taken for those of single minutes.

    Rows belong to one period as long as the distances are multiples of the first: one that is missing hides nothing.
    """
    period, first = 1, 0
    for number, (before, after) in enumerate(pairwise(positions)):
        distance = after - before
        if period == 1 or distance % period:
            period, first = distance, number
        elif number + 2 - first == PERIOD_ROWS:
            raise InputError(
                f"{name}: line {lines[first]}: {column}",
                f"begins rows that are {period} minutes apart, {PERIOD_ROWS} of them: sums of single minutes are needed",
                "Record one-minute data",
            )


@lru_cache(maxsize=2)
def _every_minute(start: datetime, count: int) -> list[str]:
    """Stamps of ``count`` minutes in a row; a day at a time, since formatting each would take most of the reading."""
    clock = [f"T{hour:02}:{minute:02}Z" for hour in range(24) for minute in range(60)]
    first = start.hour * 60 + start.minute
    stamps: list[str] = []
    for day in range((first + count - 1) // 1440 + 1):
        date = (start + timedelta(days=day)).strftime("%Y-%m-%d")
        stamps += [date + time for time in clock]
    return stamps[first : first + count]


def _values(name: str, column: str, texts: Sequence[str], full: bool, empty: float) -> array[float]:
    if not any(texts):
        return array("d", [empty]) * len(texts)
    try:
        numbers = map(float, texts) if full else (float(text) if text else empty for text in texts)
        values = array("d", numbers)
    except ValueError:
        values = array("d", [-1.0])
    # Passes in C tell good from bad: NaN, infinity and what is too large spoil the sum of what was given, the minimum
    # the rest.
    given = (
        values if full else array("d", [value for value, text in zip(values, texts, strict=False) if text])
    )
    if given and min(given) >= 0 and sum(given) <= MOST_UNITS:
        return values
    for number, text in enumerate(texts, start=2):
        try:
            good = not text or 0 <= float(text) <= MOST_UNITS
        except ValueError:
            good = False
        if not good:
            raise InputError(
                f"{name}: line {number}: {column}",
                f"{text[:40]!r} is not a number from 0 to {MOST_UNITS:.0e}",
                "Record the baseline again",
            )
    return values


def write_traffic(traffic: Traffic) -> bytes:
    """The compressed CSV of a baseline; the same traffic always gives the same bytes on one Python build."""
    columns = ["minute"]
    for dimension in traffic.consumed:
        columns += [dimension.key, dimension.key + _THROTTLED]
    lines = [",".join(columns)]
    series = []
    for dimension, values in traffic.consumed.items():
        series += [
            [_number(v) for v in values],
            [_number(v) if v else "" for v in traffic.throttled[dimension]],
        ]
    for index, row in enumerate(zip(*series, strict=True)):
        # The first and the last minute are rows even where nothing was recorded: they say how long the recording is.
        if any(row) or index in (0, traffic.minutes - 1):
            lines.append(f"{traffic.minute(index).strftime(_STAMP)},{','.join(row)}")
    return gzip.compress("\n".join(lines).encode() + b"\n", compresslevel=9, mtime=0)


def _number(value: float) -> str:
    if math.isnan(value):
        return ""
    return str(int(value)) if value == int(value) else repr(round(value, 3))
