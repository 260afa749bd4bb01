"""The table's switches to on-demand in the hours of the quota."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from ..capacity.capacity import BillingMode
from ..capacity.evidence import MINUTE
from ..capacity.gate_plan import GatePlan
from ..capacity.limits import SWITCH_QUOTA_HOURS
from ..dynamodb.describe_table import LiveTable
from .aws import GateAws
from .aws_error import reading


def read_switches(
    aws: GateAws, plan: GatePlan, table: LiveTable | None, stack_id: str, now: datetime
) -> list[datetime]:
    """Read the times of the table's switches to on-demand in the hours of the quota, in order, UTC.

    The switches are counted from the table's stack events, whose properties have the billing mode, and from
    DescribeTable, which has the time of the last switch, also of one made by hand. None of the guard's calls shows
    earlier switches made by hand.

    Raises:
        AwsError: the events cannot be read.
    """
    since = now - timedelta(hours=SWITCH_QUOTA_HOURS.value)
    events = aws.stack_events(stack_id, plan.logical_id, since)
    switches: list[datetime] = []
    previous: str | None = None
    with reading("cloudformation:DescribeStackEvents"):
        for event in events:
            mode = _billing_mode(event)
            if mode is None:
                continue
            if (
                previous not in (None, mode)
                and mode == BillingMode.ON_DEMAND.value
                and event["Timestamp"] >= since
            ):
                switches.append(event["Timestamp"])
            previous = mode
    last = None if table is None else table.last_switch
    if last is not None and last >= since and not any(_is_same_switch(event, last) for event in switches):
        switches.append(last)
    return sorted(switches)


def _is_same_switch(event: datetime, end: datetime) -> bool:
    """Whether a stack event and a time of DescribeTable belong to one switch.

    The event has the time of its start, DescribeTable that of its end (quirks: DDB-TABLE-064).
    """
    return -MINUTE <= end - event <= timedelta(hours=1)


def _billing_mode(event: Mapping[str, Any]) -> str | None:
    """The billing mode that CloudFormation sends with an event; ``None`` if the event sends none."""
    properties = event.get("ResourceProperties")
    if not properties or not str(event.get("ResourceStatus", "")).endswith("_IN_PROGRESS"):
        return None
    if str(event["ResourceStatus"]).startswith("DELETE"):
        return None
    try:
        data = json.loads(properties)
    except ValueError:
        return None
    # without a BillingMode both table types are provisioned (CloudFormation User Guide)
    return str(data.get("BillingMode", BillingMode.PROVISIONED.value)) if isinstance(data, dict) else None


__all__ = ["read_switches"]
