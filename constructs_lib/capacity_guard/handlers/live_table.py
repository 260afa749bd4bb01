"""Reads of the live table: its capacity and its auto scaling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..capacity.capacity import BillingMode
from ..capacity.dimension import Dimension, index_of
from ..dynamodb.describe_table import LiveScaling, LiveTable, scaled_dimension
from ..dynamodb.names import scaling_resource_id
from .aws import GateAws
from .aws_error import reading

_TARGETS_CALL = "application-autoscaling:DescribeScalableTargets"


def read_table(aws: GateAws, name: str) -> LiveTable:
    """Read the live table.

    Raises:
        AwsError: it cannot be read.
    """
    data = aws.describe_table(name)
    with reading(f"dynamodb:DescribeTable of {name}"):
        return LiveTable.of(data)


def read_scaling(aws: GateAws, table: LiveTable) -> dict[Dimension, LiveScaling]:
    """Read the auto scaling of a provisioned table and its indexes, by dimension.

    The result is empty for an on-demand table: a scaling target that was left after a switch by API has no effect there
    (Guide: bp-switching-capacity-modes).

    Raises:
        AwsError: it cannot be read.
    """
    if table.mode is BillingMode.ON_DEMAND:
        return {}
    keys = _keys_by_resource_id(table)
    targets = read_scaling_targets(aws, table)
    percent: dict[Dimension, float] = {}
    with reading(_TARGETS_CALL):
        resource_ids = sorted({target["ResourceId"] for target in targets.values()})
    for resource_id in resource_ids:
        policies = aws.scaling_policies(resource_id)
        with reading(f"application-autoscaling:DescribeScalingPolicies of {resource_id}"):
            for policy in policies:
                tracking = policy.get("TargetTrackingScalingPolicyConfiguration")
                if tracking:
                    dimension = scaled_dimension(keys[policy["ResourceId"]], policy["ScalableDimension"])
                    percent[dimension] = float(tracking["TargetValue"])
    with reading(_TARGETS_CALL):
        return {
            dimension: LiveScaling(
                int(target["MinCapacity"]),
                int(target["MaxCapacity"]),
                percent.get(dimension),
                _is_suspended(target),
            )
            for dimension, target in targets.items()
        }


def read_scaling_targets(aws: GateAws, table: LiveTable) -> dict[Dimension, Mapping[str, Any]]:
    """Read the scaling targets of a table and its indexes, by dimension, in either billing mode.

    Raises:
        AwsError: they cannot be read.
    """
    keys = _keys_by_resource_id(table)
    targets = aws.scalable_targets(list(keys))
    with reading(_TARGETS_CALL):
        return {
            scaled_dimension(keys[target["ResourceId"]], target["ScalableDimension"]): target
            for target in targets
        }


def _is_suspended(target: Mapping[str, Any]) -> bool:
    state = target.get("SuspendedState") or {}
    return bool(state.get("DynamicScalingInSuspended") or state.get("DynamicScalingOutSuspended"))


def _keys_by_resource_id(table: LiveTable) -> dict[str, str]:
    return {scaling_resource_id(table.name, index_of(key)): key for key in table.resources}


__all__ = ["read_scaling", "read_scaling_targets", "read_table"]
