"""Read JSON strictly."""

from __future__ import annotations

import json
from typing import Any

from ..capacity.errors import InputError


def json_from(content: bytes, location: str, remedy: str) -> object:
    """Read plain data from JSON strictly.

    Args:
        content: the bytes of the file.
        location: name of the file, for errors.
        remedy: what to do about a file that cannot be read, for errors.

    Raises:
        InputError: the content is not JSON, is nested too deeply, has a field twice, or holds NaN, infinity or an unpaired
            surrogate.
    """
    try:
        data = json.loads(
            content.decode(), parse_constant=_refuse_constant, object_pairs_hook=_refuse_duplicates
        )
        json.dumps(data, ensure_ascii=False).encode()  # an unpaired surrogate cannot be written or printed
    except (ValueError, RecursionError) as error:
        raise InputError(location, f"is no JSON ({error})", remedy) from None
    return data


def _refuse_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a field that occurs twice, for example after a merge of two versions: ``json`` would use the last one."""
    data = dict(pairs)
    if len(data) != len(pairs):
        duplicate = next(key for position, (key, _) in enumerate(pairs) if key in dict(pairs[:position]))
        raise ValueError(f"{duplicate!r} stands there twice")
    return data


def _refuse_constant(text: str) -> float:
    raise ValueError(f"{text} is no number")


__all__ = ["json_from"]
