"""The whole code of an adopted table: the call of the construct that declares it, and that of its guard where it changes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from typing import Any

from ..capacity.capacity import Capacity
from ..capacity.dimension import index_of, resource_label
from ..capacity.structure import Structure, TableKind
from .answer_properties import REGION, key_attributes, scaling_keys, table_resources
from .code_layout import call, comment
from .code_names import CodeNames
from .fix_code import table_arguments, table_v2_arguments, text_code, units_code, warm_key
from .model import Case, once

_VARIABLES = (
    "# self: the scope of the table; table: your variable. Arguments that are not listed stay as they are."
)
_OTHERS = "# and its other properties, as they are"
_ID = "Table"
"""Logical id for the resources of an L1 table, whose code has a variable of that name."""
_TYPES = {"S": "STRING", "N": "NUMBER", "B": "BINARY"}


@once
def names_of(case: Case) -> CodeNames:
    """The names in the code of a case; only its name in findings where they are not known.

    Args:
        case: the judged case.
    """
    return CodeNames(case.table) if case.names is None else case.names()


def construct_code(case: Case, capacity: Capacity, options: str | None, baseline: str) -> str:
    """The statements that declare a capacity with the construct of an adopted table.

    Construct ids, keys and projections are those of the code. Comments state what is not known: the variables, and which
    arguments to keep.

    Args:
        case: the judged case.
        capacity: the capacity of the whole table.
        options: the argument ``options`` of the guard, ``None`` to leave it as it is.
        baseline: file of the baseline, empty where the guard has none.
    """
    names = names_of(case)
    structure = _structure(case)
    kind = case.resource_kind or (None if structure is None else structure.kind) or TableKind.GLOBAL_TABLE
    made = {"table-v2": _table_v2, "table": _table}.get(case.dialect, partial(_l1, kind))
    statements = [_VARIABLES, *made(names, capacity, structure), *_removed(case, names, capacity)]
    warm = _warm(capacity)
    if warm or options is not None or _warm(case.declared):
        arguments = ["self", text_code(names.guard or names.free(f"{names.table}Guard")), "table=table"]
        arguments.append(f"baseline={text_code(baseline)}" if baseline else "# and baseline, as it is")
        arguments += [call("warm=", warm, "{}")] if warm else []
        if options is not None:
            arguments.append(options)
        elif names.options or names.has_settings:
            arguments.append("# and options, as they are")
        statements.append(call("CapacityGuard", arguments))
    return "\n".join(statements)


def _warm(capacity: Capacity) -> list[str]:
    """The entries of the argument ``warm`` of a guard."""
    return [
        f"{text_code(warm_key(index_of(key)))}: {units_code(part.warm)}"
        for key, part in capacity.resources()
        if part.warm is not None
    ]


def _removed(case: Case, names: CodeNames, capacity: Capacity) -> list[str]:
    """A comment on the auto scaling of the code that the capacity does not have."""
    kept = set(scaling_keys(_ID, capacity).values())
    gone = [key for key in names.scaling if key not in kept]
    if not gone:
        return []
    if case.dialect == "table":
        called = dict.fromkeys(f"{resource_label(index_of(key))}, {access}" for key, access, _ in gone)
        return [f"# remove the auto scaling of {'; '.join(map(comment, called))}"]
    return [f"# remove {', '.join(comment(names.scaling[key].path) for key in gone)}"]


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


def _table_v2(names: CodeNames, capacity: Capacity, structure: Structure | None) -> list[str]:
    arguments = [
        "self",
        text_code(names.table),
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


def _table(names: CodeNames, capacity: Capacity, structure: Structure | None) -> list[str]:
    own = ["self", text_code(names.table), *_key_arguments(None if structure is None else structure.keys)]
    arguments, calls = table_arguments(None, capacity.table)
    statements = [call("table = Table", [*own, *arguments, _OTHERS])]
    for name, part in capacity.indexes.items():
        arguments, of_index = table_arguments(name, part)
        statements.append(
            call("table.add_global_secondary_index", [*_index_arguments(name, structure), *arguments])
        )
        calls += of_index
    return statements + calls


def _l1(kind: TableKind, names: CodeNames, capacity: Capacity, structure: Structure | None) -> list[str]:
    scaled = scaling_keys(_ID, capacity)
    statements = []
    for name, resource in table_resources(_ID, kind, capacity, structure).items():
        construct = f"Cfn{resource['Type'].rsplit(':', 1)[1]}"
        properties = dict(resource["Properties"])
        known = names.scaling.get(scaled[name]) if name in scaled else None
        others = [_OTHERS] if name == _ID or known is not None else []
        if name == _ID:
            id = names.table
        elif known is None:
            id = names.free(names.table + name.removeprefix(_ID))
        else:
            id = known.id or names.free(names.table + name.removeprefix(_ID))
            statements.append(f"# in place of {comment(known.path)}")
            if "PolicyName" in properties and known.policy_name is not None:
                properties["PolicyName"] = known.policy_name
            elif properties.pop("PolicyName", None) is not None:
                others = ["# and policy_name and its other properties, as they are"]
        arguments = ["self", text_code(id)]
        arguments += [f"{_snake(key)}={_value(value)}" for key, value in properties.items()]
        statements.append(call(f"{_snake(name)} = {construct}", [*arguments, *others]))
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


__all__ = ["construct_code", "names_of"]
