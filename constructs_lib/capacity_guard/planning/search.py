"""The cheapest capacity of each mode that carries recorded traffic at a margin, dimension by dimension."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ..capacity import AutoScaling, Capacity, Dimension, OnDemand, Provisioned, Units
from ..capacity.capacity import Throughput, maximum_of, minimum_of
from ..capacity.ceilings import ceiling_without_maximum
from ..capacity.deployed import Deployed
from ..capacity.dimension import ACCESSES, index_of
from ..capacity.limits import SCALING_REACTION_MINUTES, TABLE_QUOTA
from ..capacity.structure import TableKind
from ..evidence.baseline import Baseline
from ..evidence.traffic import Traffic
from ..simulator import engine
from ..simulator.parameters import Parameters
from ..simulator.table_replay import partition, settled
from .cost import Cost, cost
from .prices import Prices

TARGETS = (50, 60, 70, 80, 90)
"""Target utilizations that are tried, percent."""
REACTIONS = (5, SCALING_REACTION_MINUTES.value, 15)
"""Minutes until auto scaling has raised: unknown ("several", Guide: AutoScaling), so a range with the default inside."""


@dataclass(frozen=True)
class _DimensionOutcome:
    demand: Sequence[float]
    served: Sequence[float]
    limit: Sequence[float]


@dataclass(frozen=True)
class _Outcome:
    start: datetime
    dimensions: dict[Dimension, _DimensionOutcome]


def loaded(series: Sequence[float], margin: float) -> array[float]:
    """Recorded units per minute times a margin; gaps stay gaps."""
    return array("d", [units * margin for units in series])


def peak(series: Sequence[float]) -> float:
    """Busiest minute, units per second; 0 where nothing was recorded."""
    return max((units for units in series if units == units), default=0.0) / 60


def whole(units: float) -> int:
    """Units per second rounded up, at least 1, without the dust of floating point."""
    return max(1, math.ceil(round(units, 6)))


def lowest(low: int, high: int, holds: Callable[[int], bool]) -> int:
    """The lowest number that holds, to half a percent; ``high`` is known to hold."""
    if holds(low):
        return low
    while high - low > max(1, high // 200):
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def throttles(baseline: Baseline, capacity: Capacity, margin: float) -> tuple[Dimension, ...]:
    """Dimensions in which a capacity does not carry recorded traffic at a margin, at any reaction of auto scaling."""
    assert baseline.traffic is not None
    return tuple(
        dimension
        for dimension, series in baseline.traffic.consumed.items()
        if not _carries(baseline, capacity, dimension, series, margin)
    )


def _carries(
    baseline: Baseline, capacity: Capacity, dimension: Dimension, series: Sequence[float], margin: float
) -> bool:
    throughput = capacity.throughput(dimension)
    if throughput is None:
        ceiling = ceiling_without_maximum(baseline.transition_to(capacity), dimension)
        maximum = capacity.maximum(dimension)
        return whole(peak(series) * margin) <= (ceiling if maximum is None else min(ceiling, maximum))
    return _holds(loaded(series, margin), throughput, dimension)


def _unknown(reaction: int) -> Parameters:
    """As even as the minutes: the margin stands for the seconds inside them."""
    return Parameters(reaction_minutes=reaction, peak_second=1.0)


def _holds(series: Sequence[float], throughput: Throughput, dimension: Dimension) -> bool:
    reactions = REACTIONS if isinstance(throughput, AutoScaling) else REACTIONS[:1]
    supply = settled(throughput, series)
    return not any(
        engine.throttles(supply, series, partition(dimension), _unknown(reaction))
        for reaction in reversed(reactions)
    )


def _provisioned_by_minute(
    series: Sequence[float], throughput: Throughput, dimension: Dimension, reaction: int
) -> Sequence[float]:
    return engine.runner()(
        settled(throughput, series), series, partition(dimension), _unknown(reaction), None
    ).limit


def priced(capacity: Capacity, traffic: Traffic, prices: Prices) -> tuple[Cost, ...]:
    """What a capacity costs under recorded traffic, at each reaction of auto scaling."""
    return tuple(
        cost(
            capacity,
            [
                _Outcome(
                    traffic.start,
                    {
                        dimension: _DimensionOutcome(
                            series, _zeros(series), _limit(capacity, dimension, series, r)
                        )
                        for dimension, series in traffic.consumed.items()
                    },
                )
            ],
            prices,
        )
        for r in REACTIONS
    )


def _zeros(series: Sequence[float]) -> Sequence[float]:
    total = sum(series)
    return series if total == total else array("d", [0.0 if v != v else v for v in series])


def _limit(
    capacity: Capacity, dimension: Dimension, series: Sequence[float], reaction: int
) -> Sequence[float]:
    throughput = capacity.throughput(dimension)
    return () if throughput is None else _provisioned_by_minute(series, throughput, dimension, reaction)


def cheapest_provisioned(baseline: Baseline, margin: float) -> Capacity | None:
    """The cheapest provisioned capacity that carries the traffic; ``None`` if that takes more than the default quota."""
    traffic, deployed = baseline.traffic, baseline.deployed
    assert traffic is not None
    assert deployed is not None
    found: dict[Dimension, Throughput] = {}
    for dimension, series in traffic.consumed.items():
        one = _cheapest(series, margin, dimension)
        if one is None:
            return None
        found[dimension] = one
    each = {}
    for key, _ in deployed.live.resources():
        index = index_of(key)
        read, write = (found[Dimension(index, access)] for access in ACCESSES)
        each[index] = _seeded(deployed, index, Provisioned(read, write), traffic, margin)
    table = each.pop(None)
    return Capacity.provisioned(
        read=table.read,
        write=table.write,
        indexes={name: one for name, one in each.items() if name is not None},
    )


def _cheapest(series: Sequence[float], margin: float, dimension: Dimension) -> Throughput | None:
    load = loaded(series, margin)
    most = whole(peak(load))
    fixed = lowest(1, most, lambda units: _holds(load, units, dimension))
    if fixed > TABLE_QUOTA.value:
        return None
    best: Throughput = fixed
    least = float(fixed)
    # A floor at the quietest recorded minute costs nothing, and holds where the recording is quieter than life.
    quietest = min((units for units in series if units == units), default=0.0) / 60
    for target in TARGETS:
        reach = min(TABLE_QUOTA.value, max(fixed, whole(peak(load) * 100 / target)))

        def scaled(minimum: int, reach: int = reach, target: int = target) -> AutoScaling:
            return AutoScaling(minimum, reach, target)

        def carried(minimum: int, make: Callable[[int], AutoScaling] = scaled) -> bool:
            return _holds(load, make(minimum), dimension)

        floor = lowest(min(whole(quietest), fixed), fixed, carried)
        units = _provisioned_by_minute(series, scaled(floor), dimension, SCALING_REACTION_MINUTES.value)
        mean = sum(units) / len(units)
        if mean < least and _holds(load, scaled(floor), dimension):
            best, least = scaled(floor), mean
    return best


def _seeded(
    deployed: Deployed, index: str | None, one: Provisioned, traffic: Traffic, margin: float
) -> Provisioned:
    """The same with seeds: a switch starts with them, and an edit of a scaled Table's units would be refused (CG18)."""
    pinned: dict[str, int] = {}
    known = index is None or index in deployed.template.indexes
    if deployed.kind is TableKind.TABLE and known:
        was = {access: deployed.template.throughput(Dimension(index, access)) for access in ACCESSES}
        if any(isinstance(throughput, AutoScaling) for throughput in was.values()):
            pinned = {a: _stated(throughput) for a, throughput in was.items() if throughput is not None}

    def of(access: str, throughput: Throughput) -> Throughput:
        if access in pinned:
            seed = pinned[access]
            scaled = (
                throughput if isinstance(throughput, AutoScaling) else AutoScaling(throughput, throughput)
            )
            return replace(scaled, maximum=max(scaled.maximum, seed), seed=seed)
        if not isinstance(throughput, AutoScaling):
            return throughput
        dimension = Dimension(index, "read" if access == "read" else "write")
        seed = max(throughput.minimum, whole(peak(traffic.consumed[dimension]) * margin))
        return replace(throughput, maximum=max(throughput.maximum, seed), seed=seed)

    return Provisioned(of("read", one.read), of("write", one.write))


def _stated(throughput: Throughput) -> int:
    if isinstance(throughput, int):
        return throughput
    return throughput.minimum if throughput.seed is None else throughput.seed


def cheapest_on_demand(baseline: Baseline, margin: float) -> Capacity | None:
    """On-demand capacity that serves the traffic at once; ``None`` if that takes more than the default quota.

    Warm throughput is asked for only where today's and the documented floor do not reach; an on-demand maximum stays
    where there is one, raised to what the traffic takes: a maximum saves nothing on recorded traffic.
    """
    traffic, deployed = baseline.traffic, baseline.deployed
    assert traffic is not None
    assert deployed is not None
    each = {}
    for key, _ in deployed.live.resources():
        index = index_of(key)
        warm: dict[str, int | None] = {}
        maximum: dict[str, int | None] = {}
        for access in ACCESSES:
            dimension = Dimension(index, access)
            needed = whole(peak(traffic.consumed[dimension]) * margin)
            if needed > TABLE_QUOTA.value:
                return None
            ceiling = ceiling_without_maximum(baseline.transition_to(_bare(deployed)), dimension)
            warm[access] = needed if needed > ceiling else None
            stated = deployed.live.maximum(dimension)
            maximum[access] = None if stated is None else max(stated, needed)
        each[index] = OnDemand(_units(warm), _units(maximum))
    table = each.pop(None)
    return Capacity.on_demand(
        warm=table.warm,
        maximum=table.maximum,
        indexes={name: one for name, one in each.items() if name is not None},
    )


def _bare(deployed: Deployed) -> Capacity:
    return Capacity.on_demand().for_indexes(deployed.live.indexes, "capacity")


def _units(given: dict[str, int | None]) -> Units | None:
    return None if set(given.values()) == {None} else Units(given["read"], given["write"])


def half_way(was: Capacity, becomes: Capacity) -> Capacity:
    """A provisioned capacity with no bound below half of the deployed one: the largest step that CG6 lets through."""

    def half(dimension: Dimension, old: Throughput | None) -> Throughput:
        new = becomes.throughput(dimension)
        assert new is not None
        return new if old is None else _at_least(new, -(-minimum_of(old) // 2), -(-maximum_of(old) // 2))

    return _changed(was, becomes, half)


def only_raised(
    baseline: Baseline, becomes: Capacity, throttled: Collection[Dimension], margin: float
) -> Capacity:
    """The deployed capacity with what throttles raised, and nothing else touched: a cure (``Transition.is_relief``).

    Fixed units become the peak with margin and stay fixed: to let auto scaling move them would be no raise.
    """
    assert baseline.deployed is not None
    assert baseline.traffic is not None
    consumed = baseline.traffic.consumed

    def raised(dimension: Dimension, old: Throughput | None) -> Throughput:
        new = becomes.throughput(dimension)
        assert new is not None
        if old is None or dimension not in throttled:
            return new if old is None else old
        if not isinstance(old, AutoScaling):
            return max(old, whole(peak(consumed[dimension]) * margin))
        scaled = replace(
            old, target=min(old.target, new.target if isinstance(new, AutoScaling) else old.target)
        )
        return _at_least(scaled, minimum_of(new), maximum_of(new))

    return _changed(baseline.deployed.template, becomes, raised)


def _at_least(new: Throughput, floor: int, reach: int) -> Throughput:
    if isinstance(new, int):
        return max(new, floor)
    low, high = max(new.minimum, floor), max(new.maximum, reach)
    return replace(new, minimum=low, maximum=max(low, high))


def _changed(
    was: Capacity, becomes: Capacity, of: Callable[[Dimension, Throughput | None], Throughput]
) -> Capacity:
    def resource(index: str | None) -> Provisioned:
        known = index in (None, *was.indexes)
        read, write = (
            of(dimension, was.throughput(dimension) if known else None)
            for dimension in (Dimension(index, access) for access in ACCESSES)
        )
        one = becomes.of(index)
        assert isinstance(one, Provisioned)
        return replace(one, read=read, write=write)

    return replace(becomes, table=resource(None), indexes={name: resource(name) for name in becomes.indexes})
