"""AWS::DynamoDB::Table: capacity changes in place, and what an update and a rollback do about its auto scaling."""

from __future__ import annotations

import pytest

from capacity_guard.rehearsal.emulator import Emulator
from tests.builders.emulated_stack import (
    FAILED,
    TABLE_WRITES,
    Template,
    capacity,
    deploy,
    events,
    eventually,
    plain_table,
    policies,
    reason,
    scalable,
    scaled_table,
    settled,
    table,
    update,
    with_failure,
)


def autoscale_to(emulator: Emulator, units: int) -> None:
    """Give table and index the write units that auto scaling would set after some traffic."""
    database = emulator.client("dynamodb")
    throughput = {"ReadCapacityUnits": 20, "WriteCapacityUnits": units}
    database.update_table(
        TableName=table(emulator)["TableName"],
        ProvisionedThroughput=throughput,
        GlobalSecondaryIndexUpdates=[
            {"Update": {"IndexName": "by_gsi", "ProvisionedThroughput": throughput}}
        ],
    )
    assert eventually(emulator, lambda: table(emulator)["TableStatus"] == "ACTIVE")
    settled(emulator)


def order(emulator: Emulator, *wanted: tuple[str, str]) -> list[tuple[str, str]]:
    """The wanted events of the last update, in the order they happened."""
    happened = [(event["LogicalResourceId"], event["ResourceStatus"]) for event in events(emulator)]
    start = max(
        position for position, event in enumerate(happened) if event == ("stack", "UPDATE_IN_PROGRESS")
    )
    return [event for event in happened[start:] if event in wanted]


def without_index(template: Template) -> Template:
    resources = {
        name: resource for name, resource in template["Resources"].items() if not name.startswith("Index")
    }
    properties = resources["Table"]["Properties"]
    del properties["GlobalSecondaryIndexes"]
    properties["AttributeDefinitions"] = properties["AttributeDefinitions"][:1]
    return {"Resources": resources}


def test_table_when_its_capacity_changes_keeps_its_index_and_name(emulator: Emulator) -> None:
    deploy(emulator, plain_table(20))
    before = table(emulator)
    assert update(emulator, plain_table(40)) == "UPDATE_COMPLETE"
    assert settled(emulator)["table"] == capacity(emulator)["index"] == (40, 40)
    assert update(emulator, plain_table(0, on_demand=True, maximum=500)) == "UPDATE_COMPLETE"
    after = table(emulator)
    assert after["TableId"] == before["TableId"]
    assert after["OnDemandThroughput"]["MaxWriteRequestUnits"] == 500
    assert update(emulator, plain_table(30)) == "UPDATE_COMPLETE"
    assert settled(emulator)["table"] == capacity(emulator)["index"] == (30, 30)
    assert table(emulator)["TableId"] == before["TableId"]


def test_table_when_its_units_are_edited_loses_what_auto_scaling_had_reached(emulator: Emulator) -> None:
    deploy(emulator, scaled_table(units=20))
    autoscale_to(emulator, 300)
    assert update(emulator, scaled_table(units=30)) == "UPDATE_COMPLETE"
    assert settled(emulator)["table"] == settled(emulator)["index"] == (30, 30)


def test_table_when_its_reads_alone_are_edited_loses_the_reached_writes_and_not_those_of_its_index(
    emulator: Emulator,
) -> None:
    deploy(emulator, scaled_table(units=20))
    autoscale_to(emulator, 300)
    assert update(emulator, scaled_table(units=20, reads=25)) == "UPDATE_COMPLETE"
    assert settled(emulator)["table"] == (25, 20)
    assert capacity(emulator)["index"] == (20, 300)


def test_table_when_its_scaling_limits_are_edited_keeps_what_auto_scaling_had_reached(
    emulator: Emulator,
) -> None:
    deploy(emulator, scaled_table(minimum=10))
    autoscale_to(emulator, 300)
    assert update(emulator, scaled_table(minimum=15, maximum=2_000, target=60)) == "UPDATE_COMPLETE"
    assert settled(emulator)["table"] == settled(emulator)["index"] == (20, 300)
    assert set(scalable(emulator).values()) == {(15, 2_000)}
    assert policies(emulator) == [60, 60]


def test_table_when_units_are_edited_and_a_gate_fails_has_the_template_s_units_again(
    emulator: Emulator,
) -> None:
    """A rollback sends the units of the deployed template again; they replace those of auto scaling."""
    deploy(emulator, scaled_table(units=20))
    autoscale_to(emulator, 300)
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


@pytest.mark.slow
def test_table_when_the_switch_to_on_demand_fails_has_units_and_targets_as_before(emulator: Emulator) -> None:
    deploy(emulator, scaled_table())
    autoscale_to(emulator, 300)
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
    assert eventually(
        emulator, lambda: capacity(emulator)["table"] == capacity(emulator)["index"] == (20, 40)
    )
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


def test_table_when_a_scaling_target_exists_already_is_rolled_back_with_the_service_s_words(
    emulator: Emulator,
) -> None:
    """aws/aws-cdk issue 16302: a target that no template owns prevents the switch."""
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
    """CloudFormation removes the targets last; until then they hold their minimum."""
    deploy(emulator, scaled_table(units=60, minimum=50))
    autoscale_to(emulator, 300)
    # Nothing that CloudFormation compares has changed on the table: it keeps the units of auto scaling.
    assert update(emulator, plain_table(60)) == "UPDATE_COMPLETE"
    assert scalable(emulator) == {}
    assert settled(emulator)["table"] == settled(emulator)["index"] == (20, 300)
