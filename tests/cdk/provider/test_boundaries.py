"""Permissions boundaries on the guard's roles: which are a gap, which a doubt, and which a company's rule."""

from __future__ import annotations

import re
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam

from capacity_guard import GuardedTable
from capacity_guard.cdk.provider.boundaries import boundary_doubts, boundary_gaps
from tests.builders.guarded import WARM, app, synthesize, table
from tests.paths import ROOT

ROLE, POLICY = "AWS::IAM::Role", "AWS::IAM::ManagedPolicy"
NEEDED = ["dynamodb:UpdateTable", "cloudwatch:GetMetricData"]


def role(boundary: Any = None) -> dict[str, Any]:
    properties = {} if boundary is None else {"PermissionsBoundary": boundary}
    return {"Type": ROLE, "Properties": properties}


def gaps(*stated: Any, **others: Any) -> list[str]:
    statement: Any = stated[0] if len(stated) == 1 else list(stated)
    policy = {"Type": POLICY, "Properties": {"PolicyDocument": {"Statement": statement}}, **others}
    return list(boundary_gaps("Role", NEEDED, {"Role": role({"Ref": "Company"}), "Company": policy}))


def allow(*actions: Any, **others: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*", **others}


def test_boundary_when_it_allows_one_of_two_actions_is_a_gap_that_names_the_other() -> None:
    assert gaps(allow("dynamodb:*", "logs:*")) == [
        "the permissions boundary Company of Role does not allow cloudwatch:GetMetricData"
    ]


@pytest.mark.parametrize(
    "stated",
    [
        [allow("DynamoDB:Update*", "cloudwatch:Get?etricData")],
        [allow("dynamodb:*"), {"Effect": "Allow", "Action": "cloudwatch:*", "Resource": "arn:aws:x"}],
        [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}],
        [allow("*"), {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}],
        [{"Fn::If": ["Production", allow("dynamodb:*"), {"Ref": "AWS::NoValue"}]}],
        [allow({"Ref": "Actions"})],
    ],
    ids=["patterns", "two statements", "all but some", "with a deny", "behind a condition", "of a parameter"],
)
def test_boundary_when_it_may_allow_everything_needed_is_no_gap(stated: list[Any]) -> None:
    assert gaps(*stated) == []


@pytest.mark.parametrize(
    "boundary", [None, "arn:aws:iam::1:policy/company", {"Ref": "Missing"}, {"Ref": "Role"}]
)
def test_boundary_when_its_policy_is_not_in_the_template_is_no_gap(boundary: Any) -> None:
    assert list(boundary_gaps("Role", NEEDED, {"Role": role(boundary)})) == []


@pytest.mark.parametrize(
    "resources", [{"Role": role("a")}, {"Role": role("a"), "Another": role("a")}, {"Role": role()}]
)
def test_boundary_of_every_role_when_looked_at_is_no_doubt(resources: Any) -> None:
    assert list(boundary_doubts(["Role"], resources)) == []


@pytest.mark.parametrize("other", [role(), role("b")])
def test_boundary_when_other_roles_lack_it_is_a_doubt(other: Any) -> None:
    (text,) = boundary_doubts(["Role"], {"Role": role("a"), "Another": other})
    assert text == "a permissions boundary that other roles of the stack do not have limits Role"


def boundary_in_the_app(made: cdk.App, *actions: str) -> GuardedTable:
    stack = cdk.Stack(made, "S")
    guard = table(stack, capacity=WARM)
    statement = iam.PolicyStatement(actions=list(actions), resources=["*"])
    iam.PermissionsBoundary.of(made).apply(iam.ManagedPolicy(stack, "Company", statements=[statement]))
    return guard


def test_boundary_of_the_app_that_denies_the_gates_fails_the_synthesis_of_a_transition() -> None:
    made = app()
    boundary_in_the_app(made, "dynamodb:DescribeTable", "logs:*", "states:*", "lambda:*")
    with pytest.raises(RuntimeError) as caught:
        made.synth()
    said = r"boundary Company\w+ of CapacityGuardRole\w+ does not allow .*cloudwatch:GetMetricData, .*dynamodb:UpdateTable"
    assert re.search(said, " ".join(str(caught.value).split()))


def documented() -> list[str]:
    """Actions in the page's list of what a boundary must allow."""
    page = (ROOT / "docs" / "iam.md").read_text()
    section = page.partition("## A permissions boundary")[2].partition("\n## ")[0]
    return re.findall(r"^    ([a-z-]+:\w+)$", section, re.MULTILINE)


def test_boundary_when_it_allows_what_the_page_lists_has_no_gap() -> None:
    made = app()
    boundary_in_the_app(made, *documented())
    assert len(synthesize(made).gates) == 2


def test_list_of_the_page_when_compared_holds_what_the_roles_are_allowed_and_their_log() -> None:
    made = app()
    table(cdk.Stack(made, "S"), capacity=WARM)
    allowed = set()
    for resource in synthesize(made).of(ROLE, "AWS::IAM::Policy").values():
        properties = resource["Properties"]
        documents = [
            properties.get("PolicyDocument"),
            *(p["PolicyDocument"] for p in properties.get("Policies", ())),
        ]
        for document in filter(None, documents):
            for statement in document["Statement"]:
                actions = statement["Action"]
                allowed.update([actions] if isinstance(actions, str) else actions)
    of_log = {"logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"}
    assert set(documented()) == allowed | of_log
