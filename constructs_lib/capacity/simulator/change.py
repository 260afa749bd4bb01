"""A transition under recorded traffic: before, pre-warm, switch, after, and the way back.

While the billing mode switches to on-demand the table serves what it was provisioned for at that moment and auto scaling
stands still; while it switches to provisioned it serves what on-demand served (Guide: bp-switching-capacity-modes).
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, compress, count
from operator import sub, truediv
from typing import NamedTuple

from ..capacity import AutoScaling, Dimension, Throughput
from ..evidence import HOURS_OF_WEEK, hours_of_week, without_gaps
from ..limits import SWITCH_SECONDS_LONGEST, TABLE_QUOTA, WARM_RAISE_SECONDS_LONGEST
from ..traffic import Traffic
from ..transition import Deployed, Transition, ceiling_without_maximum, initial_ceiling
from .dimension import OnDemand, Provisioned, Run, State, Supply, run, start
from .parameters import Parameters
from .table import Outcome, Runner, join, on_demand, partition, provisioned, settled

AFTER_MINUTES = 60
"""Minutes after a switch that count as its own: until auto scaling has had time to react."""


@dataclass(frozen=True)
class Phase:
    """A stretch of a simulated transition.

    Attributes:
        name: ``before``, ``pre-warm``, ``switch``, ``after``, ``switch back`` or ``back``.
        first: position of its first minute.
        stop: position of the minute after its last.
    """

    name: str
    first: int
    stop: int


@dataclass(frozen=True)
class ChangeOutcome:
    """What becomes of recorded traffic when a transition starts in one of its minutes.

    Attributes:
        outcome: of every dimension that is both deployed and declared, over the whole recording.
        phases: in their order.
        frozen: units per second of each dimension while the mode switches to on-demand.
    """

    outcome: Outcome
    phases: tuple[Phase, ...]
    frozen: Mapping[Dimension, int]


@dataclass(frozen=True)
class Start:
    """The worst start of a transition in one hour of the week, in one dimension.

    Attributes:
        at: position of the minute in which it starts.
        asked: units asked for from there until ``AFTER_MINUTES`` after the switch.
        throttled: units throttled in these minutes.
        worst: position of the minute with the most of them.
        minutes: minutes in which something is throttled.
        limit: units per second served at most in the worst minute.
        before: units that the capacity before the transition throttles in the same minutes.
    """

    at: int
    asked: float
    throttled: float = 0.0
    worst: int = 0
    minutes: int = 0
    limit: float = 0.0
    before: float = 0.0

    @property
    def added(self) -> float:
        """Units throttled because of the transition."""
        return max(0.0, self.throttled - self.before)

    @property
    def share(self) -> float:
        """Units throttled because of the transition, for one unit asked for."""
        return self.added / self.asked if self.asked else 0.0


def pre_warm_minutes(transition: Transition) -> int:
    """Minutes that raising warm throughput takes at most before the change; 0 where nothing is raised."""
    deployed, declared = transition.deployed, transition.declared
    if deployed is None:
        return 0
    raised = any((declared.warm(d) or 0) > deployed.warm_now(d) for d in declared.dimensions())
    return math.ceil(WARM_RAISE_SECONDS_LONGEST.value / 60) if raised else 0


def simulate_change(
    transition: Transition,
    traffic: Traffic,
    at: int,
    *,
    back_at: int | None = None,
    parameters: Parameters | None = None,
    factor: float = 1.0,
    switch_minutes: int = SWITCH_SECONDS_LONGEST.value // 60,
    quota: int = TABLE_QUOTA.value,
    runner: Runner = run,
) -> ChangeOutcome:
    """Replay recorded traffic while a transition starts in one of its minutes, and goes back in a later one.

    Args:
        transition: deployed to declared capacity.
        traffic: the recording.
        at: position of the minute in which it starts, with pre-warm where warm throughput is raised.
        back_at: position of the minute in which the rollback starts; ``None`` for no rollback. It re-sends the values
            of the deployed template (``Transition.resent_units``).
        parameters: what is unknown of the service.
        factor: times the recorded traffic.
        switch_minutes: minutes that a switch of the billing mode takes.
        quota: most units per second that the account allows one table or one index.
        runner: what replays one dimension.

    Raises:
        ValueError: the table does not exist yet; the minutes are not in the recording or not in this order; or the
            deployed template has no units for the way back.
    """
    deployed = transition.deployed
    if deployed is None:
        raise ValueError(f"{transition.table} does not exist yet: nothing changes")
    if not 0 <= at <= (traffic.minutes if back_at is None else back_at) <= traffic.minutes:
        raise ValueError(
            "a transition and its rollback start in minutes of the recording, one after the other"
        )
    unknown = parameters or Parameters()
    phases = _phases(transition, traffic.minutes, at, back_at, switch_minutes)
    recorded: dict[Dimension, Sequence[float]] = {}
    parts: dict[Dimension, list[tuple[Supply, Run]]] = {}
    frozen: dict[Dimension, int] = {}
    for dimension in _moved(transition, traffic):
        recorded[dimension] = asked = traffic.times(factor)[dimension]
        supply = _before(deployed, dimension, asked, quota)
        state = start(supply, unknown, traffic.start.hour * 60 + traffic.start.minute)
        parts[dimension] = []
        for phase in phases:
            supply, state = _enter(transition, dimension, phase.name, supply, state, unknown, quota)
            if phase.name == "switch" and isinstance(supply, Provisioned):
                frozen[dimension] = supply.units
            one = runner(supply, asked[phase.first : phase.stop], partition(dimension), unknown, state)
            parts[dimension].append((supply, one))
            state = one.state
    states = {dimension: runs[-1][1].state for dimension, runs in parts.items()}
    return ChangeOutcome(Outcome(traffic.start, join(recorded, parts, quota), states), phases, frozen)


def worst_starts(
    transition: Transition,
    traffic: Traffic,
    *,
    hours: Iterable[int] = range(HOURS_OF_WEEK),
    parameters: Parameters | None = None,
    factor: float = 1.0,
    switch_minutes: int = SWITCH_SECONDS_LONGEST.value // 60,
    quota: int = TABLE_QUOTA.value,
    runner: Runner = run,
) -> dict[Dimension, tuple[Start | None, ...]]:
    """For each hour of the week, what the worst start of a transition in it would throttle, by dimension.

    Of each recorded hour two starts are replayed, with burst and auto scaling as the minutes before left them: the one that
    meets the busiest minute for what is provisioned then, and the last that meets the most units for it: auto scaling, which
    a switch stops, would have come next.

    Args:
        transition: deployed to declared capacity of a table that exists.
        traffic: the recording.
        hours: hours of the week to look at, 0 is Monday 00:00 UTC; the others are ``None``.
        parameters: what is unknown of the service.
        factor: times the recorded traffic.
        switch_minutes: minutes that a switch of the billing mode takes.
        quota: most units per second that the account allows one table or one index.
        runner: what replays one dimension.

    Returns:
        168 entries a dimension; ``None`` where nothing was recorded.
    """
    starts = Starts(
        transition, traffic, factor=factor, switch_minutes=switch_minutes, quota=quota, runner=runner
    )
    return starts.worst(parameters or Parameters(), hours)


class Starts:
    """Worst starts of one transition in one recording, for any parameters; what these leave alone is reckoned once."""

    def __init__(
        self,
        transition: Transition,
        traffic: Traffic,
        *,
        factor: float = 1.0,
        switch_minutes: int = SWITCH_SECONDS_LONGEST.value // 60,
        quota: int = TABLE_QUOTA.value,
        runner: Runner = run,
    ) -> None:
        """As ``worst_starts`` has them."""
        self.transition, self.traffic, self.factor, self.quota = transition, traffic, factor, quota
        self.switch_minutes, self.runner = (switch_minutes if _switches(transition) else 0), runner
        self.span = self.switch_minutes + AFTER_MINUTES
        self._recorded: dict[Dimension, tuple[list[float], Sequence[_Hour]]] = {}
        self._ahead: dict[tuple[Dimension, int], tuple[Sequence[float], Sequence[float]]] = {}

    def worst(
        self, parameters: Parameters, hours: Iterable[int] = range(HOURS_OF_WEEK)
    ) -> dict[Dimension, tuple[Start | None, ...]]:
        """The worst start of each hour of the week, by dimension.

        Args:
            parameters: what is unknown of the service.
            hours: hours of the week to look at, 0 is Monday 00:00 UTC; the others are ``None``.

        Returns:
            168 entries a dimension; ``None`` where nothing was recorded.
        """
        asked_hours = frozenset(hours)
        result: dict[Dimension, tuple[Start | None, ...]] = {}
        for dimension in _moved(self.transition, self.traffic):
            found: list[Start | None] = [None] * HOURS_OF_WEEK
            for hour, one in _Replay(self, dimension, parameters).starts(asked_hours):
                before = found[hour]
                if before is None or (one.added, one.asked) > (before.added, before.asked):
                    found[hour] = one
            result[dimension] = tuple(found)
        return result

    def recorded(self, dimension: Dimension) -> tuple[list[float], Sequence[_Hour]]:
        """Units per minute, ``-inf`` in gaps, and every hour in which something was recorded, or soon after it."""
        if dimension not in self._recorded:
            # A list, since an array makes a new number at each look.
            known = list(without_gaps(self.traffic.times(self.factor)[dimension], -math.inf))
            hours = hours_of_week(self.traffic)
            tops = [max(known[minutes.start : minutes.stop]) for _, minutes in hours]
            # A start in an hour is over in one of so many that follow it.
            reach = 1 + -(-self.span // 60)
            found = []
            for number, ((hour, minutes), top) in enumerate(zip(hours, tops, strict=True)):
                later = max(tops[number : number + reach])
                if later >= 0:
                    busiest = known.index(top, minutes.start)
                    asked = _asked(known[busiest : busiest + self.span])
                    found.append(_Hour(hour, minutes.start, minutes.stop, later, busiest, asked))
            self._recorded[dimension] = known, found
        return self._recorded[dimension]

    def ahead(self, dimension: Dimension, one: _Hour) -> tuple[Sequence[float], Sequence[float]]:
        """For each start in an hour the busiest minute that it meets, and the units: in the switch, else until it is over."""
        key = dimension, one.first
        if key not in self._ahead:
            known, _ = self.recorded(dimension)
            meets, until = max(1, self.switch_minutes), self.switch_minutes or self.span
            peaks = [max(known[at : at + meets]) for at in range(one.first, one.end)]
            units = _sums_ahead(known[one.first : one.end + until], until)[: len(peaks)]
            self._ahead[key] = peaks, units
        return self._ahead[key]


class _Hour(NamedTuple):
    """One recorded hour.

    Attributes:
        hour: of the week.
        first, end: position of its first minute, and of the one after its last.
        later: highest minute of this hour and of those in which a start in it is over.
        busiest: position of its busiest minute.
        asked: units asked for from there until a start in it is over.
    """

    hour: int
    first: int
    end: int
    later: float
    busiest: int
    asked: float


class _Replay:
    """Many starts of one transition in one dimension, each forked from one replay of the capacity before it."""

    def __init__(self, starts: Starts, dimension: Dimension, unknown: Parameters) -> None:
        assert starts.transition.deployed is not None
        traffic = starts.traffic
        self.of, self.transition, self.dimension, self.unknown = starts, starts.transition, dimension, unknown
        self.asked = traffic.times(starts.factor)[dimension]
        self.switch_minutes, self.quota, self.runner = starts.switch_minutes, starts.quota, starts.runner
        self.supply = _before(starts.transition.deployed, dimension, self.asked, self.quota)
        self.first = start(self.supply, unknown, traffic.start.hour * 60 + traffic.start.minute)
        self._least: dict[float, float] = {}

    def starts(self, hours: frozenset[int]) -> Iterator[tuple[int, Start]]:
        """Starts of recorded hours, with the hour of the week: each that could throttle, of the others the busiest."""
        whole = self.runner(self.supply, self.asked, partition(self.dimension), self.unknown, self.first)
        span, least = self.of.span, min(whole.limit, default=0.0)
        carried = min(self._at_most(least), self._carried(least))
        throttled = list(compress(count(), whole.throttled)) if whole.throttles else []
        known, recorded = self.of.recorded(self.dimension)
        position, state = 0, self.first
        calm: dict[int, _Hour] = {}
        for one in recorded:
            hour = one.hour
            if hour not in hours:
                continue
            if one.later <= carried and not _any_between(throttled, one.first - 1, one.end + span):
                if hour not in calm or one.asked > calm[hour].asked:
                    calm[hour] = one
                continue
            for at in self._worst_minutes(whole, one):
                stop = min(len(known), at + span)
                asked, limit = _asked(known[at:stop]), whole.limit[at]
                meets, later = (
                    max(known[at : at + max(1, self.switch_minutes)]),
                    max(known[at : at + span + 1]),
                )
                quiet = meets <= self._at_most(limit) and later <= self._carried(limit)
                if quiet and not (at and whole.throttled[at - 1]):
                    yield hour, Start(at, asked, worst=_busiest(known, at, stop), limit=limit)
                    continue
                if at > position:
                    state = self.runner(
                        self.supply, self.asked[position:at], partition(self.dimension), self.unknown, state
                    ).state
                    position = at
                fork = self._fork(known, at, stop, state)
                yield hour, replace(fork, asked=asked, before=math.fsum(whole.throttled[at:stop]))
        for hour, one in calm.items():
            at = one.busiest
            yield hour, Start(at, one.asked, worst=at, limit=whole.limit[at])

    def _worst_minutes(self, whole: Run, one: _Hour) -> Sequence[int]:
        """The starts of an hour that are replayed; ``worst_starts`` tells which."""
        limit = whole.limit[one.first : one.end]
        ahead, units = self.of.ahead(self.dimension, one)
        peaks, sums = list(map(truediv, ahead, limit)), list(map(truediv, units, limit))
        last = len(sums) - 1 - sums[::-1].index(max(sums))
        return sorted({one.first + peaks.index(max(peaks)), one.first + last})

    def _at_most(self, limit: float) -> float:
        """Units per minute of which no second can reach a limit, told without a replay."""
        return -math.inf if self.unknown.hottest_share else 60 * limit / self.unknown.peak_second

    def _carried(self, limit: float) -> float:
        """The same for what the declared capacity serves at least, where so many units per second were served before."""
        if limit not in self._least:
            self._least[limit] = self._at_most(self._least_after(limit))
        return self._least[limit]

    def _least_after(self, limit: float) -> float:
        """Units per second that the declared capacity serves at least, where so many were served before."""
        state = replace(self.first, units=int(limit) if isinstance(self.supply, Provisioned) else 0)
        supply, state = self._entered("switch" if self.switch_minutes else "before", self.supply, state)
        supply, _ = self._entered("after", supply, state)
        if isinstance(supply, Provisioned):
            return min(supply.units, supply.minimum)
        return min(supply.ceiling, supply.maximum)

    def _entered(self, name: str, supply: Supply, state: State) -> tuple[Supply, State]:
        return _enter(self.transition, self.dimension, name, supply, state, self.unknown, self.quota)

    def _fork(self, known: Sequence[float], at: int, stop: int, state: State) -> Start:
        middle = min(stop, at + self.switch_minutes)
        supply, limits, throttled = self.supply, array("d"), array("d")
        for name, first, end in (("switch", at, middle), ("after", middle, stop)):
            if end <= first:
                continue
            supply, state = self._entered(name, supply, state)
            one = self.runner(supply, self.asked[first:end], partition(self.dimension), self.unknown, state)
            limits.extend(one.limit)
            throttled.extend(one.throttled)
            state = one.state
        most = max(throttled, default=0.0)
        worst = throttled.index(most) if most else _busiest(known, at, stop) - at
        return Start(
            at,
            0.0,
            math.fsum(throttled),
            at + worst,
            sum(1 for units in throttled if units),
            limits[worst] if limits else 0.0,
        )


def _any_between(positions: Sequence[int], first: int, stop: int) -> bool:
    """Whether one of ascending positions lies from the first up to the stop."""
    found = bisect_left(positions, first)
    return found < len(positions) and positions[found] < stop


def _busiest(known: Sequence[float], first: int, stop: int) -> int:
    part = known[first:stop]
    return first + part.index(max(part))


def _sums_ahead(units: Sequence[float], minutes: int) -> Sequence[float]:
    """For each minute the units from it until so many minutes later; a gap, which is below 0, holds none."""
    totals = [0.0, *accumulate(max(0.0, one) for one in units)]
    ends = totals[minutes:] + [totals[-1]] * min(minutes - 1, len(units))
    return list(map(sub, ends, totals))[: len(units)]


def _asked(known: Sequence[float]) -> float:
    """Units in all; a gap, which is below 0, holds none."""
    total = sum(known)
    return total if total > -math.inf else math.fsum(max(0.0, one) for one in known)


def _switches(transition: Transition) -> bool:
    return transition.switches_to_on_demand or transition.switches_to_provisioned


def _phases(
    transition: Transition, minutes: int, at: int, back_at: int | None, switch_minutes: int
) -> tuple[Phase, ...]:
    switch = switch_minutes if _switches(transition) else 0
    ends = [("before", at), ("pre-warm", at + pre_warm_minutes(transition))]
    ends += [("switch", ends[-1][1] + switch), ("after", minutes if back_at is None else back_at)]
    if back_at is not None:
        ends += [("switch back", back_at + switch), ("back", minutes)]
    phases, first = [], 0
    last = minutes if back_at is None else back_at
    for name, end in ends:
        # A rollback cuts short what has not ended yet.
        stop = min(end, minutes if name in ("switch back", "back") else last)
        if stop > first or (name == "before" and at == 0):
            phases.append(Phase(name, first, stop))
            first = stop
    return tuple(phases)


def _moved(transition: Transition, traffic: Traffic) -> Iterator[Dimension]:
    """Recorded dimensions that are both deployed and declared."""
    assert transition.deployed is not None
    live, declared = transition.deployed.live.indexes, transition.declared.indexes
    for dimension in traffic.consumed:
        if dimension.index is None or (dimension.index in live and dimension.index in declared):
            yield dimension


def _before(deployed: Deployed, dimension: Dimension, asked: Sequence[float], quota: int) -> Supply:
    """What the deployed capacity gives at the start of the recording."""
    throughput = deployed.live.throughput(dimension)
    if throughput is None:
        ceiling = max(initial_ceiling(dimension), deployed.warm_now(dimension))
        return on_demand(ceiling, deployed.live.maximum(dimension), quota)
    moves = isinstance(throughput, AutoScaling) and throughput.minimum != throughput.maximum
    now: Throughput | None = throughput if moves else deployed.provisioned_now(dimension)
    return settled(throughput if now is None else now, asked)


def _enter(
    transition: Transition,
    dimension: Dimension,
    phase: str,
    supply: Supply,
    state: State,
    unknown: Parameters,
    quota: int,
) -> tuple[Supply, State]:
    """What a dimension is given in a phase, and the state it starts there with."""
    deployed, declared = transition.deployed, transition.declared
    assert deployed is not None
    if phase in ("before", "pre-warm"):
        return supply, state
    if phase in ("switch", "switch back"):
        if isinstance(supply, Provisioned):
            return _into(Provisioned(state.units, state.units, state.units, 1.0), state, unknown)
        return supply, state
    throughput = (declared if phase == "after" else deployed.template).throughput(dimension)
    if throughput is None:
        maximum = (declared if phase == "after" else deployed.live).maximum(dimension)
        ceiling = max(ceiling_without_maximum(transition, dimension), state.units, state.ceiling)
        return _into(on_demand(ceiling, maximum, quota), state, unknown)
    if phase == "after" and transition.stays_scaled(dimension) and isinstance(supply, Provisioned):
        return supply, state
    sent = transition.units_sent(dimension) if phase == "after" else transition.resent_units(dimension)
    if sent is None and isinstance(supply, OnDemand):
        raise ValueError(f"{dimension.label}: the template has no units to start provisioned mode with")
    return _into(provisioned(throughput, sent or state.units), state, unknown)


def _into(supply: Supply, state: State, unknown: Parameters) -> tuple[Supply, State]:
    """A state that another supply goes on with. Alarms start anew; whether a switch leaves a burst is not published."""
    if isinstance(supply, OnDemand):
        recent = [0.0] * unknown.growth_minutes
        return supply, State(state.minute, ceiling=supply.ceiling, recent=recent, returned=state.returned)
    bucket = state.bucket if state.units else 0.0
    return supply, State(
        state.minute,
        units=supply.units,
        bucket=bucket,
        decreases=state.decreases,
        since=state.since,
        ceiling=state.ceiling,
        returned=state.returned,
    )


__all__ = [
    "AFTER_MINUTES",
    "ChangeOutcome",
    "Phase",
    "Start",
    "Starts",
    "pre_warm_minutes",
    "simulate_change",
    "worst_starts",
]
