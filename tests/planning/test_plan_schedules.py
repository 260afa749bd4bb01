"""The plan of a table whose auto scaling has scheduled actions: replays, text and chart have the bounds that they move."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from jsonschema import Draft202012Validator

from capacity_guard.capacity import AutoScaling
from capacity_guard.capacity.scheduled_action import ScheduledAction
from capacity_guard.findings import Findings
from capacity_guard.planning.build import build_plan
from capacity_guard.planning.plan import Plan
from capacity_guard.report.plan_html import plan_html
from tests.builders.cases import (
    INDEX_WRITE,
    TUESDAY_EVENING,
    baseline,
    deployed,
    flat,
    provisioned,
    spike,
    traffic,
)
from tests.planning.plans import SCHEMA, synthesized

EVENING = ScheduledAction(INDEX_WRITE, "evening", "cron(0 21 ? * TUE *)", None, 100, 300)
AFTER = ScheduledAction(INDEX_WRITE, "after", "cron(30 22 ? * TUE *)", None, 1_300, 3_000)


def planned(folder: Path, *stated: ScheduledAction) -> Plan:
    """A maximum is lowered without harm; the actions of the template lower it further on a busy Tuesday evening."""
    series = spike(flat(150), TUESDAY_EVENING, 60, 900)
    recorded = baseline(deployed(provisioned(AutoScaling(1_300, 3_000))), traffic(series))
    file = synthesized(folder, recorded, provisioned(AutoScaling(1_300, 2_500)))
    found = Findings.read(file)
    (table,) = found.tables
    assert table.planned is not None
    table = replace(table, planned=replace(table.planned, schedules=stated))
    return build_plan(replace(found, tables=(table,)).write(folder))


def test_plan_when_the_template_has_scheduled_actions_expects_them_replayed_and_drawn(tmp_path: Path) -> None:
    plan = planned(tmp_path, EVENING, AFTER)
    (table,) = plan.tables
    (index,) = [d for d in table.dimensions if d.dimension == INDEX_WRITE]
    assert index.worst is not None
    assert index.worst.limit == 300
    assert index.worst.share > 0.5
    assert "evening cron(0 21 ? * TUE *): minimum 100, maximum 300" in index.declared
    assert "evening" not in index.deployed
    assert index.series is not None
    assert [bounds for _, *bounds in index.series.bounds] == [[1_300, 3_000], [100, 300], [1_300, 3_000]]
    worst = (index.worst.worst - index.series.start).total_seconds() / 60
    (evening,) = [at for at, minimum, _ in index.series.bounds if minimum == 100]
    assert evening <= worst
    page = plan_html(plan)
    assert page.count('class="bounds"') >= 2
    assert "dashed: bounds as scheduled actions move them" in page
    assert "evening cron(0 21" in page
    Draft202012Validator(SCHEMA).validate(json.loads("".join(plan.json_lines())))


def test_plan_when_there_are_no_scheduled_actions_expects_no_bounds_drawn(tmp_path: Path) -> None:
    plan = planned(tmp_path)
    (table,) = plan.tables
    assert all(d.series is None or not d.series.bounds for d in table.dimensions)
    assert 'class="bounds"' not in plan_html(plan)
    assert "dashed" not in plan_html(plan)
