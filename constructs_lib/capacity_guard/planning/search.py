"""Searches the cheapest capacity of each mode that serves recorded traffic times a margin, by dimension."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from ..capacity import AutoScaling, Capacity, Dimension, OnDemand, Provisioned, Units
from ..capacity.capacity import Throughput, maximum_of, minimum_of
from ..capacity.ceilings import ceiling_without_maximum
from ..capacity.deployed import Deployed
from ..capacity.dimension import ACCESSES, index_of
from ..capacity.limits import TABLE_QUOTA
from ..capacity.structure import TableKind
from ..evidence.baseline import Baseline
from ..simulator.scheduled_bounds import ScheduledBounds, scheduled_bounds
from .throughput_search import cheapest_throughput, never_throttles, peak, required, with_margin

_STURDIER_MARGIN = 1.35
"""Multiple of the recorded traffic that fits its busiest second (``Parameters.peak_second``)."""
_HALF_WAY = tuple((floor, top) for floor in range(50, 105, 5) for top in (50, 75, 100))[:-1]
"""Percent of minimum and maximum that a step may keep, in the order in which they are tried."""


def throttled_dimensions(baseline: Baseline, capacity: Capacity, margin: float) -> tuple[Dimension, ...]:
    """Dimensions in which a capacity throttles the recorded traffic times a margin, at any reaction of auto scaling (``STURDY``).

    Args:
        baseline: deployed capacity and recording.
        capacity: the capacity.
        margin: multiple of the recorded traffic.
    """
    assert baseline.traffic is not None
    return tuple(
        dimension
        for dimension, series in baseline.traffic.consumed.items()
        if not _serves(baseline, capacity, dimension, series, margin)
    )


def _serves(
    baseline: Baseline, capacity: Capacity, dimension: Dimension, series: Sequence[float], margin: float
) -> bool:
    throughput = capacity.throughput(dimension)
    if throughput is None:
        ceiling = ceiling_without_maximum(baseline.transition_to(capacity), dimension)
        maximum = capacity.maximum(dimension)
        return required(peak(series) * margin) <= (ceiling if maximum is None else min(ceiling, maximum))
    bounds = moved_bounds(baseline, dimension)
    return never_throttles(with_margin(series, margin), throughput, dimension, bounds=bounds)


def moved_bounds(baseline: Baseline, dimension: Dimension) -> ScheduledBounds | None:
    """What scheduled actions make of the bounds of a provisioned dimension; ``None`` where none that can be replayed does."""
    deployed, traffic = baseline.deployed, baseline.traffic
    if deployed is None or traffic is None or deployed.live.is_on_demand:
        return None
    return scheduled_bounds(deployed.schedules, dimension, traffic.start, traffic.minutes)


def cheapest_provisioned(
    baseline: Baseline, margin: float, sturdiness: Mapping[Dimension, int] | None = None
) -> Capacity | None:
    """The cheapest provisioned capacity that serves the traffic; ``None`` if it exceeds the default quota of a table.

    A dimension whose bounds scheduled actions move keeps them, and what its template states.

    Args:
        baseline: deployed capacity and recording.
        margin: multiple of the recorded traffic that it serves.
        sturdiness: dimensions in which a rule refuses what is cheapest: 1 asks for a throughput that serves the busiest
            minute without burst, with room for its seconds; 2 for fixed units.
    """
    traffic, deployed = baseline.traffic, baseline.deployed
    assert traffic is not None
    assert deployed is not None
    starts_empty = deployed.live.is_on_demand
    resources = {}
    for key, _ in deployed.live.resources():
        index = index_of(key)
        pinned = _pinned_units(deployed, index)
        found: dict[str, Throughput] = {}
        for access in ACCESSES:
            dimension = Dimension(index, access)
            series = traffic.consumed[dimension]
            if moved_bounds(baseline, dimension) is not None:
                throughput = deployed.template.throughput(dimension) or deployed.live.throughput(dimension)
                assert throughput is not None
                found[access] = throughput
                continue
            sturdier = (sturdiness or {}).get(dimension, 0)
            needed = margin if not sturdier else max(margin, _STURDIER_MARGIN)
            cheapest: Throughput | None = required(peak(series) * needed)
            if sturdier < 2:
                cheapest = cheapest_throughput(
                    series,
                    needed,
                    dimension,
                    starts_empty=starts_empty or sturdier > 0,
                    least_maximum=pinned.get(access, 1),
                )
            if cheapest is None:
                return None
            seeded = _seeded(cheapest, series, margin, pinned.get(access))
            if not never_throttles(with_margin(series, margin), seeded, dimension):
                seeded = _seeded(required(peak(series) * margin), series, margin, pinned.get(access))
            found[access] = seeded
        resources[index] = Provisioned(found["read"], found["write"])
    table = resources.pop(None)
    return Capacity.provisioned(
        read=table.read,
        write=table.write,
        indexes={name: resource for name, resource in resources.items() if name is not None},
    )


def _pinned_units(deployed: Deployed, index: str | None) -> dict[str, int]:
    """Units in the template of an auto-scaled Table by access, which CG18 refuses to edit; none of another table."""
    if deployed.kind is not TableKind.TABLE or (index is not None and index not in deployed.template.indexes):
        return {}
    before = {access: deployed.template.throughput(Dimension(index, access)) for access in ACCESSES}
    if not any(isinstance(throughput, AutoScaling) for throughput in before.values()):
        return {}
    return {
        access: _template_units(throughput) for access, throughput in before.items() if throughput is not None
    }


def _seeded(throughput: Throughput, series: Sequence[float], margin: float, pinned: int | None) -> Throughput:
    """The throughput with a seed: the units in a Table's template, or else the peak at the margin that a switch starts with."""
    if pinned is not None:
        scaled = throughput if isinstance(throughput, AutoScaling) else AutoScaling(throughput, throughput)
        return replace(scaled, maximum=max(scaled.maximum, pinned), seed=pinned)
    if not isinstance(throughput, AutoScaling):
        return throughput
    seed = max(throughput.minimum, required(peak(series) * margin))
    return replace(throughput, seed=min(throughput.maximum, seed))


def _template_units(throughput: Throughput) -> int:
    """The units in the template: of auto scaling the seed, or the minimum without one."""
    if isinstance(throughput, int):
        return throughput
    return throughput.minimum if throughput.seed is None else throughput.seed


def cheapest_on_demand(
    baseline: Baseline, margin: float, sturdier: Collection[Dimension] = ()
) -> Capacity | None:
    """On-demand capacity that serves the traffic without growing; ``None`` if it exceeds the default quota of a table.

    It has warm throughput only where today's and the documented initial throughput are too low. A deployed on-demand
    maximum stays, raised to the peak of the traffic: a lower one saves nothing on recorded traffic.

    Args:
        baseline: deployed capacity and recording.
        margin: multiple of the recorded traffic that it serves.
        sturdier: dimensions in which a rule refuses what is cheapest: warm throughput has room for the busiest second.
    """
    traffic, deployed = baseline.traffic, baseline.deployed
    assert traffic is not None
    assert deployed is not None
    resources = {}
    for key, _ in deployed.live.resources():
        index = index_of(key)
        warm: dict[str, int | None] = {}
        maximum: dict[str, int | None] = {}
        for access in ACCESSES:
            dimension = Dimension(index, access)
            times = max(margin, _STURDIER_MARGIN) if dimension in sturdier else margin
            needed = required(peak(traffic.consumed[dimension]) * times)
            if needed > TABLE_QUOTA.value:
                return None
            ceiling = ceiling_without_maximum(baseline.transition_to(_plain_on_demand(deployed)), dimension)
            warm[access] = needed if needed > ceiling else None
            live = deployed.live.maximum(dimension)
            maximum[access] = None if live is None else max(live, needed)
        resources[index] = OnDemand(_units(warm), _units(maximum))
    table = resources.pop(None)
    return Capacity.on_demand(
        warm=table.warm,
        maximum=table.maximum,
        indexes={name: resource for name, resource in resources.items() if name is not None},
    )


def _plain_on_demand(deployed: Deployed) -> Capacity:
    """On-demand mode without warm throughput and maximum."""
    return Capacity.on_demand().for_indexes(deployed.live.indexes, "capacity")


def _units(by_access: dict[str, int | None]) -> Units | None:
    return None if set(by_access.values()) == {None} else Units(by_access["read"], by_access["write"])


def half_way(baseline: Baseline, after: Capacity, margin: float) -> Capacity:
    """A step towards a provisioned capacity with no bound below half of the deployed one, which is what CG6 accepts.

    A dimension that is to have fixed units below half of the maximum of its auto scaling keeps auto scaling for this step.

    Where a dimension throttles with half of its bounds, though it does not with less (units that stay just under the target
    are not raised), the step is shorter for that dimension, first for its minimum alone.

    Args:
        baseline: deployed capacity in provisioned mode, and recording.
        after: the capacity that the step leads to, in provisioned mode.
        margin: multiple of the recorded traffic that the step serves.
    """
    assert baseline.deployed is not None
    assert baseline.traffic is not None
    consumed = baseline.traffic.consumed

    def lowered(dimension: Dimension, old: Throughput | None) -> Throughput:
        new = after.throughput(dimension)
        assert new is not None
        if old is None:
            return new
        load = with_margin(consumed.get(dimension, ()), margin)
        for floor, top in _HALF_WAY:
            minimum, maximum = -(-minimum_of(old) * floor // 100), -(-maximum_of(old) * top // 100)
            if isinstance(old, AutoScaling) and isinstance(new, int) and new < maximum:
                step: Throughput = _between(old, max(new, minimum), maximum)
            else:
                step = _at_least(new, minimum, maximum)
            if never_throttles(load, step, dimension):
                return step
        return old

    return _changed(baseline.deployed.template, after, lowered)


def only_raised(
    baseline: Baseline, after: Capacity, throttled: Collection[Dimension], margin: float
) -> Capacity:
    """The deployed capacity, changed only by raising the dimensions that throttle (``Transition.only_raises``).

    Fixed units are raised to the peak times the margin and stay fixed: auto scaling could lower them.

    Args:
        baseline: deployed capacity in provisioned mode, and recording.
        after: the provisioned capacity that the raises lead to.
        throttled: dimensions to raise.
        margin: multiple of the recorded traffic that raised fixed units serve.
    """
    assert baseline.deployed is not None
    assert baseline.traffic is not None
    consumed = baseline.traffic.consumed

    def raised(dimension: Dimension, old: Throughput | None) -> Throughput:
        new = after.throughput(dimension)
        assert new is not None
        if old is None or dimension not in throttled:
            return new if old is None else old
        if not isinstance(old, AutoScaling):
            return max(old, required(peak(consumed[dimension]) * margin))
        scaled = replace(
            old, target=min(old.target, new.target if isinstance(new, AutoScaling) else old.target)
        )
        wider = _at_least(scaled, minimum_of(new), maximum_of(new))
        load = with_margin(consumed[dimension], margin)
        if never_throttles(load, wider, dimension):
            return wider
        return _at_least(wider, required(peak(load)), 0)

    return _changed(baseline.deployed.template, after, raised)


def _at_least(throughput: Throughput, minimum: int, maximum: int) -> Throughput:
    if isinstance(throughput, int):
        return max(throughput, minimum)
    minimum = max(throughput.minimum, minimum)
    return replace(throughput, minimum=minimum, maximum=max(minimum, throughput.maximum, maximum))


def _between(scaling: AutoScaling, minimum: int, maximum: int) -> AutoScaling:
    seed = None if scaling.seed is None else max(minimum, min(scaling.seed, maximum))
    return replace(scaling, minimum=minimum, maximum=maximum, seed=seed)


def _changed(
    before: Capacity, after: Capacity, throughput_of: Callable[[Dimension, Throughput | None], Throughput]
) -> Capacity:
    """The capacity ``after`` with the throughput that a function makes of each dimension and its deployed throughput."""

    def resource(index: str | None) -> Provisioned:
        exists = index in (None, *before.indexes)
        read, write = (
            throughput_of(dimension, before.throughput(dimension) if exists else None)
            for dimension in (Dimension(index, access) for access in ACCESSES)
        )
        capacity = after.of(index)
        assert isinstance(capacity, Provisioned)
        return replace(capacity, read=read, write=write)

    return replace(after, table=resource(None), indexes={name: resource(name) for name in after.indexes})


__all__ = [
    "cheapest_on_demand",
    "cheapest_provisioned",
    "half_way",
    "moved_bounds",
    "only_raised",
    "throttled_dimensions",
]
