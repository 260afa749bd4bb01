"""The worst start of a transition in each hour of the week."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, compress, count
from typing import NamedTuple

from ..capacity.dimension import Dimension
from ..capacity.evidence import HOURS_OF_WEEK
from ..capacity.limits import SWITCH_SECONDS_LONGEST, TABLE_QUOTA
from ..capacity.transition import Transition
from ..evidence.digest import hours_of_week, without_gaps
from ..evidence.traffic import Traffic
from .dimension_replay import run, start
from .parameters import Parameters
from .supply import ProvisionedSupply, Run, State, Supply
from .table_replay import (
    Runner,
    partition,
)
from .transition_replay import AFTER_MINUTES, _before, _enter, _moved

_SAME = 1 - 1e-9


_LOOKS, _LOOKS_AT_ENDS = 240, 40
"""Starts of a dimension that are replayed at first, evenly spread: every one where four hours are suspects."""


_NEAR = 5
"""Hours within the budget of which every start is replayed at last."""


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
        hottest: units of the throttled ones that the partition of the hottest key throttles.
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
        """Units throttled because of the transition, for one unit asked for."""
        return self.added / self.asked if self.asked else 0.0


def worst_starts(
    transition: Transition,
    traffic: Traffic,
    *,
    hours: Iterable[int] = range(HOURS_OF_WEEK),
    parameters: Parameters | None = None,
    factor: float = 1.0,
    switch_minutes: int = SWITCH_SECONDS_LONGEST.value // 60,
    quota: int = TABLE_QUOTA.value,
    budget: float = 0.0,
    runner: Runner = run,
) -> dict[Dimension, tuple[Start | None, ...]]:
    """For each hour of the week, what the worst start of a transition in it would throttle, by dimension.

    A start goes on from burst and auto scaling as the minutes before left them. Of hours in which one could throttle, so
    many are replayed as time allows: all where they are few; and all of the hour of the worst one, and of those that come
    nearest to the budget within it. Where
    neither the mode switches nor units are sent a start disturbs nothing: the replay of the declared capacity tells the rest.

    Args:
        transition: deployed to declared capacity of a table that exists.
        traffic: the recording.
        hours: hours of the week to look at, 0 is Monday 00:00 UTC; the others are ``None``.
        parameters: what is unknown of the service.
        factor: times the recorded traffic.
        switch_minutes: minutes that a switch of the billing mode takes.
        quota: most units per second that the account allows one table or one index.
        budget: share of the units asked for that a start may throttle.
        runner: what replays one dimension.

    Returns:
        168 entries a dimension; ``None`` where nothing was recorded.
    """
    starts = Starts(
        transition,
        traffic,
        factor=factor,
        switch_minutes=switch_minutes,
        quota=quota,
        budget=budget,
        runner=runner,
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
        budget: float = 0.0,
        runner: Runner = run,
    ) -> None:
        """As ``worst_starts`` has them."""
        self.transition, self.traffic, self.factor, self.quota = transition, traffic, factor, quota
        self.switch_minutes, self.runner = (switch_minutes if transition.switches else 0), runner
        self.budget, self.span = budget, self.switch_minutes + AFTER_MINUTES
        self._recorded: dict[Dimension, tuple[list[float], Sequence[_Hour]]] = {}

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

    def most(
        self, parameters: Parameters, hours: Iterable[int], dimensions: Iterable[Dimension]
    ) -> dict[Dimension, float]:
        """Most units that a start in some hours of the week throttles because of the transition, by dimension.

        Args:
            parameters: what is unknown of the service.
            hours: hours of the week to look at.
            dimensions: which ones.
        """
        asked_hours = frozenset(hours)
        found = {d: _Replay(self, d, parameters).looks(asked_hours, _LOOKS_AT_ENDS) for d in dimensions}
        return {d: max((one.added for one in each.values()), default=0.0) for d, each in found.items()}

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
        self.known, self.hours = starts.recorded(dimension)
        self.whole = self._run(self.supply, self.asked, self.first)
        self._reached = 0, self.first

    def starts(self, hours: frozenset[int]) -> Iterator[tuple[int, Start]]:
        """The worst start that was found of every recorded hour, with its hour of the week; of calm hours the busiest alone."""
        found = self.looks(hours, _LOOKS)
        self._reached = 0, self.first
        for one in self._to_look_into(found):
            found[one] = self._worst(range(one.first, one.end)) or found[one]
        yield from ((one.hour, worst) for one, worst in found.items())
        calm: dict[int, _Hour] = {}
        for one in self.hours:
            if one.hour in hours and one not in found:
                before = calm.get(one.hour)
                calm[one.hour] = one if before is None or one.asked > before.asked else before
        for hour, one in calm.items():
            at = one.busiest
            yield hour, Start(at, one.asked, worst=at, limit=self.whole.limit[at])

    def looks(self, hours: frozenset[int], looks: int) -> dict[_Hour, Start]:
        """The worst of some starts of each recorded hour in which one throttles.

        Args:
            hours: hours of the week to look at.
            looks: starts in all, evenly spread; the likely ones of each hour are looked at too.
        """
        suspects = [one for one in self._suspects() if one.hour in hours]
        step = -(-60 * len(suspects) // looks) or 1
        found = {}
        for one in suspects:
            worst = self._worst(sorted({*range(one.first, one.end, step), *self._likely(one)}))
            if worst is not None:
                found[one] = worst
        return found

    def _suspects(self) -> Sequence[_Hour]:
        """Hours in which a start could throttle what the declared capacity, once it is there, does not.

        In the others no second reaches what is served before the start, and none what is sent: auto scaling takes a quarter of
        an hour to lower that, in which the bucket fills, and from there on it is the declared capacity.
        """
        if not _disturbs(self.transition, self.dimension):
            return ()
        whole, span = self.whole, self.of.span
        moves = isinstance(self.supply, ProvisionedSupply) and self.supply.minimum != self.supply.maximum
        lowest = min(whole.limit if moves else whole.limit[:1], default=0.0)  # a ceiling never falls

        def served(one: _Hour) -> float:
            return min(whole.limit[max(0, one.first - 1) : one.end]) if moves else lowest

        declared = self._after(lowest)
        sent = (
            declared.units
            if isinstance(declared, ProvisionedSupply)
            else min(declared.ceiling, declared.maximum)
        )
        settled = self._run(declared, self.asked, start(declared, self.unknown, self.first.minute))
        throttled = sorted(_throttled(whole) | _throttled(settled))
        return [
            one
            for one in self.hours
            if one.later > self._at_most(min(served(one), sent))
            or _any_between(throttled, one.first - 1, one.end + span)
        ]

    def _likely(self, one: _Hour) -> Iterable[int]:
        """Starts of an hour that are likely to be bad: its last, and two others.

        In the one the busiest minute comes right after the switch; the other is the last that meets the most units for what is
        provisioned then: auto scaling, which a switch stops, would have come next.
        """
        limit, window = self.whole.limit, self.switch_minutes or self.of.span
        units = list(accumulate((max(0.0, u) for u in self.known[one.first : one.end + window]), initial=0.0))
        met = [
            (units[min(at + window, len(units) - 1)] - units[at]) / limit[one.first + at]
            for at in range(one.end - one.first)
        ]
        most = one.end - 1 - met[::-1].index(max(met))
        after = max(one.first, one.busiest - self.switch_minutes)
        return one.end - 1, most, after

    def _to_look_into(self, found: Mapping[_Hour, Start]) -> list[_Hour]:
        """Hours of which every start is replayed: that of the worst one, and those nearest to the budget within it."""
        within = [one for one, worst in found.items() if worst.share <= self.of.budget]
        near = sorted(within, key=lambda one: found[one].share)[-_NEAR:]
        worst = max(found, key=lambda one: found[one].added, default=None)
        return sorted({*near, *([] if worst is None else [worst])}, key=lambda one: one.first)

    def _worst(self, minutes: Sequence[int]) -> Start | None:
        """The start in some minutes that throttles most because of the transition; ``None`` where none does."""
        worst: Start | None = None
        for at in minutes:
            found = self._start(at)
            # Of equal ones the last: it lies nearest to what it throttles.
            if found is not None and (worst is None or found.added >= worst.added * _SAME):
                worst = found
        return worst

    def _start(self, at: int) -> Start | None:
        """The start in a minute; ``None`` if it throttles nothing because of the transition.

        Minutes are asked for in ascending order: each start goes on from what the one before it left.
        """
        stop = min(len(self.known), at + self.of.span)
        found = self._fork(at, stop)
        if not found.throttled:
            return None
        before = math.fsum(self.whole.throttled[at:stop])
        found = replace(found, asked=_asked(self.known[at:stop]), before=before)
        return found if found.added else None

    def _at_most(self, limit: float) -> float:
        """Units per minute of which no second can reach a limit."""
        return -math.inf if self.unknown.hottest_share else 60 * limit / self.unknown.peak_second

    def _after(self, limit: float) -> Supply:
        """What the declared capacity gives where so many units per second were served before."""
        state = replace(self.first, units=int(limit) if isinstance(self.supply, ProvisionedSupply) else 0)
        supply, state = self._entered("switch" if self.switch_minutes else "before", self.supply, state)
        return self._entered("after", supply, state)[0]

    def _entered(self, name: str, supply: Supply, state: State) -> tuple[Supply, State]:
        return _enter(self.transition, self.dimension, name, supply, state, self.unknown, self.quota)

    def _run(self, supply: Supply, asked: Sequence[float], state: State) -> Run:
        return self.runner(supply, asked, partition(self.dimension), self.unknown, state)

    def _state_at(self, at: int) -> State:
        position, state = self._reached
        if at > position:
            state = self._run(self.supply, self.asked[position:at], state).state
            self._reached = at, state
        return state

    def _fork(self, at: int, stop: int) -> Start:
        """A start in one minute, replayed until it is over."""
        supply, state, middle = self.supply, self._state_at(at), min(stop, at + self.switch_minutes)
        found, most = Start(at, 0.0, worst=at), 0.0
        for name, first, end in (("switch", at, middle), ("after", middle, stop)):
            if end <= first:
                continue
            supply, state = self._entered(name, supply, state)
            one = self._run(supply, self.asked[first:end], state)
            state = one.state
            if one.throttles:
                found = replace(
                    found,
                    throttled=found.throttled + math.fsum(one.throttled),
                    minutes=found.minutes + sum(1 for units in one.throttled if units),
                    hottest=found.hottest + one.hottest,
                )
                highest = max(one.throttled)
                if highest > most:
                    worst = one.throttled.index(highest)
                    most, found = highest, replace(found, worst=first + worst, limit=one.limit[worst])
        return found


def _disturbs(transition: Transition, dimension: Dimension) -> bool:
    """Whether a start does more than let auto scaling, or on-demand mode, go on between other bounds."""
    return transition.switches or transition.units_sent(dimension) is not None


def _throttled(run: Run) -> set[int]:
    return set(compress(count(), run.throttled)) if run.throttles else set()


def _any_between(positions: Sequence[int], first: int, stop: int) -> bool:
    """Whether one of ascending positions lies from the first up to the stop."""
    found = bisect_left(positions, first)
    return found < len(positions) and positions[found] < stop


def _asked(known: Sequence[float]) -> float:
    """Units in all; a gap, which is below 0, holds none."""
    total = sum(known)
    return total if total > -math.inf else math.fsum(max(0.0, one) for one in known)


__all__ = ["Start", "Starts", "worst_starts"]
