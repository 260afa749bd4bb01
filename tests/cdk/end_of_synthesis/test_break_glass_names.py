"""Names of tables in the context of break-glass."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest

from capacity_guard.cdk.app.break_glass_reason import CONTEXT
from capacity_guard.cdk.end_of_synthesis.break_glass_names import unknown_names
from tests.builders.guarded import app, table


@pytest.mark.parametrize(
    "context", [None, "orders are lost", {"Conversations": "x"}, {"S/Conversations": "x"}, {}]
)
def test_reason_for_all_and_known_names_are_no_mistake(context: Any) -> None:
    made = app(**({} if context is None else {CONTEXT: context}))
    guarded = table(cdk.Stack(made, "S"))
    assert unknown_names(made, [guarded.guard]) == ([], [])


def test_name_of_the_inner_table_or_of_none_is_unknown() -> None:
    made = app(**{CONTEXT: {"S/Conversations/Table": "x", "S/Orders": "x", "Conversations": "x"}})
    guarded = table(cdk.Stack(made, "S"))
    assert unknown_names(made, [guarded.guard]) == (
        ["S/Conversations/Table", "S/Orders"],
        ["S/Conversations"],
    )
