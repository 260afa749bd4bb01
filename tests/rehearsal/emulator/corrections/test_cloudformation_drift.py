"""Drift-aware change sets: what they show, what they change, and to what they are rolled back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from capacity_guard.rehearsal.emulator import Emulator
from capacity_guard.rehearsal.emulator.corrections.cloudformation_drift import ROLLBACK_VARIABLE
from tests.builders.emulated_stack import START, TABLE_WRITES, eventually

FAILING = {"Type": "AWS::DynamoDB::Table", "Properties": {"KeySchema": []}, "DependsOn": "Orders"}
"""A resource that cannot be created, after the table."""


class DriftedStack:
    """A stack with the provisioned table ``orders``, 6 reads and 6 writes a second in the template."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.stacks, self.dynamodb = emulator.client("cloudformation"), emulator.client("dynamodb")
        self.stacks.create_stack(StackName="shop", TemplateBody=self.template())
        assert self.end() == "CREATE_COMPLETE"

    @staticmethod
    def template(*, failing: bool = False, reads: int = 6) -> str:
        table = {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "TableName": "orders",
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                "ProvisionedThroughput": {"ReadCapacityUnits": reads, "WriteCapacityUnits": 6},
            },
        }
        return json.dumps({"Resources": {"Orders": table, **({"Failing": FAILING} if failing else {})}})

    def end(self) -> str:
        def status() -> str:
            return str(self.stacks.describe_stacks(StackName="shop")["Stacks"][0]["StackStatus"])

        assert eventually(self.emulator, lambda: not status().endswith("_IN_PROGRESS"))
        return status()

    def units(self) -> tuple[int, int]:
        units = self.dynamodb.describe_table(TableName="orders")["Table"]["ProvisionedThroughput"]
        return units["ReadCapacityUnits"], units["WriteCapacityUnits"]

    def drift(self, reads: int, writes: int) -> None:
        self.dynamodb.update_table(
            TableName="orders",
            ProvisionedThroughput={"ReadCapacityUnits": reads, "WriteCapacityUnits": writes},
        )
        assert eventually(
            self.emulator,
            lambda: self.dynamodb.describe_table(TableName="orders")["Table"]["TableStatus"] == "ACTIVE",
        )

    def change_set(self, template: str) -> dict[str, Any]:
        of_set = {"StackName": "shop", "ChangeSetName": "revert"}
        self.stacks.create_change_set(**of_set, TemplateBody=template, DeploymentMode="REVERT_DRIFT")
        shown: dict[str, Any] = self.stacks.describe_change_set(**of_set)
        return shown

    def execute(self) -> str:
        self.stacks.execute_change_set(StackName="shop", ChangeSetName="revert")
        return self.end()


def test_change_set_that_reverts_drift_shows_it_and_restores_the_template(emulator: Emulator) -> None:
    stack = DriftedStack(emulator)
    stack.drift(7, 6)

    shown = stack.change_set(stack.template())

    assert (shown["Status"], shown["DeploymentMode"], shown["StackDriftStatus"]) == (
        "CREATE_COMPLETE",
        "REVERT_DRIFT",
        "DRIFTED",
    )
    (change,) = (change["ResourceChange"] for change in shown["Changes"])
    assert (change["LogicalResourceId"], change["ResourceDriftStatus"]) == ("Orders", "MODIFIED")
    (detail,) = change["Details"]
    drift = detail["Target"]["Drift"]
    assert [json.loads(drift[name])["ReadCapacityUnits"] for name in ("PreviousValue", "ActualValue")] == [
        6,
        7,
    ]
    assert stack.execute() == "UPDATE_COMPLETE"
    assert stack.units() == (6, 6)


def test_change_set_that_reverts_drift_without_drift_has_no_changes(emulator: Emulator) -> None:
    stack = DriftedStack(emulator)

    shown = stack.change_set(stack.template())

    assert (shown["Status"], shown["StackDriftStatus"]) == ("FAILED", "IN_SYNC")


def test_units_that_a_scalable_target_governs_are_no_drift_while_they_are_unedited(
    emulator: Emulator,
) -> None:
    stack = DriftedStack(emulator)
    emulator.client("application-autoscaling").register_scalable_target(
        ServiceNamespace="dynamodb",
        ResourceId="table/orders",
        ScalableDimension=TABLE_WRITES,
        MinCapacity=6,
        MaxCapacity=9,
    )
    stack.drift(6, 8)

    assert stack.change_set(stack.template())["StackDriftStatus"] == "IN_SYNC"
    stack.stacks.delete_change_set(StackName="shop", ChangeSetName="revert")
    edited = stack.change_set(stack.template(reads=5))
    assert edited["StackDriftStatus"] == "DRIFTED"


def test_change_set_without_the_mode_shows_no_drift(emulator: Emulator) -> None:
    stack = DriftedStack(emulator)
    stack.drift(7, 6)
    of_set = {"StackName": "shop", "ChangeSetName": "plain"}
    stack.stacks.create_change_set(**of_set, TemplateBody=stack.template(failing=True))

    shown = stack.stacks.describe_change_set(**of_set)

    assert "DeploymentMode" not in shown
    assert [change["ResourceChange"]["LogicalResourceId"] for change in shown["Changes"]] == ["Failing"]


def test_rollback_of_a_drift_aware_change_set_restores_the_live_units(emulator: Emulator) -> None:
    stack = DriftedStack(emulator)
    stack.drift(7, 6)
    stack.change_set(stack.template(failing=True))

    assert stack.execute() == "UPDATE_ROLLBACK_COMPLETE"

    assert stack.units() == (7, 6)
    events = stack.stacks.describe_stack_events(StackName="shop")["StackEvents"]
    updates = [
        e for e in events if e["LogicalResourceId"] == "Orders" and e["ResourceStatus"] == "UPDATE_COMPLETE"
    ]
    assert len(updates) == 2


@pytest.mark.slow
def test_rollback_of_a_drift_aware_change_set_by_the_other_reading_leaves_the_units_of_the_template() -> None:
    with Emulator(speed=60, start=START, settings={ROLLBACK_VARIABLE: "template"}) as emulator:
        stack = DriftedStack(emulator)
        stack.drift(7, 6)
        stack.change_set(stack.template(failing=True))

        assert stack.execute() == "UPDATE_ROLLBACK_COMPLETE"

        assert stack.units() == (6, 6)


def test_operation_after_the_rollback_compares_templates_again(emulator: Emulator) -> None:
    stack = DriftedStack(emulator)
    stack.drift(7, 6)
    stack.change_set(stack.template(failing=True))
    stack.execute()
    body = json.loads(stack.template())
    body["Resources"]["Topic"] = {"Type": "AWS::SNS::Topic"}

    stack.stacks.update_stack(StackName="shop", TemplateBody=json.dumps(body))

    assert stack.end() == "UPDATE_COMPLETE"
    assert stack.units() == (7, 6)
