"""Auto scaling of an AWS::DynamoDB::Table in a template: its targets and policies are separate resources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..capacity.dimension import Access, Dimension
from ..capacity.errors import InputError
from ..dynamodb.names import TARGET_TRACKING, scalable_dimension, scaling_resource_id, utilization_metric
from .intrinsics import Intrinsics
from .macros import changed_by_macro

_TYPES = "AWS::ApplicationAutoScaling::"
_TRACKING = "TargetTrackingScalingPolicyConfiguration"


@dataclass(frozen=True)
class ScalingResources:
    """The scalable targets and scaling policies of one table.

    Attributes:
        read: the template.
        table: name of the table, or ``${LogicalId}`` if CloudFormation has not named it yet.
        targets: properties of each target, by logical id.
        policies: logical id of the target (``None`` without a reference) and properties of each policy, by logical id.
    """

    read: Intrinsics
    table: str
    targets: Mapping[str, Mapping[str, Any]]
    policies: Mapping[str, tuple[str | None, Mapping[str, Any]]]

    def target_of(self, index: str | None, access: Access) -> str | None:
        """Logical id of the target of a dimension, ``None`` without auto scaling.

        Raises:
            InputError: it is suspended, or there are two. Each registration replaces the bounds of the one before (API:
                RegisterScalableTarget), so it is unknown which ones apply.
        """
        names = [name for name, target in self.targets.items() if self._scales(target, name, index, access)]
        name = names[0] if names else None
        if len(names) > 1:
            raise self._too_many(
                names[1], f"scales what {names[0]} scales too, so it is unknown whose bounds apply"
            )
        if name is not None:
            suspended = self.read.at(self.targets[name], "SuspendedState", path=name)
            if isinstance(suspended, Mapping) and any(
                self.read.value(state, f"{name}.SuspendedState") not in (False, "false")
                for state in suspended.values()
            ):
                raise self.read.wrong(
                    f"{name}.SuspendedState", "suspends its scaling, so its bounds mean nothing"
                )
        return name

    def policy_of(self, target: str, index: str | None, access: Access) -> Mapping[str, Any] | None:
        """Target tracking configuration of the policy of a dimension, ``None`` without one.

        Args:
            target: logical id of the scalable target of the dimension.
            index: name of the index; ``None`` for the table itself.
            access: ``read`` or ``write``.

        Raises:
            InputError: a policy follows another metric, or there are two, of which Application Auto Scaling refuses the
                second (Developer Guide, target tracking: each policy of a target uses a different metric).
        """
        name = self.policy_id_of(target, index, access)
        if name is None:
            return None
        return dict(self.read.at(self.policies[name][1], _TRACKING, path=name))

    def policy_id_of(self, target: str, index: str | None, access: Access) -> str | None:
        """Logical id of the policy of a dimension, ``None`` without one; parameters and errors of ``policy_of``."""
        found: str | None = None
        for name, (referenced, policy) in self.policies.items():
            # A policy has a Ref to its target, or a resource id and a dimension (template reference, ScalingPolicy).
            if referenced == target or (referenced is None and self._scales(policy, name, index, access)):
                if self.read.text(policy, "PolicyType", path=name) not in (None, TARGET_TRACKING):
                    continue
                self._check_metric(policy, name, access)
                if self.read.at(policy, _TRACKING, path=name) is None:
                    continue
                if found is not None:
                    raise self._too_many(
                        name, f"tracks what {found} tracks too, and the service takes one of them"
                    )
                found = name
        return found

    def _too_many(self, name: str, problem: str) -> InputError:
        return InputError(f"{self.read.location}: {name}", problem, "Take one of the two out")

    def _check_metric(self, policy: Mapping[str, Any], path: str, access: Access) -> None:
        """Raise an ``InputError`` if a policy follows something else than the utilization of its dimension.

        Such a policy may never scale: ``Capacity`` has no words for it.
        """
        configuration = _TRACKING
        tracking = self.read.at(policy, configuration, path=path)
        if not isinstance(tracking, Mapping):
            return
        metric = self.read.text(
            tracking, "PredefinedMetricSpecification", "PredefinedMetricType", path=f"{path}.{configuration}"
        )
        if "CustomizedMetricSpecification" in tracking:
            metric = "a metric of its own"
        if metric not in (None, utilization_metric(access)):
            raise self.read.wrong(
                f"{path}.{configuration}", f"follows {metric}, not {utilization_metric(access)}"
            )

    def _scales(self, node: Mapping[str, Any], path: str, index: str | None, access: Access) -> bool:
        if self.read.text(node, "ScalableDimension", path=path) != scalable_dimension(
            Dimension(index, access)
        ):
            return False
        return self.read.text(node, "ResourceId", path=path) == scaling_resource_id(self.table, index)


def scaling_resources(read: Intrinsics, logical_id: str) -> ScalingResources:
    """Read the scalable targets and scaling policies of a table from its template.

    Args:
        read: the template.
        logical_id: logical id of the table.

    Raises:
        InputError: the resource id of a DynamoDB target or policy is a function that cannot be read.
    """
    table = str(read.value({"Ref": logical_id}, logical_id))
    table_id, index_prefix = scaling_resource_id(table, None), scaling_resource_id(table, "")

    def belongs_to_table(node: Mapping[str, Any], path: str) -> bool:
        dimension = read.text(node, "ScalableDimension", path=path)
        # Targets of other services may have resource ids with functions that cannot be read: do not read them.
        if dimension is None or not dimension.startswith("dynamodb:"):
            return False
        resource_id = read.text(node, "ResourceId", path=path)
        return resource_id is not None and (resource_id == table_id or resource_id.startswith(index_prefix))

    resources = {
        name: resource
        for name, resource in read.template["Resources"].items()
        if str(resource.get("Type")).startswith(_TYPES) and read.exists(resource, name)
    }
    targets = {
        name: resource.get("Properties", {})
        for name, resource in resources.items()
        if resource["Type"].endswith("ScalableTarget")
        and belongs_to_table(resource.get("Properties", {}), name)
    }
    policies: dict[str, tuple[str | None, Mapping[str, Any]]] = {}
    for name, resource in resources.items():
        if resource["Type"].endswith("ScalingPolicy"):
            properties = resource.get("Properties", {})
            reference = properties.get("ScalingTargetId")
            target = reference.get("Ref") if isinstance(reference, Mapping) else None
            if target in targets or (reference is None and belongs_to_table(properties, name)):
                policies[name] = (target, properties)
    for name in (*targets, *policies):
        if changed_by_macro(resources[name]):
            raise read.wrong(name, "is changed by Fn::Transform when it is deployed")
    return ScalingResources(read, table, targets, policies)


__all__ = ["ScalingResources", "scaling_resources"]
