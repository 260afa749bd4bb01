"""Builds the plan of a cloud assembly: replays every guarded table's transition over its recording."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from operator import sub
from pathlib import Path

from ..capacity import InputError
from ..capacity.capacity import AutoScaling, Capacity, maximum_of, minimum_of
from ..capacity.ceilings import ceiling_after
from ..capacity.dimension import Dimension
from ..capacity.evidence import HOURS_OF_WEEK
from ..capacity.limits import INDEX_CREATION_SECONDS_LONGEST, PREFLIGHT_SECONDS, WARM_RAISE_SECONDS_SHORTEST
from ..capacity.settings import Margins, Rollout, hours_in
from ..capacity.transition import Change, Transition
from ..evidence.baseline import Baseline, NewTable
from ..evidence.digest import peak_of
from ..evidence.traffic import Traffic
from ..findings import Findings, JudgedTable, PlanInput
from ..simulator import worst_case
from ..simulator.dimension_replay import run
from ..simulator.parameters import Parameters
from ..simulator.table_replay import TABLE_WRITE, Cause, DimensionOutcome, Outcome, Runner
from ..simulator.transition_replay import (
    AFTER_MINUTES,
    ChangeOutcome,
    Phase,
    pre_warm_minutes,
    simulate_change,
)
from ..simulator.worst_case import Trial, WorstHour
from ..simulator.worst_start import Start, Starts
from .cost import Between, cost, warm_raise
from .plan import DimensionPlan, Money, Plan, Series, Stage, TablePlan, Throttling, WayBack
from .prices import Prices, prices_of
from .spread import spread

_AROUND = 120
"""Minutes shown on each side of the worst one."""


def build_plan(
    assembly: str | Path,
    *,
    given_prices: Mapping[str, Prices] | None = None,
    folder: Path | None = None,
    runner: Runner = run,
    parallel: int = 1,
) -> Plan:
    """The plan of a synthesis.

    Args:
        assembly: the cloud assembly, or its ``capacity-guard.json``.
        given_prices: prices by Region that come before the library's table.
        folder: directory in which the app ran; relative baselines are looked for there. The current one by default.
        runner: what replays one dimension.
        parallel: processes for a fleet; fewer than 8 tables are planned in this one.

    Raises:
        InputError: the file or a baseline cannot be read, or a baseline is not the one that was judged.
    """
    found = Findings.read(assembly)
    planned = [(seen, seen.planned) for seen in found.tables if seen.planned is not None]
    unplanned = tuple((seen.path, seen.findings) for seen in found.tables if seen.planned is None)
    one = partial(_plan_one, given_prices=given_prices or {}, folder=folder or Path(), runner=runner)
    return Plan(found.judged_at, tuple(spread(one, planned, parallel)), unplanned)


def _plan_one(
    table: tuple[JudgedTable, PlanInput], given_prices: Mapping[str, Prices], folder: Path, runner: Runner
) -> TablePlan:
    return plan_table(*table, given_prices, folder, runner)


def plan_table(
    seen: JudgedTable,
    planned: PlanInput,
    given_prices: Mapping[str, Prices],
    folder: Path,
    runner: Runner = run,
) -> TablePlan:
    """The plan of one table.

    Args:
        seen: the table and its findings.
        planned: what the synthesis knew of it.
        given_prices: prices by Region that come before the library's table.
        folder: where a relative baseline is looked for.
        runner: what replays one dimension.

    Raises:
        InputError: its baseline cannot be read, or is not the one that was judged.
    """
    file = folder / planned.baseline
    if planned.baseline and not file.exists():
        raise InputError(
            planned.baseline,
            "is missing here",
            "Run capacity-guard plan in the directory in which the app ran",
        )
    if planned.new is None:
        baseline = Baseline.load(file)
    else:
        baseline = NewTable(planned.new, traffic=file if planned.baseline else None)
    transition = baseline.transition_to(planned.declared)
    if transition.fingerprint != planned.fingerprint:
        raise InputError(planned.baseline, "was changed since the synthesis", "Synthesize again (cdk synth)")
    return _Builder(seen, planned, baseline, transition, runner).build(given_prices)


@dataclass(frozen=True)
class _Replayed:
    """The worst hour of one replay, and units throttled where what is unknown is kind and where it is harsh."""

    name: str
    trial: Trial
    hour: WorstHour
    low: float
    high: float


def _ends(one: Trial) -> list[Trial]:
    return [Trial(one.factor, parameters) for parameters in one.parameters.range()]


@dataclass(frozen=True)
class _Builder:
    seen: JudgedTable
    planned: PlanInput
    baseline: Baseline
    transition: Transition
    runner: Runner
    outcomes: dict[Trial, Outcome] = field(default_factory=dict)

    @property
    def _margins(self) -> Margins:
        return self.planned.margins

    @property
    def _rollout(self) -> Rollout:
        return self.planned.rollout

    def build(self, given_prices: Mapping[str, Prices]) -> TablePlan:
        transition, traffic = self.transition, self.baseline.traffic
        starts: Mapping[Dimension, tuple[Start | None, ...]] = {}
        replays: dict[Dimension, list[_Replayed]] = {}
        at: int | None = None
        change: ChangeOutcome | None = None
        if traffic is not None and not transition.is_empty:
            possible = worst_case.starts(transition, traffic, self._margins, self.runner)
            if possible is not None:
                starts = possible.worst(worst_case.recorded(self._margins).parameters)
            replays = self._replays(traffic, possible, starts)
            at = _start(replays)
            if at is not None and worst_case.can_start(transition):
                change = self._change(traffic, at)
                self._press(traffic, at, change, replays)
        return TablePlan(
            path=self.seen.path,
            place=self.seen.place,
            table=self.planned.table,
            baseline=self.planned.baseline,
            days=0.0 if traffic is None else traffic.days,
            gaps=0 if traffic is None else traffic.gaps(),
            transition=_words(transition),
            fingerprint=transition.fingerprint,
            relief=transition.is_relief,
            window="every hour" if self._rollout.change_window is None else self._rollout.change_window.text,
            budget=self._margins.throttle_budget,
            dimensions=tuple(self._dimensions(traffic, replays, change)),
            stages=() if transition.is_empty else tuple(self._stages()),
            hours=_heat(starts),
            money=None if traffic is None else self._money(traffic, given_prices),
            way_back=self._way_back(traffic, at),
            findings=self.seen.findings,
        )

    def _replays(
        self,
        traffic: Traffic,
        possible: Starts | None,
        starts: Mapping[Dimension, tuple[Start | None, ...]],
    ) -> dict[Dimension, list[_Replayed]]:
        found: dict[Dimension, list[_Replayed]] = {}

        def note(
            name: str,
            one: Trial,
            hours: Mapping[Dimension, WorstHour],
            end: Callable[[Parameters], Mapping[Dimension, float]],
        ) -> None:
            kind, harsh = one.parameters.range()
            ends = [end(harsh)]
            # Where nothing is throttled, the kind end has nothing to take away.
            if any(hour.throttled for hour in hours.values()):
                ends.append(end(kind))
            for dimension, hour in hours.items():
                each = [hour.throttled, *(units[dimension] for units in ends if dimension in units)]
                found.setdefault(dimension, []).append(_Replayed(name, one, hour, min(each), max(each)))

        recorded, headroom = worst_case.recorded(self._margins), worst_case.with_headroom(self._margins)
        window = list(hours_in(self._rollout.change_window))
        if possible is not None:
            ends = partial(possible.most, hours=window, dimensions=list(starts))
            note("start", recorded, self._worst_starts(starts), ends)
        for name, one in (("recorded", recorded), ("headroom", headroom)):
            hours = self._worst_hours(traffic, one.factor, one.parameters)
            note(name, one, hours, partial(self._throttled, traffic, one.factor))
        return found

    def _throttled(self, traffic: Traffic, factor: float, unknown: Parameters) -> dict[Dimension, float]:
        hours = self._worst_hours(traffic, factor, unknown)
        return {dimension: hour.throttled for dimension, hour in hours.items()}

    def _worst_hours(
        self, traffic: Traffic, factor: float, unknown: Parameters
    ) -> Mapping[Dimension, WorstHour]:
        one = Trial(factor, unknown)
        declared = self._declared(traffic, one)
        return worst_case.worst_hours(self.transition, traffic, one, self._margins, self.runner, declared)

    def _declared(self, traffic: Traffic, one: Trial) -> Outcome:
        if one not in self.outcomes:
            self.outcomes[one] = worst_case.declared_outcome(
                self.transition, traffic, one, self._margins, self.runner
            )
        return self.outcomes[one]

    def _worst_starts(
        self, starts: Mapping[Dimension, tuple[Start | None, ...]]
    ) -> dict[Dimension, WorstHour]:
        window = list(hours_in(self._rollout.change_window))
        found = {
            d: worst_case.worst_start(self.transition, self._margins, d, [each[hour] for hour in window])
            for d, each in starts.items()
        }
        return {d: hour for d, hour in found.items() if hour is not None}

    def _change(
        self,
        traffic: Traffic,
        at: int,
        *,
        back_at: int | None = None,
        parameters: Parameters | None = None,
    ) -> ChangeOutcome:
        """The transition replayed whole, with its switch, or the change itself, in one minute; pre-warm lies before it."""
        return simulate_change(
            self.transition,
            traffic,
            max(0, at - pre_warm_minutes(self.transition)),
            back_at=back_at,
            parameters=parameters or worst_case.recorded(self._margins).parameters,
            switch_minutes=self._margins.switch_minutes,
            quota=self._margins.table_quota,
            runner=self.runner,
        )

    def _press(
        self, traffic: Traffic, at: int, change: ChangeOutcome, replays: Mapping[Dimension, list[_Replayed]]
    ) -> None:
        """Starts are replayed a dimension at a time; here the worst one tells what indexes reject of the table's writes."""
        outcome = change.outcome.dimensions.get(TABLE_WRITE)
        if outcome is None or Cause.BACK_PRESSURE not in outcome.causes:
            return
        recorded = worst_case.recorded(self._margins)
        span = slice(at, at + self._switch_minutes + AFTER_MINUTES)
        writes = traffic.only(d for d in traffic.consumed if d.access == "write")

        def added(parameters: Parameters, one: DimensionOutcome | None = None) -> array[float]:
            replayed = one or self._change(writes, at, parameters=parameters).outcome.dimensions[TABLE_WRITE]
            deployed = self.transition.deployed
            assert deployed is not None
            before = worst_case.deployed_outcome(
                deployed, writes, Trial(1.0, parameters), self._margins, self.runner
            ).dimensions[TABLE_WRITE]
            return array("d", map(sub, replayed.throttled[span], before.throttled[span]))

        minutes = added(recorded.parameters, outcome)
        units, starts = math.fsum(minutes), replays[TABLE_WRITE]
        if units <= starts[0].hour.throttled:
            return
        each = [units, *(math.fsum(added(one.parameters)) for one in _ends(recorded))]
        worst = at + minutes.index(max(minutes))
        hour = WorstHour(
            math.fsum(u for u in outcome.recorded[span] if u == u),
            units,
            sum(1 for u in minutes if u),
            worst,
            outcome.limit[worst],
            Cause.BACK_PRESSURE,
            at,
        )
        starts[0] = _Replayed("start", recorded, hour, max(0.0, min(each)), max(each))

    @property
    def _switch_minutes(self) -> int:
        return self._margins.switch_minutes if self.transition.switches else 0

    def _dimensions(
        self,
        traffic: Traffic | None,
        replays: Mapping[Dimension, list[_Replayed]],
        change: ChangeOutcome | None,
    ) -> Iterator[DimensionPlan]:
        transition, deployed = self.transition, self.transition.deployed
        for one in transition.changes:
            dimension = one.dimension
            peak = None if traffic is None else peak_of(traffic, dimension)
            was = None if deployed is None else deployed.live
            judged = tuple(self._judged(traffic, dimension, replays.get(dimension, []))) if traffic else ()
            yield DimensionPlan(
                dimension,
                one.change.value,
                ""
                if was is None
                else _capacity_text(
                    was, dimension, None if deployed is None else deployed.warm_now(dimension)
                ),
                _capacity_text(transition.declared, dimension, None),
                peak,
                _limit(transition, dimension),
                judged,
                self._series(traffic, dimension, judged, change),
            )

    def _judged(
        self, traffic: Traffic, dimension: Dimension, replays: list[_Replayed]
    ) -> Iterator[Throttling]:
        for one in replays:
            hour = one.hour
            asked = traffic.consumed[dimension][hour.worst]
            yield Throttling(
                replay=one.name,
                factor=one.trial.factor,
                units=hour.throttled,
                low=one.low,
                high=one.high,
                minutes=hour.minutes,
                share=hour.share,
                worst=traffic.minute(hour.worst),
                asked=0.0 if asked != asked else asked * one.trial.factor / 60,
                limit=hour.limit,
                cause=None if hour.cause is None else hour.cause.value,
                started=None if hour.started is None else traffic.minute(hour.started),
                within=hour.share <= self._margins.throttle_budget,
            )

    def _series(
        self,
        traffic: Traffic | None,
        dimension: Dimension,
        judged: tuple[Throttling, ...],
        change: ChangeOutcome | None,
    ) -> Series | None:
        """Minutes around the worst minute of the worst replay; of the start where nothing is throttled."""
        if traffic is None or not judged:
            return None
        worst = max(judged, key=lambda one: one.share) if any(one.share for one in judged) else judged[0]
        outcome: Outcome
        phases: tuple[Phase, ...] = ()
        if worst.replay == "start":
            if change is None or dimension not in change.outcome.dimensions:
                return None
            outcome, phases = change.outcome, change.phases
            if worst.started is not None:
                at = _position(traffic, worst.started)
                if at not in [phase.first for phase in phases]:
                    other = self._change(traffic, at)
                    outcome, phases = other.outcome, other.phases
        else:
            one = (
                worst_case.recorded(self._margins)
                if worst.replay == "recorded"
                else worst_case.with_headroom(self._margins)
            )
            outcome = self._declared(traffic, one)
        return _cut(outcome.dimensions[dimension], traffic, worst, phases)

    def _stages(self) -> Iterator[Stage]:
        transition = self.transition
        yield Stage("preflight", 0, 1, "live table compared with the baseline, alarms, traffic of this hour")
        if longest := pre_warm_minutes(transition):
            yield Stage(
                "pre-warm",
                round(WARM_RAISE_SECONDS_SHORTEST.value / 60, 1),
                longest,
                f"warm throughput is raised; given up after {PREFLIGHT_SECONDS.value // 60} minutes",
            )
        deployed = transition.deployed
        created = [
            index
            for index in transition.declared.indexes
            if deployed is not None and index not in deployed.live.indexes
        ]
        switches = (
            "the billing mode switches: throughput is frozen" if transition.switches_to_on_demand else ""
        )
        longest = self._switch_minutes or 1
        if created:
            longest = max(longest, INDEX_CREATION_SECONDS_LONGEST.value // 60)
            switches = f"{', '.join(created)} is created and filled; a large table takes longer"
        yield Stage("change", 1, longest, switches)
        if not transition.is_creation:
            bake = self._rollout.bake_minutes
            yield Stage("bake", bake, bake, "an alarm or a throttle event above the noise rolls back")

    def _money(self, traffic: Traffic, given_prices: Mapping[str, Prices]) -> Money:
        prices = prices_of(self.planned.region, given_prices)
        deployed, declared = self.transition.deployed, self.transition.declared
        ends = _ends(worst_case.recorded(self._margins))
        before: Between | None = None
        if deployed is not None:
            outcomes = [
                worst_case.deployed_outcome(deployed, traffic, one, self._margins, self.runner)
                for one in ends
            ]
            before = cost(deployed.live, outcomes, prices).hour
        outcomes = [self._declared(traffic, one) for one in ends]
        after = cost(declared, outcomes, prices).hour
        for dimension in declared.dimensions():
            throughput = declared.throughput(dimension)
            if dimension not in traffic.consumed and throughput is not None:
                # Nothing was recorded of an index that does not exist yet; what it is provisioned for costs all the same.
                units = Between(minimum_of(throughput), maximum_of(throughput))
                after += units.times(prices.provisioned[dimension.access].amount)
        return Money(prices, before, after, warm_raise(self.transition, prices))

    def _way_back(self, traffic: Traffic | None, at: int | None) -> WayBack | None:
        transition, deployed = self.transition, self.transition.deployed
        if deployed is None or transition.is_empty:
            return None
        resent = {
            d: units
            for d in deployed.template.dimensions()
            if (units := transition.resent_units(d)) is not None
        }
        missing = [
            d.label
            for d in deployed.template.dimensions()
            if not deployed.template.is_on_demand and d not in resent
        ]
        if missing:
            return WayBack(
                False, resent, 0.0, f"no units to go back with, a seed is missing: {'; '.join(missing)}"
            )
        if traffic is None or at is None or not worst_case.can_start(transition):
            return WayBack(True, resent, 0.0, "not replayed")
        back_at = at + self._switch_minutes + self._rollout.bake_minutes
        over = back_at + self._switch_minutes + AFTER_MINUTES
        if over > traffic.minutes:
            return WayBack(True, resent, 0.0, "not replayed: the recording ends before it would be over")
        change = self._change(traffic, at, back_at=back_at)
        span = slice(back_at, over)
        throttled = sum(math.fsum(one.throttled[span]) for one in change.outcome.dimensions.values())
        return WayBack(
            True,
            resent,
            throttled,
            f"vetoed at the end of the bake after the worst start, {throttled:,.0f} units are throttled on the way",
        )


def _start(replays: Mapping[Dimension, list[_Replayed]]) -> int | None:
    """Position of the start that throttles most; of the first where none does."""
    found = [
        (one.hour.throttled, one.hour.asked, one.hour.started)
        for each in replays.values()
        for one in each
        if one.name == "start"
    ]
    return max(found, key=lambda one: one[:2])[2] if found else None


def _heat(starts: Mapping[Dimension, tuple[Start | None, ...]]) -> tuple[float | None, ...]:
    if not starts:
        return ()
    each = [[one[hour] for one in starts.values()] for hour in range(HOURS_OF_WEEK)]
    return tuple(max((one.share for one in here if one is not None), default=None) for here in each)


def _position(traffic: Traffic, at: datetime) -> int:
    return round((at - traffic.start).total_seconds() / 60)


def _cut(one: DimensionOutcome, traffic: Traffic, worst: Throttling, phases: tuple[Phase, ...]) -> Series:
    middle = _position(traffic, worst.worst)
    began = middle if worst.started is None else min(middle, _position(traffic, worst.started))
    first, stop = max(0, began - _AROUND), min(len(one.demand), middle + _AROUND)

    demand = array("d", [units / 60 for units in one.demand[first:stop]])
    return Series(
        worst.replay,
        traffic.minute(first),
        demand,
        array("d", [d if d != d else u / 60 for d, u in zip(demand, one.served[first:stop], strict=True)]),
        array("d", one.limit[first:stop]),
        [(p.name, max(0, p.first - first)) for p in phases if p.first < stop and p.stop > first],
    )


def _words(transition: Transition) -> str:
    if transition.is_empty:
        return "nothing changes"
    kinds = dict.fromkeys(one.change for one in transition.changes if one.change is not Change.NONE)
    return ", ".join(one.value for one in kinds)


def _capacity_text(capacity: Capacity, dimension: Dimension, warm_now: int | None) -> str:
    if dimension not in capacity.dimensions():
        return "none"
    throughput = capacity.throughput(dimension)
    if throughput is None:
        parts = ["on-demand"]
        if maximum := capacity.maximum(dimension):
            parts.append(f"maximum {maximum:,}/s")
    elif isinstance(throughput, AutoScaling):
        parts = [f"{throughput.minimum:,} to {throughput.maximum:,}/s at {throughput.target} %"]
        if throughput.seed is not None:
            parts.append(f"seed {throughput.seed:,}")
    else:
        parts = [f"{throughput:,}/s fixed"]
    warm = capacity.warm(dimension) or warm_now
    if warm:
        parts.append(f"warm {warm:,}/s")
    return ", ".join(parts)


def _limit(transition: Transition, dimension: Dimension) -> float:
    if dimension not in transition.declared.dimensions():
        return 0.0
    throughput = transition.declared.throughput(dimension)
    return float(ceiling_after(transition, dimension) if throughput is None else maximum_of(throughput))


__all__ = ["build_plan", "plan_table"]
