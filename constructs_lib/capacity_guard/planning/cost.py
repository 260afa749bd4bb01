"""What capacity costs an hour and a month, as it really moved; and once, to raise warm throughput.

Reserved capacity, free tier and tax are left out, and so is storage: it costs the same in both modes.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Protocol

from ..capacity.capacity import Capacity
from ..capacity.dimension import Dimension
from ..capacity.transition import Transition
from .prices import HOURS_A_MONTH, Prices


class DimensionOutcome(Protocol):
    """What a simulation tells of one dimension, minute by minute."""

    @property
    def demand(self) -> Sequence[float]:
        """Units per minute asked for; NaN is a gap."""

    @property
    def served(self) -> Sequence[float]:
        """Units per minute served; 0 in a gap."""

    @property
    def limit(self) -> Sequence[float]:
        """Units per second provisioned, or the ceiling in on-demand mode."""


class Outcome(Protocol):
    """What a simulation tells of a table."""

    @property
    def start(self) -> datetime:
        """First minute, UTC."""

    @property
    def dimensions(self) -> Mapping[Dimension, DimensionOutcome]:
        """One entry a dimension."""


@dataclass(frozen=True)
class Between:
    """A figure that is known within bounds."""

    low: float
    high: float

    def __add__(self, other: Between) -> Between:
        return Between(self.low + other.low, self.high + other.high)

    def times(self, factor: float) -> Between:
        """Both bounds times a factor of at least 0."""
        return Between(self.low * factor, self.high * factor)

    @staticmethod
    def around(parts: Iterable[Between]) -> Between:
        """The narrowest bounds that hold all of these; raises ValueError for none."""
        each = list(parts)
        return Between(min(one.low for one in each), max(one.high for one in each))


@dataclass(frozen=True)
class Cost:
    """What a capacity costs an hour under recorded traffic, per dimension, in the currency of its prices."""

    dimensions: Mapping[Dimension, Between]

    def __post_init__(self) -> None:
        object.__setattr__(self, "dimensions", MappingProxyType(dict(self.dimensions)))

    @property
    def hour(self) -> Between:
        """An hour of the table with its indexes."""
        return sum(self.dimensions.values(), Between(0.0, 0.0))

    @property
    def month(self) -> Between:
        """A month of 730 such hours."""
        return self.hour.times(HOURS_A_MONTH)


@dataclass(frozen=True)
class WarmRaise:
    """What a change raises warm throughput by.

    Attributes:
        units: units per second above today's, per dimension that is raised.
        price: charged once, in the currency of the prices; ``None`` where it is charged and no source has the price.
    """

    units: Mapping[Dimension, int]
    price: float | None


def cost(capacity: Capacity, outcomes: Sequence[Outcome], prices: Prices) -> Cost:
    """What a capacity costs under the traffic it was simulated with.

    Provisioned mode pays for units as auto scaling really moved them, the table and each index (AWS pricing page,
    provisioned: by the hour). How an hour counts in which they moved is not said: the lower bound takes the mean of its
    minutes, the upper one its highest minute. On-demand mode pays for the units consumed, an index for its own; what is
    throttled is reckoned free, which no source states. Minutes without a record count for provisioned units alone.

    Args:
        capacity: the capacity that was simulated.
        outcomes: its outcomes under the same traffic, one for each end of what the simulator does not know.
        prices: prices of the Region.
    """

    def of_one(dimension: Dimension, outcome: Outcome) -> Between:
        one = outcome.dimensions[dimension]
        if capacity.is_on_demand:
            return _consumed(one).times(prices.on_demand[dimension.access].amount / 1e6)
        return unit_hours(one.limit, outcome.start).times(prices.provisioned[dimension.access].amount)

    return Cost(
        {
            dimension: Between.around(of_one(dimension, outcome) for outcome in outcomes)
            for dimension in outcomes[0].dimensions
        }
    )


def warm_raise(transition: Transition, prices: Prices) -> WarmRaise:
    """What raising warm throughput to the declared targets costs once (Guide: warm-throughput, on what is charged).

    Args:
        transition: deployed to declared capacity; of a table that does not exist yet nothing can be raised.
        prices: prices of the Region.
    """
    raised = {dimension: target - live for dimension, (live, target) in transition.warm_raises.items()}
    if not raised:
        return WarmRaise(raised, 0.0)
    if prices.warm is None:
        return WarmRaise(raised, None)
    return WarmRaise(raised, sum(prices.warm[d.access].amount * more for d, more in raised.items()))


def unit_hours(units: Sequence[float], start: datetime) -> Between:
    """Provisioned units that an hour pays for on average: mean of each hour's minutes, and highest minute of each.

    Args:
        units: units per second provisioned, per minute.
        start: the first of these minutes; hours are those of the clock.
    """
    if not units:
        return Between(0.0, 0.0)
    if isinstance(units, array) and units.tobytes() == units[:1].tobytes() * len(units):
        return Between(units[0], units[0])  # fixed: told by the bytes in a tenth of the time
    highest, first, stop = 0.0, 0, 60 - start.minute
    while first < len(units):
        hour = units[first:stop]
        highest += max(hour) * len(hour)
        first, stop = stop, stop + 60
    return Between(sum(units) / len(units), highest / len(units))


def _consumed(one: DimensionOutcome) -> Between:
    """Units consumed in an hour on average."""
    asked = sum(one.demand)
    recorded = len(one.demand) if asked == asked else sum(1 for units in one.demand if units == units)
    an_hour = sum(one.served) / recorded * 60 if recorded else 0.0
    return Between(an_hour, an_hour)


__all__ = ["Between", "Cost", "WarmRaise", "cost", "unit_hours", "warm_raise"]
