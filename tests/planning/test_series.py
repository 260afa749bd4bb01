"""The chart of one dimension, around its worst minute."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from capacity_guard.capacity import AutoScaling, Margins, OnDemand, Rollout, Units
from capacity_guard.capacity.transition import Transition
from capacity_guard.planning.dimensions import dimension_plans
from capacity_guard.planning.replays import TableReplays
from capacity_guard.planning.series import series as chart_series
from capacity_guard.report.plan_html import plan_html
from capacity_guard.simulator.dimension_replay import run
from capacity_guard.simulator.supply import Run, Supply
from stacks.settings import INDEX
from tests.builders.cases import (
    INDEX_WRITE,
    START,
    baseline,
    deployed,
    flat,
    on_demand,
    provisioned,
    spike,
    traffic,
)
from tests.planning.plans import SCHEMA, document, plan_of, plan_with


@pytest.mark.slow
def test_plan_when_minutes_are_missing_draws_no_value_for_them(tmp_path: Path) -> None:
    series = spike(
        spike(flat(500), START + timedelta(hours=3), 20, 3_000),
        START + timedelta(hours=3, minutes=30),
        5,
        float("nan"),
    )
    before = deployed(provisioned(AutoScaling(100, 5_000, seed=3_000)))
    table = plan_of(tmp_path, baseline(before, traffic(series)), on_demand())
    (drawn,) = [dimension.series for dimension in table.dimensions if dimension.dimension == INDEX_WRITE]
    assert drawn is not None
    assert sum(units != units for units in drawn.demand) == 5
    Draft202012Validator(SCHEMA).validate(json.loads(json.dumps(document(table))))
    assert "not recorded" in plan_html(plan_with(table))


@pytest.mark.slow
def test_plan_when_warm_throughput_is_raised_first_draws_the_minutes_that_it_judged(tmp_path: Path) -> None:
    """The judged start is that of the switch: pre-warm is before it, in the chart too."""
    series = spike(flat(500), START + timedelta(days=3, hours=10), 45, 3_000)
    before = deployed(provisioned(AutoScaling(500, 9_000, 70, seed=4_000)))
    table = plan_of(
        tmp_path,
        baseline(before, traffic(series)),
        on_demand(indexes={INDEX: OnDemand(warm=Units(write=6_000))}),
    )
    (dimension,) = [dimension for dimension in table.dimensions if dimension.dimension == INDEX_WRITE]
    start, drawn = dimension.replays[0], dimension.series
    assert start.units > 0
    assert start.started is not None
    assert drawn is not None
    phases = {name: drawn.start + timedelta(minutes=at) for name, at in drawn.phases}
    assert phases["switch"] == start.started
    assert phases["pre-warm"] == start.started - timedelta(minutes=9)
    throttled = [asked - served for asked, served in zip(drawn.demand, drawn.served, strict=True)]
    worst = drawn.start + timedelta(minutes=throttled.index(max(throttled)))
    assert worst == start.worst


def test_series_when_the_declared_capacity_throttles_shows_two_hours_on_each_side(tmp_path: Path) -> None:
    worst = START + timedelta(days=2, hours=5)
    carried = traffic(spike(flat(500), worst, 1, 40_000))
    before = deployed(provisioned(AutoScaling(600, 900, target=20)))
    # The target alone is raised: there is no start to speak of.
    table = plan_of(tmp_path, baseline(before, carried), provisioned(AutoScaling(600, 900, target=90)))
    (dimension,) = [dimension for dimension in table.dimensions if dimension.dimension == INDEX_WRITE]
    series = dimension.series
    assert series is not None
    assert series.replay in ("recorded", "headroom")
    assert series.phases == []
    assert (series.start, len(series.demand)) == (worst - timedelta(hours=2), 240)
    assert max(series.demand) == series.demand[120]
    assert set(series.limit) == {600, 900}
    assert series.limit[120] == 600


def test_series_when_nothing_was_replayed_expects_none() -> None:
    transition = Transition("conversations", deployed(provisioned()), on_demand())
    replays = TableReplays(transition, traffic(flat(100, 1)), Margins(), Rollout(), run)
    assert chart_series(replays, INDEX_WRITE, ()) is None


def switch(worst: datetime) -> TableReplays:
    """A switch to on-demand mode with one busy hour."""
    before = deployed(provisioned(AutoScaling(100, 5_000, seed=3_000)))
    transition = Transition("conversations", before, on_demand())
    series = spike(flat(500, 2), worst, 60, 3_000)
    return TableReplays(transition, traffic(series), Margins(), Rollout(), run)


def test_series_of_a_start_in_the_first_recorded_minute_has_no_phase_before_it() -> None:
    replays = switch(START)
    (index,) = [d for d in dimension_plans(replays.transition, replays) if d.dimension == INDEX_WRITE]
    start = replace(index.replays[0], started=START, worst=START + timedelta(minutes=5))
    drawn = chart_series(replays, INDEX_WRITE, (start,))
    assert drawn is not None
    assert drawn.start == START
    assert drawn.phases[0] == ("switch", 0)


def test_series_of_the_worst_start_replays_nothing_again() -> None:
    replays = switch(START + timedelta(hours=5))
    (index,) = [d for d in dimension_plans(replays.transition, replays) if d.dimension == INDEX_WRITE]
    runs: list[Supply] = []

    def counted(supply: Supply, *arguments: Any) -> Run:
        runs.append(supply)
        return run(supply, *arguments)

    object.__setattr__(replays, "runner", counted)
    assert chart_series(replays, INDEX_WRITE, index.replays) == index.series
    assert runs == []
