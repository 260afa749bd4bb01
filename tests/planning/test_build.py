"""The plan of a synthesis: of the incident, of the same change done right, and of small tables."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from capacity_guard.capacity import AutoScaling, ChangeWindow, InputError, Rollout
from capacity_guard.evidence.baseline import NewTable
from capacity_guard.findings import Findings, JudgedTable
from capacity_guard.findings.plan_input import plan_input
from capacity_guard.planning.build import build_plan, plan_table
from capacity_guard.planning.plan import Unplanned
from capacity_guard.pricing.prices import prices_of
from capacity_guard.report.plan_formatting import verdict
from capacity_guard.report.plan_html import plan_html
from capacity_guard.report.plan_markdown import plan_markdown
from capacity_guard.rules.quiet_hours import QuietHours
from tests.builders.cases import (
    INDEX_WRITE,
    NOW,
    START,
    baseline,
    case,
    deployed,
    flat,
    on_demand,
    provisioned,
    spike,
    traffic,
)
from tests.planning.plans import (
    CELL,
    SCHEMA,
    document,
    done_right,
    incident,
    plan_case,
    plan_of,
    plan_with,
    synthesized,
)
from tests.planning.printed import printed
from tests.rules.examples import examples_of, refused_of


@pytest.mark.slow
def test_plan_when_a_start_carries_the_recording_but_not_what_preflight_admits_is_refused(
    tmp_path: Path,
) -> None:
    """CG14 judges the start at 1.2 times the recorded traffic, and so does the plan."""
    (example,) = refused_of(
        examples_of("CG14"), "a seed that carries the recording, but not what Preflight admits"
    )
    table = plan_case(tmp_path, example.make())
    assert table.refusing == ("CG14",)
    ((dimension, worst),) = table.throttling
    assert (worst.replay, worst.factor, worst.within) == ("admitted", 1.2, False)
    assert [replay.within for replay in dimension.replays if replay.replay != "admitted"] == [True] * 3
    assert dimension.series is not None
    assert dimension.series.replay == "admitted"
    assert "at 1.2 times the traffic (the most that Preflight admits)" in verdict(table)
    assert max(share for share in table.hours if share is not None) > table.budget


def test_plan_when_the_incident_is_declared_names_the_index_the_minute_and_the_reason(tmp_path: Path) -> None:
    """Table and index switch to on-demand mode without preparation, and the index has more traffic than its ceiling."""
    table = incident(tmp_path)
    dimension, worst = table.throttling[0]
    assert dimension.dimension == INDEX_WRITE
    assert worst.replay == "start"
    assert worst.cause == "on-demand ceiling"
    assert (worst.limit, round(worst.asked)) == (4_000, 4_710)
    assert f"{worst.worst:%Y-%m-%d %H:%M}" == "2026-06-29 16:27"
    assert worst.low < worst.units < worst.high
    assert table.way_back is not None
    assert not table.way_back.possible
    assert {f.rule for f in table.findings} >= {"CG4", "CG7", "CG14", "CG15"}


def test_plan_when_the_same_change_is_done_right_finds_nothing(tmp_path: Path) -> None:
    """With a raised minimum, seeds and pre-warm, in a quiet hour: no replay throttles, and neither does the rollback."""
    table = done_right(tmp_path)
    assert table.throttling == ()
    assert table.way_back is not None
    assert table.way_back.possible
    assert table.way_back.units == 0
    assert [stage.name for stage in table.stages] == ["preflight", "pre-warm", "change", "bake"]
    assert table.money is not None
    assert table.money.warm.units == {INDEX_WRITE: 6_240 - 3_840}
    assert table.money.warm.price is None  # no source has it


def test_plan_when_an_hour_throttles_shows_it_in_the_hours_of_the_week(tmp_path: Path) -> None:
    at = START + timedelta(days=2, hours=5)  # Saturday 05:00
    series = spike(flat(500), at, 60, 3_000)
    before = deployed(provisioned(AutoScaling(100, 5_000, seed=3_000)))
    table = plan_of(tmp_path, baseline(before, traffic(series)), on_demand())
    assert len(table.hours) == 168
    busy = {hour for hour, share in enumerate(table.hours) if share is not None and share > table.budget}
    assert busy == {5 * 24 + 5}


@pytest.mark.sampled(every=3)
@pytest.mark.parametrize(
    ("staffed", "expected"),
    [
        (None, QuietHours("Wed 09-13", "Sun 02-06")),
        ("Fri 08-17 Europe/Berlin", QuietHours("Fri 07-11", "Sun 02-06")),
        ("Sun 00-24", QuietHours("Sun 02-06", "Sun 02-06")),
    ],
)
def test_plan_when_hours_are_quiet_proposes_those_with_people_at_work_and_the_quietest(
    tmp_path: Path, staffed: str | None, expected: QuietHours
) -> None:
    carried = flat(500)
    for day in range(14):
        at = START + timedelta(days=day)
        for name, hour, units in (("Wed", 9, 300), ("Sun", 2, 200)):
            if f"{at:%a}" == name:
                carried = spike(carried, at + timedelta(hours=hour), 240, units)
    rollout = None if staffed is None else Rollout(staffed_hours=ChangeWindow(staffed))
    recorded = baseline(deployed(provisioned(600)), traffic(carried))
    table = plan_of(tmp_path, recorded, on_demand(), rollout=rollout)
    assert table.quiet == expected
    Draft202012Validator(SCHEMA).validate(document(table))


def test_plan_when_the_only_staffed_hour_throttles_proposes_none_of_them(tmp_path: Path) -> None:
    at = START + timedelta(days=2, hours=5)  # Saturday 05:00
    before = deployed(provisioned(AutoScaling(100, 5_000, seed=3_000)))
    recorded = baseline(before, traffic(spike(flat(500), at, 60, 3_000)))
    rollout = Rollout(staffed_hours=ChangeWindow("Sat 05-06"))
    table = plan_of(tmp_path, recorded, on_demand(), rollout=rollout)
    assert table.quiet is not None
    assert table.quiet.staffed is None
    assert table.quiet.any is not None


def test_plan_when_nothing_changes_replays_nothing(tmp_path: Path) -> None:
    table = plan_of(tmp_path, baseline(), provisioned())
    assert table.transition == "nothing changes"
    assert table.stages == table.hours == table.throttling == ()
    assert table.way_back is None
    assert all(dimension.replays == () for dimension in table.dimensions)


@pytest.mark.parametrize("with_traffic", [False, True])
def test_plan_when_the_table_does_not_exist_yet_plans_it(tmp_path: Path, with_traffic: bool) -> None:
    judged = case(on_demand(), NewTable("Orders", traffic=CELL if with_traffic else None))
    planned = plan_input(judged)
    assert planned is not None
    Findings(NOW, (JudgedTable("Chat/Orders", None, (), planned),)).write(tmp_path)
    (table,) = build_plan(tmp_path).tables
    assert table.transition == "created"
    assert table.way_back is None
    assert (table.money is not None) == with_traffic
    assert {replay.replay for dimension in table.dimensions for replay in dimension.replays} == (
        {"recorded", "headroom"} if with_traffic else set()
    )
    Draft202012Validator(SCHEMA).validate(json.loads(json.dumps(document(table))))
    for text in (printed(plan_with(table)), plan_markdown(plan_with(table)), plan_html(plan_with(table))):
        assert "created" in text


def test_plan_when_a_table_has_no_guard_is_left_out_with_its_findings(tmp_path: Path) -> None:
    Findings(NOW, (JudgedTable("Chat/Orders", None, ()),)).write(tmp_path)
    plan = build_plan(tmp_path)
    assert (plan.judged_at, plan.tables, plan.unplanned) == (NOW, (), (Unplanned("Chat/Orders", ()),))


def test_plan_table_when_its_baseline_is_elsewhere_names_the_directory(tmp_path: Path) -> None:
    synthesized(tmp_path, baseline(), on_demand())
    (judged,) = Findings.read(tmp_path).tables
    assert judged.planned is not None
    with pytest.raises(InputError, match="is missing here"):
        plan_table(judged, replace(judged.planned, baseline="elsewhere.json"), {}, tmp_path)
    table = plan_table(judged, replace(judged.planned, baseline="baseline.json"), {}, tmp_path)
    assert table.fingerprint == judged.planned.fingerprint


def test_plan_at_given_prices_prices_the_fixes_too(tmp_path: Path) -> None:
    """The cheapest way comes first, at the prices that the plan states everywhere else."""
    file = synthesized(tmp_path, baseline(carried=traffic(spike(flat(600), START, 30, 1_200))), on_demand())
    (as_synthesized,) = build_plan(file).tables
    library = prices_of("eu-west-1")
    dear = replace(
        library,
        region="eu-west-1",
        provisioned={
            access: replace(price, amount=price.amount * 100) for access, price in library.provisioned.items()
        },
    )
    (repriced,) = build_plan(file, given_prices={"eu-west-1": dear}).tables
    was, now = (
        [
            step.cost.month.high
            for answer in table.answers
            for alternative in answer.alternatives
            for step in alternative.steps
            if not step.capacity.is_on_demand and step.cost.month is not None
        ]
        for table in (as_synthesized, repriced)
    )
    assert was
    assert sorted(now) == pytest.approx([100 * month for month in sorted(was)], rel=1e-4)
    for answer in repriced.answers:
        ends = [alternative.steps[-1].cost.month for alternative in answer.alternatives]
        assert [end.high for end in ends if end is not None] == sorted(
            end.high for end in ends if end is not None
        )
    assert [answer.findings for answer in repriced.answers] == [
        answer.findings for answer in as_synthesized.answers
    ]
