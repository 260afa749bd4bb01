"""The capacity to deploy before a change, so that the change starts and its way back ends without throttling.

The fix of CG7 and CG15, and of CG14 where throughput is frozen during a switch. There is one such capacity of a case: one
deployment before the change prepares all of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from ..capacity.capacity import AutoScaling, Capacity, Provisioned, Throughput, maximum_of, minimum_of
from ..capacity.change_conditions import way_back_shortfall
from ..capacity.deployed import Deployed
from ..capacity.dimension import ACCESSES, Dimension, index_of
from ..capacity.structure import TableKind
from ..capacity.transition import Change, Transition
from ..evidence.traffic import Traffic
from ..simulator.worst_hour import WorstHour, recorded_trial
from .after_deployment import after
from .fix_code import capacity_code
from .model import Case, once
from .physical_name import physical_name
from .replays import Excess, above_budget, on_capacity, throttled, with_resource
from .rounding import round_up
from .scheduled import scheduled_text
from .sufficient import RETRIES, ample_units, peak_units
from .switch_freeze import find_excesses


@once
def prepared(case: Case) -> Capacity:
    """The capacity in the deployed template with every dimension raised that a rule refuses before the change, or after its
    rollback. The case has a transition of a table that exists."""
    transition = case.transition
    assert transition is not None
    assert transition.deployed is not None
    found = transition.deployed.template
    frozen = [d for d, hit in throttled(case).items() if hit.is_frozen(transition)]
    for floors in _floors(case, transition, frozen):
        found = _with_floors(case, transition, transition.deployed, floors)
        if not frozen or not _still_frozen(case, found, frozen):
            break
    return found


def prepared_text(case: Case, index: str | None) -> str:
    """The part of the capacity to deploy first that is the table's, or an index's, as an instruction."""
    first = prepared(case)
    if index is not None and index not in first.indexes:
        return f"take index {index} into the template, or delete it; then record again"
    text = f"deploy first, then record again: {capacity_code(index, first.of(index), case.dialect, physical_name(case))}"
    moved = scheduled_text(case, index)
    return (
        f"{text}\nand raise what its scheduled actions set in the hours of the change: {moved}"
        if moved
        else text
    )


@once
def low_ways_back(case: Case) -> Mapping[Dimension, Excess | None]:
    """Dimensions whose way back from on-demand has no units to start with (``None``), or too few for what was recorded."""
    transition = case.transition
    if transition is None or transition.deployed is None:
        return {}
    found: dict[Dimension, Excess | None] = {}
    for dimension in transition.having(Change.TO_ON_DEMAND):
        template = transition.deployed.template
        if dimension not in template.dimensions() or template.throughput(dimension) is None:
            continue
        short = way_back_shortfall(transition, dimension, round_up(peak_units(case, dimension)) or None)
        excess = None if short is None or short.units is None else above_budget(case, dimension, short.units)
        if short is not None and (short.units is None or excess is not None):
            found[dimension] = excess
    return found


@once
def weaker_templates(case: Case) -> Mapping[Dimension, WorstHour]:
    """Provisioned dimensions of which the template, which a rollback re-sends, throttles more than the live capacity.

    Where both agree the way back leads to what serves today, and nothing is replayed.
    """
    transition, baseline = case.transition, case.recorded
    if transition is None or transition.deployed is None or baseline is None or baseline.traffic is None:
        return {}
    if case.is_relief:
        return {}  # a raise is made because the capacity before throttles
    template, live = transition.deployed.template, transition.deployed.live
    differing = [
        dimension
        for dimension in transition.having(Change.LOWER, Change.RAISE)
        if dimension in template.dimensions()
        and dimension in live.dimensions()
        and case.evidence is not None
        and case.evidence.of(dimension) is not None
        and template.throughput(dimension) is not None
        and template.throughput(dimension) != live.throughput(dimension)
        # What takes the live values into the template is the cure, and has no other way back.
        and transition.declared.throughput(dimension) != _at_least_live(transition, dimension)
    ]
    if not differing:
        return {}
    carried, trial = baseline.traffic.only(differing), recorded_trial(case.margins)
    hours = on_capacity(case, template, carried, trial, recorded_schedules=True)
    budget = case.margins.throttle_budget
    return {dimension: hour for dimension, hour in hours.items() if hour.share > budget}


def _floors(case: Case, transition: Transition, frozen: list[Dimension]) -> Iterator[Mapping[Dimension, int]]:
    """Units per second that must be provisioned while the mode switches, by dimension; then more, where it is not enough."""
    hits = throttled(case)
    factor = max((hits[dimension].trial.factor for dimension in frozen), default=1.0)
    excesses = find_excesses(_times(case, factor), transition.having(Change.TO_ON_DEMAND))
    floors = {dimension: excess.needed for dimension, excess in excesses.items()}
    yield floors
    for factor in (1, RETRIES):
        yield {**floors, **{dimension: factor * ample_units(case, dimension) for dimension in frozen}}


def _still_frozen(case: Case, capacity: Capacity, frozen: list[Dimension]) -> bool:
    """Whether the change still throttles one of the dimensions after a capacity was deployed and recorded."""
    assert case.recorded is not None
    assert case.recorded.traffic is not None
    baseline = after(case.recorded, capacity, case.resource_kind)
    only = replace(baseline, traffic=case.recorded.traffic.only(frozen))
    found = throttled(replace(case, baseline=only))
    return any(dimension in found for dimension in frozen)


def _times(case: Case, factor: float) -> Case:
    """The case with a multiple of the recorded traffic."""
    assert case.recorded is not None
    if factor == 1 or case.recorded.traffic is None:
        return case
    recorded = case.recorded.traffic
    traffic = Traffic(recorded.start, recorded.times(factor), recorded.throttled)
    return replace(case, baseline=replace(case.recorded, traffic=traffic))


def _with_floors(
    case: Case, transition: Transition, deployed: Deployed, floors: Mapping[Dimension, int]
) -> Capacity:
    found = deployed.template
    for key, resource in deployed.template.resources():
        if not isinstance(resource, Provisioned):
            continue
        index = index_of(key)
        dimensions = tuple(Dimension(index, access) for access in ACCESSES)
        read, write = (_raised(case, transition, deployed, dimension, floors) for dimension in dimensions)
        before = (_template_units(resource.read), _template_units(resource.write))
        if transition.may_be(TableKind.TABLE) and (_template_units(read), _template_units(write)) != before:
            read, write = (
                _seeded_above(throughput, deployed.most_provisioned(dimension))
                for throughput, dimension in zip((read, write), dimensions, strict=True)
            )
        changed = replace(resource, read=read, write=write)
        if changed != resource:
            found = with_resource(found, index, replace(changed, warm=None))
    return found


def _raised(
    case: Case,
    transition: Transition,
    deployed: Deployed,
    dimension: Dimension,
    floors: Mapping[Dimension, int],
) -> Throughput:
    """The throughput in the template with what a switch, and a rollback, must find there."""
    throughput = deployed.template.throughput(dimension)
    assert throughput is not None
    if dimension in weaker_templates(case):
        return _at_least_live(transition, dimension)
    floor = floors.get(dimension, 1)
    needs_way_back = dimension in low_ways_back(case)
    if dimension not in floors and not needs_way_back:
        return throughput
    after_rollback = max(1, round_up(peak_units(case, dimension)))
    if not isinstance(throughput, AutoScaling):
        return max(throughput, after_rollback, floor)
    minimum = max(throughput.minimum, floor, _minimum_to_register(deployed, dimension, throughput))
    seed = max(minimum, after_rollback, throughput.seed or 1)
    return replace(throughput, minimum=minimum, maximum=max(throughput.maximum, seed), seed=seed)


def _minimum_to_register(deployed: Deployed, dimension: Dimension, throughput: AutoScaling) -> int:
    """The minimum that brings the provisioned units to it: one more where the units are below the minimum today.

    Units below the minimum stay while CloudFormation registers no other bounds (quirks: DDB-TABLE-314, DDB-TABLE-315).
    """
    now = deployed.provisioned_now(dimension)
    return throughput.minimum + 1 if now is not None and now < throughput.minimum else throughput.minimum


def _at_least_live(transition: Transition, dimension: Dimension) -> Throughput:
    """What the template states, with no bound below that of the live table. A Table's units are left as they are (CG18)."""
    assert transition.deployed is not None
    stated = transition.deployed.template.throughput(dimension)
    live = transition.deployed.live.throughput(dimension)
    assert stated is not None
    if live is None:
        return stated
    minimum = max(minimum_of(stated), minimum_of(live))
    maximum = max(maximum_of(stated), maximum_of(live))
    scaled = [throughput for throughput in (stated, live) if isinstance(throughput, AutoScaling)]
    if not scaled:
        return minimum
    seed = stated.seed if isinstance(stated, AutoScaling) else None
    if transition.may_be(TableKind.TABLE):
        seed = _template_units(stated)
    target = min(throughput.target for throughput in scaled)
    return AutoScaling(minimum, max(maximum, seed or 1), target, seed)


def _template_units(throughput: Throughput) -> int:
    """The units of a Table's ProvisionedThroughput."""
    return throughput.seed or throughput.minimum if isinstance(throughput, AutoScaling) else throughput


def _seeded_above(throughput: Throughput, provisioned_now: int | None) -> Throughput:
    """Auto scaling of a Table whose seed is above what may be provisioned now; fixed units unchanged.

    The seed is the ProvisionedThroughput of a Table's template. CloudFormation sends it for reads and writes when
    either changes: a lower value would cut what auto scaling has reached, and the service refuses an equal one
    (aws/aws-cdk issue 15318).
    """
    if not isinstance(throughput, AutoScaling) or provisioned_now is None:
        return throughput
    seed = max(throughput.seed or 1, provisioned_now + 1)
    return replace(throughput, seed=seed, maximum=max(throughput.maximum, seed))


__all__ = ["low_ways_back", "prepared", "prepared_text", "weaker_templates"]
