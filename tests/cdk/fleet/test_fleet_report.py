"""A fleet report: levels of findings before and after its day, and names of stacks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import aws_cdk as cdk
import pytest

from capacity_guard import Capacity, GuardOptions, NewTable
from capacity_guard.cdk.fleet.fleet_report import FleetReport, known_name
from capacity_guard.rules import Case, Finding, Level
from tests.builders.guarded import app

REPORT = FleetReport(Path("baselines"), date(2026, 7, 9), GuardOptions(), None)
LAST_DAY, AFTER = datetime(2026, 7, 9, 23, 59, tzinfo=UTC), datetime(2026, 7, 10, tzinfo=UTC)


def case(now: datetime, break_glass: str | None = None) -> Case:
    return Case("Orders", (), Capacity.on_demand(), NewTable("orders"), now, break_glass=break_glass)


def finding(rule: str, level: Level) -> Finding:
    return Finding(rule, level, "Orders", None, "is wrong", (), "correct it")


@pytest.mark.parametrize(
    ("rule", "level", "now", "break_glass", "expected"),
    [
        ("CG3", Level.ERROR, LAST_DAY, None, Level.WARN),
        ("CG1", Level.WARN, LAST_DAY, None, Level.WARN),
        ("CG3", Level.ERROR, AFTER, None, Level.ERROR),
        ("CG3", Level.WARN, AFTER, None, Level.WARN),
        ("CG1", Level.WARN, AFTER, None, Level.ERROR),
        ("CG1", Level.WARN, AFTER, "orders are lost", Level.WARN),
    ],
)
def test_finding_is_a_warning_until_the_day_and_a_missing_guard_an_error_afterwards(
    rule: str, level: Level, now: datetime, break_glass: str | None, expected: Level
) -> None:
    assert REPORT.with_level(finding(rule, level), case(now, break_glass)).level is expected


def test_missing_guard_that_is_acknowledged_is_no_error() -> None:
    accepted = replace(finding("CG1", Level.WARN), acknowledged="a table of tests")
    assert REPORT.with_level(accepted, case(AFTER)).level is Level.WARN


def test_stack_is_known_by_its_name_and_a_nested_one_by_its_parent_and_construct_id() -> None:
    stack = cdk.Stack(app(), "S", stack_name="orders-prod")
    assert known_name(stack) == "orders-prod"
    nested = cdk.NestedStack(stack, "Nested")
    assert known_name(nested) == "orders-prod-Nested"
    assert known_name(cdk.NestedStack(nested, "Deep")) == "orders-prod-Nested-Deep"
