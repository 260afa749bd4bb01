"""When the table was switched to on-demand in the hours of the quota."""

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
from .aws import GateAws, readable


def read_switches(
    aws: GateAws, plan: GatePlan, table: LiveTable | None, stack_id: str, now: datetime
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


__all__ = ["read_switches"]
