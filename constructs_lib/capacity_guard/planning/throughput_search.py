"""Searches the cheapest provisioned throughput of one dimension that serves recorded traffic times a margin."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence

from ..capacity import AutoScaling, Dimension
from ..capacity.capacity import Throughput
from ..capacity.limits import SCALING_REACTION_MINUTES, TABLE_QUOTA
from ..pricing.recorded_cost import even
from ..rules.rounding import round_up
from ..simulator import engine
from ..simulator.lowest_units import lowest_units
from ..simulator.scheduled_bounds import ScheduledBounds
from ..simulator.table_replay import partition, settled

TARGETS = tuple(range(20, 91, 5))
"""Target utilizations of the search, percent: from the lowest to the highest that Application Auto Scaling takes."""
STURDY = (15, *range(2, 15))
"""Minutes until auto scaling has raised, at each of which a throughput must serve the traffic: AWS states "several" (Guide:
AutoScaling). The longest, which usually throttles most, is first."""


def with_margin(series: Sequence[float], margin: float) -> array[float]:
    """Recorded units per minute times a margin; a gap stays a gap."""
    return array("d", [units * margin for units in series])


def peak(series: Sequence[float]) -> float:
    """Units per second of the busiest minute; 0 where nothing was recorded."""
    return max((units for units in series if units == units), default=0.0) / 60


def required(units: float) -> int:
    """Units per second rounded up, at least 1."""
    return max(1, round_up(units))


def never_throttles(
    series: Sequence[float],
    throughput: Throughput,
    dimension: Dimension,
    reactions: Iterable[int] = STURDY,
    bounds: ScheduledBounds | None = None,
) -> bool:
    """Whether a throughput serves all traffic at each reaction of auto scaling, between bounds that scheduled actions move."""
    supply = settled(throughput, series, bounds)
    scales = isinstance(throughput, AutoScaling)
    return not any(
        engine.throttles(supply, series, partition(dimension), even(reaction))
        for reaction in (reactions if scales else STURDY[:1])
    )


def cheapest_throughput(
    series: Sequence[float],
    margin: float,
    dimension: Dimension,
    *,
    starts_empty: bool = False,
    least_maximum: int = 1,
) -> Throughput | None:
    """The throughput with the lowest mean of provisioned units, fixed or with auto scaling, that the search finds.

    Of each target the lowest minimum is sought at the highest useful maximum and at four lower ones. More units may throttle
    more, since auto scaling then raises later; the search takes them for enough where fewer are, which may pass over a
    cheaper throughput, and checks what it returns at every reaction.

    Args:
        series: recorded units per minute; NaN is a gap.
        margin: multiple of the recorded traffic that it serves.
        dimension: the dimension.
        starts_empty: whether it must serve the busiest minute without burst: a switch of the billing mode starts with an
            empty bucket, and with the seed, which is not above the maximum.
        least_maximum: lowest maximum of auto scaling, units per second: a Table keeps the units of its template.

    Returns:
        ``None`` if fixed units above the default quota of a table would be needed.
    """
    load = with_margin(series, margin)
    highest = peak(load)
    busiest = required(highest)
    least_fixed = busiest if starts_empty else 1
    least = max(least_fixed, least_maximum)
    fixed = lowest_units(least_fixed, busiest, lambda units: never_throttles(load, units, dimension))
    if fixed > TABLE_QUOTA.value:
        return None
    # A minimum of the quietest recorded minute costs nothing, and serves traffic that is above a quiet recording.
    quietest = min((units for units in series if units == units), default=0.0) / 60
    low = min(required(quietest), fixed)
    cheapest: Throughput = fixed
    lowest_mean = float(fixed)

    def mean(scaling: AutoScaling) -> float:
        reaction = even(SCALING_REACTION_MINUTES.value)
        return engine.mean_limit(settled(scaling, series), series, partition(dimension), reaction)

    def search(target: int, maximum: int) -> None:
        nonlocal cheapest, lowest_mean
        high = min(fixed, maximum)

        def serves(minimum: int, reactions: Iterable[int] = STURDY) -> bool:
            return never_throttles(load, AutoScaling(minimum, maximum, target), dimension, reactions)

        # A minimum that is enough is not below the lowest one, and its mean hardly ever is.
        if mean(AutoScaling(low, maximum, target)) >= lowest_mean:
            return
        minimum = lowest_units(low, high, lambda minimum: serves(minimum, STURDY[:1]))
        if mean(AutoScaling(minimum, maximum, target)) >= lowest_mean:
            return
        if not serves(minimum):
            if not serves(high):
                return
            minimum = lowest_units(minimum, high, serves)
        found = mean(AutoScaling(minimum, maximum, target))
        if found < lowest_mean:
            cheapest, lowest_mean = AutoScaling(minimum, maximum, target), found

    tops = {
        target: min(TABLE_QUOTA.value, max(fixed, least, required(highest * 100 / target)))
        for target in TARGETS
    }
    for target, top in tops.items():
        search(target, top)
    for target, top in tops.items():
        for maximum in sorted({fixed, busiest, least, (fixed + top) // 2, top * 3 // 4} - {top}):
            if maximum >= max(low, least):
                search(target, maximum)
    return cheapest


__all__ = [
    "STURDY",
    "TARGETS",
    "cheapest_throughput",
    "even",
    "never_throttles",
    "peak",
    "required",
    "with_margin",
]
