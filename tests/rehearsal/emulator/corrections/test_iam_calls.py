"""What a request needs: actions, resources and condition keys, by the Service Authorization Reference."""

from __future__ import annotations

from typing import Any

import pytest

from capacity_guard.rehearsal.emulator.corrections.iam_calls import (
    NEEDS_SET_STACK_POLICY,
    Needed,
    Request,
    condition_keys,
    further_needs,
    main_resource,
    read_body,
)

ROLE = "arn:aws:iam::000000000000:role/R"


def request(service: str, operation: str, body: dict[str, Any] | None = None, **parameters: str) -> Request:
    asked = {name: [value] for name, value in parameters.items()}
    return Request(service, operation, asked, body or {}, "eu-west-1", "000000000000")


def needs(asked: Request, *, policy: bool = True) -> list[Needed]:
    return list(further_needs(asked, policy_needs_permission=policy))


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b"1"])
def test_body_that_is_no_object_is_read_as_empty(body: bytes) -> None:
    assert read_body(body) == {}


def test_stack_operation_has_the_keys_of_what_it_names() -> None:
    asked = request("cloudformation", "UpdateStack", RoleARN=ROLE, TemplateURL="https://x", StackName="S")
    assert condition_keys(asked) == {
        "cloudformation:RoleArn": ROLE,
        "cloudformation:TemplateUrl": "https://x",
    }
    assert condition_keys(request("cloudformation", "UpdateStack", StackName="S")) == {}
    typed = request("cloudformation", "UpdateStack", **{"ResourceTypes.member.1": "AWS::SNS::*"})
    assert condition_keys(typed) == {"cloudformation:ResourceTypes": ["AWS::SNS::*"]}


def test_scaling_has_its_namespace_where_it_writes_and_nowhere_else() -> None:
    body = {"ServiceNamespace": "dynamodb", "ScalableDimension": "dynamodb:table:ReadCapacityUnits"}
    keys = {
        "application-autoscaling:service-namespace": "dynamodb",
        "application-autoscaling:scalable-dimension": "dynamodb:table:ReadCapacityUnits",
    }
    for operation in (
        "RegisterScalableTarget",
        "DeregisterScalableTarget",
        "PutScalingPolicy",
        "DeleteScheduledAction",
    ):
        assert condition_keys(request("application-autoscaling", operation, body)) == keys
    for operation in ("DescribeScalableTargets", "DescribeScalingPolicies"):
        assert condition_keys(request("application-autoscaling", operation, body)) == {}


def test_events_have_their_source() -> None:
    def sent(*sources: str) -> dict[str, Any]:
        return condition_keys(
            request("events", "PutEvents", {"Entries": [{"Source": each} for each in sources]})
        )

    assert sent("a", "a") == {"events:source": "a"}
    assert sent("a", "b") == {"events:source": ["a", "b"]}
    assert sent() == {"events:source": []}
    assert condition_keys(request("events", "PutRule", {})) == {}


@pytest.mark.parametrize(
    ("asked", "passed_to"),
    [
        (request("cloudformation", "UpdateStack", RoleARN=ROLE), "cloudformation.amazonaws.com"),
        (request("cloudformation", "CreateChangeSet", RoleARN=ROLE), "cloudformation.amazonaws.com"),
        (request("lambda", "CreateFunction", {"Role": ROLE}), "lambda.amazonaws.com"),
        (request("states", "UpdateStateMachine", {"roleArn": ROLE}), "states.amazonaws.com"),
        (
            request("application-autoscaling", "RegisterScalableTarget", {"RoleARN": ROLE}),
            "application-autoscaling.amazonaws.com",
        ),
    ],
)
def test_request_with_a_role_needs_to_pass_it(asked: Request, passed_to: str) -> None:
    assert needs(asked) == [Needed("iam:PassRole", ROLE, {"iam:PassedToService": passed_to})]


def test_request_without_a_role_needs_to_pass_none() -> None:
    assert needs(request("cloudformation", "UpdateStack", StackName="S")) == []
    assert needs(request("lambda", "UpdateFunctionConfiguration", {"Timeout": 3})) == []


@pytest.mark.parametrize("name", NEEDS_SET_STACK_POLICY)
def test_update_with_a_stack_policy_needs_the_permission_to_set_it_under_one_reading(name: str) -> None:
    asked = request("cloudformation", "UpdateStack", StackName="S", **{name: "{}"})
    arn = "arn:aws:cloudformation:eu-west-1:000000000000:stack/S/*"
    assert needs(asked) == [Needed("cloudformation:SetStackPolicy", arn)]
    assert needs(asked, policy=False) == []
    by_id = request("cloudformation", "UpdateStack", StackName=arn.replace("*", "1"), **{name: "{}"})
    assert needs(by_id) == [Needed("cloudformation:SetStackPolicy", arn.replace("*", "1"))]


def test_parameters_that_are_read_together_need_the_permission_for_each() -> None:
    asked = request("ssm", "GetParameters", {"Names": ["/a/b", "c"]})
    first, second = (f"arn:aws:ssm:eu-west-1:000000000000:parameter/{name}" for name in ("a/b", "c"))
    assert main_resource(asked) == first
    assert needs(asked) == [Needed("ssm:GetParameters", first), Needed("ssm:GetParameters", second)]
    assert main_resource(request("ssm", "GetParameter", {"Name": "/a"})) is None


@pytest.mark.parametrize(
    ("statement", "action", "resource"),
    [
        ('SELECT * FROM "a"', "PartiQLSelect", "table/a"),
        ("select x from a where y = 'from b'", "PartiQLSelect", "table/a"),
        ('SELECT * FROM "a"."i"', "PartiQLSelect", "table/a/index/i"),
        ("INSERT INTO \"a\" VALUE {'k': 1}", "PartiQLInsert", "table/a"),
        ('UPDATE "a" SET x = 1', "PartiQLUpdate", "table/a"),
        ('DELETE FROM "a" WHERE k = 1', "PartiQLDelete", "table/a"),
    ],
)
def test_statement_needs_the_action_of_its_verb_on_its_table(
    statement: str, action: str, resource: str
) -> None:
    found = Needed(f"dynamodb:{action}", f"arn:aws:dynamodb:eu-west-1:000000000000:{resource}")
    assert needs(request("dynamodb", "ExecuteStatement", {"Statement": statement})) == [found]
    many = [{"Statement": statement}, {"Statement": statement}]
    assert needs(request("dynamodb", "BatchExecuteStatement", {"Statements": many})) == [found, found]
    assert needs(request("dynamodb", "ExecuteTransaction", {"TransactStatements": many})) == [found, found]


def test_statement_that_cannot_be_read_needs_what_no_policy_names() -> None:
    found = needs(request("dynamodb", "ExecuteStatement", {"Statement": "EXPLAIN x"}))
    assert found == [Needed("dynamodb:PartiQL", "*")]
