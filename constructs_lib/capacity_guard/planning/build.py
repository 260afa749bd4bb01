"""Builds the plan of a cloud assembly: replays every guarded table's transition over its recording."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from operator import add
from pathlib import Path

from ..capacity import InputError
from ..capacity.evidence import HOURS_OF_WEEK
from ..capacity.settings import Margins, Rollout
from ..capacity.transition import Change, Transition
from ..evidence.baseline import Baseline, NewTable
from ..evidence.digest import hours_of_week
from ..evidence.windows import without_gaps
from ..findings import Findings, JudgedTable, PlanInput
from ..pricing.prices import Prices, prices_of
from ..rules import Answer
from ..rules.answer_cost import repriced
from ..rules.quiet_hours import QuietHours, quiet_hours
from ..simulator import engine
from ..simulator.table_replay import Runner
from .dimensions import dimension_plans
from .money import money
from .plan import Plan, TablePlan, Unplanned
from .replays import TableReplays
from .spread import spread
from .stages import stages
from .way_back import way_back


def build_plan(
    assembly: str | Path,
    *,
    given_prices: Mapping[str, Prices] | None = None,
    folder: Path | None = None,
    runner: Runner | None = None,
    parallel: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Plan:
    """The plan of a synthesis.

    Args:
        assembly: the cloud assembly, or its ``capacity-guard.json``.
        given_prices: prices by Region that take precedence over the library's table.
        folder: directory in which the app ran, the base of relative baseline paths. The current directory by default.
        runner: function that replays one dimension; ``None``: the compiled twin where it was built, else plain Python.
        parallel: number of processes; fewer than 8 tables are planned in the current process.
        progress: called with the number of planned tables and of all, before the first and after each.

    Raises:
        InputError: the file or a baseline cannot be read, or a baseline is not the one that the synthesis used.
    """
    findings = Findings.read(assembly)
    guarded = [(table, table.planned) for table in findings.tables if table.planned is not None]
    unplanned = tuple(
        Unplanned(table.path, table.findings, table.answers)
        for table in findings.tables
        if table.planned is None
    )
    task = partial(
        _plan_task,
        given_prices=given_prices or {},
        folder=folder or Path(),
        runner=runner,
        judged_at=findings.judged_at,
    )
    return Plan(findings.judged_at, tuple(spread(task, guarded, parallel, progress)), unplanned)


def _plan_task(
    table: tuple[JudgedTable, PlanInput],
    given_prices: Mapping[str, Prices],
    folder: Path,
    runner: Runner | None,
    judged_at: datetime | None,
) -> TablePlan:
    return plan_table(*table, given_prices, folder, runner, judged_at)


def plan_table(
    judged: JudgedTable,
    planned: PlanInput,
    given_prices: Mapping[str, Prices],
    folder: Path,
    runner: Runner | None = None,
    judged_at: datetime | None = None,
) -> TablePlan:
    """The plan of one table.

    Args:
        judged: the table and its findings.
        planned: the table's data from the synthesis.
        given_prices: prices by Region that take precedence over the library's table.
        folder: base of a relative baseline path.
        runner: function that replays one dimension; ``None``: the compiled twin where it was built, else plain Python.
        judged_at: judgment time of the rules, UTC.

    Raises:
        InputError: its baseline cannot be read, or is not the one that the synthesis used.
    """
    baseline = _baseline(planned, folder)
    transition = replace(baseline.transition_to(planned.declared, planned.kind), schedules=planned.schedules)
    if transition.fingerprint != planned.fingerprint:
        raise InputError(planned.baseline, "was changed since the synthesis", "Synthesize again (cdk synth)")
    traffic, margins, rollout = baseline.traffic, planned.margins, planned.rollout
    replays = (
        None
        if traffic is None
        else TableReplays(transition, traffic, margins, rollout, runner or engine.runner())
    )
    hours = () if replays is None else _shares_by_hour(replays)
    return TablePlan(
        path=judged.path,
        place=judged.place,
        table=planned.table,
        baseline=planned.baseline,
        days=0.0 if traffic is None else traffic.days,
        gaps=0 if traffic is None else traffic.gaps(),
        transition=_transition_text(transition),
        fingerprint=transition.fingerprint,
        relief=planned.relief,
        window="every hour" if rollout.change_window is None else rollout.change_window.text,
        budget=margins.throttle_budget,
        dimensions=tuple(dimension_plans(transition, replays)),
        stages=tuple(stages(transition, margins, rollout)),
        hours=hours,
        quiet=None if replays is None else _quiet(hours, replays, margins, rollout),
        staffed=rollout.staffed_hours.text,
        recorded_at=None if traffic is None else baseline.recording.at,
        judged_at=judged_at,
        money=None if replays is None else money(replays, prices_of(planned.region, given_prices)),
        way_back=way_back(transition, replays, rollout),
        findings=judged.findings,
        answers=_answers(judged, planned, baseline, transition, given_prices),
    )


def _answers(
    judged: JudgedTable,
    planned: PlanInput,
    baseline: Baseline,
    transition: Transition,
    given_prices: Mapping[str, Prices],
) -> tuple[Answer, ...]:
    """The fixes as the synthesis made them, at the prices that are given; the library's prices are those of the synthesis."""
    if not given_prices:
        return judged.answers
    prices = prices_of(planned.region, given_prices)
    return tuple(repriced(answer, baseline, transition, prices) for answer in judged.answers)


def _baseline(planned: PlanInput, folder: Path) -> Baseline:
    file = folder / planned.baseline  # the folder itself for a new table without expected traffic
    if not file.exists():
        raise InputError(
            planned.baseline,
            "is missing here",
            "Run capacity-guard plan in the directory in which the app ran",
        )
    if planned.new is None:
        return Baseline.load(file)
    return NewTable(planned.new, traffic=file if planned.baseline else None)


def _transition_text(transition: Transition) -> str:
    if transition.is_empty:
        return "nothing changes"
    changes = dict.fromkeys(
        changed.change for changed in transition.changes if changed.change is not Change.NONE
    )
    return ", ".join(change.value for change in changes)


def _shares_by_hour(replays: TableReplays) -> tuple[float | None, ...]:
    """For each hour of the week the largest share that a start in it throttles; empty where nothing can start."""
    if not replays.starts:
        return ()
    shares: list[float | None] = [
        max(
            (start.share for worst in replays.starts.values() if (start := worst[hour]) is not None),
            default=None,
        )
        for hour in range(HOURS_OF_WEEK)
    ]
    for start in (start for starts in replays.admitted_starts.values() for start in starts):
        hour = replays.hour_of(start)
        shares[hour] = max(shares[hour] or 0.0, start.share)
    return tuple(shares)


def _quiet(
    hours: tuple[float | None, ...], replays: TableReplays, margins: Margins, rollout: Rollout
) -> QuietHours | None:
    """The quietest hours of those in which the change fits; ``None`` where it cannot start.

    The load of an hour is its busiest minutes of all dimensions together: a steady dimension adds the same to each hour.
    """
    if not hours:
        return None
    loads = [0.0] * HOURS_OF_WEEK
    for series in replays.traffic.consumed.values():
        recorded = without_gaps(series, 0.0)
        highest = [0.0] * HOURS_OF_WEEK
        for hour, minutes in hours_of_week(replays.traffic):
            highest[hour] = max(highest[hour], *recorded[minutes.start : minutes.stop])
        loads = list(map(add, loads, highest))
    fits = (share is not None and share <= margins.throttle_budget for share in hours)
    return quiet_hours(
        [load if fit else None for load, fit in zip(loads, fits, strict=True)], rollout.staffed_hours
    )


__all__ = ["build_plan", "plan_table"]
