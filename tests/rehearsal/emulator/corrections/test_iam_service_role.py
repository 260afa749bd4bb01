"""CloudFormation changes resources with the rights of the operation's service role."""

from __future__ import annotations

import json
from typing import Any

from capacity_guard.rehearsal.emulator import Emulator
from tests.builders.emulated_roles import allow, make_role
from tests.builders.emulated_stack import eventually

TOPIC = {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "one"}}
TABLE = {
    "Type": "AWS::DynamoDB::Table",
    "Properties": {
        "TableName": "things",
        "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
        "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
    },
}
TABLE_ROLE = [
    allow(
        [
            "dynamodb:UpdateTable",
            "dynamodb:Describe*",
            "dynamodb:GetResourcePolicy",
            "dynamodb:ListTagsOfResource",
        ],
        "arn:aws:dynamodb:*:*:table/things",
    )
]


def status(emulator: Emulator) -> str:
    return str(emulator.client("cloudformation").describe_stacks(StackName="s")["Stacks"][0]["StackStatus"])


def operate(emulator: Emulator, operation: str, resources: dict[str, Any], **options: Any) -> str:
    """Create or update the stack, and return how it ended."""
    getattr(emulator.client("cloudformation"), operation)(
        StackName="s", TemplateBody=json.dumps({"Resources": resources}), **options
    )
    assert eventually(emulator, lambda: not status(emulator).endswith("IN_PROGRESS"))
    return status(emulator)


def reasons(emulator: Emulator) -> str:
    events = emulator.client("cloudformation").describe_stack_events(StackName="s")["StackEvents"]
    return " ".join(str(event.get("ResourceStatusReason", "")) for event in events)


def table(**units: int) -> dict[str, Any]:
    properties = TABLE["Properties"] | {
        "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5} | units
    }
    return {"Type": TABLE["Type"], "Properties": properties}


def update_does_what_its_role_may(emulator: Emulator) -> None:
    role = make_role(emulator, "table", TABLE_ROLE, service="cloudformation")
    assert operate(emulator, "create_stack", {"T": TABLE, "S": TOPIC}) == "CREATE_COMPLETE"
    changed = {"T": TABLE, "S": {**TOPIC, "Properties": {"DisplayName": "two"}}}
    assert operate(emulator, "update_stack", changed, RoleARN=role) == "UPDATE_ROLLBACK_COMPLETE"
    assert "role/table/AWSCloudFormation is not authorized to perform: sns:UpdateTopic" in reasons(emulator)
    more = {"T": table(ReadCapacityUnits=7), "S": TOPIC}
    assert operate(emulator, "update_stack", more, RoleARN=role) == "UPDATE_COMPLETE"
    units = emulator.client("dynamodb").describe_table(TableName="things")["Table"]["ProvisionedThroughput"]
    assert units["ReadCapacityUnits"] == 7


def test_update_with_a_role_does_what_the_role_may(iam_emulator: Emulator) -> None:
    update_does_what_its_role_may(iam_emulator)


def test_role_stays_the_stacks_for_operations_that_name_none(iam_emulator: Emulator) -> None:
    """API: UpdateStack, RoleARN."""
    role = make_role(iam_emulator, "table", TABLE_ROLE, service="cloudformation")
    assert operate(iam_emulator, "create_stack", {"T": TABLE, "S": TOPIC}) == "CREATE_COMPLETE"
    more = {"T": table(ReadCapacityUnits=7), "S": TOPIC}
    assert operate(iam_emulator, "update_stack", more, RoleARN=role) == "UPDATE_COMPLETE"
    changed = {"T": table(ReadCapacityUnits=7), "S": {**TOPIC, "Properties": {"DisplayName": "two"}}}
    assert operate(iam_emulator, "update_stack", changed) == "UPDATE_ROLLBACK_COMPLETE"
    able = make_role(iam_emulator, "able", [allow("*")], service="cloudformation")
    assert operate(iam_emulator, "update_stack", changed, RoleARN=able) == "UPDATE_COMPLETE"


def test_table_of_a_role_that_may_only_update_it_is_neither_replaced_nor_deleted(
    iam_emulator: Emulator,
) -> None:
    role = make_role(iam_emulator, "table", TABLE_ROLE, service="cloudformation")
    assert operate(iam_emulator, "create_stack", {"T": TABLE, "S": TOPIC}) == "CREATE_COMPLETE"
    replaced = {"Type": TABLE["Type"], "Properties": TABLE["Properties"] | {"TableName": "others"}}
    assert operate(iam_emulator, "update_stack", {"T": replaced, "S": TOPIC}, RoleARN=role).endswith(
        "ROLLBACK_COMPLETE"
    )
    assert "dynamodb:CreateTable" in reasons(iam_emulator)
    operate(iam_emulator, "update_stack", {"S": TOPIC}, RoleARN=role)
    assert iam_emulator.client("dynamodb").list_tables()["TableNames"] == ["things"]
