"""Writes the traffic of a baseline as a compressed CSV file."""

from __future__ import annotations

import gzip
import math
from itertools import repeat

from .traffic import THROTTLED_SUFFIX, Traffic, every_minute


def write_traffic(traffic: Traffic) -> bytes:
    """The compressed CSV of a baseline; the same traffic always gives the same bytes with the same Python build."""
    columns = ["minute"]
    for dimension in traffic.consumed:
        columns += [dimension.key, dimension.key + THROTTLED_SUFFIX]
    lines = [",".join(columns)]
    numbers = _Numbers()
    series = []
    for dimension, values in traffic.consumed.items():
        events = traffic.throttled[dimension]
        series += [
            list(map(numbers.__getitem__, values)),
            [numbers[count] if count else "" for count in events] if any(events) else repeat("", len(events)),
        ]
    stamps = every_minute(traffic.start, traffic.minutes)
    ends = stamps[:1] + stamps[-1:]
    # The first and the last minute always have a row: they give the length of the recording.
    lines += [
        f"{stamp},{','.join(row)}"
        for stamp, *row in zip(stamps, *series, strict=True)
        if any(row) or stamp in ends
    ]
    return gzip.compress("\n".join(lines).encode() + b"\n", compresslevel=9, mtime=0)


class _Numbers(dict[float, str]):
    """Numbers as the CSV has them. Most minutes repeat a number of another one."""

    def __missing__(self, value: float) -> str:
        if math.isnan(value):
            return ""
        text = self[value] = str(int(value)) if value == int(value) else repr(round(value, 3))
        return text


__all__ = ["write_traffic"]
