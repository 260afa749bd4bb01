"""Names in the code of a table, and ids that its scope does not have."""

from __future__ import annotations

from dataclasses import replace

from capacity_guard.rules.answer_constructs import names_of
from capacity_guard.rules.code_names import CodeNames
from tests.builders.cases import case, on_demand


def test_free_id_is_the_wanted_one_where_the_scope_does_not_have_it() -> None:
    assert CodeNames("Orders").free("OrdersGuard") == "OrdersGuard"


def test_free_id_has_the_first_number_that_the_scope_does_not_have() -> None:
    taken = frozenset({"OrdersGuard", "OrdersGuard2", "OrdersGuard4"})
    assert CodeNames("Orders", taken=taken).free("OrdersGuard") == "OrdersGuard3"


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
