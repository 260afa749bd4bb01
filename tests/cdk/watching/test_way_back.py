"""The way back in the template: both capacities behind one condition, and nothing of it without a change."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_dynamodb as dynamodb

from capacity_guard import Capacity, CapacityGuard, GuardOptions, OnDemand, Units
from capacity_guard.capacity.dimension import Dimension
from capacity_guard.capacity.errors import InputError
from capacity_guard.cdk.gates.hold import HOLD_TYPE
from capacity_guard.cdk.watch import Watch
from capacity_guard.cloudformation.branches import in_each_branch
from capacity_guard.cloudformation.capacity import read_capacity
from tests.builders import adopted
from tests.builders.guarded import (
    GLOBAL_TABLE,
    INDEX,
    LOWERED,
    ON_DEMAND,
    PROVISIONED,
    RAISED,
    app,
    baseline,
    table,
)

WATCHED = GuardOptions(watch=Watch())


def template_of(made: cdk.App) -> dict[str, Any]:
    whole: dict[str, Any] = made.synth().get_stack_by_name("S").template
    return whole


def guarded(options: GuardOptions | None = WATCHED, **properties: Any) -> dict[str, Any]:
    """The template of a stack with one guarded table."""
    made = app(**properties.pop("context", {}))
    table(cdk.Stack(made, "S"), options=options, **properties)
    return template_of(made)


def branches(template: dict[str, Any], of_type: str = GLOBAL_TABLE) -> dict[str | None, Capacity]:
    """The table's capacity in each branch of the template's conditions."""
    (logical_id,) = (key for key, value in template["Resources"].items() if value["Type"] == of_type)
    return dict(in_each_branch(template, lambda read: read_capacity(read, logical_id), location="S"))


def held_parameter(template: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    ((name, parameter),) = (
        (name, parameter)
        for name, parameter in template["Parameters"].items()
        if str(parameter.get("Default", "")).startswith("/capacity-guard/")
    )
    return name, parameter


def fingerprint_of(template: dict[str, Any]) -> str:
    (bake,) = (r for r in template["Resources"].values() if r["Type"] == "Custom::CapacityGuardBake")
    return str(bake["Properties"]["Fingerprint"])


CHANGES = {
    "to on-demand": (PROVISIONED, ON_DEMAND),
    "to provisioned": (ON_DEMAND, PROVISIONED),
    "lower": (PROVISIONED, LOWERED),
    "to on-demand with maxima": (
        PROVISIONED,
        Capacity.on_demand(
            maximum=Units(read=900, write=800), indexes={INDEX: OnDemand(maximum=Units(read=700))}
        ),
    ),
    "lower maxima": (
        Capacity.on_demand(
            maximum=Units(read=900, write=800), indexes={INDEX: OnDemand(maximum=Units(read=700))}
        ),
        Capacity.on_demand(maximum=Units(write=700), indexes={INDEX: OnDemand(maximum=Units(write=70))}),
    ),
    "maxima to provisioned": (
        Capacity.on_demand(maximum=Units(write=800), indexes={INDEX: OnDemand(maximum=Units(read=70))}),
        PROVISIONED,
    ),
}


@pytest.mark.sampled(every=6)
@pytest.mark.parametrize("change", CHANGES)
def test_template_of_a_change_holds_both_capacities_behind_its_fingerprint(change: str) -> None:
    deployed, declared = CHANGES[change]
    template = guarded(capacity=declared, baseline=baseline(deployed))
    name, parameter = held_parameter(template)
    (logical_id,) = (key for key, value in template["Resources"].items() if value["Type"] == GLOBAL_TABLE)
    assert parameter["Type"] == "AWS::SSM::Parameter::Value<String>"
    assert parameter["Default"] == f"/capacity-guard/S/{logical_id}"
    assert "[cdk:skip]" not in parameter["Description"]
    fingerprint = fingerprint_of(template)
    found = branches(template)
    assert found == {f"{name} = {fingerprint}": deployed, f"{name} is not {fingerprint}": declared}


@pytest.mark.sampled(every=6)
@pytest.mark.parametrize("change", CHANGES)
def test_template_of_a_change_when_it_is_not_held_is_the_one_without_a_watch(change: str) -> None:
    deployed, declared = CHANGES[change]
    given: dict[str, Any] = {"capacity": declared, "baseline": baseline(deployed)}
    plain, watched = guarded(None, **given), guarded(**given)
    ((condition, _),) = watched["Conditions"].items()

    def resolved(node: Any) -> Any:
        if isinstance(node, list):
            return [resolved(item) for item in node]
        if not isinstance(node, dict):
            return node
        if "Fn::If" in node and node["Fn::If"][0] == condition:
            return resolved(node["Fn::If"][2])
        found = {key: resolved(value) for key, value in node.items()}
        return {key: value for key, value in found.items() if value != {"Ref": "AWS::NoValue"}}

    tables = [
        [resolved(r["Properties"]) for r in template["Resources"].values() if r["Type"] == GLOBAL_TABLE]
        for template in (plain, watched)
    ]
    assert tables[0] == tables[1]


def test_template_without_a_change_has_the_hold_and_no_parameter_or_condition() -> None:
    plain, watched = guarded(None), guarded()
    added = {
        key: watched["Resources"][key] for key in watched["Resources"].keys() - plain["Resources"].keys()
    }
    assert sorted(resource["Type"] for resource in added.values()) == [
        "AWS::DynamoDB::Table",
        "AWS::Events::Rule",
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::Role",
        "AWS::IAM::Role",
        "AWS::Lambda::Function",
        "AWS::Lambda::Permission",
        "AWS::Logs::LogGroup",
        HOLD_TYPE,
    ]
    assert [key[:25] for key in watched.pop("Outputs")] == ["CapacityGuardRollbackRole"]
    left = {key: value for key, value in watched["Resources"].items() if key not in added}
    assert json.dumps({**watched, "Resources": left}) == json.dumps(plain)


@pytest.mark.sampled(every=4)
@pytest.mark.parametrize("capacity", [PROVISIONED, ON_DEMAND, LOWERED, RAISED])
def test_template_without_a_watch_is_the_same_whether_the_option_is_named_or_not(capacity: Capacity) -> None:
    assert json.dumps(guarded(None, capacity=capacity)) == json.dumps(
        guarded(GuardOptions(watch=None), capacity=capacity)
    )
    assert "/capacity-guard/" not in json.dumps(guarded(None, capacity=capacity))


def test_hold_when_it_is_created_has_the_permission_and_names_the_parameter() -> None:
    template = guarded()
    (hold,) = (r for r in template["Resources"].values() if r["Type"] == HOLD_TYPE)
    ((policy_id, policy),) = (
        (key, r) for key, r in template["Resources"].items() if r["Type"] == "AWS::IAM::ManagedPolicy"
    )
    assert hold["DependsOn"] == [policy_id]
    assert hold["Properties"]["Gate"] == "hold"
    assert hold["Properties"]["Hold"].startswith("/capacity-guard/S/")
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Action"] == ["ssm:DeleteParameter", "ssm:GetParameter", "ssm:PutParameter"]
    assert json.dumps(statement["Resource"]).endswith(':parameter/capacity-guard/S/*"]]}')


def test_gates_of_a_watched_change_know_the_hold_and_wait_for_its_permission() -> None:
    template = guarded(capacity=LOWERED)
    _, parameter = held_parameter(template)
    gates = [r for r in template["Resources"].values() if r["Type"].startswith("Custom::CapacityGuard")]
    assert len(gates) == 3
    (policy,) = (k for k, r in template["Resources"].items() if r["Type"] == "AWS::IAM::ManagedPolicy")
    for gate in gates:
        assert gate["Properties"]["Hold"] == parameter["Default"]
        assert policy in gate["DependsOn"]


def test_relief_and_break_glass_leave_the_template_without_a_condition() -> None:
    relief = guarded(capacity=RAISED)
    broken = guarded(capacity=LOWERED, context={"capacity-guard:break-glass": "INC-1: writes are lost"})
    assert "Conditions" not in relief
    assert "Conditions" not in broken


def test_attempt_when_it_is_raised_has_another_condition() -> None:
    first = guarded(capacity=LOWERED)["Conditions"]
    second = guarded(capacity=LOWERED, baseline=baseline(attempt=2))["Conditions"]
    assert first.keys() == second.keys()
    assert first != second


@pytest.mark.slow
def test_tables_of_one_stack_have_holds_of_their_own() -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    for name in ("Orders", "Payments"):
        table(stack, name, options=WATCHED, capacity=LOWERED)
    template = template_of(made)
    defaults = {p["Default"] for p in template["Parameters"].values() if "capacity-guard" in str(p)}
    assert len(defaults) == 2
    assert len(template["Conditions"]) == 2


def problem_of(*, add: Any = None, synthesizer: Any = None, maker: Any = None) -> str | None:
    """Why a change's way back does not stay in the template, and that the template is otherwise whole."""
    made = app()
    stack = cdk.Stack(made, "S", synthesizer=synthesizer)
    if add is not None:
        add(stack)
    if maker is None:
        guard = table(stack, options=WATCHED, capacity=LOWERED).guard
    else:
        orders = maker(stack, adopted.LOWERED)
        guard = CapacityGuard(
            stack, "Guard", table=orders, baseline=adopted.recorded(), options=WATCHED
        ).guard
    template = template_of(made)
    assert ("Conditions" in template) is (not isinstance(guard.way_back, InputError))
    assert any(r["Type"] == "Custom::CapacityGuardBake" for r in template["Resources"].values())
    return str(guard.way_back) if isinstance(guard.way_back, InputError) else None


def test_way_back_when_nothing_is_in_the_way_stays() -> None:
    assert problem_of() is None
    assert problem_of(add=lambda stack: cdk.CfnParameter(stack, "Size", default="big")) is None


OBSTACLES: dict[str, tuple[dict[str, Any], str]] = {
    "another SSM parameter": (
        {
            "add": lambda stack: cdk.CfnParameter(
                stack, "Image", type="AWS::SSM::Parameter::Value<String>", default="/image"
            )
        },
        "shares its stack with parameter Image",
    ),
    "a list from SSM": (
        {
            "add": lambda stack: cdk.CfnParameter(
                stack, "Images", type="AWS::SSM::Parameter::Value<List<String>>", default="/images"
            )
        },
        "shares its stack with parameter Images",
    ),
    "a nested stack": (
        {"add": lambda stack: dynamodb.CfnTable(cdk.NestedStack(stack, "N"), "T", key_schema=[])},
        "shares its stack with the nested stack",
    ),
    "a transform": (
        {"add": lambda stack: stack.add_transform("AWS::LanguageExtensions")},
        "has a stack with transforms",
    ),
    "no role": (
        {"synthesizer": cdk.CliCredentialsStackSynthesizer()},
        "is deployed without a role of its own",
    ),
    "a baseline without scaling": ({"maker": adopted.table}, "without the scaling targets of its template"),
}


@pytest.mark.sampled(every=6)
@pytest.mark.parametrize("name", OBSTACLES)
def test_way_back_when_something_is_in_the_way_is_a_warning_and_no_condition(name: str) -> None:
    given, expected = OBSTACLES[name]
    found = problem_of(**given)
    assert found is not None
    assert expected in found


def test_watch_when_it_is_no_watch_is_refused() -> None:
    from capacity_guard import InputError

    with pytest.raises(InputError, match=r"GuardOptions\.watch: is bool\. Give Watch\(\)"):
        GuardOptions(watch=True)  # type: ignore[arg-type]


@pytest.mark.parametrize("maker", [adopted.cfn_global_table, adopted.table_v2])
def test_table_of_other_code_holds_both_capacities(maker: Any) -> None:
    made = app()
    stack = cdk.Stack(made, "S", env=cdk.Environment(region="eu-west-1"))
    orders = maker(stack, adopted.ON_DEMAND)
    recorded = adopted.recorded()
    guard = CapacityGuard(stack, "Guard", table=orders, baseline=recorded, options=WATCHED).guard
    template = template_of(made)
    assert not isinstance(guard.way_back, InputError)
    found = list(branches(template).values())
    assert adopted.ON_DEMAND in found
    assert recorded.deployed is not None
    assert recorded.deployed.template in found
    assert Dimension(None, "write") in recorded.deployed.template.dimensions()
