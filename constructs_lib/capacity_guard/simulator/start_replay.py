"""The replay of the starts of one transition in one dimension."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import compress, count
from typing import NamedTuple, Protocol

from ..capacity.capacity import maximum_of
from ..capacity.dimension import Dimension
from ..capacity.transition import Transition
from ..evidence.traffic import Traffic
from .dimension_replay import start
from .parameters import Parameters
from .supply import ProvisionedSupply, Run, State, Supply
from .table_replay import Runner, partition
from .transition_replay import PhaseChange, deployed_supply

_SAME = 1 - 1e-9
"""Two starts throttle the same units if their ratio is above this one."""
_SAMPLES, SAMPLES_OF_RANGE = 240, 40
"""Evenly spread starts of a dimension that are replayed first; 240 are every start of four hours."""
_NEAR_BUDGET = 5
"""Hours within the budget, nearest to it, of which every start is replayed."""


@dataclass(frozen=True)
class Start:
    """The worst start of a transition in one hour of the week, in one dimension.

    Attributes:
        at: position of the minute in which it starts.
        asked: units asked for from there until ``AFTER_MINUTES`` after the switch, retries included.
        throttled: units throttled in these minutes.
        worst: position of the minute with the most throttled units.
        minutes: minutes with throttled units.
        limit: units per second served at most in the worst minute.
        before: units that the capacity before the transition throttles in the same minutes.
        hottest: throttled units that the partition of the hottest key throttles.
    """

    at: int
    asked: float
    throttled: float = 0.0
    worst: int = 0
    minutes: int = 0
    limit: float = 0.0
    before: float = 0.0
    hottest: float = 0.0

    @property
    def added(self) -> float:
        """Units throttled because of the transition."""
        return max(0.0, self.throttled - self.before)

    @property
    def share(self) -> float:
        """Units throttled because of the transition per unit asked for."""
        return self.added / self.asked if self.asked else 0.0


class RecordedHour(NamedTuple):
    """One hour of the recording.

    Attributes:
        hour: hour of the week, 0 is Monday 00:00 UTC.
        first, end: position of its first minute, and of the minute after its last.
        highest: units of the highest minute from this hour until a start in it is over.
        busiest: position of its busiest minute.
        asked: units asked for from the busiest minute until a start in it is over.
    """

    hour: int
    first: int
    end: int
    highest: float
    busiest: int
    asked: float


class StartConditions(Protocol):
    """What the starts of a transition have in common (``worst_start.Starts``)."""

    transition: Transition
    traffic: Traffic
    factor: float
    quota: int
    switch_minutes: int
    runner: Runner
    budget: float
    span: int

    def recorded(self, dimension: Dimension) -> tuple[list[float], Sequence[RecordedHour]]: ...
    def asked_ahead(self, dimension: Dimension, hour: RecordedHour) -> Sequence[float]: ...


class StartReplay:
    """Replays starts of one transition in one dimension; each continues from one replay of the capacity before it."""

    def __init__(self, starts: StartConditions, dimension: Dimension, parameters: Parameters) -> None:
        """A replay of starts.

        Args:
            starts: transition, recording and limits.
            dimension: the dimension.
            parameters: assumed properties of the service.
        """
        assert starts.transition.deployed is not None
        traffic = starts.traffic
        self.transition, self.dimension, self.parameters = starts.transition, dimension, parameters
        self.span, self.budget = starts.span, starts.budget
        self.asked = traffic.times(starts.factor)[dimension]
        self.switch_minutes, self.quota, self.runner = starts.switch_minutes, starts.quota, starts.runner
        self.supply = deployed_supply(
            starts.transition.deployed, dimension, self.asked, self.quota, traffic.start
        )
        self.first_state = start(self.supply, parameters, traffic.start.hour * 60 + traffic.start.minute)
        self._starts = starts
        self.before = self._run(self.supply, self.asked, self.first_state)
        self._reached = 0, self.first_state
        self._change = PhaseChange(self.transition, dimension, parameters, self.quota, traffic)

    @cached_property
    def demand(self) -> list[float]:
        """Units per minute, with ``-inf`` in gaps."""
        return self._starts.recorded(self.dimension)[0]

    @cached_property
    def hours(self) -> Sequence[RecordedHour]:
        """The hours that have a recorded minute until a start in them is over."""
        return self._starts.recorded(self.dimension)[1]

    def throttling(self, hours: frozenset[int]) -> dict[RecordedHour, Start]:
        """The worst start of each recorded hour in which one throttles.

        Args:
            hours: hours of the week to replay, 0 is Monday 00:00 UTC.
        """
        found = self.sampled(hours, _SAMPLES)
        self._reached = 0, self.first_state
        for hour in self._to_replay_fully(found):
            found[hour] = self.worst_of(range(hour.first, hour.end)) or found[hour]
        return found

    def starts(self, hours: frozenset[int]) -> Iterator[tuple[int, Start]]:
        """The worst start of each recorded hour with its hour of the week; of hours that do not throttle only the busiest.

        Args:
            hours: hours of the week to replay, 0 is Monday 00:00 UTC.
        """
        found = self.throttling(hours)
        yield from ((hour.hour, worst) for hour, worst in found.items())
        calm: dict[int, RecordedHour] = {}
        for hour in self.hours:
            if hour.hour in hours and hour not in found:
                busiest = calm.get(hour.hour)
                calm[hour.hour] = hour if busiest is None or hour.asked > busiest.asked else busiest
        for hour_of_week, hour in calm.items():
            at = hour.busiest
            yield hour_of_week, Start(at, hour.asked, worst=at, limit=self.before.limit[at])

    def sampled(self, hours: frozenset[int], samples: int) -> dict[RecordedHour, Start]:
        """The worst of a sample of starts of each recorded hour; hours without a start that throttles are left out.

        Args:
            hours: hours of the week to replay, 0 is Monday 00:00 UTC.
            samples: number of evenly spread starts in all hours; the likely worst starts of each hour are added.
        """
        throttling = [hour for hour in self._may_throttle() if hour.hour in hours]
        step = -(-60 * len(throttling) // samples) or 1
        found = {}
        for hour in throttling:
            worst = self.worst_of(sorted({*range(hour.first, hour.end, step), *self._likely_worst(hour)}))
            if worst is not None:
                found[hour] = worst
        return found

    def _may_throttle(self) -> Sequence[RecordedHour]:
        """Hours in which a start could throttle units that the settled declared capacity does not throttle.

        In the other hours no second exceeds the units served before the start or the units sent. Auto scaling needs 15
        minutes to lower the units sent, in which the bucket fills; afterwards the declared capacity is settled.
        """
        if not changes_supply(self.transition, self.dimension):
            return ()
        if self._change.leaves_a_bound:
            return self.hours  # no settled capacity shows what a start leads to
        scales = isinstance(self.supply, ProvisionedSupply) and self.supply.scales_ever()
        limits = self.before.limit
        lowest = min(limits if scales else limits[:1], default=0.0)  # a ceiling never falls

        # A switch of fixed units to on-demand continues with these units and what is saved of them: nothing changes before it
        # has ended, and so nothing throttles until then that does not throttle without a start.
        goes_on = (
            not scales
            and isinstance(self.supply, ProvisionedSupply)
            and self.transition.switches_to_on_demand
            and self.parameters.burst_kept == 1
        )

        def served(hour: RecordedHour) -> float:
            if goes_on:
                return math.inf
            return min(limits[max(0, hour.first - 1) : hour.end]) if scales else lowest

        declared = self._declared_supply(lowest)
        sent = (
            min((declared.units, *(move.maximum for move in declared.moves)))
            if isinstance(declared, ProvisionedSupply)
            else min(declared.ceiling, declared.maximum)
        )
        throttled = _throttled_minutes(self.before)
        for supply in _settled_supplies(declared):
            state = start(supply, self.parameters, self.first_state.minute)
            throttled |= _throttled_minutes(self._run(supply, self.asked, state))
        least = self._served_fully(sent if goes_on else min(lowest, sent))
        if not throttled and self._busiest <= least:
            return ()  # no hour is busier than the busiest minute, so none has to be looked at
        positions = sorted(throttled)
        return [
            hour
            for hour in self.hours
            if hour.highest > self._served_fully(min(served(hour), sent))
            or _any_between(positions, hour.first - 1, hour.end + self.span)
        ]

    @property
    def _busiest(self) -> float:
        """Units of the busiest recorded minute."""
        traffic = self._starts.traffic
        return self.asked[traffic.busiest[self.dimension]] if traffic.minutes else 0.0

    def _likely_worst(self, hour: RecordedHour) -> Iterable[int]:
        """Three starts of an hour that are likely to throttle the most units.

        They are the last minute; the last minute with the highest demand per provisioned unit during the switch, which
        keeps auto scaling from raising; and the start whose switch ends right before the busiest minute.
        """
        limit = self.before.limit
        asked = self._starts.asked_ahead(self.dimension, hour)
        load = [units / limit[at] for at, units in enumerate(asked, hour.first)]
        highest_load = hour.end - 1 - load[::-1].index(max(load))
        before_busiest = max(hour.first, hour.busiest - self.switch_minutes)
        return hour.end - 1, highest_load, before_busiest

    def _to_replay_fully(self, found: Mapping[RecordedHour, Start]) -> list[RecordedHour]:
        """Hours of which every start is replayed: the hour of the worst start, and those nearest to the budget within it."""
        within = [hour for hour, worst in found.items() if worst.share <= self.budget]
        near = sorted(within, key=lambda hour: found[hour].share)[-_NEAR_BUDGET:]
        worst = max(found, key=lambda hour: found[hour].added, default=None)
        return sorted({*near, *([] if worst is None else [worst])}, key=lambda hour: hour.first)

    def worst_of(self, minutes: Sequence[int]) -> Start | None:
        """The start that throttles the most units because of the transition; ``None`` where no start does.

        Args:
            minutes: positions of the starts, in ascending order over all calls.
        """
        worst: Start | None = None
        for at in minutes:
            found = self._start(at)
            # Of equal starts the last one: it is nearest to the minutes that it throttles.
            if found is not None and (worst is None or found.added >= worst.added * _SAME):
                worst = found
        return worst

    def _start(self, at: int) -> Start | None:
        """The start in a minute; ``None`` if it throttles nothing because of the transition."""
        stop = min(len(self.demand), at + self.span)
        found = self._fork(at, stop)
        if not found.throttled:
            return None
        found = replace(found, before=math.fsum(self.before.throttled[at:stop]))
        return found if found.added else None

    def _served_fully(self, limit: float) -> float:
        """Units per minute up to which no second exceeds a limit."""
        return -math.inf if self.parameters.hottest_share else 60 * limit / self.parameters.peak_second

    def _declared_supply(self, limit: float) -> Supply:
        """Supply from the declared capacity after a supply of ``limit`` units per second."""
        state = replace(
            self.first_state, units=int(limit) if isinstance(self.supply, ProvisionedSupply) else 0
        )
        supply, state = self._enter("switch" if self.switch_minutes else "before", self.supply, state)
        return self._enter("after", supply, state)[0]

    def _enter(self, phase: str, supply: Supply, state: State) -> tuple[Supply, State]:
        return self._change.enter(phase, supply, state)

    def _run(self, supply: Supply, asked: Sequence[float], state: State) -> Run:
        return self.runner(supply, asked, partition(self.dimension), self.parameters, state)

    def _state_at(self, at: int) -> State:
        """State of the capacity before the transition; positions are requested in ascending order."""
        position, state = self._reached
        if at > position:
            state = self._run(self.supply, self.asked[position:at], state).state
            self._reached = at, state
        return state

    def _fork(self, at: int, stop: int) -> Start:
        """Replay of a start in one minute until it is over."""
        supply, state, middle = self.supply, self._state_at(at), min(stop, at + self.switch_minutes)
        throttled, minutes, hottest, most, worst, limit, loads = 0.0, 0, 0.0, 0.0, at, 0.0, []
        for phase, first, end in (("switch", at, middle), ("after", middle, stop)):
            if end <= first:
                continue
            supply, state = self._enter(phase, supply, state)
            replayed = self._run(supply, self.asked[first:end], state)
            state = replayed.state
            loads.append(replayed.load)
            if replayed.throttles:
                throttled += math.fsum(replayed.throttled)
                minutes += sum(1 for units in replayed.throttled if units)
                hottest += replayed.hottest
                highest = max(replayed.throttled)
                if highest > most:
                    position = replayed.throttled.index(highest)
                    most, worst, limit = highest, first + position, replayed.limit[position]
        asked = sum(map(asked_units, loads)) if throttled else 0.0
        return Start(at, asked, throttled, worst, minutes, limit, hottest=hottest)


def changes_supply(transition: Transition, dimension: Dimension) -> bool:
    """Whether a start changes what is provisioned, or the most that auto scaling may provision.

    A lower maximum takes effect at once, with the burst that the capacity before has left. A maximum of on-demand mode is
    the same before and after a start.

    Args:
        transition: deployed to declared capacity of a table that exists.
        dimension: the dimension.
    """
    if transition.switches or transition.units_sent(dimension) is not None:
        return True
    assert transition.deployed is not None
    live, declared = (c.throughput(dimension) for c in (transition.deployed.live, transition.declared))
    return live is not None and declared is not None and maximum_of(declared) < maximum_of(live)


def _settled_supplies(declared: Supply) -> Sequence[Supply]:
    """What a start leads to: the declared supply, and until a scheduled action moves its bounds those that were sent."""
    if isinstance(declared, ProvisionedSupply) and declared.moves:
        return declared, replace(declared, moves=())
    return (declared,)


def _throttled_minutes(run: Run) -> set[int]:
    return set(compress(count(), run.throttled)) if run.throttles else set()


def _any_between(positions: Sequence[int], first: int, stop: int) -> bool:
    """Whether one of the ascending positions is at least ``first`` and below ``stop``."""
    found = bisect_left(positions, first)
    return found < len(positions) and positions[found] < stop


def asked_units(demand: Sequence[float]) -> float:
    """Units asked for in all minutes; a gap, which is ``-inf`` or NaN, counts as 0."""
    total = sum(demand)
    return total if total > -math.inf else math.fsum(max(0.0, units) for units in demand)


__all__ = ["SAMPLES_OF_RANGE", "RecordedHour", "Start", "StartReplay", "asked_units", "changes_supply"]
