"""Preflight as a whole: it passes, it reports every refusal, and acknowledgments only warn."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from capacity_guard.capacity import (
    AutoScaling,
    Capacity,
    Provisioned,
)
from capacity_guard.capacity.gate_plan import GatePlan
from capacity_guard.capacity.reasons import Reason
from capacity_guard.handlers.aws import GateAws
from capacity_guard.handlers.conditions import Condition
from capacity_guard.handlers.handover import Loud
from capacity_guard.handlers.live_state import LiveState, read_live_state
from capacity_guard.handlers.preflight import Judgment, judge
from tests.handlers import wrong_states
from tests.handlers.gate_world import (
    INDEX,
    LOWERED,
    NOW,
    ON_DEMAND,
    PROVISIONED,
    STACK_ID,
    a_plan,
    a_relief,
    an_aws,
    prepare_preflight,
    refused_preflight,
    run_preflight,
    set_traffic,
)
from tests.handlers.wrong_states import Wrong


@pytest.mark.parametrize(
    "plan",
    [
        a_plan(),
        a_plan(ON_DEMAND),
        a_plan(PROVISIONED, ON_DEMAND),
        a_plan(replace(PROVISIONED, table=Provisioned(3_000, AutoScaling(6_400, 10_000, 70, seed=6_400)))),
        a_relief(),
    ],
    ids=["warm", "to on-demand", "to provisioned", "lower", "relief"],
)
def test_preflight_when_everything_agrees_passes_without_a_warning(
    monkeypatch: pytest.MonkeyPatch, plan: GatePlan
) -> None:
    judged = "relief" if plan.transition.only_raises else "change"
    data = run_preflight(monkeypatch, plan, an_aws(plan))
    assert (data["Result"], data["Judged"], data["Warnings"]) == ("passed", judged, "")
    assert not Loud.from_attribute(data["Loud"]).resources


def test_preflight_when_several_things_are_wrong_reports_all_the_gravest_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = replace(a_plan(), recorded_at=NOW - timedelta(days=15), account="999999999999")
    aws = an_aws(plan)
    for wrong in (
        wrong_states.rollback_disabled,
        wrong_states.alarm_in_alarm,
        wrong_states.other_fixed_units,
    ):
        wrong(aws)
    text = refused_preflight(monkeypatch, plan, aws)
    assert "(5 reasons; nothing was changed)" in text
    places = [
        text.index(part) for part in ("rollback is", "account 9999", "in ALARM", "differs", "15.0 days old")
    ]
    assert places == sorted(places)


def test_preflight_when_everything_is_wrong_keeps_its_reason_short(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = replace(a_plan(), recorded_at=NOW - timedelta(days=15), account="999999999999", region="us-east-1")
    aws = an_aws(plan)
    for wrong in (
        wrong_states.express_mode,
        wrong_states.alarm_in_alarm,
        wrong_states.index_writes_throttled,
        wrong_states.other_change,
        wrong_states.switches_spent,
        wrong_states.index_added,
        wrong_states.too_few_units,
        wrong_states.no_consumed_writes,
    ):
        wrong(aws)
    text = refused_preflight(monkeypatch, plan, aws)
    assert text.endswith("more, see the function's log")
    assert "days old" in capsys.readouterr().out, "the log has what the reason had no room for"


@pytest.mark.parametrize(
    ("rule", "wrong"),
    [("CG15", wrong_states.too_few_units), ("CG2", None), ("CG7", None)],
    ids=["CG15", "CG2", "CG7"],
)
def test_preflight_when_the_rule_is_acknowledged_warns(
    monkeypatch: pytest.MonkeyPatch, rule: str, wrong: Wrong | None
) -> None:
    changes: dict[str, Any] = {"recorded_at": NOW - timedelta(days=30)} if rule == "CG2" else {}
    template = PROVISIONED
    if rule == "CG7":
        template = replace(PROVISIONED, table=Provisioned(4_000, AutoScaling(6_400, 10_000, 70, seed=2_000)))
    plan = a_plan(ON_DEMAND, template, acknowledge=(rule,), **changes)
    aws = an_aws(plan)
    if wrong is not None:
        wrong(aws)
    assert run_preflight(monkeypatch, plan, aws)["Warnings"] != ""
    without = replace(plan, acknowledgments=())
    aws = an_aws(without)
    if wrong is not None:
        wrong(aws)
    refused_preflight(monkeypatch, without, aws)


def test_preflight_when_the_table_has_no_index_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan(Capacity.on_demand(), Capacity.provisioned(read=4_000, write=6_400))
    run_preflight(monkeypatch, plan, an_aws(plan))


LOWERED_TWENTY = Capacity.provisioned(
    read=3_000, write=6_400, indexes={f"i{n:02}": Provisioned(100, AutoScaling(200, 400)) for n in range(20)}
)


def test_preflight_when_the_table_has_twenty_indexes_reads_every_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    indexes = {f"i{n:02}": Provisioned(100, AutoScaling(200, 400)) for n in range(20)}
    plan = a_plan(LOWERED_TWENTY, Capacity.provisioned(read=4_000, write=6_400, indexes=indexes))
    aws = an_aws(plan)
    aws.page = 7
    for key in aws.resources:
        if key != "table":
            set_traffic(aws, {f"{key}/read": 10, f"{key}/write": 20})
    run_preflight(monkeypatch, plan, aws)
    aws.targets[13]["MaxCapacity"] = 999
    assert "i13, write: scales 200 to 999, not 200 to 400" in refused_preflight(monkeypatch, plan, aws)


def test_log_when_preflight_decides_is_one_json_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = a_plan()
    aws, preflight = prepare_preflight(monkeypatch, plan)
    aws.resources[INDEX].warm["write"] = 6_240
    preflight.run()
    decisions = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["gate"], line["decision"]) for line in decisions] == [
        ("preflight", "accepted"),
        ("preflight", "passed"),
    ]


def test_judgment_when_a_relief_is_judged_keeps_what_the_service_would_refuse() -> None:
    plan = a_relief()
    live = read_live_state(GateAws(an_aws(plan).clients()), plan, STACK_ID, NOW)

    def refuse(live: LiveState) -> list[str]:
        return ["no"]

    by_guard, by_service = (
        Condition("a", refuse, Reason.NOT_ALONE),
        Condition("b", refuse, Reason.REPLICAS, is_refused_by_service=True),
    )
    assert judge(live, "relief", [by_guard]) == Judgment((), ("no",))
    assert judge(live, "relief", [by_service]) == Judgment(("no",), (), (Reason.REPLICAS,))
    change = replace(live, plan=a_plan(LOWERED))
    assert judge(change, "change", [by_guard]) == Judgment(("no",), (), (Reason.NOT_ALONE,))
