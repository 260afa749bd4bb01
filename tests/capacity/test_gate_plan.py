"""Plans of gates: a property of the custom resource that reads back to the same plan."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given

from capacity_guard.capacity import Acknowledgment, Capacity, InputError, Margins, Rollout, Transition
from capacity_guard.capacity.evidence import Evidence
from capacity_guard.capacity.gate_plan import GatePlan, UnreadPlan, capacity_hash
from capacity_guard.capacity.structure import TableKind
from capacity_guard.evidence.baseline import Baseline
from tests.builders.cases import baseline, on_demand
from tests.builders.domain import baselines, capacities


def plan_of(recorded: Baseline, declared: Capacity) -> GatePlan:
    evidence = recorded.evidence(10)
    assert isinstance(evidence, Evidence)
    return GatePlan(
        table="Conversations",
        logical_id="ConversationsA1B2",
        table_name=None,
        transition=recorded.transition_to(declared),
        evidence=evidence,
        recorded_at=recorded.recording.at,
        account=recorded.table.account,
        region=recorded.table.region,
        rollout=Rollout(alarms=("orders-errors",)),
        margins=Margins(headroom=1.5),
        alarms={"table": "AlarmA", "index/by_agent": "AlarmB"},
        travels_with=("ConversationsA1B2", "AlarmA"),
        acknowledgments=(Acknowledgment("CG4", "a load test", date(2026, 8, 1)),),
    )


@given(baselines(), capacities())
def test_plan_when_written_and_read_expects_the_same(recorded: Baseline, declared: Capacity) -> None:
    plan = plan_of(recorded, declared)
    again = GatePlan.from_property(plan.to_property())
    assert again.to_property() == plan.to_property()
    assert again.transition == plan.transition
    assert again.transition.fingerprint == plan.transition.fingerprint
    assert replace(again, evidence=plan.evidence) == plan  # to_json rounds the evidence up


@given(baselines(), capacities())
def test_plan_when_written_twice_expects_the_same_text(recorded: Baseline, declared: Capacity) -> None:
    """A property that differs without a reason would update the gate."""
    assert plan_of(recorded, declared).to_property() == plan_of(recorded, declared).to_property()


def test_plan_of_two_weeks_when_written_expects_it_small_enough_for_a_function() -> None:
    """An asynchronous event of Lambda holds 256 kB; at an update, it contains the property twice."""
    assert len(plan_of(baseline(), on_demand()).to_property()) < 60_000


def test_plan_when_the_table_is_new_expects_an_error() -> None:
    plan = plan_of(baseline(), on_demand())
    new = replace(plan, transition=Transition("conversations", None, on_demand()))
    with pytest.raises(InputError, match="does not exist yet"):
        _ = new.deployed


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "{}", '{"table": 1}', json.dumps({"transition": {"deployed": None}})],
)
def test_plan_when_it_cannot_be_read_expects_one_clear_error(text: str) -> None:
    with pytest.raises(InputError) as raised:
        GatePlan.from_property(text)
    assert raised.value.location.startswith("gate")


@pytest.mark.parametrize(
    "field", sorted(json.loads(plan_of(baseline(), on_demand()).to_property()).keys() - {"acknowledgments"})
)
def test_plan_when_a_field_is_missing_expects_one_clear_error(field: str) -> None:
    data = json.loads(plan_of(baseline(), on_demand()).to_property())
    del data[field]
    with pytest.raises(InputError, match="gate"):
        GatePlan.from_property(json.dumps(data))


def test_time_of_recording_when_written_and_read_expects_utc() -> None:
    plan = GatePlan.from_property(plan_of(baseline(), on_demand()).to_property())
    assert plan.recorded_at == datetime(2026, 7, 9, tzinfo=UTC)


UNREAD = UnreadPlan(
    table="Conversations",
    logical_id="ConversationsA1B2",
    table_name="conversations",
    declared=on_demand(),
    kind=TableKind.TABLE,
    problem="conversations.json: is missing. Record it.",
)


@pytest.mark.parametrize("plan", [UNREAD, replace(UNREAD, table_name=None)])
def test_plan_without_a_baseline_when_written_and_read_expects_the_same(plan: UnreadPlan) -> None:
    assert UnreadPlan.from_property(plan.to_property()) == plan


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"table": 1}'])
def test_plan_without_a_baseline_when_it_cannot_be_read_expects_one_clear_error(text: str) -> None:
    with pytest.raises(InputError, match=r"gate: Plan: cannot be read .*Synthesize and deploy again"):
        UnreadPlan.from_property(text)


@given(capacities(), capacities())
def test_hash_of_a_capacity_when_it_differs_expects_another(first: Capacity, second: Capacity) -> None:
    assert len(capacity_hash(first)) == 10
    assert (capacity_hash(first) == capacity_hash(second)) is (first == second)
