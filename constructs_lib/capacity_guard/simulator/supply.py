"""Supply and state of a dimension, and the result of its replay."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_right
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import NamedTuple

DAY_MINUTES = 1440


class Move(NamedTuple):
    """Bounds that a scheduled action sets.

    Attributes:
        at: position of the first minute in which they hold, minutes after the first minute of the recording.
        minimum, maximum: the bounds from then on, units per second. Fixed units have two equal ones: the action sets them.
    """

    at: int
    minimum: int
    maximum: int


@dataclass(frozen=True)
class ProvisionedSupply:
    """Provisioned throughput, units per second.

    Attributes:
        units: units at the start.
        minimum: lowest units that auto scaling sets; equal to ``maximum`` where the throughput is fixed.
        maximum: highest units that auto scaling sets.
        target: target utilization, a share between 0.2 and 0.9; not used where the throughput is fixed.
        moves: what scheduled actions make of the bounds, by ascending minute; empty without scheduled actions.
    """

    units: int
    minimum: int
    maximum: int
    target: float
    moves: tuple[Move, ...] = ()

    def scales_ever(self) -> bool:
        """Whether its units may change: by auto scaling, or by a scheduled action."""
        return self.minimum != self.maximum or bool(self.moves)

    def at(self, position: int) -> ProvisionedSupply:
        """The supply without moves that holds in a minute, which is a position after the first minute of the recording."""
        passed = bisect_right(self.moves, position, key=attrgetter("at"))
        if not passed:
            return replace(self, moves=())
        _, minimum, maximum = self.moves[passed - 1]
        return replace(self, minimum=minimum, maximum=maximum, moves=())


@dataclass(frozen=True)
class OnDemandSupply:
    """On-demand throughput, units per second.

    Attributes:
        ceiling: units that are served at most at the start.
        maximum: on-demand maximum or the quota of a table, whichever is lower.
    """

    ceiling: float
    maximum: float


Supply = ProvisionedSupply | OnDemandSupply


@dataclass
class State:
    """State of a dimension between two minutes; a replay in two parts that passes it on equals one replay.

    Attributes:
        minute: minute of the UTC day.
        units: provisioned units per second, 0 in on-demand mode.
        bucket: unused units saved for a burst.
        above: minutes in a row above the target; ``busiest`` the highest rate of them, units per second.
        due: minutes until a raise takes effect, 0 where no raise is pending.
        quiet: minutes in a row below the target less 20 points; ``quiet_peak`` the highest rate of them.
        decreases: decreases of this UTC day; ``since`` the minutes since the last one.
        ceiling: units per second that on-demand mode serves at most.
        recent: rates of the last minutes, units per second, which do not count as a previous peak yet; the oldest is
            at position ``oldest``.
        returned: throttled units that are retried in the next minute.
        elapsed: minutes since the first minute of the recording.
    """

    minute: int
    units: int = 0
    bucket: float = math.inf
    above: int = 0
    busiest: float = 0.0
    due: int = 0
    quiet: int = 0
    quiet_peak: float = 0.0
    decreases: int = 0
    since: int = DAY_MINUTES
    ceiling: float = 0.0
    recent: list[float] = field(default_factory=list)
    oldest: int = 0
    returned: float = 0.0
    elapsed: int = 0


@dataclass(frozen=True)
class Run:
    """Result of the replay of one dimension.

    Attributes:
        load: units per minute asked for, with retries; NaN is a gap.
        served: units per minute served, 0 in a gap.
        throttled: units per minute throttled, 0 in a gap; the load is the sum of served and throttled.
        limit: units per second provisioned, or the ceiling in on-demand mode.
        throttles: whether anything was throttled.
        hottest: units that the partition of the hottest key throttled, in all minutes.
        state: state after the last minute.
    """

    load: array[float]
    served: array[float]
    throttled: array[float]
    limit: array[float]
    throttles: bool
    hottest: float
    state: State


__all__ = ["DAY_MINUTES", "Move", "OnDemandSupply", "ProvisionedSupply", "Run", "State", "Supply"]
