"""Replays one table's transition over its recording, under the conditions that a plan shows."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from operator import sub

from ..capacity.dimension import Dimension
from ..capacity.evidence import HOURS_OF_WEEK
from ..capacity.settings import Margins, Rollout, hours_in
from ..capacity.transition import Transition
from ..evidence.traffic import Traffic
from ..simulator.parameters import Parameters
from ..simulator.start_replay import Start
from ..simulator.table_replay import TABLE_WRITE, Cause, DimensionOutcome, Outcome, Runner
from ..simulator.transition_replay import AFTER_MINUTES, ChangeOutcome, pre_warm_minutes, simulate_change
from ..simulator.worst_hour import (
    Trial,
    WorstHour,
    admitted_trial,
    declared_outcome,
    deployed_outcome,
    worst_hours,
    worst_start,
)
from ..simulator.worst_hour import headroom_trial as headroom_trial
from ..simulator.worst_hour import possible_starts as possible_starts
from ..simulator.worst_hour import recorded_trial as recorded_trial
from ..simulator.worst_start import Starts


@dataclass(frozen=True)
class ReplayResult:
    """What one replay throttles in one dimension.

    Attributes:
        name: ``start``, ``admitted``, ``recorded`` or ``headroom``, see ``Throttling.replay``.
        trial: conditions of the replay.
        hour: the worst hour.
        low, high: units throttled in the best case and in the worst case of the parameters.
    """

    name: str
    trial: Trial
    hour: WorstHour
    low: float
    high: float


def switch_minutes(transition: Transition, margins: Margins) -> int:
    """Minutes that the switch of the billing mode takes at most; 0 where the mode does not change."""
    return margins.switch_minutes if transition.switches else 0


@dataclass(frozen=True)
class TableReplays:
    """The replays of one table; each result is computed once.

    Attributes:
        transition: deployed to declared capacity.
        traffic: the recording.
        margins: limits, budget and parameters.
        rollout: the change window.
        runner: function that replays one dimension.
    """

    transition: Transition
    traffic: Traffic
    margins: Margins
    rollout: Rollout
    runner: Runner
    _declared: dict[Trial, Outcome] = field(default_factory=dict, init=False, repr=False, compare=False)

    @cached_property
    def recorded(self) -> Trial:
        """The recorded traffic."""
        return recorded_trial(self.margins)

    @cached_property
    def headroom(self) -> Trial:
        """The recorded traffic times ``Margins.headroom``."""
        return headroom_trial(self.margins)

    @cached_property
    def range(self) -> tuple[Trial, Trial]:
        """The recorded traffic in the best case and in the worst case of the parameters."""
        best_case, worst_case = self.recorded.parameters.range()
        return Trial(self.recorded.factor, best_case), Trial(self.recorded.factor, worst_case)

    @cached_property
    def admitted(self) -> Trial:
        """The most traffic with which Preflight lets a transition start: the recorded one times ``Margins.live_peak``."""
        return admitted_trial(self.margins)

    @cached_property
    def admitted_starts(self) -> Mapping[Dimension, Sequence[Start]]:
        """The worst start of each hour of the week in which one throttles at ``admitted``, by dimension."""
        starts = self._admitted
        if starts is None:
            return {}
        return starts.throttling(self.admitted.parameters, range(HOURS_OF_WEEK), list(self.starts))

    @cached_property
    def starts(self) -> Mapping[Dimension, tuple[Start | None, ...]]:
        """The worst start of each hour of the week, by dimension; empty where the transition cannot start."""
        return {} if self._starts is None else self._starts.worst(self.recorded.parameters)

    @cached_property
    def results(self) -> Mapping[Dimension, list[ReplayResult]]:
        """Results by dimension; none if nothing changes.

        They are ``start`` if the transition can start, ``admitted`` if that throttles, ``recorded`` and ``headroom``.
        """
        if self.change is None or self.worst_position is None:
            return self._separate_results
        start = self._start_with_back_pressure(self.worst_position, self.change)
        if start is None:
            return self._separate_results
        return {**self._separate_results, TABLE_WRITE: [start, *self._separate_results[TABLE_WRITE][1:]]}

    @cached_property
    def worst_position(self) -> int | None:
        """Position of the start that throttles the most units; ``None`` where the transition was not started."""
        found = [
            (result.hour.throttled, result.hour.asked, result.hour.started)
            for results in self._separate_results.values()
            for result in results
            if result.name == "start"
        ]
        return max(found, key=lambda candidate: candidate[:2])[2] if found else None

    @cached_property
    def change(self) -> ChangeOutcome | None:
        """Replay of the transition from its worst start; ``None`` where it cannot start."""
        return None if self.worst_position is None else self.change_at(self.worst_position)

    def change_at(
        self,
        at: int,
        *,
        back_at: int | None = None,
        parameters: Parameters | None = None,
        factor: float = 1.0,
    ) -> ChangeOutcome:
        """Replay of the transition, with pre-warm before it.

        Args:
            at: position of the minute in which the switch, or the change where the mode does not switch, starts.
            back_at: position of the minute in which the rollback starts; ``None`` for no rollback.
            parameters: assumed properties of the service; those of ``worst_hour.recorded_trial`` by default.
            factor: multiple of the recorded traffic.
        """
        return self._change(self.traffic, at, back_at, parameters or self.recorded.parameters, factor)

    def declared(self, trial: Trial) -> Outcome:
        """Replay of the recording on the declared capacity."""
        if trial not in self._declared:
            self._declared[trial] = declared_outcome(
                self.transition, self.traffic, trial, self.margins, self.runner
            )
        return self._declared[trial]

    @cached_property
    def _starts(self) -> Starts | None:
        if self.transition.is_empty:
            return None
        return possible_starts(self.transition, self.traffic, self.margins, self.runner)

    @cached_property
    def _admitted(self) -> Starts | None:
        if self._starts is None:
            return None
        return possible_starts(self.transition, self.traffic, self.margins, self.runner, self.admitted.factor)

    @cached_property
    def _writes(self) -> Traffic:
        return self.traffic.only(d for d in self.traffic.consumed if d.access == "write")

    @cached_property
    def _separate_results(self) -> Mapping[Dimension, list[ReplayResult]]:
        """Results of the dimensions replayed separately: a start does not show what indexes reject on the table."""
        found: dict[Dimension, list[ReplayResult]] = {}
        if self.transition.is_empty:
            return found
        for dimension, result in self._replayed():
            found.setdefault(dimension, []).append(result)
        return found

    def _replayed(self) -> Iterator[tuple[Dimension, ReplayResult]]:
        if self._starts is not None:
            window = list(hours_in(self.rollout.change_window))
            most = partial(self._starts.most, hours=window, dimensions=list(self.starts))
            yield from _results("start", self.recorded, self._worst_starts(window), most)
            yield from self._admitted_results(window)
        for name, trial in (("recorded", self.recorded), ("headroom", self.headroom)):
            throttled = partial(self._throttled, trial.factor)
            yield from _results(name, trial, self._worst_hours(trial), throttled)

    def _admitted_results(self, window: list[int]) -> Iterator[tuple[Dimension, ReplayResult]]:
        """Starts with the most traffic that Preflight admits, of dimensions that throttle then."""
        assert self._admitted is not None
        hours = {}
        for dimension, starts in self.admitted_starts.items():
            inside = [start for start in starts if self.hour_of(start) in window]
            worst = worst_start(self.transition, self.margins, dimension, inside)
            if worst is not None:
                hours[dimension] = worst
        most = partial(self._admitted.most, hours=window, dimensions=list(hours))
        yield from _results("admitted", self.admitted, hours, most)

    def hour_of(self, start: Start) -> int:
        """The hour of the week of a start, 0 is Monday 00:00 UTC."""
        at = self.traffic.minute(start.at)
        return at.weekday() * 24 + at.hour

    def _worst_starts(self, window: list[int]) -> dict[Dimension, WorstHour]:
        found = {
            dimension: worst_start(
                self.transition, self.margins, dimension, [by_hour[hour] for hour in window]
            )
            for dimension, by_hour in self.starts.items()
        }
        return {dimension: hour for dimension, hour in found.items() if hour is not None}

    def _worst_hours(self, trial: Trial) -> Mapping[Dimension, WorstHour]:
        return worst_hours(
            self.transition, self.traffic, trial, self.margins, self.runner, self.declared(trial)
        )

    def _throttled(self, factor: float, parameters: Parameters) -> dict[Dimension, float]:
        hours = self._worst_hours(Trial(factor, parameters))
        return {dimension: hour.throttled for dimension, hour in hours.items()}

    def _change(
        self, traffic: Traffic, at: int, back_at: int | None, parameters: Parameters, factor: float = 1.0
    ) -> ChangeOutcome:
        return simulate_change(
            self.transition,
            traffic,
            max(0, at - pre_warm_minutes(self.transition)),
            back_at=back_at,
            parameters=parameters,
            factor=factor,
            switch_minutes=self.margins.switch_minutes,
            quota=self.margins.table_quota,
            runner=self.runner,
        )

    def _start_with_back_pressure(self, at: int, change: ChangeOutcome) -> ReplayResult | None:
        """The result of the table's writes from the worst start, if indexes reject more of them than the table throttles.

        Args:
            at: position of the worst start.
            change: its replay.
        """
        outcome = change.outcome.dimensions.get(TABLE_WRITE)
        if outcome is None or Cause.BACK_PRESSURE not in outcome.causes:
            return None
        span = slice(at, at + switch_minutes(self.transition, self.margins) + AFTER_MINUTES)
        added = self._added_writes(span, self.recorded.parameters, outcome)
        units = math.fsum(added)
        if units <= self._separate_results[TABLE_WRITE][0].hour.throttled:
            return None
        ends = [units]
        for trial in self.range:
            replayed = self._change(self._writes, at, None, trial.parameters).outcome.dimensions[TABLE_WRITE]
            ends.append(math.fsum(self._added_writes(span, trial.parameters, replayed)))
        worst = at + added.index(max(added))
        hour = WorstHour(
            asked=math.fsum(units for units in outcome.demand[span] if units == units),
            throttled=units,
            minutes=sum(1 for units in added if units),
            worst=worst,
            limit=outcome.limit[worst],
            cause=Cause.BACK_PRESSURE,
            started=at,
        )
        return ReplayResult("start", self.recorded, hour, max(0.0, min(ends)), max(ends))

    def _added_writes(self, span: slice, parameters: Parameters, outcome: DimensionOutcome) -> array[float]:
        """The table's writes that a transition throttles in each minute of a span and today's capacity does not."""
        assert self.transition.deployed is not None
        before = deployed_outcome(
            self.transition.deployed, self._writes, Trial(1.0, parameters), self.margins, self.runner
        ).dimensions[TABLE_WRITE]
        return array("d", map(sub, outcome.throttled[span], before.throttled[span]))


def _results(
    name: str,
    trial: Trial,
    hours: Mapping[Dimension, WorstHour],
    throttled_by: Callable[[Parameters], Mapping[Dimension, float]],
) -> Iterator[tuple[Dimension, ReplayResult]]:
    """The worst hours of a replay with their range of throttled units.

    Args:
        name: name of the replay.
        trial: its conditions.
        hours: the worst hour of each dimension.
        throttled_by: units throttled in each dimension with other parameters.
    """
    if not hours:
        return
    best_case, worst_case = trial.parameters.range()
    ends = [throttled_by(worst_case)]
    # Where nothing is throttled, the best case cannot throttle less.
    if any(hour.throttled for hour in hours.values()):
        ends.append(throttled_by(best_case))
    for dimension, hour in hours.items():
        units = [hour.throttled, *(end[dimension] for end in ends if dimension in end)]
        yield dimension, ReplayResult(name, trial, hour, min(units), max(units))


__all__ = ["ReplayResult", "TableReplays", "switch_minutes"]
