"""The cost of a table before and after a transition, and the one-time cost of raising warm throughput."""

from __future__ import annotations

from collections.abc import Sequence

from ..capacity.capacity import Capacity, maximum_of, minimum_of
from ..capacity.scheduled_action import ScheduledAction
from ..evidence.traffic import Traffic
from .cost import Between, warm_raise
from .plan import Money
from .prices import Prices
from .recorded_cost import costs
from .replays import TableReplays


def money(replays: TableReplays, prices: Prices) -> Money:
    """The cost of an hour of the deployed and of the declared capacity under the recording.

    Args:
        replays: replays of the table.
        prices: prices of the Region.
    """
    transition = replays.transition
    deployed, declared = transition.deployed, transition.declared
    before: Between | None = None
    if deployed is not None:
        before = _hour(deployed.live, replays.traffic, prices, deployed.schedules)
    after = _hour(declared, replays.traffic, prices, transition.schedules_after)
    for dimension in declared.dimensions():
        throughput = declared.throughput(dimension)
        if dimension not in replays.traffic.consumed and throughput is not None:
            # A created index has no recording; its provisioned units are paid for nevertheless.
            units = Between(minimum_of(throughput), maximum_of(throughput))
            after += units.times(prices.provisioned[dimension.access].amount)
    return Money(prices, before, after, warm_raise(transition, prices))


def _hour(
    capacity: Capacity, traffic: Traffic, prices: Prices, schedules: Sequence[ScheduledAction]
) -> Between:
    """Cost of an hour, the figure that ``recommend`` gives for the same capacity."""
    return Between.around(cost.hour for cost in costs(capacity, traffic, prices, schedules))


__all__ = ["money"]
