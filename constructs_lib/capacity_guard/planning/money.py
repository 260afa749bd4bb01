"""The cost of a table before and after a transition, and the one-time cost of raising warm throughput."""

from __future__ import annotations

from ..pricing.cost import Between, warm_raise
from ..pricing.prices import Prices
from ..pricing.recorded_cost import hours
from .plan import Money
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
        before = Between.around(hours(deployed.live, replays.traffic, prices, deployed.schedules))
    after = Between.around(hours(declared, replays.traffic, prices, transition.schedules_after))
    return Money(prices, before, after, warm_raise(transition, prices))


__all__ = ["money"]
