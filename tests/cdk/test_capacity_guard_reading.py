"""CapacityGuard: how it reads the declared capacity, also from overrides and later changes."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import cloudformation_include as include
from cdk_nag import AwsSolutionsChecks
from constructs import IConstruct

from capacity_guard import AutoScaling, Capacity, CapacityGuard, CapacityGuardChecks, InputError
from capacity_guard.capacity.plan_text import unpack_plan
from tests.builders.adopted import (
    KEY,
    LOWERED,
    ON_DEMAND,
    PROVISIONED,
    RAISED,
    SCALING,
    recorded,
    table,
    table_v2,
    without_gates,
)
from tests.builders.guarded import INDEX, app, synthesize


def test_capacity_when_overridden_through_an_escape_hatch_is_what_the_guard_reads() -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    declared = table(stack, PROVISIONED)
    guard = CapacityGuard(stack, "Guard", table=declared, baseline=recorded())
    resource = declared.node.default_child
    assert isinstance(resource, cdk.CfnResource)
    resource.add_property_override("ProvisionedThroughput.ReadCapacityUnits", 130)
    synthesize(made)
    assert guard.capacity.of(None).read == 130  # type: ignore[union-attr]
    assert guard.guard.gates is not None


def test_index_when_added_after_the_guard_gets_its_alarm() -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    declared = dynamodb.TableV2(stack, "Orders", partition_key=KEY)
    guard = CapacityGuard(stack, "Guard", table=declared, baseline=recorded(Capacity.on_demand()))
    assert list(guard.rollback_alarms) == ["table"]
    declared.add_global_secondary_index(index_name="late", partition_key=KEY)
    found = synthesize(made)
    assert list(guard.rollback_alarms) == ["table", "index/late"]
    assert len(found.of("AWS::CloudWatch::Alarm")) == 2


def test_index_when_an_override_takes_it_away_keeps_no_alarm() -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    declared = table_v2(stack, ON_DEMAND)
    guard = CapacityGuard(stack, "Guard", table=declared, baseline=recorded(Capacity.on_demand()))
    assert list(guard.rollback_alarms) == ["table", f"index/{INDEX}"]
    resource = declared.node.default_child
    assert isinstance(resource, cdk.CfnResource)
    resource.add_property_deletion_override("GlobalSecondaryIndexes")
    found = synthesize(made)
    assert list(guard.rollback_alarms) == ["table"]
    assert len(found.of("AWS::CloudWatch::Alarm")) == 1


@pytest.mark.parametrize("stabilized", [False, True])
def test_stack_when_aspects_stabilize_or_not_is_the_same(stabilized: bool) -> None:
    made = app(**{"@aws-cdk/core:aspectStabilization": stabilized})
    stack = cdk.Stack(made, "S")
    guard = CapacityGuard(stack, "Guard", table=table(stack, LOWERED), baseline=recorded())
    cdk.Tags.of(made).add("team", "orders")
    found = synthesize(made)
    assert guard.guard.gates is not None
    assert len(found.gates) == 2
    tags = [alarm["Properties"].get("Tags") for alarm in found.of("AWS::CloudWatch::Alarm").values()]
    assert tags == [[{"Key": "team", "Value": "orders"}]] * 2


def test_capacity_when_both_stand_behind_a_condition_is_the_one_that_is_not_deployed() -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    declared = table(stack, PROVISIONED)
    back = cdk.CfnParameter(stack, "Back", default="none")
    cdk.CfnCondition(stack, "Held", expression=cdk.Fn.condition_not(cdk.Fn.condition_equals(back, "none")))
    resource = declared.node.default_child
    assert isinstance(resource, cdk.CfnResource)
    resource.add_property_override("ProvisionedThroughput.ReadCapacityUnits", {"Fn::If": ["Held", 100, 120]})
    guard = CapacityGuard(stack, "Guard", table=declared, baseline=recorded())
    synthesize(made)
    assert guard.capacity.of(None).read == 120  # type: ignore[union-attr]


def test_table_when_included_from_a_template_is_guarded_like_any_other(tmp_path: Any) -> None:
    source: dict[str, Any] = {
        "Parameters": {"Size": {"Type": "String", "Default": "small"}},
        "Conditions": {"Big": {"Fn::Equals": [{"Ref": "Size"}, "big"]}},
        "Resources": {
            "Orders": {
                "Type": "AWS::DynamoDB::Table",
                "Properties": {
                    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                    "ProvisionedThroughput": {"ReadCapacityUnits": 9, "WriteCapacityUnits": 9},
                    "TableClass": {"Fn::If": ["Big", "STANDARD", "STANDARD_INFREQUENT_ACCESS"]},
                },
            }
        },
    }
    file = tmp_path / "template.json"
    file.write_text(json.dumps(source))
    made = app()
    stack = cdk.Stack(made, "S")
    included = include.CfnInclude(stack, "Included", template_file=str(file))
    orders = included.get_resource("Orders")
    assert isinstance(orders, dynamodb.CfnTable)
    deployed = Capacity.provisioned(read=5, write=9)
    guard = CapacityGuard(stack, "Guard", table=orders, baseline=recorded(deployed))
    found = synthesize(made)
    assert guard.capacity == Capacity.provisioned(read=9, write=9)
    assert without_gates(found.resources["Orders"]) == source["Resources"]["Orders"]


def test_pack_without_a_synthesis_reads_the_table_first() -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    CapacityGuard(stack, "Guard", table=table_v2(stack, ON_DEMAND), baseline=recorded(units=5_000))
    found = CapacityGuardChecks().validate_scope(made)
    assert "CG3" in {violation.rule_name for violation in found.violations}


def target_without_a_construct(stack: cdk.Stack, resource: cdk.CfnResource, id: str = "Odd") -> None:
    name = stack.resolve(resource.logical_id)
    cdk.CfnResource(
        stack,
        id,
        type="AWS::ApplicationAutoScaling::ScalableTarget",
        properties={
            "ResourceId": {"Fn::Sub": f"table/${{{name}}}"},
            "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
            "MinCapacity": 1,
            "MaxCapacity": 2,
        },
    )


def test_target_that_is_a_plain_resource_is_guarded_as_well() -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    declared = table(stack, RAISED)
    resource = declared.node.default_child
    assert isinstance(resource, cdk.CfnResource)
    target_without_a_construct(stack, resource)
    CapacityGuard(stack, "Guard", table=declared, baseline=recorded())
    found = synthesize(made)
    (preflight,) = found.of("Custom::CapacityGuardPreflight")
    assert preflight in found.resources["Odd"]["DependsOn"]


def test_second_target_of_a_dimension_is_not_read_since_its_bounds_may_hold() -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    declared = table(stack, PROVISIONED)
    resource = declared.node.default_child
    assert isinstance(resource, cdk.CfnResource)
    for id in ("First", "Second"):
        target_without_a_construct(stack, resource, id)
    guard = CapacityGuard(stack, "Guard", table=declared, baseline=recorded()).guard
    resources = synthesize(made).resources
    assert "scales what First scales too, so it is unknown whose bounds apply" in str(guard.reading.error)
    assert guard.gates is not None
    preflight = guard.logical_id(guard.gates.preflight)
    assert all(preflight in resources[name]["DependsOn"] for name in ("First", "Second"))


@jsii.implements(cdk.IAspect)
class LateChange:
    """An aspect that changes the table after every other aspect."""

    def __init__(self, resource: cdk.CfnResource) -> None:
        self.resource = resource

    def visit(self, node: IConstruct) -> None:
        self.resource.add_property_override("ProvisionedThroughput.ReadCapacityUnits", 7)


def test_table_when_the_last_aspect_changes_it_is_read_after_it() -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    declared = table(stack, PROVISIONED)
    guard = CapacityGuard(stack, "Guard", table=declared, baseline=recorded())
    resource = declared.node.default_child
    assert isinstance(resource, cdk.CfnResource)
    cdk.Aspects.of(guard).add(LateChange(resource), priority=5_000)
    found = synthesize(made)
    assert guard.capacity.of(None).read == 7  # type: ignore[union-attr]
    assert len(found.gates) == 2


def test_capacity_when_asked_for_before_the_synthesis_says_when() -> None:
    stack = cdk.Stack(app(), "S")
    guard = CapacityGuard(stack, "Guard", table=table(stack, PROVISIONED), baseline=recorded())
    with pytest.raises(
        InputError, match=r"has not read its table yet. Ask when the app has been synthesized"
    ):
        _ = guard.capacity


def test_reading_a_switch_to_auto_scaling_sees_the_targets_that_come_after_the_guard() -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    declared = dynamodb.Table(stack, "Orders", partition_key=KEY, read_capacity=100, write_capacity=550)
    deployed = Capacity.provisioned(read=100, write=550)
    guard = CapacityGuard(stack, "Guard", table=declared, baseline=recorded(deployed))
    scaling = declared.auto_scale_write_capacity(min_capacity=500, max_capacity=2_000)
    scaling.scale_on_utilization(target_utilization_percent=70)
    found = synthesize(made)
    assert guard.capacity == Capacity.provisioned(read=100, write=AutoScaling(500, 2_000, 70, 550))
    (preflight,) = found.of("Custom::CapacityGuardPreflight")
    for resource in found.of(*SCALING).values():
        assert preflight in resource["DependsOn"]


def test_name_when_it_depends_on_the_region_is_allowed_by_that_name_and_asked_for_by_the_gate() -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    declared = table(stack, RAISED, f"orders-{cdk.Aws.REGION}")
    CapacityGuard(stack, "Guard", table=declared, baseline=recorded())
    cdk.Validations.of(made).add_plugins(AwsSolutionsChecks(made))
    found = synthesize(made)
    plan = json.loads(unpack_plan(found.only("Custom::CapacityGuardPreflight")["Properties"]["Plan"]))
    assert plan["table_name"] is None
    (arn,) = found.table_arns()
    assert arn["Fn::Join"][1][-2:] == [":table/orders-", {"Ref": "AWS::Region"}]
