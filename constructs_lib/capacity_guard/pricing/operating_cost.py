"""What the guard itself costs a month: at rest, and while a change is watched. The page docs/operating-cost.md shows it.

The day of a price is that of its source, or the day on which it was read where the source has none.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from ..capacity.dimension import ACCESSES
from .prices import HOURS_A_MONTH, Price, prices_of

METRICS_OF_ALARM = len(ACCESSES)
"""Metrics that a rollback alarm reads: throttle events of reads and of writes (``cdk/gates/alarms.py``)."""
METRICS_OF_RESOURCE = 2 * len(ACCESSES)
"""Metrics of a table or an index that a look reads: consumed units and throttle events (``handlers/live_traffic.py``)."""
WATCHED_DAYS = 7
"""Days of the longest watch (``WatchSettings.most_days``)."""
LOOK_MINUTES = 2
"""Minutes from look to look of the watch (``cdk/watching/watch_function.py``)."""
LOOK_SECONDS = 2.0
"""Assumed: seconds that a look takes."""
FUNCTION_GB = 0.25
"""Memory of a function of the guard, GB (``cdk/provider/provider.py``)."""
LOOK_LOG_KB = 1.0
"""Assumed: kilobytes of log that a look writes."""
LOOK_READ_UNITS = 2.0
"""Assumed: read request units of a look for the journal of one table, up to 8 KB, read consistently (DynamoDB Developer Guide:
on-demand-capacity-mode)."""

ALARM_METRIC = Price(
    0.10, "c3x.dev; aws-solutions/instance-scheduler-on-aws issue 351 (decision 0007)", date(2026, 11, 29)
)
"""Per metric of an alarm and month."""
GET_METRIC_DATA = Price(
    0.01 / 1_000,
    "support.site24x7.com, AWS CloudWatch metrics cost calculation (no date)",
    date(2026, 11, 29),
)
"""Per metric that GetMetricData is asked for. It is always charged (aws.amazon.com/cloudwatch/pricing)."""
LAMBDA_REQUEST = Price(0.20 / 1_000_000, "aws.amazon.com/lambda/pricing, example 1", date(2026, 11, 29))
"""Per invocation."""
LAMBDA_GB_SECOND = Price(0.0000166667, "cloudchipr.com, AWS Lambda Pricing Breakdown 2024", date(2024, 1, 1))
"""Per GB and second, x86."""
LOG_GB = Price(0.50, "factualminds.com, Amazon CloudWatch Pricing", date(2026, 6, 13))
"""Per GB of log that is written."""
DASHBOARD = Price(3.00, "factualminds.com, Amazon CloudWatch Pricing", date(2026, 6, 13))
"""Per dashboard and month."""
SCHEDULE_CALL = Price(1.00 / 1_000_000, "cloudburn.io, Amazon EventBridge Pricing", date(2026, 3, 13))
"""Per call of a schedule, by the more expensive of EventBridge's two schedulers, without its free calls."""
STATE_TRANSITION = Price(0.025 / 1_000, "aws.amazon.com/step-functions/pricing", date(2026, 11, 29))
"""Per transition of a state machine; each look of a waiting gate takes two (CDK, provider framework)."""

_FREE = "no charge while idle"
COST_AT_REST = {
    "AWS::CloudWatch::Alarm": f"{ALARM_METRIC.amount:.2f} USD for each metric that it reads",
    "AWS::Lambda::Function": _FREE,
    "AWS::Lambda::Permission": "free",
    "AWS::Lambda::LayerVersion": _FREE,
    "AWS::Logs::LogGroup": "charged by what is written: nothing at rest",
    "AWS::StepFunctions::StateMachine": _FREE,
    "AWS::IAM::Role": "free",
    "AWS::IAM::Policy": "free",
    "AWS::IAM::ManagedPolicy": "free",
    "AWS::CloudFormation::CustomResource": "free",
    "AWS::CloudWatch::Dashboard": f"{DASHBOARD.amount:.2f} USD, only where you ask for one (`CapacityDashboard`)",
    "AWS::DynamoDB::Table": "on-demand, with an item for each table that changed: nothing at rest",
    "AWS::Events::Rule": "free for events of AWS, and disabled at rest",
    "AWS::Scheduler::Schedule": "charged by its calls: none at rest",
    "AWS::SNS::Topic": "charged by its messages: none at rest",
    "AWS::SSM::Parameter": "free (standard tier)",
    "Custom::CapacityGuardHold": "an SSM parameter of the standard tier: free",
}
"""What each type of resource that the guard adds to a stack costs at rest."""


@dataclass(frozen=True)
class Line:
    """One part of the cost.

    Attributes:
        name: what is paid for.
        amount: US dollars a month.
    """

    name: str
    amount: float


def at_rest(tables: int, indexes: int) -> float:
    """US dollars a month for guarded tables that do not change.

    Args:
        tables: number of tables.
        indexes: indexes of each.
    """
    return tables * (1 + indexes) * METRICS_OF_ALARM * ALARM_METRIC.amount


def watched(
    tables: int, indexes: int, *, hours: float = WATCHED_DAYS * 24, look_minutes: float = LOOK_MINUTES
) -> tuple[Line, ...]:
    """What the watch of changes adds, in US dollars.

    One function looks at all changes of a stack; here each table has a stack of its own, which is the most expensive case.

    Args:
        tables: number of tables whose change is watched.
        indexes: indexes of each.
        hours: how long they are watched.
        look_minutes: minutes from look to look.
    """
    looks = tables * hours * 60 / look_minutes
    journal = prices_of("us-east-1").on_demand["read"].amount / 1_000_000
    return (
        Line(
            "metrics that are read (GetMetricData)",
            looks * (1 + indexes) * METRICS_OF_RESOURCE * GET_METRIC_DATA.amount,
        ),
        Line(
            "function",
            looks * (LAMBDA_REQUEST.amount + LOOK_SECONDS * FUNCTION_GB * LAMBDA_GB_SECOND.amount),
        ),
        Line("log", looks * LOOK_LOG_KB / 1_000_000 * LOG_GB.amount),
        Line("schedule", looks * SCHEDULE_CALL.amount),
        Line("journal", looks * LOOK_READ_UNITS * journal),
    )


def month(
    tables: int, indexes: int, *, hours: float = WATCHED_DAYS * 24, look_minutes: float = LOOK_MINUTES
) -> float:
    """US dollars of a month in which changes are watched for some hours."""
    lines = watched(tables, indexes, hours=hours, look_minutes=look_minutes)
    return at_rest(tables, indexes) + total(lines)


def total(lines: Iterable[Line]) -> float:
    """The sum of some lines."""
    return sum(line.amount for line in lines)


def gates(bake_minutes: int, query_seconds: int) -> float:
    """US dollars of the gates of one change: the looks of a Bake, in its state machine and function.

    Args:
        bake_minutes: minutes that Bake watches.
        query_seconds: seconds between two looks.
    """
    looks = bake_minutes * 60 / query_seconds
    function = LAMBDA_REQUEST.amount + LOOK_SECONDS * FUNCTION_GB * LAMBDA_GB_SECOND.amount
    return looks * (2 * STATE_TRANSITION.amount + 2 * function)


def slow_alarms(tables: int, indexes: int, *, metrics: int) -> float:
    """US dollars a month for slow alarms. It is not in the other sums.

    Args:
        tables: number of tables.
        indexes: indexes of each.
        metrics: metrics that an alarm reads.
    """
    return tables * (1 + indexes) * metrics * ALARM_METRIC.amount


def dashboards(tables: int, indexes: int, *, metrics: int, most: int) -> float:
    """US dollars a month for dashboards that show some tables. It is not in the other sums.

    Args:
        tables: number of tables.
        indexes: indexes of each.
        metrics: metrics that a table or an index takes.
        most: metrics that a dashboard takes.
    """
    return math.ceil(tables / (most // (metrics * (1 + indexes)))) * DASHBOARD.amount


PRICES = {
    "a metric of an alarm, a month": (ALARM_METRIC, 1),
    "1,000 metrics of GetMetricData": (GET_METRIC_DATA, 1_000),
    "1,000,000 calls of a function": (LAMBDA_REQUEST, 1_000_000),
    "1,000,000 GB-seconds of a function": (LAMBDA_GB_SECOND, 1_000_000),
    "a GB of log": (LOG_GB, 1),
    "a dashboard, a month": (DASHBOARD, 1),
    "1,000,000 calls of a schedule": (SCHEDULE_CALL, 1_000_000),
    "1,000 transitions of a state machine": (STATE_TRANSITION, 1_000),
}
"""Every price with the quantity in which it is quoted."""

__all__ = [
    "COST_AT_REST",
    "DASHBOARD",
    "FUNCTION_GB",
    "HOURS_A_MONTH",
    "LOOK_LOG_KB",
    "LOOK_READ_UNITS",
    "LOOK_SECONDS",
    "METRICS_OF_ALARM",
    "METRICS_OF_RESOURCE",
    "PRICES",
    "WATCHED_DAYS",
    "Line",
    "at_rest",
    "dashboards",
    "gates",
    "month",
    "slow_alarms",
    "total",
    "watched",
]
