"""The whole code of an adopted table: the call of the construct that declares it, and that of its guard where it changes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..capacity.capacity import AutoScaling, Capacity, OnDemand, ResourceCapacity
from ..capacity.dimension import Access, Dimension, index_of, resource_label
from ..capacity.structure import Structure, TableKind, projected_attributes
from .answer_properties import REGION, key_attributes, scaling_keys, table_resources
from .code_header import header
from .code_layout import call, comment, listed
from .code_names import CodeNames
from .fix_code import table_arguments, table_v2_arguments, text_code, units_code, warm_key
from .model import Case, once
from .scheduled import kept_schedules
from .separate_changes import leaving_indexes, recorded_structure, stated_structures

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


def construct_code(
    case: Case, capacity: Capacity, options: str | None, baseline: str, before: Capacity | None = None
) -> str:
    """The statements that declare a capacity with the construct of an adopted table.

    Construct ids, keys and projections are those of the code. Comments state what is not known: the variables, and which
    arguments to keep.

    Args:
        case: the judged case.
        capacity: the capacity of the whole table.
        options: the argument ``options`` of the guard, ``None`` to leave it as it is.
        baseline: file of the baseline, empty where the guard has none.
        before: the capacity that the code declares until then: calls that stay the same are left out, and what it scales no
            more is named. ``None`` to have all calls.
    """
    names = names_of(case)
    whole = [
        *_table_statements(case, names, capacity, before or case.declared),
        *_removed(case, names, capacity, before or case.declared),
        *_schedules(case, capacity),
        *_guard_statement(case, names, capacity, options, baseline),
    ]
    same = set()
    if before is not None:
        same.update(_table_statements(case, names, before, before))
        same.update(_guard_statement(case, names, before, None, baseline))
    statements = [statement for statement in whole if statement not in same] or whole
    return "\n".join([header(names, statements), *statements])


def override_comment(case: Case) -> list[str]:
    """A comment on the overrides that are to be removed, because what they state takes precedence over the code.

    Args:
        case: the judged case.
    """
    paths = names_of(case).overridden
    if not paths:
        return []
    return [
        f"# remove the override of {listed([comment(path) for path in paths])}: it takes precedence over this code"
    ]


def _table_statements(case: Case, names: CodeNames, capacity: Capacity, before: Capacity) -> list[str]:
    structure = _structure(case)
    if case.dialect == "table-v2":
        return _table_v2(names, capacity, structure, before)
    if case.dialect == "table":
        return _table(names, capacity, structure, before)
    return _l1(case, names, capacity, structure, before)


def _kind(case: Case) -> TableKind:
    structure = _structure(case)
    return case.resource_kind or (None if structure is None else structure.kind) or TableKind.GLOBAL_TABLE


def _part(capacity: Capacity, index: str | None) -> ResourceCapacity:
    """The capacity of a table or of an index, of an index that the capacity does not have one that states nothing."""
    return capacity.of(index) if index is None or index in capacity.indexes else OnDemand()


def _without(before: Iterable[str], after: Iterable[str]) -> list[str]:
    """A comment on the arguments that are to be removed; nothing where all stay."""
    kept = {argument.partition("=")[0] for argument in after}
    names = dict.fromkeys(argument.partition("=")[0] for argument in before)
    gone = [name for name in names if name not in kept]
    return [f"# without {listed(gone)}"] if gone else []


def _guard_statement(
    case: Case, names: CodeNames, capacity: Capacity, options: str | None, baseline: str
) -> list[str]:
    warm = _warm(capacity)
    if not warm and options is None and not _warm(case.declared):
        return []
    arguments = ["self", text_code(names.guard or names.free(f"{names.table}Guard")), "table=table"]
    arguments.append(f"baseline={text_code(baseline)}" if baseline else "# and baseline, as it is")
    arguments += [call("warm=", warm, "{}")] if warm else ["# without warm"] if _warm(case.declared) else []
    if options is not None:
        arguments.append(options)
    elif names.options or names.has_settings:
        arguments.append("# and options, as they are")
    return [call("CapacityGuard", arguments)]


def _warm(capacity: Capacity) -> list[str]:
    """The entries of the argument ``warm`` of a guard."""
    return [
        f"{text_code(warm_key(index_of(key)))}: {units_code(part.warm)}"
        for key, part in capacity.resources()
        if part.warm is not None
    ]


def _removed(case: Case, names: CodeNames, capacity: Capacity, before: Capacity) -> list[str]:
    """A comment on what the code has and a capacity does not: auto scaling, and indexes of a Table."""
    if _kind(case) is not TableKind.TABLE:
        # Its one resource holds its auto scaling; what scales it beside that would still do.
        paths = [scaling.path for scaling in names.scaling.values()] if before == case.declared else []
        return [f"# remove {', '.join(map(comment, paths))}"] if paths else []
    made = {key: _new_id(names, name) for name, key in scaling_keys(_ID, before).items()}
    # Until the first deployment the code has what the template shows, after it what the fix has printed.
    present = list(names.scaling if before == case.declared else made)
    kept = set(scaling_keys(_ID, capacity).values())
    gone = [key for key in present if key not in kept]
    indexes = [name for name in before.indexes if name not in capacity.indexes]
    calls = [f"# remove table.add_global_secondary_index of {comment(name)}" for name in indexes]
    if not gone:
        return calls if case.dialect == "table" else []
    if case.dialect == "table":
        called = dict.fromkeys(f"{resource_label(index_of(key))}, {access}" for key, access, _ in gone)
        return [*calls, f"# remove the auto scaling of {'; '.join(map(comment, called))}"]
    leaving = leaving_indexes(case, before)
    of_before = _scaling_of_before(case, names, before)
    unnamed = dict.fromkeys(
        str(index_of(key)) if index_of(key) in leaving else Dimension(index_of(key), access).label
        for key, access, _ in gone
        if index_of(key) in leaving or (key, access) in of_before
    )
    paths = [
        names.scaling[key].path if key in names.scaling else made[key]
        for key in gone
        if index_of(key[0]) not in leaving and key[:2] not in of_before
    ]
    removed = [f"# remove {', '.join(map(comment, paths))}"] if paths else []
    return removed + (
        [f"# without the auto scaling of {listed(list(map(comment, unnamed)))}"] if unnamed else []
    )


def _scaled(capacity: Capacity, dimension: Dimension) -> AutoScaling | None:
    """The auto scaling of a dimension; ``None`` where it has none, or there is no such index."""
    throughput = capacity.throughput(dimension) if dimension in capacity.dimensions() else None
    return throughput if isinstance(throughput, AutoScaling) else None


def _schedules(case: Case, capacity: Capacity) -> list[str]:
    """A comment on the scheduled actions that the calls of a Table keep: those of its code, and those that it removes until the
    declared capacity is deployed."""
    transition = case.transition
    if case.dialect != "table" or transition is None:
        return []
    stated = [action for facts in case.template for action in facts.schedules]
    kept = [
        f"{comment(action.dimension.label)}: {comment(action.name)}"
        for action in dict.fromkeys((*stated, *kept_schedules(transition, capacity)))
        if _scaled(capacity, action.dimension) is not None
    ]
    return [f"# with scale_on_schedule of {'; '.join(kept)}, as deployed"] if kept else []


def _new_id(names: CodeNames, name: str) -> str:
    return names.free(names.table + name.removeprefix(_ID))


def _structure(case: Case) -> Structure | None:
    """Keys and indexes of the code; of an index that the change deletes those of the live table."""
    known, recorded = stated_structures(case), recorded_structure(case)
    if not known or recorded is None:
        return known[0] if known else recorded
    return replace(known[0], indexes={**recorded.indexes, **known[0].indexes})


def _key_arguments(text: str | None) -> list[str]:
    """The arguments of the partition key and the sort key, of an index that has several of one ``partition_keys`` and
    ``sort_keys``; nothing where they are not known."""
    keys = (None if text is None else key_attributes(text.split("; ", 1)[0])) or []
    arguments = []
    for name, wanted in (("partition_key", "HASH"), ("sort_key", "RANGE")):
        attributes = [
            f"Attribute(name={text_code(attribute)}, type=AttributeType.{_TYPES[kind]})"
            for attribute, kind, role in keys
            if role == wanted
        ]
        if len(attributes) > 1:
            arguments.append(call(f"{name}s=", attributes, "[]"))
        elif attributes:
            arguments.append(f"{name}={attributes[0]}")
    return arguments


def _index_arguments(name: str, structure: Structure | None) -> list[str]:
    text = None if structure is None else structure.indexes.get(name)
    keys = _key_arguments(text)
    arguments = [
        f"index_name={text_code(name)}",
        *(keys or ["# with its keys and its projection, as they are"]),
    ]
    if not keys or text is None:
        return arguments
    kind, _, attributes = text.partition("; ")[2].partition(" ")
    if kind in ("KEYS_ONLY", "INCLUDE"):
        arguments.append(f"projection_type=ProjectionType.{kind}")
    if attributes:
        names = projected_attributes(attributes)
        arguments.append(f"non_key_attributes=[{', '.join(map(text_code, names))}]")
        if len(names) > 1:
            arguments.append("# in the order of your code: another order changes the index")
    return arguments


def _table_v2(
    names: CodeNames, capacity: Capacity, structure: Structure | None, before: Capacity
) -> list[str]:
    arguments = [
        "self",
        text_code(names.table),
        *_key_arguments(None if structure is None else structure.keys),
    ]
    arguments += table_v2_arguments(None, capacity.table)
    indexes = []
    for name, part in capacity.indexes.items():
        own = table_v2_arguments(name, part)
        gone = _without(table_v2_arguments(name, _part(before, name)), own)
        indexes.append(call("GlobalSecondaryIndexPropsV2", [*_index_arguments(name, structure), *own, *gone]))
    if indexes:
        indexes.insert(0, "# remove calls of table.add_global_secondary_index, whose indexes these are")
        arguments.append(call("global_secondary_indexes=", indexes, "[]"))
    elif before.indexes:
        arguments.append("# without global_secondary_indexes")
    return [call("table = TableV2", [*arguments, _OTHERS])]


def _table(names: CodeNames, capacity: Capacity, structure: Structure | None, before: Capacity) -> list[str]:
    own = ["self", text_code(names.table), *_key_arguments(None if structure is None else structure.keys)]
    arguments, calls = table_arguments(None, capacity.table)
    gone = _without(table_arguments(None, before.table)[0], arguments)
    statements = [call("table = Table", [*own, *arguments, *gone, _OTHERS])]
    for name, part in capacity.indexes.items():
        arguments, of_index = table_arguments(name, part)
        gone = _without(table_arguments(name, _part(before, name))[0], arguments)
        statements.append(
            call("table.add_global_secondary_index", [*_index_arguments(name, structure), *arguments, *gone])
        )
        calls += of_index
    return statements + calls


def _l1(
    case: Case, names: CodeNames, capacity: Capacity, structure: Structure | None, before: Capacity
) -> list[str]:
    kind, scaled = _kind(case), scaling_keys(_ID, capacity)
    leaving = leaving_indexes(case, capacity)
    kept = dict.fromkeys(str(index_of(key)) for key, _, _ in scaled.values() if index_of(key) in leaving)
    elsewhere = _scaling_of_before(case, names, capacity)
    known_before = table_resources(_ID, kind, before, structure)
    statements = []
    for name, resource in table_resources(_ID, kind, capacity, structure).items():
        if name in scaled and (index_of(scaled[name][0]) in kept or scaled[name][:2] in elsewhere):
            continue
        construct = f"Cfn{resource['Type'].rsplit(':', 1)[1]}"
        properties = dict(resource["Properties"])
        known = names.scaling.get(scaled[name]) if name in scaled else None
        others = [_OTHERS] if name == _ID or known is not None else []
        place = ""
        if name == _ID:
            id = names.table
            others = [
                *_without(map(_snake, known_before[_ID]["Properties"]), map(_snake, properties)),
                *_keys_to_keep(properties),
                *others,
            ]
        elif known is None:
            id = _new_id(names, name)
        else:
            id = known.id or _new_id(names, name)
            place = f"# in place of {comment(known.path)}\n"
            if "PolicyName" in properties and known.policy_name is not None:
                properties["PolicyName"] = known.policy_name
            elif properties.pop("PolicyName", None) is not None:
                others = ["# and policy_name and its other properties, as they are"]
        arguments = ["self", text_code(id)]
        arguments += [f"{_snake(key)}={_value(value)}" for key, value in properties.items()]
        statements.append(place + call(f"{_snake(name)} = {construct}", [*arguments, *others]))
    of_before = [*kept, *(text for (key, _), text in elsewhere.items() if index_of(key) not in kept)]
    if of_before and kind is TableKind.TABLE:
        scaling = listed(list(map(comment, of_before)))
        statements.append(f"# with the auto scaling of {scaling}, as in the version that is deployed now")
    return statements


def _scaling_of_before(case: Case, names: CodeNames, capacity: Capacity) -> dict[tuple[str, Access], str]:
    """The dimensions of a capacity whose auto scaling is deployed and no longer in the code, each with its text: new resources in
    its place would have other logical ids, and CloudFormation would make them before it deletes the old ones."""
    deployed = None if case.transition is None else case.transition.deployed
    if deployed is None or not deployed.scaling:
        return {}
    found = {}
    for dimension in capacity.dimensions():
        key = dimension.resource, dimension.access
        scaled, was = _scaled(capacity, dimension), _scaled(deployed.template, dimension)
        if scaled is None or was is None or (*key, "Target") in names.scaling:
            continue
        same = (scaled.minimum, scaled.maximum) == (was.minimum, was.maximum)
        bounds = "" if same else f" with {scaled.minimum:_} to {scaled.maximum:_}"
        found[key] = f"{dimension.label}{bounds}"
    return found


def _keys_to_keep(properties: Mapping[str, Any]) -> list[str]:
    """A comment on the indexes of a Table whose keys are not known; a GlobalTable states indexes elsewhere too."""
    entries = properties.get("GlobalSecondaryIndexes", ())
    indexes = [comment(entry["IndexName"]) for entry in entries if "KeySchema" not in entry]
    return [f"# with the keys and the projection of {listed(indexes)}, as they are"] if indexes else []


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


__all__ = ["construct_code", "names_of", "override_comment"]
