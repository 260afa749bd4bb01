"""The properties of a table's capacity that the template states and no construct does: those of an override."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import aws_cdk as cdk

_OF_CAPACITY = (
    "BillingMode",
    "ProvisionedThroughput",
    "OnDemandThroughput",
    "WarmThroughput",
    "WriteProvisionedThroughputSettings",
    "WriteOnDemandThroughputSettings",
    "ReadProvisionedThroughputSettings",
    "ReadOnDemandThroughputSettings",
)
"""Properties of a table, of its indexes and of its replica that state capacity."""
_LISTS = ("GlobalSecondaryIndexes", "Replicas")
_BOUNDS = ("MinCapacity", "MaxCapacity")
"""Properties of a scaling target that state capacity."""
_NO_VALUE = {"Ref": "AWS::NoValue"}


def overridden(resource: cdk.CfnResource, rendered: Mapping[str, Any]) -> tuple[str, ...]:
    """Paths of the properties of capacity whose rendered value is not that of the construct.

    The CDK shows no override: a property that its construct states otherwise than the template has one.

    Args:
        resource: the resource of the table.
        rendered: its properties in the template.
    """
    return tuple(_found(resource, rendered, (*_OF_CAPACITY, *_LISTS)))


def overridden_bounds(target: cdk.CfnResource, rendered: Mapping[str, Any]) -> tuple[str, ...]:
    """The same of a scaling target: its minimum and its maximum.

    Args:
        target: the resource.
        rendered: its properties in the template.
    """
    return tuple(f"{target.node.path}: {name}" for name in _found(target, rendered, _BOUNDS))


def in_force(value: Any, held: str | None) -> Any:
    """What applies of a part of a template while no change is held: a watched change has both capacities in it (ADR 0014).

    Args:
        value: the part.
        held: logical id of the condition that a change is held; ``None`` where none is watched.
    """
    if held is None:
        return value
    if isinstance(value, Mapping):
        chosen = value.get("Fn::If")
        if isinstance(chosen, list) and len(chosen) == 3 and chosen[0] == held:
            return in_force(chosen[2], held)
        parts = {name: in_force(part, held) for name, part in value.items()}
        return {name: part for name, part in parts.items() if part != _NO_VALUE}
    if isinstance(value, list):
        return [part for each in value if (part := in_force(each, held)) != _NO_VALUE]
    return value


def _found(resource: cdk.CfnResource, rendered: Mapping[str, Any], names: Iterable[str]) -> Iterator[str]:
    stack = cdk.Stack.of(resource)
    for name in names:
        attribute = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
        if hasattr(resource, attribute):
            stated = _named_as_rendered(stack.resolve(getattr(resource, attribute)))
            yield from _differences(name, stated, rendered.get(name))


def _differences(path: str, stated: Any, rendered: Any) -> Iterator[str]:
    if not path.startswith(_LISTS):
        if _plain(stated) != _plain(rendered):
            yield path
        return
    if any(value is not None and not isinstance(value, list) for value in (stated, rendered)):
        if stated != rendered:  # a function, which may state any capacity
            yield path
        return
    before, after = stated or [], rendered or []
    for number in range(max(len(before), len(after))):
        entries = [entries[number] if number < len(entries) else {} for entries in (before, after)]
        if not all(isinstance(entry, Mapping) for entry in entries):
            yield f"{path}.{number}"
            continue
        for name in _OF_CAPACITY:
            if _plain(entries[0].get(name)) != _plain(entries[1].get(name)):
                yield f"{path}.{number}.{name}"
        for name in _LISTS:
            yield from _differences(f"{path}.{number}.{name}", entries[0].get(name), entries[1].get(name))


def _named_as_rendered(value: Any) -> Any:
    """A value with the names of CloudFormation's properties, which begin with a capital letter."""
    if isinstance(value, Mapping):
        return {name[:1].upper() + name[1:]: _named_as_rendered(part) for name, part in value.items()}
    return [_named_as_rendered(part) for part in value] if isinstance(value, list) else value


def _plain(value: Any) -> Any:
    """A value without what the CDK leaves out when it renders, and with whole numbers as such."""
    if isinstance(value, Mapping):
        parts = {name: _plain(part) for name, part in value.items()}
        return {name: part for name, part in parts.items() if part is not None} or None
    if isinstance(value, list):
        return [_plain(part) for part in value] or None
    return int(value) if isinstance(value, float) and value.is_integer() else value


__all__ = ["in_force", "overridden", "overridden_bounds"]
