"""The chart of one dimension: the minutes around the worst minute of its worst replay."""

from __future__ import annotations

from array import array
from datetime import datetime

from ..capacity.dimension import Dimension
from ..evidence.traffic import Traffic
from ..simulator.table_replay import DimensionOutcome, Outcome
from ..simulator.transition_replay import Phase
from .plan import Series, Throttling
from .replays import TableReplays

_MINUTES_AROUND = 120
"""Minutes shown before the start, or the worst minute, and after the worst minute."""


def series(replays: TableReplays, dimension: Dimension, throttlings: tuple[Throttling, ...]) -> Series | None:
    """The minutes around the worst minute of the worst replay; of the start where nothing is throttled.

    Args:
        replays: replays of the table.
        dimension: the dimension.
        throttlings: what each replay throttles in this dimension.

    Returns:
        ``None`` where nothing was replayed, or the dimension is not both deployed and declared.
    """
    if not throttlings:
        return None
    worst = throttlings[0]
    if any(throttling.share for throttling in throttlings):
        worst = min(throttlings, key=lambda throttling: throttling.order)
    outcome: Outcome
    phases: tuple[Phase, ...] = ()
    if worst.of_start:
        change = replays.change
        if change is None or dimension not in change.outcome.dimensions:
            return None
        if worst.replay == "admitted":
            assert worst.started is not None
            at, trial = _position(replays.traffic, worst.started), replays.admitted
            change = replays.change_at(at, parameters=trial.parameters, factor=trial.factor)
        elif worst.started is not None:
            at = _position(replays.traffic, worst.started)
            if at not in [phase.first for phase in change.phases]:
                change = replays.change_at(at)
        outcome, phases = change.outcome, change.phases
    else:
        outcome = replays.declared(replays.recorded if worst.replay == "recorded" else replays.headroom)
    return _cut(outcome.dimensions[dimension], replays.traffic, worst, phases)


def _position(traffic: Traffic, minute: datetime) -> int:
    return round((minute - traffic.start).total_seconds() / 60)


def _cut(outcome: DimensionOutcome, traffic: Traffic, worst: Throttling, phases: tuple[Phase, ...]) -> Series:
    worst_at = _position(traffic, worst.worst)
    started_at = worst_at if worst.started is None else min(worst_at, _position(traffic, worst.started))
    first = max(0, started_at - _MINUTES_AROUND)
    stop = min(len(outcome.demand), worst_at + _MINUTES_AROUND)
    demand = array("d", [units / 60 for units in outcome.demand[first:stop]])
    served = [
        asked if asked != asked else units / 60
        for asked, units in zip(demand, outcome.served[first:stop], strict=True)
    ]
    return Series(
        replay=worst.replay,
        start=traffic.minute(first),
        demand=demand,
        served=array("d", served),
        limit=array("d", outcome.limit[first:stop]),
        phases=[
            (phase.name, max(0, phase.first - first))
            for phase in phases
            if phase.first < stop and phase.stop > first
        ],
        bounds=_bounds(outcome, first, stop),
    )


def _bounds(outcome: DimensionOutcome, first: int, stop: int) -> list[tuple[int, int, int]]:
    """The bounds in the minutes from ``first`` until before ``stop``; those that hold in the first one are at 0."""
    found: dict[int, tuple[int, int]] = {}
    for at, minimum, maximum in outcome.bounds:
        if at < stop:
            found[max(0, at - first)] = minimum, maximum
    return [(at, *bounds) for at, bounds in found.items()]


__all__ = ["series"]
