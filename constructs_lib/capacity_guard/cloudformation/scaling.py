"""Auto scaling of an AWS::DynamoDB::Table in a template: targets and policies are resources of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..capacity.dimension import Access, Dimension
from ..dynamodb.names import scalable_dimension, scaling_resource_id
from .intrinsics import Intrinsics

_TYPES = "AWS::ApplicationAutoScaling::"


@dataclass(frozen=True)
class ScalingResources:
    """The scaling targets and policies of one table.

    Attributes:
        table: the table's name, or ``${LogicalId}`` where CloudFormation has not named it yet.
        targets: properties of each target, by logical id.
        policies: properties of each policy, by logical id; with the logical id of its target, where it refers to one.
    """

    read: Intrinsics
    table: str
    targets: Mapping[str, Mapping[str, Any]]
    policies: Mapping[str, tuple[str | None, Mapping[str, Any]]]

    def target_of(self, index: str | None, access: Access) -> str | None:
        """Logical id of the target of a dimension, ``None`` where nothing scales it."""
        return next((n for n, one in self.targets.items() if self._is(one, n, index, access)), None)

    def policy_of(self, target: str, index: str | None, access: Access) -> Mapping[str, Any] | None:
        """The target-tracking configuration of a dimension's policy, ``None`` where it has none."""
        for name, (refers, one) in self.policies.items():
            # A policy names its target by Ref, or by resource and dimension (template reference, ScalingPolicy).
            if refers == target or (refers is None and self._is(one, name, index, access)):
                found = self.read.at(one, "TargetTrackingScalingPolicyConfiguration", path=name)
                if found is not None:
                    return dict(found)
        return None

    def _is(self, node: Mapping[str, Any], path: str, index: str | None, access: Access) -> bool:
        if self.read.text(node, "ScalableDimension", path=path) != scalable_dimension(
            Dimension(index, access)
        ):
            return False
        return self.read.text(node, "ResourceId", path=path) == scaling_resource_id(self.table, index)


def scaling_resources(read: Intrinsics, logical_id: str) -> ScalingResources:
    """The scaling targets and policies of a table, as its template has them.

    Args:
        read: the template.
        logical_id: the table's logical id.

    Raises:
        InputError: a resource of DynamoDB auto scaling names its table by a function that cannot be read.
    """
    table = str(read.value({"Ref": logical_id}, logical_id))
    names = (scaling_resource_id(table, None), scaling_resource_id(table, ""))

    def own(node: Mapping[str, Any], path: str) -> bool:
        dimension = read.text(node, "ScalableDimension", path=path)
        # The targets of other services name their resources by functions that say nothing here.
        if dimension is None or not dimension.startswith("dynamodb:"):
            return False
        resource = read.text(node, "ResourceId", path=path) or ""
        return resource == names[0] or resource.startswith(names[1])

    found = {
        name: one
        for name, one in read.template["Resources"].items()
        if str(one.get("Type", "")).startswith(_TYPES) and read.exists(one, name)
    }
    targets = {
        name: one.get("Properties", {})
        for name, one in found.items()
        if one["Type"].endswith("ScalableTarget") and own(one.get("Properties", {}), name)
    }
    policies: dict[str, tuple[str | None, Mapping[str, Any]]] = {}
    for name, one in found.items():
        if one["Type"].endswith("ScalingPolicy"):
            properties = one.get("Properties", {})
            refers = properties.get("ScalingTargetId")
            target = refers.get("Ref") if isinstance(refers, Mapping) else None
            if target in targets or (refers is None and own(properties, name)):
                policies[name] = (target, properties)
    return ScalingResources(read, table, targets, policies)


__all__ = ["ScalingResources", "scaling_resources"]
