"""CloudFormation's answers about single resources of a stack."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from capacity_guard.rehearsal.emulator import Emulator
from tests.builders.emulated_stack import deploy, global_table, table


def test_stack_resource_when_asked_by_stack_arn_answers(emulator: Emulator) -> None:
    deploy(emulator, global_table())
    stacks = emulator.client("cloudformation")
    arn = stacks.describe_stacks(StackName="stack")["Stacks"][0]["StackId"]
    detail = stacks.describe_stack_resource(StackName=arn, LogicalResourceId="Table")["StackResourceDetail"]
    assert detail["PhysicalResourceId"] == table(emulator)["TableName"]


def test_stack_resource_when_it_does_not_exist_is_refused_naming_the_stack(emulator: Emulator) -> None:
    deploy(emulator, global_table())
    stacks = emulator.client("cloudformation")
    arn = stacks.describe_stacks(StackName="stack")["Stacks"][0]["StackId"]
    with pytest.raises(ClientError, match=r"Resource Gone does not exist for stack stack$"):
        stacks.describe_stack_resource(StackName=arn, LogicalResourceId="Gone")


def test_resources_when_asked_for_by_physical_id_are_those_of_its_stack(emulator: Emulator) -> None:
    deploy(emulator, global_table())
    name = table(emulator)["TableName"]
    found = emulator.client("cloudformation").describe_stack_resources(PhysicalResourceId=name)[
        "StackResources"
    ]
    assert name in [resource["PhysicalResourceId"] for resource in found]
