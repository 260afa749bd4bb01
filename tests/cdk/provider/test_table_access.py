"""Policies of a stack with many guarded tables: within IAM's sizes, every table in one of them."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.aws_dynamodb import Attribute, AttributeType, TableV2
from cdk_nag import AwsSolutionsChecks

from capacity_guard import CapacityGuard, InputError, NewTable
from capacity_guard.cdk.app.dependencies import dependency_path
from capacity_guard.cdk.gate_times import GateTimes
from capacity_guard.cdk.provider.provider import GuardProvider
from capacity_guard.cdk.provider.table_access import count_characters, generated_name_pattern
from tests.builders.guarded import Synthesized, app, synthesize

RESOURCES_OF_A_STACK = 500
TABLES = (RESOURCES_OF_A_STACK - 17) // 2
VALUES = {"AWS::Partition": "aws-us-gov", "AWS::Region": "us-isof-south-1", "AWS::AccountId": "123456789012"}


def provider_with(stack_name: str, names: list[str], *, is_generated: bool) -> Synthesized:
    """A stack whose provider may use tables with these names."""
    made = app()
    stack = cdk.Stack(made, stack_name)
    provider = GuardProvider.of(stack, GateTimes())
    for name in names:
        provider.allow(name, is_generated=is_generated)
    cdk.Validations.of(made).add_plugins(AwsSolutionsChecks(made))
    return Synthesized(made.synth().get_stack_by_name(stack_name).template["Resources"])


def as_iam_counts(document: Any) -> int:
    """Characters of a document at the deployment, without white space."""
    return len(json.dumps(at_deployment(document), separators=(",", ":")))


def at_deployment(value: Any) -> Any:
    if isinstance(value, list):
        return [at_deployment(item) for item in value]
    if isinstance(value, dict):
        if "Fn::Join" in value:
            return "".join(map(at_deployment, value["Fn::Join"][1]))
        return VALUES[value["Ref"]] if "Ref" in value else {k: at_deployment(v) for k, v in value.items()}
    return value


def assert_within_sizes(found: Synthesized) -> None:
    inline, *managed = found.policy_documents()
    assert as_iam_counts(inline) <= 10_240
    assert all(as_iam_counts(document) <= 6_144 for document in managed)
    assert len(managed) <= 9  # and AWSLambdaBasicExecutionRole


@pytest.mark.parametrize(
    ("stack", "id_characters"), [("Orders", 24), ("production-eu-west-1-order-service", 160)]
)
def test_as_many_tables_as_a_stack_has_room_for_are_named_one_by_one(stack: str, id_characters: int) -> None:
    ids = [f"Table{position:0{id_characters - 5}d}" for position in range(TABLES)]
    patterns = [generated_name_pattern(stack, id) for id in ids]
    found = provider_with(stack, patterns, is_generated=True)
    assert_within_sizes(found)
    arns = at_deployment(found.table_arns())
    assert [arn.rpartition("/")[2] for arn in arns] == patterns


def test_tables_with_names_so_long_that_they_do_not_fit_are_covered_by_one_pattern_of_the_stack() -> None:
    stack = "s" * 100
    patterns = [generated_name_pattern(stack, f"T{position:0138d}") for position in range(TABLES)]
    found = provider_with(stack, patterns, is_generated=True)
    assert_within_sizes(found)
    arns = at_deployment(found.table_arns())
    for pattern in patterns:
        arn = f"arn:aws-us-gov:dynamodb:us-isof-south-1:123456789012:table/{pattern.removesuffix('*')}1ABC"
        assert any(fnmatchcase(arn, allowed) for allowed in arns)


def test_tables_with_given_names_that_do_not_fit_are_refused_with_the_remedy() -> None:
    with pytest.raises(InputError, match="Spread the tables over several stacks"):
        provider_with("S", [f"t{position:0254d}" for position in range(TABLES)], is_generated=False)


def test_managed_policy_exists_before_the_role_and_leaves_after_every_function() -> None:
    found = provider_with("S", [f"orders-{position:090d}" for position in range(120)], is_generated=False)
    managed = found.of("AWS::IAM::ManagedPolicy")
    assert managed
    functions = [key for key in found.of("AWS::Lambda::Function") if "Provider" not in key]
    assert len(functions) == 2
    for policy, resource in managed.items():
        # a policy that refers to role, user or group would depend on it
        assert set(resource["Properties"]) == {"Description", "Path", "PolicyDocument"}
        for function in functions:
            assert dependency_path(found.resources, function, policy) is not None


def test_tables_whose_guards_read_the_template_one_after_the_other_are_all_named() -> None:
    made = app()
    stack = cdk.Stack(made, "s" * 100)
    for position in range(45):
        declared = TableV2(
            stack,
            f"Orders{position:090d}",
            partition_key=Attribute(name="id", type=AttributeType.STRING),
        )
        CapacityGuard(stack, f"Guard{position}", table=declared, baseline=NewTable(f"orders-{position}"))
    found = synthesize(made, stack.stack_name)
    assert len(found.of("AWS::IAM::ManagedPolicy")) == 1
    names = [arn.rpartition("/")[2] for arn in at_deployment(found.table_arns())]
    assert names == [f"{stack.stack_name}-{key}-*" for key in found.of("AWS::DynamoDB::GlobalTable")]
    assert_within_sizes(found)


def test_name_that_is_given_twice_stands_once() -> None:
    found = provider_with("S", ["orders", "orders"], is_generated=False)
    assert len(found.table_arns()) == 1


def test_characters_are_counted_with_the_longest_value_of_a_reference() -> None:
    document = {"Resource": {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":", {"Ref": "Name"}]]}}
    assert count_characters(document) == len('{"Resource":"arn::"}') + len("aws-us-gov") + 255
    assert (
        count_characters({"Ref": "AWS::StackId"})
        == 2 + len("arn:aws-us-gov:cloudformation:") + 15 + 1 + 12 + len(":stack/") + 128 + 1 + 36
    )


def test_pattern_of_a_name_that_cloudformation_has_to_cut_is_the_beginning_of_the_stacks_name() -> None:
    assert generated_name_pattern("Orders", "Table1F8332C7") == "Orders-Table1F8332C7-*"
    assert generated_name_pattern("s" * 128, "T" * 200) == "s" * 64 + "*"
