"""The gates in the template: when they are there, and what they depend on."""

from __future__ import annotations

import json
import re

import aws_cdk as cdk
import jsii

from capacity_guard import NewTable, Rollout
from capacity_guard.capacity.gate_plan import GatePlan, UnreadPlan
from capacity_guard.cdk.app.dependencies import dependency_path
from capacity_guard.cdk.gates.gates import HANDED_OVER
from capacity_guard.handlers import gate
from tests.builders.guarded import (
    ALARM,
    BAKE,
    GLOBAL_TABLE,
    INDEX,
    LOWERED,
    ON_DEMAND,
    PREFLIGHT,
    PROVISIONED,
    RAISED,
    WARM,
    Synthesized,
    app,
    baseline,
    synthesize,
    table,
    template,
)


def without_alarms(made: Synthesized) -> int:
    return len(made.resources) - len(made.of(ALARM))


def test_stack_without_a_transition_has_no_gate_and_at_most_twenty_resources() -> None:
    made = template()
    assert not made.gates
    assert not made.only(GLOBAL_TABLE).get("DependsOn")
    assert len(made.of(ALARM)) == 2
    assert without_alarms(made) <= 20


def test_new_table_has_a_single_gate_that_lets_its_creation_through_and_no_later_change() -> None:
    made = template(baseline=NewTable("t"))
    ((name, gate),) = made.gates.items()
    assert gate["Type"] == PREFLIGHT
    assert gate["Properties"]["Gate"] == "unread"
    assert made.only(GLOBAL_TABLE)["DependsOn"] == [name]
    plan = UnreadPlan.from_property(gate["Properties"]["Plan"])
    assert plan.declared == PROVISIONED
    assert "t is declared as a table that does not exist yet (NewTable)" in plan.problem
    assert "capacity-guard record" in plan.problem
    (other,) = template(baseline=NewTable("t"), capacity=RAISED).gates
    assert other != name, "another capacity is another gate, whose Create looks at the live table"


def test_new_table_under_break_glass_is_let_through() -> None:
    made = app(**{"capacity-guard:break-glass": "INC-4711"})
    table(cdk.Stack(made, "S"), baseline=NewTable("t"))
    assert not synthesize(made).gates


def test_stack_with_an_unreadable_baseline_has_a_single_gate_before_the_table() -> None:
    made = template(baseline="nowhere/conversations.json")
    ((name, gate),) = made.gates.items()
    assert gate["Type"] == PREFLIGHT
    assert made.only(GLOBAL_TABLE)["DependsOn"] == [name]
    assert gate["Properties"]["Gate"] == "unread"
    plan = UnreadPlan.from_property(gate["Properties"]["Plan"])
    assert plan.declared == PROVISIONED
    assert plan.kind.value == GLOBAL_TABLE
    assert "nowhere/conversations.json: is missing" in plan.problem


def test_gate_of_an_unreadable_baseline_changes_its_id_with_the_declared_capacity_only() -> None:
    (first,) = template(baseline="nowhere/conversations.json").gates
    (again,) = template(baseline="elsewhere/conversations.json").gates
    (other,) = template(baseline="nowhere/conversations.json", capacity=RAISED).gates
    assert again == first
    assert other != first


def test_bake_gets_from_preflight_what_it_hands_over_and_names_by_reference() -> None:
    made = template(capacity=LOWERED)
    ((preflight, _),) = made.of(PREFLIGHT).items()
    properties = made.only(BAKE)["Properties"]
    for name in HANDED_OVER:
        assert properties[name] == {"Fn::GetAtt": [preflight, name]}
        assert name not in made.only(PREFLIGHT)["Properties"]
    (guarded,) = made.of(GLOBAL_TABLE)
    assert properties["Names"]["Table"] == {"Ref": guarded}
    assert set(properties["Names"]["Alarms"]) == {"table", f"index/{INDEX}"}
    assert {ref["Ref"] for ref in properties["Names"]["Alarms"].values()} == set(made.of(ALARM))


def test_update_of_a_preflight_answers_every_attribute_that_a_bake_reads() -> None:
    """A missing one fails each deployment that edits a setting: "Requested attribute does not exist"."""
    made = template(capacity=LOWERED)
    text = json.dumps(made.only(BAKE)["Properties"])
    read = set(re.findall(r'"Fn::GetAtt": \["Conversations\w*Preflight\w*", "(\w+)"\]', text))
    assert read == set(HANDED_OVER)
    assert read <= set(gate.is_complete({"RequestType": "Update"})["Data"])


def test_relief_has_a_preflight_and_no_bake() -> None:
    """A Bake could only undo the cure, and one look that dies fails it."""
    made = template(capacity=RAISED)
    ((preflight, gate_before),) = made.gates.items()
    assert gate_before["Type"] == PREFLIGHT
    assert made.only(GLOBAL_TABLE)["DependsOn"] == [preflight]
    assert preflight in made.plan().travels_with
    (guarded,) = made.of(GLOBAL_TABLE)
    assert set(made.plan().travels_with) == {guarded, preflight, *made.of(ALARM), "CDKMetadata"}


def test_transition_adds_two_gates_and_nothing_else() -> None:
    before, after = template(), template(capacity=LOWERED)
    assert set(before.resources) < set(after.resources)
    added = set(after.resources) - set(before.resources)
    assert added == set(after.gates)
    assert len(added) == 2


def test_further_table_adds_at_most_six_resources() -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    table(stack, "First", capacity=LOWERED)
    first = Synthesized(cdk.assertions.Template.from_stack(stack).to_json()["Resources"])
    other = app()
    stack = cdk.Stack(other, "S")
    table(stack, "First", capacity=LOWERED)
    table(stack, "Second", capacity=LOWERED)
    both = synthesize(other)
    assert without_alarms(both) - without_alarms(first) <= 6
    assert len(both.gates) == 4
    assert len(both.of("AWS::Lambda::Function")) == 5


def test_table_depends_on_preflight_and_bake_on_table_and_alarms() -> None:
    made = template(capacity=LOWERED)
    (preflight,), (bake,) = made.of(PREFLIGHT), made.of(BAKE)
    (guarded,) = made.of(GLOBAL_TABLE)
    assert made.resources[guarded]["DependsOn"] == [preflight]
    assert set(made.resources[bake]["DependsOn"]) == {guarded, *made.of(ALARM)}
    assert dependency_path(made.resources, preflight, guarded) is None


def test_gate_has_type_stage_fingerprint_plan_and_timeout() -> None:
    made = app()
    guarded = table(cdk.Stack(made, "S"), capacity=LOWERED)
    assert guarded.guard.transition is not None
    fingerprint = guarded.guard.transition.fingerprint
    resources = synthesize(made)
    for gate_type, stage in ((PREFLIGHT, "preflight"), (BAKE, "bake")):
        ((name, gate),) = resources.of(gate_type).items()
        properties = gate["Properties"]
        assert f"{stage.capitalize()}{fingerprint}" in name
        assert properties["Gate"] == stage
        assert properties["Fingerprint"] == fingerprint
        assert properties["ServiceTimeout"] == "3600"
        assert GatePlan.from_property(properties["Plan"]).transition.fingerprint == fingerprint


def test_gate_gets_names_of_alarms_that_only_cloudformation_knows_in_a_property_of_their_own() -> None:
    """The plan is compressed when the template is written: a reference in it would never be resolved."""
    whole = app()
    stack = cdk.Stack(whole, "S")
    mine = cdk.CfnResource(stack, "Mine", type="AWS::CloudWatch::Alarm")
    later = cdk.Lazy.string(_Later())
    table(stack, capacity=LOWERED, rollout=Rollout(alarms=("orders-errors", mine.ref, later)))
    resources = synthesize(whole)
    for made in resources.gates.values():
        properties = made["Properties"]
        assert properties["LateAlarms"] == [{"Ref": "Mine"}, "known-late"]
        assert GatePlan.from_property(properties["Plan"]).rollout.alarms == ("orders-errors",)


@jsii.implements(cdk.IStableStringProducer)
class _Later:
    def produce(self) -> str:
        return "known-late"


def test_gate_has_no_property_for_late_names_where_all_are_known() -> None:
    for made in template(capacity=LOWERED, rollout=Rollout(alarms=("orders-errors",))).gates.values():
        assert "LateAlarms" not in made["Properties"]
        assert GatePlan.from_property(made["Properties"]["Plan"]).rollout.alarms == ("orders-errors",)


def test_bake_has_a_plan_without_the_rises_that_only_preflight_reads() -> None:
    made = template(capacity=ON_DEMAND)
    (first, *_) = made.plan(PREFLIGHT).evidence.dimensions
    assert made.plan(PREFLIGHT).evidence.rise_in(first, 0) == 0
    assert not made.plan(BAKE).evidence.dimensions[first].rise
    assert made.plan(BAKE).transition == made.plan(PREFLIGHT).transition


def test_gates_have_other_ids_for_another_capacity_or_attempt_only() -> None:
    first = set(template(capacity=LOWERED).gates)
    assert set(template(capacity=LOWERED, baseline=baseline(units=400)).gates) == first
    assert not set(template(capacity=LOWERED, baseline=baseline(attempt=2)).gates) & first
    assert not set(template(capacity=WARM).gates) & first
