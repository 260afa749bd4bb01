"""What a run measures: seconds of each switch, what the tables have, and how long alarms take."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

NAMESPACE = "AWS/DynamoDB"
_MINUTE = timedelta(seconds=60)


def seconds_between(start: datetime, end: datetime) -> float:
    """Seconds, to a tenth."""
    return round((end - start).total_seconds(), 1)


def state(table: Mapping[str, Any]) -> dict[str, Any]:
    """Mode, units and on-demand maxima of table and indexes, from DescribeTable's answer."""

    def one(members: Mapping[str, Any]) -> dict[str, Any]:
        units = members.get("ProvisionedThroughput", {})
        maxima = members.get("OnDemandThroughput", {})
        return {
            "read": units.get("ReadCapacityUnits", 0),
            "write": units.get("WriteCapacityUnits", 0),
            "maximum_read": maxima.get("MaxReadRequestUnits", -1),
            "maximum_write": maxima.get("MaxWriteRequestUnits", -1),
        }

    indexes = table.get("GlobalSecondaryIndexes", ())
    return {
        "mode": mode(table),
        "table": one(table),
        "indexes": {i["IndexName"]: one(i) for i in indexes},
    }


def mode(table: Mapping[str, Any]) -> str:
    """``on-demand`` or ``provisioned``; without a summary it never was on-demand (API: TableDescription)."""
    summary = table.get("BillingModeSummary") or {}
    return "on-demand" if summary.get("BillingMode") == "PAY_PER_REQUEST" else "provisioned"


def is_active(table: Mapping[str, Any]) -> bool:
    """Whether table and every index are ACTIVE."""
    indexes = table.get("GlobalSecondaryIndexes", ())
    return table["TableStatus"] == "ACTIVE" and all(
        i.get("IndexStatus", "ACTIVE") == "ACTIVE" for i in indexes
    )


def scaling(client: Any, table: str) -> dict[str, list[float]]:
    """Minimum, maximum and target of every scaled dimension of a table and its indexes."""
    names = (f"table/{table}", f"table/{table}/index/")
    targets = _pages(client, "describe_scalable_targets", "ScalableTargets")
    policies = {
        (one["ResourceId"], one["ScalableDimension"]): one["TargetTrackingScalingPolicyConfiguration"]
        for one in _pages(client, "describe_scaling_policies", "ScalingPolicies")
        if "TargetTrackingScalingPolicyConfiguration" in one
    }
    found = {}
    for one in targets:
        resource = one["ResourceId"]
        if resource == names[0] or resource.startswith(names[1]):
            policy = policies.get((resource, one["ScalableDimension"]), {})
            key = (
                f"{resource.removeprefix(names[0]) or '/table'} {one['ScalableDimension'].rpartition(':')[2]}"
            )
            found[key] = [one["MinCapacity"], one["MaxCapacity"], policy.get("TargetValue", -1.0)]
    return dict(sorted(found.items()))


def _pages(client: Any, call: str, member: str) -> list[dict[str, Any]]:
    return [
        one
        for page in client.get_paginator(call).paginate(ServiceNamespace="dynamodb")
        for one in page[member]
    ]


@dataclass
class Switch:
    """One switch of a table's mode, as DescribeTable showed it.

    Attributes:
        to: the mode that it led to.
        started: the last look at which table and indexes were ACTIVE in the mode before: the switch began after it.
        ended: when table and every index were ACTIVE again; ``None`` while they are not.
    """

    to: str
    started: datetime
    ended: datetime | None = None

    @property
    def seconds(self) -> float | None:
        """Seconds that it took at most: by less than two looks too many."""
        return None if self.ended is None else seconds_between(self.started, self.ended)


@dataclass
class Watcher:
    """Looks at one table again and again (``look``), and keeps its switches.

    Attributes:
        dynamodb: boto3 client.
        table: its name.
        on_switched: called with the new mode when a switch is through.
        switches: what it has seen.
    """

    dynamodb: Any
    table: str
    on_switched: Callable[[str], None] | None = None
    switches: list[Switch] = field(default_factory=list)
    _mode: str | None = None
    _active: bool = True
    _settled_at: datetime | None = None

    @property
    def unsettled(self) -> bool:
        """Whether the last look saw something that was not ACTIVE."""
        return not self._active or any(one.ended is None for one in self.switches)

    def look(self) -> None:
        """One look."""
        table = self.dynamodb.describe_table(TableName=self.table)["Table"]
        self.seen(table, datetime.now(UTC))

    def seen(self, table: Mapping[str, Any], at: datetime) -> None:
        """Judge one answer of DescribeTable.

        Args:
            table: its ``Table`` member.
            at: the moment of the answer, UTC.
        """
        now, active = mode(table), is_active(table)
        if self._mode is not None and now != self._mode:
            self.switches.append(Switch(now, self._settled_at or at))
        self._mode, self._active = now, active
        if active and self.switches and self.switches[-1].ended is None:
            self.switches[-1].ended = at
            if self.on_switched is not None:
                self.on_switched(now)
        if active:
            self._settled_at = at


def minute_above(
    cloudwatch: Any,
    metric: str,
    dimensions: Mapping[str, str],
    threshold: float,
    start: datetime,
    end: datetime,
) -> datetime | None:
    """The first minute in which the sum of a metric exceeds a threshold, ``None`` if none does.

    Args:
        cloudwatch: boto3 client.
        metric: name in AWS/DynamoDB.
        dimensions: its dimensions.
        threshold: units or events a minute.
        start: first moment, UTC.
        end: last moment, UTC.
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
    above = [
        at for at, value in zip(answer["Timestamps"], answer["Values"], strict=True) if value > threshold
    ]
    return min(above, default=None)


def alarmed_at(cloudwatch: Any, alarm: str, start: datetime) -> datetime | None:
    """When an alarm first went to ALARM after a moment (CloudWatch API: DescribeAlarmHistory)."""
    pages = cloudwatch.get_paginator("describe_alarm_history").paginate(
        AlarmName=alarm, HistoryItemType="StateUpdate"
    )
    times = [
        one["Timestamp"]
        for page in pages
        for one in page["AlarmHistoryItems"]
        if one["Timestamp"] >= start and "to ALARM" in one["HistorySummary"]
    ]
    return min(times, default=None)
