"""Reads some dimensions of a traffic file that the recorder has read and found good (``TrafficInFile``)."""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Collection, Sequence
from datetime import datetime
from pathlib import Path

from ..capacity.dimension import Dimension
from .traffic import LARGEST, THROTTLED_SUFFIX, Traffic, read_traffic

_GZIP = 16 + zlib.MAX_WBITS
"""Argument of zlib for a file of gzip."""


def read_columns(
    path: Path, content: bytes, dimensions: Collection[Dimension], start: datetime, minutes: int
) -> Traffic:
    """Read some dimensions, a third faster than ``read_traffic`` where the file has a row for each minute.

    Args:
        path: path of the file, for errors.
        content: its content. The recorder has read the same, so its rows and values are not checked again.
        dimensions: the dimensions.
        start: first minute of the recording.
        minutes: minutes of the recording.

    Raises:
        InputError: as ``read_traffic``.
    """
    names, fields = _fields_of_every_minute(content, minutes)
    sought = {dimension.key: dimension for dimension in dimensions}
    found = {
        sought[name]: fields[column :: len(names)] for column, name in enumerate(names) if name in sought
    }
    if len(found) < len(sought) or not all(map(all, found.values())):
        return read_traffic(path, content, dimensions)
    events = {
        dimension: fields[names.index(name) :: len(names)]
        for dimension in found
        if (name := dimension.key + THROTTLED_SUFFIX) in names
    }
    return Traffic(
        start,
        {dimension: array("d", map(float, texts)) for dimension, texts in found.items()},
        {dimension: _events(events.get(dimension), minutes) for dimension in found},
    )


def _events(texts: Sequence[bytes] | None, minutes: int) -> array[float]:
    if not texts or not any(texts):
        return array("d", [0.0]) * minutes
    return array("d", [float(text or 0) for text in texts])


def _fields_of_every_minute(content: bytes, minutes: int) -> tuple[Sequence[str], Sequence[bytes]]:
    """The names of the columns, and the fields row by row; none where the file is too large, or lacks the row of a minute."""
    unpacking = zlib.decompressobj(_GZIP)
    head, _, body = unpacking.decompress(content, LARGEST).partition(b"\n")
    names = head.decode().split(",")
    fields = body.removesuffix(b"\n").replace(b"\n", b",").split(b",")
    if not unpacking.eof or len(fields) != minutes * len(names):
        return (), ()
    return names, fields


__all__ = ["read_columns"]
