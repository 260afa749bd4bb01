"""Dimensions: each has a key that reads back to itself."""

from __future__ import annotations

import pytest

from capacity_guard.capacity import Dimension, InputError
from capacity_guard.capacity.dimension import index_of, resource_key
from tests.builders.domain import DIMENSIONS


@pytest.mark.parametrize("dimension", DIMENSIONS, ids=lambda d: d.key)
def test_dimension_when_its_key_is_parsed_expects_itself(dimension: Dimension) -> None:
    assert Dimension.parse(dimension.key) == dimension
    assert index_of(resource_key(dimension.index)) == dimension.index


def test_index_when_named_table_expects_a_key_of_its_own() -> None:
    assert Dimension("table", "read").key == "index/table/read" != Dimension(None, "read").key


@pytest.mark.parametrize(
    "key", ["", "table", "table/Read", "index//read", "index/read", "orders/write", "table/x/read"]
)
def test_dimension_when_the_key_is_wrong_expects_an_error(key: str) -> None:
    with pytest.raises(InputError):
        Dimension.parse(key)


def test_label_when_shown_to_a_person_expects_the_resource_and_the_access() -> None:
    assert Dimension(None, "write").label == "table, write"
    assert Dimension("by_agent", "read").label == "by_agent, read"


def test_label_of_an_index_called_table_is_not_that_of_the_table() -> None:
    labels = [Dimension(index, "read").label for index in (None, "table", "Table", "by_agent")]
    assert labels == ["table, read", "index table, read", "Table, read", "by_agent, read"]
