"""Transitions that pass both gates are committed."""

from __future__ import annotations

import pytest

from capacity_guard.capacity import Units

from .lab import INDEX, Lab, on_demand, provisioned

pytestmark = pytest.mark.e2e


@pytest.mark.smoke
def test_switch_to_on_demand_when_warm_throughput_is_asked_for_is_pre_warmed_and_committed(lab: Lab) -> None:
    target = on_demand(warm=Units(write=5_000))
    with lab.player():
        changed = lab.change_to(target)
    assert changed.code == 0, changed.output
    assert lab.status() == "UPDATE_COMPLETE"
    lab.assert_has(target)
    assert lab.warm_throughput()[INDEX] >= 5_000
    assert len(lab.gates()) == 2

    # With a new recording there is no transition: the gates are removed, and the table is unchanged.
    lab.record()
    settled = lab.deploy()
    assert settled.code == 0, settled.output
    assert lab.gates() == []
    lab.assert_has(target)


def test_switch_to_provisioned_when_it_carries_the_traffic_is_committed(on_demand_lab: Lab) -> None:
    target = provisioned()
    with on_demand_lab.player():
        changed = on_demand_lab.change_to(target)
    assert changed.code == 0, changed.output
    on_demand_lab.assert_has(target)


def test_raise_when_nothing_throttles_is_committed(lab: Lab) -> None:
    target = provisioned(table=900, index=700)
    with lab.player():
        changed = lab.change_to(target)
    assert changed.code == 0, changed.output
    lab.assert_has(target)


def test_committed_by_break_glass_when_it_is_dropped_before_the_recording_is_deployed_with_a_hotfix(
    lab: Lab,
) -> None:
    """The gates are created for a change that is deployed already: they pass at once, and nothing is rolled back."""
    lowered = provisioned(table=490, index=390)
    with lab.player():
        lab.declare(lowered)
        broken = lab.deploy("-c", "capacity-guard:break-glass=orders are lost, incident 4711")
        assert broken.code == 0, broken.output
        assert lab.gates() == []
        lab.assert_has(lowered)
        dropped = lab.change_to(lowered, companion=True)
    assert dropped.code == 0, dropped.output
    assert lab.status() == "UPDATE_COMPLETE"
    assert len(lab.gates()) == 2
    assert lab.properties_of("Bake")["Judged"] == "already deployed"
    lab.assert_has(lowered)


def test_committed_raise_when_settings_are_edited_before_it_is_recorded_is_deployed_and_unchanged(
    lab: Lab,
) -> None:
    """While a committed transition waits for its new baseline, its gates are updated and not asked to judge."""
    with lab.player():
        changed = lab.change_to(provisioned(table=900, index=700))
    assert changed.code == 0, changed.output
    gates, units = lab.gates(), lab.describe()["ProvisionedThroughput"]
    lab.spec["rollout"] = {**lab.spec["rollout"], "bake_minutes": lab.spec["rollout"]["bake_minutes"] + 2}
    accepted = {"rule": "CG12", "reason": "A table of a test", "until": None}
    lab.spec["acknowledgments"] = [*lab.spec["acknowledgments"], accepted]
    edited = lab.deploy()
    assert edited.code == 0, edited.output
    assert lab.status() == "UPDATE_COMPLETE"
    assert lab.gates() == gates
    assert lab.describe()["ProvisionedThroughput"] == units
