"""The guard never stands in the way of the cure, nor of the end of a table."""

from __future__ import annotations

import pytest

from .lab import INDEX, STACK, Lab, provisioned

pytestmark = pytest.mark.e2e

INDEX_KEY = f"index/{INDEX}/write"


def test_revert_when_the_table_throttles_goes_through_without_a_gate(lab: Lab) -> None:
    with lab.player() as player:
        assert lab.change_to(provisioned(table=490, index=390)).code == 0
        player.surge(6, keys=[INDEX_KEY])
        lab.until(lab.alarm_on)
        reverted = lab.change_to(provisioned())
        assert reverted.code == 0, reverted.output
        assert lab.alarm_on()
    assert lab.gates() == []
    lab.assert_has(provisioned())


def test_raise_when_the_table_throttles_goes_through_its_gates(lab: Lab) -> None:
    with lab.player() as player:
        player.surge(4, keys=[INDEX_KEY])
        lab.until(lab.alarm_on)
        raised = lab.change_to(provisioned(index=2_000))
    assert raised.code == 0, raised.output
    assert len(lab.gates()) == 2
    lab.assert_has(provisioned(index=2_000))


def test_delete_when_an_alarm_is_on_goes_through(lab: Lab) -> None:
    with lab.player() as player:
        player.surge(6, keys=[INDEX_KEY])
        lab.until(lab.alarm_on)
    ended = lab.cdk("destroy", STACK, "--exclusively", "--force")
    assert ended.code == 0, ended.output
    assert lab.emulator.client("dynamodb").list_tables()["TableNames"] == []
    targets = lab.emulator.client("application-autoscaling").describe_scalable_targets(
        ServiceNamespace="dynamodb"
    )
    assert targets["ScalableTargets"] == []
