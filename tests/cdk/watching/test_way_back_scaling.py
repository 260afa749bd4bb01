"""The way back of a Table whose auto scaling is in resources of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import aws_cdk as cdk
import pytest

from capacity_guard import Baseline, Capacity, CapacityGuard, GuardOptions
from capacity_guard.capacity.errors import InputError
from capacity_guard.cdk.guards.guard import Guard
from capacity_guard.cdk.watch import Watch
from capacity_guard.cloudformation.branches import in_each_branch
from capacity_guard.cloudformation.capacity import read_capacity
from capacity_guard.cloudformation.scaling import scaling_resources
from tests.builders import adopted
from tests.builders.adopted import LOWERED, ON_DEMAND, PROVISIONED, SCALING, Maker
from tests.builders.guarded import app

MAKERS: dict[str, Maker] = {"Table": adopted.table, "CfnTable": adopted.cfn_table}
CHANGES = {
    "to on-demand": (PROVISIONED, ON_DEMAND),
    "to provisioned": (ON_DEMAND, PROVISIONED),
    "lower": (PROVISIONED, LOWERED),
}


def deployed_template(maker: Maker, capacity: Capacity) -> dict[str, Any]:
    """The template of the code of before, without a guard."""
    made = app()
    maker(cdk.Stack(made, "S"), capacity, None)
    found: dict[str, Any] = made.synth().get_stack_by_name("S").template
    return found


def scaling_of(template: Mapping[str, Any]) -> dict[str, Any]:
    """Its scaling resources, as ``record`` reads them."""
    return {
        name: {"Type": resource["Type"], "Properties": resource["Properties"]}
        for name, resource in template["Resources"].items()
        if resource["Type"] in SCALING
    }


def recorded(maker: Maker, deployed: Capacity) -> Baseline:
    baseline = adopted.recorded(deployed)
    assert baseline.deployed is not None
    scaling = scaling_of(deployed_template(maker, deployed))
    return replace(baseline, deployed=replace(baseline.deployed, scaling=scaling))


def guarded(
    maker: Maker, capacity: Capacity, baseline: Baseline, **code: Any
) -> tuple[Guard, dict[str, Any]]:
    made = app()
    stack = cdk.Stack(made, "S")
    orders = maker(stack, capacity, None)
    for add in code.values():
        add(stack)
    options = GuardOptions(watch=Watch())
    guard = CapacityGuard(stack, "Guard", table=orders, baseline=baseline, options=options).guard
    return guard, made.synth().get_stack_by_name("S").template


def resolved(template: Mapping[str, Any], *, held: bool) -> dict[str, Any]:
    """The resources as CloudFormation has them once the conditions are known, without their conditions."""
    names = {name: held is ("Fn::Not" not in condition) for name, condition in template["Conditions"].items()}

    def value(node: Any) -> Any:
        if isinstance(node, list):
            return [value(item) for item in node]
        if not isinstance(node, dict):
            return node
        if set(node) == {"Fn::If"}:
            condition, yes, no = node["Fn::If"]
            return value(yes if names[condition] else no)
        found = {key: value(item) for key, item in node.items()}
        return {key: item for key, item in found.items() if item != {"Ref": "AWS::NoValue"}}

    return {
        key: value(resource)
        for key, resource in template["Resources"].items()
        if "Condition" not in resource or names[resource["Condition"]]
    }


@pytest.mark.sampled(every=6)
@pytest.mark.parametrize("maker", MAKERS.values(), ids=MAKERS)
@pytest.mark.parametrize("change", CHANGES)
def test_template_when_held_has_the_scaling_of_before_and_else_that_of_the_code(
    maker: Maker, change: str
) -> None:
    deployed, declared = CHANGES[change]
    guard, template = guarded(maker, declared, recorded(maker, deployed))
    assert not isinstance(guard.way_back, InputError), guard.way_back
    table = guard.logical_id(guard.resource)
    for held, capacity in ((True, deployed), (False, declared)):
        expected = deployed_template(maker, capacity)["Resources"]
        found = resolved(template, held=held)
        assert scaling_of({"Resources": found}) == scaling_of({"Resources": expected})
        # PROVISIONED is the default (template reference, BillingMode): the deployed template may leave it out.
        default = {"BillingMode": "PROVISIONED"}
        assert default | found[table]["Properties"] == default | expected[table]["Properties"]


@pytest.mark.sampled(every=6)
@pytest.mark.parametrize("maker", MAKERS.values(), ids=MAKERS)
@pytest.mark.parametrize("change", CHANGES)
def test_template_when_read_has_both_capacities(maker: Maker, change: str) -> None:
    deployed, declared = CHANGES[change]
    guard, template = guarded(maker, declared, recorded(maker, deployed))
    table = guard.logical_id(guard.resource)
    branches = dict(in_each_branch(template, lambda read: read_capacity(read, table), location="S"))
    assert sorted(map(repr, branches.values())) == sorted(map(repr, (deployed, declared)))


@pytest.mark.sampled(every=2)
@pytest.mark.parametrize("maker", MAKERS.values(), ids=MAKERS)
def test_scaling_when_it_is_held_stands_between_the_gates_and_after_the_table(maker: Maker) -> None:
    guard, template = guarded(maker, ON_DEMAND, recorded(maker, PROVISIONED))
    resources = template["Resources"]
    (preflight,) = (k for k, r in resources.items() if r["Type"] == "Custom::CapacityGuardPreflight")
    (bake,) = (r for r in resources.values() if r["Type"] == "Custom::CapacityGuardBake")
    scaling = {key: r for key, r in resources.items() if r["Type"] in SCALING}
    assert len(scaling) == 4
    for logical_id, resource in scaling.items():
        assert {preflight, guard.logical_id(guard.resource)} <= set(resource["DependsOn"])
        assert logical_id in bake["DependsOn"]


def test_change_when_it_changes_bounds_alone_has_no_second_target() -> None:
    _, template = guarded(adopted.table, LOWERED, recorded(adopted.table, PROVISIONED))
    assert len(template["Conditions"]) == 1
    assert not [r for r in template["Resources"].values() if "Condition" in r]
    bounds = [
        r["Properties"]["MinCapacity"]
        for r in template["Resources"].values()
        if r["Type"] == "AWS::ApplicationAutoScaling::ScalableTarget"
    ]
    assert sum(isinstance(minimum, dict) for minimum in bounds) == 1


def test_baseline_when_it_has_no_scaling_targets_keeps_no_way_back_and_says_what_to_do() -> None:
    guard, template = guarded(adopted.table, ON_DEMAND, adopted.recorded(PROVISIONED))
    assert "Record it again: capacity-guard record" in str(guard.way_back)
    assert "Conditions" not in template


def test_scaling_when_the_code_gives_it_another_logical_id_keeps_no_way_back() -> None:
    other = recorded(lambda stack, capacity, name: adopted.table(stack, capacity, name), PROVISIONED)
    assert other.deployed is not None
    renamed = {f"Former{key}": value for key, value in other.deployed.scaling.items()}
    text = json.dumps(renamed)
    for key in other.deployed.scaling:
        text = text.replace(f'"Ref": "{key}"', f'"Ref": "Former{key}"')
    former = replace(other, deployed=replace(other.deployed, scaling=json.loads(text)))
    guard, template = guarded(adopted.table, LOWERED, former)
    assert "under another logical id" in str(guard.way_back)
    assert "Conditions" not in template


def test_gate_plan_has_no_scaling_targets() -> None:
    guard, _ = guarded(adopted.table, ON_DEMAND, recorded(adopted.table, PROVISIONED))
    from capacity_guard.capacity.gate_plan import GatePlan

    assert GatePlan.from_property(guard.plan.to_property()).deployed.scaling == {}


def test_recorded_scaling_is_what_the_template_states() -> None:
    from capacity_guard.cloudformation.intrinsics import Intrinsics
    from capacity_guard.recording.stack_template import stated_scaling

    template = deployed_template(adopted.table, PROVISIONED)
    (table,) = (k for k, r in template["Resources"].items() if r["Type"] == "AWS::DynamoDB::Table")
    read = Intrinsics(
        template, {}, {"AWS::Partition": "aws", "AWS::AccountId": "1"}, {table: "orders"}, "S", remedy="r"
    )
    assert stated_scaling(read, table) == scaling_of(template)
    assert len(scaling_resources(read, table).targets) == 2
