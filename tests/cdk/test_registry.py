"""The registry: guards, reports and packs of this process, by app."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import aws_cdk as cdk

from capacity_guard import GuardOptions
from capacity_guard.cdk import registry
from capacity_guard.cdk.fleet_report import FleetReport
from tests.builders.guarded import app, table


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


def test_judgment_belongs_to_its_app() -> None:
    made = app()
    assert not registry.was_judged(made)
    registry.register_judgment(made)
    registry.register_judgment(made)
    assert registry.was_judged(made)
    assert not registry.was_judged(app())
