"""Both auto scalings of a Table in one template: the targets and policies of the deployed and of the declared capacity."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..capacity.errors import InputError

SCALING_TYPES = (
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "AWS::ApplicationAutoScaling::ScalingPolicy",
)
NO_VALUE = {"Ref": "AWS::NoValue"}
_PSEUDO = "AWS::"
_SCALED = ("ResourceId", "ScalableDimension", "ServiceNamespace", "ScalingTargetId")
"""Properties that say what is scaled; CloudFormation replaces a resource in which one of them changes (template reference)."""


@dataclass(frozen=True)
class BothScalings:
    """What a condition has to decide about the scaling resources of a Table.

    Attributes:
        changed: for each resource that both templates have, the values of before and after of each property that differs.
        declared_only: logical ids of the resources that only the declared template has.
        deployed_only: the resources that only the deployed template has, by logical id.
    """

    changed: Mapping[str, Mapping[str, tuple[Any, Any]]]
    declared_only: tuple[str, ...]
    deployed_only: Mapping[str, Mapping[str, Any]]

    @property
    def is_empty(self) -> bool:
        """Whether nothing depends on a condition."""
        return not (self.changed or self.declared_only or self.deployed_only)

    def applied_to(self, resources: Mapping[str, Any], held: str, not_held: str) -> dict[str, Any]:
        """The resources of a template with both scalings.

        Args:
            resources: the resources of the declared template.
            held: condition under which the deployed capacity applies.
            not_held: condition under which it does not.
        """
        found = dict(resources)
        for logical_id, values in self.changed.items():
            properties = {name: {"Fn::If": [held, before, after]} for name, (before, after) in values.items()}
            found[logical_id] = {
                **found[logical_id],
                "Properties": {**found[logical_id].get("Properties", {}), **properties},
            }
        for logical_id in self.declared_only:
            found[logical_id] = {**found[logical_id], "Condition": not_held}
        for logical_id, resource in self.deployed_only.items():
            found[logical_id] = {**resource, "Condition": held}
        return found


def both_scalings(
    resources: Mapping[str, Any],
    parameters: Iterable[str],
    deployed: Mapping[str, Mapping[str, Any]],
    declared: Iterable[str],
    *,
    location: str,
) -> BothScalings:
    """What a condition has to decide about the scaling resources of a Table.

    A resource keeps its logical id: under another one, the clean-up at the end of an operation would delete a target that the
    same operation has just registered for the same dimension (Application Auto Scaling API: RegisterScalableTarget).

    Args:
        resources: the resources of the declared template.
        parameters: names of its parameters.
        deployed: scaling resources of the deployed template by logical id, as it states them.
        declared: logical ids of the table's scaling resources in the declared template.
        location: the table, for errors.

    Raises:
        InputError: the template cannot hold both.
    """
    names = tuple(declared)
    changed = {}
    for logical_id in names:
        if logical_id in deployed:
            values = dict(_differences(deployed[logical_id], resources[logical_id], logical_id, location))
            if values:
                changed[logical_id] = values
    declared_only = tuple(name for name in names if name not in deployed)
    deployed_only = {name: resource for name, resource in deployed.items() if name not in names}
    for logical_id, resource in deployed_only.items():
        if logical_id in resources:
            raise InputError(
                location, f"has another resource with the logical id {logical_id}", "Give it another id"
            )
        known = {*resources, *parameters, *deployed_only}
        missing = [
            name for name in _references(resource) if name not in known and not name.startswith(_PSEUDO)
        ]
        if missing:
            raise InputError(
                location,
                f"had a scaling resource {logical_id} that refers to {missing[0]}, which the template no longer has",
                "Leave it in the template until the change has settled",
            )
    before = {_scaled(resource) for resource in deployed_only.values()}
    for logical_id in declared_only:
        if _scaled(resources[logical_id]) in before:
            raise InputError(
                location,
                f"gets its auto scaling under another logical id ({logical_id}), which no condition can hold",
                "Leave the logical ids of its scaling resources as they are",
            )
    return BothScalings(changed, declared_only, deployed_only)


def _differences(
    before: Mapping[str, Any], after: Mapping[str, Any], logical_id: str, location: str
) -> Iterator[tuple[str, tuple[Any, Any]]]:
    old, new = before.get("Properties", {}), after.get("Properties", {})
    is_other = _scaled(before) != _scaled(after) or old.get("PolicyName") != new.get("PolicyName")
    if is_other or "Condition" in after:
        raise InputError(
            location,
            f"has a scaling resource {logical_id} that is another one now, or has a condition",
            "Change it alone",
        )
    for name in dict.fromkeys((*new, *old)):
        values = old.get(name, NO_VALUE), new.get(name, NO_VALUE)
        if values[0] != values[1]:
            yield name, values


def _scaled(resource: Mapping[str, Any]) -> str:
    """What a target or a policy scales, as text."""
    properties = resource.get("Properties", {})
    found = {name: properties[name] for name in _SCALED if name in properties}
    return json.dumps([resource.get("Type"), found], sort_keys=True, default=str)


def _references(value: Any) -> Iterator[str]:
    """Names to which a value refers by Ref, Fn::GetAtt and Fn::Sub."""
    if isinstance(value, list):
        for item in value:
            yield from _references(item)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if key == "Ref" and isinstance(item, str):
                yield item
            elif key == "Fn::GetAtt":
                yield item.partition(".")[0] if isinstance(item, str) else str(item[0])
            elif key == "Fn::Sub":
                text = item if isinstance(item, str) else item[0]
                yield from (part.partition("}")[0].partition(".")[0] for part in text.split("${")[1:])
            else:
                yield from _references(item)


__all__ = ["SCALING_TYPES", "BothScalings", "both_scalings"]
