"""Whether throttling has a cause that a change of capacity can affect."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from ..capacity.dimension import ACCESSES, TABLE, Dimension, index_of
from ..capacity.gate_plan import GatePlan
from ..capacity.transition import Change
from ..dynamodb.names import cause_events, metric_dimensions
from ..handlers.aws import GateAws

_CAUSES = ("ProvisionedThroughput", "MaxOnDemandThroughput", "AccountLimit", "KeyRangeThroughput")


def other_causes(plan: GatePlan) -> tuple[str, ...]:
    """Causes of throttling that a change cannot affect.

    ``KeyRangeThroughput`` is a hot key. But where a change switched the table to on-demand, the service reports demand beyond
    the warm throughput with that cause (DynamoDB Guide: throttling-key-range-limit-exceeded-mitigation), so nothing is
    excluded there.

    Args:
        plan: the plan of the change.
    """
    transition = plan.transition
    if transition.switches_to_on_demand:
        return ()
    own = "MaxOnDemandThroughput" if transition.declared.is_on_demand else "ProvisionedThroughput"
    return tuple(cause for cause in _CAUSES if cause != own)


def can_affect(plan: GatePlan, resource: str) -> bool:
    """Whether a change can make a resource throttle: it changed that, or an index whose writes hold up those of the table
    (DynamoDB Guide: gsi-throttling).

    Args:
        plan: the plan of the change.
        resource: resource key of what throttles.
    """
    changed = [each.dimension for each in plan.transition.changes if each.change is not Change.NONE]
    if any(dimension.resource == resource for dimension in changed):
        return True
    return resource == TABLE and any(dimension.access == "write" for dimension in changed)


def read_other_events(
    aws: GateAws, plan: GatePlan, table: str, resource: str, since: datetime, until: datetime
) -> Mapping[Dimension, Mapping[datetime, float]]:
    """Throttle events per minute with causes that a change cannot affect.

    Args:
        aws: the calls.
        plan: the plan of the change.
        table: name of the table.
        resource: resource key of what throttles.
        since: the first minute, UTC.
        until: the minute after the last one, UTC.

    Raises:
        AwsError: they cannot be read.
    """
    index = index_of(resource)
    metrics = {
        f"{access} {cause}": (cause_events(access, cause), metric_dimensions(table, index))
        for access in ACCESSES
        for cause in other_causes(plan)
    }
    if not metrics:
        return {}
    found: dict[Dimension, dict[datetime, float]] = {}
    for key, minutes in aws.sums_per_minute(metrics, since, until).items():
        dimension = Dimension(index, key.split()[0])  # type: ignore[arg-type]
        total = found.setdefault(dimension, {})
        for minute, events in minutes.items():
            total[minute] = total.get(minute, 0.0) + events
    return found


__all__ = ["can_affect", "other_causes", "read_other_events"]
