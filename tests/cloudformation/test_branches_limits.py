"""Branches of a synthesized template: their order and words, their most, and what a reference reads as."""

from __future__ import annotations

from typing import Any

import pytest

from capacity_guard.capacity import InputError
from capacity_guard.cloudformation.branches import in_each_branch
from capacity_guard.cloudformation.intrinsics import Intrinsics


def template(names: list[str], **resources: Any) -> dict[str, Any]:
    return {
        "Resources": resources,
        "Conditions": {name: {"Fn::Equals": [{"Ref": f"P{name}"}, "yes"]} for name in names},
    }


def all_of(names: list[str]) -> Any:
    return lambda read: tuple(read.value({"Condition": name}, "P") for name in names)


def test_branches_are_every_combination_with_the_true_side_first() -> None:
    names = ["A", "B"]
    assert in_each_branch(template(names), all_of(names), location="S") == (
        ("PA = yes, PB = yes", (True, True)),
        ("PA = yes, PB is not yes", (True, False)),
        ("PA is not yes, PB = yes", (False, True)),
        ("PA is not yes, PB is not yes", (False, False)),
    )


def test_branches_are_up_to_32() -> None:
    names = list("ABCDE")
    found = in_each_branch(template(names), all_of(names), location="S")
    assert len({values for _, values in found}) == len(found) == 32
    with pytest.raises(InputError) as raised:
        in_each_branch(template([*names, "F"]), all_of([*names, "F"]), location="S")
    assert (raised.value.location, raised.value.problem, raised.value.remedy) == (
        "S",
        "its conditions can turn out in more than 32 ways",
        "Let fewer conditions decide what the table is",
    )


def chain(length: int) -> Any:
    """Reads conditions until one is true: as many branches as conditions, and one more."""

    def read(values: Intrinsics) -> int:
        return next(
            (number for number in range(length) if values.value({"Condition": f"C{number}"}, "P")), length
        )

    return read


def test_branches_of_a_chain_are_counted_with_those_that_wait() -> None:
    names = [f"C{number}" for number in range(32)]
    assert len(in_each_branch(template(names), chain(31), location="S")) == 32
    with pytest.raises(InputError, match="more than 32 ways"):
        in_each_branch(template(names), chain(32), location="S")


def test_comparison_of_two_unknown_values_is_worded_without_braces_and_plain_braces_stay() -> None:
    compared = {
        "Resources": {},
        "Conditions": {
            "A": {"Fn::Equals": [{"Ref": "X"}, {"Fn::Sub": "${Y}-${Z}"}]},
            "B": {"Fn::Equals": [{"Ref": "X"}, "}text}"]},
        },
    }
    words = [branch for branch, _ in in_each_branch(compared, all_of(["A", "B"]), location="S")]
    assert words[-1] == "X is not Y-Z, X is not }text}"


@pytest.mark.parametrize(
    ("resource", "text"),
    [
        ({"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "orders"}}, "orders"),
        ({"Type": "AWS::DynamoDB::GlobalTable", "Properties": {"TableName": "orders"}}, "orders"),
        ({"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": {"Ref": "Name"}}}, "${Orders}"),
        ({"Type": "AWS::DynamoDB::Table"}, "${Orders}"),
        ({"Type": "AWS::SQS::Queue", "Properties": {"TableName": "orders"}}, "${Orders}"),
        ({"Properties": {"TableName": "orders"}}, "${Orders}"),
    ],
)
def test_reference_to_a_table_reads_as_its_stated_name_alone(resource: dict[str, Any], text: str) -> None:
    found = in_each_branch(
        template([], Orders=resource), lambda read: read.value({"Ref": "Orders"}, "P"), location="S"
    )
    assert found == ((None, text),)


@pytest.mark.parametrize(
    ("given", "account", "region"),
    [
        ({}, "${AWS::AccountId}", "${AWS::Region}"),
        ({"account": "1", "region": "eu-west-1"}, "1", "eu-west-1"),
        ({"region": "eu-west-1"}, "${AWS::AccountId}", "eu-west-1"),
        ({"account": "1", "region": ""}, "1", "${AWS::Region}"),
    ],
)
def test_account_and_region_read_as_they_are_known(given: dict[str, Any], account: str, region: str) -> None:
    def both(read: Intrinsics) -> tuple[Any, Any]:
        return read.value({"Ref": "AWS::AccountId"}, "P"), read.value({"Ref": "AWS::Region"}, "P")

    assert in_each_branch(template([]), both, location="S", **given) == ((None, (account, region)),)


def test_value_that_cannot_be_read_is_refused_with_the_stack_and_the_remedy_for_code() -> None:
    with pytest.raises(InputError) as raised:
        in_each_branch(template([]), lambda read: read.number(7.5, path="P"), location="S")
    assert raised.value.location == "S: P"
    assert raised.value.remedy == "State it as a plain value in the table's code"
