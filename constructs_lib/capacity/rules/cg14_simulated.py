"""CG14: replayed against recorded traffic, the change throttles more than the budget.

Recorded traffic is replayed with what minutes hide as the simulator's defaults have it. Traffic times the headroom is
replayed as even as its minutes: the headroom stands for the seconds inside them already. The switch itself is judged by
recorded traffic alone, since Preflight reads the live traffic at its start and refuses what is above it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ..capacity import AutoScaling, Capacity, Dimension, OnDemand, Provisioned, ResourceCapacity
from ..evidence import hours_of_week
from ..rollout import hours_in
from ..simulator.change import Start, worst_starts
from ..simulator.parameters import Parameters
from ..simulator.table import Cause, DimensionOutcome, Outcome, simulate
from ..traffic import Traffic
from ..transition import Change, Deployed, Transition, ceiling_without_maximum
from ._ceiling import with_ceiling
from ._frozen import armed_code, excess, frozen
from ._model import Case, Figure, Finding, Level, Rule
from ._words import capacity_code, minutes, moment, rate, whole


@dataclass(frozen=True)
class _Hour:
    """The worst hour of a dimension: what it asks for, what is throttled of it, and in which minute most."""

    asked: float
    throttled: float
    worst: int
    minutes: int
    limit: float
    cause: Cause | None
    started: int | None = None

    @property
    def share(self) -> float:
        return self.throttled / self.asked if self.asked else 0.0


@dataclass(frozen=True)
class _Trial:
    """One replay of a case: a factor on its traffic, and what is taken for unknown."""

    factor: float
    parameters: Parameters


def _condition(case: Case) -> Iterator[Finding]:
    for dimension, (hour, trial) in _throttled(case).items():
        yield _finding(case, dimension, hour, trial)


def _throttled(case: Case) -> dict[Dimension, tuple[_Hour, _Trial]]:
    """Dimensions that throttle beyond the budget, each with its worst hour and the first trial that shows it."""
    transition, baseline = case.transition, case.recorded
    if transition is None or transition.is_empty or baseline is None or baseline.traffic is None:
        return {}
    recorded = _Trial(1.0, Parameters(reaction_minutes=max(2, case.margins.scaling_reaction_minutes)))
    with_margin = _Trial(case.margins.headroom, replace(recorded.parameters, peak_second=1.0))
    found: dict[Dimension, tuple[_Hour, _Trial]] = {}
    for trial in (recorded, with_margin):
        hours = _steady(case, transition, baseline.traffic, trial)
        if trial is recorded:
            hours |= _starts(case, transition, baseline.traffic, trial)
        for dimension, hour in hours.items():
            if hour.cause is not Cause.BACK_PRESSURE:  # the finding of the index says what mends it
                found.setdefault(dimension, (hour, trial))
    return {d: found[d] for d in transition.declared.dimensions() if d in found}


def _starts(case: Case, transition: Transition, traffic: Traffic, trial: _Trial) -> dict[Dimension, _Hour]:
    """Dimensions whose worst start in the change window throttles more than the budget."""
    if transition.deployed is None or any(
        transition.units_sent(d) is None for d in transition.having(Change.TO_PROVISIONED)
    ):
        return {}  # nothing to switch, or nothing to start with: CG5 refuses that
    starts = worst_starts(
        transition,
        traffic,
        hours=hours_in(case.rollout.change_window),
        parameters=trial.parameters,
        factor=trial.factor,
        switch_minutes=case.margins.switch_minutes,
        quota=case.margins.table_quota,
    )
    found: dict[Dimension, _Hour] = {}
    for dimension, each in starts.items():
        above = [one for one in each if one is not None and one.share > case.margins.throttle_budget]
        worst: Start | None = max(above, key=lambda one: one.added, default=None)
        if worst is not None:
            found[dimension] = _Hour(
                worst.asked,
                worst.added,
                worst.worst,
                worst.minutes,
                worst.limit,
                _cause(case, transition, dimension, worst),
                worst.at,
            )
    return found


def _cause(case: Case, transition: Transition, dimension: Dimension, start: Start) -> Cause:
    """What bounds the worst minute: the capacity before the switch while the mode switches, else the declared one."""
    assert transition.deployed is not None
    switching = (
        transition.deployed.live.billing_mode is not transition.declared.billing_mode
        and start.worst < start.at + case.margins.switch_minutes
    )
    bounding = transition.deployed.live if switching else transition.declared
    if bounding.throughput(dimension) is not None:
        return Cause.PROVISIONED
    maximum = min(bounding.maximum(dimension) or case.margins.table_quota, case.margins.table_quota)
    if start.limit < maximum:
        return Cause.CEILING
    return Cause.QUOTA if maximum == case.margins.table_quota else Cause.MAXIMUM


def _steady(case: Case, transition: Transition, traffic: Traffic, trial: _Trial) -> dict[Dimension, _Hour]:
    """Dimensions that the declared capacity throttles beyond the budget, and the deployed one does not."""
    declared = _declared(case, transition, traffic, trial)
    hit = {d: one for d, one in declared.dimensions.items() if one.throttled_units}
    if not hit:
        return {}
    deployed = _deployed(case, transition.deployed, traffic, trial)
    found = {}
    for dimension, one in hit.items():
        before = None if deployed is None else deployed.dimensions.get(dimension)
        worst = _worst_hour(traffic, one, before)
        if worst.share > case.margins.throttle_budget:
            found[dimension] = worst
    return found


def _declared(case: Case, transition: Transition, traffic: Traffic, trial: _Trial) -> Outcome:
    return simulate(
        transition.declared,
        traffic,
        parameters=trial.parameters,
        factor=trial.factor,
        ceilings={d: ceiling_without_maximum(transition, d) for d in transition.declared.dimensions()},
        quota=case.margins.table_quota,
    )


def _deployed(case: Case, deployed: Deployed | None, traffic: Traffic, trial: _Trial) -> Outcome | None:
    if deployed is None:
        return None
    return simulate(
        deployed.live,
        traffic,
        parameters=trial.parameters,
        factor=trial.factor,
        ceilings={
            d: max(deployed.warm_now(d), ceiling_without_maximum(Transition("", None, deployed.live), d))
            for d in deployed.live.dimensions()
        },
        quota=case.margins.table_quota,
    )


def _worst_hour(traffic: Traffic, one: DimensionOutcome, before: DimensionOutcome | None) -> _Hour:
    """The clock hour in which most is throttled, less what was throttled before the change."""
    worst, most, asked = range(0), 0.0, 0.0
    for _, span in hours_of_week(traffic):
        throttled = _sum(one.throttled[span.start : span.stop])
        if before is not None:
            throttled -= _sum(before.throttled[span.start : span.stop])
        if throttled > most:
            worst, most, asked = span, throttled, _sum(one.recorded[span.start : span.stop])
    if not most:
        return _Hour(0.0, 0.0, 0, 0, 0.0, one.cause)
    part = one.throttled[worst.start : worst.stop]
    at = worst.start + part.index(max(part))
    return _Hour(asked, most, at, sum(1 for units in part if units), one.limit[at], one.cause)


def _sum(units: Sequence[float]) -> float:
    return math.fsum(one for one in units if one == one)


def _finding(case: Case, dimension: Dimension, hour: _Hour, trial: _Trial) -> Finding:
    transition, baseline = case.transition, case.recorded
    assert transition is not None
    assert baseline is not None
    assert baseline.traffic is not None
    traffic = baseline.traffic
    what = "recorded traffic" if trial.factor == 1 else f"{trial.factor:g} times the recorded traffic"
    asked = traffic.consumed[dimension][hour.worst] * trial.factor / 60
    started = "" if hour.started is None else f"; the change started {moment(traffic.minute(hour.started))}"
    cause = "" if hour.cause is None else f"; {hour.cause.value}"
    low, high = _range(case, transition, traffic, dimension, hour, trial)
    figures = [
        Figure("worst minute", rate(asked, dimension), f"{moment(traffic.minute(hour.worst))}{started}"),
        Figure("served then", rate(hour.limit, dimension), f"at most{cause}"),
        Figure(
            "throttled",
            f"{hour.throttled:,.0f} {dimension.access}s",
            f"in {minutes(hour.minutes)}, retries counted: {hour.share:.1%} of what is asked for in that hour",
        ),
        Figure("if unknowns are", f"{low:,.0f} to {high:,.0f}", "kind, and harsh (docs/simulator.md)"),
        Figure("budget", f"{case.margins.throttle_budget:.1%}", "of an hour: Margins.throttle_budget"),
    ]
    return case.finding(
        RULE,
        f"replayed, the change throttles {what}",
        dimension=dimension,
        figures=figures,
        fix=_fix(case, transition, traffic, dimension, hour, trial),
    )


def _range(
    case: Case, transition: Transition, traffic: Traffic, dimension: Dimension, hour: _Hour, trial: _Trial
) -> tuple[float, float]:
    """Units throttled where what is unknown is kind, and where it is harsh, in the same hour."""
    alone = Traffic(
        traffic.start, {dimension: traffic.consumed[dimension]}, {dimension: traffic.throttled[dimension]}
    )
    ends = []
    for parameters in trial.parameters.range():
        there: Mapping[Dimension, _Hour]
        end = _Trial(trial.factor, parameters)
        lenient = replace(case, margins=replace(case.margins, throttle_budget=0.0))
        if hour.started is None:
            there = _steady(lenient, transition, alone, end)
        else:
            there = _starts(lenient, transition, alone, end)
        ends.append(there[dimension].throttled if dimension in there else 0.0)
    return min(*ends, hour.throttled), max(*ends, hour.throttled)


def _fix(
    case: Case, transition: Transition, traffic: Traffic, dimension: Dimension, hour: _Hour, trial: _Trial
) -> str:
    frozen_then = transition.switches_to_on_demand and hour.cause is Cause.PROVISIONED
    if hour.started is not None and transition.deployed is not None and frozen_then:
        met = {
            d: worst
            for d in transition.declared.dimensions()
            if (one := frozen(case, d)) is not None and (worst := excess(case, d, one)) is not None
        }
        return (
            f"deploy first, then record again: {armed_code(case, transition.deployed, dimension.index, met)}"
        )
    if hour.cause is Cause.QUOTA:
        return "have the quota raised, and declare it: margins=Margins(table_quota=...)"
    peak = trial.factor * max(units for units in traffic.consumed[dimension] if units == units) / 60
    enough = whole(peak * trial.parameters.peak_second)
    # What CG3 and CG4 ask for, where that is enough: two findings on one dimension must not ask for two things.
    asked = whole(peak / trial.factor * case.margins.headroom)
    code = ""
    for needed in sorted({asked, enough}):
        mended = _mended(transition, dimension, needed)
        code = capacity_code(dimension.index, mended, case.dialect)
        if needed >= enough or dimension not in _throttled(
            replace(case, declared=_with(case, dimension, mended))
        ):
            break
    return code


def _mended(transition: Transition, dimension: Dimension, needed: int) -> ResourceCapacity:
    declared = transition.declared.of(dimension.index)
    if isinstance(declared, OnDemand):
        return with_ceiling(transition, declared, dimension, needed)
    return _raised(transition, declared, dimension, needed)


def _with(case: Case, dimension: Dimension, mended: ResourceCapacity) -> Capacity:
    if dimension.index is None:
        return replace(case.declared, table=mended)
    return replace(case.declared, indexes={**case.declared.indexes, dimension.index: mended})


def _raised(transition: Transition, declared: Provisioned, dimension: Dimension, needed: int) -> Provisioned:
    throughput = declared.of(dimension.access)
    if isinstance(throughput, AutoScaling):
        seeded = throughput.seed is not None or transition.switches_to_provisioned
        throughput = replace(
            throughput,
            minimum=max(throughput.minimum, needed),
            maximum=max(throughput.maximum, needed),
            seed=max(throughput.seed or 1, needed) if seeded else None,
        )
    else:
        throughput = max(throughput, needed)
    if dimension.access == "read":
        return replace(declared, read=throughput)
    return replace(declared, write=throughput)


RULE = Rule(
    "CG14", Level.ERROR, "The simulated change throttles recorded traffic, or its headroom", _condition
)
