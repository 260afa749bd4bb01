"""``SlowAlarms``: alarms that open a ticket where a table throttles a little for hours; the guard's own alarms roll back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import aws_cdk as cdk
import jsii
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sns as sns
from constructs import Construct, IValidation

from ..capacity.dimension import index_of
from ..capacity.errors import InputError
from ..capacity.reasons import Reason, runbook
from ..dynamodb.names import CONSUMED_UNITS, NAMESPACE, THROTTLE_EVENTS, metric_dimensions
from .app.duration import duration
from .capacity_guard import CapacityGuard
from .guarded_table import GuardedTable
from .guards.guard import Guard
from .watch import Watch

PERIOD_SECONDS = 3_600
"""Seconds of a period. With periods of an hour an alarm may look at 7 days (CloudWatch API: PutMetricAlarm)."""
HOURS, HOURS_ABOVE = 24, 3
"""Hours that an alarm looks at, and how many of them are above the limit. The throttle budget is a share of an hour; a single
hour may be an accident. Assumed by this library."""
METRICS = {
    "readThrottled": THROTTLE_EVENTS["read"],
    "writeThrottled": THROTTLE_EVENTS["write"],
    "readConsumed": CONSUMED_UNITS["read"],
    "writeConsumed": CONSUMED_UNITS["write"],
}
"""Metrics of an alarm, by id."""
EXPRESSION = (
    "100 * SUM([FILL(readThrottled, 0), FILL(writeThrottled, 0)]) / "
    f"SUM([{', '.join(f'FILL({name}, 0)' for name in METRICS)}])"
)
"""Throttle events in percent of demand: consumed units and throttle events, as the slow veto. No point without demand."""


@jsii.implements(IValidation)
class _EveryIndex:
    def __init__(self, alarms: SlowAlarms) -> None:
        self._alarms = alarms

    def validate(self) -> list[str]:
        return list(self._alarms.missing())


class SlowAlarms(Construct):
    """An alarm for each table and index: throttle events above ``Margins.throttle_budget`` in 3 of 24 hours.

    The guard's own alarms are fast, and roll a change back while it bakes. These notify ``notify``, at rest too; no gate reads
    them. Put them into a stack of their own: another alarm in the stack of a table travels with a change of capacity.

    Args:
        scope: the construct in which they are made.
        id: its construct id.
        tables: guarded tables, with all their indexes.
        notify: SNS topic that opens a ticket, as a construct or its ARN.

    Raises:
        InputError: ``tables`` has something else, or is empty; ``notify`` is no topic, or one of another Region.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        tables: Sequence[GuardedTable | CapacityGuard],
        notify: sns.ITopic | str,
    ) -> None:
        location = f"SlowAlarms {id}: tables"
        if not tables:
            raise InputError(location, "is empty", "Give guarded tables")
        for table in tables:
            if not isinstance(table, (GuardedTable, CapacityGuard)):
                raise InputError(
                    location, f"has {type(table).__name__}", "Give GuardedTable and CapacityGuard constructs"
                )
        try:
            watch = Watch(notify=notify)
        except InputError as error:
            raise InputError(f"SlowAlarms {id}: notify", error.problem, error.remedy) from None
        super().__init__(scope, id)
        watch.check_region(cdk.Stack.of(self), f"SlowAlarms {id}: notify")
        self._topic = watch.topic
        self._guards = [table.guard for table in tables]
        self._watched = {guard.path: tuple(guard.alarms.by_key) for guard in self._guards}
        for guard in self._guards:
            for key in self._watched[guard.path]:
                self._add(guard, key)
        self.node.add_validation(_EveryIndex(self))

    def missing(self) -> Iterator[str]:
        """Indexes that tables got after the alarms were made."""
        for guard in self._guards:
            for key in guard.alarms.by_key:
                if key not in self._watched[guard.path]:
                    yield f"{self.node.path}: {guard.label} has {key}, which has no slow alarm: make SlowAlarms after it"

    def _add(self, guard: Guard, key: str) -> None:
        index = index_of(key)
        subject = guard.label if index is None else f"{guard.label} / {index}"
        limit = 100 * guard.options.margins.throttle_budget
        dimensions = metric_dimensions(guard.resource.ref, index)
        period = duration(PERIOD_SECONDS)
        alarm = cloudwatch.Alarm(
            self,
            subject.replace("/", "-"),
            metric=cloudwatch.MathExpression(
                expression=EXPRESSION,
                label="throttle events, percent of demand",
                period=period,
                using_metrics={
                    name: cloudwatch.Metric(
                        namespace=NAMESPACE,
                        metric_name=metric,
                        dimensions_map=dimensions,
                        statistic="Sum",
                        period=period,
                    )
                    for name, metric in METRICS.items()
                },
            ),
            alarm_description=(
                f"capacity-guard: {subject} throttled more than {limit:g} % of its demand in {HOURS_ABOVE} of the last {HOURS} "
                f"hours. Nothing is rolled back for it.{runbook([Reason.SLOW_VETO])}"
            ),
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            threshold=limit,
            evaluation_periods=HOURS,
            datapoints_to_alarm=HOURS_ABOVE,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        resource = alarm.node.default_child
        assert isinstance(resource, cloudwatch.CfnAlarm)
        resource.alarm_actions = [str(self._topic)]


__all__ = ["EXPRESSION", "HOURS", "HOURS_ABOVE", "METRICS", "PERIOD_SECONDS", "SlowAlarms"]
