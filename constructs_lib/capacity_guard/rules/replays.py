"""What a transition throttles when it is replayed over recorded traffic: asked by CG5, CG7, CG14 and CG15, computed once.

Every answer is that of the simulator, less what today's capacity throttles in the same minutes, and compared with
``Margins.throttle_budget``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from ..capacity.capacity import Capacity, ResourceCapacity
from ..capacity.dimension import Dimension
from ..capacity.evidence import HOURS_OF_WEEK
from ..capacity.settings import hours_in
from ..capacity.transition import Transition
from ..evidence.digest import hours_of_week
from ..evidence.traffic import Traffic
from ..simulator.start_replay import changes_supply
from ..simulator.table_replay import Cause, Outcome
from ..simulator.transition_replay import replayed_dimensions
from ..simulator.worst_hour import (
    Trial,
    WorstHour,
    admitted_trial,
    can_start,
    carried_by_least,
    declared_outcome,
    deployed_outcome,
    headroom_trial,
    possible_starts,
    recorded_trial,
    starts_carried_by_least,
    worst_hours,
    worst_start,
)
from .model import Case, once

_SAME = 1 - 1e-9
"""Two rates whose ratio is above this one may differ by rounding alone."""


@dataclass(frozen=True)
class Throttled:
    """What a transition throttles of one dimension beyond the budget.

    Attributes:
        hour: the worst hour.
        trial: the conditions of the replay, the first ones that exceed the budget.
    """

    hour: WorstHour
    trial: Trial

    @property
    def is_declared(self) -> bool:
        """Whether the declared capacity throttles the recorded traffic itself, whenever the transition starts."""
        return self.hour.started is None and self.trial.factor == 1

    def is_frozen(self, transition: Transition) -> bool:
        """Whether the throughput throttles that is frozen while the mode switches to on-demand."""
        return (
            self.hour.started is not None
            and transition.switches_to_on_demand
            and self.hour.cause is Cause.PROVISIONED
        )


@once
def throttled(case: Case) -> Mapping[Dimension, Throttled]:
    """Dimensions that throttle more than the budget, each with its worst hour and the first trial that exceeds it."""
    transition, baseline = case.transition, case.recorded
    if transition is None or transition.is_empty or baseline is None or baseline.traffic is None:
        return {}
    margins, evidence = case.margins, case.evidence
    assert evidence is not None
    recorded = [d for d in evidence.dimensions if d in transition.declared.dimensions()]

    def undecided_of(trial: Trial, *, rejects: bool) -> tuple[Dimension, ...]:
        carried = carried_by_least(transition, evidence, [trial], margins, rejects=rejects)
        return tuple(d for d in recorded if d not in carried)

    undecided = {
        trial: (undecided_of(trial, rejects=False), undecided_of(trial, rejects=True))
        for trial in (recorded_trial(margins), headroom_trial(margins))
    }
    changed: list[Dimension] = []
    if can_start(transition):
        # A start is replayed with the recorded traffic and with the most that Preflight admits.
        calm = starts_carried_by_least(
            transition, evidence, [recorded_trial(margins), admitted_trial(margins)], margins
        )
        changed = [d for d in recorded if d not in calm and changes_supply(transition, d)]
    if not any(alone for alone, _ in undecided.values()) and not changed:
        return {}  # the recording by the minute is not read
    traffic = baseline.traffic
    found: dict[Dimension, Throttled] = {}

    def add(trial: Trial, hours: Mapping[Dimension, WorstHour]) -> None:
        for dimension, hour in hours.items():
            # Back-pressure on the table is resolved by the fix of the index that causes it.
            if hour.share > margins.throttle_budget and hour.cause is not Cause.BACK_PRESSURE:
                found.setdefault(dimension, Throttled(hour, trial))

    @cache
    def replayed(trial: Trial, dimensions: tuple[Dimension, ...]) -> tuple[Traffic, Outcome]:
        some = traffic.only(dimensions)
        return some, declared_outcome(transition, some, trial, margins, case.runner)

    def add_declared(trial: Trial) -> None:
        alone, with_rejected = undecided[trial]
        # The table's writes that an index rejects are asked for where one throttles.
        if alone and replayed(trial, alone)[1].throttled_units:
            some, declared = replayed(trial, with_rejected)
            add(trial, worst_hours(transition, some, trial, margins, case.runner, declared))

    add_declared(recorded_trial(margins))
    for trial in (recorded_trial(margins), admitted_trial(margins)):
        # Where the declared capacity throttles, every start throttles too, and the same fix resolves both.
        add(trial, _at_start(case, transition, traffic.only(d for d in changed if d not in found), trial))
    add_declared(headroom_trial(margins))
    return {
        dimension: found[dimension] for dimension in transition.declared.dimensions() if dimension in found
    }


def _at_start(
    case: Case, transition: Transition, traffic: Traffic, trial: Trial
) -> dict[Dimension, WorstHour]:
    possible = possible_starts(transition, traffic, case.margins, case.runner, trial.factor)
    if possible is None:
        return {}
    worst_starts = possible.throttling(
        trial.parameters, hours_in(case.rollout.change_window), replayed_dimensions(transition, traffic)
    )
    return {
        dimension: hour
        for dimension, by_hour in worst_starts.items()
        if (hour := worst_start(transition, case.margins, dimension, by_hour)) is not None
    }


@once
def today(case: Case) -> Outcome | None:
    """Replay of the recorded traffic on today's capacity; ``None`` for a new table, or where nothing was recorded."""
    baseline = case.recorded
    if baseline is None or baseline.deployed is None or baseline.traffic is None:
        return None
    return deployed_outcome(
        baseline.deployed, baseline.traffic, recorded_trial(case.margins), case.margins, case.runner
    )


def throttled_today(case: Case, dimension: Dimension) -> Sequence[float] | None:
    """Units per minute that today's capacity throttles in a replay; ``None`` where it throttles none."""
    replayed = today(case)
    outcome = None if replayed is None else replayed.dimensions.get(dimension)
    return outcome.throttled if outcome is not None and outcome.throttled_units else None


@dataclass(frozen=True)
class Excess:
    """Recorded units above a limit in the worst hour, without burst.

    Attributes:
        units: units above the limit in that hour, less those that today's capacity throttles.
        minutes: minutes above the limit.
        worst: position of the busiest minute of that hour.
        share: units above the limit per unit asked for.
    """

    units: float
    minutes: int
    worst: int
    share: float


def above_budget(
    case: Case, dimension: Dimension, limit: int, hours: Iterable[int] = range(HOURS_OF_WEEK)
) -> Excess | None:
    """The worst hour of what is recorded above fixed units; ``None`` within the budget, or where nothing was recorded.

    No burst is counted, so no replay is needed: units sent at the end of a switch start with an empty bucket. Only where
    they do not carry everything is today's capacity asked for what it throttles.

    Args:
        case: the case.
        dimension: the dimension.
        limit: units per second.
        hours: hours of the week that count, 0 is Monday 00:00 UTC.
    """
    peak = None if case.evidence is None else case.evidence.peak(dimension)
    if peak is not None and peak.units < limit * _SAME:
        return None  # the recording by the minute is not read
    traffic, series = None if case.recorded is None else case.recorded.traffic, case.series(dimension)
    if traffic is None or series is None:
        return None
    per_minute = limit * 60
    if series[traffic.busiest[dimension]] <= per_minute:
        return None
    before: Sequence[float] | None = None
    worst: Excess | None = None
    selected = frozenset(hours)
    for hour, span in hours_of_week(traffic):
        if hour not in selected:
            continue
        units = series[span.start : span.stop]
        above = [value - per_minute if value > per_minute else 0.0 for value in units]
        if not any(above):
            continue
        before = before or throttled_today(case, dimension)
        added = math.fsum(above) - (0.0 if before is None else math.fsum(before[span.start : span.stop]))
        asked = math.fsum(value for value in units if value == value)
        if added > case.margins.throttle_budget * asked and (worst is None or added > worst.units):
            busiest = span.start + above.index(max(above))
            worst = Excess(added, sum(1 for value in above if value), busiest, added / asked)
    return worst


def on_capacity(
    case: Case, capacity: Capacity, traffic: Traffic, trial: Trial, *, recorded_schedules: bool = False
) -> Mapping[Dimension, WorstHour]:
    """The worst hour of recorded traffic on a capacity that is declared instead, less what today's capacity throttles.

    Args:
        case: the case.
        capacity: the capacity.
        traffic: the recording, or some dimensions of it.
        trial: conditions of the replay.
        recorded_schedules: whether the recorded scheduled actions move its bounds, and not those of the declared template.
    """
    transition = case.transition
    assert transition is not None
    schedules = None if recorded_schedules else transition.schedules
    instead = replace(transition, declared=capacity, schedules=schedules)
    return worst_hours(instead, traffic, trial, case.margins, case.runner)


def with_resource(capacity: Capacity, index: str | None, resource: ResourceCapacity) -> Capacity:
    """A capacity with another one of one table or index."""
    if index is None:
        return replace(capacity, table=resource)
    return replace(capacity, indexes={**capacity.indexes, index: resource})


def declaring(case: Case, capacity: Capacity, dimension: Dimension) -> Case:
    """The case with another declared capacity, and with the traffic of one dimension only."""
    assert case.recorded is not None
    assert case.recorded.traffic is not None
    only = replace(case.recorded, traffic=case.recorded.traffic.only([dimension]))
    return replace(case, declared=capacity, baseline=only)


__all__ = [
    "Excess",
    "Throttled",
    "above_budget",
    "declaring",
    "on_capacity",
    "throttled",
    "throttled_today",
    "today",
    "with_resource",
]
