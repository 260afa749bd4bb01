"""What a gate sees: the live table, its traffic, its alarms and the operation it is part of, each read once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from ..capacity.capacity import ACCESSES, TABLE, Access, BillingMode, Dimension, index_of, resource_key
from ..capacity.evidence import MINUTE
from ..capacity.gate_plan import GatePlan
from ..capacity.limits import METRIC_DELAY, SWITCH_QUOTA_HOURS
from .aws import Aws, AwsError, readable

LIVE_MINUTES = 5
"""Complete minutes that stand for the live traffic of this moment."""
PEAK_HOURS = 3
"""Hours whose busiest minute is the live peak: one day part, and the span that CloudWatch reads fastest
(CloudWatch Guide: cloudwatch_limits)."""
_EVENTS: Mapping[Access, str] = {"read": "ReadThrottleEvents", "write": "WriteThrottleEvents"}
_CONSUMED: Mapping[Access, str] = {"read": "ConsumedReadCapacityUnits", "write": "ConsumedWriteCapacityUnits"}

T = TypeVar("T")


@dataclass(frozen=True)
class LiveResource:
    """The table itself, or one index, as DescribeTable shows it.

    Attributes:
        status: TableStatus or IndexStatus.
        units: provisioned units per second by access; 0 in on-demand mode.
        warm: warm throughput, units per second by access.
        warm_status: status of the warm throughput, which TableStatus does not tell (quirks: DDB-TABLE-179).
        maximum: on-demand maxima, units per second by access, where there are any.
        decreases: decreases of provisioned throughput in the UTC day of the last one.
        last_decrease: moment of the last one.
    """

    status: str
    units: Mapping[Access, int]
    warm: Mapping[Access, int]
    warm_status: str
    maximum: Mapping[Access, int]
    decreases: int
    last_decrease: datetime | None

    @staticmethod
    def of(data: Mapping[str, Any], status: str) -> LiveResource:
        """What DescribeTable shows of one resource; ``status`` names the field of its status."""
        throughput = data.get("ProvisionedThroughput") or {}
        warm = data.get("WarmThroughput") or {}
        on_demand = data.get("OnDemandThroughput") or {}
        maxima = {a: int(on_demand.get(f"Max{a.capitalize()}RequestUnits", -1)) for a in ACCESSES}
        return LiveResource(
            str(data.get(status, "without a status")),
            {a: int(throughput.get(f"{a.capitalize()}CapacityUnits", 0)) for a in ACCESSES},
            {a: int(warm.get(f"{a.capitalize()}UnitsPerSecond", 0)) for a in ACCESSES},
            str(warm.get("Status", "ACTIVE")),
            # -1 removes a maximum and shows for about a second (quirks: DDB-TABLE-178)
            {a: units for a, units in maxima.items() if units > 0},
            int(throughput.get("NumberOfDecreasesToday", 0)),
            _moment(throughput.get("LastDecreaseDateTime")),
        )


@dataclass(frozen=True)
class LiveTable:
    """DescribeTable of the guarded table.

    Attributes:
        name: its name.
        mode: billing mode; a table that was never on-demand shows none (quirks: DDB-TABLE-058).
        last_switch: moment of the last switch to on-demand.
        resources: the table and its indexes, by resource key.
    """

    name: str
    mode: BillingMode
    last_switch: datetime | None
    resources: Mapping[str, LiveResource]

    @staticmethod
    def of(data: Mapping[str, Any]) -> LiveTable:
        """What DescribeTable shows of a table."""
        summary = data.get("BillingModeSummary") or {}
        indexes = data.get("GlobalSecondaryIndexes") or ()
        return LiveTable(
            str(data["TableName"]),
            BillingMode(summary.get("BillingMode", BillingMode.PROVISIONED.value)),
            _moment(summary.get("LastUpdateToPayPerRequestDateTime")),
            {
                TABLE: LiveResource.of(data, "TableStatus"),
                **{resource_key(one["IndexName"]): LiveResource.of(one, "IndexStatus") for one in indexes},
            },
        )

    def dimensions(self) -> Iterable[Dimension]:
        """Every dimension, the table's first."""
        return (Dimension(index_of(key), access) for key in self.resources for access in ACCESSES)

    def units(self, dimension: Dimension) -> int | None:
        """Provisioned units per second; ``None`` in on-demand mode and for an index that does not exist."""
        one = self.resources.get(dimension.resource)
        return None if one is None or self.mode is BillingMode.ON_DEMAND else one.units[dimension.access]


@dataclass(frozen=True)
class LiveScaling:
    """Auto scaling of one dimension: bounds in units per second, target in percent where a policy states one."""

    minimum: int
    maximum: int
    target: float | None


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
            _moment(data.get("StateTransitionedTimestamp") or data.get("StateUpdatedTimestamp")),
            _moment(data.get("AlarmConfigurationUpdatedTimestamp")),
            str(data.get("StateReason", "")),
            data,
        )


@dataclass(frozen=True)
class LiveTraffic:
    """Consumed units and throttle events per minute.

    Attributes:
        at: moment of the reading.
        consumed: units per minute by dimension and minute; a minute without a point is unknown.
        throttled: throttle events per minute; a minute without a point had none (Guide: metrics-dimensions).
    """

    at: datetime
    consumed: Mapping[Dimension, Mapping[datetime, float]]
    throttled: Mapping[Dimension, Mapping[datetime, float]]

    @property
    def complete_until(self) -> datetime:
        """The minute after the last one whose metrics are complete."""
        return floor_minute(self.at - timedelta(seconds=METRIC_DELAY.value))

    @property
    def live_from(self) -> datetime:
        """The first of the minutes that stand for this moment."""
        return self.complete_until - LIVE_MINUTES * MINUTE

    def peak(self, dimension: Dimension) -> float | None:
        """Busiest minute read, units per second; ``None`` where no minute is known."""
        values = self.consumed.get(dimension, {}).values()
        return max(values) / 60 if values else None

    def now(self, dimension: Dimension) -> float | None:
        """Live traffic, units per second: the busiest of the last complete minutes, or of all read if none is known."""
        minutes = self.consumed.get(dimension, {})
        first = self.live_from
        recent = [value for minute, value in minutes.items() if minute >= first]
        return max(recent) / 60 if recent else self.peak(dimension)

    def events(self, resource: str, since: datetime) -> dict[datetime, float]:
        """Throttle events per minute of a resource, reads and writes together, since a minute."""
        total: dict[datetime, float] = {}
        for dimension, minutes in self.throttled.items():
            if dimension.resource == resource:
                for minute, value in minutes.items():
                    if minute >= since:
                        total[minute] = total.get(minute, 0) + value
        return total

    def mostly(self, resource: str, minute: datetime) -> Access:
        """Which access most of a resource's throttle events of a minute belong to."""
        index = index_of(resource)
        read, write = (self.throttled.get(Dimension(index, a), {}).get(minute, 0) for a in ACCESSES)
        return "read" if read > write else "write"


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


def floor_minute(moment: datetime) -> datetime:
    """The minute that a moment lies in."""
    return moment.replace(second=0, microsecond=0)


def find_names(aws: Aws, plan: GatePlan, stack_id: str) -> Names:
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


def read_table(aws: Aws, name: str) -> LiveTable:
    """The live table.

    Raises:
        AwsError: it cannot be read.
    """
    data = aws.table(name)
    with readable(f"dynamodb:DescribeTable of {name}"):
        return LiveTable.of(data)


def read_alarms(aws: Aws, plan: GatePlan, names: Names) -> dict[str, LiveAlarm]:
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


def read_traffic(aws: Aws, table: LiveTable, since: datetime, now: datetime) -> LiveTraffic:
    """Consumed units and throttle events of every dimension since a moment.

    Raises:
        AwsError: they cannot be read.
    """
    metrics: dict[str, tuple[str, Mapping[str, str]]] = {}
    for dimension in table.dimensions():
        where = {"TableName": table.name}
        if dimension.index is not None:
            where["GlobalSecondaryIndexName"] = dimension.index
        metrics[f"consumed {dimension.key}"] = (_CONSUMED[dimension.access], where)
        metrics[f"throttled {dimension.key}"] = (_EVENTS[dimension.access], where)
    points = aws.minutes(metrics, floor_minute(since), floor_minute(now) + MINUTE)
    return LiveTraffic(
        now,
        {d: points[f"consumed {d.key}"] for d in table.dimensions()},
        {d: points[f"throttled {d.key}"] for d in table.dimensions()},
    )


def read_scaling(aws: Aws, table: LiveTable) -> dict[Dimension, LiveScaling]:
    """Auto scaling of a provisioned table and its indexes, by dimension; empty in on-demand mode.

    Scaling targets outlive a switch to on-demand made by API (Guide: bp-switching-capacity-modes), where they mean
    nothing, so they are not read there.

    Raises:
        AwsError: it cannot be read.
    """
    if table.mode is BillingMode.ON_DEMAND:
        return {}
    ids = {scaling_id(table.name, key): key for key in table.resources}
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
                    dimension = _scaled(ids[policy["ResourceId"]], policy["ScalableDimension"])
                    percent[dimension] = float(tracking["TargetValue"])
    with readable("application-autoscaling:DescribeScalableTargets"):
        for dimension, one in bounds.items():
            found[dimension] = LiveScaling(
                int(one["MinCapacity"]), int(one["MaxCapacity"]), percent.get(dimension)
            )
    return found


def read_targets(aws: Aws, table: LiveTable) -> dict[Dimension, Mapping[str, Any]]:
    """The registered scaling targets of a table and its indexes, by dimension, in either billing mode.

    Raises:
        AwsError: they cannot be read.
    """
    ids = {scaling_id(table.name, key): key for key in table.resources}
    targets = aws.scalable_targets(list(ids))
    with readable("application-autoscaling:DescribeScalableTargets"):
        return {_scaled(ids[one["ResourceId"]], one["ScalableDimension"]): one for one in targets}


def scaling_id(table: str, key: str) -> str:
    """Resource id in Application Auto Scaling: ``table/NAME`` or ``table/NAME/index/INDEX``."""
    return f"table/{table}" if key == TABLE else f"table/{table}/{key}"


def read_switches(
    aws: Aws, plan: GatePlan, table: LiveTable | None, stack_id: str, now: datetime
) -> list[datetime]:
    """Moments at which the table was switched to on-demand in the hours of the quota.

    Counted from the stack's events of the table, whose properties carry the billing mode, and from the moment that
    DescribeTable keeps of the last switch, which also covers the last one made by hand. Earlier ones made by hand
    are not visible to any of the guard's calls.

    Raises:
        AwsError: the events cannot be read.
    """
    since = now - timedelta(hours=SWITCH_QUOTA_HOURS.value)
    events = aws.events(stack_id, plan.logical_id, since)
    found: list[datetime] = []
    before: str | None = None
    with readable("cloudformation:DescribeStackEvents"):
        for event in events:
            mode = _mode_of(event)
            if mode is None:
                continue
            if (
                before not in (None, mode)
                and mode == BillingMode.ON_DEMAND.value
                and event["Timestamp"] >= since
            ):
                found.append(event["Timestamp"])
            before = mode
    last = None if table is None else table.last_switch
    # DescribeTable's moment is the end of a switch (quirks: DDB-TABLE-064), the event its beginning
    if last is not None and last >= since and not any(_same_switch(one, last) for one in found):
        found.append(last)
    return sorted(found)


def _same_switch(event: datetime, stamp: datetime) -> bool:
    return -MINUTE <= stamp - event <= timedelta(hours=1)


def _mode_of(event: Mapping[str, Any]) -> str | None:
    properties = event.get("ResourceProperties")
    if not properties or not str(event.get("ResourceStatus", "")).endswith("_IN_PROGRESS"):
        return None
    if str(event["ResourceStatus"]).startswith("DELETE"):
        return None
    try:
        data = json.loads(properties)
    except ValueError:
        return None
    # both table types are provisioned where they name no mode (CloudFormation User Guide)
    return str(data.get("BillingMode", BillingMode.PROVISIONED.value)) if isinstance(data, dict) else None


def _part(arn: str, position: int) -> str:
    parts = arn.split(":")
    return parts[position] if len(parts) > position else ""


def _scaled(key: str, dimension: str) -> Dimension:
    return Dimension(index_of(key), "read" if dimension.endswith(":ReadCapacityUnits") else "write")


def _moment(value: Any) -> datetime | None:
    if value is None:
        return None
    if not isinstance(value, datetime):
        raise TypeError(f"{value!r} is no moment")
    return value.astimezone(UTC)
