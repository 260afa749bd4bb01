"""What each step of a fix costs in a month, and the difference from today's cost."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from ..capacity.capacity import Capacity
from ..capacity.dimension import Dimension
from ..capacity.scheduled_action import ScheduledAction
from ..capacity.transition import Transition
from ..evidence.baseline import Baseline
from ..evidence.traffic import Traffic
from ..evidence.traffic_file import TrafficAbsent
from ..pricing.cost import Between, warm_raise
from ..pricing.prices import HOURS_A_MONTH, Prices
from ..pricing.recorded_cost import REACTIONS, hours, scales
from .answer import Alternative, Answer, StepCost
from .model import Case
from .scheduled import kept_schedules


def step_costs(case: Case, capacities: Sequence[Capacity], prices: Prices) -> list[StepCost]:
    """The cost of a month of each capacity, and what it is above the cost of the live table.

    An amount that needs recorded traffic is unknown where there is none.

    Args:
        case: the judged case; its baseline can be read.
        capacities: the capacities of a fix.
        prices: prices of the Region.
    """
    assert case.recorded is not None
    assert case.transition is not None
    return _costs(case.recorded, case.transition, capacities, prices)


def repriced(
    answer: Answer,
    baseline: Baseline,
    transition: Transition,
    prices: Prices,
) -> Answer:
    """An answer with the costs at other prices, its ways in the order of these costs.

    Args:
        answer: the answer; one without deployments stays as it is.
        baseline: the baseline of its table.
        transition: the change, with its scheduled actions.
        prices: the prices.
    """
    if not answer.alternatives:
        return answer
    alternatives = []
    for alternative in answer.alternatives:
        capacities = [step.capacity for step in alternative.steps]
        costs = _costs(baseline, transition, capacities, prices)
        steps = (replace(step, cost=cost) for step, cost in zip(alternative.steps, costs, strict=True))
        alternatives.append(replace(alternative, steps=tuple(steps)))
    return priced(answer.findings, alternatives, prices)


def priced(numbers: Sequence[int], alternatives: Iterable[Alternative], prices: Prices) -> Answer:
    """An answer by deployments, the cheapest way first, with its prices in words.

    Args:
        numbers: positions of the findings that it resolves.
        alternatives: its ways.
        prices: the prices of their costs.
    """
    ways = sorted(alternatives, key=_expense)
    months = [step.cost.month for alternative in ways for step in alternative.steps]
    text = prices_text(prices)
    if any(month is not None and round(month.low, 2) != round(month.high, 2) for month in months):
        text += (
            "; no source states what an hour costs in which auto scaling changes the units: a range goes from the mean of its "
            "minutes to the highest"
        )
        if len(ways) > 1:
            text += ", and the order goes by its higher end"
    return Answer(tuple(numbers), tuple(ways), prices=text)


def _expense(alternative: Alternative) -> tuple[float, float, int]:
    """What an alternative costs in a month in the end, then until then; what is unknown counts as the most expensive."""
    months = [
        math.inf if step.cost.month is None else round(step.cost.month.high, 2) for step in alternative.steps
    ]
    return months[-1], sum(months[:-1]), len(months)


def _costs(
    baseline: Baseline,
    change: Transition,
    capacities: Sequence[Capacity],
    prices: Prices,
) -> list[StepCost]:
    traffic = _traffic(baseline)
    deployed = baseline.deployed
    before = None if deployed is None else _hours(deployed.live, traffic, prices, deployed.schedules)
    found = []
    for capacity in capacities:
        transition = baseline.transition_to(capacity, change.kind)
        schedules = (*change.schedules_after, *kept_schedules(change, capacity))
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


__all__ = ["priced", "prices_text", "repriced", "step_costs"]
