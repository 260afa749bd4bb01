"""The worst hour of a transition: units that it throttles and that the deployed capacity does not throttle.

CG14 and ``capacity-guard plan`` use it, for the start of the transition and for the declared capacity afterwards.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ..capacity.capacity import Capacity, minimum_of
from ..capacity.ceilings import ceiling_without_maximum
from ..capacity.deployed import Deployed
from ..capacity.dimension import Dimension
from ..capacity.evidence import Evidence
from ..capacity.settings import Margins
from ..capacity.transition import Change, Transition
from ..capacity.warm_throughput import initial_ceiling
from ..evidence.digest import hours_of_week
from ..evidence.traffic import Traffic
from .dimension_replay import run
from .minute_results import calm_units
from .parameters import Parameters
from .start_replay import Start
from .table_replay import TABLE_WRITE, Cause, DimensionOutcome, Outcome, Runner, partition, simulate
from .worst_start import Starts


@dataclass(frozen=True)
class Trial:
    """Conditions of a replay.

    Attributes:
        factor: multiple of the recorded traffic.
        parameters: assumed properties of the service.
    """

    factor: float
    parameters: Parameters


def recorded_trial(margins: Margins) -> Trial:
    """The recorded traffic, with the default parameters and those that the margins set."""
    parameters = Parameters(
        reaction_minutes=max(2, margins.scaling_reaction_minutes), hottest_share=margins.hottest_share
    )
    return Trial(1.0, parameters)


def headroom_trial(margins: Margins) -> Trial:
    """The recorded traffic times the headroom, evenly distributed in each minute: the headroom covers its busiest second."""
    return Trial(margins.headroom, replace(recorded_trial(margins).parameters, peak_second=1.0))


def admitted_trial(margins: Margins) -> Trial:
    """The most traffic with which Preflight lets a transition start, evenly distributed in each minute as with headroom."""
    return Trial(margins.live_peak, replace(recorded_trial(margins).parameters, peak_second=1.0))


@dataclass(frozen=True)
class WorstHour:
    """The hour in which a transition throttles the most units of one dimension.

    Attributes:
        asked: units asked for, with retries.
        throttled: units throttled, with retries, that the capacity before the transition does not throttle.
        minutes: minutes with throttled units.
        worst: position of the minute with the most throttled units.
        limit: units per second served at most in that minute.
        cause: cause of the most throttled units; ``None`` where nothing is throttled.
        started: position of the minute in which the transition starts; ``None`` for the declared capacity afterwards.
    """

    asked: float
    throttled: float
    minutes: int
    worst: int
    limit: float
    cause: Cause | None
    started: int | None = None

    @property
    def share(self) -> float:
        """Throttled units per unit asked for."""
        return self.throttled / self.asked if self.asked else 0.0


def can_start(transition: Transition) -> bool:
    """Whether the table exists and, at a switch to provisioned mode, each dimension has units to start with."""
    return transition.deployed is not None and all(
        transition.units_sent(d) is not None for d in transition.having(Change.TO_PROVISIONED)
    )


def possible_starts(
    transition: Transition, traffic: Traffic, margins: Margins, runner: Runner = run, factor: float = 1.0
) -> Starts | None:
    """The starts of a transition; ``None`` where it cannot start.

    Args:
        transition: deployed to declared capacity.
        traffic: the recording.
        margins: longest switch, quota and throttle budget.
        runner: function that replays one dimension.
        factor: multiple of the recorded traffic.
    """
    if not can_start(transition):
        return None
    return Starts(
        transition,
        traffic,
        factor=factor,
        switch_minutes=margins.switch_minutes,
        quota=margins.table_quota,
        budget=margins.throttle_budget,
        runner=runner,
    )


def worst_start(
    transition: Transition, margins: Margins, dimension: Dimension, candidates: Iterable[Start | None]
) -> WorstHour | None:
    """The worst hour of the start that throttles the most units; ``None`` where nothing was recorded.

    Args:
        transition: deployed to declared capacity.
        margins: longest switch and quota.
        dimension: the dimension.
        candidates: starts of this dimension; ``None`` entries are ignored.
    """
    found = [candidate for candidate in candidates if candidate is not None]
    if not found:
        return None
    worst = max(found, key=lambda start: (start.added, start.asked))
    cause = _cause(transition, margins, dimension, worst) if worst.added else None
    return WorstHour(worst.asked, worst.added, worst.minutes, worst.worst, worst.limit, cause, worst.at)


def declared_outcome(
    transition: Transition, traffic: Traffic, trial: Trial, margins: Margins, runner: Runner = run
) -> Outcome:
    """Replay of the recording on the declared capacity.

    Args:
        transition: deployed to declared capacity.
        traffic: the recording.
        trial: conditions of the replay.
        margins: quota.
        runner: function that replays one dimension.
    """
    return simulate(
        transition.declared,
        traffic,
        parameters=trial.parameters,
        factor=trial.factor,
        ceilings={d: ceiling_without_maximum(transition, d) for d in transition.declared.dimensions()},
        quota=margins.table_quota,
        schedules=transition.schedules_after,
        runner=runner,
    )


def deployed_outcome(
    deployed: Deployed, traffic: Traffic, trial: Trial, margins: Margins, runner: Runner = run
) -> Outcome:
    """Replay of the recording on the live capacity.

    Args:
        deployed: the deployed capacity.
        traffic: the recording.
        trial: conditions of the replay.
        margins: quota.
        runner: function that replays one dimension.
    """
    return simulate(
        deployed.live,
        traffic,
        parameters=trial.parameters,
        factor=trial.factor,
        ceilings={d: max(initial_ceiling(d), deployed.warm_now(d)) for d in deployed.live.dimensions()},
        quota=margins.table_quota,
        schedules=deployed.schedules,
        runner=runner,
    )


def carried_by_least(
    transition: Transition,
    evidence: Evidence,
    trials: Iterable[Trial],
    margins: Margins,
    *,
    rejects: bool = True,
) -> frozenset[Dimension]:
    """Dimensions that throttle in no minute on the declared capacity, since its least units carry the recorded peak.

    It needs no replay, and no recording by the minute.

    Args:
        transition: deployed to declared capacity.
        evidence: the digest of the recording.
        trials: conditions of the replays that are spared.
        margins: quota.
        rejects: whether an index may throttle; writes that it throttles are retried on the table.
    """
    carried = _least_carries(transition, evidence, trials, margins)
    writes = [d for d in transition.declared.dimensions() if d.access == "write" and d != TABLE_WRITE]
    if rejects and not carried.issuperset(writes):
        carried.discard(TABLE_WRITE)
    return frozenset(carried)


def starts_carried_by_least(
    transition: Transition, evidence: Evidence, trials: Sequence[Trial], margins: Margins
) -> frozenset[Dimension]:
    """Dimensions of which no start throttles: the least units before it and after it carry the recorded peak.

    Args:
        transition: deployed to declared capacity of a table that exists.
        evidence: the digest of the recording.
        trials: conditions of the replays that are spared.
        margins: quota.
    """
    deployed = transition.deployed
    assert deployed is not None
    after = _least_carries(transition, evidence, trials, margins)
    moved = {action.dimension for action in deployed.schedules}
    found = set()
    for dimension in after.intersection(deployed.live.dimensions()).difference(moved):
        ceiling = max(initial_ceiling(dimension), deployed.warm_now(dimension))
        least = _least(deployed.live, dimension, ceiling, margins)
        now = deployed.provisioned_now(dimension)
        if deployed.live.throughput(dimension) is not None and now is not None:
            least = min(least, now)
        if _carry_peak(least, dimension, evidence, trials):
            found.add(dimension)
    return frozenset(found)


def _least_carries(
    transition: Transition, evidence: Evidence, trials: Iterable[Trial], margins: Margins
) -> set[Dimension]:
    """Dimensions whose least units of the declared capacity carry the recorded peak."""
    declared, tried = transition.declared, tuple(trials)
    # Scheduled actions may set less.
    moved = (
        {action.dimension for action in transition.schedules_after} if not declared.is_on_demand else set()
    )
    return {
        dimension
        for dimension in declared.dimensions()
        if dimension not in moved
        and _carry_peak(
            _least(declared, dimension, ceiling_without_maximum(transition, dimension), margins),
            dimension,
            evidence,
            tried,
        )
    }


def _least(capacity: Capacity, dimension: Dimension, ceiling: float, margins: Margins) -> float:
    """The least units per second that a capacity serves of a dimension at any time."""
    throughput = capacity.throughput(dimension)
    if throughput is not None:
        return minimum_of(throughput)
    maximum = capacity.maximum(dimension)
    return min(ceiling, margins.table_quota if maximum is None else min(maximum, margins.table_quota))


def _carry_peak(least: float, dimension: Dimension, evidence: Evidence, trials: Iterable[Trial]) -> bool:
    peak = evidence.peak(dimension)
    return peak is not None and all(
        60 * trial.factor * peak.units <= calm_units(trial.parameters, partition(dimension), least)
        for trial in trials
    )


def worst_hours(
    transition: Transition,
    traffic: Traffic,
    trial: Trial,
    margins: Margins,
    runner: Runner = run,
    declared: Outcome | None = None,
) -> Mapping[Dimension, WorstHour]:
    """The worst hour of each recorded dimension on the declared capacity.

    Args:
        transition: deployed to declared capacity.
        traffic: the recording.
        trial: conditions of the replay.
        margins: quota.
        runner: function that replays one dimension.
        declared: the ``declared_outcome`` of this trial, if the caller has it.
    """
    declared = declared or declared_outcome(transition, traffic, trial, margins, runner)
    before: Outcome | None = None
    if transition.deployed is not None and declared.throttled_units:
        before = deployed_outcome(transition.deployed, traffic, trial, margins, runner)
    return {
        dimension: _worst_hour(traffic, outcome, None if before is None else before.dimensions.get(dimension))
        for dimension, outcome in declared.dimensions.items()
    }


def _worst_hour(traffic: Traffic, outcome: DimensionOutcome, before: DimensionOutcome | None) -> WorstHour:
    worst, most = range(0), 0.0
    for _, span in hours_of_week(traffic) if outcome.throttled_units else ():
        throttled = math.fsum(outcome.throttled[span.start : span.stop])
        if throttled and before is not None:
            throttled -= math.fsum(before.throttled[span.start : span.stop])
        if throttled > most:
            worst, most = span, throttled
    if not most:
        busiest = traffic.busiest[outcome.dimension]
        return WorstHour(0.0, 0.0, 0, busiest, outcome.limit[busiest], None)
    part = outcome.throttled[worst.start : worst.stop]
    at = worst.start + part.index(max(part))
    minutes = sum(1 for units in part if units)
    asked = math.fsum(units for units in outcome.demand[worst.start : worst.stop] if units == units)
    return WorstHour(asked, most, minutes, at, outcome.limit[at], _cause_beyond(outcome, before))


def _cause_beyond(outcome: DimensionOutcome, before: DimensionOutcome | None) -> Cause | None:
    """Cause of the most units that are throttled beyond what the capacity before throttles by the same cause."""
    if before is None:
        return outcome.cause
    return max(
        outcome.causes, key=lambda cause: outcome.causes[cause] - before.causes.get(cause, 0.0), default=None
    )


def _cause(transition: Transition, margins: Margins, dimension: Dimension, start: Start) -> Cause:
    """Cause of the worst minute: the capacity before the switch while the mode switches, else the declared capacity."""
    assert transition.deployed is not None
    if start.hottest > start.throttled / 2:
        return Cause.KEY
    switching = (
        transition.deployed.live.billing_mode is not transition.declared.billing_mode
        and start.worst < start.at + margins.switch_minutes
    )
    bounding = transition.deployed.live if switching else transition.declared
    if bounding.throughput(dimension) is not None:
        return Cause.PROVISIONED
    maximum = min(bounding.maximum(dimension) or margins.table_quota, margins.table_quota)
    if start.limit < maximum:
        return Cause.CEILING
    return Cause.QUOTA if maximum == margins.table_quota else Cause.MAXIMUM


__all__ = [
    "Trial",
    "WorstHour",
    "admitted_trial",
    "can_start",
    "carried_by_least",
    "declared_outcome",
    "deployed_outcome",
    "headroom_trial",
    "possible_starts",
    "recorded_trial",
    "starts_carried_by_least",
    "worst_hours",
    "worst_start",
]
