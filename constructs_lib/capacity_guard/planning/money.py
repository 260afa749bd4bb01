"""The cost of a table before and after a transition, and the one-time cost of raising warm throughput."""

from __future__ import annotations

from ..capacity.capacity import maximum_of, minimum_of
from ..simulator.worst_hour import deployed_outcome
from .cost import Between, cost, warm_raise
from .plan import Money
from .prices import Prices
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
        outcomes = [
            deployed_outcome(deployed, replays.traffic, trial, replays.margins, replays.runner)
            for trial in replays.range
        ]
        before = cost(deployed.live, outcomes, prices).hour
    after = cost(declared, [replays.declared(trial) for trial in replays.range], prices).hour
    for dimension in declared.dimensions():
        throughput = declared.throughput(dimension)
        if dimension not in replays.traffic.consumed and throughput is not None:
            # A created index has no recording; its provisioned units are paid for nevertheless.
            units = Between(minimum_of(throughput), maximum_of(throughput))
            after += units.times(prices.provisioned[dimension.access].amount)
    return Money(prices, before, after, warm_raise(transition, prices))


__all__ = ["money"]
