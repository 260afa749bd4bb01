"""The registry: guards, reports and packs of this process, by app."""

from __future__ import annotations

import gc
import weakref
from datetime import date
from pathlib import Path

import aws_cdk as cdk
from jsii import _reference_map

from capacity_guard import CapacityGuard, CapacityGuardChecks, GuardOptions, ReportEveryTable
from capacity_guard.cdk.fleet import registry
from capacity_guard.cdk.fleet.fleet_report import FleetReport
from capacity_guard.findings import Findings
from tests.builders import adopted
from tests.builders.guarded import LOWERED, app, synthesize, table


def test_guards_of_an_app_are_in_the_order_of_their_creation_and_no_other_apps() -> None:
    made, other = app(), app()
    stack = cdk.Stack(made, "S")
    first, second = table(stack, "First"), table(stack, "Second")
    elsewhere = table(cdk.Stack(other, "S"))
    assert registry.tables_of(made) == [first.guard, second.guard]
    assert registry.tables_of(other) == [elsewhere.guard]
    assert registry.tables_of(app()) == []


def test_reports_belong_to_their_app() -> None:
    made = app()
    report = FleetReport(Path("baselines"), date(2026, 7, 9), GuardOptions(), None)
    registry.register_report(made, report)
    assert registry.reports_of(made) == [report]
    assert registry.reports_of(app()) == []


def test_object_is_kept_once_for_an_app() -> None:
    made, other = app(), app()
    assert registry.keep_once(made, "key", "first")
    assert not registry.keep_once(made, "key", "second")
    assert registry.keep_once(made, "another key", "first")
    assert registry.keep_once(other, "key", "first")


def test_two_apps_of_a_process_are_synthesized_each_by_itself() -> None:
    first, second = app(), app()
    quiet, changed = table(cdk.Stack(first, "S")), table(cdk.Stack(second, "S"), capacity=LOWERED)
    for made in (first, second):
        cdk.Validations.of(made).add_plugins(CapacityGuardChecks())
    assert synthesize(second).gates
    assert changed.guard.reading.is_done
    assert not quiet.guard.reading.is_done
    assert not registry.was_judged(first)
    assert not synthesize(first).gates
    assert (quiet.guard.gates, quiet.guard.provider is changed.guard.provider) == (None, False)
    assert [judged.path for made in (first, second) for judged in Findings.read(made.outdir).tables] == [
        "S/Conversations",
        "S/Conversations",
    ]


def test_app_that_nobody_has_any_more_is_collected_with_its_guards() -> None:
    # jsii never forgets an object of Python, so the test makes it forget those of this app.
    of_jsii = _reference_map._refs._refs
    before = set(of_jsii)
    made = app()
    stack = cdk.Stack(made, "S")
    guarded = table(stack, capacity=LOWERED)
    declared = adopted.table(stack, adopted.LOWERED)
    beside = CapacityGuard(stack, "Guard", table=declared, baseline=adopted.recorded())
    cdk.Aspects.of(made).add(ReportEveryTable(baselines="none", warn_until=date(2026, 7, 9)))
    cdk.Validations.of(made).add_plugins(CapacityGuardChecks(made))
    synthesize(made)
    gone = [weakref.ref(each) for each in (made, stack, guarded.guard, beside.guard, guarded.guard.provider)]
    for name in set(of_jsii) - before:
        del of_jsii[name]
    del made, stack, guarded, declared, beside
    gc.collect()
    assert [each() for each in gone] == [None] * 5


def test_judgment_belongs_to_its_app() -> None:
    made = app()
    assert not registry.was_judged(made)
    registry.register_judgment(made)
    registry.register_judgment(made)
    assert registry.was_judged(made)
    assert not registry.was_judged(app())
