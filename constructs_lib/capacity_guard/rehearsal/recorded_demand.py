"""The recorded traffic of a baseline as the demand of a traffic player, repeated without end."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from pathlib import Path

from ..capacity.dimension import Dimension
from ..capacity.errors import InputError
from ..evidence.baseline import Baseline


class RecordedDemand:
    """Recorded traffic that repeats with the length of its recording.

    The recording has whole weeks, so each minute is repeated on the weekday on which it was recorded.

    Args:
        path: the baseline file.

    Raises:
        InputError: the baseline has no traffic, or traffic that is not of whole weeks.
    """

    def __init__(self, path: Path) -> None:
        baseline = Baseline.load(path)
        if baseline.traffic is None or not baseline.traffic.minutes or baseline.traffic.days % 7:
            raise InputError(
                path.name, "holds no whole weeks of traffic", "Use a recorded baseline of 14 days"
            )
        self._start = baseline.traffic.start
        self._minutes = baseline.traffic.minutes
        self._consumed = {dimension.key: units for dimension, units in baseline.traffic.consumed.items()}

    @property
    def period(self) -> timedelta:
        """Time after which the demand repeats."""
        return timedelta(minutes=self._minutes)

    def __call__(self, dimension: str, minute: datetime) -> float:
        """Demand of one dimension in one minute, units per second; 0 for a minute that was not recorded.

        Args:
            dimension: key of the dimension, for example ``index/by_agent/write``.
            minute: start of the minute, UTC.
        """
        position = (minute - self._start) // timedelta(minutes=1) % self._minutes
        units = self._consumed[dimension][position]
        return 0.0 if math.isnan(units) else units / 60

    def peak(self, dimension: Dimension) -> float:
        """Highest recorded minute of a dimension, units per second."""
        return max(units for units in self._consumed[dimension.key] if not math.isnan(units)) / 60


__all__ = ["RecordedDemand"]
