"""The document of a plan, its schema, and what its parts derive from their data."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from capacity_guard.planning.plan import Plan, Throttling, Unplanned
from capacity_guard.pricing.cost import Between
from capacity_guard.simulator.table_replay import Cause
from tests.builders.cases import INDEX_WRITE, NOW, START, baseline, provisioned

# tests/e2e/test_pictures.py and tests/docs/test_readme.py import cell, incident, plan_with and synthesized from here.
from tests.planning.plans import (  # noqa: F401
    SCHEMA,
    cell,
    document,
    done_right,
    incident,
    plan_of,
    plan_with,
    synthesized,
)


@pytest.mark.slow
def test_schema_when_it_judges_plans_accepts_them_and_refuses_a_plan_without_a_field(tmp_path: Path) -> None:
    Draft202012Validator.check_schema(SCHEMA)
    validator = Draft202012Validator(SCHEMA)
    for name, make in (("a", incident), ("b", done_right)):
        (tmp_path / name).mkdir()
        data = json.loads(json.dumps(document(make(tmp_path / name)), allow_nan=False))
        validator.validate(data)
        for field in data["tables"][0]:
            cut = {name: value for name, value in data["tables"][0].items() if name != field}
            assert not validator.is_valid({**data, "tables": [cut]}), field


def throttling(share: float, *, cause: Cause | None = None, within: bool = False) -> Throttling:
    return Throttling(
        "recorded", 1.0, 10.0, 0.0, 20.0, 1, share, START, 5.0, 4.0, cause and cause.value, None, within
    )


def test_throttling_of_a_table_begins_with_the_largest_share_and_ends_with_back_pressure(
    tmp_path: Path,
) -> None:
    table = plan_of(tmp_path, baseline(), provisioned())
    found = [
        throttling(0.9, cause=Cause.BACK_PRESSURE),
        throttling(0.2, cause=Cause.CEILING),
        throttling(0.5, cause=Cause.PROVISIONED),
        throttling(0.0, within=True),
    ]
    dimensions = (replace(table.dimensions[0], replays=tuple(found)),)
    table = replace(table, dimensions=dimensions, findings=(), answers=())
    assert [replay.share for _, replay in table.throttling] == [0.5, 0.2, 0.9]
    assert table.refused
    assert dimensions[0].worst is found[0]
    assert replace(dimensions[0], replays=()).worst is None


def test_figures_of_a_document_have_as_many_places_as_their_unit_needs(tmp_path: Path) -> None:
    third = 1 / 3
    found = Throttling(
        "recorded", 1.0, third, third, third, 1, third, START, third, third, None, None, within=True
    ).to_json()
    rounded = {name: value for name, value in found.items() if isinstance(value, float) and value != 1.0}
    assert rounded == {
        "units": 0.333,
        "low": 0.333,
        "high": 0.333,
        "share": 0.333333,
        "asked": 0.333,
        "limit": 0.333,
    }
    money = plan_of(tmp_path, baseline(), provisioned()).money
    assert money is not None
    thirds = Between(third, third)
    cost = replace(money, before=thirds, after=thirds).to_json()
    assert cost["before_hour"] == cost["after_hour"] == [0.333333, 0.333333]


def test_plan_when_it_is_written_has_a_line_for_each_table(tmp_path: Path) -> None:
    table = plan_of(tmp_path, baseline(), provisioned())
    plan = Plan(NOW, (table, table), (Unplanned("Chat/Orders", ()),))
    lines = list(plan.json_lines())
    assert len(lines) == 4
    assert json.loads("".join(lines)) == plan.to_json()
    assert plan.to_json()["judged_at"] == NOW.isoformat().replace("+00:00", "Z")
    assert plan.to_json()["unplanned"] == [
        {
            "path": "Chat/Orders",
            "why": "it has no guard, or no baseline that can be read; its findings are acknowledged",
            "findings": [],
            "answers": [],
        }
    ]


def test_minutes_of_a_table_are_those_of_all_stages(tmp_path: Path) -> None:
    table = plan_of(tmp_path, baseline(), provisioned(2_000))
    assert table.minutes == (
        sum(stage.shortest for stage in table.stages),
        pytest.approx(sum(stage.longest for stage in table.stages)),
    )
    assert table.minutes[0] < table.minutes[1]
    assert INDEX_WRITE in [dimension.dimension for dimension in table.dimensions]
    assert table.days == pytest.approx(14, abs=timedelta(minutes=1) / timedelta(days=1))
