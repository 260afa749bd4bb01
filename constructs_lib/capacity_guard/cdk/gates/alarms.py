"""The rollback alarms: one for the table and one for each index."""

from __future__ import annotations

import re
from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from ...capacity.errors import InputError
from ...capacity.limits import METRIC_PERIOD
from ...capacity.settings import Rollout
from ...dynamodb.alarm_definition import COMPARISON, EXPRESSION, METRICS, MISSING_DATA, STATISTIC
from ...dynamodb.names import NAMESPACE
from ...evidence.baseline import Baseline
from ..app.duration import duration
from ..app.place import id_in_arn


def _enum_name(text: str) -> str:
    """The name of the CDK's enum member for a value of the API, for example ``NOT_BREACHING`` for ``notBreaching``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", text).upper()


_COMPARISON = next(
    member for member in cloudwatch.ComparisonOperator if member.name == _enum_name(COMPARISON)
)
_MISSING_DATA = next(
    member for member in cloudwatch.TreatMissingData if member.name == _enum_name(MISSING_DATA)
)


def rollback_alarm(
    scope: Construct,
    id: str,
    *,
    dimensions: Mapping[str, str],
    threshold: float,
    rollout: Rollout,
    subject: str,
) -> cloudwatch.Alarm:
    """Create the alarm on the throttle events of a table or an index, reads and writes together.

    Args:
        scope: the guarded table.
        id: construct id.
        dimensions: the dimensions of its metrics: ``TableName``, for an index also ``GlobalSecondaryIndexName``
            (Guide: metrics-dimensions).
        threshold: throttle events a minute that are noise; a minute with more of them breaches.
        rollout: gives the number of evaluation periods and of datapoints to alarm.
        subject: table or index in words, for the description.
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
            f"capacity-guard: {subject} throttles more than {threshold:g} events a minute. "
            "While a capacity change bakes, this rolls it back."
        ),
        comparison_operator=_COMPARISON,
        threshold=threshold,
        evaluation_periods=rollout.alarm_periods,
        datapoints_to_alarm=rollout.alarm_datapoints,
        treat_missing_data=_MISSING_DATA,
    )


def alarm_threshold(rollout: Rollout, baseline: Baseline | InputError, resource: str) -> float:
    """Throttle events a minute that do not count: ``alarm_threshold``, by default the noise of the baseline.

    Args:
        rollout: the setting.
        baseline: the baseline of the table, or the error met when it was loaded.
        resource: resource key of the table or of an index.
    """
    return rollout.allowed_events(0 if isinstance(baseline, InputError) else baseline.noise(resource))


def alarm_ids(
    stack: cdk.Stack, alarms: Mapping[str, cloudwatch.Alarm], known: Mapping[str, str]
) -> dict[str, str]:
    """The logical ids of alarms, with one call to the CDK's process for all that are not known.

    Args:
        stack: their stack.
        alarms: the alarms, by resource key.
        known: logical ids that are known, by resource key.
    """
    unknown = {key: alarm.alarm_arn for key, alarm in alarms.items() if key not in known}
    found = stack.resolve(unknown) if unknown else {}
    return {key: known[key] if key in known else id_in_arn(found[key]) for key in alarms}


__all__ = ["alarm_ids", "alarm_threshold", "rollback_alarm"]
