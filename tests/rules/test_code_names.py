"""Names in the code of a table, and ids that its scope does not have."""

from __future__ import annotations

from dataclasses import replace

import aws_cdk as cdk
import pytest
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from capacity_guard.rules.answer_constructs import names_of
from capacity_guard.rules.code_names import CodeNames
from tests.builders.cases import case, on_demand


def test_free_id_is_the_wanted_one_where_the_scope_does_not_have_it() -> None:
    assert CodeNames("Orders").free("OrdersGuard") == "OrdersGuard"


def test_free_id_has_the_first_number_that_the_scope_does_not_have() -> None:
    taken = frozenset({"OrdersGuard", "OrdersGuard2", "OrdersGuard4"})
    assert CodeNames("Orders", taken=taken).free("OrdersGuard") == "OrdersGuard3"


@pytest.mark.parametrize("id", ["Orders", "Archive1", "OrdersTable"])
def test_construct_id_of_a_recorded_table_is_that_which_the_cdk_has_made_its_logical_id_of(id: str) -> None:
    stack = cdk.Stack(cdk.App(), "Shop")
    key = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
    for made in (
        dynamodb.Table(stack, id, partition_key=key),
        dynamodb.TableV2(stack, f"{id}V2", partition_key=key),
    ):
        resource = made.node.default_child
        assert isinstance(resource, cdk.CfnElement)
        assert CodeNames.of_recorded(stack.resolve(resource.logical_id), "Shop-Orders") == CodeNames(
            made.node.id
        )


def test_construct_id_of_a_recorded_table_below_another_construct_is_not_guessed() -> None:
    stack = cdk.Stack(cdk.App(), "Shop")
    key = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
    made = dynamodb.Table(Construct(stack, "Storage"), "Orders", partition_key=key)
    resource = made.node.default_child
    assert isinstance(resource, cdk.CfnElement)
    logical_id = stack.resolve(resource.logical_id)
    assert CodeNames.of_recorded(logical_id, "Shop-Orders") == CodeNames(logical_id, table_unknown=True)


@pytest.mark.parametrize(
    ("logical_id", "shown"), [("OrdersTable", "OrdersTable"), (None, "Shop-Orders"), ("", "Shop-Orders")]
)
def test_construct_id_of_a_recorded_table_whose_logical_id_has_no_digest_is_not_guessed(
    logical_id: str | None, shown: str
) -> None:
    assert CodeNames.of_recorded(logical_id, "Shop-Orders") == CodeNames(shown, table_unknown=True)


def test_names_of_a_case_are_looked_up_once_and_only_when_they_are_asked_for() -> None:
    calls: list[int] = []

    def look_up() -> CodeNames:
        calls.append(1)
        return CodeNames("Bestellungen")

    judged = replace(case(on_demand()), names=look_up)
    assert calls == []
    assert names_of(judged).table == names_of(judged).table == "Bestellungen"
    assert calls == [1]


def test_names_of_a_case_without_a_look_up_are_the_name_in_findings() -> None:
    judged = case(on_demand())
    assert names_of(judged) == CodeNames(judged.table)
