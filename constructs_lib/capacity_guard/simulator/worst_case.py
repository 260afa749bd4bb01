"""A transition on trial: what it throttles in its worst hour, at its start and ever after, that today's capacity does not.

CG14 judges by it and ``capacity-guard plan`` shows it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ..capacity.ceilings import ceiling_without_maximum
from ..capacity.deployed import Deployed
from ..capacity.dimension import Dimension
from ..capacity.settings import Margins
from ..capacity.transition import Change, Transition
from ..capacity.warm_throughput import initial_ceiling
from ..evidence.digest import hours_of_week
from ..evidence.traffic import Traffic
from .dimension_replay import run
from .parameters import Parameters
from .table_replay import Cause, DimensionOutcome, Outcome, Runner, simulate
from .worst_start import Start, Starts


@dataclass(frozen=True)
class Trial:
    """How a replay takes the traffic and what is unknown.

    Attributes:
        factor: times the recorded traffic.
        parameters: what is taken for unknown.
    """

    factor: float
    parameters: Parameters


def recorded(margins: Margins) -> Trial:
    """Recorded traffic, with what its minutes hide as the defaults have it."""
    unknown = Parameters(
        reaction_minutes=max(2, margins.scaling_reaction_minutes), hottest_share=margins.hottest_share
    )
    return Trial(1.0, unknown)


def with_headroom(margins: Margins) -> Trial:
    """Recorded traffic times the headroom, as even as its minutes: headroom stands for the seconds inside them."""
    return Trial(margins.headroom, replace(recorded(margins).parameters, peak_second=1.0))


@dataclass(frozen=True)
class WorstHour:
    """The hour in which a transition throttles most in one dimension.

    Attributes:
        asked: units asked for, without retries.
        throttled: units throttled, with retries, that the capacity before the transition does not throttle.
        minutes: minutes in which something is throttled.
        worst: position of the minute with the most of it.
        limit: units per second served at most in that minute.
        cause: what throttled most; ``None`` where nothing is throttled.
        started: position of the minute in which the transition started; ``None``: it is long over.
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
        """Throttled units for one unit asked for."""
        return self.throttled / self.asked if self.asked else 0.0


def can_start(transition: Transition) -> bool:
    """Whether there is a capacity to change, and provisioned units to start with where it becomes provisioned."""
    return transition.deployed is not None and all(
        transition.units_sent(d) is not None for d in transition.having(Change.TO_PROVISIONED)
    )


def starts(
    transition: Transition, traffic: Traffic, margins: Margins, runner: Runner = run, factor: float = 1.0
) -> Starts | None:
    """Starts of a transition; ``None`` where it cannot start.

    Args:
        transition: deployed to declared capacity.
        traffic: the recording.
        margins: longest switch, quota, and budget.
        runner: what replays one dimension.
        factor: times the recorded traffic.
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
    transition: Transition, margins: Margins, dimension: Dimension, each: Iterable[Start | None]
) -> WorstHour | None:
    """The start that throttles most, ``None`` where nothing was recorded.

    Args:
        transition: deployed to declared capacity.
        margins: longest switch, and quota.
        dimension: which one.
        each: starts of it.
    """
    known = [one for one in each if one is not None]
    if not known:
        return None
    worst = max(known, key=lambda one: (one.added, one.asked))
    cause = _cause(transition, margins, dimension, worst) if worst.added else None
    return WorstHour(worst.asked, worst.added, worst.minutes, worst.worst, worst.limit, cause, worst.at)


def declared_outcome(
    transition: Transition, traffic: Traffic, trial: Trial, margins: Margins, runner: Runner = run
) -> Outcome:
    """The whole recording on the declared capacity."""
    return simulate(
        transition.declared,
        traffic,
        parameters=trial.parameters,
        factor=trial.factor,
        ceilings={d: ceiling_without_maximum(transition, d) for d in transition.declared.dimensions()},
        quota=margins.table_quota,
        runner=runner,
    )


def deployed_outcome(
    deployed: Deployed, traffic: Traffic, trial: Trial, margins: Margins, runner: Runner = run
) -> Outcome:
    """The whole recording on the capacity that is live."""
    return simulate(
        deployed.live,
        traffic,
        parameters=trial.parameters,
        factor=trial.factor,
        ceilings={d: max(initial_ceiling(d), deployed.warm_now(d)) for d in deployed.live.dimensions()},
        quota=margins.table_quota,
        runner=runner,
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
        trial: how to replay it.
        margins: quota.
        runner: what replays one dimension.
        declared: the ``declared_outcome`` of this trial, where it is known.
    """
    declared = declared or declared_outcome(transition, traffic, trial, margins, runner)
    before: Outcome | None = None
    if transition.deployed is not None and declared.throttled_units:
        before = deployed_outcome(transition.deployed, traffic, trial, margins, runner)
    return {
        dimension: _worst_hour(traffic, one, None if before is None else before.dimensions.get(dimension))
        for dimension, one in declared.dimensions.items()
    }


def _worst_hour(traffic: Traffic, one: DimensionOutcome, before: DimensionOutcome | None) -> WorstHour:
    worst, most = range(0), 0.0
    for _, span in hours_of_week(traffic) if one.throttled_units else ():
        throttled = math.fsum(one.throttled[span.start : span.stop])
        if throttled and before is not None:
            throttled -= math.fsum(before.throttled[span.start : span.stop])
        if throttled > most:
            worst, most = span, throttled
    if not most:
        busiest = traffic.busiest[one.dimension]
        return WorstHour(0.0, 0.0, 0, busiest, one.limit[busiest], None)
    part = one.throttled[worst.start : worst.stop]
    at = worst.start + part.index(max(part))
    minutes = sum(1 for units in part if units)
    asked = _sum(one.recorded[worst.start : worst.stop])
    return WorstHour(asked, most, minutes, at, one.limit[at], one.cause)


def _cause(transition: Transition, margins: Margins, dimension: Dimension, start: Start) -> Cause:
    """What bounds the worst minute: the capacity before the switch while the mode switches, else the declared one."""
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


def _sum(units: Sequence[float]) -> float:
    return math.fsum(one for one in units if one == one)


__all__ = [
    "Trial",
    "WorstHour",
    "can_start",
    "declared_outcome",
    "deployed_outcome",
    "recorded",
    "starts",
    "with_headroom",
    "worst_hours",
    "worst_start",
]
