"""The resources of a template that a fix prints declare the capacity that it stands for."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from capacity_guard.capacity import Capacity, Provisioned
from capacity_guard.capacity.structure import Structure, TableKind
from capacity_guard.cloudformation.declared_capacity import read_declared_capacity
from capacity_guard.rules.answer_code import whole_code
from capacity_guard.rules.answer_properties import key_attributes, table_resources
from tests.builders.cases import case, on_demand
from tests.rules.test_answer_constructs import CAPACITIES


@pytest.mark.parametrize("kind", TableKind)
@pytest.mark.parametrize("name", CAPACITIES)
def test_resources_of_a_template_declare_the_capacity(name: str, kind: TableKind) -> None:
    capacity = CAPACITIES[name]
    made = replace(case(on_demand()), dialect="template", logical_id="Orders", kind=kind)
    code, language = whole_code(made, capacity)
    assert language == "json"
    template = {"Resources": json.loads(code)}
    read = read_declared_capacity(template, "Orders", location="t", account=None, region="eu-west-1")
    (branch,) = read.branches
    assert branch[1] == capacity


def test_attributes_are_those_of_the_keys_of_the_table_and_of_the_indexes_that_it_has() -> None:
    structure = Structure(
        TableKind.TABLE,
        "id:S HASH; local by_time: id:S HASH, ts:N RANGE; ALL; local by_size: id:S HASH, size:N RANGE; INCLUDE a, b",
        {"kept": "agent:S HASH; ALL", "deleted": "day:S HASH; ALL"},
    )
    part = Provisioned(read=10, write=10)
    made = table_resources(
        "T", TableKind.TABLE, Capacity.provisioned(read=10, write=10, indexes={"kept": part}), structure
    )
    attributes = made["T"]["Properties"]["AttributeDefinitions"]
    assert {each["AttributeName"]: each["AttributeType"] for each in attributes} == {
        "id": "S",
        "agent": "S",
        "ts": "N",
        "size": "N",
    }


def test_keys_are_read_from_their_text() -> None:
    assert key_attributes("a:S HASH, b, c:N RANGE") is None
    assert key_attributes("a:? HASH") is None
    assert key_attributes("a: b:S HASH") == [("a: b", "S", "HASH")]
    assert "KeySchema" not in table_resources("T", TableKind.TABLE, Capacity.on_demand())["T"]["Properties"]
