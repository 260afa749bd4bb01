"""The demand of the demo: the recorded traffic of the committed baseline, played again and again."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from pathlib import Path

from capacity_guard.capacity.dimension import Dimension
from capacity_guard.capacity.errors import InputError
from capacity_guard.evidence.baseline import Baseline


class RecordedDemand:
    """Recorded traffic with a period of its own length, which is whole weeks, so that weekdays stay what they were.

    Raises:
        InputError: the baseline holds no traffic, or not whole weeks.
    """

    def __init__(self, path: Path) -> None:
        baseline = Baseline.load(path)
        if baseline.traffic is None or not baseline.traffic.minutes or baseline.traffic.days % 7:
            raise InputError(
                path.name, "holds no whole weeks of traffic", "Use a recorded baseline of 14 days"
            )
        self._start = baseline.traffic.start
        self._minutes = baseline.traffic.minutes
        self._consumed = {d.key: values for d, values in baseline.traffic.consumed.items()}

    @property
    def period(self) -> timedelta:
        """After how long it repeats itself."""
        return timedelta(minutes=self._minutes)

    def __call__(self, dimension: str, minute: datetime) -> float:
        """Units per second wanted of a dimension (``index/by_agent/write``) in the minute that starts then (UTC).

        A minute that was not recorded asks for nothing.
        """
        position = (minute - self._start) // timedelta(minutes=1) % self._minutes
        value = self._consumed[dimension][position]
        return 0.0 if math.isnan(value) else value / 60

    def peak(self, dimension: Dimension) -> float:
        """Most units per second ever recorded."""
        return max(value for value in self._consumed[dimension.key] if not math.isnan(value)) / 60
