"""Digests of what a template states of a table besides capacity, keys and indexes: time to live, table class, encryption."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from ..dynamodb.table_properties import CONTAINERS, REPLICAS, refusal

_READ_ELSEWHERE = frozenset(
    {
        "AttributeDefinitions",
        "GlobalSecondaryIndexes",
        "IndexName",
        "KeySchema",
        "LocalSecondaryIndexes",
        "Projection",
        "Region",
        "Replicas",
        "StreamSpecification",
        "VectorIndexes",
        "WarmThroughput",
    }
)
"""Properties of which ``Structure`` has the content, and warm throughput, which CG17 judges."""
_DIGITS = 12


def read_other_properties(resource: Mapping[str, Any]) -> dict[str, str]:
    """A digest of each property that must not change together with the capacity and that ``Structure`` does not hold.

    What is compared is what the templates say, functions included: a resource policy is not to be copied into a
    baseline, and before a deployment the value of a reference is not known. So an edit of the template is seen, and
    another value of a parameter is not.

    Args:
        resource: the table in a template, as it is there.

    Returns:
        The first digits of a SHA-256 by the path of the property: ``TableClass``, ``Replicas[eu-west-1].TableClass``.
    """
    properties = resource.get("Properties", {})
    found = dict(_digests(properties, ""))
    for container, named_by in CONTAINERS.items():
        for place in _entries(properties.get(container)):
            prefix = f"{container}[{_text(place.get(named_by))}]."
            found |= _digests(place, prefix)
            if container == REPLICAS:
                for index in _entries(place.get("GlobalSecondaryIndexes")):
                    found |= _digests(
                        index, f"{prefix}GlobalSecondaryIndexes[{_text(index.get('IndexName'))}]."
                    )
    return dict(sorted(found.items()))


def _digests(properties: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    for name, value in properties.items():
        if name not in _READ_ELSEWHERE and refusal(name) is not None:
            yield f"{prefix}{name}", digest_of(value)


def digest_of(value: Any) -> str:
    """The first digits of a SHA-256 of a value of a template, functions included."""
    return hashlib.sha256(_text(value).encode()).hexdigest()[:_DIGITS]


def _entries(value: Any) -> list[Mapping[str, Any]]:
    """The entries of a list in a template; a function in its place has none, and counts where ``Structure`` reads it."""
    return [entry for entry in value if isinstance(entry, Mapping)] if isinstance(value, list) else []


def _text(value: Any) -> str:
    """One text for values that CloudFormation takes for the same: ``true`` and ``"true"``, 5 and ``"5"``."""
    plain = _plain(value)
    return plain if isinstance(plain, str) else json.dumps(plain, sort_keys=True)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_plain(member) for member in value]
    return value if isinstance(value, str) else json.dumps(value, default=str)


__all__ = ["digest_of", "read_other_properties"]
