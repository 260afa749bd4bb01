"""AWS::DynamoDB::Table with auto scaling in resources of its own: what an update sends, and what a rollback restores."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from capacity_guard.rehearsal.emulator import Emulator
from tests.rehearsal.emulator.test_cloudformation import (
    FAILED,
    START,
    Template,
    capacity,
    deploy,
    events,
    plain_table,
    reason,
    scalable,
    settled,
    table,
    update,
    with_failure,
)

TABLE_WRITES, INDEX_WRITES = "dynamodb:table:WriteCapacityUnits", "dynamodb:index:WriteCapacityUnits"


@pytest.fixture(scope="module")
def running() -> Iterator[Emulator]:
    with Emulator(speed=60, start=START) as emulator:
        yield emulator


@pytest.fixture
def emulator(running: Emulator) -> Emulator:
    running.reset()
    return running


def scaled_table(
    units: int = 20, minimum: int = 10, maximum: int = 1_000, target: int = 70, reads: int | None = None
) -> Template:
    """A Table whose writes, and those of its index, are auto-scaled as the CDK's ``Table`` does it."""
    template = plain_table(units)
    properties = template["Resources"]["Table"]["Properties"]
    if reads is not None:
        properties["ProvisionedThroughput"] = {"ReadCapacityUnits": reads, "WriteCapacityUnits": units}
    for name, suffix, dimension in (("Table", "", TABLE_WRITES), ("Index", "/index/by_gsi", INDEX_WRITES)):
        template["Resources"][f"{name}Target"] = {
            "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
            "Properties": {
                "ServiceNamespace": "dynamodb",
                "ResourceId": {"Fn::Join": ["", ["table/", {"Ref": "Table"}, suffix]]},
                "ScalableDimension": dimension,
                "MinCapacity": minimum,
                "MaxCapacity": maximum,
                "RoleARN": "arn:aws:iam::000000000000:role/any",
            },
        }
        template["Resources"][f"{name}Policy"] = {
            "Type": "AWS::ApplicationAutoScaling::ScalingPolicy",
            "Properties": {
                "PolicyName": f"{name}Tracking",
                "PolicyType": "TargetTrackingScaling",
                "ScalingTargetId": {"Ref": f"{name}Target"},
                "TargetTrackingScalingPolicyConfiguration": {
                    "TargetValue": target,
                    "PredefinedMetricSpecification": {
                        "PredefinedMetricType": "DynamoDBWriteCapacityUtilization"
                    },
                },
            },
        }
    return template


def reach(emulator: Emulator, units: int) -> None:
    """Let auto scaling reach so many write units on table and index, as it would after some traffic."""
    database = emulator.client("dynamodb")
    throughput = {"ReadCapacityUnits": 20, "WriteCapacityUnits": units}
    database.update_table(
        TableName=table(emulator)["TableName"],
        ProvisionedThroughput=throughput,
        GlobalSecondaryIndexUpdates=[
            {"Update": {"IndexName": "by_gsi", "ProvisionedThroughput": throughput}}
        ],
    )
    eventually(emulator, lambda: table(emulator)["TableStatus"] == "ACTIVE")
    settled(emulator)


def eventually(emulator: Emulator, condition: Callable[[], bool], rehearsal_seconds: float = 900) -> None:
    end = emulator.clock.seconds() + rehearsal_seconds
    while not condition():
        assert emulator.clock.seconds() < end
        emulator.clock.sleep(5)


def policies(emulator: Emulator) -> list[float]:
    answer = emulator.client("application-autoscaling").describe_scaling_policies(ServiceNamespace="dynamodb")
    return [
        each["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] for each in answer["ScalingPolicies"]
    ]


def order(emulator: Emulator, *wanted: tuple[str, str]) -> list[tuple[str, str]]:
    """The last update's events that are asked for, in the order they happened."""
    shown = [(each["LogicalResourceId"], each["ResourceStatus"]) for each in events(emulator)]
    start = max(n for n, each in enumerate(shown) if each == ("stack", "UPDATE_IN_PROGRESS"))
    return [each for each in shown[start:] if each in wanted]


def test_table_when_its_units_are_edited_loses_what_auto_scaling_had_reached(emulator: Emulator) -> None:
    deploy(emulator, scaled_table(units=20))
    reach(emulator, 300)
    assert update(emulator, scaled_table(units=30)) == "UPDATE_COMPLETE"
    assert settled(emulator)["table"] == settled(emulator)["index"] == (30, 30)


def test_table_when_its_reads_alone_are_edited_loses_the_reached_writes_and_not_those_of_its_index(
    emulator: Emulator,
) -> None:
    deploy(emulator, scaled_table(units=20))
    reach(emulator, 300)
    assert update(emulator, scaled_table(units=20, reads=25)) == "UPDATE_COMPLETE"
    assert settled(emulator)["table"] == (25, 20)
    assert capacity(emulator)["index"] == (20, 300)


def test_table_when_its_scaling_limits_are_edited_keeps_what_auto_scaling_had_reached(
    emulator: Emulator,
) -> None:
    deploy(emulator, scaled_table(minimum=10))
    reach(emulator, 300)
    assert update(emulator, scaled_table(minimum=15, maximum=2_000, target=60)) == "UPDATE_COMPLETE"
    assert settled(emulator)["table"] == settled(emulator)["index"] == (20, 300)
    assert set(scalable(emulator).values()) == {(15, 2_000)}
    assert policies(emulator) == [60, 60]


def test_table_when_units_are_edited_and_a_gate_fails_has_the_template_s_units_again(
    emulator: Emulator,
) -> None:
    """A rollback re-sends what the deployed template states, over what auto scaling had reached."""
    deploy(emulator, scaled_table(units=20))
    reach(emulator, 300)
    assert update(emulator, with_failure(scaled_table(units=400), emulator)) == "UPDATE_ROLLBACK_COMPLETE"
    assert reason(emulator) == FAILED
    assert settled(emulator)["table"] == settled(emulator)["index"] == (20, 20)
    assert set(scalable(emulator).values()) == {(10, 1_000)}


def test_table_when_limits_are_edited_and_a_gate_fails_has_the_limits_again(emulator: Emulator) -> None:
    deploy(emulator, scaled_table(minimum=10))
    changed = scaled_table(minimum=15, maximum=2_000, target=60)
    gated = with_failure(changed, emulator)
    gated["Resources"]["Gate"]["DependsOn"] = ["TablePolicy", "IndexPolicy"]
    assert update(emulator, gated) == "UPDATE_ROLLBACK_COMPLETE"
    assert set(scalable(emulator).values()) == {(10, 1_000)}
    assert policies(emulator) == [70, 70]
    assert settled(emulator)["table"] == settled(emulator)["index"] == (20, 20)


def test_table_when_switched_to_on_demand_loses_its_targets_last(emulator: Emulator) -> None:
    deploy(emulator, scaled_table())
    before = table(emulator)["TableId"]
    assert update(emulator, plain_table(0, on_demand=True)) == "UPDATE_COMPLETE"
    assert scalable(emulator) == {}
    assert policies(emulator) == []
    assert table(emulator)["TableId"] == before
    ends = [
        ("Table", "UPDATE_COMPLETE"),
        ("TablePolicy", "DELETE_COMPLETE"),
        ("TableTarget", "DELETE_COMPLETE"),
    ]
    assert order(emulator, *ends) == ends


def test_table_when_the_switch_to_on_demand_fails_has_units_and_targets_as_before(emulator: Emulator) -> None:
    deploy(emulator, scaled_table())
    reach(emulator, 300)
    assert (
        update(emulator, with_failure(plain_table(0, on_demand=True), emulator)) == "UPDATE_ROLLBACK_COMPLETE"
    )
    assert settled(emulator)["mode"] == "PROVISIONED"
    assert capacity(emulator)["table"] == capacity(emulator)["index"] == (20, 20)
    assert set(scalable(emulator).values()) == {(10, 1_000)}
    assert policies(emulator) == [70, 70]


def test_table_when_switched_to_provisioned_takes_its_units_and_then_its_minimum(emulator: Emulator) -> None:
    deploy(emulator, plain_table(0, on_demand=True))
    assert update(emulator, scaled_table(units=20, minimum=40)) == "UPDATE_COMPLETE"
    starts = [
        ("Table", "UPDATE_COMPLETE"),
        ("TableTarget", "CREATE_COMPLETE"),
        ("TablePolicy", "CREATE_COMPLETE"),
    ]
    assert order(emulator, *starts) == starts
    eventually(emulator, lambda: capacity(emulator)["table"] == capacity(emulator)["index"] == (20, 40))
    assert policies(emulator) == [70, 70]


def test_table_when_the_switch_to_provisioned_fails_is_on_demand_without_targets(emulator: Emulator) -> None:
    deploy(emulator, plain_table(0, on_demand=True, maximum=500))
    gated = with_failure(scaled_table(), emulator)
    gated["Resources"]["Gate"]["DependsOn"] = ["TablePolicy", "IndexPolicy"]
    assert update(emulator, gated) == "UPDATE_ROLLBACK_COMPLETE"
    assert reason(emulator) == FAILED
    assert settled(emulator)["mode"] == "PAY_PER_REQUEST"
    assert capacity(emulator)["maxima"][0]["MaxWriteRequestUnits"] == 500
    assert scalable(emulator) == {}


def without_index(template: Template) -> Template:
    resources = {name: one for name, one in template["Resources"].items() if not name.startswith("Index")}
    properties = resources["Table"]["Properties"]
    del properties["GlobalSecondaryIndexes"]
    properties["AttributeDefinitions"] = properties["AttributeDefinitions"][:1]
    return {"Resources": resources}


def test_table_when_a_scaling_target_exists_already_is_rolled_back_with_the_service_s_words(
    emulator: Emulator,
) -> None:
    """aws/aws-cdk issue 16302: a target that nobody's template owns stands in the way of the switch."""
    deploy(emulator, without_index(plain_table(0, on_demand=True)))
    name = table(emulator)["TableName"]
    emulator.client("application-autoscaling").register_scalable_target(
        ServiceNamespace="dynamodb",
        ResourceId=f"table/{name}",
        ScalableDimension=TABLE_WRITES,
        MinCapacity=1,
        MaxCapacity=40_000,
    )
    assert update(emulator, without_index(scaled_table())) == "UPDATE_ROLLBACK_COMPLETE"
    assert reason(emulator) == f"table/{name}|{TABLE_WRITES}|dynamodb already exists"
    assert table(emulator)["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert list(scalable(emulator).values()) == [(1, 40_000)]


def test_fixed_units_when_auto_scaling_is_taken_away_are_not_what_the_table_gets(emulator: Emulator) -> None:
    """The targets go last: until then they hold the old minimum, whatever was sent."""
    deploy(emulator, scaled_table(units=60, minimum=50))
    reach(emulator, 300)
    # Nothing that CloudFormation compares has changed on the table: it keeps what was reached.
    assert update(emulator, plain_table(60)) == "UPDATE_COMPLETE"
    assert scalable(emulator) == {}
    assert settled(emulator)["table"] == settled(emulator)["index"] == (20, 300)


@pytest.mark.parametrize("missing", ["table", "target"])
def test_scaling_when_what_it_needs_is_missing_is_refused(emulator: Emulator, missing: str) -> None:
    target: dict[str, Any] = {
        "ServiceNamespace": "dynamodb",
        "ResourceId": "table/gone",
        "ScalableDimension": TABLE_WRITES,
    }
    scaling = emulator.client("application-autoscaling")
    if missing == "table":
        with pytest.raises(
            ClientError, match=r"ValidationException.*DynamoDB table does not exist: table/gone"
        ):
            scaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=2)
        return
    with pytest.raises(ClientError, match="No scalable target registered for service namespace: dynamodb"):
        scaling.put_scaling_policy(
            **target,
            PolicyName="follow",
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration={
                "TargetValue": 50.0,
                "PredefinedMetricSpecification": {"PredefinedMetricType": "DynamoDBWriteCapacityUtilization"},
            },
        )
