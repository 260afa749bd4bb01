"""Reading JSON strictly."""

from __future__ import annotations

import json
from typing import Any

from ..capacity.errors import InputError


def json_from(content: bytes, location: str, remedy: str) -> object:
    """Plain data from JSON, read strictly.

    Args:
        content: the bytes of the file.
        location: the file, for errors.
        remedy: for errors.

    Raises:
        InputError: it is no JSON, is nested without end, states a field twice, or holds NaN or half a character.
    """
    try:
        data = json.loads(
            content.decode(), parse_constant=_refuse_constant, object_pairs_hook=_refuse_doubles
        )
        json.dumps(data, ensure_ascii=False).encode()  # half of a surrogate pair cannot be written or printed
    except (ValueError, RecursionError) as error:
        raise InputError(location, f"is no JSON ({error})", remedy) from None
    return data


def _refuse_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """What a merge leaves behind when both sides stay: the last one would win silently."""
    data = dict(pairs)
    if len(data) != len(pairs):
        double = next(key for number, (key, _) in enumerate(pairs) if key in dict(pairs[:number]))
        raise ValueError(f"{double!r} stands there twice")
    return data


def _refuse_constant(text: str) -> float:
    raise ValueError(f"{text} is no number")


__all__ = ["json_from"]
