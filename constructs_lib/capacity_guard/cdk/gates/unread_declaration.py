"""A table whose declared capacity cannot be read: what its template has that may state it, as text, for a gate.

The gate is named by that text. So a deployment that edits any of it creates another gate, which looks into the change set; a
deployment that leaves it as it is creates none. A new value of a parameter is not an edit of the template.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...capacity.structure import TableKind

_TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"
_POLICY = "AWS::ApplicationAutoScaling::ScalingPolicy"
_TYPES = tuple(kind.value for kind in TableKind)
_SECTIONS = ("Conditions", "Mappings", "Parameters")
_WITHOUT = ("DependsOn", "Metadata")
"""What a resource has that states no capacity, and that the guard and the CDK change themselves."""


@dataclass(frozen=True)
class UnreadDeclaration:
    """What may state a capacity that cannot be read.

    Attributes:
        logical_id: logical id of the table.
        scaling: logical ids of what scales it, or may.
        fingerprint: hash of what they state (``declaration_hash``).
        name: the table's ``TableName``, ``None`` if CloudFormation names it.
        condition: the condition under which it exists, ``None`` for always.
    """

    logical_id: str
    scaling: tuple[str, ...]
    fingerprint: str
    name: Any
    condition: str | None

    @staticmethod
    def of(template: Mapping[str, Any], logical_id: str, recorded: str | None) -> UnreadDeclaration | None:
        """That of a table; ``None`` if the template does not have it as a table.

        Args:
            template: the template.
            logical_id: logical id of the table.
            recorded: the recorded name of the table, ``None`` if it was not recorded.
        """
        resource = template.get("Resources", {}).get(logical_id, {})
        if resource.get("Type") not in _TYPES:
            return None
        scaling = may_scale(template, logical_id, recorded)
        fingerprint = declaration_hash(template, (logical_id, *scaling))
        name = resource.get("Properties", {}).get("TableName")
        return UnreadDeclaration(logical_id, scaling, fingerprint, name, resource.get("Condition"))

    def is_stated_by(self, template: Mapping[str, Any]) -> bool:
        """Whether a template states the same.

        Args:
            template: the template.
        """
        return declaration_hash(template, (self.logical_id, *self.scaling)) == self.fingerprint


def may_scale(template: Mapping[str, Any], logical_id: str, recorded: str | None = None) -> tuple[str, ...]:
    """Logical ids of the scaling targets and policies that scale a table, or may: they name it, or no table at all.

    Args:
        template: the template.
        logical_id: logical id of the table.
        recorded: the recorded name of the table, ``None`` if it was not recorded.
    """
    resources: Mapping[str, Any] = template.get("Resources", {})
    others = [name for name, found in resources.items() if found.get("Type") in _TYPES and name != logical_id]
    stated = resources[logical_id].get("Properties", {}).get("TableName")
    names = [name for name in (stated, recorded) if isinstance(name, str)]

    def is_of_table(resource_id: Any) -> bool:
        if isinstance(resource_id, str):
            # Without a name of its own the table may have any.
            parts = resource_id.split("/")
            return not names or (len(parts) > 1 and parts[1] in names)
        written = set(_names_in(resource_id))
        return logical_id in written or not written.intersection(others)

    targets = [
        name
        for name, found in resources.items()
        if found.get("Type") == _TARGET and is_of_table(found.get("Properties", {}).get("ResourceId"))
    ]
    policies = []
    for name, found in resources.items():
        if found.get("Type") != _POLICY:
            continue
        properties = found.get("Properties", {})
        referred = set(_names_in(properties.get("ScalingTargetId"))) & set(resources)
        if referred.intersection(targets) or (not referred and is_of_table(properties.get("ResourceId"))):
            policies.append(name)
    return (*targets, *policies)


def declaration_hash(template: Mapping[str, Any], logical_ids: tuple[str, ...]) -> str:
    """Short stable hash of what may state a capacity, ten hexadecimal digits.

    Args:
        template: the template.
        logical_ids: the table, and what may scale it.
    """
    resources = template.get("Resources", {})
    stated = {
        name: {part: value for part, value in resources.get(name, {}).items() if part not in _WITHOUT}
        for name in logical_ids
    }
    used: dict[str, Any] = {}
    found = set(_names_in(list(stated.values())))
    while found:
        name = found.pop()
        for section in _SECTIONS:
            key = f"{section}.{name}"
            if name in template.get(section, {}) and key not in used:
                used[key] = template[section][name]
                found.update(_names_in(used[key]))
    text = json.dumps([stated, used], separators=(",", ":"), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def _names_in(value: Any) -> Iterator[str]:
    """What an expression refers to: logical ids, parameters, conditions and mappings."""
    if isinstance(value, list):
        for item in value:
            yield from _names_in(item)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if key in ("Ref", "Condition") and isinstance(item, str):
                yield item
            elif key in ("Fn::If", "Fn::FindInMap") and isinstance(item, list) and item:
                yield str(item[0])
                yield from _names_in(item[1:])
            elif key == "Fn::GetAtt":
                yield str(item).partition(".")[0] if isinstance(item, str) else str(item[0])
            elif key == "Fn::Sub":
                text, given = (item, {}) if isinstance(item, str) else (item[0], item[1])
                yield from (part.partition("}")[0].partition(".")[0] for part in str(text).split("${")[1:])
                yield from _names_in(given)
            else:
                yield from _names_in(item)


__all__ = ["UnreadDeclaration", "declaration_hash", "may_scale"]
