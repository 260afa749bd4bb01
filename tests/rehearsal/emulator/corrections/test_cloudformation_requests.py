"""Requests that CloudFormation refuses at once; the refusals are rows of tests/conformance."""

from __future__ import annotations

import json

from capacity_guard.rehearsal.emulator import Emulator
from tests.builders.emulated_stack import eventually

ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []}},
}


def test_stack_with_a_role_and_the_capability_is_created(emulator: Emulator) -> None:
    stacks = emulator.client("cloudformation")

    stacks.create_stack(
        StackName="roles",
        TemplateBody=json.dumps({"Resources": {"R": ROLE}}),
        Capabilities=["CAPABILITY_IAM"],
    )

    assert eventually(
        emulator,
        lambda: stacks.describe_stacks(StackName="roles")["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE",
    )
