"""CG14: replayed against recorded traffic, the change throttles more than the budget.

The start is judged by recorded traffic alone: Preflight reads the live traffic then and refuses what is above it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from ..capacity.capacity import AutoScaling, OnDemand, Provisioned, ResourceCapacity
from ..capacity.dimension import Dimension
from ..capacity.settings import hours_in
from ..capacity.transition import Transition
from ..evidence.traffic import Traffic
from ..simulator.table_replay import Cause
from ..simulator.worst_case import Trial, WorstHour, recorded, starts, with_headroom, worst_hours, worst_start
from .formatting import capacity_code, minutes, number, rate, utc_text, whole
from .model import Case, Figure, Finding, Level, Rule
from .on_demand_ceiling import with_ceiling
from .switch_freeze import armed_code, excess, frozen


def _condition(case: Case) -> Iterator[Finding]:
    for dimension, (hour, trial) in _throttled(case).items():
        yield _finding(case, dimension, hour, trial)


def _throttled(case: Case) -> dict[Dimension, tuple[WorstHour, Trial]]:
    """Dimensions that throttle beyond the budget, each with its worst hour and the first trial that shows it."""
    transition, baseline = case.transition, case.recorded
    if transition is None or transition.is_empty or baseline is None or baseline.traffic is None:
        return {}
    traffic, margins = baseline.traffic, case.margins
    found: dict[Dimension, tuple[WorstHour, Trial]] = {}

    def note(trial: Trial, hours: Mapping[Dimension, WorstHour]) -> None:
        for dimension, hour in hours.items():
            # Of back-pressure the finding of the index says what mends it.
            if hour.share > margins.throttle_budget and hour.cause is not Cause.BACK_PRESSURE:
                found.setdefault(dimension, (hour, trial))

    note(recorded(margins), worst_hours(transition, traffic, recorded(margins), margins, case.runner))
    # Where the declared capacity throttles, so does every start, and mending the one mends the other.
    carried = traffic.only(d for d in traffic.consumed if d not in found)
    note(recorded(margins), _at_start(case, transition, carried, recorded(margins)))
    note(
        with_headroom(margins), worst_hours(transition, traffic, with_headroom(margins), margins, case.runner)
    )
    return {d: found[d] for d in transition.declared.dimensions() if d in found}


def _at_start(
    case: Case, transition: Transition, traffic: Traffic, trial: Trial
) -> dict[Dimension, WorstHour]:
    possible = starts(transition, traffic, case.margins, case.runner, trial.factor)
    if possible is None:
        return {}
    found = possible.worst(trial.parameters, hours_in(case.rollout.change_window))
    hours = {d: worst_start(transition, case.margins, d, each) for d, each in found.items()}
    return {dimension: hour for dimension, hour in hours.items() if hour is not None}


def _finding(case: Case, dimension: Dimension, hour: WorstHour, trial: Trial) -> Finding:
    transition, baseline = case.transition, case.recorded
    assert transition is not None
    assert baseline is not None
    assert baseline.traffic is not None
    traffic = baseline.traffic
    what = "recorded traffic" if trial.factor == 1 else f"{trial.factor:g} times the recorded traffic"
    asked = traffic.consumed[dimension][hour.worst] * trial.factor / 60
    started = "" if hour.started is None else f"; the change started {utc_text(traffic.minute(hour.started))}"
    cause = "" if hour.cause is None else f"; {hour.cause.value}"
    low, high = _range(case, transition, traffic, dimension, hour, trial)
    figures = [
        Figure("worst minute", rate(asked, dimension), f"{utc_text(traffic.minute(hour.worst))}{started}"),
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
    case: Case, transition: Transition, traffic: Traffic, dimension: Dimension, hour: WorstHour, trial: Trial
) -> tuple[float, float]:
    """Units throttled where what is unknown is kind, and where it is harsh, in the same hour."""
    alone = traffic.only([dimension])
    ends = [hour.throttled]
    possible = starts(transition, alone, case.margins, case.runner, trial.factor)
    for parameters in trial.parameters.range():
        if hour.started is not None and possible is not None:
            window = hours_in(case.rollout.change_window)
            ends.append(possible.most(parameters, window, [dimension])[dimension])
        else:
            end = Trial(trial.factor, parameters)
            ends.append(worst_hours(transition, alone, end, case.margins, case.runner)[dimension].throttled)
    return min(ends), max(ends)


def _fix(
    case: Case, transition: Transition, traffic: Traffic, dimension: Dimension, hour: WorstHour, trial: Trial
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
    if hour.cause is Cause.KEY:
        return "spread the hottest key over more keys: no capacity serves one key more than a partition does"
    peak = trial.factor * max(units for units in traffic.consumed[dimension] if units == units) / 60
    enough = whole(peak * trial.parameters.peak_second)
    if hour.cause is Cause.QUOTA:
        return f"have the quota raised, and declare it: margins=Margins(table_quota={number(enough)})"
    # What CG3 and CG4 ask for, where that is enough: two findings on one dimension must not ask for two things.
    asked = whole(peak / trial.factor * case.margins.headroom)
    code = ""
    for needed in sorted({asked, enough}):
        mended = _mended(transition, dimension, needed)
        code = capacity_code(dimension.index, mended, case.dialect)
        if needed >= enough or dimension not in _throttled(_with(case, traffic, dimension, mended)):
            break
    return code


def _mended(transition: Transition, dimension: Dimension, needed: int) -> ResourceCapacity:
    declared = transition.declared.of(dimension.index)
    if isinstance(declared, OnDemand):
        return with_ceiling(transition, declared, dimension, needed)
    return _raised(transition, declared, dimension, needed)


def _with(case: Case, traffic: Traffic, dimension: Dimension, mended: ResourceCapacity) -> Case:
    """The case with a mended resource, and no traffic but that of one dimension."""
    assert case.recorded is not None
    if dimension.index is None:
        declared = replace(case.declared, table=mended)
    else:
        declared = replace(case.declared, indexes={**case.declared.indexes, dimension.index: mended})
    alone = replace(case.recorded, traffic=traffic.only([dimension]))
    return replace(case, declared=declared, baseline=alone)


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
