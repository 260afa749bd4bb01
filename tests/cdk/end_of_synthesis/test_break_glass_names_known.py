"""Names in the context of break-glass: each table of the app by its path and its id, with or without a guard."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest

from capacity_guard import CapacityGuard
from capacity_guard.cdk.end_of_synthesis import break_glass_names
from capacity_guard.cdk.end_of_synthesis.break_glass_names import unknown_names
from capacity_guard.cdk.fleet.registry import tables_of
from tests.builders import adopted
from tests.builders.guarded import app, table

REASON = "incident 7 of the night"


def unknown(*names: str) -> tuple[list[str], list[str]]:
    made = app(**{"capacity-guard:break-glass": dict.fromkeys(names, REASON)})
    stack = cdk.Stack(made, "S")
    table(stack, "Guarded")
    CapacityGuard(
        stack,
        "Guard",
        table=adopted.table(stack, adopted.PROVISIONED, None, "Adopted"),
        baseline=adopted.recorded(),
    )
    adopted.table(cdk.Stack(made, "T"), adopted.PROVISIONED, None, "Unguarded")
    return unknown_names(made, iter(tables_of(made)))


@pytest.mark.parametrize(
    "name",
    ["S/Guarded", "Guarded", "S/Guard", "Guard", "S/Adopted", "Adopted", "T/Unguarded", "Unguarded"],
)
def test_name_of_a_table_is_known(name: str) -> None:
    assert unknown(name) == ([], [])


def test_names_of_no_table_are_told_in_their_order_with_the_tables() -> None:
    known = ["S/Guard", "S/Guarded", "T/Unguarded"]
    assert unknown("Zebra", "Guarded", "S/Guarded/Table", "Ant") == (
        ["Zebra", "S/Guarded/Table", "Ant"],
        known,
    )


@pytest.mark.parametrize("context", [None, REASON, {}])
def test_reason_for_all_names_nobody(context: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(break_glass_names, "tables_below", lambda app: pytest.fail("the tree is searched"))
    made = app(**({} if context is None else {"capacity-guard:break-glass": context}))
    assert unknown_names(made, []) == ([], [])


def test_tree_is_not_searched_where_guards_know_every_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(break_glass_names, "tables_below", lambda app: pytest.fail("the tree is searched"))
    made = app(**{"capacity-guard:break-glass": {"Guarded": REASON}})
    guarded = table(cdk.Stack(made, "S"), "Guarded")
    assert unknown_names(made, [guarded.guard]) == ([], [])
