"""What each step of a fix costs in a month, and the difference from today's cost."""

from __future__ import annotations

from collections.abc import Sequence

from ..capacity.capacity import Capacity
from ..capacity.dimension import Dimension
from ..capacity.scheduled_action import ScheduledAction
from ..evidence.baseline import Baseline
from ..evidence.traffic import Traffic
from ..evidence.traffic_file import TrafficAbsent
from ..pricing.cost import Between, warm_raise
from ..pricing.prices import HOURS_A_MONTH, Prices
from ..pricing.recorded_cost import REACTIONS, hours, scales
from .answer import StepCost
from .model import Case


def step_costs(case: Case, capacities: Sequence[Capacity], prices: Prices) -> list[StepCost]:
    """The cost of a month of each capacity, and what it is above the cost of the live table.

    An amount that needs recorded traffic is unknown where there is none.

    Args:
        case: the judged case; its baseline can be read.
        capacities: the capacities of a fix.
        prices: prices of the Region.
    """
    baseline = case.recorded
    assert baseline is not None
    traffic = _traffic(baseline)
    deployed = baseline.deployed
    before = None if deployed is None else _hours(deployed.live, traffic, prices, deployed.schedules)
    found = []
    for capacity in capacities:
        transition = baseline.transition_to(capacity, case.resource_kind)
        schedules = () if case.transition is None else case.transition.schedules_after
        after = _hours(capacity, traffic, prices, schedules)
        raised = warm_raise(transition, prices)
        found.append(
            StepCost(
                prices.currency,
                None if after is None else _month(Between.around(after)),
                None if before is None or after is None else _difference(before, after),
                sum(raised.units.values()),
                raised.price,
                capacity.is_on_demand or scales(capacity),
            )
        )
    return found


def prices_text(prices: Prices) -> str:
    """Region and age of prices, in words."""
    region = prices.region + (f" in place of {prices.instead_of}" if prices.instead_of else "")
    return f"prices of {region}, oldest {prices.oldest}"


def _traffic(baseline: Baseline) -> Traffic | None:
    try:
        return baseline.traffic
    except TrafficAbsent:
        return None


def _hours(
    capacity: Capacity, traffic: Traffic | None, prices: Prices, schedules: Sequence[ScheduledAction]
) -> tuple[Between, ...] | None:
    """The cost of an hour at each reaction of auto scaling; ``None`` where it is unknown."""
    if traffic is not None:
        return hours(capacity, traffic, prices, schedules)
    if capacity.is_on_demand or scales(capacity) or schedules:
        return None
    hour = sum(_fixed(capacity, dimension, prices) for dimension in capacity.dimensions())
    return (Between(hour, hour),) * len(REACTIONS)


def _fixed(capacity: Capacity, dimension: Dimension, prices: Prices) -> float:
    throughput = capacity.throughput(dimension)
    units = throughput if isinstance(throughput, int) else 0 if throughput is None else throughput.minimum
    return units * prices.provisioned[dimension.access].amount


def _month(hour: Between) -> Between:
    return hour.times(HOURS_A_MONTH)


def _difference(before: Sequence[Between], after: Sequence[Between]) -> Between:
    """Compared at the same reaction of auto scaling, which changes both in the same direction."""
    differences = [
        becomes - was
        for old, new in zip(before, after, strict=True)
        for was, becomes in ((old.low, new.low), (old.high, new.high))
    ]
    return Between(min(differences) * HOURS_A_MONTH, max(differences) * HOURS_A_MONTH)


__all__ = ["prices_text", "step_costs"]
