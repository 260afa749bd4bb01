"""Recorded traffic: consumed units and throttle events per minute and dimension, and their file."""

from __future__ import annotations

import gzip
import io
import math
import zlib
from array import array
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from itertools import compress, pairwise, repeat
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from ..capacity.capacity import MOST_UNITS
from ..capacity.dimension import Dimension
from ..capacity.errors import InputError
from ..capacity.evidence import MINUTE
from .files import displayed_path
from .multiplied import Multiplied
from .windows import highest_ahead

LARGEST = 256 * 2**20
"""Largest recording, bytes of uncompressed text: 14 days of a table with 20 indexes take about 30 MiB."""
_MOST_MINUTES = 400 * 1440
"""Longest recording, minutes."""
_MOST_FIELDS = 2**26
"""Most fields of a recording; 400 days of a table with 20 indexes have fewer."""
_MOST_HEADER_LETTERS = 2**16
_LONGER_PERIOD_ROWS = 12
"""Rows at one distance above a minute from which on they are sums of a longer period, and not gaps."""
GAP = math.nan
THROTTLED_SUFFIX = " throttled"
Derived = TypeVar("Derived")


def parse_minute(text: str, location: str) -> datetime:
    """Read a time stamp of the traffic file as a minute in UTC.

    Args:
        text: ISO 8601 text.
        location: file, line and field, for errors.

    Raises:
        InputError: the text is not a minute in UTC.
    """
    try:
        stamp = datetime.fromisoformat(text)
    except ValueError:
        stamp = None
    if stamp is None or stamp.utcoffset() != timedelta(0) or stamp.second or stamp.microsecond:
        raise InputError(location, f"{text!r} is not a minute in UTC", "Write it like 2026-07-01T16:31Z")
    return stamp.astimezone(UTC)


@dataclass(frozen=True)
class Traffic:
    """Recorded traffic of a table and its indexes for each minute.

    Attributes:
        start: first minute, UTC.
        consumed: consumed units per minute (statistic Sum of CloudWatch) of each dimension, all of the same length; a
            gap is NaN, never zero.
        throttled: throttle events per minute of each dimension; 0 for a minute without data, because DynamoDB publishes
            throttle metrics only for minutes with events (Guide: metrics-dimensions).
    """

    start: datetime
    consumed: Mapping[Dimension, Sequence[float]]
    throttled: Mapping[Dimension, Sequence[float]]
    _derived: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

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
        """The traffic of some of the dimensions only."""
        kept = list(dimensions)
        traffic = Traffic(
            self.start, {d: self.consumed[d] for d in kept}, {d: self.throttled[d] for d in kept}
        )
        # The same series: what one of both has worked out holds for the other.
        vars(traffic).update(_derived=self._derived)
        return traffic

    def times(self, factor: float) -> Mapping[Dimension, Sequence[float]]:
        """Consumed units per minute times a factor. A dimension is multiplied when it is asked for, and once."""
        if factor == 1:
            return self.consumed
        known: dict[tuple[float, Dimension], Sequence[float]] = self.derived("multiplied", dict)
        return Multiplied(self.consumed, factor, known)

    def derived(self, key: Hashable, make: Callable[[], Derived]) -> Derived:
        """What is worked out from the series, once for this traffic and for each selection of it (``only``).

        Args:
            key: names the value, with the dimensions and the numbers that it depends on.
            make: works it out.
        """
        if key not in self._derived:
            self._derived[key] = make()
        found: Derived = self._derived[key]
        return found

    def highest_ahead(self, dimension: Dimension, minutes: int) -> Sequence[float]:
        """``windows.highest_ahead`` of a dimension, worked out once."""
        return self.derived(
            ("highest ahead", dimension, minutes), lambda: highest_ahead(self.consumed[dimension], minutes)
        )

    @cached_property
    def busiest(self) -> Mapping[Dimension, int]:
        """Position of the busiest minute of each dimension, the first of equal minutes; 0 if no minute was recorded."""
        positions = {}
        for dimension, series in self.consumed.items():
            has_gaps = math.isnan(sum(series))
            # Only NaN differs from itself.
            recorded = [-1.0 if units != units else units for units in series] if has_gaps else series
            positions[dimension] = recorded.index(max(recorded)) if recorded else 0
        return positions

    def gaps(self) -> int:
        """Number of minutes in which at least one dimension has no value."""
        return self._gaps

    @cached_property
    def _gaps(self) -> int:
        if not any(math.isnan(sum(series)) for series in self.consumed.values()):
            return 0  # the usual case, found without a loop over the minutes
        return sum(1 for row in zip(*self.consumed.values(), strict=True) if any(map(math.isnan, row)))


def read_traffic(path: Path, content: bytes, only: Collection[Dimension] | None = None) -> Traffic:
    """Read traffic from the compressed CSV of a baseline.

    The header has the dimensions (``minute,table/read,table/read throttled,...``). A missing row or an empty consumed
    field is a gap; an empty throttled field means no throttle event.

    Args:
        path: path of the file, for errors.
        content: content of the file.
        only: the dimensions to read; ``None`` for all.

    Raises:
        InputError: the file is not gzip or not UTF-8, a column is unknown or occurs twice, a time stamp is not a minute
            in UTC or not after the previous one, a value is not a number, negative or above ``MOST_UNITS``, rows or a
            column have a longer period, or the file is too large or too long. The error names file, line and field.
    """
    name = displayed_path(path)
    text = _decompressed(name, content)
    if (
        text.count("\n") > _MOST_MINUTES + 1
    ):  # before the split: an empty line takes 50 times its size as an object
        raise _too_long(name)
    # Not splitlines: it also splits at characters that do not end a line of a CSV.
    lines = text.removesuffix("\n").split("\n") if text else []
    if lines and len(lines[0]) > _MOST_HEADER_LETTERS:
        raise InputError(
            f"{name}: line 1", f"holds more than {_MOST_HEADER_LETTERS} letters", "Record the baseline again"
        )
    body = text[len(lines[0]) :] if lines else ""
    # float() also accepts numbers that a recording must not have: 1_000, and digits of other scripts.
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
            Dimension.parse(column.removesuffix(THROTTLED_SUFFIX))
        except InputError as error:
            raise InputError(f"{name}: line 1: {error.location}", error.problem, error.remedy) from None
    if len(header) * (len(lines) - 1) > _MOST_FIELDS:
        raise InputError(
            name, f"holds more than {_MOST_FIELDS:,} fields", "Record fewer days, or fewer indexes"
        )
    columns = _columns(name, lines[1:], len(header))
    start, positions = _positions(name, columns[0])
    length = positions[-1] + 1
    consumed: dict[Dimension, array[float]] = {}
    throttled: dict[Dimension, array[float]] = {}
    for column, texts in zip(header[1:], columns[1:], strict=True):
        dimension = Dimension.parse(column.removesuffix(THROTTLED_SUFFIX))
        if only is not None and dimension not in only:
            continue
        is_throttled = column.endswith(THROTTLED_SUFFIX)
        complete = all(texts)
        empty = 0.0 if is_throttled else GAP
        values = _values(name, column, texts, complete, empty)
        # DynamoDB publishes zeros for idle tables, so recorded one-minute data have values between requests that are
        # minutes apart. A column with zeros only has no sums of a longer period.
        if not is_throttled and not complete and any(compress(values, texts)):
            _refuse_longer_periods(
                name,
                column,
                list(compress(positions, texts)),
                list(compress(range(2, len(texts) + 2), texts)),
            )
        if length != len(values):
            every_minute = array("d", [empty]) * length
            for position, value in zip(positions, values, strict=True):
                every_minute[position] = value
            values = every_minute
        (throttled if is_throttled else consumed)[dimension] = values
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
        raise InputError(name, f"is not a compressed CSV ({error})", "Record the baseline again") from None
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _too_long(name: str) -> InputError:
    return InputError(f"{name}: minute", "spans more than 400 days", "Record the baseline again")


def _columns(name: str, lines: Sequence[str], fields: int) -> list[list[str]]:
    """The fields of each column, from one flat list: a list for each line would take most of the time."""
    if not lines:
        raise InputError(name, "holds no minute", "Record the baseline again")
    commas = list(map(str.count, lines, repeat(",")))
    if commas.count(fields - 1) != len(lines):
        number = next(line for line, count in enumerate(commas) if count != fields - 1)
        raise InputError(
            f"{name}: line {number + 2}",
            f"has {commas[number] + 1} fields, not {fields}",
            "Record the baseline again",
        )
    flat = ",".join(lines).split(",")
    return [flat[column::fields] for column in range(fields)]


def _positions(name: str, stamps: Sequence[str]) -> tuple[datetime, Sequence[int]]:
    start = parse_minute(stamps[0], f"{name}: line 2: minute")
    if not 1970 <= start.year < 9998:  # datetime ends with the year 9999
        raise InputError(
            f"{name}: line 2: minute",
            f"{stamps[0]} is not a year of a recording",
            "Record the baseline again",
        )
    if list(stamps) == every_minute(start, len(stamps)):  # the usual case, found without parsing
        return start, range(len(stamps))
    positions: list[int] = []
    for number, stamp in enumerate(stamps, start=2):
        location = f"{name}: line {number}: minute"
        position = int((parse_minute(stamp, location) - start) / MINUTE)
        if positions and position <= positions[-1]:
            raise InputError(
                location, f"{stamp} does not come after the minute before it", "Record the baseline again"
            )
        positions.append(position)
    _refuse_longer_periods(name, "minute", positions, range(2, len(positions) + 2))
    if positions[-1] > _MOST_MINUTES:
        raise _too_long(name)
    return start, positions


def _refuse_longer_periods(name: str, column: str, positions: Sequence[int], lines: Sequence[int]) -> None:
    """Refuse sums of five minutes or of an hour, which would count as sums of one minute.

    Rows belong to one period if all their distances are multiples of the first distance, so missing rows do not matter.

    Args:
        name: name of the file, for errors.
        column: name of the column, for errors.
        positions: minutes of the rows since the first row.
        lines: line number of each row.
    """
    period, first = 1, 0
    for number, (before, after) in enumerate(pairwise(positions)):
        distance = after - before
        if period == 1 or distance % period:
            period, first = distance, number
        elif number + 2 - first == _LONGER_PERIOD_ROWS:
            raise InputError(
                f"{name}: line {lines[first]}: {column}",
                f"begins rows that are {period} minutes apart, {_LONGER_PERIOD_ROWS} of them: sums of single minutes are needed",
                "Record one-minute data",
            )


@lru_cache(maxsize=2)
def every_minute(start: datetime, count: int) -> list[str]:
    """Time stamps of successive minutes, made for each day: formatting each minute would take most of the time.

    Args:
        start: the first minute, UTC.
        count: number of minutes.
    """
    clock = [f"T{hour:02}:{minute:02}Z" for hour in range(24) for minute in range(60)]
    first = start.hour * 60 + start.minute
    stamps: list[str] = []
    for day in range((first + count - 1) // 1440 + 1):
        date = (start + timedelta(days=day)).strftime("%Y-%m-%d")
        stamps += [date + time for time in clock]
    return stamps[first : first + count]


def _values(name: str, column: str, texts: Sequence[str], complete: bool, empty: float) -> array[float]:
    if not any(texts):
        return array("d", [empty]) * len(texts)
    try:
        numbers = map(float, texts) if complete else (float(text) if text else empty for text in texts)
        values = array("d", numbers)
    except ValueError:
        values = array("d", [-1.0])
    # min and sum run in C: NaN, infinity and numbers that are too large show in the sum, negative numbers in the minimum.
    present = (
        values
        if complete
        else array("d", [value for value, text in zip(values, texts, strict=False) if text])
    )
    if present and min(present) >= 0 and sum(present) <= MOST_UNITS:
        return values
    for number, text in enumerate(texts, start=2):
        try:
            valid = not text or 0 <= float(text) <= MOST_UNITS
        except ValueError:
            valid = False
        if not valid:
            raise InputError(
                f"{name}: line {number}: {column}",
                f"{text[:40]!r} is not a number from 0 to {MOST_UNITS:.0e}",
                "Record the baseline again",
            )
    return values
