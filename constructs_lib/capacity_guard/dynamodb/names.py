"""Names that DynamoDB, CloudWatch and Application Auto Scaling use."""

from __future__ import annotations

from collections.abc import Mapping

from ..capacity.dimension import Access, Dimension

NAMESPACE = "AWS/DynamoDB"
"""CloudWatch namespace of DynamoDB's metrics (Guide: metrics-dimensions)."""
CONSUMED_UNITS: Mapping[Access, str] = {
    "read": "ConsumedReadCapacityUnits",
    "write": "ConsumedWriteCapacityUnits",
}
"""Metrics of consumed units, published every minute, also for idle tables (Guide: metrics-dimensions)."""
THROTTLE_EVENTS: Mapping[Access, str] = {"read": "ReadThrottleEvents", "write": "WriteThrottleEvents"}
"""Metrics of throttle events, published only for minutes with events (Guide: metrics-dimensions)."""
PROVISIONED_UNITS: Mapping[Access, str] = {
    "read": "ProvisionedReadCapacityUnits",
    "write": "ProvisionedWriteCapacityUnits",
}
"""Metrics of provisioned units (Guide: metrics-dimensions)."""
ON_DEMAND_MAXIMUM: Mapping[Access, str] = {
    "read": "OnDemandMaxReadRequestUnits",
    "write": "OnDemandMaxWriteRequestUnits",
}
"""Metrics of an on-demand maximum (Guide: metrics-dimensions)."""
THROTTLED_REQUESTS = "ThrottledRequests"
"""Metric of requests with a throttled event, by table and operation (Guide: metrics-dimensions)."""
CAPACITY_UNITS: Mapping[Access, str] = {"read": "ReadCapacityUnits", "write": "WriteCapacityUnits"}
"""Members of ProvisionedThroughput, and the last part of a scalable dimension (API: ProvisionedThroughput)."""
MAXIMUM_UNITS: Mapping[Access, str] = {"read": "MaxReadRequestUnits", "write": "MaxWriteRequestUnits"}
"""Members of OnDemandThroughput (API: OnDemandThroughput)."""
WARM_UNITS: Mapping[Access, str] = {"read": "ReadUnitsPerSecond", "write": "WriteUnitsPerSecond"}
"""Members of WarmThroughput (API: WarmThroughput)."""
INDEX_DIMENSION = "GlobalSecondaryIndexName"
"""Dimension of an index's metrics (Guide: metrics-dimensions)."""

TARGET_TRACKING = "TargetTrackingScaling"
"""The only type of scaling policy that DynamoDB supports (Application Auto Scaling API: PutScalingPolicy, PolicyType)."""


def cause_events(access: Access, cause: str) -> str:
    """Metric of the throttle events of one cause (Guide: metrics-dimensions), for example
    ``WriteKeyRangeThroughputThrottleEvents``.

    Args:
        access: ``read`` or ``write``.
        cause: ``ProvisionedThroughput``, ``MaxOnDemandThroughput``, ``AccountLimit`` or ``KeyRangeThroughput``.
    """
    return THROTTLE_EVENTS[access].replace("Throttle", f"{cause}Throttle")


def utilization_metric(access: Access) -> str:
    """Predefined metric of target tracking (Application Auto Scaling API: PredefinedMetricSpecification).

    Args:
        access: ``read`` or ``write``.
    """
    return f"DynamoDB{access.title()}CapacityUtilization"


def metric_dimensions(table: str, index: str | None) -> dict[str, str]:
    """Dimensions of the metrics of a table or of one of its indexes (Guide: metrics-dimensions).

    Metrics with ``TableName`` alone do not include the indexes.

    Args:
        table: name of the table, or a reference to it.
        index: name of the index; ``None`` for the table itself.
    """
    return {"TableName": table} if index is None else {"TableName": table, INDEX_DIMENSION: index}


def scaling_resource_id(table: str, index: str | None) -> str:
    """Resource id in Application Auto Scaling: ``table/NAME`` or ``table/NAME/index/INDEX``
    (Application Auto Scaling API: RegisterScalableTarget).

    Args:
        table: name of the table.
        index: name of the index; ``None`` for the table itself.
    """
    return f"table/{table}" if index is None else f"table/{table}/index/{index}"


def scalable_dimension(dimension: Dimension) -> str:
    """Scalable dimension in Application Auto Scaling: ``dynamodb:table:WriteCapacityUnits`` or ``dynamodb:index:...``
    (Application Auto Scaling API: RegisterScalableTarget)."""
    resource_type = "table" if dimension.index is None else "index"
    return f"dynamodb:{resource_type}:{CAPACITY_UNITS[dimension.access]}"


__all__ = [
    "CAPACITY_UNITS",
    "CONSUMED_UNITS",
    "INDEX_DIMENSION",
    "MAXIMUM_UNITS",
    "NAMESPACE",
    "TARGET_TRACKING",
    "THROTTLED_REQUESTS",
    "THROTTLE_EVENTS",
    "WARM_UNITS",
    "cause_events",
    "metric_dimensions",
    "scalable_dimension",
    "scaling_resource_id",
    "utilization_metric",
]
