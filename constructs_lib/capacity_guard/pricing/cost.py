"""The cost of a capacity in an hour and a month, and the one-time cost of raising warm throughput.

Reserved capacity, free tier and tax are left out. Storage is left out too: it costs the same in both modes.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from ..capacity.capacity import Capacity
from ..capacity.dimension import Dimension
from ..capacity.transition import Transition
from ..simulator.table_replay import DimensionOutcome, Outcome
from .prices import HOURS_A_MONTH, Prices


@dataclass(frozen=True)
class Between:
    """A value between two bounds."""

    low: float
    high: float

    def __add__(self, other: Between) -> Between:
        return Between(self.low + other.low, self.high + other.high)

    def times(self, factor: float) -> Between:
        """Both bounds multiplied by a factor of at least 0."""
        return Between(self.low * factor, self.high * factor)

    @staticmethod
    def around(parts: Iterable[Between]) -> Between:
        """The narrowest bounds that contain all parts.

        Raises:
            ValueError: there are no parts.
        """
        bounds = list(parts)
        return Between(min(bound.low for bound in bounds), max(bound.high for bound in bounds))


@dataclass(frozen=True)
class Cost:
    """Cost of an hour of a capacity under recorded traffic, by dimension, in the currency of the prices."""

    dimensions: Mapping[Dimension, Between]

    def __post_init__(self) -> None:
        object.__setattr__(self, "dimensions", MappingProxyType(dict(self.dimensions)))

    @property
    def hour(self) -> Between:
        """Cost of an hour of the table with its indexes."""
        return sum(self.dimensions.values(), Between(0.0, 0.0))

    @property
    def month(self) -> Between:
        """Cost of a month of 730 such hours."""
        return self.hour.times(HOURS_A_MONTH)


@dataclass(frozen=True)
class WarmRaiseCost:
    """A raise of warm throughput.

    Attributes:
        units: units per second above today's, by dimension that is raised.
        price: one-time charge, in the currency of the prices; ``None`` where no source has the price.
    """

    units: Mapping[Dimension, int]
    price: float | None


def cost(capacity: Capacity, outcomes: Sequence[Outcome], prices: Prices) -> Cost:
    """The cost of a capacity under the traffic of its replay.

    In provisioned mode AWS charges the provisioned units of the table and of each index by the hour (AWS pricing page,
    provisioned). The page does not state the charge of an hour in which auto scaling changes them: the lower bound is the
    mean of the minutes of the hour, the upper bound its highest minute. In on-demand mode AWS charges the units that the
    table and each index consume. Throttled units are taken as free, which no source states. Minutes without a record
    count for provisioned units only.

    Args:
        capacity: the replayed capacity.
        outcomes: its replays of the same traffic, for example in the best case and in the worst case.
        prices: prices of the Region.
    """

    def hour(dimension: Dimension, outcome: Outcome) -> Between:
        replayed = outcome.dimensions[dimension]
        if capacity.is_on_demand:
            return _consumed(replayed).times(prices.on_demand[dimension.access].amount / 1e6)
        return unit_hours(replayed.limit, outcome.start).times(prices.provisioned[dimension.access].amount)

    return Cost(
        {
            dimension: Between.around(hour(dimension, outcome) for outcome in outcomes)
            for dimension in outcomes[0].dimensions
        }
    )


def warm_raise(transition: Transition, prices: Prices) -> WarmRaiseCost:
    """The one-time charge for raising warm throughput to the declared targets (Guide: warm-throughput, on charges).

    Args:
        transition: deployed to declared capacity; nothing is raised for a table that does not exist yet.
        prices: prices of the Region.
    """
    raised = {dimension: target - live for dimension, (live, target) in transition.warm_raises.items()}
    if not raised:
        return WarmRaiseCost(raised, 0.0)
    if prices.warm is None:
        return WarmRaiseCost(raised, None)
    return WarmRaiseCost(raised, sum(prices.warm[d.access].amount * units for d, units in raised.items()))


def unit_hours(units: Sequence[float], start: datetime) -> Between:
    """Provisioned units charged in an average hour: from the mean of the minutes of each hour to its highest minute.

    Args:
        units: provisioned units per second in each minute.
        start: the first of these minutes; hours are clock hours.
    """
    if not units:
        return Between(0.0, 0.0)
    if isinstance(units, array) and units.tobytes() == units[:1].tobytes() * len(units):
        return Between(units[0], units[0])  # fixed units; comparing bytes takes a tenth of the time
    highest, first, stop = 0.0, 0, 60 - start.minute
    while first < len(units):
        hour = units[first:stop]
        highest += max(hour) * len(hour)
        first, stop = stop, stop + 60
    return Between(sum(units) / len(units), highest / len(units))


def _consumed(outcome: DimensionOutcome) -> Between:
    """Units consumed in an average hour."""
    asked, recorded = sum(outcome.demand), len(outcome.demand)
    if asked != asked:  # a gap is NaN
        recorded = sum(1 for units in outcome.demand if units == units)
    hour = sum(outcome.served) / recorded * 60 if recorded else 0.0
    return Between(hour, hour)


__all__ = ["Between", "Cost", "WarmRaiseCost", "cost", "unit_hours", "warm_raise"]
