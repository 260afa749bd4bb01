"""The digest that the recorder writes into a baseline, so that a synthesis need not read the traffic of each table.

``d1:`` and the base64 text of a zlib stream (RFC 1950) of JSON. It states the checksum of the traffic file that it summarizes.
The number changes whenever ``digest`` computes something else. Where the text does not fit, the traffic is read.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ..capacity.compressed_text import compress_text, decompress_text
from ..capacity.dimension import Dimension
from ..capacity.errors import InputError
from ..capacity.evidence import HOURS_OF_WEEK, MINUTE, DimensionEvidence, Evidence, Peak
from ..capacity.plain_data import read_time, time_text
from .digest import digest
from .traffic import Traffic

_PREFIX = "d1:"
_MOST_BYTES = 2**20
"""Most bytes of the JSON: that of a table with 20 indexes takes about 150,000."""
_DECIMALS = 3
"""Decimals of a number in the traffic file (``traffic_writing``), so sums of a minute come back exactly."""


@dataclass(frozen=True)
class StoredDigest:
    """The digest of a traffic file, without its values by hour, which are converted when they are needed.

    Attributes:
        start: first recorded minute, UTC.
        minutes: length of the recording in minutes, gaps included.
        gaps: minutes in which at least one dimension has no value.
        holes: their periods, as the baseline states them.
        switch_minutes: longest switch of the billing mode that ``evidence`` covers, minutes.
        noise: throttle events per minute that at most one minute of a hundred exceeds, of each recorded dimension.
    """

    start: datetime
    minutes: int
    gaps: int
    holes: Sequence[Mapping[str, Any]]
    switch_minutes: int
    noise: Mapping[Dimension, float]
    _by_dimension: Mapping[Dimension, Mapping[str, Any]]

    @property
    def end(self) -> datetime:
        """The minute after the last one."""
        return self.start + self.minutes * MINUTE

    def evidence(self) -> Evidence | None:
        """The same as ``digest`` of the traffic; ``None`` if the text was not written by ``stored_text``."""
        try:
            dimensions = {
                dimension: _dimension_from(self.start, self._by_dimension[dimension], noise)
                for dimension, noise in self.noise.items()
            }
        except (KeyError, OverflowError, TypeError, ValueError):
            return None
        return Evidence(self.start, self.end, self.switch_minutes, dimensions)


def stored_text(
    traffic: Traffic, holes: Sequence[Mapping[str, Any]], sha256: str, switch_minutes: int
) -> str:
    """The text that ``read_stored`` reads.

    Args:
        traffic: the recorded traffic.
        holes: periods without a value, as the baseline states them.
        sha256: checksum of its file.
        switch_minutes: longest switch of the billing mode that the digest covers, minutes.
    """
    evidence = digest(traffic, switch_minutes)
    data = {
        "of": sha256,
        "from": time_text(traffic.start),
        "minutes": traffic.minutes,
        "gaps": traffic.gaps(),
        "holes": holes,
        "switch_minutes": switch_minutes,
        "dimensions": {
            dimension.key: {
                "noise": recorded.noise,
                "peak": _peak_to(traffic.start, recorded.peak),
                "by_hour": [_peak_to(traffic.start, peak) for peak in recorded.by_hour],
                "rise": [_sum_to(rise) for rise in recorded.rise],
            }
            for dimension, recorded in evidence.dimensions.items()
        },
    }
    return _PREFIX + compress_text(json.dumps(data, separators=(",", ":")))


def read_stored(text: str, sha256: str) -> StoredDigest | None:
    """Read what ``stored_text`` wrote.

    Args:
        text: the text.
        sha256: checksum of the traffic file.

    Returns:
        The digest; ``None`` if the text is about another file, was written by another version, or is damaged.
    """
    if not text.startswith(_PREFIX):
        return None
    try:
        data = json.loads(decompress_text(text[len(_PREFIX) :], _MOST_BYTES))
        if data["of"] != sha256:
            return None
        by_dimension = {Dimension.parse(key): values for key, values in data["dimensions"].items()}
        stored = StoredDigest(
            read_time(data["from"], "digest"),
            _whole(data["minutes"]),
            _whole(data["gaps"]),
            list(data["holes"]),
            _whole(data["switch_minutes"]),
            {dimension: _number(values["noise"]) for dimension, values in by_dimension.items()},
            by_dimension,
        )
    except (AttributeError, InputError, KeyError, RecursionError, TypeError, ValueError):
        return None
    return stored


def _dimension_from(start: datetime, values: Mapping[str, Any], noise: float) -> DimensionEvidence:
    by_hour = tuple(_peak_from(start, peak) for peak in values["by_hour"])
    rise = tuple(map(_units_from, values["rise"]))
    if len(by_hour) != HOURS_OF_WEEK or len(rise) != HOURS_OF_WEEK:
        raise ValueError("it does not have the hours of a week")
    return DimensionEvidence(_peak_from(start, values["peak"]), by_hour, rise, noise)


def _peak_to(start: datetime, peak: Peak | None) -> list[Any] | None:
    return None if peak is None else [_sum_to(peak.units), (peak.at - start) // MINUTE]


def _peak_from(start: datetime, value: Sequence[Any] | None) -> Peak | None:
    if value is None:
        return None
    units, minute = value
    return Peak(_units_from(units), start + timedelta(minutes=_whole(minute)))


def _sum_to(units: float) -> int | float | str:
    """Units per second as the sum of a minute, which takes fewer digits; as they are where this loses a bit."""
    total = round(units * 60, _DECIMALS)
    if total / 60 != units:
        return repr(units)
    return int(total) if total == int(total) else total


def _units_from(value: object) -> float:
    return _number(float(value)) if isinstance(value, str) else _number(value) / 60


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < math.inf:
        raise ValueError(f"{value!r} is not a number of units")
    return value


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"{value!r} is not a number of minutes")
    return value


__all__ = ["StoredDigest", "read_stored", "stored_text"]
