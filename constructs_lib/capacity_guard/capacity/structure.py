"""The structure of a table, which is everything besides its capacity: resource type, keys, indexes, stream, replicas, guard."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Any

from .errors import InputError
from .plain_data import RECORD_AGAIN


class TableKind(str, Enum):
    """Resource type that declares a table, with the values that CloudFormation uses."""

    GLOBAL_TABLE = "AWS::DynamoDB::GlobalTable"
    TABLE = "AWS::DynamoDB::Table"


@dataclass(frozen=True)
class Structure:
    """Everything about a table that must not change in the same deployment as its capacity.

    Keys, indexes and projections are stored as canonical text. A live table (API: DescribeTable, KeySchema and
    Projection) and a template give the same text, so structures are compared as text.

    Attributes:
        kind: resource type in the template.
        keys: key attributes of the table with their types, and its local secondary indexes.
        indexes: keys and projection of each global secondary index, by name.
        stream: view type of the stream, ``None`` without a stream.
        replicas: other Regions that hold a replica.
        vector_indexes: definition of each vector index, by name. A table that has one is on-demand only (API:
            VectorSearch, requirements).
        properties: digest of each further property that must not change with the capacity, by its path in the template;
            ``None`` if they were not recorded.
        replica_capacity: digest of what the template states of the capacity of each replica in another Region, by Region;
            ``None`` if it was not recorded.
        guard: asset key of the deployed code of the guard's functions, ``None`` for a table without a guard.
    """

    kind: TableKind
    keys: str
    indexes: Mapping[str, str] = field(default_factory=dict)
    stream: str | None = None
    replicas: tuple[str, ...] = ()
    guard: str | None = None
    vector_indexes: Mapping[str, str] = field(default_factory=dict)
    properties: Mapping[str, str] | None = None
    replica_capacity: Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "indexes", MappingProxyType(dict(sorted(self.indexes.items()))))
        object.__setattr__(
            self, "vector_indexes", MappingProxyType(dict(sorted(self.vector_indexes.items())))
        )
        for name in ("properties", "replica_capacity"):
            digests = getattr(self, name)
            if digests is not None:
                object.__setattr__(self, name, MappingProxyType(dict(sorted(digests.items()))))
        object.__setattr__(self, "replicas", tuple(sorted(self.replicas)))

    def differences(self, other: Structure) -> tuple[str, ...]:
        """What changes from this structure to ``other``, in words: the table first, the guard last."""
        return (*self.table_differences(other), *self.guard_differences(other))

    def table_differences(self, other: Structure) -> tuple[str, ...]:
        """What changes in the table itself from this structure to ``other``, in words."""
        differences = []
        if self.kind is not other.kind:
            differences.append(f"resource type: {self.kind.value} becomes {other.kind.value}")
        if self.keys != other.keys:
            differences.append(f"keys: {self.keys} becomes {other.keys}")
        differences += _index_differences("index", self.indexes, other.indexes)
        differences += _index_differences("vector index", self.vector_indexes, other.vector_indexes)
        if self.stream != other.stream:
            differences.append(f"stream: {self.stream or 'none'} becomes {other.stream or 'none'}")
        if self.replicas != other.replicas:
            before, after = (", ".join(regions) or "none" for regions in (self.replicas, other.replicas))
            differences.append(f"replicas: {before} becomes {after}")
        differences += self.property_differences(other)
        return tuple(differences)

    def property_differences(self, other: Structure) -> tuple[str, ...]:
        """What changes in further properties from this structure to ``other``, in words; nothing where either is not known."""
        if self.kind is not other.kind or self.properties is None or other.properties is None:
            return ()
        return tuple(_property_differences(self.properties, other.properties))

    def changed_replicas(self, other: Structure) -> tuple[str, ...]:
        """Other Regions whose replica stays and has another capacity in ``other``; none where either is not known."""
        before, after = self.replica_capacity or {}, other.replica_capacity or {}
        return tuple(region for region in before if region in after and before[region] != after[region])

    def guard_differences(self, other: Structure) -> tuple[str, ...]:
        """What changes in the guard's own functions from this structure to ``other``, in words."""
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
            **({"vector_indexes": dict(self.vector_indexes)} if self.vector_indexes else {}),
            **({} if self.properties is None else {"properties": dict(self.properties)}),
            **({} if not self.replica_capacity else {"replica_capacity": dict(self.replica_capacity)}),
        }

    @staticmethod
    def from_json(value: object, location: str) -> Structure:
        """Read what ``to_json`` wrote.

        Args:
            value: the value in the file.
            location: file and field, for errors.

        Raises:
            InputError: a field is wrong; the error names it.
        """
        if not isinstance(value, dict):
            raise InputError(location, "is not an object", RECORD_AGAIN)
        fields = tuple(Structure.__dataclass_fields__)
        for name in value:
            if name not in fields:
                raise InputError(f"{location}.{name}", "is not a known field", f"Use {', '.join(fields)}")
        for name in fields:
            if name not in value and name not in _OPTIONAL:
                raise InputError(f"{location}.{name}", "is missing", RECORD_AGAIN)
        kinds = [kind.value for kind in TableKind]
        if value["kind"] not in kinds:
            raise InputError(f"{location}.kind", f"is {value['kind']!r}", f"Use {' or '.join(kinds)}")
        indexes, replicas = value["indexes"], value["replicas"]
        if not isinstance(indexes, dict):
            raise InputError(f"{location}.indexes", "is not an object", RECORD_AGAIN)
        vector_indexes = value.get("vector_indexes", {})
        if not isinstance(vector_indexes, dict):
            raise InputError(f"{location}.vector_indexes", "is not an object", RECORD_AGAIN)
        if not isinstance(replicas, list):
            raise InputError(f"{location}.replicas", "is not a list", RECORD_AGAIN)
        return Structure(
            TableKind(value["kind"]),
            _checked_text(value["keys"], f"{location}.keys"),
            {name: _checked_text(text, f"{location}.indexes.{name}") for name, text in indexes.items()},
            None if value["stream"] is None else _checked_text(value["stream"], f"{location}.stream"),
            tuple(
                _checked_text(region, f"{location}.replicas[{position}]")
                for position, region in enumerate(replicas)
            ),
            None if value["guard"] is None else _checked_text(value["guard"], f"{location}.guard"),
            {
                name: _checked_text(text, f"{location}.vector_indexes.{name}")
                for name, text in vector_indexes.items()
            },
            _digests(value.get("properties"), f"{location}.properties"),
            _digests(value.get("replica_capacity"), f"{location}.replica_capacity"),
        )


_OPTIONAL = ("vector_indexes", "properties", "replica_capacity")
"""Fields that older recordings do not have."""


def _digests(value: object, location: str) -> dict[str, str] | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise InputError(location, "is not an object", RECORD_AGAIN)
    return {name: _checked_text(digest, f"{location}.{name}") for name, digest in value.items()}


def _property_differences(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    words = {(False, True): "is set", (True, False): "is taken out", (True, True): "changes"}
    return [
        f"{name}: {words[name in old, name in new]}"
        for name in sorted({*old, *new})
        if old.get(name) != new.get(name)
    ]


def _index_differences(kind: str, old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    differences = []
    for name in sorted({*old, *new}):
        before, after = old.get(name), new.get(name)
        if before is None:
            differences.append(f"{kind} {name}: is created ({after})")
        elif after is None:
            differences.append(f"{kind} {name}: is deleted")
        elif before != after:
            differences.append(f"{kind} {name}: {before} becomes {after}")
    return differences


def keys_text(schema: Sequence[tuple[str, str]], types: Mapping[str, str]) -> str:
    """Canonical text of a key schema.

    Args:
        schema: attribute name and ``HASH`` or ``RANGE`` of each key attribute, in order. An index may have several of
            each, and their order is part of the key (API: KeySchemaElement).
        types: type of each attribute (API: AttributeDefinition).
    """
    return ", ".join(f"{name}:{types.get(name, '?')} {role}" for name, role in schema)


def index_text(keys: str, projection: str | None, attributes: Iterable[str]) -> str:
    """Canonical text of an index.

    Args:
        keys: ``keys_text`` of the key schema of the index.
        projection: projection type of the index (API: Projection).
        attributes: the non-key attributes of the projection; their order has no meaning.
    """
    names = ", ".join(map(_attribute, sorted(attributes)))
    return f"{keys}; {' '.join((projection or '?', names)).strip()}"


def _attribute(name: str) -> str:
    """The name itself, or its JSON text where a comma, a quote or outer spaces would make a list of names ambiguous."""
    return json.dumps(name) if set(name) & {",", '"'} or name != name.strip() else name


def projected_attributes(text: str) -> list[str]:
    """The non-key attributes of a projection.

    Args:
        text: the attributes as ``index_text`` states them.
    """
    found = re.findall(r'"(?:[^"\\]|\\.)*"|[^,"]+', text)
    return [json.loads(name) if name.startswith('"') else name for name in map(str.strip, found) if name]


def vector_index_text(
    attribute: str | None,
    dimensions: int | None,
    distance: str | None,
    search: Iterable[tuple[str, str]],
    projection: str | None,
    attributes: Iterable[str],
) -> str:
    """Canonical text of a vector index.

    Args:
        attribute: the attribute with the vectors.
        dimensions: numbers in a vector.
        distance: distance function.
        search: attribute name and type of each element of the search schema, in order.
        projection: projection type of the index.
        attributes: the non-key attributes of the projection; their order has no meaning.
    """
    schema = ", ".join(f"{name} {kind}" for name, kind in search)
    vector = f"{attribute or '?'} of {dimensions or '?'} by {distance or '?'}"
    return index_text("; ".join(filter(None, (vector, schema))), projection, attributes)


def table_text(keys: str, local_indexes: Mapping[str, str]) -> str:
    """Canonical text of a table's keys and local secondary indexes; a change of either replaces the table.

    Args:
        keys: ``keys_text`` of the key schema of the table.
        local_indexes: ``index_text`` of each local secondary index, by name.
    """
    return "; ".join((keys, *(f"local {name}: {text}" for name, text in sorted(local_indexes.items()))))


def _checked_text(value: object, location: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise InputError(location, f"{value!r} is not text", RECORD_AGAIN)
    return value
