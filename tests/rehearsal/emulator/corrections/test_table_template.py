"""What is read of the properties of CloudFormation's two table types."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from capacity_guard.rehearsal.emulator.corrections import table_template
from capacity_guard.rehearsal.emulator.corrections.table_template import (
    StatedCapacity,
    read_global_table,
    read_table,
)
from tests.builders.emulated_stack import global_table, plain_table, scaling


def properties(template: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = template["Resources"]["Table"]["Properties"]
    return found


@pytest.fixture(autouse=True)
def region(monkeypatch: pytest.MonkeyPatch) -> None:
    responses = SimpleNamespace(get_region=lambda: "eu-west-1")
    monkeypatch.setattr(table_template.ministack, "module", lambda _: responses)


def test_global_table_has_reads_of_its_replica_and_scaled_writes() -> None:
    stated = read_global_table(properties(global_table(read=50, write=scaling(100, 400))))

    assert (stated.mode, stated.both_units) == ("PROVISIONED", False)
    for capacity in stated.resources().values():
        assert capacity.units(seeded=False) == {"ReadCapacityUnits": 50, "WriteCapacityUnits": 100}
        assert capacity.units(seeded=True) == {"ReadCapacityUnits": 50, "WriteCapacityUnits": 400}
    assert list(stated.resources()) == [None, "by_gsi"]


def test_global_table_in_several_regions_is_read_for_the_region_of_the_request() -> None:
    members = properties(global_table(read=50))
    other = {"Region": "us-east-1", "ReadProvisionedThroughputSettings": {"ReadCapacityUnits": 7}}
    members["Replicas"] = [other, *members["Replicas"], other]

    assert read_global_table(members).table.read == 50


def test_global_table_on_demand_has_maxima_and_no_units() -> None:
    stated = read_global_table(properties(global_table(on_demand=True, index_maximum=8_000)))

    assert stated.indexes["by_gsi"].on_demand == {"MaxWriteRequestUnits": 8_000}
    with pytest.raises(ValueError, match="You must specify ReadCapacityUnits or"):
        stated.table.units(seeded=False)


def test_table_with_numbers_and_flags_as_text_has_them_typed() -> None:
    members = properties(plain_table(20))
    members["ProvisionedThroughput"] = {"ReadCapacityUnits": "5", "WriteCapacityUnits": "6"}
    members["DeletionProtectionEnabled"] = "true"
    members["SSESpecification"] = {"SSEEnabled": "false", "SSEType": "KMS"}

    stated = read_table(members)

    assert stated.table == StatedCapacity(read=5, write=6)
    assert stated.both_units
    assert stated.settings["DeletionProtectionEnabled"] is True
    assert stated.settings["SSESpecification"] == {"Enabled": False, "SSEType": "KMS"}
