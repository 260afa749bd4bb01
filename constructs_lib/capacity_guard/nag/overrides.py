"""The properties of a table's capacity that the template states and no construct does: those of an override."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
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


def overridden(resource: cdk.CfnResource, rendered: Mapping[str, Any]) -> tuple[str, ...]:
    """Paths of the properties of capacity whose rendered value is not that of the construct.

    The CDK shows no override: a property that its construct states otherwise than the template has one.

    Args:
        resource: the resource of the table.
        rendered: its properties in the template.
    """
    stack = cdk.Stack.of(resource)
    found: list[str] = []
    for name in (*_OF_CAPACITY, *_LISTS):
        attribute = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
        if not hasattr(resource, attribute):
            continue
        stated = _named_as_rendered(stack.resolve(getattr(resource, attribute)))
        found += _differences(name, stated, rendered.get(name))
    return tuple(found)


def _differences(path: str, stated: Any, rendered: Any) -> Iterator[str]:
    if not path.startswith(_LISTS):
        if _plain(stated) != _plain(rendered):
            yield path
        return
    before, after = (value if isinstance(value, list) else [] for value in (stated, rendered))
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


__all__ = ["overridden"]
