"""How late the metrics of a minute and the alarms on them are, in seconds after the end of the minute."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from ....capacity import limits
from .drawn_durations import DrawnDurations

LEAST_SHARE_AT_FIRST = 70 / 120
"""Least share of a minute that its first points hold: 70,000 of 120,000 (prometheus-community/yet-another-cloudwatch-exporter
issue 35, load balancers)."""


@dataclass(frozen=True)
class MetricDurations(DrawnDurations):
    """Seconds after the end of a minute; the defaults lie within the ranges.

    metrics_first: until its first points are there; they may still grow. It follows from the samples below: two alarms had
        nothing to judge 4 and 32 seconds after the minute, the third had something at 40.
    metrics_complete: until its metrics are complete: 2 minutes (the exporter's issue 1796, Netflix/atlas pull 1300), or 3 on
        another service (the exporter's issue 1590).
    alarm: until an alarm on a metric with points in every minute changes its state: 40 and 64 in the samples of CloudWatch's
        guide (cloudwatch-and-eventbridge), 92 in HHS/simpler-grants-gov issue 1323. Alarms are judged once a minute, so this
        is also the second of the minute at which they are.
    alarm_sparse: how long an alarm waits for points of a metric that has gaps before it is judged, in seconds of whole
        minutes: the state changed in the fourth minute after the minute (Stack Overflow 64045238, a load balancer).
    """

    RANGES: ClassVar[Mapping[str, tuple[float, float]]] = {
        "metrics_first": (32.1, 40.0),
        "metrics_complete": (float(limits.METRIC_DELAY.value), float(limits.METRIC_DELAY_LONGEST.value)),
        "alarm": (40.0, float(limits.ALARM_DELAY.value)),
        "alarm_sparse": (180.0, 180.0),
    }

    metrics_first: float = 36.0
    metrics_complete: float = 125.0
    alarm: float = 70.0
    alarm_sparse: float = 180.0

    @property
    def evaluation_second(self) -> float:
        """Second of each minute at which alarms are judged."""
        return self.alarm % 60


@functools.cache
def durations_of_this_run() -> MetricDurations:
    """What the environment of this process draws. Raises ValueError for a value that is not a duration."""
    return MetricDurations.from_environment()


__all__ = ["LEAST_SHARE_AT_FIRST", "MetricDurations", "durations_of_this_run"]
