"""The alarms that can veto a change, as DescribeAlarms shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..capacity.gate_plan import GatePlan
from ..dynamodb.response_time import response_time
from .aws import GateAws
from .aws_error import reading
from .stack_names import StackNames

_FIRST_REASON = "Unchecked: Initial alarm creation"


@dataclass(frozen=True)
class LiveAlarm:
    """One metric or composite alarm.

    Attributes:
        name: name of the alarm.
        state: ``OK``, ``ALARM`` or ``INSUFFICIENT_DATA``.
        evaluation: EvaluationState. If it is not ``None``, the state cannot be trusted (CloudWatch API: MetricAlarm).
        since: time of the last change of the state, UTC.
        configured: time of the last change of the definition, UTC.
        reason: why the alarm has its state.
        definition: the response of DescribeAlarms for this alarm.
    """

    name: str
    state: str
    evaluation: str | None
    since: datetime | None
    configured: datetime | None
    reason: str
    definition: Mapping[str, Any]

    @property
    def is_unproven(self) -> bool:
        """Whether CloudWatch has evaluated the alarm and never found a point, so that it still has its first state.

        If missing data is always ignored (CloudWatch API: PutMetricAlarm) and FILL leaves an empty series empty, an alarm on
        a table that never throttled stays so. An alarm that lost its data has another reason (CloudWatch Guide:
        cloudwatch-and-eventbridge).
        """
        is_first = self.state == "INSUFFICIENT_DATA" and self.evaluation is None
        return is_first and self.reason.startswith(_FIRST_REASON)

    @staticmethod
    def of(data: Mapping[str, Any]) -> LiveAlarm:
        """The alarm in a response of DescribeAlarms. Raises KeyError or TypeError if the response is malformed."""
        return LiveAlarm(
            str(data["AlarmName"]),
            str(data["StateValue"]),
            data.get("EvaluationState"),
            response_time(data.get("StateTransitionedTimestamp") or data.get("StateUpdatedTimestamp")),
            response_time(data.get("AlarmConfigurationUpdatedTimestamp")),
            str(data.get("StateReason", "")),
            data,
        )


def alarm_names(plan: GatePlan, names: StackNames) -> list[str]:
    """Names of the guard's own alarms, then of those that the user names, each once."""
    return list(dict.fromkeys((*names.alarms.values(), *plan.rollout.alarms)))


def read_alarms(aws: GateAws, plan: GatePlan, names: StackNames) -> dict[str, LiveAlarm]:
    """Read the guard's own alarms and those that the user names, by name; one that does not exist is left out.

    Raises:
        AwsError: they cannot be read.
    """
    wanted = alarm_names(plan, names)
    if not wanted:
        return {}
    found = aws.describe_alarms(wanted)
    with reading("cloudwatch:DescribeAlarms"):
        return {name: LiveAlarm.of(data) for name, data in found.items()}


__all__ = ["LiveAlarm", "alarm_names", "read_alarms"]
