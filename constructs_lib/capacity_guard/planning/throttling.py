"""What the replays of a plan throttle in one dimension, and the minutes of one of them for a chart."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..capacity.plain_data import time_text
from ..rules.rounding import tenth_up


@dataclass(frozen=True)
class Throttling:
    """What one replay throttles in one dimension, in its worst hour.

    Attributes:
        replay: ``start`` (the worst start in the change window), ``admitted`` (the same with the most traffic that
            Preflight admits, ``Margins.live_peak``; only where it throttles), ``recorded`` (the declared capacity under the
            whole recording) or ``headroom`` (under the recording times ``Margins.headroom``).
        factor: multiple of the recorded traffic.
        units: units throttled, retries included, that today's capacity does not throttle.
        low, high: the same units in the best case and in the worst case of the assumed properties of the service.
        minutes: minutes with throttled units.
        share: throttled units per unit asked for in that hour, retries included in both.
        worst: the minute with the most throttled units, UTC; the busiest minute where nothing is throttled.
        asked: units per second asked for in that minute, without retries.
        limit: units per second served at most in that minute.
        cause: cause of the most throttled units; ``None`` where nothing is throttled.
        started: time at which the transition starts, UTC; ``None`` for the declared capacity afterwards.
        within: whether the share is within ``Margins.throttle_budget``.
    """

    replay: str
    factor: float
    units: float
    low: float
    high: float
    minutes: int
    share: float
    worst: datetime
    asked: float
    limit: float
    cause: str | None
    started: datetime | None
    within: bool

    @property
    def order(self) -> tuple[int, float, float, float]:
        """The place among the replays of a dimension: one beyond the budget first, and of these one of the recorded traffic
        before one of more, as CG14 takes them; then the largest share."""
        times = 0 if self.factor == 1 else 1 if self.replay == "admitted" else 2
        return (3 if self.within else times), -self.share, -self.units, -self.high

    @property
    def of_start(self) -> bool:
        """Whether it is of a start of the transition, not of the declared capacity afterwards."""
        return self.replay in ("start", "admitted")

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            **vars(self),
            "units": round(self.units, 3),
            "low": round(self.low, 3),
            "high": round(self.high, 3),
            "share": round(self.share, 6),
            "asked": round(self.asked, 3),
            "limit": round(self.limit, 3),
            "worst": time_text(self.worst),
            "started": None if self.started is None else time_text(self.started),
        }


@dataclass(frozen=True)
class Series:
    """Minutes of a replay, for a chart.

    Attributes:
        replay: the replay that it shows, see ``Throttling.replay``.
        start: first minute, UTC.
        demand: units per second asked for in each minute, retries included; NaN in a gap.
        served: units per second served, NaN in a gap.
        limit: units per second served at most.
        phases: name and first position of each phase that begins in it, ``before`` first.
        bounds: bounds of auto scaling that scheduled actions move: first position, minimum, maximum in units per second.
    """

    replay: str
    start: datetime
    demand: array[float]
    served: array[float]
    limit: array[float]
    phases: Sequence[tuple[str, int]]
    bounds: Sequence[tuple[int, int, int]] = ()

    @property
    def throttles(self) -> bool:
        """Whether any of its minutes is throttled, by today's capacity or by the declared one."""
        return any(asked - served > 0.05 for asked, served in zip(self.demand, self.served, strict=True))

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "replay": self.replay,
            "start": time_text(self.start),
            "demand": [None if v != v else tenth_up(v) for v in self.demand],
            "served": [None if v != v else tenth_up(v) for v in self.served],
            "limit": [tenth_up(v) for v in self.limit],
            "phases": [{"name": name, "at": at} for name, at in self.phases],
            **({} if not self.bounds else {"bounds": [list(moved) for moved in self.bounds]}),
        }


__all__ = ["Series", "Throttling"]
