"""The baseline as it is recorded again once a capacity was deployed."""

from __future__ import annotations

from capacity_guard.capacity import TableKind
from capacity_guard.rules.after_deployment import after
from tests.builders.cases import baseline, on_demand, provisioned


def test_baseline_after_a_deployment_has_its_capacity_and_the_same_traffic() -> None:
    before = baseline()
    recorded = after(before, provisioned(2_000), TableKind.GLOBAL_TABLE)
    assert recorded.deployed is not None
    assert recorded.deployed.template == recorded.deployed.live == provisioned(2_000)
    assert recorded.deployed.previous is None
    assert recorded.traffic is before.traffic
    assert recorded.transition_to(provisioned(2_000)).is_empty
    switched = after(recorded, on_demand()).deployed
    assert switched is not None
    assert switched.template.is_on_demand
