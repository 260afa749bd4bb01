"""Requests to an emulator that enforces IAM."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from capacity_guard.rehearsal.emulator import Emulator
from capacity_guard.rehearsal.emulator.corrections.iam_requests import POLICY_VARIABLE, READER_VARIABLE
from tests.builders.emulated_roles import allow, client_of, code_of, make_role, message_of
from tests.builders.emulated_stack import START

ACCOUNT = "000000000000"
STACK = {
    "Parameters": {"P": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/a/b"}},
    "Resources": {"T": {"Type": "AWS::SNS::Topic"}},
}
UPDATE = {"StackName": "s", "TemplateBody": json.dumps(STACK)}
NAMESPACE = {"StringEquals": {"application-autoscaling:service-namespace": "dynamodb"}}
TARGET = {
    "ServiceNamespace": "dynamodb",
    "ResourceId": "table/none",
    "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
}


def auto_scaling_is_authorized(emulator: Emulator) -> None:
    """A service that MiniStack does not have is denied like any other, and its reads have no condition key."""
    role = make_role(
        emulator,
        "scale",
        [allow("application-autoscaling:*", Condition=NAMESPACE), allow("ssm:GetParameter")],
    )
    client = client_of(emulator, role, "application-autoscaling")
    assert (
        code_of(lambda: client.describe_scalable_targets(ServiceNamespace="dynamodb"))
        == "AccessDeniedException"
    )
    assert code_of(lambda: client.deregister_scalable_target(**TARGET)) == "ObjectNotFoundException"


def role_is_passed_with_permission_alone(emulator: Emulator) -> None:
    passed = make_role(emulator, "passed", [allow("*")], service="cloudformation")
    other = make_role(emulator, "other", [allow("*")], service="cloudformation")
    role = make_role(
        emulator,
        "passes",
        [
            allow(
                "cloudformation:UpdateStack",
                Condition={"StringEquals": {"cloudformation:RoleArn": [passed, other]}},
            ),
            allow(
                "iam:PassRole",
                passed,
                Condition={"StringEquals": {"iam:PassedToService": "cloudformation.amazonaws.com"}},
            ),
        ],
    )
    client = client_of(emulator, role, "cloudformation")
    assert "does not exist" in message_of(lambda: client.update_stack(**UPDATE, RoleARN=passed))
    assert "cloudformation:UpdateStack on resource" in message_of(lambda: client.update_stack(**UPDATE))
    denied = message_of(lambda: client.update_stack(**UPDATE, RoleARN=other))
    assert f"is not authorized to perform: iam:PassRole on resource: {other}" in denied


def request_counts_as_encrypted(emulator: Emulator) -> None:
    """The bucket of the CDK's bootstrapping denies what is not."""
    statement = allow("ssm:GetParameter", Condition={"Bool": {"aws:SecureTransport": "true"}})
    client = client_of(emulator, make_role(emulator, "encrypted", [statement]), "ssm")
    assert code_of(lambda: client.get_parameter(Name="/a")) == "ParameterNotFound"


def signature_of_another_clock_is_accepted(emulator: Emulator) -> None:
    client = client_of(emulator, make_role(emulator, "clock", [allow("ssm:GetParameter")]), "ssm")
    emulator.clock.jump(1_200)
    assert code_of(lambda: client.get_parameter(Name="/a")) == "ParameterNotFound"


def parameters_of_a_stack_are_read_with_rights(emulator: Emulator) -> None:
    """The role of the operation may not read it; without a role, the caller may not."""
    emulator.client("ssm").put_parameter(Name="/a/b", Value="1", Type="String")
    reads = allow("ssm:GetParameters", f"arn:aws:ssm:*:{ACCOUNT}:parameter/a/*")
    updates = [allow("cloudformation:*"), allow("iam:PassRole"), allow("sns:*")]
    able = make_role(emulator, "able", [reads, allow("sns:*")], service="cloudformation")
    unable = make_role(emulator, "unable", [allow("sns:*")], service="cloudformation")
    caller = client_of(emulator, make_role(emulator, "caller", updates), "cloudformation")
    assert (
        "assumed-role/unable/AWSCloudFormation is not authorized to perform: ssm:GetParameters"
        in message_of(lambda: caller.create_stack(**UPDATE, RoleARN=unable))
    )
    assert "The caller is not authorized to perform: ssm:GetParameters" in message_of(
        lambda: caller.create_stack(**UPDATE)
    )
    assert code_of(lambda: caller.create_stack(**UPDATE, RoleARN=able)) == ""


@pytest.mark.parametrize(
    "case",
    [
        auto_scaling_is_authorized,
        role_is_passed_with_permission_alone,
        request_counts_as_encrypted,
        signature_of_another_clock_is_accepted,
        parameters_of_a_stack_are_read_with_rights,
    ],
)
def test_request_with_every_correction(case: object, iam_emulator: Emulator) -> None:
    assert callable(case)
    case(iam_emulator)


def test_parameters_that_are_read_together_are_all_authorized(iam_emulator: Emulator) -> None:
    role = make_role(
        iam_emulator, "names", [allow("ssm:GetParameters", f"arn:aws:ssm:*:{ACCOUNT}:parameter/a")]
    )
    client = client_of(iam_emulator, role, "ssm")
    assert code_of(lambda: client.get_parameters(Names=["/a"])) == ""
    denied = message_of(lambda: client.get_parameters(Names=["/a", "/b"]))
    assert denied.endswith("parameter/b because no identity-based policy allows the ssm:GetParameters action")


@pytest.mark.slow
def test_statement_is_authorized_by_its_verb_and_table(iam_emulator: Emulator) -> None:
    statement = allow(
        ["dynamodb:PartiQLSelect", "dynamodb:ExecuteStatement"], f"arn:aws:dynamodb:*:{ACCOUNT}:table/a"
    )
    client = client_of(iam_emulator, make_role(iam_emulator, "partiql", [statement]), "dynamodb")
    read, write = 'SELECT * FROM "a"', "INSERT INTO \"a\" VALUE {'k': 1}"
    assert code_of(lambda: client.execute_statement(Statement=read)) == "ResourceNotFoundException"
    assert "dynamodb:PartiQLInsert" in message_of(lambda: client.execute_statement(Statement=write))
    assert "table/b" in message_of(lambda: client.execute_statement(Statement='SELECT * FROM "b"'))


def test_boundary_of_a_role_limits_it(iam_emulator: Emulator) -> None:
    boundary = iam_emulator.client("iam").create_policy(
        PolicyName="boundary",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allow("ssm:Get*")]}),
    )["Policy"]["Arn"]
    role = make_role(iam_emulator, "bounded", [allow("*")], PermissionsBoundary=boundary)
    assert (
        code_of(lambda: client_of(iam_emulator, role, "ssm").get_parameter(Name="/a")) == "ParameterNotFound"
    )
    assert code_of(lambda: client_of(iam_emulator, role, "dynamodb").list_tables()) == "AccessDeniedException"


def test_root_may_do_everything(iam_emulator: Emulator) -> None:
    assert iam_emulator.client("dynamodb").list_tables()["TableNames"] == []


@pytest.fixture
def read_otherwise() -> Iterator[Emulator]:
    settings = {POLICY_VARIABLE: "update", READER_VARIABLE: "both"}
    with Emulator(speed=60, start=START, iam=True, settings=settings) as emulator:
        yield emulator


@pytest.mark.slow
def test_readings_that_sources_leave_open_are_settings(
    iam_emulator: Emulator, read_otherwise: Emulator
) -> None:
    """What a stack policy for one update needs, and with whose rights an SSM parameter is read."""
    policy = json.dumps({"Statement": []})
    for emulator in (iam_emulator, read_otherwise):
        role = make_role(emulator, "updates", [allow("cloudformation:UpdateStack")])
        client = client_of(emulator, role, "cloudformation")
        said = message_of(
            lambda client=client: client.update_stack(**UPDATE, StackPolicyDuringUpdateBody=policy)
        )
        assert ("cloudformation:SetStackPolicy" in said) is (emulator is iam_emulator), said
    reads = allow("ssm:GetParameters", f"arn:aws:ssm:*:{ACCOUNT}:parameter/a/*")
    updates = [allow("cloudformation:*"), allow("iam:PassRole")]
    read_otherwise.client("ssm").put_parameter(Name="/a/b", Value="1", Type="String")
    able = make_role(read_otherwise, "able", [reads, allow("sns:*")], service="cloudformation")
    for name, statements, problem in (
        ("caller", updates, "The caller is not authorized to perform: ssm:GetParameters"),
        ("reader", [*updates, reads], ""),
    ):
        caller = client_of(read_otherwise, make_role(read_otherwise, name, statements), "cloudformation")
        assert problem in message_of(lambda caller=caller: caller.create_stack(**UPDATE, RoleARN=able))
    assert read_otherwise.client("cloudformation").describe_stacks(StackName="s")["Stacks"]
