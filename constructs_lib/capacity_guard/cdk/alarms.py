"""The rollback alarms: one for the table and one for each index."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from ..capacity.limits import METRIC_PERIOD
from ..capacity.settings import Rollout
from ..dynamodb.alarm_definition import EXPRESSION, METRICS, STATISTIC
from ..dynamodb.names import NAMESPACE


@cache
def duration(seconds: int) -> cdk.Duration:
    """A length of time for the CDK; each is made once, since making one is a call to another process.

    Args:
        seconds: seconds.
    """
    return cdk.Duration.seconds(seconds)


def rollback_alarm(
    scope: Construct, id: str, *, dimensions: Mapping[str, str], threshold: float, rollout: Rollout, what: str
) -> cloudwatch.Alarm:
    """The alarm on throttle events of a table or an index, reads and writes together.

    Args:
        scope: the guarded table.
        id: construct id.
        dimensions: the dimensions of its metrics: ``TableName``, for an index also ``GlobalSecondaryIndexName``
            (Guide: metrics-dimensions).
        threshold: throttle events a minute that are noise; more than that counts.
        rollout: gives the periods it looks at and how many of them must count.
        what: table or index in words, for the description.
    """
    period = duration(METRIC_PERIOD.value)
    using = {
        name: cloudwatch.Metric(
            namespace=NAMESPACE,
            metric_name=metric,
            dimensions_map=dimensions,
            statistic=STATISTIC,
            period=period,
        )
        for name, metric in METRICS.items()
    }
    throttled = cloudwatch.MathExpression(
        expression=EXPRESSION, using_metrics=using, period=period, label="throttle events"
    )
    return cloudwatch.Alarm(
        scope,
        id,
        metric=throttled,
        alarm_description=(
            f"capacity-guard: {what} throttles more than {threshold:g} events a minute. "
            "While a capacity change bakes, this rolls it back."
        ),
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
        threshold=threshold,
        evaluation_periods=rollout.alarm_periods,
        datapoints_to_alarm=rollout.alarm_datapoints,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
    )


__all__ = ["duration", "rollback_alarm"]
