"""Deployed capacity: units and warm throughput of each dimension, the same after a round trip."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from capacity_guard.capacity import (
    AutoScaling,
    Capacity,
    Deployed,
    Dimension,
    InputError,
    Structure,
    TableKind,
    Units,
)
from tests.builders.domain import deployments

WRITE = Dimension(None, "write")
SCALED = Capacity.provisioned(read=100, write=AutoScaling(200, 4_000))


@given(deployments())
def test_deployed_when_written_and_read_expects_the_same(deployed: Deployed) -> None:
    assert Deployed.from_json(json.loads(json.dumps(deployed.to_json())), "deployed") == deployed


def test_units_when_recorded_expects_them_and_otherwise_the_live_minimum() -> None:
    assert Deployed(SCALED, SCALED, {"table": Units(write=3_000)}, {}).provisioned_now(WRITE) == 3_000
    assert Deployed(SCALED, SCALED, {}, {}).provisioned_now(WRITE) == 200
    raised = Capacity.provisioned(read=100, write=AutoScaling(500, 4_000))
    assert Deployed(SCALED, raised, {}, {}).provisioned_now(WRITE) == 500


def test_units_when_on_demand_or_without_the_index_expects_none() -> None:
    assert Deployed(SCALED, Capacity.on_demand(), {}, {}).provisioned_now(WRITE) is None
    assert Deployed(SCALED, SCALED, {}, {}).provisioned_now(Dimension("by_agent", "write")) is None


def test_warm_throughput_when_unknown_expects_zero() -> None:
    deployed = Deployed(SCALED, SCALED, {}, {"table": Units(read=12_000)})
    assert deployed.warm_now(Dimension(None, "read")) == 12_000
    assert deployed.warm_now(WRITE) == 0


def test_kind_when_no_structure_was_recorded_is_unknown() -> None:
    assert Deployed(SCALED, SCALED, {}, {}).kind is None
    structure = Structure(TableKind.TABLE, "id:S HASH")
    assert Deployed(SCALED, SCALED, {}, {}, structure=structure).kind is TableKind.TABLE


@pytest.mark.parametrize(
    ("field", "value", "location"),
    [
        ("live", None, "d.live"),
        ("units", None, "d.units"),
        ("units", {"index/by_agent": {}}, "d.units.index/by_agent"),
        ("warm", {"table": {"write": 0}}, "d.warm.table.write"),
        ("previous", {}, "d.previous.replaced_at"),
        ("previous", {"replaced_at": None}, "d.previous.capacity"),
        ("previous", {"replaced_at": "soon", "capacity": SCALED.to_json()}, "d.previous.replaced_at"),
        ("previous", SCALED.to_json(), "d.previous.billing_mode"),
        ("ttl", 1, "d.ttl"),
        ("scaling", [], "d.scaling"),
        ("scaling", {"A": {"Type": "T"}}, "d.scaling.A.Properties"),
        ("scaling", {"A": {"Properties": {}}}, "d.scaling.A.Type"),
        ("scaling", {"A": {"Type": "T", "Properties": {}, "Condition": "C"}}, "d.scaling.A.Condition"),
    ],
)
def test_deployed_when_a_field_is_wrong_expects_its_name_in_the_error(
    field: str, value: Any, location: str
) -> None:
    with pytest.raises(InputError) as raised:
        Deployed.from_json({**Deployed(SCALED, SCALED, {}, {}).to_json(), field: value}, "d")
    assert raised.value.location == location


def test_deployed_with_scaling_resources_is_read_as_it_was_written() -> None:
    scaling = {"A": {"Type": "AWS::ApplicationAutoScaling::ScalableTarget", "Properties": {"MinCapacity": 5}}}
    deployed = Deployed(SCALED, SCALED, {}, {}, scaling=scaling)
    assert Deployed.from_json(deployed.to_json(), "d") == deployed
    assert "scaling" not in Deployed(SCALED, SCALED, {}, {}).to_json()
