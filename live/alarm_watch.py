"""Makes the candidate alarms of a run on one table, and reads what they did (``alarm_candidates``)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from capacity_guard.dynamodb.alarm_definition import METRICS
from capacity_guard.dynamodb.names import NAMESPACE

from . import record
from .account import Clients
from .alarm_candidates import CANDIDATES, CLEARS_WITHIN, Candidate, Observed, verdicts
from .measurement import first_time_in, minutes_above, seconds_between
from .traffic import Overload

_MINUTE = timedelta(minutes=1)


class AlarmWatch:
    """The candidate alarms on one table.

    Args:
        aws: clients of the account.
        prefix: how the alarms' names begin, so that cleaning up finds them.
        table: name of the table.
    """

    def __init__(self, aws: Clients, prefix: str, table: str) -> None:
        self._cloudwatch = aws.client("cloudwatch")
        self._prefix, self._table = prefix, table
        self._refused: dict[str, str] = {}

    def make(self) -> None:
        """Make the alarms. One that CloudWatch refuses is an answer too."""
        for candidate in CANDIDATES:
            try:
                self._cloudwatch.put_metric_alarm(**self._alarm(candidate))
            except ClientError as error:
                self._refused[candidate.name] = str(error.response["Error"].get("Message", error))

    def observe(self, overload: Overload, wait: Callable[[float], None]) -> dict[str, Any]:
        """The part ``alarms`` of the record. Waits until every alarm that can clear has had the time.

        Args:
            overload: the overload that ran.
            wait: waits for some seconds.
        """
        assert overload.started is not None
        since = overload.started - _MINUTE
        end_of_overload = overload.stopped or datetime.now(UTC)
        remaining = CLEARS_WITHIN + 240 - seconds_between(end_of_overload, datetime.now(UTC))
        while remaining > 0 and not self._all_clear(since):
            wait(min(20.0, remaining))
            remaining -= 20.0
        minutes = minutes_above(
            self._cloudwatch,
            METRICS["write_throttle"],
            {"TableName": self._table},
            0.0,
            since,
            datetime.now(UTC),
        )
        observed = {candidate.name: self._observed(candidate, since, minutes) for candidate in CANDIDATES}
        quiet = seconds_between(minutes[-1] + _MINUTE, datetime.now(UTC)) if minutes else 0.0
        return {
            "overload_started": record.time_text(overload.started),
            "overload_ended": record.time_text(overload.stopped),
            "items_written": overload.written,
            "items_refused": overload.refused,
            "throttled_minutes": [record.time_text(minute) for minute in minutes],
            "candidates": {name: vars(seen) for name, seen in observed.items()},
            "readings": list(verdicts(observed, quiet)),
        }

    def _alarm(self, candidate: Candidate) -> dict[str, Any]:
        dimensions = [{"Name": "TableName", "Value": self._table}]
        metrics: list[dict[str, Any]] = [
            {
                "Id": id,
                "MetricStat": {
                    "Metric": {"Namespace": NAMESPACE, "MetricName": name, "Dimensions": dimensions},
                    "Period": 60,
                    "Stat": "Sum",
                },
                "ReturnData": False,
            }
            for id, name in METRICS.items()
        ]
        return {
            "AlarmName": self._name(candidate),
            "AlarmDescription": f"capacity-guard live run: {candidate.question}",
            "Metrics": [*metrics, {"Id": "judged", "Expression": candidate.expression, "ReturnData": True}],
            "EvaluationPeriods": candidate.periods,
            "DatapointsToAlarm": candidate.datapoints,
            "Threshold": candidate.threshold,
            "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "notBreaching",
            "ActionsEnabled": False,
        }

    def _name(self, candidate: Candidate) -> str:
        return f"{self._prefix}-candidate-{candidate.name}"

    def _all_clear(self, since: datetime) -> bool:
        observed = [
            self._times(candidate, since) for candidate in CANDIDATES if candidate.name not in self._refused
        ]
        return all(fired is not None and cleared is not None for fired, cleared in observed)

    def _times(self, candidate: Candidate, since: datetime) -> tuple[datetime | None, datetime | None]:
        fired = first_time_in(self._cloudwatch, self._name(candidate), "ALARM", since)
        if fired is None:
            return None, None
        return fired, first_time_in(self._cloudwatch, self._name(candidate), "OK", fired)

    def _observed(self, candidate: Candidate, since: datetime, minutes: list[datetime]) -> Observed:
        if candidate.name in self._refused:
            return Observed(refused=self._refused[candidate.name])
        fired, cleared = self._times(candidate, since)
        return Observed(
            fired=None if fired is None or not minutes else seconds_between(minutes[0], fired),
            cleared=None
            if cleared is None or not minutes
            else seconds_between(minutes[-1] + _MINUTE, cleared),
        )


def guard_holds(alarms: dict[str, Any]) -> bool | None:
    """Whether the guard's alarm fired and cleared; ``None`` where the run does not decide it.

    Args:
        alarms: the part ``alarms`` of a record.
    """
    seen = alarms["candidates"]["guard"]
    if not alarms["throttled_minutes"]:
        return None
    if seen["refused"] is not None or seen["fired"] is None:
        return False
    if seen["cleared"] is not None:
        return True
    return None if "undecided" in alarms["readings"][0] else False


__all__ = ["AlarmWatch", "guard_holds"]
