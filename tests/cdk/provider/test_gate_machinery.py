"""What runs behind the gates, in the final template: what stops it fails the synthesis, what may stop it is a warning."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as stepfunctions
from constructs import IConstruct

from capacity_guard import GuardedTable
from tests.builders.guarded import LOWERED, WARM, app, synthesize, table

FRAMEWORK = ("Provider", "framework-isComplete")
ROLE_OF_FRAMEWORK = ("Provider", "framework-onEvent", "ServiceRole")
WAITER = ("Provider", "waiter-state-machine")


def scope_of(guard: GuardedTable, *path: str) -> IConstruct:
    node: IConstruct = guard.guard.provider
    for name in path:
        node = node.node.find_child(name)
    return node


def part(guard: GuardedTable, *path: str) -> cdk.CfnResource:
    resource = scope_of(guard, *path).node.default_child
    assert isinstance(resource, cdk.CfnResource)
    return resource


def overriding(*path: str, **properties: Any) -> Callable[[GuardedTable], None]:
    def change(guard: GuardedTable) -> None:
        for name, value in properties.items():
            part(guard, *path).add_property_override(name.replace("__", "."), value)

    return change


def deny(guard: GuardedTable, **statement: Any) -> None:
    role = scope_of(guard, "Role")
    assert isinstance(role, iam.Role)
    iam.ManagedPolicy(
        guard.stack,
        "Company",
        roles=[role],
        statements=[iam.PolicyStatement(**{"effect": iam.Effect.DENY, "resources": ["*"], **statement})],
    )


def removed(*path: str) -> Callable[[GuardedTable], None]:
    def change(guard: GuardedTable) -> None:
        assert scope_of(guard, *path[:-1]).node.try_remove_child(path[-1])

    return change


@jsii.implements(cdk.IAspect)
class Stops:
    """What an aspect does that wants to save money: it sets properties, it overrides none."""

    def visit(self, node: IConstruct) -> None:
        if isinstance(node, lambda_.CfnFunction):
            node.reserved_concurrent_executions = 0


def by_aspect(guard: GuardedTable) -> None:
    cdk.Aspects.of(guard.stack).add(Stops())


def behind_a_condition(guard: GuardedTable) -> None:
    never = cdk.CfnCondition(guard.stack, "Never", expression=cdk.Fn.condition_equals("a", "b"))
    part(guard, *WAITER).cfn_options.condition = never


NOTHING_ALLOWED = {"Version": "2012-10-17", "Statement": []}
STOPPING: dict[str, tuple[Callable[[GuardedTable], None], str]] = {
    "time-out of 3 s": (overriding("IsComplete", Timeout=3), r"IsComplete\w+ is stopped after 3 s"),
    "time-out as text": (overriding("IsComplete", Timeout="3"), r"IsComplete\w+ is stopped after 3 s"),
    "no time-out": (
        lambda guard: part(guard, "OnEvent").add_property_deletion_override("Timeout"),
        r"OnEvent\w+ is stopped after 3 s",
    ),
    "time-out of the framework": (overriding(*FRAMEWORK, Timeout=60), r"isComplete\w+ is stopped after 60 s"),
    "no concurrency": (
        overriding("IsComplete", ReservedConcurrentExecutions=0),
        r"IsComplete\w+ may never run \(ReservedConcurrentExecutions is 0\)",
    ),
    "no concurrency, by an aspect": (by_aspect, r"OnEvent\w+ may never run"),
    "code": (overriding("IsComplete", Code__S3Key="other.zip"), r"Properties\.Code of \w*IsComplete"),
    "inline code": (overriding("IsComplete", Code__ZipFile="pass"), r"Properties\.Code of \w*IsComplete"),
    "code of the framework": (
        overriding(*FRAMEWORK, Code__S3Key="x.zip"),
        r"Properties\.Code of \w*isComplete",
    ),
    "handler of the framework": (
        overriding(*FRAMEWORK, Handler="x.y"),
        r"Properties\.Handler of \w*isComplete",
    ),
    "runtime": (
        overriding("OnEvent", Runtime="nodejs24.x"),
        r"Properties\.Runtime of \w*OnEvent\w+ was changed",
    ),
    "role": (overriding("OnEvent", Role="arn:aws:iam::1:role/x"), r"Properties\.Role of \w*OnEvent"),
    "whom the time-out handler asks": (
        overriding("Provider", "framework-onTimeout", Environment__Variables__USER_ON_EVENT_FUNCTION_ARN="x"),
        r"USER_ON_EVENT_FUNCTION_ARN of \w*onTimeout",
    ),
    "waiter": (
        overriding("Provider", "framework-onEvent", Environment__Variables__WAITER_STATE_MACHINE_ARN="x"),
        r"WAITER_STATE_MACHINE_ARN of \w*onEvent",
    ),
    "state machine": (
        overriding(*WAITER, DefinitionString="{}"),
        r"Properties\.DefinitionString of \w*waiter",
    ),
    "express": (
        overriding(*WAITER, StateMachineType="EXPRESS"),
        r"Properties\.StateMachineType of \w*waiter",
    ),
    "role of the state machine": (overriding(*WAITER, RoleArn="x"), r"Properties\.RoleArn of \w*waiter"),
    "type": (
        lambda guard: part(guard, *WAITER).add_override("Type", "AWS::CloudFormation::WaitConditionHandle"),
        r"waiter\w+ has the type AWS::CloudFormation::WaitConditionHandle",
    ),
    "condition": (behind_a_condition, r"waiter\w+ exists only under condition Never"),
    "macro": (
        lambda guard: part(guard, "OnEvent").add_override("Fn::Transform", {"Name": "Company"}),
        r"OnEvent\w+ is changed by a macro",
    ),
    "policy replaced": (
        overriding("Role", Policies=[{"PolicyName": "Guard", "PolicyDocument": NOTHING_ALLOWED}]),
        r"a statement of Policies of \w*Role\w+ was changed or taken away",
    ),
    "policies of AWS taken away": (overriding("Role", ManagedPolicyArns=[]), "an entry of ManagedPolicyArns"),
    "trust": (
        overriding("Role", AssumeRolePolicyDocument=NOTHING_ALLOWED),
        "a statement of AssumeRolePolicyDocument",
    ),
    "policy of the framework": (
        overriding(*ROLE_OF_FRAMEWORK, "DefaultPolicy", PolicyDocument=NOTHING_ALLOWED),
        "a statement of PolicyDocument",
    ),
    "policy of the framework detached": (
        overriding(*ROLE_OF_FRAMEWORK, "DefaultPolicy", Roles=[]),
        "an entry of Roles",
    ),
    "policy of the framework removed": (
        removed(*ROLE_OF_FRAMEWORK, "DefaultPolicy"),
        "1 AWS::IAM::Policy of 4 behind the gates were removed",
    ),
    "denied": (lambda guard: deny(guard, actions=["dynamodb:*"]), r"Company\w+ denies what \w*Role\w+ needs"),
    "all but one denied": (
        lambda guard: deny(guard, not_actions=["iam:PassRole"]),
        r"Company\w+ denies what \w*Role\w+ needs",
    ),
    "denied inline": (
        lambda guard: part(guard, "Role").add_property_override(
            "Policies.1",
            {
                "PolicyName": "Company",
                "PolicyDocument": {"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}},
            },
        ),
        r"Role\w+ denies what \w*Role\w+ needs",
    ),
}


@pytest.mark.sampled(every=6)
@pytest.mark.parametrize(("change", "said"), STOPPING.values(), ids=list(STOPPING))
def test_change_that_stops_the_gates_fails_the_synthesis_of_a_transition(
    change: Callable[[GuardedTable], None], said: str
) -> None:
    made = app()
    change(table(cdk.Stack(made, "S"), capacity=WARM))
    with pytest.raises(
        RuntimeError, match="its gates are not in the template as the guard made them"
    ) as caught:
        made.synth()
    assert re.search(said, " ".join(str(caught.value).split()))


@pytest.mark.parametrize(("change", "said"), list(STOPPING.values())[::6], ids=list(STOPPING)[::6])
def test_change_that_stops_the_gates_is_seen_in_the_second_stack_too(
    change: Callable[[GuardedTable], None], said: str
) -> None:
    """Its parts are compared with those of the first stack, and only those that differ with their constructs."""
    made = app()
    first = table(cdk.Stack(made, "First"), capacity=WARM)
    change(table(cdk.Stack(made, "S"), capacity=WARM))
    with pytest.raises(RuntimeError) as caught:
        made.synth()
    text = " ".join(str(caught.value).split())
    assert re.search(said, text)
    assert f"{first.guard.path}: its gates are not" not in text


def test_change_that_stops_the_gates_is_nothing_without_a_transition() -> None:
    """A hotfix must not wait for it; the next transition names it."""
    made = app()
    guard = table(cdk.Stack(made, "S"))
    overriding("IsComplete", Timeout=3)(guard)
    made.synth()


def warned(made: cdk.App) -> list[str]:
    made.synth()
    report = json.loads((Path(made.outdir) / "validation-report.json").read_text())
    return [
        violation["description"]
        for plugin in report["pluginReports"]
        for violation in plugin["violations"]
        if violation["ruleName"] == "gates-in-doubt"
    ]


def bounded(guard: GuardedTable) -> None:
    """A boundary for the guard's roles alone."""
    boundary = iam.ManagedPolicy.from_managed_policy_name(guard.stack, "Boundary", "company")
    iam.PermissionsBoundary.of(guard.guard.provider).apply(boundary)
    iam.Role(guard.stack, "Another", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))


def in_a_network(guard: GuardedTable) -> None:
    """What an aspect does that puts every function into a VPC, and one function's role allows it."""
    for path in (("IsComplete",), ("OnEvent",), FRAMEWORK):
        part(guard, *path).add_property_override("VpcConfig", {"SubnetIds": ["subnet-1"]})
    iam.CfnRolePolicy(
        guard.stack,
        "Company",
        policy_name="network",
        role_name=part(guard, "Provider", "framework-isComplete", "ServiceRole").ref,
        policy_document={"Statement": {"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}},
    )


DOUBTFUL: dict[str, tuple[Callable[[GuardedTable], None], str]] = {
    "permissions boundary": (
        bounded,
        r"a permissions boundary that other roles of the stack do not have limits CapacityGuardRole",
    ),
    "denied under a condition": (
        lambda guard: deny(guard, actions=["*"], conditions={"Bool": {"aws:SecureTransport": "false"}}),
        r"Company\w+ denies, for some resources or under a condition, what \w*Role\w+ needs",
    ),
    "VPC without permission": (
        in_a_network,
        r": CapacityGuardOnEvent\w+, CapacityGuardIsComplete\w+ would run in a VPC \(VpcConfig\), where Lambda asks the role",
    ),
    "older runtime": (overriding("OnEvent", Runtime="python3.12"), r"runs on python3\.12, and was tested on"),
    "less memory": (overriding("OnEvent", MemorySize=128), "has 128 MB of memory, and was tested with 256"),
    "concurrency of fewer than the tables": (
        overriding("IsComplete", ReservedConcurrentExecutions=1),
        "may run 1 times at once, and the gates of 2 tables ask it side by side",
    ),
    "time-out of a parameter": (
        overriding("OnEvent", Timeout={"Ref": "AWS::StackId"}),
        r"Timeout of \w*OnEvent\w+ is known only at the deployment",
    ),
    "another endpoint": (
        overriding("OnEvent", Environment__Variables={"AWS_ENDPOINT_URL_DYNAMODB": "https://x", "TEAM": "a"}),
        r": AWS_ENDPOINT_URL_DYNAMODB of \w*OnEvent\w+ may change what its code does",
    ),
}


@pytest.mark.sampled(every=3)
@pytest.mark.parametrize(("change", "said"), DOUBTFUL.values(), ids=list(DOUBTFUL))
def test_change_that_may_stop_the_gates_is_one_warning_of_the_stack(
    change: Callable[[GuardedTable], None], said: str
) -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    table(stack, "Unchanged")
    table(stack, "Other", capacity=LOWERED)
    change(table(stack, capacity=WARM))
    (text,) = warned(made)
    assert text.startswith("S/Other: the gates may not work as they were tested: ")
    assert re.search(said, text)


@jsii.implements(cdk.IAspect)
class Company:
    """What companies add to every function, role and state machine."""

    def visit(self, node: IConstruct) -> None:
        if isinstance(node, lambda_.CfnFunction):
            node.add_property_override("Layers", ["arn:aws:lambda:eu-west-1:1:layer:insights:1"])
            node.add_property_override("TracingConfig", {"Mode": "Active"})
            node.add_property_override("Environment.Variables.TEAM", "orders")
            node.add_property_override("Code.S3Bucket", "mirror")
            node.add_property_override("ReservedConcurrentExecutions", 5)
            node.add_property_override("Timeout", 300)
        if isinstance(node, iam.CfnRole):
            node.add_property_override("Path", "/company/")
        if isinstance(node, stepfunctions.CfnStateMachine):
            node.add_property_override("TracingConfiguration", {"Enabled": True})


def test_what_a_company_adds_to_everything_passes_in_silence() -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    guard = table(stack, capacity=WARM)
    cdk.Tags.of(made).add("team", "orders")
    cdk.Aspects.of(made).add(Company())
    deny(guard, actions=["s3:*"])
    assert warned(made) == []
    assert len(synthesize(made).gates) == 2
