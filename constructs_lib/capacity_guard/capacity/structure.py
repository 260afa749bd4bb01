"""What a table is besides its capacity: its resource type, keys, indexes, stream, replicas, and its guard."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Any

from .errors import InputError

_AGAIN = "Record the baseline again"


class TableKind(str, Enum):
    """Resource type that declares a table, with the values that CloudFormation uses."""

    GLOBAL_TABLE = "AWS::DynamoDB::GlobalTable"
    TABLE = "AWS::DynamoDB::Table"


@dataclass(frozen=True)
class Structure:
    """What a capacity change must find unchanged: a transition travels alone.

    Keys, indexes and projections are one canonical text each, written alike from a live table (API: DescribeTable,
    KeySchema and Projection) and from a template, so that comparing them is comparing text.

    Attributes:
        kind: resource type in the template.
        keys: key attributes of the table with their types, and its local indexes.
        indexes: keys and projection of each global secondary index, by name.
        stream: view type of the stream, ``None`` without a stream.
        replicas: other Regions that hold a replica.
        guard: asset key of the deployed code of the guard's functions, ``None`` for a table without a guard.
    """

    kind: TableKind
    keys: str
    indexes: Mapping[str, str] = field(default_factory=dict)
    stream: str | None = None
    replicas: tuple[str, ...] = ()
    guard: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "indexes", MappingProxyType(dict(sorted(self.indexes.items()))))
        object.__setattr__(self, "replicas", tuple(sorted(self.replicas)))

    def differences(self, other: Structure) -> tuple[str, ...]:
        """What differs from here to ``other``, in words: the table first, the guard last."""
        return (*self.table_differences(other), *self.guard_differences(other))

    def table_differences(self, other: Structure) -> tuple[str, ...]:
        """What differs of the table itself from here to ``other``, in words."""
        found = []
        if self.kind is not other.kind:
            found.append(f"resource type: {self.kind.value} becomes {other.kind.value}")
        if self.keys != other.keys:
            found.append(f"keys: {self.keys} becomes {other.keys}")
        for name in sorted({*self.indexes, *other.indexes}):
            was, becomes = self.indexes.get(name), other.indexes.get(name)
            if was is None:
                found.append(f"index {name}: is created ({becomes})")
            elif becomes is None:
                found.append(f"index {name}: is deleted")
            elif was != becomes:
                found.append(f"index {name}: {was} becomes {becomes}")
        if self.stream != other.stream:
            found.append(f"stream: {self.stream or 'none'} becomes {other.stream or 'none'}")
        if self.replicas != other.replicas:
            named = [", ".join(one) or "none" for one in (self.replicas, other.replicas)]
            found.append(f"replicas: {named[0]} becomes {named[1]}")
        return tuple(found)

    def guard_differences(self, other: Structure) -> tuple[str, ...]:
        """What differs of the guard's own functions from here to ``other``, in words."""
        if self.guard == other.guard:
            return ()
        if self.guard is None:
            return ("guard: is added",)
        if other.guard is None:
            return ("guard: is removed",)
        return (f"guard: its functions change from {self.guard[:12]} to {other.guard[:12]}",)

    def to_json(self) -> dict[str, Any]:
        """Plain data that ``from_json`` reads back."""
        return {
            "kind": self.kind.value,
            "keys": self.keys,
            "indexes": dict(self.indexes),
            "stream": self.stream,
            "replicas": list(self.replicas),
            "guard": self.guard,
        }

    @staticmethod
    def from_json(value: object, location: str) -> Structure:
        """What ``to_json`` gave.

        Raises:
            InputError: naming the field at fault.
        """
        if not isinstance(value, dict):
            raise InputError(location, "is no object", _AGAIN)
        fields = tuple(Structure.__dataclass_fields__)
        for name in value:
            if name not in fields:
                raise InputError(f"{location}.{name}", "is not a known field", f"Use {', '.join(fields)}")
        for name in fields:
            if name not in value:
                raise InputError(f"{location}.{name}", "is missing", _AGAIN)
        kinds = [one.value for one in TableKind]
        if value["kind"] not in kinds:
            raise InputError(f"{location}.kind", f"is {value['kind']!r}", f"Use {' or '.join(kinds)}")
        indexes, replicas = value["indexes"], value["replicas"]
        if not isinstance(indexes, dict):
            raise InputError(f"{location}.indexes", "is no object", _AGAIN)
        if not isinstance(replicas, list):
            raise InputError(f"{location}.replicas", "is no list", _AGAIN)
        return Structure(
            TableKind(value["kind"]),
            _text(value["keys"], f"{location}.keys"),
            {name: _text(one, f"{location}.indexes.{name}") for name, one in indexes.items()},
            None if value["stream"] is None else _text(value["stream"], f"{location}.stream"),
            tuple(_text(one, f"{location}.replicas[{number}]") for number, one in enumerate(replicas)),
            None if value["guard"] is None else _text(value["guard"], f"{location}.guard"),
        )


def keys_text(schema: Sequence[tuple[str, str]], types: Mapping[str, str]) -> str:
    """Canonical text of a key schema.

    Args:
        schema: attribute name and ``HASH`` or ``RANGE`` of each key attribute, in order (an index may have several of
            each, and their order is part of the key; API: KeySchemaElement).
        types: type of each attribute (API: AttributeDefinition).
    """
    return ", ".join(f"{name}:{types.get(name, '?')} {role}" for name, role in schema)


def index_text(keys: str, projection: str | None, attributes: Iterable[str]) -> str:
    """Canonical text of an index.

    Args:
        keys: ``keys_text`` of its schema.
        projection: type of its projection (API: Projection).
        attributes: the attributes that it includes besides keys; their order has no meaning.
    """
    return f"{keys}; {' '.join((projection or '?', ', '.join(sorted(attributes)))).strip()}"


def table_text(keys: str, local: Mapping[str, str]) -> str:
    """Canonical text of a table's keys with its local indexes: neither can change without replacing the table."""
    return "; ".join((keys, *(f"local {name}: {text}" for name, text in sorted(local.items()))))


def _text(value: object, location: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise InputError(location, f"{value!r} is no text", _AGAIN)
    return value
