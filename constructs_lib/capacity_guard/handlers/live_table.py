"""Reads of the live table: its capacity and its auto scaling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..capacity.capacity import BillingMode
from ..capacity.dimension import Dimension
from ..dynamodb.describe_table import LiveTable
from ..dynamodb.live_scaling import scaled_dimensions
from .aws import GateAws
from .aws_error import reading

_TARGETS_CALL = "application-autoscaling:DescribeScalableTargets"


def read_table(aws: GateAws, name: str) -> LiveTable:
    """Read the live table, without its auto scaling.

    Raises:
        AwsError: it cannot be read.
    """
    data = aws.describe_table(name)
    with reading(f"dynamodb:DescribeTable of {name}"):
        return LiveTable.of(data)


def read_scaling(aws: GateAws, table: LiveTable) -> LiveTable:
    """The same table with its auto scaling; an on-demand table has none, and nothing is read.

    Raises:
        AwsError: it cannot be read.
    """
    if table.mode is BillingMode.ON_DEMAND:
        return table.with_scaling((), ())
    targets = read_scaling_targets(aws, table)
    policies: list[Mapping[str, Any]] = []
    for resource_id in sorted({str(target["ResourceId"]) for target in targets.values()}):
        policies += aws.scaling_policies(resource_id)
    with reading(_TARGETS_CALL):
        table = table.with_scaling(targets.values(), ())
    with reading(f"application-autoscaling:DescribeScalingPolicies of table/{table.name}"):
        return table.with_scaling(targets.values(), policies)


def read_scaling_targets(aws: GateAws, table: LiveTable) -> dict[Dimension, Mapping[str, Any]]:
    """Read the scaling targets of a table and its indexes, by dimension, in either billing mode.

    Raises:
        AwsError: they cannot be read.
    """
    keys = table.keys_by_resource_id()
    targets = aws.scalable_targets(list(keys))
    with reading(_TARGETS_CALL):
        return scaled_dimensions(keys, targets)


__all__ = ["read_scaling", "read_scaling_targets", "read_table"]
