"""The live state: what is read, what is left out, and what a failed read leaves."""

from __future__ import annotations

import pytest

from capacity_guard.capacity import (
    AutoScaling,
)
from capacity_guard.capacity.dimension import Dimension
from capacity_guard.handlers.aws import GateAws
from capacity_guard.handlers.live_state import read_live_state
from tests.fakes.gate_aws import client_error
from tests.handlers.gate_world import (
    ACCOUNT,
    INDEX,
    LOWERED,
    NOW,
    ON_DEMAND,
    REGION,
    STACK_ID,
    a_plan,
    a_relief,
    an_aws,
    register_scaling,
    run_preflight,
)
from tests.handlers.table_plans import plan_of_table, provisioned


def test_state_when_the_runtimes_sdk_is_too_old_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan(ON_DEMAND)
    monkeypatch.setattr(GateAws, "shows_express_mode", lambda self: False)
    assert "too old to show express mode" in run_preflight(monkeypatch, plan, an_aws(plan))["Warnings"]


def test_state_when_the_runtimes_sdk_cannot_show_drift_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan(ON_DEMAND)
    monkeypatch.setattr(GateAws, "shows_drift", lambda self: False)
    assert "--revert-drift" in run_preflight(monkeypatch, plan, an_aws(plan))["Warnings"]


def test_switches_when_no_mode_changes_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_relief()
    aws = an_aws(plan)
    run_preflight(monkeypatch, plan, aws)
    assert aws.count("cloudformation:DescribeStackEvents") == 0


def test_state_when_everything_can_be_read_has_every_part() -> None:
    plan = a_plan(ON_DEMAND)
    live = read_live_state(GateAws(an_aws(plan).clients()), plan, STACK_ID, NOW)
    assert None not in (live.table, live.alarms, live.traffic, live.scaling, live.stack, live.change_set)
    assert live.changes
    assert live.switches == ()
    assert live.read_errors == ()
    assert (live.region, live.account) == (REGION, ACCOUNT)


def test_state_when_reads_fail_reports_each_and_reads_on() -> None:
    plan = a_plan(ON_DEMAND)
    aws = an_aws(plan)
    for call in ("cloudwatch:DescribeAlarms", "cloudformation:DescribeStacks"):
        aws.fail(call, client_error(call.partition(":")[2], "AccessDenied", "no"))
    live = read_live_state(GateAws(aws.clients()), plan, STACK_ID, NOW)
    assert (live.alarms, live.stack, live.change_set, live.changes) == (None, None, None, ())
    assert live.table is not None
    assert [text.split()[0] for text in live.read_errors] == [
        "cloudwatch:DescribeAlarms",
        "cloudformation:DescribeStacks",
    ]


def test_leftover_targets_when_a_table_is_on_demand_are_read() -> None:
    plan = plan_of_table(provisioned(5_000), ON_DEMAND)
    aws = an_aws(plan)
    register_scaling(aws, INDEX, "write", AutoScaling(1, 40_000, 70))
    live = read_live_state(GateAws(aws.clients()), plan, STACK_ID, NOW)
    assert live.leftover_targets == {Dimension("by_agent", "write")}
    assert live.scaling == {}


def test_switches_that_cannot_be_read_are_unknown_and_told() -> None:
    plan = a_plan(ON_DEMAND)
    aws = an_aws(plan)
    aws.fail("cloudformation:DescribeStackEvents", client_error("X", "AccessDenied", "no"))
    live = read_live_state(GateAws(aws.clients()), plan, STACK_ID, NOW)
    assert live.switches is None
    assert [text.partition(" ")[0] for text in live.read_errors] == ["cloudformation:DescribeStackEvents"]
    assert not live.errors_are_transient
    known = read_live_state(GateAws(an_aws(plan).clients()), plan, STACK_ID, NOW)
    assert (known.switches, known.read_errors) == ((), ())
    lowered = a_plan(LOWERED)
    not_asked = read_live_state(GateAws(an_aws(lowered).clients()), lowered, STACK_ID, NOW)
    assert not_asked.switches is None
