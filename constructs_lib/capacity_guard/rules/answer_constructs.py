"""The whole code of an adopted table: the call of the construct that declares it, and that of its guard where it changes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ..capacity.capacity import Capacity
from ..capacity.dimension import index_of
from ..capacity.structure import Structure, TableKind
from .answer_properties import REGION, key_attributes, table_resources
from .code_layout import call
from .fix_code import table_arguments, table_v2_arguments, text_code, units_code, warm_key
from .model import Case

_OTHERS = "# and its other properties, as they are"
_ID = "Table"
"""Logical id for the resources of an L1 table, whose code has a variable of that name."""
_TYPES = {"S": "STRING", "N": "NUMBER", "B": "BINARY"}


def construct_code(case: Case, capacity: Capacity, options: str | None, baseline: str) -> str:
    """The statements that declare a capacity with the construct of an adopted table.

    Keys and projections are those of the template. Its other properties stay as they are: a comment says so.

    Args:
        case: the judged case.
        capacity: the capacity of the whole table.
        options: the argument ``options`` of the guard, ``None`` to leave it as it is.
        baseline: file of the baseline.
    """
    made = {"table-v2": _table_v2, "table": _table}.get(case.dialect, _l1)
    statements = made(case, capacity, _structure(case))
    warm = [
        f"{text_code(warm_key(index_of(key)))}: {units_code(part.warm)}"
        for key, part in capacity.resources()
        if part.warm is not None
    ]
    if warm or options is not None:
        arguments = [
            "self",
            text_code(f"{case.table}Guard"),
            "table=table",
            f"baseline={text_code(baseline)}",
        ]
        arguments += [call("warm=", warm, "{}")] if warm else []
        arguments += [] if options is None else [options]
        statements.append(call("CapacityGuard", arguments))
    return "\n".join(statements)


def _structure(case: Case) -> Structure | None:
    known = [facts.structure for facts in case.template if facts.structure is not None]
    if known:
        return known[0]
    deployed = None if case.recorded is None else case.recorded.deployed
    return None if deployed is None else deployed.structure


def _key_arguments(text: str | None) -> list[str]:
    """``partition_key`` and ``sort_key``; nothing where they are not known, or are several of a role."""
    keys = None if text is None else key_attributes(text.split("; ", 1)[0])
    roles = [] if keys is None else [role for _, _, role in keys]
    if keys is None or roles not in (["HASH"], ["HASH", "RANGE"]):
        return []
    names = ("partition_key", "sort_key")
    return [
        f"{name}=Attribute(name={text_code(attribute)}, type=AttributeType.{_TYPES[kind]})"
        for name, (attribute, kind, _) in zip(names, keys, strict=False)
    ]


def _index_arguments(name: str, structure: Structure | None) -> list[str]:
    text = None if structure is None else structure.indexes.get(name)
    arguments = [f"index_name={text_code(name)}", *_key_arguments(text)]
    projection, _, attributes = "" if text is None else text.partition("; ")[2], "", ""
    kind, _, attributes = projection.partition(" ")
    if kind in ("KEYS_ONLY", "INCLUDE"):
        arguments.append(f"projection_type=ProjectionType.{kind}")
    if attributes:
        arguments.append(f"non_key_attributes=[{', '.join(map(text_code, attributes.split(', ')))}]")
    return arguments


def _table_v2(case: Case, capacity: Capacity, structure: Structure | None) -> list[str]:
    arguments = [
        "self",
        text_code(case.table),
        *_key_arguments(None if structure is None else structure.keys),
    ]
    arguments += table_v2_arguments(None, capacity.table)
    indexes = [
        call(
            "GlobalSecondaryIndexPropsV2",
            [*_index_arguments(name, structure), *table_v2_arguments(name, part)],
        )
        for name, part in capacity.indexes.items()
    ]
    if indexes:
        arguments.append(call("global_secondary_indexes=", indexes, "[]"))
    return [call("table = TableV2", [*arguments, _OTHERS])]


def _table(case: Case, capacity: Capacity, structure: Structure | None) -> list[str]:
    own = ["self", text_code(case.table), *_key_arguments(None if structure is None else structure.keys)]
    arguments, calls = table_arguments(None, capacity.table)
    statements = [call("table = Table", [*own, *arguments, _OTHERS])]
    for name, part in capacity.indexes.items():
        arguments, of_index = table_arguments(name, part)
        statements.append(
            call("table.add_global_secondary_index", [*_index_arguments(name, structure), *arguments])
        )
        calls += of_index
    return statements + calls


def _l1(case: Case, capacity: Capacity, structure: Structure | None) -> list[str]:
    kind = case.resource_kind or (None if structure is None else structure.kind) or TableKind.GLOBAL_TABLE
    statements = []
    for name, resource in table_resources(_ID, kind, capacity, structure).items():
        construct = f"Cfn{resource['Type'].rsplit(':', 1)[1]}"
        arguments = ["self", text_code(case.table + name.removeprefix(_ID))]
        arguments += [f"{_snake(key)}={_value(value)}" for key, value in resource["Properties"].items()]
        arguments += [_OTHERS] if name == _ID else []
        statements.append(call(f"{_snake(name)} = {construct}", arguments))
    return statements


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _value(value: Any) -> str:
    """A property's value as the code of an L1 construct: dictionaries have the names of the CDK's properties."""
    if value == REGION:
        return "Aws.REGION"
    if isinstance(value, dict) and set(value) == {"Ref"}:
        return f"{_snake(value['Ref'])}.ref"
    if isinstance(value, dict) and set(value) == {"Fn::Join"}:
        parts: Sequence[Any] = value["Fn::Join"][1]
        return " + ".join(_value(part) for part in parts if part)
    if isinstance(value, dict):
        entries = [f"{text_code(key[:1].lower() + key[1:])}: {_value(item)}" for key, item in value.items()]
        return call("", entries, "{}")
    if isinstance(value, list):
        return call("", [_value(item) for item in value], "[]")
    if isinstance(value, str):
        return text_code(value)
    return f"{value:_}"


__all__ = ["construct_code"]
