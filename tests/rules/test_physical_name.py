"""The name of a live table in printed commands: its name where it is known, else the command that asks for it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from capacity_guard import NewTable
from capacity_guard.capacity import InputError, Units
from capacity_guard.rules.fix_code import name_command, shell_word, warm_command
from capacity_guard.rules.physical_name import declared_name, physical_name
from tests.builders.cases import case, on_demand

ASKED = (
    '"$(aws cloudformation describe-stack-resource --stack-name Chat --logical-resource-id Orders '
    '--query StackResourceDetail.PhysicalResourceId --output text)"'
)
MISSING = InputError(
    "a.json", "is missing", "Record it with: capacity-guard record --table NAME --out a.json"
)
PLACED: dict[str, Any] = {"stack": "Chat", "logical_id": "Orders"}


def test_name_when_recorded_expects_it() -> None:
    assert physical_name(case(on_demand())) == "conversations"


@pytest.mark.parametrize("baseline", [MISSING, NewTable("orders")], ids=["missing", "new"])
def test_name_when_not_recorded_expects_that_of_the_code_or_the_command_that_asks_the_stack(
    baseline: Any,
) -> None:
    judged = case(on_demand(), baseline, **PLACED)
    assert physical_name(replace(judged, table_name="my-orders")) == "my-orders"
    assert physical_name(judged) == ASKED == name_command("Chat", "Orders")


@pytest.mark.parametrize("change", [{"nested": True}, {"stack": None}, {"logical_id": None}], ids=str)
def test_name_when_the_stack_is_not_known_expects_a_place_to_fill_in(change: dict[str, Any]) -> None:
    assert declared_name(replace(case(on_demand(), **PLACED), table_name=None, **change)) == "NAME"


def test_name_when_the_region_is_known_expects_it_asked_there() -> None:
    judged = case(on_demand(), MISSING, **PLACED, region="eu-west-1")
    assert "--logical-resource-id Orders --region eu-west-1 --query" in physical_name(judged)


def test_command_that_raises_warm_throughput_takes_the_word_as_it_is() -> None:
    assert f"--table-name {ASKED} --warm" in warm_command(
        None, Units(write=5), name_command("Chat", "Orders")
    )
    assert shell_word("two words") == "'two words'"
