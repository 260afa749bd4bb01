"""Replays a table with its indexes: each has its own capacity, and an index that throttles rejects writes on the table."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from functools import cached_property
from itertools import compress, count

from ..capacity.capacity import AutoScaling, Capacity, Throughput, minimum_of
from ..capacity.dimension import Dimension
from ..capacity.evidence import MINUTE
from ..capacity.limits import PARTITION_READ, PARTITION_WRITE, TABLE_QUOTA
from ..capacity.scheduled_action import ScheduledAction
from ..capacity.warm_throughput import initial_ceiling
from ..evidence.traffic import Traffic
from .dimension_replay import run, start
from .parameters import Parameters
from .scheduled_bounds import ScheduledBounds, scheduled_bounds
from .supply import Move, OnDemandSupply, ProvisionedSupply, Run, State, Supply

TABLE_WRITE = Dimension(None, "write")

Runner = Callable[[Supply, Sequence[float], float, Parameters, State | None], Run]
"""``dimension_replay.run``, or its compiled twin."""


class Cause(str, Enum):
    """Cause of throttled units."""

    PROVISIONED = "provisioned throughput"
    CEILING = "on-demand ceiling"
    MAXIMUM = "on-demand maximum"
    QUOTA = "quota of a table"
    KEY = "partition of the hottest key"
    BACK_PRESSURE = "an index that throttles"


@dataclass(frozen=True)
class DimensionOutcome:
    """Result of the replay of one dimension, minute by minute.

    Attributes:
        dimension: the dimension.
        recorded: units per minute asked for, without retries; NaN is a gap.
        demand: units per minute asked for, with retries; NaN is a gap.
        served: units per minute served, 0 in a gap.
        throttled: units per minute throttled, 0 in a gap; the demand is the sum of served and throttled.
        limit: units per second provisioned, or the ceiling in on-demand mode.
        causes: units throttled in all minutes, by cause; a cause without throttled units is left out.
        bounds: the bounds of auto scaling, each from its first minute on; empty where no scheduled action moves them.
    """

    dimension: Dimension
    recorded: Sequence[float]
    demand: Sequence[float]
    served: Sequence[float]
    throttled: Sequence[float]
    limit: Sequence[float]
    causes: Mapping[Cause, float]
    bounds: tuple[Move, ...] = ()

    @cached_property
    def throttled_units(self) -> float:
        """Units throttled in all minutes."""
        return math.fsum(self.throttled) if self.causes else 0.0

    @property
    def cause(self) -> Cause | None:
        """Cause of the most throttled units; ``None`` where nothing was throttled."""
        return max(self.causes, key=lambda cause: self.causes[cause], default=None)


@dataclass(frozen=True)
class Outcome:
    """Result of the replay of a table.

    Attributes:
        start: first minute, UTC.
        dimensions: results of the recorded dimensions that the capacity has.
        states: state after the last minute, by dimension; a replay in two parts that passes it on equals one replay.
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
        return sum(outcome.throttled_units for outcome in self.dimensions.values())


def partition(dimension: Dimension) -> int:
    """Units per second that one partition serves (Guide: burst-adaptive-capacity)."""
    return (PARTITION_READ if dimension.access == "read" else PARTITION_WRITE).value


def provisioned(throughput: Throughput, units: int | None = None) -> ProvisionedSupply:
    """Supply of a dimension from provisioned throughput.

    Args:
        throughput: fixed units per second, or auto scaling.
        units: units per second at the start, limited to minimum and maximum of auto scaling; the minimum by default.
    """
    if not isinstance(throughput, AutoScaling):
        return ProvisionedSupply(throughput, throughput, throughput, 1.0)
    minimum, maximum = throughput.minimum, throughput.maximum
    started = min(maximum, max(minimum, units or minimum))
    return ProvisionedSupply(started, minimum, maximum, throughput.target / 100)


def settled(
    throughput: Throughput, series: Sequence[float], bounds: ScheduledBounds | None = None
) -> ProvisionedSupply:
    """Supply of a dimension from provisioned throughput; auto scaling starts settled at the load of the first minute.

    Args:
        throughput: fixed units per second, or auto scaling.
        series: units per minute; NaN is a gap.
        bounds: what scheduled actions make of the bounds; ``None`` without any.
    """
    started = None
    if isinstance(throughput, AutoScaling):
        first = next((units for units in series if units == units), 0.0)
        started = math.ceil(first / 60 / (throughput.target / 100))
    if bounds is not None:
        return bounds.supply(throughput, started or minimum_of(throughput))
    return provisioned(throughput, started)


def on_demand(ceiling: float, maximum: int | None, quota: int = TABLE_QUOTA.value) -> OnDemandSupply:
    """Supply of a dimension from on-demand mode.

    Args:
        ceiling: units per second served at most at the start.
        maximum: on-demand maximum, units per second, ``None`` where there is none.
        quota: units per second that the account allows at most for one table or one index.
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
    schedules: Sequence[ScheduledAction] = (),
    runner: Runner = run,
) -> Outcome:
    """Replay recorded traffic against a capacity that does not change.

    An index has its own throughput. Writes that an index throttles are rejected on the table too and retried there
    (``rejected_writes``). Auto scaling starts settled at the load of the first minute.

    Args:
        capacity: the capacity; traffic of an index that it does not name is left out.
        traffic: the recording.
        parameters: assumed properties of the service; the defaults if not given.
        factor: multiple of the recorded traffic.
        ceilings: units per second that on-demand mode serves at most at the start, by dimension; by default the initial
            on-demand throughput or the declared warm throughput, whichever is higher.
        quota: units per second that the account allows at most for one table or one index.
        states: states after the earlier part, by dimension.
        schedules: scheduled actions, which move the bounds of provisioned dimensions; those that cannot be replayed are
            left out.
        runner: function that replays one dimension.
    """
    parameters = parameters or Parameters()
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
            rejected = rejected_writes(recorded, {d: [replayed] for d, replayed in runs.items()})
            asked = with_retries(asked, rejected, parameters)
        throughput = capacity.throughput(dimension)
        supply: Supply
        if throughput is not None:
            bounds = scheduled_bounds(schedules, dimension, traffic.start, traffic.minutes)
            supply = settled(throughput, asked, bounds)
        else:
            ceiling = max(initial_ceiling(dimension), capacity.warm(dimension) or 0)
            supply = on_demand((ceilings or {}).get(dimension, ceiling), capacity.maximum(dimension), quota)
        state = (states or {}).get(dimension) or start(supply, parameters, minute)
        supplies[dimension] = supply
        runs[dimension] = runner(supply, asked, partition(dimension), parameters, state)
    return Outcome(
        traffic.start,
        join(recorded, {d: [(supplies[d], runs[d])] for d in recorded}, quota, rejected),
        states_after({d: runs[d] for d in recorded}, rejected, parameters),
    )


def table_writes_last(dimensions: Iterable[Dimension]) -> list[Dimension]:
    """The dimensions in their order, with the table's writes last: their demand depends on what indexes throttle."""
    return sorted(dimensions, key=lambda dimension: dimension == TABLE_WRITE)


def rejected_writes(
    recorded: Mapping[Dimension, Sequence[float]], runs: Mapping[Dimension, Sequence[Run]]
) -> Mapping[int, float]:
    """The table's writes that indexes reject, units by position of the minute.

    The table rejects the same share of the writes that reach an index (Guide: GSI, on throughput considerations). The
    recording does not contain the number of these writes; it is at most the number of units of the index. Of several
    indexes the highest number counts because they may throttle the same writes.

    Args:
        recorded: units per minute asked for, by dimension.
        runs: replayed parts of each dimension in their order.
    """
    rejected: dict[int, float] = {}
    table = recorded.get(TABLE_WRITE)
    for dimension, parts in runs.items():
        if table is None or dimension.index is None or dimension.access == "read":
            continue
        first = 0
        for part in parts:
            for at in compress(count(first), part.throttled) if part.throttles else ():
                writes, reaching = table[at], recorded[dimension][at]
                if writes == writes:
                    share = min(1.0, writes / reaching) if reaching else 1.0
                    rejected[at] = max(rejected.get(at, 0.0), share * part.throttled[at - first])
            first += len(part.throttled)
    return rejected


def with_retries(
    asked: Sequence[float], rejected: Mapping[int, float], parameters: Parameters
) -> Sequence[float]:
    """The table's writes with the retries in the minute after an index rejected writes."""
    if not rejected or not parameters.returning:
        return asked
    retried = array("d", asked)
    for at, units in rejected.items():
        if at + 1 < len(retried):
            retried[at + 1] += parameters.returning * units
    return retried


def states_after(
    runs: Mapping[Dimension, Run], rejected: Mapping[int, float], parameters: Parameters
) -> dict[Dimension, State]:
    """States after the last minute, by dimension; writes that an index rejected in it are retried on the table."""
    states = {dimension: replayed.state for dimension, replayed in runs.items()}
    if TABLE_WRITE in states and rejected:
        last = max(len(replayed.load) for replayed in runs.values()) - 1
        state = states[TABLE_WRITE]
        more = parameters.returning * rejected.get(last, 0.0)
        states[TABLE_WRITE] = replace(state, returned=state.returned + more)
    return states


def join(
    recorded: Mapping[Dimension, Sequence[float]],
    runs: Mapping[Dimension, Sequence[tuple[Supply, Run]]],
    quota: int,
    rejected: Mapping[int, float],
) -> dict[Dimension, DimensionOutcome]:
    """Outcomes of dimensions that were replayed separately, with the writes that indexes reject on the table.

    Args:
        recorded: units per minute asked for, by dimension.
        runs: replayed parts of each dimension in their order, each with its supply.
        quota: units per second that the account allows at most for one table or one index.
        rejected: the table's writes that indexes reject, units by position of the minute.
    """
    outcomes = {d: _outcome(d, recorded[d], parts, quota) for d, parts in runs.items()}
    if TABLE_WRITE in outcomes and rejected:
        outcomes[TABLE_WRITE] = _with_back_pressure(outcomes[TABLE_WRITE], rejected)
    return outcomes


def _outcome(
    dimension: Dimension, recorded: Sequence[float], parts: Sequence[tuple[Supply, Run]], quota: int
) -> DimensionOutcome:
    demand, served, throttled, limit = (
        _joined([getattr(replayed, name) for _, replayed in parts])
        for name in ("load", "served", "throttled", "limit")
    )
    causes: dict[Cause, float] = {}
    for supply, replayed in parts:
        for cause, units in _causes(supply, replayed, quota):
            causes[cause] = causes.get(cause, 0.0) + units
    return DimensionOutcome(
        dimension, recorded, demand, served, throttled, limit, causes, _moved_bounds(parts)
    )


def _moved_bounds(parts: Sequence[tuple[Supply, Run]]) -> tuple[Move, ...]:
    """The bounds in the replayed minutes; empty where none moves. While a switch freezes the units, both are these."""
    if not any(isinstance(supply, ProvisionedSupply) and supply.moves for supply, _ in parts):
        return ()
    found: list[Move] = []
    for supply, replayed in parts:
        stop = replayed.state.elapsed
        first = stop - len(replayed.load)
        if isinstance(supply, ProvisionedSupply):
            now = supply.at(first)
            found.append(Move(first, now.minimum, now.maximum))
            found += [move for move in supply.moves if first < move.at < stop]
        else:
            found.append(Move(first, 0, 0))
    return tuple(found)


def _joined(parts: Sequence[array[float]]) -> array[float]:
    if len(parts) == 1:
        return parts[0]
    joined = array("d")
    for part in parts:
        joined.extend(part)
    return joined


def _causes(supply: Supply, replayed: Run, quota: int) -> Iterator[tuple[Cause, float]]:
    """Units that each cause throttled."""
    if not replayed.throttles:
        return
    units = math.fsum(replayed.throttled)
    if replayed.hottest:
        yield Cause.KEY, replayed.hottest
    rest = units - replayed.hottest
    if rest <= 1e-9 * units:
        return
    if isinstance(supply, ProvisionedSupply):
        yield Cause.PROVISIONED, rest
        return
    at_maximum = math.fsum(
        replayed.throttled[at]
        for at in compress(count(), replayed.throttled)
        if replayed.limit[at] >= supply.maximum
    )
    at_maximum = min(rest, at_maximum)
    if at_maximum:
        yield (Cause.QUOTA if supply.maximum >= quota else Cause.MAXIMUM), at_maximum
    if rest - at_maximum > 1e-9 * units:
        yield Cause.CEILING, rest - at_maximum


def _with_back_pressure(table: DimensionOutcome, rejected: Mapping[int, float]) -> DimensionOutcome:
    """The table's writes with those that an index rejects; a unit that both throttle counts once."""
    served, throttled = array("d", table.served), array("d", table.throttled)
    back_pressure = 0.0
    for at, units in rejected.items():
        load = table.demand[at]
        more = min(load, units)
        if more > throttled[at]:
            back_pressure += more - throttled[at]
            served[at], throttled[at] = load - more, more
    causes = dict(table.causes)
    if back_pressure:
        causes[Cause.BACK_PRESSURE] = back_pressure
    return DimensionOutcome(
        table.dimension, table.recorded, table.demand, served, throttled, table.limit, causes, table.bounds
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
