"""The declared capacity, raised until no rule refuses it for what it carries: the fix of CG3, CG4, CG5, CG11 and CG14.

There is one such capacity of a case, so that the fixes of several findings agree, and a rule does not print a number that
another rule refuses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TypedDict

from ..capacity.capacity import (
    AutoScaling,
    Capacity,
    OnDemand,
    Provisioned,
    ResourceCapacity,
    Throughput,
    Units,
    maximum_of,
)
from ..capacity.ceilings import ceiling_after, ceiling_without_maximum
from ..capacity.change_conditions import start_shortfall
from ..capacity.dimension import Access, Dimension
from ..capacity.settings import hours_in
from ..capacity.structure import TableKind
from ..capacity.transition import Change, Transition
from ..simulator.lowest_units import lowest_units
from ..simulator.table_replay import Cause
from ..simulator.worst_hour import headroom_trial, recorded_trial
from .fix_code import capacity_code, text_code
from .model import Case, once
from .physical_name import physical_name
from .replays import above_budget, declaring, on_capacity, throttled, with_resource
from .rounding import round_up
from .scheduled import scheduled_text, throttled_by_schedules

RETRIES = 2
"""Multiple of the traffic that the retries of what was throttled before may reach: each minute at most half of it returns."""


@once
def sufficient(case: Case) -> Capacity:
    """The declared capacity with each dimension raised that a rule refuses for what it carries."""
    transition, declared = case.transition, case.declared
    if transition is None:
        return declared
    for dimension in declared.dimensions():
        if _is_refused(case, transition, dimension):
            declared = _raised(case, transition, declared, dimension)
    return declared


class Fix(TypedDict):
    """The fix of a finding, as ``Case.finding`` takes it."""

    fix: str
    deployments: tuple[Capacity, ...]


def sufficient_fix(case: Case, dimension: Dimension) -> Fix:
    """The fix of a finding on a dimension of the declared capacity: the part of ``sufficient`` that is its table's or index's."""
    if dimension in throttled_by_schedules(case):
        moved = scheduled_text(case, dimension.index, dimension.access)
        needed = with_headroom(case, dimension)
        return {
            "fix": f"raise what its scheduled actions set, up to {needed:,} for the busiest hours: {moved}",
            "deployments": (),
        }
    raised = sufficient(case)
    code = capacity_code(dimension.index, raised.of(dimension.index), case.dialect, physical_name(case))
    transition = case.transition
    if transition is None or not _cannot_start_with(transition, raised, dimension):
        return {"fix": code, "deployments": (raised,)}
    text = (
        f"create it before it carries traffic: baseline=NewTable({text_code(transition.table)})\n"
        f"then record it and raise: {code}"
    )
    return {"fix": text, "deployments": ()}


def _cannot_start_with(transition: Transition, capacity: Capacity, dimension: Dimension) -> bool:
    """Whether a new table cannot be created with a capacity: warm throughput is raised on a live table, by no template."""
    if transition.deployed is not None:
        return False
    return (capacity.warm(dimension) or 0) > ceiling_without_maximum(transition, dimension)


def peak_units(case: Case, dimension: Dimension) -> float:
    """Busiest recorded minute of a dimension, units per second; 0 where nothing was recorded."""
    peak = None if case.evidence is None else case.evidence.peak(dimension)
    return 0.0 if peak is None else peak.units


@once
def low_ceilings(case: Case) -> Mapping[Dimension, int]:
    """Units per second that the ceiling of a dimension must reach after a switch to on-demand or a creation, and does not."""
    transition = case.transition
    if transition is None or transition.is_empty or not transition.declared.is_on_demand:
        return {}
    return {
        dimension: needed
        for dimension in transition.having(Change.TO_ON_DEMAND, Change.CREATED)
        if ceiling_after(transition, dimension) < (needed := with_headroom(case, dimension))
    }


@once
def low_maximums(case: Case) -> Mapping[Dimension, int]:
    """Units per second that the on-demand maximum of a dimension must reach in a table that stays on-demand, and does not."""
    transition = case.transition
    if transition is None or not case.in_transition or not transition.declared.is_on_demand:
        return {}
    return {
        dimension: needed
        for dimension in transition.having(Change.LOWER)
        if (transition.declared.maximum(dimension) or with_headroom(case, dimension))
        < (needed := with_headroom(case, dimension))
    }


def with_headroom(case: Case, dimension: Dimension) -> int:
    """Recorded peak of a dimension times the headroom, units per second."""
    return round_up(peak_units(case, dimension) * case.margins.headroom)


def lacks_seed(case: Case, dimension: Dimension) -> bool:
    """Whether auto scaling of a dimension has no seed to start with after a switch to provisioned."""
    transition = case.transition
    if transition is None or transition.change_of(dimension) is not Change.TO_PROVISIONED:
        return False
    short = start_shortfall(transition, dimension, None)
    return short is not None and short.units is None


def has_low_seed(case: Case, dimension: Dimension) -> bool:
    """Whether the seed of a dimension is below the traffic recorded in the hours in which a switch to provisioned may start."""
    transition, hours = case.transition, hours_in(case.rollout.change_window)
    if transition is None or transition.change_of(dimension) is not Change.TO_PROVISIONED:
        return False
    peak = None if case.evidence is None else case.evidence.peak_in(dimension, hours)
    if peak is None or not isinstance(transition.declared.throughput(dimension), AutoScaling):
        return False
    short = start_shortfall(transition, dimension, round_up(peak.units))
    if short is None or short.units is None:
        return False
    return above_budget(case, dimension, short.units, hours) is not None


def _is_refused(case: Case, transition: Transition, dimension: Dimension) -> bool:
    if dimension in low_ceilings(case) or dimension in low_maximums(case):
        return True
    if lacks_seed(case, dimension) or has_low_seed(case, dimension):
        return True
    found = throttled(case).get(dimension)
    return (
        found is not None
        and dimension not in throttled_by_schedules(case)
        and not found.is_frozen(transition)
        and found.hour.cause not in (Cause.KEY, Cause.QUOTA)
    )


def _raised(case: Case, transition: Transition, declared: Capacity, dimension: Dimension) -> Capacity:
    """A capacity with one dimension raised, to the lowest of some candidates that a replay does not refuse."""
    last = declared
    is_recorded = case.series(dimension) is not None
    for resource in _candidates(case, transition, declared, dimension):
        last = with_resource(declared, dimension.index, resource)
        if not is_recorded or _cannot_start_with(transition, last, dimension):
            break  # a replay of the creation does not know the warm throughput that is raised later
        if dimension not in throttled(declaring(case, last, dimension)):
            break
    return last


def _candidates(
    case: Case, transition: Transition, declared: Capacity, dimension: Dimension
) -> Iterator[ResourceCapacity]:
    """Capacities of a table or an index in ascending order; no replay throttles the last one, but for a hottest key."""
    resource = declared.of(dimension.index)
    ample = ample_units(case, dimension)
    if isinstance(resource, OnDemand):
        for needed in sorted({with_headroom(case, dimension), ample, RETRIES * ample}):
            yield with_ceiling(transition, resource, dimension, needed)
        return
    throughput = resource.of(dimension.access)
    before: Throughput | None = None
    for raised in _throughputs(case, transition, dimension, throughput, ample):
        if raised != before:
            yield with_throughput(resource, dimension, raised)
        before = raised


def ample_units(case: Case, dimension: Dimension) -> int:
    """Units per second that no second of any replay of a dimension exceeds, but for retries of what was throttled before."""
    return max(1, round_up(peak_units(case, dimension) * _highest_factor(case)))


def _highest_factor(case: Case) -> float:
    """Busiest second of all replays, as a multiple of the busiest recorded minute."""
    margins = case.margins
    return max(margins.headroom, margins.live_peak, recorded_trial(margins).parameters.peak_second)


def _throughputs(
    case: Case, transition: Transition, dimension: Dimension, throughput: Throughput, ample: int
) -> Iterator[Throughput]:
    if not isinstance(throughput, AutoScaling):
        for needed in (with_headroom(case, dimension), ample, RETRIES * ample):
            yield max(throughput, needed)
        return
    window = hours_in(case.rollout.change_window)
    at_switch = None if case.evidence is None else case.evidence.peak_in(dimension, window)
    peak = 0.0 if at_switch is None else at_switch.units
    seeds = [1]
    if transition.change_of(dimension) is Change.TO_PROVISIONED:
        seeds = sorted({round_up(max(1, peak)), round_up(max(1, peak * _highest_factor(case)))})
    minimum = throughput.minimum
    found = throttled(case).get(dimension)
    if found is None or found.hour.started is not None:
        for maximum in (ample, max(ample, _maximum_today(transition, dimension))):
            for seed in seeds:
                yield _scaled(transition, dimension, throughput, minimum, seed, maximum)
    if minimum < ample:
        enough = _lowest_minimum(case, transition, dimension, throughput, ample)
        for seed in seeds:
            yield _scaled(transition, dimension, throughput, enough, seed, ample)
    for factor in (1, RETRIES):
        highest = factor * ample
        yield _scaled(transition, dimension, throughput, max(minimum, highest), factor * seeds[-1], highest)


def _maximum_today(transition: Transition, dimension: Dimension) -> int:
    """The most that may be provisioned before the change, units per second: where that is kept, a start lowers nothing."""
    live = None if transition.deployed is None else transition.deployed.live
    exists = live is not None and dimension in live.dimensions()
    throughput = live.throughput(dimension) if live is not None and exists else None
    return 0 if throughput is None else maximum_of(throughput)


def _scaled(
    transition: Transition,
    dimension: Dimension,
    throughput: AutoScaling,
    minimum: int,
    seed: int,
    maximum: int,
) -> AutoScaling:
    """Auto scaling with a higher minimum and maximum, and at a switch with a seed."""
    if transition.change_of(dimension) is Change.TO_PROVISIONED:
        started: int | None = max(throughput.seed or 1, minimum, seed)
    elif transition.may_be(TableKind.TABLE) and minimum != throughput.minimum:
        # Without a seed a Table's minimum is its ProvisionedThroughput, which CG18 refuses to edit.
        started = throughput.seed or throughput.minimum
    else:
        started = throughput.seed
    return replace(
        throughput,
        minimum=minimum,
        maximum=max(throughput.maximum, maximum, started or 1),
        seed=started,
    )


def _lowest_minimum(
    case: Case, transition: Transition, dimension: Dimension, throughput: AutoScaling, ample: int
) -> int:
    """The lowest minimum with which auto scaling carries the recorded traffic and its headroom, to half a percent."""
    assert case.recorded is not None
    assert case.recorded.traffic is not None
    traffic = case.recorded.traffic.only([dimension])
    resource = case.declared.of(dimension.index)
    assert isinstance(resource, Provisioned)

    def carries(minimum: int) -> bool:
        scaled = _scaled(transition, dimension, throughput, minimum, 1, ample)
        changed = with_resource(case.declared, dimension.index, with_throughput(resource, dimension, scaled))
        return all(
            on_capacity(case, changed, traffic, trial)[dimension].share <= case.margins.throttle_budget
            for trial in (recorded_trial(case.margins), headroom_trial(case.margins))
        )

    return lowest_units(throughput.minimum, ample, carries)


def with_throughput(resource: Provisioned, dimension: Dimension, throughput: Throughput) -> Provisioned:
    """A provisioned table or index with another throughput in one dimension."""
    if dimension.access == "read":
        return replace(resource, read=throughput)
    return replace(resource, write=throughput)


def with_ceiling(transition: Transition, declared: OnDemand, dimension: Dimension, needed: int) -> OnDemand:
    """A declared on-demand capacity with its ceiling raised to what is needed.

    Args:
        transition: the transition to on-demand, or within it.
        declared: the declared capacity of the dimension's table or index.
        dimension: the dimension whose ceiling is raised.
        needed: units per second that the ceiling must reach.
    """
    if declared.maximum is not None and (declared.maximum.of(dimension.access) or needed) < needed:
        declared = replace(declared, maximum=_with_units(declared.maximum, dimension.access, needed))
    if ceiling_without_maximum(transition, dimension) < needed:
        declared = replace(declared, warm=_with_units(declared.warm, dimension.access, needed))
    return declared


def _with_units(units: Units | None, access: Access, value: int) -> Units:
    units = units or Units()
    return replace(units, read=value) if access == "read" else replace(units, write=value)


__all__ = [
    "Fix",
    "ample_units",
    "has_low_seed",
    "lacks_seed",
    "low_ceilings",
    "low_maximums",
    "peak_units",
    "sufficient",
    "sufficient_fix",
    "with_ceiling",
    "with_headroom",
    "with_throughput",
]
