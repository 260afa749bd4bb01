"""The worst start of a transition in each hour of the week."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import accumulate

from ..capacity.dimension import Dimension
from ..capacity.evidence import HOURS_OF_WEEK
from ..capacity.limits import SWITCH_SECONDS_LONGEST, TABLE_QUOTA
from ..capacity.transition import Transition
from ..evidence.digest import hours_of_week
from ..evidence.traffic import Traffic
from ..evidence.windows import without_gaps
from .dimension_replay import run
from .parameters import Parameters
from .start_replay import SAMPLES_OF_RANGE, RecordedHour, Start, StartReplay, asked_units, changes_supply
from .table_replay import Runner
from .transition_replay import AFTER_MINUTES, replayed_dimensions


class Starts:
    """Worst starts of one transition in one recording; values that do not depend on the parameters are computed once.

    A start continues with the burst and the auto scaling state of the minutes before it. Where neither the mode switches
    nor units are sent nor a maximum falls, a start changes nothing: only the replay of the declared capacity shows what
    throttles.
    """

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
        """Starts of a transition.

        Args:
            transition: deployed to declared capacity of a table that exists.
            traffic: the recording.
            factor: multiple of the recorded traffic.
            switch_minutes: minutes that a switch of the billing mode takes.
            quota: units per second that the account allows at most for one table or one index.
            budget: share of the units asked for that a start may throttle.
            runner: function that replays one dimension.
        """
        self.transition, self.traffic, self.factor, self.quota = transition, traffic, factor, quota
        self.switch_minutes, self.runner = (switch_minutes if transition.switches else 0), runner
        self.budget, self.span = budget, self.switch_minutes + AFTER_MINUTES

    def worst(
        self, parameters: Parameters, hours: Iterable[int] = range(HOURS_OF_WEEK)
    ) -> dict[Dimension, tuple[Start | None, ...]]:
        """The worst start of each hour of the week, by dimension.

        Of the hours in which a start could throttle, a limited number of starts is replayed: every start where the hours
        are few, every start of the hour of the worst one, and every start of the hours within the budget that are nearest
        to it.

        Args:
            parameters: assumed properties of the service.
            hours: hours of the week to replay, 0 is Monday 00:00 UTC; the others are ``None``.

        Returns:
            168 entries for each dimension; ``None`` where nothing was recorded.
        """
        selected = frozenset(hours)
        result: dict[Dimension, tuple[Start | None, ...]] = {}
        for dimension in replayed_dimensions(self.transition, self.traffic):
            found = _by_hour(StartReplay(self, dimension, parameters).starts(selected))
            result[dimension] = tuple(map(found.get, range(HOURS_OF_WEEK)))
        return result

    def throttling(
        self, parameters: Parameters, hours: Iterable[int], dimensions: Iterable[Dimension]
    ) -> dict[Dimension, Sequence[Start]]:
        """The worst start of each hour of the week in which one throttles, by dimension. The others are not looked at.

        Args:
            parameters: assumed properties of the service.
            hours: hours of the week to replay, 0 is Monday 00:00 UTC.
            dimensions: the dimensions; one whose supply a start does not change has no such hour, and is left out.
        """
        selected = frozenset(hours)
        result: dict[Dimension, Sequence[Start]] = {}
        for dimension in dimensions:
            if changes_supply(self.transition, dimension):
                starts = StartReplay(self, dimension, parameters).throttling(selected)
                found = _by_hour((hour.hour, worst) for hour, worst in starts.items())
                result[dimension] = tuple(found[hour] for hour in sorted(found))
        return result

    def most(
        self, parameters: Parameters, hours: Iterable[int], dimensions: Iterable[Dimension]
    ) -> dict[Dimension, float]:
        """Units that a start in some hours of the week throttles at most because of the transition, by dimension.

        Args:
            parameters: assumed properties of the service.
            hours: hours of the week to replay, 0 is Monday 00:00 UTC.
            dimensions: the dimensions.
        """
        selected = frozenset(hours)
        found = {d: StartReplay(self, d, parameters).sampled(selected, SAMPLES_OF_RANGE) for d in dimensions}
        return {
            d: max((worst.added for worst in by_hour.values()), default=0.0) for d, by_hour in found.items()
        }

    def recorded(self, dimension: Dimension) -> tuple[list[float], Sequence[RecordedHour]]:
        """Units per minute with ``-inf`` in gaps, and the hours that have a recorded minute until a start in them is over."""
        key = "hours of starts", dimension, self.factor, self.span
        return self.traffic.derived(key, lambda: self._recorded(dimension))

    def _recorded(self, dimension: Dimension) -> tuple[list[float], Sequence[RecordedHour]]:
        # A list: an array creates a new number at each access.
        demand = list(without_gaps(self.traffic.times(self.factor)[dimension], -math.inf))
        hours = hours_of_week(self.traffic)
        tops = [max(demand[minutes.start : minutes.stop]) for _, minutes in hours]
        # A start in an hour is over within this number of hours.
        span_hours = 1 + -(-self.span // 60)
        found = []
        for number, ((hour, minutes), top) in enumerate(zip(hours, tops, strict=True)):
            highest = max(tops[number : number + span_hours])
            if highest >= 0:
                busiest = demand.index(top, minutes.start)
                asked = asked_units(demand[busiest : busiest + self.span])
                found.append(RecordedHour(hour, minutes.start, minutes.stop, highest, busiest, asked))
        return demand, found

    def asked_ahead(self, dimension: Dimension, hour: RecordedHour) -> Sequence[float]:
        """Units asked for during a switch from each minute of an hour on; until a start is over where nothing switches."""
        window = self.switch_minutes or self.span
        key = "asked ahead", dimension, self.factor, self.span, window
        known: dict[int, Sequence[float]] = self.traffic.derived(key, dict)
        if hour.first not in known:
            demand, length = self.recorded(dimension)[0], hour.end - hour.first
            units = list(
                accumulate((max(0.0, u) for u in demand[hour.first : hour.end + window]), initial=0.0)
            )
            known[hour.first] = [units[min(at + window, len(units) - 1)] - units[at] for at in range(length)]
        return known[hour.first]


def _by_hour(starts: Iterable[tuple[int, Start]]) -> dict[int, Start]:
    """The worst of some starts with their hours of the week, the first of equal ones, by hour."""
    found: dict[int, Start] = {}
    for hour, candidate in starts:
        worst = found.get(hour)
        if worst is None or (candidate.added, candidate.asked) > (worst.added, worst.asked):
            found[hour] = candidate
    return found


__all__ = ["Starts"]
