"""What a service role gives CloudFormation."""

from __future__ import annotations

import json

from capacity_guard.rehearsal.emulator import Emulator
from tests.builders.emulated_roles import allow, code_of, make_role, message_of

PARAMETER = {
    "Parameters": {"P": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/a/b"}},
    "Resources": {"T": {"Type": "AWS::SNS::Topic"}},
}


def create(emulator: Emulator, role: str) -> dict[str, str]:
    client = emulator.client("cloudformation")
    request = {"StackName": "s", "TemplateBody": json.dumps(PARAMETER), "RoleARN": role}
    return {
        "code": code_of(lambda: client.create_stack(**request)),
        "message": message_of(lambda: client.create_stack(**request)),
    }


def test_role_that_is_gone_or_trusts_another_service_cannot_be_assumed(iam_emulator: Emulator) -> None:
    iam_emulator.client("ssm").put_parameter(Name="/a/b", Value="1", Type="String")
    gone = "arn:aws:iam::000000000000:role/gone"
    of_lambda = make_role(iam_emulator, "of-lambda", [allow("*")])
    for role in (gone, of_lambda):
        found = create(iam_emulator, role)
        assert found["message"] == f"Role {role} is invalid or cannot be assumed"


def test_role_with_a_boundary_or_a_denial_does_not_give_the_permission(iam_emulator: Emulator) -> None:
    iam_emulator.client("ssm").put_parameter(Name="/a/b", Value="1", Type="String")
    boundary = iam_emulator.client("iam").create_policy(
        PolicyName="sns",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allow("sns:*")]}),
    )["Policy"]["Arn"]
    bounded = make_role(
        iam_emulator, "b", [allow("*")], service="cloudformation", PermissionsBoundary=boundary
    )
    denied = make_role(
        iam_emulator,
        "d",
        [allow("*"), {"Effect": "Deny", "Action": "ssm:*", "Resource": "*"}],
        service="cloudformation",
    )
    assert "because no identity-based policy allows" in create(iam_emulator, bounded)["message"]
    assert create(iam_emulator, denied)["message"].endswith(
        "with an explicit deny in an identity-based policy"
    )
