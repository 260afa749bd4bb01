"""Read JSON strictly."""

from __future__ import annotations

import json
import math
from typing import Any

from ..capacity.errors import InputError

_MOST_LEVELS = 64
"""Deepest nesting of objects and lists; a file of this library has fewer than 12 levels."""

_MOST_DIGITS = 40
"""Beyond each number of a file, and far enough below the largest float that no calculation overflows."""
_LARGEST = 10.0**_MOST_DIGITS


def json_from(content: bytes, location: str, remedy: str) -> object:
    """Read plain data from JSON strictly. The time it takes is proportional to the size of the content.

    Args:
        content: the bytes of the file.
        location: name of the file, for errors.
        remedy: what to do about a file that cannot be read, for errors.

    Raises:
        InputError: the content is not JSON, is nested too deeply, has a field twice, or holds NaN, infinity, a number
            of more than 40 digits or an unpaired surrogate.
    """
    large: list[str] = []

    def number(text: str) -> float:
        found = float(text)
        if not abs(found) < _LARGEST:
            large.append(text)
        return found

    def whole_number(text: str) -> float:
        if len(text.removeprefix("-")) > _MOST_DIGITS:
            large.append(text)
            # Python converts no text of more than 4,300 digits: https://docs.python.org/3/library/stdtypes.html#int-max-str-digits
            return -math.inf if text.startswith("-") else math.inf
        return int(text)

    try:
        data = json.loads(
            content.decode(),
            parse_constant=_refuse_constant,
            parse_float=number,
            parse_int=whole_number,
            object_pairs_hook=_refuse_duplicates,
        )
        _refuse_depth(data)
        json.dumps(data, ensure_ascii=False).encode()  # an unpaired surrogate cannot be written or printed
    except RecursionError:
        raise InputError(location, f"is nested more than {_MOST_LEVELS} levels deep", remedy) from None
    except ValueError as error:
        raise InputError(location, f"is not JSON ({error})", remedy) from None
    if large:
        problem = f"{large[0][:_MOST_DIGITS]} is too large a number"
        raise InputError(": ".join(filter(None, (location, _place_of_large(data)))), problem, remedy)
    return data


def _place_of_large(data: object) -> str:
    """The first field that holds a number that is too large: ``deployed.units[0]``; empty where the number is all there is."""
    waiting: list[tuple[str, object]] = [("", data)]
    while waiting:
        place, value = waiting.pop()
        if isinstance(value, dict):
            waiting += reversed([(f"{place}.{name}".removeprefix("."), item) for name, item in value.items()])
        elif isinstance(value, list):
            waiting += reversed([(f"{place}[{number}]", item) for number, item in enumerate(value)])
        elif isinstance(value, (int, float)) and not abs(value) < _LARGEST:
            return place
    return ""


def _refuse_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a field that occurs twice, for example after a merge of two versions: ``json`` would use the last one."""
    data = dict(pairs)
    if len(data) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise ValueError(f"{key[:100]!r} is there twice")
            seen.add(key)
    return data


def _refuse_depth(data: object) -> None:
    """Look at the data level by level: a function that calls itself would end at Python's own limit."""
    level = [data]
    for _ in range(_MOST_LEVELS + 1):
        level = [
            item
            for value in level
            if isinstance(value, (dict, list))
            for item in (value.values() if isinstance(value, dict) else value)
            if isinstance(item, (dict, list))
        ]
        if not level:
            return
    raise RecursionError


def _refuse_constant(text: str) -> float:
    raise ValueError(f"{text} is not a number")


__all__ = ["json_from"]
