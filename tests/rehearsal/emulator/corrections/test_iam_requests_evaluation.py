"""The evaluation of policies that the emulator uses, MiniStack's, on the examples of the IAM User Guide."""

from __future__ import annotations

from typing import Any

import pytest
from ministack.core.iam_evaluator import EvalContext, evaluate, parse_policy_document

Statement = dict[str, Any]
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def decide(
    action: str,
    resource: str = "*",
    *policies: list[Statement],
    boundary: list[Statement] | None = None,
    **context: Any,
) -> str:
    """Allow, Deny or ImplicitDeny.

    Args:
        policies: identity policies of the caller, each as its statements.
        boundary: its permissions boundary.
        context: condition keys of the request, with ``__`` for the colon.
    """
    asked = EvalContext(
        principal_arn="arn:aws:sts::123456789012:assumed-role/r/s",
        principal_type="AssumedRole",
        principal_account="123456789012",
        action=action,
        resource_arn=resource,
        region="eu-west-1",
        service_context={key.replace("__", ":").lower(): value for key, value in context.items()},
    )
    limits = [] if boundary is None else [[parse_policy_document({"Statement": boundary})]]
    read = [parse_policy_document({"Statement": policy}) for policy in policies]
    return str(evaluate(asked, read, *limits).decision)


def allow(action: Any, resource: Any = "*", **more: Any) -> list[Statement]:
    return [{"Effect": "Allow", "Action": action, "Resource": resource, **more}]


def deny(action: Any, resource: Any = "*", **more: Any) -> list[Statement]:
    return [{"Effect": "Deny", "Action": action, "Resource": resource, **more}]


def test_request_without_a_policy_is_denied_and_a_denial_precedes_whatever_allows() -> None:
    """reference_policies_evaluation-logic_policy-eval-denyallow."""
    assert decide("s3:GetObject") == "ImplicitDeny"
    assert decide("s3:GetObject", "*", allow("s3:*")) == "Allow"
    assert decide("s3:GetObject", "*", allow("s3:*"), deny("s3:Get*")) == "Deny"
    assert decide("s3:GetObject", "*", deny("s3:Get*"), [EVERYTHING]) == "Deny"


def test_boundary_limits_and_allows_nothing_by_itself() -> None:
    """access_policies_boundaries: the examples of the user Shirley."""
    boundary = allow(["s3:*", "cloudwatch:*", "ec2:*"])
    assert decide("iam:CreateUser", "*", allow("iam:CreateUser"), boundary=boundary) == "ImplicitDeny"
    assert decide("s3:ListBucket", "*", boundary=boundary) == "ImplicitDeny"
    assert decide("s3:ListBucket", "*", allow("s3:*"), boundary=boundary) == "Allow"
    assert decide("s3:ListBucket", "*", allow("s3:*"), boundary=[*boundary, *deny("s3:List*")]) == "Deny"


@pytest.mark.parametrize(
    ("action", "decision"),
    [("iam:CreateAccessKey", "Allow"), ("IAM:deleteaccesskey", "Allow"), ("iam:CreateUser", "ImplicitDeny")],
)
def test_action_has_wildcards_and_no_case(action: str, decision: str) -> None:
    """reference_policies_elements_action."""
    assert decide(action, "*", allow("iam:*AccessKey*")) == decision


@pytest.mark.parametrize(
    "name",
    ["1/test/object.jpg", "1/2/test/3/object.jpg", "1///test///object.jpg", "/test/object.jpg", "1/test/"],
)
def test_resource_with_wildcards_spans_slashes(name: str) -> None:
    """reference_policies_elements_resource."""
    policy = allow("s3:GetObject", "arn:aws:s3:::amzn-s3-demo-bucket/*/test/*")
    assert decide("s3:GetObject", f"arn:aws:s3:::amzn-s3-demo-bucket/{name}", policy) == "Allow"


@pytest.mark.parametrize(
    "name", ["1-test/object.jpg", "test/object.jpg", "1/2/test.jpg", "1/TEST/object.jpg"]
)
def test_resource_with_wildcards_is_matched_whole_and_with_case(name: str) -> None:
    policy = allow("s3:GetObject", "arn:aws:s3:::amzn-s3-demo-bucket/*/test/*")
    assert decide("s3:GetObject", f"arn:aws:s3:::amzn-s3-demo-bucket/{name}", policy) == "ImplicitDeny"


def test_not_action_allows_and_denies_everything_else() -> None:
    """reference_policies_elements_notaction."""
    all_but_iam = [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}]
    assert decide("s3:GetObject", "*", all_but_iam) == "Allow"
    assert decide("iam:CreateUser", "*", all_but_iam) == "ImplicitDeny"
    only_iam = [{"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"}]
    assert decide("s3:GetObject", "*", [EVERYTHING], only_iam) == "Deny"
    assert decide("iam:CreateUser", "*", [EVERYTHING], only_iam) == "Allow"


def test_not_resource_denies_everything_else() -> None:
    """reference_policies_elements_notresource: the example of a bucket of human resources."""
    bucket = "arn:aws:s3:::HRBucket/Payroll"
    policy = [{"Effect": "Deny", "Action": "s3:*", "NotResource": [bucket, f"{bucket}/*"]}]
    assert decide("s3:GetObject", f"{bucket}/a", [EVERYTHING], policy) == "Allow"
    assert decide("s3:GetObject", "arn:aws:s3:::HRBucket/Other", [EVERYTHING], policy) == "Deny"


def test_condition_needs_every_key_and_one_value_of_each() -> None:
    """reference_policies_condition-logic-multiple-context-keys-or-values."""
    policy = allow(
        "s:A", Condition={"StringEquals": {"s:a": ["1", "2"], "s:b": "3"}, "NumericLessThan": {"s:n": "5"}}
    )
    assert decide("s:A", "*", policy, s__a="2", s__b="3", s__n="4") == "Allow"
    assert decide("s:A", "*", policy, s__a="3", s__b="3", s__n="4") == "ImplicitDeny"
    assert decide("s:A", "*", policy, s__a="2", s__b="3", s__n="5") == "ImplicitDeny"
    assert decide("s:A", "*", policy, s__a="2", s__b="3") == "ImplicitDeny"


def test_condition_that_is_negated_needs_that_no_value_matches() -> None:
    policy = allow("s:A", Condition={"StringNotEquals": {"s:a": ["1", "2"]}})
    assert decide("s:A", "*", policy, s__a="3") == "Allow"
    assert decide("s:A", "*", policy, s__a="1") == "ImplicitDeny"


@pytest.mark.parametrize(
    ("operator", "absent", "other"),
    [
        ("StringEquals", "ImplicitDeny", "ImplicitDeny"),
        ("StringEqualsIfExists", "Allow", "ImplicitDeny"),
        ("StringNotEquals", "Allow", "Allow"),
        ("ArnLike", "ImplicitDeny", "ImplicitDeny"),
        ("ForAllValues:StringEquals", "Allow", "ImplicitDeny"),
        ("ForAnyValue:StringEquals", "ImplicitDeny", "ImplicitDeny"),
    ],
)
def test_condition_on_a_key_that_the_request_does_not_have(operator: str, absent: str, other: str) -> None:
    """reference_policies_elements_condition_operators; reference_policies_condition-single-vs-multi-valued-context-keys."""
    policy = allow("s:A", Condition={operator: {"s:a": "1"}})
    assert decide("s:A", "*", policy) == absent
    assert decide("s:A", "*", policy, s__a="2") == other


def test_condition_for_null_asks_whether_a_key_is_there() -> None:
    policy = allow("s:A", Condition={"Null": {"s:a": "true"}})
    assert decide("s:A", "*", policy) == "Allow"
    assert decide("s:A", "*", policy, s__a="1") == "ImplicitDeny"


def test_conditions_on_several_values_ask_for_all_or_for_one() -> None:
    """reference_policies_multi-value-conditions: attributes of a DynamoDB table."""
    allowed = ["ID", "PostDateTime"]
    every = allow(
        "dynamodb:GetItem", Condition={"ForAllValues:StringEquals": {"dynamodb:Attributes": allowed}}
    )
    one = deny("dynamodb:PutItem", Condition={"ForAnyValue:StringEquals": {"dynamodb:Attributes": allowed}})
    asked = {"dynamodb__Attributes": ["ID", "Message"]}
    assert decide("dynamodb:GetItem", "*", every, **asked) == "ImplicitDeny"
    assert decide("dynamodb:GetItem", "*", every, dynamodb__Attributes=["ID"]) == "Allow"
    assert decide("dynamodb:PutItem", "*", [EVERYTHING], one, **asked) == "Deny"
    assert decide("dynamodb:PutItem", "*", [EVERYTHING], one, dynamodb__Attributes=["Message"]) == "Allow"


def test_condition_operator_that_nobody_knows_never_allows() -> None:
    assert decide("s:A", "*", allow("s:A", Condition={"Nonsense": {"s:a": "1"}}), s__a="1") == "ImplicitDeny"
