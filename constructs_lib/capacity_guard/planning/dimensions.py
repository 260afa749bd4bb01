"""The part of a plan about each dimension: capacity before and after, recorded peak, and what the replays throttle."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..capacity.capacity import AutoScaling, Capacity, maximum_of
from ..capacity.ceilings import ceiling_after
from ..capacity.dimension import Dimension
from ..capacity.scheduled_action import ScheduledAction
from ..capacity.transition import Transition
from ..evidence.digest import peak_of
from ..rules.scheduled import bounds_text
from .plan import DimensionPlan, Throttling
from .replays import ReplayResult, TableReplays
from .series import series


def dimension_plans(transition: Transition, replays: TableReplays | None) -> Iterator[DimensionPlan]:
    """The plan of every dimension that is deployed or declared.

    Args:
        transition: deployed to declared capacity.
        replays: replays of the transition; ``None`` of a table without a recording.
    """
    deployed = transition.deployed
    for changed in transition.changes:
        dimension, before = changed.dimension, ""
        if deployed is not None:
            before = capacity_text(deployed.live, dimension, deployed.warm_now(dimension), deployed.schedules)
        throttlings = () if replays is None else _throttlings(replays, dimension)
        yield DimensionPlan(
            dimension=dimension,
            change=changed.change.value,
            deployed=before,
            declared=capacity_text(transition.declared, dimension, None, transition.schedules_after),
            peak=None if replays is None else peak_of(replays.traffic, dimension),
            limit=_limit(transition, dimension),
            replays=throttlings,
            series=None if replays is None else series(replays, dimension, throttlings),
        )


def _throttlings(replays: TableReplays, dimension: Dimension) -> tuple[Throttling, ...]:
    return tuple(_throttling(replays, dimension, result) for result in replays.results.get(dimension, ()))


def _throttling(replays: TableReplays, dimension: Dimension, result: ReplayResult) -> Throttling:
    hour, traffic, factor = result.hour, replays.traffic, result.trial.factor
    asked = traffic.consumed[dimension][hour.worst]
    return Throttling(
        replay=result.name,
        factor=factor,
        units=hour.throttled,
        low=result.low,
        high=result.high,
        minutes=hour.minutes,
        share=hour.share,
        worst=traffic.minute(hour.worst),
        asked=0.0 if asked != asked else asked * factor / 60,
        limit=hour.limit,
        cause=None if hour.cause is None else hour.cause.value,
        started=None if hour.started is None else traffic.minute(hour.started),
        within=hour.share <= replays.margins.throttle_budget,
    )


def capacity_text(
    capacity: Capacity,
    dimension: Dimension,
    warm_now: int | None = None,
    schedules: Sequence[ScheduledAction] = (),
) -> str:
    """One dimension of a capacity in words: ``100 to 2,000/s at 70 %, seed 500``.

    Args:
        capacity: the capacity.
        dimension: the dimension; ``none`` if the capacity does not have it.
        warm_now: live warm throughput, units per second, where the capacity states none.
        schedules: scheduled actions of the table.
    """
    if dimension not in capacity.dimensions():
        return "none"
    throughput = capacity.throughput(dimension)
    if throughput is None:
        parts = ["on-demand"]
        if maximum := capacity.maximum(dimension):
            parts.append(f"maximum {maximum:,}/s")
    elif isinstance(throughput, AutoScaling):
        parts = [f"{throughput.minimum:,} to {throughput.maximum:,}/s at {throughput.target} %"]
        if throughput.seed is not None:
            parts.append(f"seed {throughput.seed:,}")
    else:
        parts = [f"{throughput:,}/s fixed"]
    warm = capacity.warm(dimension) or warm_now
    if warm:
        parts.append(f"warm {warm:,}/s")
    if throughput is not None:
        parts += [
            f"{action.name} {bounds_text(action)}" for action in schedules if action.dimension == dimension
        ]
    return ", ".join(parts)


def _limit(transition: Transition, dimension: Dimension) -> float:
    """Units per second that the declared capacity serves at most."""
    if dimension not in transition.declared.dimensions():
        return 0.0
    throughput = transition.declared.throughput(dimension)
    return float(ceiling_after(transition, dimension) if throughput is None else maximum_of(throughput))


__all__ = ["capacity_text", "dimension_plans"]
