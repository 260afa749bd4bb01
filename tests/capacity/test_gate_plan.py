"""Plans of gates: a property of the custom resource that reads back to the same plan."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given

from capacity_guard.capacity import (
    Acknowledgment,
    Capacity,
    Dimension,
    InputError,
    Margins,
    Rollout,
    Transition,
)
from capacity_guard.capacity.evidence import HOURS_OF_WEEK, DimensionEvidence, Evidence
from capacity_guard.capacity.gate_plan import GatePlan, UnreadPlan, capacity_hash
from capacity_guard.capacity.plan_text import unpack_plan
from capacity_guard.capacity.structure import TableKind
from capacity_guard.evidence.baseline import Baseline
from tests.builders.cases import baseline, deployed, on_demand, provisioned
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


@pytest.mark.slow
@given(baselines(), capacities())
def test_plan_when_written_and_read_expects_the_same(recorded: Baseline, declared: Capacity) -> None:
    plan = plan_of(recorded, declared)
    again = GatePlan.from_property(plan.to_property())
    assert again.to_property() == plan.to_property()
    assert again.transition == plan.transition
    assert again.transition.fingerprint == plan.transition.fingerprint
    assert replace(again, evidence=plan.evidence) == plan  # to_json rounds the evidence up


@pytest.mark.slow
@given(baselines(), capacities())
def test_plan_when_written_twice_expects_the_same_text(recorded: Baseline, declared: Capacity) -> None:
    """A property that differs without a reason would update the gate."""
    assert plan_of(recorded, declared).to_property() == plan_of(recorded, declared).to_property()


def hours_in(plan: GatePlan) -> set[str]:
    """The values by hour of the week that the text of a plan holds."""
    data = json.loads(unpack_plan(plan.to_property()))
    found = [set(recorded) for recorded in data["evidence"]["dimensions"].values()]
    assert all(each == found[0] for each in found)
    return found[0] - {"peak", "noise"}


def test_plan_when_written_expects_only_the_hours_that_its_gate_reads() -> None:
    """Preflight adds the rise to live traffic in a switch to on-demand; both gates judge a return by its hour of the week."""
    switch, raised = plan_of(baseline(), on_demand()), plan_of(baseline(), provisioned(2_000))
    back = plan_of(baseline(deployed(on_demand(), previous=provisioned())), provisioned())
    switch_back = plan_of(baseline(deployed(provisioned(), previous=on_demand())), on_demand())
    assert (hours_in(switch), hours_in(switch.of_bake())) == ({"rise"}, set())
    assert (hours_in(raised), hours_in(raised.of_bake())) == (set(), set())
    assert (hours_in(back), hours_in(back.of_bake())) == ({"hourly"}, {"hourly"})
    assert (hours_in(switch_back), hours_in(switch_back.of_bake())) == ({"hourly", "rise"}, {"hourly"})


def test_plan_when_it_would_be_too_long_expects_the_hours_rounded_up_further() -> None:
    """The error of a look holds the plan twice, and a part of it would be lost."""
    chance = random.Random(7)
    back = plan_of(baseline(deployed(on_demand(), previous=provisioned())), provisioned())
    busy = {
        Dimension(f"by_{number}", "write"): DimensionEvidence(
            None, (), (), 0, tuple(chance.uniform(0, 40_000) for _ in range(HOURS_OF_WEEK))
        )
        for number in range(42)
    }
    few = replace(back, evidence=replace(back.evidence, dimensions=dict(list(busy.items())[:3])))
    many = replace(back, evidence=replace(back.evidence, dimensions=busy))
    for plan, longest, most in ((few, 9_000, 0.01), (many, 9_000, 1 / 18)):
        text = plan.to_property()
        assert len(text) <= longest
        for dimension, read in GatePlan.from_property(text).evidence.dimensions.items():
            highest = max(units for units in read.hourly if units is not None)
            for written, units in zip(plan.evidence.dimensions[dimension].hourly, read.hourly, strict=True):
                assert written is not None
                assert units is not None
                assert written <= units <= written + highest * most + 1, "never below what was recorded"
    assert len(many.to_property()) > 4_500, "no coarser than it must be"


def test_plan_when_a_version_before_wrote_it_expects_the_same_plan() -> None:
    """It wrote plain JSON with all hours; both may stand in one Update."""
    plan = plan_of(baseline(deployed(provisioned(), previous=on_demand())), on_demand())
    data = json.loads(unpack_plan(plan.to_property()))
    for recorded in data["evidence"]["dimensions"].values():
        del recorded["hourly"]
        recorded |= {"by_hour": [[100, 29_700_000]] * 167 + [None], "rise": [0] * 168}
    read = GatePlan.from_property(json.dumps(data, separators=(",", ":"), sort_keys=True))
    dimension = next(iter(plan.evidence.dimensions))
    assert read.transition == plan.transition
    assert (read.evidence.units_in(dimension, 166), read.evidence.units_in(dimension, 167)) == (100, None)
    assert read.evidence.rise_in(dimension, 166) == 0
    assert unpack_plan(read.to_property()).startswith("{")


def test_plan_when_alarms_have_late_names_expects_them_from_the_property() -> None:
    plan = plan_of(baseline(), on_demand())
    named = replace(plan, rollout=Rollout(alarms=("orders-errors", "${Token[TOKEN.1]}")))
    known = named.without_alarms(["${Token[TOKEN.1]}"])
    assert known == plan
    read = GatePlan.from_property(known.to_property()).with_late_alarms(["Chat-Errors-1A2B"])
    assert read.rollout.alarms == ("orders-errors", "Chat-Errors-1A2B")
    twice = read.with_late_alarms(["orders-errors", "b", "b"])
    assert twice.rollout.alarms == ("orders-errors", "Chat-Errors-1A2B", "b")
    assert plan.with_late_alarms(None) is plan
    assert plan.without_alarms(()) is plan


@pytest.mark.parametrize("names", ["one", [1], [""], {"Ref": "Alarm"}, [["nested"]]])
def test_plan_when_late_names_are_none_expects_one_clear_error(names: object) -> None:
    with pytest.raises(InputError, match=r"gate: LateAlarms: .* is not a list of names"):
        plan_of(baseline(), on_demand()).with_late_alarms(names)


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
    "field",
    sorted(
        json.loads(unpack_plan(plan_of(baseline(), on_demand()).to_property())).keys() - {"acknowledgments"}
    ),
)
def test_plan_when_a_field_is_missing_expects_one_clear_error(field: str) -> None:
    data = json.loads(unpack_plan(plan_of(baseline(), on_demand()).to_property()))
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


def test_plan_of_a_template_that_cannot_be_read_when_written_and_read_expects_the_same() -> None:
    plan = replace(UNREAD, declared=None, scaling=("Target", "Policy"))
    assert UnreadPlan.from_property(plan.to_property()) == plan
