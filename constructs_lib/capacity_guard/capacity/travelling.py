"""Which resources of a stack may change in the operation of a gate: those of every table in transition.

A list of logical ids in each plan would grow with the square of the tables. So the ids are once in the template, as a
mapping of short hashes, and CloudFormation hands them to each gate.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

_DIGITS = 10
"""Hexadecimal digits of a hash: among the 500 resources of a stack, one in two billion strangers has a known hash."""


def id_hash(logical_id: str) -> str:
    """Short hash of a logical id."""
    return hashlib.sha256(logical_id.encode()).hexdigest()[:_DIGITS]


def travelling_text(logical_ids: Iterable[str]) -> str:
    """The hashes of logical ids as one text, each once, in order."""
    return "".join(sorted({id_hash(logical_id) for logical_id in logical_ids}))


def read_travelling(text: object) -> frozenset[str]:
    """The hashes in a text of ``travelling_text``; none if there is no such text."""
    if not isinstance(text, str):
        return frozenset()
    return frozenset(text[start : start + _DIGITS] for start in range(0, len(text), _DIGITS))


__all__ = ["id_hash", "read_travelling", "travelling_text"]
