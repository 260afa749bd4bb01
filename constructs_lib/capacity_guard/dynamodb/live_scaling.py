"""Auto scaling of a live table in the responses of Application Auto Scaling: targets, policies and scheduled actions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..capacity.dimension import Dimension, index_of
from ..capacity.errors import InputError
from ..capacity.scheduled_action import ScheduledAction
from .names import CAPACITY_UNITS, utilization_metric
from .response_time import response_time


@dataclass(frozen=True)
class LiveScaling:
    """Auto scaling of one dimension.

    Attributes:
        minimum: its lower bound, units per second.
        maximum: its upper bound, units per second.
        target: target utilization in percent, ``None`` without a policy: then only the bounds hold, and scheduled actions
            may move them.
        suspended: whether its scaling in or out is suspended (API: SuspendedState).
    """

    minimum: int
    maximum: int
    target: float | None
    suspended: bool = False


def read_live_scaling(
    keys: Mapping[str, str], targets: Iterable[Mapping[str, Any]], policies: Iterable[Mapping[str, Any]]
) -> dict[Dimension, LiveScaling]:
    """The scalable targets of a table and its indexes, each with the target of its policy.

    Args:
        keys: resource key of the table and of each index, by resource id.
        targets: scalable targets (Application Auto Scaling API: ScalableTarget).
        policies: scaling policies (Application Auto Scaling API: ScalingPolicy).

    Raises:
        InputError: a policy follows something else than the utilization of its dimension.
        KeyError: an entry is of another table, or has no value that it must have.
    """
    percent: dict[Dimension, float] = {}
    for policy in policies:
        tracking = policy.get("TargetTrackingScalingPolicyConfiguration")
        if tracking:
            dimension = _dimension_of(keys, policy)
            _check_metric(policy["ResourceId"], tracking, dimension)
            percent[dimension] = float(tracking["TargetValue"])
    return {
        dimension: LiveScaling(
            int(target["MinCapacity"]),
            int(target["MaxCapacity"]),
            percent.get(dimension),
            _is_suspended(target),
        )
        for dimension, target in scaled_dimensions(keys, targets).items()
    }


def scaled_dimensions(
    keys: Mapping[str, str], targets: Iterable[Mapping[str, Any]]
) -> dict[Dimension, Mapping[str, Any]]:
    """Scalable targets by the dimension that each of them scales, in either billing mode.

    Args:
        keys: resource key of the table and of each index, by resource id.
        targets: scalable targets.

    Raises:
        KeyError: a target is of another table.
    """
    return {_dimension_of(keys, target): target for target in targets}


def read_live_schedules(
    keys: Mapping[str, str], actions: Iterable[Mapping[str, Any]]
) -> tuple[ScheduledAction, ...]:
    """The scheduled actions of a table and its indexes, by dimension and name.

    Args:
        keys: resource key of the table and of each index, by resource id.
        actions: scheduled actions (Application Auto Scaling API: ScheduledAction).

    Raises:
        KeyError: an action is of another table, or has no value that it must have.
    """
    found = [_schedule(_dimension_of(keys, action), action) for action in actions]
    return tuple(sorted(found, key=lambda action: (action.dimension.key, action.name)))


def _schedule(dimension: Dimension, action: Mapping[str, Any]) -> ScheduledAction:
    bounds = action.get("ScalableTargetAction") or {}
    return ScheduledAction(
        dimension,
        action["ScheduledActionName"],
        action["Schedule"],
        action.get("Timezone"),
        bounds.get("MinCapacity"),
        bounds.get("MaxCapacity"),
        _whole_second(response_time(action.get("StartTime"))),
        _whole_second(response_time(action.get("EndTime"))),
    )


def _dimension_of(keys: Mapping[str, str], entry: Mapping[str, Any]) -> Dimension:
    reads = str(entry["ScalableDimension"]).endswith(f":{CAPACITY_UNITS['read']}")
    return Dimension(index_of(keys[entry["ResourceId"]]), "read" if reads else "write")


def _check_metric(resource_id: str, tracking: Mapping[str, Any], dimension: Dimension) -> None:
    """Raise an ``InputError`` for a policy that no capacity can state, as the reader of templates does."""
    metric = (tracking.get("PredefinedMetricSpecification") or {}).get("PredefinedMetricType")
    if tracking.get("CustomizedMetricSpecification"):
        metric = "a metric of its own"
    expected = utilization_metric(dimension.access)
    if metric not in (None, expected):
        raise InputError(
            f"scaling policy of {resource_id}, {dimension.access}",
            f"follows {metric}, not {expected}",
            "Let it follow the utilization of its own dimension",
        )


def _is_suspended(target: Mapping[str, Any]) -> bool:
    state = target.get("SuspendedState") or {}
    return bool(state.get("DynamicScalingInSuspended") or state.get("DynamicScalingOutSuspended"))


def _whole_second(time: datetime | None) -> datetime | None:
    return None if time is None else time.replace(microsecond=0)


__all__ = ["LiveScaling", "read_live_scaling", "read_live_schedules", "scaled_dimensions"]
