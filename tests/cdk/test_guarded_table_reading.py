"""GuardedTable: what the final template states is judged, whatever overrides, aspects and other constructs did to it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import aws_applicationautoscaling as autoscaling
from aws_cdk import aws_dynamodb as dynamodb
from constructs import IConstruct

from capacity_guard import AutoScaling, CapacityGuardChecks, GuardedTable, Provisioned
from capacity_guard.findings import Findings
from tests.builders.guarded import (
    ALARM,
    GLOBAL_TABLE,
    INDEX,
    PREFLIGHT,
    RAISED,
    WARM,
    app,
    baseline,
    synthesize,
    table,
    template,
)

MINIMUM = "WriteProvisionedThroughputSettings.WriteCapacityAutoScalingSettings.MinCapacity"
MAXIMUM = MINIMUM.replace("Min", "Max")
SEED = MINIMUM.replace("Min", "Seed")
PROVISIONED_SETTINGS = (
    "WriteProvisionedThroughputSettings",
    "GlobalSecondaryIndexes.0.WriteProvisionedThroughputSettings",
    "Replicas.0.ReadProvisionedThroughputSettings",
    "Replicas.0.GlobalSecondaryIndexes.0.ReadProvisionedThroughputSettings",
)


def switch_to_on_demand(resource: cdk.CfnResource) -> None:
    resource.add_property_override("BillingMode", "PAY_PER_REQUEST")
    for path in PROVISIONED_SETTINGS:
        resource.add_property_deletion_override(path)


@jsii.implements(cdk.IAspect)
class EveryTable:
    """A company's aspect that changes every table."""

    def __init__(self, change: Callable[[cdk.CfnResource], None]) -> None:
        self._change = change

    def visit(self, node: IConstruct) -> None:
        if isinstance(node, dynamodb.CfnGlobalTable):
            self._change(node)


def synthesized(made: cdk.App) -> tuple[bool, dict[str, dict[str, Any]], set[tuple[str, str]]]:
    """Whether a synthesis with the rules passes, the resources of stack S, and rule and level of each finding."""
    cdk.Validations.of(made).add_plugins(CapacityGuardChecks())
    try:
        made.synth()
        passes = True
    except RuntimeError:
        passes = False
    resources = json.loads(Path(made.outdir, "S.template.json").read_text())["Resources"]
    found = {
        (finding.rule, finding.level.value)
        for judged in Findings.read(made.outdir).tables
        for finding in judged.findings
    }
    return passes, resources, found


def gates(resources: dict[str, dict[str, Any]]) -> list[str]:
    return [
        key for key, resource in resources.items() if resource["Type"].startswith("Custom::CapacityGuard")
    ]


@pytest.mark.sampled(every=6)
@pytest.mark.parametrize("by", ["override", "aspect", "late aspect"])
@pytest.mark.parametrize("stabilized", [False, True])
def test_table_that_the_template_switches_to_on_demand_is_judged_and_gated(by: str, stabilized: bool) -> None:
    made = app(**{"@aws-cdk/core:aspectStabilization": stabilized})
    guarded = table(cdk.Stack(made, "S"), baseline=baseline(units=3_500))
    if by == "override":
        switch_to_on_demand(guarded.guard.resource)
    else:
        priority = 200 if by == "aspect" else 2_000
        cdk.Aspects.of(made).add(EveryTable(switch_to_on_demand), priority=priority)
    passes, resources, found = synthesized(made)
    assert not passes
    assert {("CG3", "ERROR"), ("CG4", "ERROR"), ("CG18", "WARN")} <= found
    assert len(gates(resources)) == 2


def test_minimum_that_an_override_lowers_is_a_transition_with_gates() -> None:
    made = app()
    guarded = table(cdk.Stack(made, "S"))
    guarded.guard.resource.add_property_override(MINIMUM, 1)
    passes, resources, found = synthesized(made)
    assert guarded.guard.transition is not None
    assert not guarded.guard.transition.is_empty
    assert not guarded.guard.case.is_relief
    assert passes
    assert {("CG6", "WARN"), ("CG18", "WARN")} <= found
    (logical_id,) = (key for key, resource in resources.items() if resource["Type"] == GLOBAL_TABLE)
    preflight = next(key for key in gates(resources) if "Preflight" in key)
    assert preflight in resources[logical_id]["DependsOn"]


@pytest.mark.slow
def test_raise_in_the_code_that_an_override_lowers_has_the_gates_of_what_is_deployed() -> None:
    made = app()
    guarded = table(cdk.Stack(made, "S"), capacity=RAISED)
    declared = set(gates(template(capacity=RAISED).resources))  # type: ignore[arg-type]
    for path in (MINIMUM, MAXIMUM, SEED):
        guarded.guard.resource.add_property_override(path, 1)
    passes, resources, _ = synthesized(made)
    assert not passes
    assert len(gates(resources)) == 2
    assert not declared & set(gates(resources))
    (logical_id,) = (key for key, resource in resources.items() if resource["Type"] == GLOBAL_TABLE)
    assert [name for name in resources[logical_id]["DependsOn"] if "Preflight" in name] == [
        key for key in gates(resources) if "Preflight" in key
    ]


def test_override_that_takes_the_change_back_leaves_no_gate() -> None:
    made = app()
    guarded = table(cdk.Stack(made, "S"), capacity=RAISED)
    for path in (MINIMUM, MAXIMUM, SEED):
        guarded.guard.resource.add_property_override(path, 1_000)
    passes, resources, found = synthesized(made)
    assert passes
    assert gates(resources) == []
    assert all(
        "DependsOn" not in resource for resource in resources.values() if resource["Type"] == GLOBAL_TABLE
    )
    assert ("CG18", "WARN") in found


def test_index_that_an_override_adds_is_judged_and_watched() -> None:
    made = app()
    guarded = table(cdk.Stack(made, "S"))
    settings = {
        "MinCapacity": 1,
        "MaxCapacity": 1,
        "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 70},
    }
    guarded.guard.resource.add_property_override(
        "GlobalSecondaryIndexes.1",
        {
            "IndexName": "x",
            "KeySchema": [{"AttributeName": "agent_id", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
            "WriteProvisionedThroughputSettings": {"WriteCapacityAutoScalingSettings": settings},
        },
    )
    guarded.guard.resource.add_property_override(
        "Replicas.0.GlobalSecondaryIndexes.1",
        {"IndexName": "x", "ReadProvisionedThroughputSettings": {"ReadCapacityUnits": 1}},
    )
    _, resources, found = synthesized(made)
    assert list(guarded.capacity.indexes) == [INDEX, "x"]
    assert len(gates(resources)) == 2
    assert sum(resource["Type"] == ALARM for resource in resources.values()) == 3
    assert ("CG18", "WARN") in found


def test_cure_by_an_override_is_a_relief() -> None:
    made = app()
    guarded = table(cdk.Stack(made, "S"), baseline=baseline(units=3_500))
    for path in (MINIMUM, MAXIMUM):
        guarded.guard.resource.add_property_override(path, 5_000)
    passes, resources, _ = synthesized(made)
    assert passes
    assert guarded.guard.transition is not None
    assert guarded.guard.case.is_relief
    assert gates(resources)


@pytest.mark.slow
def test_override_is_let_through_by_break_glass() -> None:
    made = app(**{"capacity-guard:break-glass": "INC-4711"})
    guarded = table(cdk.Stack(made, "S"), baseline=baseline(units=3_500))
    switch_to_on_demand(guarded.guard.resource)
    passes, _, found = synthesized(made)
    assert passes
    assert {level for _, level in found} == {"WARN"}


@pytest.mark.parametrize("break_glass", [False, True])
def test_capacity_that_cannot_be_read_is_a_warning_and_has_a_gate_but_under_break_glass(
    break_glass: bool,
) -> None:
    made = app(**({"capacity-guard:break-glass": "INC-4711"} if break_glass else {}))
    stack = cdk.Stack(made, "S")
    guarded = table(stack)
    cdk.CfnParameter(stack, "Mode")
    guarded.guard.resource.add_property_override("BillingMode", {"Ref": "Mode"})
    passes, _, found = synthesized(made)
    assert passes
    assert ("CG18", "WARN") in found
    assert (guarded.guard.gates is None) is break_glass


def foreign_target(stack: cdk.Stack, guarded: GuardedTable, minimum: int, maximum: int) -> None:
    target = autoscaling.CfnScalableTarget(
        stack,
        "ForeignTarget",
        service_namespace="dynamodb",
        resource_id=f"table/{guarded.table.table_name}",
        scalable_dimension="dynamodb:table:ReadCapacityUnits",
        min_capacity=minimum,
        max_capacity=maximum,
        role_arn="arn:aws:iam::123456789012:role/scaling",
    )
    autoscaling.CfnScalingPolicy(
        stack,
        "ForeignPolicy",
        policy_name="foreign",
        policy_type="TargetTrackingScaling",
        scaling_target_id=target.ref,
        target_tracking_scaling_policy_configuration={
            "targetValue": 70,
            "predefinedMetricSpecification": {"predefinedMetricType": "DynamoDBReadCapacityUtilization"},
        },
    )


def test_foreign_scaling_target_counts_and_waits_for_the_gate() -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    guarded = table(stack)
    foreign_target(stack, guarded, 1, 20)
    passes, resources, found = synthesized(made)
    of_table = guarded.capacity.of(None)
    assert isinstance(of_table, Provisioned)
    assert of_table.read == AutoScaling(1, 20, 70, 20)
    assert not passes
    assert ("CG5", "ERROR") in found
    preflight = next(key for key in gates(resources) if "Preflight" in key)
    bake = next(key for key in gates(resources) if "Bake" in key)
    for name in ("ForeignTarget", "ForeignPolicy"):
        assert preflight in resources[name]["DependsOn"]
        assert name in resources[bake]["DependsOn"]


def test_template_that_states_what_the_code_declares_is_gated_with_its_warm_throughput() -> None:
    made = app()
    guarded = table(cdk.Stack(made, "S"), capacity=WARM)
    found = synthesize(made)
    assert guarded.capacity == WARM
    assert guarded.guard.reading.code_capacity is None
    assert found.plan(PREFLIGHT).transition.declared == WARM


def test_tables_of_a_stack_are_read_from_one_rendering(rendered: list[str]) -> None:
    made = app()
    for name in ("S", "T"):
        stack = cdk.Stack(made, name)
        for id in ("First", "Second", "Third"):
            switch_to_on_demand(table(stack, id).guard.resource)
    found = synthesize(made)
    assert rendered == ["S", "T"]
    assert len(found.gates) == 6


def test_name_that_an_override_gives_is_allowed_and_in_the_plan() -> None:
    made = app()
    guarded = table(cdk.Stack(made, "S"), capacity=RAISED)
    guarded.guard.resource.add_property_override("TableName", "orders")
    found = synthesize(made)
    assert guarded.guard.table_name == "orders"
    assert found.plan(PREFLIGHT).table_name == "orders"
    assert ":table/orders" in str(found.of("AWS::IAM::Role"))
