"""The gates in the final template: whatever takes them away, or makes them idle, fails the synthesis by name."""

from __future__ import annotations

import re
from collections.abc import Callable

import aws_cdk as cdk
import jsii
import pytest
from constructs import IConstruct

from capacity_guard import CapacityGuard, CapacityGuardChecks, GuardedTable
from capacity_guard.cdk.app.break_glass_reason import CONTEXT
from capacity_guard.cdk.end_of_synthesis.gate_chain import needs_gate
from capacity_guard.cdk.gates.gates import Gates
from capacity_guard.cdk.guards.guard import Guard
from tests.builders import adopted
from tests.builders.guarded import WARM, app, read, synthesize, table


def of(guard: Guard) -> Gates:
    assert isinstance(guard.gates, Gates)
    return guard.gates


def without_preflight(guard: GuardedTable) -> None:
    scope = of(guard.guard).preflight.node.scope
    assert scope is not None
    assert guard.node.try_remove_child(scope.node.id)


def without_bake(guard: GuardedTable) -> None:
    scope = of(guard.guard).bake.node.scope
    assert scope is not None
    assert guard.node.try_remove_child(scope.node.id)


def behind_a_condition(guard: GuardedTable) -> None:
    never = cdk.CfnCondition(guard.stack, "Never", expression=cdk.Fn.condition_equals("a", "b"))
    of(guard.guard).preflight.cfn_options.condition = never


def function_of(guard: GuardedTable, *path: str) -> cdk.CfnResource:
    node: IConstruct = guard.guard.provider
    for name in path:
        node = node.node.find_child(name)
    resource = node.node.default_child
    assert isinstance(resource, cdk.CfnResource)
    return resource


OTHER = "arn:aws:lambda:eu-west-1:111122223333:function:yes"
REMOVALS: dict[str, tuple[Callable[[GuardedTable], None], str]] = {
    "preflight removed": (without_preflight, "Preflight.* is missing"),
    "bake removed": (without_bake, "Bake.* is missing"),
    "no DependsOn": (
        lambda guard: guard.guard.resource.add_override("DependsOn", []),
        "does not wait for .*Preflight",
    ),
    "DependsOn deleted": (
        lambda guard: guard.guard.resource.add_deletion_override("DependsOn"),
        "does not wait for .*Preflight",
    ),
    "Bake at once": (
        lambda guard: of(guard.guard).bake.add_override("DependsOn", []),
        r"Bake\w+ does not wait for .*Table.*Bake\w+ does not wait for .*Throttled",
    ),
    "condition": (behind_a_condition, "exists only under condition Never"),
    "ServiceToken": (
        lambda guard: of(guard.guard).preflight.add_property_override("ServiceToken", OTHER),
        "ServiceToken of .*Preflight.* was changed",
    ),
    "Plan": (
        lambda guard: of(guard.guard).bake.add_property_override("Plan", "{}"),
        "Plan of .*Bake.* was changed",
    ),
    "Gate": (
        lambda guard: of(guard.guard).bake.add_property_override("Gate", "preflight"),
        "Gate of .*Bake.* was changed",
    ),
    "Judged": (
        lambda guard: of(guard.guard).bake.add_property_override("Judged", "relief"),
        "Judged of .*Bake.* was changed",
    ),
    "Judged deleted": (
        lambda guard: of(guard.guard).bake.add_property_deletion_override("Judged"),
        "Judged of .*Bake.* was changed",
    ),
    "Type": (
        lambda guard: of(guard.guard).preflight.add_override(
            "Type", "AWS::CloudFormation::WaitConditionHandle"
        ),
        "has the type AWS::CloudFormation::WaitConditionHandle",
    ),
    "handler": (
        lambda guard: function_of(guard, "OnEvent").add_property_override("Handler", "index.handler"),
        "Properties.Handler of .*OnEvent.* was changed",
    ),
    "framework": (
        lambda guard: function_of(guard, "Provider", "framework-onEvent").add_property_override(
            "Environment.Variables.USER_ON_EVENT_FUNCTION_ARN", OTHER
        ),
        "USER_ON_EVENT_FUNCTION_ARN of .*framework.* was changed",
    ),
}


@pytest.mark.sampled(every=4)
@pytest.mark.parametrize(("remove", "said"), REMOVALS.values(), ids=list(REMOVALS))
def test_gate_that_is_taken_away_fails_the_synthesis(
    remove: Callable[[GuardedTable], None], said: str
) -> None:
    made = app()
    guarded = table(cdk.Stack(made, "S"), capacity=WARM)
    read(guarded)
    remove(guarded)
    with pytest.raises(
        RuntimeError, match="its gates are not in the template as the guard made them"
    ) as caught:
        made.synth()
    assert re.search(said, " ".join(str(caught.value).split()))


def test_gate_that_is_taken_away_fails_the_synthesis_with_the_rules_as_well() -> None:
    made = app()
    guarded = table(cdk.Stack(made, "S"), capacity=WARM)
    read(guarded)
    without_preflight(guarded)
    cdk.Validations.of(made).add_plugins(CapacityGuardChecks())
    with pytest.raises(RuntimeError, match="its gates are not in the template as the guard made them"):
        made.synth()


def test_gates_that_are_as_the_guard_made_them_pass() -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    cdk.Tags.of(made).add("team", "orders")
    cdk.RemovalPolicies.of(made).retain()
    table(stack, capacity=WARM)
    declared = adopted.table(stack, adopted.LOWERED)
    CapacityGuard(stack, "Guard", table=declared, baseline=adopted.recorded())
    assert len(synthesize(made).gates) == 4


def two_tables() -> tuple[cdk.App, GuardedTable]:
    made = app()
    stack = cdk.Stack(made, "S")
    other, guarded = table(stack, "Other", capacity=WARM), table(stack, capacity=WARM)
    read(other, guarded)
    return made, guarded


def test_tables_that_travel_together_have_the_property_and_the_mapping_that_say_so() -> None:
    made, _ = two_tables()
    assert len(synthesize(made).gates) == 4


def test_property_and_mapping_of_what_travels_together_are_asserted() -> None:
    made, guarded = two_tables()
    of(guarded.guard).preflight.add_property_override("Travelling", "*")
    with pytest.raises(RuntimeError, match=r"Travelling of\s+\w*Preflight\w*\s+was\s+changed"):
        made.synth()
    made, guarded = two_tables()
    mapping = guarded.guard.provider.node.find_child("Travelling")
    assert isinstance(mapping, cdk.CfnMapping)
    mapping.set_value("Resources", "Hashes", "*")
    with pytest.raises(RuntimeError, match=r"mapping\s+CapacityGuardTravelling\w*\s+was\s+changed"):
        made.synth()


def test_scaling_target_that_does_not_wait_fails_the_synthesis() -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    declared = adopted.cfn_table(stack, adopted.RAISED)
    CapacityGuard(stack, "Guard", table=declared, baseline=adopted.recorded())
    target = stack.node.find_child("OrderstableTarget")
    assert isinstance(target, cdk.CfnResource)
    target.add_override("DependsOn", [])
    with pytest.raises(RuntimeError, match=r"OrderstableTarget does not wait for\s+Guard\w*Preflight"):
        made.synth()


def test_gate_of_an_unreadable_baseline_that_is_taken_away_fails_the_synthesis() -> None:
    made = app()
    guarded = table(cdk.Stack(made, "S"), baseline="nowhere/conversations.json")
    read(guarded)
    assert guarded.guard.gates is not None
    scope = guarded.guard.gates.preflight.node.scope
    assert scope is not None
    guarded.node.try_remove_child(scope.node.id)
    with pytest.raises(RuntimeError, match="its gates are not in the template as the guard made them"):
        made.synth()


def test_gates_forgotten_in_python_fail_the_synthesis() -> None:
    made = app()
    guarded = table(cdk.Stack(made, "S"), capacity=WARM)
    read(guarded)
    without_preflight(guarded)
    without_bake(guarded)
    guarded.guard.gates = None
    with pytest.raises(RuntimeError, match="the guard has none"):
        made.synth()


@jsii.implements(cdk.IAspect)
class RemovesGates:
    """Removes every gate when it visits the guard."""

    def visit(self, node: IConstruct) -> None:
        for child in node.node.children:
            if child.node.id.startswith(("Preflight", "Bake")):
                node.node.try_remove_child(child.node.id)


def test_aspect_that_removes_gates_fails_the_synthesis() -> None:
    made = app()
    read(table(cdk.Stack(made, "S"), capacity=WARM))
    cdk.Aspects.of(made).add(RemovesGates(), priority=9_000)
    with pytest.raises(RuntimeError, match="its gates are not in the template as the guard made them"):
        made.synth()


def test_break_glass_and_an_unchanged_table_need_no_gate() -> None:
    stack = cdk.Stack(app(), "S")
    assert not needs_gate(table(stack, "Unchanged").guard)
    assert needs_gate(table(stack, "Changed", capacity=WARM).guard)
    assert needs_gate(table(stack, "Unread", baseline="nowhere/conversations.json").guard)
    open_stack = cdk.Stack(app(**{CONTEXT: "INC-4711"}), "S")
    assert not needs_gate(table(open_stack, capacity=WARM).guard)
