"""The permission of a stack's functions on one table, by the name that the table has."""

from __future__ import annotations

from typing import Any, cast

import aws_cdk as cdk
import pytest

from capacity_guard.cdk.guards.table_permission import TablePermission
from capacity_guard.cdk.provider.provider import GuardProvider


class Provider:
    """Records what is allowed."""

    def __init__(self) -> None:
        self.allowed: list[tuple[Any, ...]] = []

    def allow(self, table_name: str) -> None:
        self.allowed.append((table_name,))

    def allow_generated(self, resource: object, recorded: str | None) -> None:
        self.allowed.append((resource, recorded))


RESOURCE = cast(cdk.CfnResource, object())


def permission(provider: Provider, name: str | None, recorded: str | None = None) -> TablePermission:
    return TablePermission(cast(GuardProvider, provider), RESOURCE, name, recorded)


def test_permission_when_the_code_names_the_table_is_given_once_for_that_name() -> None:
    provider = Provider()
    made = permission(provider, "orders")
    assert provider.allowed == []
    made.give()
    made.give_by_template("orders")
    assert (provider.allowed, made.name) == ([("orders",)], "orders")


def test_permission_when_the_template_states_another_name_is_given_for_both() -> None:
    provider = Provider()
    made = permission(provider, "orders")
    made.give()
    made.give_by_template("renamed")
    assert (provider.allowed, made.name) == ([("orders",), ("renamed",)], "renamed")


@pytest.mark.parametrize("recorded", [None, "S-Orders-1ABC"])
def test_permission_when_cloudformation_names_the_table_is_given_for_its_resource(
    recorded: str | None,
) -> None:
    provider = Provider()
    made = permission(provider, None, recorded)
    made.give_by_template(None)
    made.give_by_template(None)
    assert (provider.allowed, made.name) == ([(RESOURCE, recorded)], None)


def test_permission_when_the_template_states_an_expression_is_given_for_the_expression() -> None:
    provider = Provider()
    made = permission(provider, None)
    made.give_by_template({"Ref": "TableName"})
    ((text,),) = provider.allowed
    assert cdk.Stack(cdk.App(), "S").resolve(text) == {"Ref": "TableName"}
    assert made.name is None
