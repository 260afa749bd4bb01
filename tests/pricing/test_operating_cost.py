"""What the guard costs: the page has what the code computes, and the code counts what a synthesized template has."""

from __future__ import annotations

import runpy
from datetime import UTC, datetime, timedelta
from typing import Any

import aws_cdk as cdk
import pytest

from capacity_guard import GuardOptions, Watch
from capacity_guard.capacity.dimension import ACCESSES, Dimension
from capacity_guard.cdk.watching.watch_function import EVERY
from capacity_guard.handlers.live_traffic import read_traffic
from capacity_guard.pricing.operating_cost import (
    COST_AT_REST,
    FUNCTION_GB,
    HOURS_A_MONTH,
    LOOK_MINUTES,
    METRICS_OF_ALARM,
    METRICS_OF_RESOURCE,
    WATCHED_DAYS,
    at_rest,
    gates,
    month,
    total,
    watched,
)
from capacity_guard.watch.settings import WatchSettings
from tests.builders.guarded import ALARM, GLOBAL_TABLE, LOWERED, app, table
from tests.paths import ROOT

TABLES = runpy.run_path(str(ROOT / "docs" / "operating_cost_tables.py"))
PAGE = ROOT / "docs" / "operating-cost.md"


def resources(**properties: Any) -> list[dict[str, Any]]:
    made = app()
    stack = cdk.Stack(made, "Orders")
    table(stack, **properties)
    template = made.synth().get_stack_by_name("Orders").template
    return list(template["Resources"].values())


WATCHED: dict[str, Any] = {"options": GuardOptions(watch=Watch())}


def test_page_has_what_the_code_computes() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert TABLES["with_tables"](text) == text, "if this is meant: python docs/operating_cost_tables.py"


@pytest.mark.sampled(every=2)
@pytest.mark.parametrize("properties", [{}, WATCHED], ids=["plain", "watched"])
def test_alarms_of_a_template_are_those_that_are_counted(properties: Any) -> None:
    """A table with one index."""
    alarms = [one["Properties"]["Metrics"] for one in resources(**properties) if one["Type"] == ALARM]
    read = [sum("MetricStat" in metric for metric in metrics) for metrics in alarms]
    assert read == [METRICS_OF_ALARM, METRICS_OF_ALARM]
    assert at_rest(1, 1) == pytest.approx(sum(read) * 0.10)


@pytest.mark.parametrize("properties", [{}, WATCHED], ids=["plain", "watched"])
def test_every_resource_at_rest_has_a_known_cost(properties: Any) -> None:
    kinds = {one["Type"] for one in resources(**properties)} - {GLOBAL_TABLE}
    assert kinds - set(COST_AT_REST) == set()
    assert ALARM in kinds


def test_functions_have_the_memory_that_is_counted() -> None:
    sizes = [
        one["Properties"]["MemorySize"]
        for one in resources(capacity=LOWERED)
        if one["Type"] == "AWS::Lambda::Function" and "MemorySize" in one["Properties"]
    ]
    assert set(sizes) == {round(FUNCTION_GB * 1024)}


def test_longest_watch_is_that_of_the_settings() -> None:
    assert WatchSettings().most_days == WATCHED_DAYS


class CountingAws:
    """Counts the metrics that are asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def sums_per_minute(
        self, metrics: Any, start: datetime, end: datetime
    ) -> dict[str, dict[datetime, float]]:
        assert start < end
        self.asked += metrics
        return {name: {} for name in metrics}


class TwoResources:
    """A table with one index, as far as a reading of its traffic asks for it."""

    name = "orders"

    def dimensions(self) -> tuple[Dimension, ...]:
        return tuple(Dimension(index, access) for index in (None, "by_agent") for access in ACCESSES)


def test_look_reads_the_metrics_that_are_counted() -> None:
    aws: Any = CountingAws()
    shown: Any = TwoResources()
    now = datetime(2026, 7, 9, tzinfo=UTC)
    read_traffic(aws, shown, now - timedelta(hours=3), now)
    assert len(aws.asked) == 2 * METRICS_OF_RESOURCE


def test_one_table_with_one_index_stays_within_what_is_wanted() -> None:
    """1 US dollar at rest, 3 in a month with a watched change, for which a look each minute would be too much."""
    assert at_rest(1, 1) <= 1
    assert month(1, 1) <= 3
    assert month(1, 1, hours=HOURS_A_MONTH) <= 3 < month(1, 1, hours=HOURS_A_MONTH, look_minutes=1)


def test_looks_are_as_often_as_the_rule_says() -> None:
    assert f"rate({LOOK_MINUTES} minutes)" == EVERY


def test_cost_grows_with_tables_indexes_and_looks() -> None:
    assert at_rest(100, 20) == pytest.approx(100 * at_rest(1, 20))
    assert total(watched(100, 1)) == pytest.approx(100 * total(watched(1, 1)))
    assert total(watched(1, 1)) == pytest.approx(total(watched(1, 1, look_minutes=1)) / 2)
    metrics = [watched(1, indexes)[0].amount for indexes in (0, 1, 2)]
    assert metrics[2] - metrics[1] == pytest.approx(metrics[0])
    assert total(watched(1, 1, hours=0)) == 0
    assert gates(20, 15) == pytest.approx(2 * gates(10, 15))
