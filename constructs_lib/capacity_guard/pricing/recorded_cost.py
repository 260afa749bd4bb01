"""The cost of a capacity that serves the recorded traffic: one figure for ``plan`` and ``recommend``."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from ..capacity import AutoScaling, Capacity, Dimension
from ..capacity.capacity import maximum_of, minimum_of
from ..capacity.limits import SCALING_REACTION_MINUTES
from ..capacity.scheduled_action import ScheduledAction
from ..evidence.traffic import Traffic
from ..evidence.windows import without_gaps
from ..simulator import engine
from ..simulator.parameters import Parameters
from ..simulator.scheduled_bounds import ScheduledBounds, scheduled_bounds
from ..simulator.table_replay import DimensionOutcome, Outcome, partition, settled
from .cost import Between, Cost, cost
from .prices import Prices

REACTIONS = (2, SCALING_REACTION_MINUTES.value, 15)
"""Minutes until auto scaling has raised, at which a cost is calculated."""


def costs(
    capacity: Capacity, traffic: Traffic, prices: Prices, schedules: Sequence[ScheduledAction] = ()
) -> tuple[Cost, ...]:
    """The cost of a capacity that serves the recorded traffic, at each of ``REACTIONS``.

    The recording is what was served, so nothing of it is taken as throttled.

    Args:
        capacity: the capacity.
        traffic: the recording; dimensions that the capacity does not have are left out.
        prices: prices of the Region.
        schedules: scheduled actions that move its bounds.
    """
    reactions = REACTIONS if scales(capacity) or schedules else REACTIONS[:1]
    served = {d: series for d, series in traffic.consumed.items() if d.index in (None, *capacity.indexes)}
    found = tuple(
        cost(
            capacity,
            [
                Outcome(
                    traffic.start,
                    {
                        dimension: _served_in_full(
                            capacity,
                            dimension,
                            series,
                            reaction,
                            scheduled_bounds(schedules, dimension, traffic.start, traffic.minutes),
                        )
                        for dimension, series in served.items()
                    },
                    states={},
                )
            ],
            prices,
        )
        for reaction in reactions
    )
    return found if len(found) == len(REACTIONS) else found * len(REACTIONS)


def hours(
    capacity: Capacity, traffic: Traffic, prices: Prices, schedules: Sequence[ScheduledAction] = ()
) -> tuple[Between, ...]:
    """The cost of an hour of a capacity that serves the recorded traffic, at each of ``REACTIONS``.

    A created index has no recording; its provisioned units are paid for nevertheless, from its minimum to its maximum.

    Args:
        capacity: the capacity.
        traffic: the recording.
        prices: prices of the Region.
        schedules: scheduled actions that move its bounds.
    """
    unrecorded = Between(0.0, 0.0)
    for dimension in capacity.dimensions():
        throughput = capacity.throughput(dimension)
        if dimension not in traffic.consumed and throughput is not None:
            units = Between(minimum_of(throughput), maximum_of(throughput))
            unrecorded += units.times(prices.provisioned[dimension.access].amount)
    return tuple(found.hour + unrecorded for found in costs(capacity, traffic, prices, schedules))


def scales(capacity: Capacity) -> bool:
    """Whether auto scaling moves what is provisioned.

    Args:
        capacity: the capacity.
    """
    return any(
        isinstance(throughput, AutoScaling) and throughput.minimum != throughput.maximum
        for throughput in map(capacity.throughput, capacity.dimensions())
    )


def even(reaction: int) -> Parameters:
    """Traffic evenly distributed in each minute: the margin covers its busiest second."""
    return Parameters(reaction_minutes=reaction, peak_second=1.0)


def _served_in_full(
    capacity: Capacity,
    dimension: Dimension,
    series: Sequence[float],
    reaction: int,
    bounds: ScheduledBounds | None,
) -> DimensionOutcome:
    """The outcome without throttling; its limit is empty in on-demand mode, where it does not change the cost."""
    throughput = capacity.throughput(dimension)
    return DimensionOutcome(
        dimension,
        recorded=series,
        demand=series,
        served=without_gaps(series, 0.0),
        throttled=array("d", [0.0]) * len(series),
        limit=()
        if throughput is None
        else engine.runner()(
            settled(throughput, series, bounds), series, partition(dimension), even(reaction), None
        ).limit,
        causes={},
    )


__all__ = ["REACTIONS", "costs", "even", "hours", "scales"]
