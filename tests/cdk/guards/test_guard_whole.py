"""Everything that a guard hands on: its case, its plans, its alarms and its refusals, after one synthesis."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import aws_cdk as cdk
import pytest

from capacity_guard import (
    CapacityGuard,
    ChangeWindow,
    GuardedTable,
    InputError,
    Margins,
    NewTable,
    OnDemand,
    Rollout,
    Units,
)
from capacity_guard.capacity import Acknowledgment
from capacity_guard.capacity.gate_plan import GatePlan, UnreadPlan
from capacity_guard.capacity.structure import TableKind
from capacity_guard.cdk.gates.gates import Gates, UnreadGate
from capacity_guard.cdk.gates.reading import Reading
from capacity_guard.evidence.provenance import TableIdentity
from capacity_guard.rules import Case
from capacity_guard.rules.record_fix import record_text
from tests.builders import adopted
from tests.builders.guarded import INDEX, NOW, PROVISIONED, RAISED, Synthesized, app, baseline, table

ROLLOUT = Rollout(bake_minutes=12, change_window=ChangeWindow("Sun 06-10"), alarms=("users-see-errors",))
MARGINS = Margins(headroom=1.5)
ACCEPTED = (Acknowledgment("CG4", "load test of 8 July", date(2026, 7, 9)),)
REASON = "orders are lost, incident 4711"
RECORDED = replace(baseline(), table=TableIdentity("orders", "1" * 12, "eu-central-1"))


@dataclass
class Whole:
    """A stack whose account and Region are known, with guards of each kind."""

    stack: cdk.Stack
    template: dict[str, Any]
    moving: GuardedTable
    broken: GuardedTable
    quiet: GuardedTable
    new: GuardedTable
    adopted: CapacityGuard
    unread: CapacityGuard


@pytest.fixture(scope="module")
def whole() -> Whole:
    made = app(**{"capacity-guard:break-glass": {"S/Broken": REASON}})
    stack = cdk.Stack(made, "S", env=cdk.Environment(account="1" * 12, region="eu-west-1"))
    moving = table(
        stack,
        "Moving",
        capacity=RAISED,
        baseline=RECORDED,
        table_name="orders",
        rollout=ROLLOUT,
        margins=MARGINS,
        acknowledgments=ACCEPTED,
    )
    broken = table(stack, "Broken", capacity=RAISED, table_name="broken")
    quiet = table(stack, "Quiet")
    new = table(stack, "New", baseline=NewTable("fresh"))
    guard = CapacityGuard(
        stack,
        "Guard",
        table=adopted.table(stack, adopted.RAISED, "adopted"),
        baseline=adopted.recorded(),
        warm={"table": Units(write=5_000)},
    )
    unread = CapacityGuard(
        stack,
        "UnreadGuard",
        table=adopted.table_v2(stack, adopted.ON_DEMAND, None, "Unread"),
        baseline="none.json",
    )
    template = made.synth().get_stack_by_name("S").template
    return Whole(stack, template, moving, broken, quiet, new, guard, unread)


def test_case_has_everything_that_the_guard_was_given(whole: Whole) -> None:
    guard = whole.moving
    case = guard.guard.case
    assert case == Case(
        table="Moving",
        indexes=(INDEX,),
        declared=RAISED,
        baseline=RECORDED,
        now=datetime(2026, 7, 9, 15, 40, tzinfo=UTC),
        rollout=ROLLOUT,
        margins=MARGINS,
        acknowledgments=ACCEPTED,
        account="1" * 12,
        region="eu-west-1",
        stack="S",
        logical_id=guard.guard.logical_id(guard.guard.resource),
        table_name="orders",
        dialect="guarded",
        break_glass=None,
        travels_with=("Orders",),
        kind=TableKind.GLOBAL_TABLE,
        code=None,
        runner=case.runner,
    )
    assert NOW == "2026-07-09T15:40:00Z"
    quiet = whole.quiet.guard.case
    assert (quiet.rollout, quiet.margins, quiet.acknowledgments) == (Rollout(), Margins(), ())
    assert (quiet.break_glass, quiet.table_name, quiet.travels_with) == (None, None, ("Moving", "Orders"))
    of_adopted = whole.adopted.guard.case
    assert (of_adopted.table, of_adopted.dialect, of_adopted.kind) == ("Orders", "table", TableKind.TABLE)
    assert (of_adopted.table_name, of_adopted.travels_with) == ("adopted", ("Moving",))


def test_plan_has_everything_that_the_gates_need(whole: Whole) -> None:
    guard = whole.moving
    assert guard.guard.transition is not None
    assert isinstance(guard.guard.gates, Gates)
    table_id = guard.guard.logical_id(guard.guard.resource)
    gates = tuple(map(guard.guard.logical_id, guard.guard.gates.resources))
    assert len(gates) == 1, "a relief has no Bake"
    evidence = RECORDED.evidence(MARGINS.switch_minutes)
    assert evidence is not None
    assert guard.guard.plan == GatePlan(
        table="Moving",
        logical_id=table_id,
        table_name="orders",
        transition=guard.guard.transition,
        evidence=evidence,
        recorded_at=datetime(2026, 7, 9, tzinfo=UTC),
        account="1" * 12,
        region="eu-central-1",
        rollout=ROLLOUT,
        margins=MARGINS,
        alarms=guard.guard.alarm_ids,
        travels_with=(table_id, *gates, *guard.guard.alarm_ids.values(), "CDKMetadata"),
        acknowledgments=ACCEPTED,
        recorded_name="orders",
    )
    for gate in gates:
        assert whole.template["Resources"][gate]["Properties"]["Plan"] == guard.guard.plan.to_property()


def test_plan_of_an_unknown_capacity_has_the_problem(whole: Whole) -> None:
    new = whole.new
    assert new.guard.unread_plan == UnreadPlan(
        table="New",
        logical_id=new.guard.logical_id(new.guard.resource),
        table_name=None,
        declared=PROVISIONED,
        kind=TableKind.GLOBAL_TABLE,
        problem=(
            "baseline: fresh is declared as a table that does not exist yet (NewTable). Once it exists, record it: "
            'capacity-guard record --table "$(aws cloudformation describe-stack-resource --stack-name S '
            f"--logical-resource-id {new.guard.logical_id(new.guard.resource)} "
            '--region eu-west-1 --query StackResourceDetail.PhysicalResourceId --output text)" --out baselines/New.json '
            "--region eu-west-1, "
            'and give baseline="baselines/New.json".'
        ),
    )
    assert isinstance(new.guard.gates, UnreadGate)
    gate = whole.template["Resources"][new.guard.logical_id(new.guard.gates.preflight)]
    assert gate["Properties"]["Plan"] == new.guard.unread_plan.to_property()
    unread = whole.unread
    assert isinstance(unread.guard.baseline, InputError)
    command = record_text(
        unread.guard.baseline.location,
        name=unread.guard.table_name,
        stack="S",
        logical_id=unread.guard.logical_id(unread.guard.resource),
        region="eu-west-1",
    )
    assert (unread.guard.unread_plan.problem, unread.guard.unread_plan.kind) == (
        f"{unread.guard.baseline.location}: is missing. Record it: {command}.",
        TableKind.GLOBAL_TABLE,
    )
    assert unread.guard.unread_plan.declared == adopted.ON_DEMAND


@pytest.mark.parametrize("name", ["quiet", "new", "unread"])
def test_plan_without_a_transition_is_refused(whole: Whole, name: str) -> None:
    guard = getattr(whole, name).guard
    with pytest.raises(InputError) as raised:
        _ = guard.plan
    assert (raised.value.location, raised.value.problem, raised.value.remedy) == (
        guard.path,
        "is in no transition",
        "Declare a change first",
    )


def test_plan_of_a_baseline_without_traffic_is_refused(whole: Whole, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole.moving.guard, "baseline", replace(RECORDED, traffic=None))
    with pytest.raises(InputError) as raised:
        _ = whole.moving.guard.plan
    assert (raised.value.location, raised.value.problem, raised.value.remedy) == (
        "S/Moving",
        "has a baseline without traffic",
        "Record the baseline again",
    )


@pytest.mark.parametrize("name", ["moving", "quiet", "adopted"])
def test_plan_of_an_unknown_capacity_is_refused_where_it_is_known(whole: Whole, name: str) -> None:
    guard = getattr(whole, name).guard
    with pytest.raises(InputError) as raised:
        _ = guard.unread_plan
    assert (raised.value.location, raised.value.problem, raised.value.remedy) == (
        guard.path,
        "has a baseline that can be read",
        "Ask for its plan",
    )


def test_alarms_are_those_of_the_template(whole: Whole) -> None:
    guard = whole.moving
    assert list(guard.guard.alarm_ids) == list(guard.rollback_alarms) == ["table", f"index/{INDEX}"]
    for key, words in (("table", "Moving"), (f"index/{INDEX}", f"Moving / {INDEX}")):
        resource = whole.template["Resources"][guard.guard.alarm_ids[key]]
        assert resource["Type"] == "AWS::CloudWatch::Alarm"
        expected = (
            f"capacity-guard: {words} throttles more than 0 events a minute. "
            "While a capacity change bakes, this rolls it back."
        )
        assert resource["Properties"]["AlarmDescription"] == expected
    paths = [alarm.node.path for alarm in guard.rollback_alarms.values()]
    assert paths == ["S/Moving/TableThrottled", f"S/Moving/{INDEX}Throttled"]


def test_capacity_is_that_of_the_template_with_the_warm_throughput_of_the_guard(whole: Whole) -> None:
    assert whole.moving.capacity == RAISED
    assert whole.adopted.capacity == replace(
        adopted.RAISED, table=replace(adopted.RAISED.table, warm=Units(write=5_000))
    )
    assert whole.unread.capacity.of(INDEX) == OnDemand()
    assert whole.adopted.guard.reading.code_capacity is None
    assert whole.adopted.guard.reading.is_done
    assert whole.moving.guard.reading.is_done


def test_guards_know_the_names_that_break_glass_may_use(whole: Whole) -> None:
    assert whole.moving.guard.break_glass.names == ("S/Moving", "Moving")
    assert whole.adopted.guard.break_glass.names == ("S/Guard", "Guard", "S/Orders", "Orders")


def test_capacity_is_refused_before_it_is_read_and_with_its_error() -> None:
    stack = cdk.Stack(app(), "S")
    guard = CapacityGuard(
        stack, "Guard", table=adopted.table(stack, adopted.PROVISIONED), baseline=adopted.recorded()
    )
    assert not guard.guard.reading.is_done
    with pytest.raises(InputError) as raised:
        _ = guard.capacity
    assert (raised.value.location, raised.value.problem, raised.value.remedy) == (
        "S/Guard",
        "has not read its table yet",
        "Ask when the app has been synthesized",
    )
    error = InputError("S", "is wrong", "Mend it")
    guard.guard.reading = Reading(error=error)
    assert guard.guard.reading.is_done
    with pytest.raises(InputError) as raised:
        _ = guard.capacity
    assert raised.value is error
    assert guard.guard.must_be_readable
    assert guard.guard.kind is TableKind.TABLE


def test_logical_id_may_change_until_the_guard_has_read_its_table() -> None:
    made = app()
    guard = table(cdk.Stack(made, "S"))
    guard.guard.resource.override_logical_id("First")
    assert guard.guard.logical_id(guard.guard.resource) == "First"
    guard.guard.resource.override_logical_id("Second")
    assert guard.guard.logical_id(guard.guard.resource) == "Second"
    made.synth()
    assert guard.guard.logical_id(guard.guard.resource) == "Second"
    assert guard.guard.case.logical_id == "Second"


def test_place_of_each_guard_is_the_line_that_made_it(whole: Whole) -> None:
    assert whole.moving.guard.caller is not None
    assert whole.moving.guard.caller[0] == "tests/builders/guarded.py"
    assert whole.adopted.guard.caller is not None
    assert whole.adopted.guard.caller[0] == "tests/cdk/guards/test_guard_whole.py"


def test_every_table_is_allowed_by_its_name_or_by_the_pattern_of_one_that_cloudformation_gives(
    whole: Whole,
) -> None:
    arns = Synthesized(whole.template["Resources"]).table_arns()
    names = [arn["Fn::Join"][1][-1].rpartition(":table/")[2] for arn in arns]

    def pattern(guarded: Any) -> str:
        return f"S-{guarded.guard.logical_id(guarded.guard.resource)}-*"

    assert sorted(names) == sorted(
        [
            "orders",
            "broken",
            pattern(whole.quiet),
            "conversations",
            pattern(whole.new),
            "adopted",
            pattern(whole.unread),
        ]
    )


def test_table_under_break_glass_has_no_gate_and_its_reason_in_the_template(whole: Whole) -> None:
    assert (whole.broken.guard.case.break_glass, whole.broken.guard.gates) == (REASON, None)
    assert whole.template["Metadata"]["capacity-guard:break-glass"] == {"S/Broken": REASON}
    assert whole.moving.guard.case.travels_with == ("Orders",)
