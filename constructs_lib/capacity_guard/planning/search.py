"""Searches the cheapest capacity of each mode that serves recorded traffic times a margin, by dimension."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from ..capacity import AutoScaling, Capacity, Dimension, OnDemand, Provisioned, Units
from ..capacity.capacity import Throughput, maximum_of, minimum_of
from ..capacity.ceilings import ceiling_without_maximum
from ..capacity.deployed import Deployed
from ..capacity.dimension import ACCESSES, index_of
from ..capacity.limits import SCALING_REACTION_MINUTES, TABLE_QUOTA
from ..capacity.structure import TableKind
from ..evidence.baseline import Baseline
from ..evidence.traffic import Traffic
from ..evidence.windows import without_gaps
from ..rules.rounding import round_up
from ..simulator import engine
from ..simulator.parameters import Parameters
from ..simulator.table_replay import DimensionOutcome, Outcome, partition, settled
from .cost import Cost, cost
from .prices import Prices

TARGETS = (50, 60, 70, 80, 90)
"""Target utilizations of the search, percent."""
REACTIONS = (5, SCALING_REACTION_MINUTES.value, 15)
"""Minutes until auto scaling has raised, a range around the default: AWS states "several" (Guide: AutoScaling)."""


def _with_margin(series: Sequence[float], margin: float) -> array[float]:
    """Recorded units per minute times a margin; a gap stays a gap."""
    return array("d", [units * margin for units in series])


def _peak(series: Sequence[float]) -> float:
    """Units per second of the busiest minute; 0 where nothing was recorded."""
    return max((units for units in series if units == units), default=0.0) / 60


def _required(units: float) -> int:
    """Units per second rounded up, at least 1."""
    return max(1, round_up(units))


def _lowest(low: int, high: int, enough: Callable[[int], bool]) -> int:
    """The lowest number of units that is enough, to half a percent; ``high`` must be enough."""
    if enough(low):
        return low
    while high - low > max(1, high // 200):
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def throttled_dimensions(baseline: Baseline, capacity: Capacity, margin: float) -> tuple[Dimension, ...]:
    """Dimensions in which a capacity throttles the recorded traffic times a margin, at any of ``REACTIONS``.

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
        return _required(_peak(series) * margin) <= (ceiling if maximum is None else min(ceiling, maximum))
    return _never_throttles(_with_margin(series, margin), throughput, dimension)


def _parameters(reaction: int) -> Parameters:
    """Traffic evenly distributed in each minute: the margin covers its busiest second."""
    return Parameters(reaction_minutes=reaction, peak_second=1.0)


def _never_throttles(series: Sequence[float], throughput: Throughput, dimension: Dimension) -> bool:
    """Whether a throughput serves all traffic at each reaction; the longest, which throttles most, is tried first."""
    reactions = REACTIONS if isinstance(throughput, AutoScaling) else REACTIONS[:1]
    supply = settled(throughput, series)
    return not any(
        engine.throttles(supply, series, partition(dimension), _parameters(reaction))
        for reaction in reversed(reactions)
    )


def _provisioned_by_minute(
    series: Sequence[float], throughput: Throughput, dimension: Dimension, reaction: int
) -> Sequence[float]:
    return engine.runner()(
        settled(throughput, series), series, partition(dimension), _parameters(reaction), None
    ).limit


def costs(capacity: Capacity, traffic: Traffic, prices: Prices) -> tuple[Cost, ...]:
    """The cost of a capacity that serves the recorded traffic, at each of ``REACTIONS``.

    Args:
        capacity: the capacity.
        traffic: the recording.
        prices: prices of the Region.
    """
    return tuple(
        cost(
            capacity,
            [
                Outcome(
                    traffic.start,
                    {
                        dimension: _served_in_full(capacity, dimension, series, reaction)
                        for dimension, series in traffic.consumed.items()
                    },
                    states={},
                )
            ],
            prices,
        )
        for reaction in REACTIONS
    )


def _served_in_full(
    capacity: Capacity, dimension: Dimension, series: Sequence[float], reaction: int
) -> DimensionOutcome:
    """The outcome without throttling; its limit is empty in on-demand mode, where it does not change the cost."""
    throughput = capacity.throughput(dimension)
    return DimensionOutcome(
        dimension,
        recorded=series,
        demand=series,
        served=without_gaps(series, 0.0),
        throttled=array("d", [0.0]) * len(series),
        limit=() if throughput is None else _provisioned_by_minute(series, throughput, dimension, reaction),
        causes={},
    )


def cheapest_provisioned(baseline: Baseline, margin: float) -> Capacity | None:
    """The cheapest provisioned capacity that serves the traffic; ``None`` if it exceeds the default quota of a table.

    Args:
        baseline: deployed capacity and recording.
        margin: multiple of the recorded traffic that it serves.
    """
    traffic, deployed = baseline.traffic, baseline.deployed
    assert traffic is not None
    assert deployed is not None
    found: dict[Dimension, Throughput] = {}
    for dimension, series in traffic.consumed.items():
        cheapest = _cheapest(series, margin, dimension)
        if cheapest is None:
            return None
        found[dimension] = cheapest
    resources = {}
    for key, _ in deployed.live.resources():
        index = index_of(key)
        read, write = (found[Dimension(index, access)] for access in ACCESSES)
        resources[index] = _seeded(deployed, index, Provisioned(read, write), traffic, margin)
    table = resources.pop(None)
    return Capacity.provisioned(
        read=table.read,
        write=table.write,
        indexes={name: resource for name, resource in resources.items() if name is not None},
    )


def _cheapest(series: Sequence[float], margin: float, dimension: Dimension) -> Throughput | None:
    """The throughput with the lowest mean of provisioned units, fixed or with auto scaling."""
    load = _with_margin(series, margin)
    fixed = _lowest(1, _required(_peak(load)), lambda units: _never_throttles(load, units, dimension))
    if fixed > TABLE_QUOTA.value:
        return None
    cheapest: Throughput = fixed
    lowest_mean = float(fixed)
    # A minimum of the quietest recorded minute costs nothing, and serves traffic that is above a quiet recording.
    quietest = min((units for units in series if units == units), default=0.0) / 60
    for target in TARGETS:
        maximum = min(TABLE_QUOTA.value, max(fixed, _required(_peak(load) * 100 / target)))

        def scaled(minimum: int, maximum: int = maximum, target: int = target) -> AutoScaling:
            return AutoScaling(minimum, maximum, target)

        def enough(minimum: int, make: Callable[[int], AutoScaling] = scaled) -> bool:
            return _never_throttles(load, make(minimum), dimension)

        scaling = scaled(_lowest(min(_required(quietest), fixed), fixed, enough))
        units = _provisioned_by_minute(series, scaling, dimension, SCALING_REACTION_MINUTES.value)
        mean = sum(units) / len(units)
        if mean < lowest_mean and _never_throttles(load, scaling, dimension):
            cheapest, lowest_mean = scaling, mean
    return cheapest


def _seeded(
    deployed: Deployed, index: str | None, capacity: Provisioned, traffic: Traffic, margin: float
) -> Provisioned:
    """The capacity with seeds: a switch starts with them, and CG18 refuses an edit of the units of an auto-scaled Table."""
    pinned: dict[str, int] = {}
    exists = index is None or index in deployed.template.indexes
    if deployed.kind is TableKind.TABLE and exists:
        before = {access: deployed.template.throughput(Dimension(index, access)) for access in ACCESSES}
        if any(isinstance(throughput, AutoScaling) for throughput in before.values()):
            pinned = {
                access: _template_units(throughput)
                for access, throughput in before.items()
                if throughput is not None
            }

    def seeded(access: str, throughput: Throughput) -> Throughput:
        if access in pinned:
            seed = pinned[access]
            scaled = (
                throughput if isinstance(throughput, AutoScaling) else AutoScaling(throughput, throughput)
            )
            return replace(scaled, maximum=max(scaled.maximum, seed), seed=seed)
        if not isinstance(throughput, AutoScaling):
            return throughput
        dimension = Dimension(index, "read" if access == "read" else "write")
        seed = max(throughput.minimum, _required(_peak(traffic.consumed[dimension]) * margin))
        return replace(throughput, maximum=max(throughput.maximum, seed), seed=seed)

    return Provisioned(seeded("read", capacity.read), seeded("write", capacity.write))


def _template_units(throughput: Throughput) -> int:
    """The units in the template: of auto scaling the seed, or the minimum without one."""
    if isinstance(throughput, int):
        return throughput
    return throughput.minimum if throughput.seed is None else throughput.seed


def cheapest_on_demand(baseline: Baseline, margin: float) -> Capacity | None:
    """On-demand capacity that serves the traffic without growing; ``None`` if it exceeds the default quota of a table.

    It has warm throughput only where today's and the documented initial throughput are too low. A deployed on-demand
    maximum stays, raised to the peak of the traffic: a lower one saves nothing on recorded traffic.

    Args:
        baseline: deployed capacity and recording.
        margin: multiple of the recorded traffic that it serves.
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
            needed = _required(_peak(traffic.consumed[dimension]) * margin)
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


def half_way(before: Capacity, after: Capacity) -> Capacity:
    """A provisioned capacity with no bound below half of the deployed one: the largest step that CG6 accepts.

    Args:
        before: the deployed capacity, in provisioned mode.
        after: the capacity that the step leads to, in provisioned mode.
    """

    def half(dimension: Dimension, old: Throughput | None) -> Throughput:
        new = after.throughput(dimension)
        assert new is not None
        return new if old is None else _at_least(new, -(-minimum_of(old) // 2), -(-maximum_of(old) // 2))

    return _changed(before, after, half)


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
            return max(old, _required(_peak(consumed[dimension]) * margin))
        scaled = replace(
            old, target=min(old.target, new.target if isinstance(new, AutoScaling) else old.target)
        )
        return _at_least(scaled, minimum_of(new), maximum_of(new))

    return _changed(baseline.deployed.template, after, raised)


def _at_least(throughput: Throughput, minimum: int, maximum: int) -> Throughput:
    if isinstance(throughput, int):
        return max(throughput, minimum)
    minimum = max(throughput.minimum, minimum)
    return replace(throughput, minimum=minimum, maximum=max(minimum, throughput.maximum, maximum))


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
    "REACTIONS",
    "TARGETS",
    "cheapest_on_demand",
    "cheapest_provisioned",
    "costs",
    "half_way",
    "only_raised",
    "throttled_dimensions",
]
