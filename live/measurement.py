"""What a run measures: the seconds of each switch, the capacity of the tables, and the seconds that alarms take."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from capacity_guard.capacity.capacity import BillingMode
from capacity_guard.capacity.dimension import TABLE, index_of
from capacity_guard.dynamodb.describe_table import LiveResource, LiveTable
from capacity_guard.dynamodb.names import NAMESPACE, scaling_resource_id

from .scenario import ON_DEMAND, PROVISIONED

_MINUTE = timedelta(seconds=60)


def seconds_between(start: datetime, end: datetime) -> float:
    """Seconds, rounded to a tenth."""
    return round((end - start).total_seconds(), 1)


def mode_of(table: LiveTable) -> str:
    """Billing mode of a table: ``on-demand`` or ``provisioned``."""
    return ON_DEMAND if table.mode is BillingMode.ON_DEMAND else PROVISIONED


def is_active(table: LiveTable) -> bool:
    """Whether the table and every index are ACTIVE."""
    return all(resource.status == "ACTIVE" for resource in table.resources.values())


def capacity_of(table: LiveTable) -> dict[str, Any]:
    """Mode, units and on-demand maxima of a table and its indexes, as the record has them; -1 is no maximum."""

    def members(resource: LiveResource) -> dict[str, int]:
        return {
            "read": resource.units["read"],
            "write": resource.units["write"],
            "maximum_read": resource.maximum.get("read", -1),
            "maximum_write": resource.maximum.get("write", -1),
        }

    indexes = {index_of(key): resource for key, resource in table.resources.items() if key != TABLE}
    return {
        "mode": mode_of(table),
        "table": members(table.resources[TABLE]),
        "indexes": {str(index): members(resource) for index, resource in indexes.items()},
    }


def is_restored(before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Whether a table is as before a change: what auto scaling moves may be higher, within its bounds, and nothing else.

    Args:
        before, after: ``capacity_of`` with the member ``scaling`` of ``scaling_of``.
    """
    bounds = before["scaling"]
    was = {"/table": before["table"], **{f"/index/{name}": of for name, of in before["indexes"].items()}}
    now = {"/table": after["table"], **{f"/index/{name}": of for name, of in after["indexes"].items()}}
    if (before["mode"], bounds, set(was)) != (after["mode"], after["scaling"], set(now)):
        return False
    for resource, members in was.items():
        for member, value in members.items():
            scaled = bounds.get(f"{resource} {member.title()}CapacityUnits")
            highest = value if scaled is None else max(value, scaled[1])
            if not value <= now[resource][member] <= highest:
                return False
    return True


def scaling_of(client: Any, table: str) -> dict[str, list[float]]:
    """Minimum, maximum and target of every scaled dimension of a table and its indexes, as the record has them.

    Args:
        client: boto3 client of Application Auto Scaling.
        table: name of the table.
    """
    table_id = scaling_resource_id(table, None)
    policies = {
        (policy["ResourceId"], policy["ScalableDimension"]): policy[
            "TargetTrackingScalingPolicyConfiguration"
        ]
        for policy in _entries(client, "describe_scaling_policies", "ScalingPolicies")
        if "TargetTrackingScalingPolicyConfiguration" in policy
    }
    scaling = {}
    for target in _entries(client, "describe_scalable_targets", "ScalableTargets"):
        resource, dimension = target["ResourceId"], target["ScalableDimension"]
        if resource == table_id or resource.startswith(f"{table_id}/index/"):
            policy = policies.get((resource, dimension), {})
            key = f"{resource.removeprefix(table_id) or '/table'} {dimension.rpartition(':')[2]}"
            scaling[key] = [target["MinCapacity"], target["MaxCapacity"], policy.get("TargetValue", -1.0)]
    return dict(sorted(scaling.items()))


def _entries(client: Any, operation: str, member: str) -> list[dict[str, Any]]:
    """All entries of a paged answer of Application Auto Scaling for DynamoDB."""
    pages = client.get_paginator(operation).paginate(ServiceNamespace="dynamodb")
    return [entry for page in pages for entry in page[member]]


@dataclass
class Switch:
    """One switch of a table's billing mode, as DescribeTable showed it.

    Attributes:
        to: the new mode, ``on-demand`` or ``provisioned``.
        started: time of the last answer in which table and indexes were ACTIVE in the old mode. The switch began later.
        ended: time of the first answer in which table and indexes were ACTIVE again; ``None`` before.
    """

    to: str
    started: datetime
    ended: datetime | None = None

    @property
    def seconds(self) -> float | None:
        """Upper bound of its duration: too long by less than two polling intervals. ``None`` before its end."""
        return None if self.ended is None else seconds_between(self.started, self.ended)


@dataclass
class SwitchWatcher:
    """Measures the switches of one table from repeated answers of DescribeTable.

    Attributes:
        dynamodb: boto3 client.
        table: name of the table.
        on_table: called with each answer and its time.
        switches: the switches until now, in their order.
    """

    dynamodb: Any
    table: str
    on_table: Callable[[LiveTable, datetime], None] | None = None
    switches: list[Switch] = field(default_factory=list)
    _mode: str | None = None
    _active: bool = True
    _last_active: datetime | None = None

    @property
    def is_switching(self) -> bool:
        """Whether the last answer showed a status other than ACTIVE, or a switch has not ended."""
        return not self._active or any(switch.ended is None for switch in self.switches)

    def poll(self) -> None:
        """Call DescribeTable once and add its answer."""
        answer = self.dynamodb.describe_table(TableName=self.table)["Table"]
        self.add(answer, datetime.now(UTC))

    def add(self, answer: Mapping[str, Any], at: datetime) -> None:
        """Add one answer of DescribeTable.

        Args:
            answer: its ``Table`` member.
            at: time of the answer, UTC.
        """
        table = LiveTable.of(answer)
        mode, active = mode_of(table), is_active(table)
        if self._mode is not None and mode != self._mode:
            self.switches.append(Switch(mode, self._last_active or at))
        self._mode, self._active = mode, active
        if active and self.switches and self.switches[-1].ended is None:
            self.switches[-1].ended = at
        if active:
            self._last_active = at
        if self.on_table is not None:
            self.on_table(table, at)


def minutes_above(
    cloudwatch: Any,
    metric: str,
    dimensions: Mapping[str, str],
    threshold: float,
    start: datetime,
    end: datetime,
) -> list[datetime]:
    """The minutes in which the sum of a metric exceeds a threshold, in their order.

    Args:
        cloudwatch: boto3 client.
        metric: name of the metric in AWS/DynamoDB.
        dimensions: dimensions of the metric.
        threshold: units or events a minute.
        start: start of the search, UTC.
        end: end of the search, UTC.
    """
    query = {
        "Id": "m",
        "MetricStat": {
            "Metric": {
                "Namespace": NAMESPACE,
                "MetricName": metric,
                "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
            },
            "Period": 60,
            "Stat": "Sum",
        },
    }
    answer = cloudwatch.get_metric_data(
        MetricDataQueries=[query],
        StartTime=start.replace(second=0, microsecond=0),
        EndTime=end + _MINUTE,
        ScanBy="TimestampAscending",
    )["MetricDataResults"][0]
    points = zip(answer["Timestamps"], answer["Values"], strict=True)
    return sorted(minute for minute, value in points if value > threshold)


def first_time_in(cloudwatch: Any, alarm: str, state: str, start: datetime) -> datetime | None:
    """When an alarm first went to a state at or after a time (CloudWatch API: DescribeAlarmHistory).

    Args:
        cloudwatch: boto3 client.
        alarm: name of the alarm.
        state: ``ALARM`` or ``OK``.
        start: earliest time, UTC.
    """
    pages = cloudwatch.get_paginator("describe_alarm_history").paginate(
        AlarmName=alarm, HistoryItemType="StateUpdate"
    )
    times = [
        item["Timestamp"]
        for page in pages
        for item in page["AlarmHistoryItems"]
        if item["Timestamp"] >= start and f"to {state}" in item["HistorySummary"]
    ]
    return min(times, default=None)
