"""The hashes of what may change in the operation of a gate."""

from __future__ import annotations

import pytest

from capacity_guard.capacity.travelling import id_hash, read_travelling, travelling_text


def test_text_when_read_has_each_id_once() -> None:
    text = travelling_text(["CartsTable", "OrdersTable", "CartsTable"])
    assert read_travelling(text) == {id_hash("CartsTable"), id_hash("OrdersTable")}
    assert text == travelling_text(["OrdersTable", "CartsTable"])


def test_text_when_all_resources_of_a_stack_travel_stays_small() -> None:
    assert len(travelling_text(f"Resource{number}" for number in range(500))) == 5_000


@pytest.mark.parametrize("value", [None, "", 7, ["CartsTable"]])
def test_text_when_there_is_none_names_nothing(value: object) -> None:
    assert read_travelling(value) == frozenset()
