"""A table and its indexes together: own capacity, own throttling, and what an index does to the table's writes."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from functools import cached_property
from itertools import compress, count

from ..capacity.capacity import AutoScaling, Capacity, Throughput
from ..capacity.dimension import Dimension
from ..capacity.evidence import MINUTE
from ..capacity.limits import PARTITION_READ, PARTITION_WRITE, TABLE_QUOTA
from ..capacity.warm_throughput import initial_ceiling
from ..evidence.traffic import Traffic
from .dimension_replay import run, start
from .parameters import Parameters
from .supply import OnDemandSupply, ProvisionedSupply, Run, State, Supply

TABLE_WRITE = Dimension(None, "write")

Runner = Callable[[Supply, Sequence[float], float, Parameters, State | None], Run]
"""``dimension.run``, or the compiled twin of it."""


class Cause(str, Enum):
    """Why units were throttled."""

    PROVISIONED = "provisioned throughput"
    CEILING = "on-demand ceiling"
    MAXIMUM = "on-demand maximum"
    QUOTA = "quota of a table"
    KEY = "partition of the hottest key"
    BACK_PRESSURE = "an index that throttles"


@dataclass(frozen=True)
class DimensionOutcome:
    """What became of the demand of one dimension, minute by minute.

    Attributes:
        dimension: which one.
        recorded: units per minute asked for, without retries; NaN is a gap.
        demand: units per minute asked for, with retries; NaN is a gap.
        served: units per minute served, 0 in a gap.
        throttled: units per minute throttled, 0 in a gap; served and throttled are the demand.
        limit: units per second provisioned, or the ceiling in on-demand mode.
        causes: units throttled in all, by cause; only causes that threw some out.
    """

    dimension: Dimension
    recorded: Sequence[float]
    demand: Sequence[float]
    served: Sequence[float]
    throttled: Sequence[float]
    limit: Sequence[float]
    causes: Mapping[Cause, float]

    @cached_property
    def throttled_units(self) -> float:
        """Units throttled in all minutes."""
        return math.fsum(self.throttled) if self.causes else 0.0

    @property
    def throttled_minutes(self) -> int:
        """Minutes in which something was throttled."""
        return sum(1 for units in self.throttled if units)

    @property
    def share(self) -> float:
        """Throttled units, retries included, for one unit that was asked for at first."""
        asked = math.fsum(units for units in self.recorded if units == units)
        return self.throttled_units / asked if asked else 0.0

    @property
    def worst(self) -> int | None:
        """Position of the minute with the most throttled units, ``None`` where there is none."""
        most = max(self.throttled, default=0.0)
        return self.throttled.index(most) if most else None

    @property
    def cause(self) -> Cause | None:
        """What throttled most, ``None`` where nothing was throttled."""
        return max(self.causes, key=lambda cause: self.causes[cause], default=None)


@dataclass(frozen=True)
class Outcome:
    """What became of the traffic of a table.

    Attributes:
        start: first minute, UTC.
        dimensions: one entry a recorded dimension that the capacity knows.
        states: what the last minute leaves, by dimension; handed on, a trace in two parts runs as the whole.
    """

    start: datetime
    dimensions: Mapping[Dimension, DimensionOutcome]
    states: Mapping[Dimension, State]

    def minute(self, position: int) -> datetime:
        """The minute at a position, UTC."""
        return self.start + position * MINUTE

    @property
    def throttled_units(self) -> float:
        """Units throttled in all dimensions."""
        return sum(one.throttled_units for one in self.dimensions.values())

    @property
    def worst(self) -> tuple[DimensionOutcome, int] | None:
        """The dimension and the minute with the most throttled units, ``None`` where nothing was throttled."""
        found = [(one, one.worst) for one in self.dimensions.values()]
        hit = [(one, at) for one, at in found if at is not None]
        return max(hit, key=lambda pair: pair[0].throttled[pair[1]], default=None)


def partition(dimension: Dimension) -> int:
    """Units per second that one partition serves (Guide: burst-adaptive-capacity)."""
    return (PARTITION_READ if dimension.access == "read" else PARTITION_WRITE).value


def provisioned(throughput: Throughput, units: int | None = None) -> ProvisionedSupply:
    """What provisioned throughput gives a dimension.

    Args:
        throughput: fixed units per second, or auto scaled.
        units: units per second to start with, kept within what auto scaling may reach; the minimum if not given.
    """
    if not isinstance(throughput, AutoScaling):
        return ProvisionedSupply(throughput, throughput, throughput, 1.0)
    low, high = throughput.minimum, throughput.maximum
    return ProvisionedSupply(min(high, max(low, units or low)), low, high, throughput.target / 100)


def settled(throughput: Throughput, series: Sequence[float]) -> ProvisionedSupply:
    """The same, started as if the first minute's load had lasted.

    Args:
        throughput: fixed units per second, or auto scaled.
        series: units per minute; NaN is a gap.
    """
    if not isinstance(throughput, AutoScaling):
        return provisioned(throughput)
    first = next((units for units in series if units == units), 0.0)
    return provisioned(throughput, math.ceil(first / 60 / (throughput.target / 100)))


def on_demand(ceiling: float, maximum: int | None, quota: int = TABLE_QUOTA.value) -> OnDemandSupply:
    """What on-demand mode gives a dimension.

    Args:
        ceiling: units per second served at once at the start.
        maximum: on-demand maximum, units per second, ``None`` where there is none.
        quota: most units per second that the account allows one table or one index.
    """
    return OnDemandSupply(float(ceiling), float(quota if maximum is None else min(maximum, quota)))


def simulate(
    capacity: Capacity,
    traffic: Traffic,
    *,
    parameters: Parameters | None = None,
    factor: float = 1.0,
    ceilings: Mapping[Dimension, float] | None = None,
    quota: int = TABLE_QUOTA.value,
    states: Mapping[Dimension, State] | None = None,
    runner: Runner = run,
) -> Outcome:
    """Replay recorded traffic against a capacity that does not change.

    An index has its own throughput and throttles by itself; units that it throttles on writes are rejected on the table
    too, and ask again there (``rejected_writes``). Auto scaling starts as if the first minute's load had lasted.

    Args:
        capacity: the capacity; traffic of an index it does not name is left out.
        traffic: the recording.
        parameters: what is unknown of the service.
        factor: times the recorded traffic.
        ceilings: units per second that on-demand mode serves at once at the start, by dimension; where not given, the
            initial on-demand throughput or the declared warm throughput, whichever is higher.
        quota: most units per second that the account allows one table or one index.
        states: what an earlier part left.
        runner: what replays one dimension.
    """
    unknown = parameters or Parameters()
    runs: dict[Dimension, Run] = {}
    supplies: dict[Dimension, Supply] = {}
    recorded = {
        d: asked for d, asked in traffic.times(factor).items() if d.index in (None, *capacity.indexes)
    }
    rejected: Mapping[int, float] = {}
    minute = traffic.start.hour * 60 + traffic.start.minute
    for dimension in table_writes_last(recorded):
        asked = recorded[dimension]
        if dimension == TABLE_WRITE:
            rejected = rejected_writes(recorded, {d: [one] for d, one in runs.items()})
            asked = with_retries(asked, rejected, unknown)
        throughput = capacity.throughput(dimension)
        supply: Supply
        if throughput is not None:
            supply = settled(throughput, asked)
        else:
            known = max(initial_ceiling(dimension), capacity.warm(dimension) or 0)
            supply = on_demand((ceilings or {}).get(dimension, known), capacity.maximum(dimension), quota)
        state = (states or {}).get(dimension) or start(supply, unknown, minute)
        supplies[dimension] = supply
        runs[dimension] = runner(supply, asked, partition(dimension), unknown, state)
    return Outcome(
        traffic.start,
        join(recorded, {d: [(supplies[d], runs[d])] for d in recorded}, quota, rejected),
        states_after({d: runs[d] for d in recorded}, rejected, unknown),
    )


def table_writes_last(dimensions: Iterable[Dimension]) -> list[Dimension]:
    """The dimensions in their order, but the table's writes last: what indexes throttle comes back on them."""
    return sorted(dimensions, key=lambda one: one == TABLE_WRITE)


def rejected_writes(
    recorded: Mapping[Dimension, Sequence[float]], runs: Mapping[Dimension, Sequence[Run]]
) -> Mapping[int, float]:
    """The table's writes that indexes reject, units by position of the minute.

    The same share of the writes that reach an index is rejected on the table (Guide: GSI, on throughput considerations).
    Which writes reach it is not recorded: at most as many as it has units. Of several indexes the worst counts, since they
    may throttle the same writes.

    Args:
        recorded: units per minute asked for, by dimension.
        runs: the parts of each replay in their order, by dimension.
    """
    rejected: dict[int, float] = {}
    table = recorded.get(TABLE_WRITE)
    for dimension, parts in runs.items():
        if table is None or dimension.index is None or dimension.access == "read":
            continue
        first = 0
        for one in parts:
            for at in compress(count(first), one.throttled) if one.throttles else ():
                writes, reaching = table[at], recorded[dimension][at]
                if writes == writes:
                    share = min(1.0, writes / reaching) if reaching else 1.0
                    rejected[at] = max(rejected.get(at, 0.0), share * one.throttled[at - first])
            first += len(one.throttled)
    return rejected


def with_retries(
    asked: Sequence[float], rejected: Mapping[int, float], unknown: Parameters
) -> Sequence[float]:
    """The table's writes with those that ask again in the minute after an index rejected them."""
    if not rejected or not unknown.returning:
        return asked
    again = array("d", asked)
    for at, units in rejected.items():
        if at + 1 < len(again):
            again[at + 1] += unknown.returning * units
    return again


def states_after(
    runs: Mapping[Dimension, Run], rejected: Mapping[int, float], unknown: Parameters
) -> dict[Dimension, State]:
    """What the last minute leaves, by dimension; writes that an index rejected in it ask again on the table."""
    states = {dimension: one.state for dimension, one in runs.items()}
    if TABLE_WRITE in states and rejected:
        last = max(len(one.load) for one in runs.values()) - 1
        state = states[TABLE_WRITE]
        more = unknown.returning * rejected.get(last, 0.0)
        states[TABLE_WRITE] = replace(state, returned=state.returned + more)
    return states


def join(
    recorded: Mapping[Dimension, Sequence[float]],
    runs: Mapping[Dimension, Sequence[tuple[Supply, Run]]],
    quota: int,
    rejected: Mapping[int, float],
) -> dict[Dimension, DimensionOutcome]:
    """Outcomes of dimensions that were replayed one by one, with what indexes do to the table's writes.

    Args:
        recorded: units per minute asked for, by dimension.
        runs: the parts of each replay in their order, each with what the dimension was given in it.
        quota: most units per second that the account allows one table or one index.
        rejected: the table's writes that indexes reject, units by position of the minute.
    """
    outcomes = {d: _own(d, recorded[d], parts, quota) for d, parts in runs.items()}
    if TABLE_WRITE in outcomes and rejected:
        outcomes[TABLE_WRITE] = _pressed(outcomes[TABLE_WRITE], rejected)
    return outcomes


def _own(
    dimension: Dimension, recorded: Sequence[float], parts: Sequence[tuple[Supply, Run]], quota: int
) -> DimensionOutcome:
    demand, served, throttled, limit = (
        _joined([getattr(one, name) for _, one in parts]) for name in ("load", "served", "throttled", "limit")
    )
    causes: dict[Cause, float] = {}
    for supply, one in parts:
        for cause, units in _causes(supply, one, quota):
            causes[cause] = causes.get(cause, 0.0) + units
    return DimensionOutcome(dimension, recorded, demand, served, throttled, limit, causes)


def _joined(parts: Sequence[array[float]]) -> array[float]:
    whole = parts[0] if len(parts) == 1 else array("d")
    for part in parts if len(parts) > 1 else ():
        whole.extend(part)
    return whole


def _causes(supply: Supply, one: Run, quota: int) -> Iterator[tuple[Cause, float]]:
    if not one.throttles:
        return
    units = math.fsum(one.throttled)
    if one.hottest:
        yield Cause.KEY, one.hottest
    rest = units - one.hottest
    if rest <= 1e-9 * units:
        return
    if isinstance(supply, ProvisionedSupply):
        yield Cause.PROVISIONED, rest
        return
    bounded = math.fsum(
        one.throttled[at] for at in compress(count(), one.throttled) if one.limit[at] >= supply.maximum
    )
    above = min(rest, bounded)
    if above:
        yield (Cause.QUOTA if supply.maximum >= quota else Cause.MAXIMUM), above
    if rest - above > 1e-9 * units:
        yield Cause.CEILING, rest - above


def _pressed(table: DimensionOutcome, rejected: Mapping[int, float]) -> DimensionOutcome:
    """The table's writes where an index throttles; what both throttle counts once."""
    served, throttled = array("d", table.served), array("d", table.throttled)
    pressed = 0.0
    for at, units in rejected.items():
        load = table.demand[at]
        more = min(load, units)
        if more > throttled[at]:
            pressed += more - throttled[at]
            served[at], throttled[at] = load - more, more
    causes = dict(table.causes)
    if pressed:
        causes[Cause.BACK_PRESSURE] = pressed
    return DimensionOutcome(
        table.dimension, table.recorded, table.demand, served, throttled, table.limit, causes
    )


__all__ = [
    "TABLE_WRITE",
    "Cause",
    "DimensionOutcome",
    "Outcome",
    "Runner",
    "join",
    "on_demand",
    "partition",
    "provisioned",
    "rejected_writes",
    "settled",
    "simulate",
    "states_after",
    "table_writes_last",
    "with_retries",
]
