"""Which properties of the table an operation changes, from the table's entry in the change set."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..dynamodb.table_properties import CONTAINERS, INDEXES

_IN_TEMPLATE_ONLY = ("Tags", "Metadata", "DeletionPolicy", "UpdateReplacePolicy")
"""Attributes of a resource whose change makes no call that could fail or lose something (API: ResourceTargetDefinition)."""


@dataclass(frozen=True)
class ChangedProperty:
    """One property that changes.

    Attributes:
        name: its name in the table, in an index or in a replica; empty if the change set does not show it.
        place: the entry that has it, such as ``GlobalSecondaryIndexes by_agent``; empty for the table itself.
        entry: ``Add`` or ``Remove`` if the whole entry is new or leaves.
        index: name of the index that is new or leaves.
    """

    name: str
    place: str = ""
    entry: str = ""
    index: str = ""

    @property
    def text(self) -> str:
        """Name and place in words."""
        if self.entry:
            return f"{self.place} ({'new' if self.entry == 'Add' else 'removed'})"
        return " ".join(part for part in (self.place, self.name) if part)


def changed_properties(
    change: Mapping[str, Any], is_reference: Mapping[int, bool]
) -> Iterator[ChangedProperty]:
    """The properties that an entry of a change set changes.

    Args:
        change: ResourceChange of the table.
        is_reference: by position in Details: whether the detail only refers to what may change too.
    """
    before, after = _context(change, "BeforeContext"), _context(change, "AfterContext")
    seen: set[ChangedProperty] = set()
    for position, detail in enumerate(change.get("Details") or ()):
        if is_reference.get(position):
            continue
        for found in _of_detail(detail.get("Target") or {}, before, after):
            if found not in seen:
                seen.add(found)
                yield found


def _of_detail(
    target: Mapping[str, Any], before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> Iterator[ChangedProperty]:
    attribute, name = target.get("Attribute"), str(target.get("Name") or "")
    if attribute in _IN_TEMPLATE_ONLY:
        return
    if attribute != "Properties" or not name:
        yield ChangedProperty(name or str(attribute))
    elif name not in CONTAINERS:
        yield ChangedProperty(name)
    elif before is not None and after is not None:
        yield from _differences(name, before.get(name), after.get(name), "")
    else:
        yield from _of_path(name, target)


def _differences(name: str, before: Any, after: Any, outer: str) -> Iterator[ChangedProperty]:
    """What differs between two lists of indexes or replicas. A list that cannot be compared is a change without name."""
    place = f"{outer} {name}".strip()
    key = CONTAINERS[name]
    old, new = (_by_name(entries, key) for entries in (before, after))
    if old is None or new is None:
        yield ChangedProperty("", place)
        return
    for entry in sorted({*old, *new}):
        here = f"{place} {entry}"
        index = entry if name == INDEXES else ""
        # an index of a replica is not an index, but its settings there: without them there is no entry
        if not outer and (entry not in old or entry not in new):
            yield ChangedProperty("", here, "Add" if entry not in old else "Remove", index)
            continue
        parts = old.get(entry, {key: entry}), new.get(entry, {key: entry})
        for part in sorted({*parts[0], *parts[1]}):
            values = parts[0].get(part), parts[1].get(part)
            if values[0] == values[1]:
                continue
            if part in CONTAINERS:
                yield from _differences(part, *values, here)
            else:
                yield ChangedProperty(part, here)


def _by_name(entries: Any, key: str) -> dict[str, Mapping[str, Any]] | None:
    if not isinstance(entries, list | None):
        return None
    named: dict[str, Mapping[str, Any]] = {}
    for entry in entries or ():
        if not isinstance(entry, Mapping) or not isinstance(entry.get(key), str):
            return None
        named[entry[key]] = entry
    return named


def _of_path(name: str, target: Mapping[str, Any]) -> Iterator[ChangedProperty]:
    """From the path of a detail, such as ``/Properties/Replicas/0/GlobalSecondaryIndexes/1/ReadProvisioned...``."""
    parts = [part for part in str(target.get("Path") or "").split("/") if part]
    inner = parts[parts.index(name) + 1 :] if name in parts else []
    place = name
    is_entry = len(inner) == 1 and inner[0].isdigit()
    while inner:
        part = inner.pop(0)
        if part.isdigit() or part in CONTAINERS:
            place = f"{place} {part}"
        else:
            yield ChangedProperty(part, place)
            return
    # a path that ends at an entry is the entry itself
    if is_entry and target.get("AttributeChangeType") in ("Add", "Remove"):
        index = _entry_name(target, CONTAINERS[name]) if name == INDEXES else ""
        yield ChangedProperty("", f"{name} {index}".strip(), str(target["AttributeChangeType"]), index)
    else:
        yield ChangedProperty("", place)


def _entry_name(target: Mapping[str, Any], key: str) -> str:
    for value in (target.get("AfterValue"), target.get("BeforeValue")):
        try:
            entry = json.loads(value or "null")
        except ValueError:
            continue
        if isinstance(entry, Mapping) and isinstance(entry.get(key), str):
            return str(entry[key])
    return ""


def _context(change: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    """The properties in a context of a change; ``None`` if it is not shown or cannot be read."""
    text = change.get(name)
    try:
        value = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        return None
    properties = value.get("Properties") if isinstance(value, Mapping) else None
    return properties if isinstance(properties, Mapping) else None


__all__ = ["ChangedProperty", "changed_properties"]
