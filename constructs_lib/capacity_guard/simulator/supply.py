"""What a dimension is given, the state it is in, and what a replay of it gives."""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass, field

DAY_MINUTES = 1440


@dataclass(frozen=True)
class ProvisionedSupply:
    """Provisioned throughput, units per second.

    Attributes:
        units: at the start.
        minimum: lowest that auto scaling goes to; equal to ``maximum`` where the throughput is fixed.
        maximum: highest that it goes to.
        target: utilization that it steers to, a share between 0.2 and 0.9.
    """

    units: int
    minimum: int
    maximum: int
    target: float


@dataclass(frozen=True)
class OnDemandSupply:
    """On-demand throughput, units per second.

    Attributes:
        ceiling: most that is served at once at the start.
        maximum: on-demand maximum or the quota of a table, whichever is lower.
    """

    ceiling: float
    maximum: float


Supply = ProvisionedSupply | OnDemandSupply


@dataclass
class State:
    """What a minute leaves to the next; handed on, a trace in two parts runs as the whole.

    Attributes:
        minute: minute of the UTC day.
        units: provisioned units per second, 0 in on-demand mode.
        bucket: unused units saved for a burst.
        above: minutes in a row above the target; ``busiest`` the highest rate of them, units per second.
        due: minutes until a raise takes effect, 0 where none is on its way.
        quiet: minutes in a row below the target less 20 points; ``quiet_peak`` the highest rate of them.
        decreases: decreases of this UTC day; ``since`` minutes since the last.
        ceiling: most that on-demand serves at once, units per second.
        recent: rates of the last minutes that do not count as previous yet, the oldest at ``oldest``.
        returned: throttled units that ask again in the next minute.
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


@dataclass(frozen=True)
class Run:
    """What became of a demand.

    Attributes:
        load: units per minute asked for, with those that asked again; NaN is a gap.
        served: units per minute served, 0 in a gap.
        throttled: units per minute throttled, 0 in a gap; served and throttled are the load.
        limit: units per second provisioned, or the ceiling in on-demand mode.
        throttles: whether anything was throttled.
        hottest: units in all that were throttled by the partition of the hottest key.
        state: what the last minute leaves.
    """

    load: array[float]
    served: array[float]
    throttled: array[float]
    limit: array[float]
    throttles: bool
    hottest: float
    state: State


__all__ = ["DAY_MINUTES", "OnDemandSupply", "ProvisionedSupply", "Run", "State", "Supply"]
