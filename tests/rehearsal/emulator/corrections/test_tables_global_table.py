"""AWS::DynamoDB::GlobalTable: units, seeds, maxima and auto scaling in creation, change and switch."""

from __future__ import annotations

import pytest

from capacity_guard.rehearsal.emulator import Emulator
from tests.builders.emulated_stack import (
    capacity,
    deploy,
    finish,
    global_table,
    reason,
    scalable,
    scaling,
    settled,
    table,
    update,
)


def test_global_table_when_created_takes_its_minimum_and_not_its_seed(emulator: Emulator) -> None:
    assert deploy(emulator, global_table()) == "CREATE_COMPLETE"
    assert settled(emulator) | {"maxima": None} == {
        "mode": "PROVISIONED",
        "table": (50, 100),
        "index": (50, 100),
        "maxima": None,
    }
    assert sorted(scalable(emulator).values()) == [(100, 10_000), (100, 10_000)]


def test_global_table_when_switched_to_provisioned_takes_its_seeds(emulator: Emulator) -> None:
    deploy(emulator, global_table(on_demand=True))
    assert scalable(emulator) == {}
    name = table(emulator)["TableName"]
    assert update(emulator, global_table()) == "UPDATE_COMPLETE"
    assert settled(emulator)["table"] == capacity(emulator)["index"] == (50, 400)
    assert len(scalable(emulator)) == 2
    assert table(emulator)["TableName"] == name


def test_global_table_when_switched_to_on_demand_loses_its_units_and_scaling(emulator: Emulator) -> None:
    deploy(emulator, global_table())
    assert update(emulator, global_table(on_demand=True, index_maximum=8_000)) == "UPDATE_COMPLETE"
    after = settled(emulator)
    assert after["mode"] == "PAY_PER_REQUEST"
    assert after["table"] == after["index"] == (0, 0)
    assert after["maxima"][1]["MaxWriteRequestUnits"] == 8_000
    assert scalable(emulator) == {}
    described = table(emulator)
    assert described["TableStatus"] == "ACTIVE"


@pytest.mark.parametrize("first_on_demand", [True, False], ids=["to provisioned", "to on-demand"])
def test_global_table_when_a_seed_is_missing_cannot_switch(emulator: Emulator, first_on_demand: bool) -> None:
    seedless = global_table(write=scaling(100))
    on_demand = global_table(on_demand=True)
    deploy(emulator, on_demand if first_on_demand else seedless)
    before = settled(emulator)
    assert update(emulator, seedless if first_on_demand else on_demand) == "UPDATE_ROLLBACK_COMPLETE"
    assert reason(emulator).startswith("Invalid request provided: When switching billing mode")
    assert settled(emulator) == before


def test_global_table_when_its_minimum_is_raised_has_the_units_within_seconds(emulator: Emulator) -> None:
    deploy(emulator, global_table())
    assert update(emulator, global_table(write=scaling(300, 400))) == "UPDATE_COMPLETE"
    for _ in range(100):
        if capacity(emulator)["table"] == capacity(emulator)["index"] == (50, 300):
            break
        emulator.clock.sleep(5)
    assert settled(emulator)["table"] == capacity(emulator)["index"] == (50, 300)


def test_global_table_when_fixed_reads_change_keeps_the_scaled_writes(emulator: Emulator) -> None:
    deploy(emulator, global_table())
    assert update(emulator, global_table(read=80)) == "UPDATE_COMPLETE"
    assert settled(emulator)["table"] == (80, 100)


def test_global_table_when_protected_is_not_deleted_with_its_stack(emulator: Emulator) -> None:
    template = global_table()
    replica = template["Resources"]["Table"]["Properties"]["Replicas"][0]
    replica["DeletionProtectionEnabled"] = True
    replica["PointInTimeRecoverySpecification"] = {"PointInTimeRecoveryEnabled": True}
    deploy(emulator, template)
    name = table(emulator)["TableName"]
    backups = emulator.client("dynamodb").describe_continuous_backups(TableName=name)
    recovery = backups["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    assert recovery["PointInTimeRecoveryStatus"] == "ENABLED"
    stacks = emulator.client("cloudformation")
    stacks.delete_stack(StackName="stack")
    assert finish(emulator) == "DELETE_FAILED"
    emulator.client("dynamodb").update_table(TableName=name, DeletionProtectionEnabled=False)
    arn = stacks.describe_stacks(StackName="stack")["Stacks"][0]["StackId"]
    stacks.delete_stack(StackName="stack")
    assert finish(emulator, arn) == "DELETE_COMPLETE"
    assert scalable(emulator) == {}


def test_global_table_when_unnamed_properties_change_keeps_its_items(emulator: Emulator) -> None:
    deploy(emulator, global_table())
    name = table(emulator)["TableName"]
    emulator.client("dynamodb").put_item(TableName=name, Item={"pk": {"S": "one"}})
    update(emulator, global_table(on_demand=True))
    update(emulator, global_table(on_demand=True, index_maximum=700))
    assert settled(emulator)["maxima"][1]["MaxWriteRequestUnits"] == 700
    update(emulator, global_table(on_demand=True))
    assert settled(emulator)["maxima"] == (None, None)
    assert emulator.client("dynamodb").scan(TableName=name)["Count"] == 1
