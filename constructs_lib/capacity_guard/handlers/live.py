"""What a gate sees: the live table, its traffic, its alarms and the operation it is part of, each read once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from ..capacity.capacity import BillingMode
from ..capacity.dimension import TABLE, Dimension, index_of
from ..capacity.gate_plan import GatePlan
from ..dynamodb.describe_table import LiveScaling, LiveTable, answered_time, scaled_dimension
from ..dynamodb.names import scaling_resource_id
from .aws import AwsError, GateAws, readable
from .live_traffic import LiveTraffic

PEAK_HOURS = 3
"""Hours whose busiest minute is the live peak: one day part, and the span that CloudWatch reads fastest
(CloudWatch Guide: cloudwatch_limits)."""

T = TypeVar("T")


@dataclass(frozen=True)
class LiveAlarm:
    """One alarm as DescribeAlarms shows it.

    Attributes:
        state: ``OK``, ``ALARM`` or ``INSUFFICIENT_DATA``.
        evaluation: EvaluationState; anything but ``None`` means that the state cannot be trusted
            (CloudWatch API: MetricAlarm).
        since: last change of the state.
        configured: last change of its definition.
        reason: why it has its state.
        definition: the whole answer.
    """

    name: str
    state: str
    evaluation: str | None
    since: datetime | None
    configured: datetime | None
    reason: str
    definition: Mapping[str, Any]

    @staticmethod
    def of(data: Mapping[str, Any]) -> LiveAlarm:
        """What DescribeAlarms shows of a metric alarm or a composite one."""
        return LiveAlarm(
            str(data["AlarmName"]),
            str(data["StateValue"]),
            data.get("EvaluationState"),
            answered_time(data.get("StateTransitionedTimestamp") or data.get("StateUpdatedTimestamp")),
            answered_time(data.get("AlarmConfigurationUpdatedTimestamp")),
            str(data.get("StateReason", "")),
            data,
        )


@dataclass(frozen=True)
class Names:
    """Names that only the live stack knows.

    Attributes:
        table: the table's name, ``None`` where it could not be found.
        alarms: names of the guard's own alarms by resource key.
        missing: logical ids that the stack does not have.
    """

    table: str | None
    alarms: Mapping[str, str]
    missing: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain data that travels with the framework's event."""
        return {"Table": self.table, "Alarms": dict(self.alarms), "Missing": list(self.missing)}

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> Names:
        """What ``to_json`` gave."""
        return Names(value["Table"], value["Alarms"], tuple(value["Missing"]))


@dataclass(frozen=True)
class Live:
    """Everything a gate judges. ``None`` where a part was not asked for or could not be read (then ``unread`` says so).

    Attributes:
        plan: what the gate was told.
        at: moment of the reading, UTC.
        stack_id: ARN of the stack.
        names: names found in the stack.
        table: the table.
        alarms: the guard's own alarms and the user's, by name.
        traffic: consumed units and throttle events.
        scaling: auto scaling by dimension.
        leftovers: dimensions with a scaling target although the table is on-demand; read for AWS::DynamoDB::Table only.
        stack: DescribeStacks.
        changes: changes of the operation's change set; ``None`` also where the operation has none.
        switches: moments of switches to on-demand in the quota's hours.
        unread: sentences about what could not be read.
        again: whether all of that may be readable a little later.
        notes: what the reading itself cannot see.
    """

    plan: GatePlan
    at: datetime
    stack_id: str
    names: Names
    table: LiveTable | None = None
    alarms: Mapping[str, LiveAlarm] | None = None
    traffic: LiveTraffic | None = None
    scaling: Mapping[Dimension, LiveScaling] | None = None
    leftovers: frozenset[Dimension] = frozenset()
    stack: Mapping[str, Any] | None = None
    changes: tuple[Mapping[str, Any], ...] | None = None
    switches: tuple[datetime, ...] | None = None
    unread: tuple[str, ...] = ()
    again: bool = False
    notes: tuple[str, ...] = ()

    @property
    def region(self) -> str:
        """Region of the stack, from its ARN."""
        return _part(self.stack_id, 3)

    @property
    def account(self) -> str:
        """Account of the stack, from its ARN."""
        return _part(self.stack_id, 4)


class Reading:
    """Reads parts of AWS one by one and keeps what could not be read, so that a gate can report all of it."""

    def __init__(self) -> None:
        self.unread: list[str] = []
        self.again = True

    def attempt(self, read: Callable[[], T]) -> T | None:
        """The result, or ``None`` and a sentence in ``unread``."""
        try:
            return read()
        except AwsError as error:
            self.unread.append(str(error))
            self.again = self.again and error.passes
            return None


def find_names(aws: GateAws, plan: GatePlan, stack_id: str) -> Names:
    """The names of the table and of the guard's own alarms, by their logical ids.

    Raises:
        AwsError: the stack cannot be asked.
    """
    missing = []
    table = plan.table_name or aws.physical_id(stack_id, plan.logical_id)
    if table is None:
        missing.append(plan.logical_id)
    alarms = {}
    for key, logical_id in sorted(plan.alarms.items(), key=lambda one: (one[0] != TABLE, one[0])):
        name = aws.physical_id(stack_id, logical_id)
        if name is None:
            missing.append(logical_id)
        else:
            alarms[key] = name
    return Names(table, alarms, tuple(missing))


def read_table(aws: GateAws, name: str) -> LiveTable:
    """The live table.

    Raises:
        AwsError: it cannot be read.
    """
    data = aws.table(name)
    with readable(f"dynamodb:DescribeTable of {name}"):
        return LiveTable.of(data)


def read_alarms(aws: GateAws, plan: GatePlan, names: Names) -> dict[str, LiveAlarm]:
    """The guard's own alarms and those that the user names; one that does not exist is left out.

    Raises:
        AwsError: they cannot be read.
    """
    wanted = list(dict.fromkeys((*names.alarms.values(), *plan.rollout.alarms)))
    if not wanted:
        return {}
    found = aws.alarms(wanted)
    with readable("cloudwatch:DescribeAlarms"):
        return {name: LiveAlarm.of(data) for name, data in found.items()}


def read_scaling(aws: GateAws, table: LiveTable) -> dict[Dimension, LiveScaling]:
    """Auto scaling of a provisioned table and its indexes, by dimension; empty in on-demand mode.

    Scaling targets outlive a switch to on-demand made by API (Guide: bp-switching-capacity-modes), where they mean
    nothing, so they are not read there.

    Raises:
        AwsError: it cannot be read.
    """
    if table.mode is BillingMode.ON_DEMAND:
        return {}
    ids = {scaling_resource_id(table.name, index_of(key)): key for key in table.resources}
    bounds = read_targets(aws, table)
    percent: dict[Dimension, float] = {}
    found: dict[Dimension, LiveScaling] = {}
    with readable("application-autoscaling:DescribeScalableTargets"):
        targets = sorted({one["ResourceId"] for one in bounds.values()})
    for resource_id in targets:
        policies = aws.scaling_policies(resource_id)
        with readable(f"application-autoscaling:DescribeScalingPolicies of {resource_id}"):
            for policy in policies:
                tracking = policy.get("TargetTrackingScalingPolicyConfiguration")
                if tracking:
                    dimension = scaled_dimension(ids[policy["ResourceId"]], policy["ScalableDimension"])
                    percent[dimension] = float(tracking["TargetValue"])
    with readable("application-autoscaling:DescribeScalableTargets"):
        for dimension, one in bounds.items():
            found[dimension] = LiveScaling(
                int(one["MinCapacity"]), int(one["MaxCapacity"]), percent.get(dimension)
            )
    return found


def read_targets(aws: GateAws, table: LiveTable) -> dict[Dimension, Mapping[str, Any]]:
    """The registered scaling targets of a table and its indexes, by dimension, in either billing mode.

    Raises:
        AwsError: they cannot be read.
    """
    ids = {scaling_resource_id(table.name, index_of(key)): key for key in table.resources}
    targets = aws.scalable_targets(list(ids))
    with readable("application-autoscaling:DescribeScalableTargets"):
        return {scaled_dimension(ids[one["ResourceId"]], one["ScalableDimension"]): one for one in targets}


def _part(arn: str, position: int) -> str:
    parts = arn.split(":")
    return parts[position] if len(parts) > position else ""
