"""DescribeStacks shows how the last operation of a stack was started."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from capacity_guard.rehearsal.emulator import Emulator
from capacity_guard.rehearsal.emulator.corrections import cloudformation_operations
from tests.builders.emulated_stack import deploy, finish, global_table, settled, update, with_failure


def test_stack_when_updated_by_a_change_set_names_it_and_it_still_answers(emulator: Emulator) -> None:
    stacks = emulator.client("cloudformation")
    deploy(emulator, global_table())
    assert "ChangeSetId" not in stacks.describe_stacks(StackName="stack")["Stacks"][0]
    body = json.dumps(global_table(on_demand=True))
    stacks.create_change_set(StackName="stack", ChangeSetName="one", TemplateBody=body)
    stacks.execute_change_set(StackName="stack", ChangeSetName="one", DisableRollback=True)
    finish(emulator)
    stack = stacks.describe_stacks(StackName="stack")["Stacks"][0]
    assert stack["DisableRollback"] is True
    assert stack["DeploymentConfig"]["Mode"] == "STANDARD"
    (change,) = stacks.describe_change_set(ChangeSetName=stack["ChangeSetId"])["Changes"]
    assert change["ResourceChange"]["LogicalResourceId"] == "Table"
    assert change["ResourceChange"]["ResourceType"] == "AWS::DynamoDB::GlobalTable"
    assert change["ResourceChange"]["Replacement"] == "False"


def test_stack_when_updated_in_express_mode_shows_it_and_does_not_roll_back(emulator: Emulator) -> None:
    deploy(emulator, global_table())
    failing = with_failure(global_table(on_demand=True), emulator)
    assert update(emulator, failing, DeploymentConfig={"Mode": "EXPRESS"}) == "UPDATE_FAILED"
    stack = emulator.client("cloudformation").describe_stacks(StackName="stack")["Stacks"][0]
    assert stack["DeploymentConfig"] == {"Mode": "EXPRESS", "DisableRollback": True}
    assert settled(emulator)["mode"] == "PAY_PER_REQUEST"


@pytest.mark.slow
def test_stack_when_rollback_is_disabled_keeps_the_changed_table(emulator: Emulator) -> None:
    deploy(emulator, global_table())
    failing = with_failure(global_table(on_demand=True), emulator)
    assert update(emulator, failing, DisableRollback=True) == "UPDATE_FAILED"
    assert settled(emulator)["mode"] == "PAY_PER_REQUEST"
    # such a stack takes another update with rollback disabled alone
    with pytest.raises(ClientError, match=r"non-terminal \[UPDATE_FAILED\] state"):
        update(emulator, global_table(read=60))
    assert update(emulator, global_table(read=60), DisableRollback=True) == "UPDATE_COMPLETE"
    assert settled(emulator)["mode"] == "PROVISIONED"


def test_stack_when_a_parameter_is_of_ssm_type_shows_its_name_and_what_it_resolves_to(
    emulator: Emulator,
) -> None:
    emulator.client("ssm").put_parameter(Name="/rolled-back", Value="none", Type="String")
    template = global_table()
    template["Parameters"] = {
        "Flag": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/rolled-back"}
    }
    deploy(emulator, template)
    (parameter,) = emulator.client("cloudformation").describe_stacks(StackName="stack")["Stacks"][0][
        "Parameters"
    ]
    assert parameter == {"ParameterKey": "Flag", "ParameterValue": "/rolled-back", "ResolvedValue": "none"}


@pytest.mark.parametrize(
    ("kept", "expected"),
    [("", (True, None)), ("ChangeSetId", (True, "one")), ("DisableRollback", (False, None))],
)
def test_fields_when_update_stack_follows_are_those_of_the_reading(
    monkeypatch: pytest.MonkeyPatch, kept: str, expected: tuple[bool, str | None]
) -> None:
    monkeypatch.setenv(cloudformation_operations.KEEP_VARIABLE, kept)
    stack = {"StackStatus": "UPDATE_IN_PROGRESS", "DisableRollback": False, "_change_set_id": "one"}
    cloudformation_operations._note_operation(stack, {"DisableRollback": ["true"]}, {}, None)
    assert (stack["DisableRollback"], stack["_change_set_id"]) == expected
