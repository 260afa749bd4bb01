"""Quotas of UpdateTable that count earlier changes: decreases, switches to on-demand, changes of deletion protection.

Sources: `docs/api-quirks` of aws-controllers-k8s/dynamodb-controller (DDB-TABLE-nnn), quotas from
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ....capacity import limits
from . import table_capacity as capacity
from .refusals import Refusal, TableLocation, limit_exceeded
from .table_capacity import ResourceCapacity, TableState, UnitPair

SWITCH_QUOTA_SECONDS = limits.SWITCH_QUOTA_HOURS.value * 3_600.0
SWITCHES_TO_ON_DEMAND = limits.SWITCHES_TO_ON_DEMAND.value  # in rolling SWITCH_QUOTA_SECONDS, per table
DECREASES_AT_ONCE = limits.DECREASES_AT_ONCE.value  # then one per DECREASE_INTERVAL; reset at 00:00 UTC
DECREASE_INTERVAL = float(limits.DECREASE_INTERVAL.value)
PROTECTION_INTERVAL = 15.0  # seconds between two changes of deletion protection (DDB-TABLE-445)


def check_decrease(resource: ResourceCapacity, units: UnitPair, now: float) -> None:
    """The decrease quota of one table or index (DDB-TABLE-326): 4 a UTC day, then one per 3,600 s. Raises Refusal."""
    last = resource["last_decrease"]
    if (
        not capacity.is_decrease(resource["units"], units)
        or resource["decreases"] < DECREASES_AT_ONCE
        or last is None
    ):
        return
    midnight = datetime.fromtimestamp(now, UTC).replace(
        hour=0, minute=0, second=0, microsecond=0
    ) + timedelta(days=1)
    next_possible = min(last + DECREASE_INTERVAL, midnight.timestamp())
    if now >= next_possible:
        return
    raise limit_exceeded(
        "Subscriber limit exceeded: Provisioned throughput decreases are limited within a given UTC day. After the "
        "first 4 decreases, each subsequent decrease in the same UTC day can be performed at most once every 3600 "
        f"seconds. Number of decreases today: {resource['decreases']}. Last decrease at {_long_date(last)}. "
        f"Next decrease can be made at {_long_date(next_possible)}"
    )


def _long_date(seconds: float) -> str:
    # DDB-TABLE-184: Thursday, October 8, 2026 at 11:20:48 PM Coordinated Universal Time
    time = datetime.fromtimestamp(seconds, UTC)
    return f"{time:%A, %B} {time.day}, {time.year} at {time.hour % 12 or 12}:{time:%M:%S %p} Coordinated Universal Time"


def check_switches(state: TableState, now: float) -> None:
    """At most four switches to on-demand in rolling 24 hours. Raises Refusal.

    The service's text under today's quota is unknown. This is the text of the older daily limit (amplify-cli
    issue 1054, 2019) with today's number. Match only the error code and `PayPerRequest mode`.
    """
    recent = sorted(time for time in state["switches"] if time > now - SWITCH_QUOTA_SECONDS)
    if len(recent) < SWITCHES_TO_ON_DEMAND:
        return
    last, next_possible = recent[-1], recent[-SWITCHES_TO_ON_DEMAND] + SWITCH_QUOTA_SECONDS
    raise limit_exceeded(
        f"Subscriber limit exceeded: Update to PayPerRequest mode are limited to {SWITCHES_TO_ON_DEMAND} in 1 day(s). "
        f"Last update at {datetime.fromtimestamp(last, UTC):%a %b %d %H:%M:%S UTC %Y}. "
        f"Next update can be made at {datetime.fromtimestamp(next_possible, UTC):%a %b %d %H:%M:%S UTC %Y}"
    )


def judge_protection(
    requested: bool | None, is_protected: bool, changed: float | None, now: float, location: TableLocation
) -> None:
    """Deletion protection cannot be changed again within 15 seconds (DDB-TABLE-445). Raises Refusal.

    changed: time of the last change, seconds since 1970.
    """
    if (
        requested is None
        or requested == is_protected
        or changed is None
        or now >= changed + PROTECTION_INTERVAL
    ):
        return
    next_possible = datetime.fromtimestamp(changed + PROTECTION_INTERVAL, UTC)
    raise Refusal(
        "ThrottlingException",
        f"Deletion protection setting for table {location.table} modified within the previous 15000 milliseconds. "
        f"Please try again after {next_possible:%Y-%m-%dT%H:%M:%S}.{next_possible.microsecond // 1000:03d}",
    )


__all__ = [
    "DECREASES_AT_ONCE",
    "DECREASE_INTERVAL",
    "PROTECTION_INTERVAL",
    "SWITCHES_TO_ON_DEMAND",
    "SWITCH_QUOTA_SECONDS",
    "check_decrease",
    "check_switches",
    "judge_protection",
]
