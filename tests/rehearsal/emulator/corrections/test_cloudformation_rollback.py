"""What a rollback does about the resource that failed."""

from __future__ import annotations

import json

import pytest

from capacity_guard.rehearsal.emulator import Emulator
from tests.builders.emulated_stack import (
    FAILED,
    capacity,
    deploy,
    global_table,
    plain_table,
    reason,
    scalable,
    settled,
    update,
    with_failure,
)


@pytest.mark.slow
def test_global_table_when_a_gate_after_it_fails_is_restored_with_its_index(emulator: Emulator) -> None:
    deploy(emulator, global_table())
    status = update(emulator, with_failure(global_table(on_demand=True), emulator))
    assert status == "UPDATE_ROLLBACK_COMPLETE"
    assert reason(emulator) == FAILED
    assert settled(emulator)["table"] == capacity(emulator)["index"] == (50, 400)
    assert len(scalable(emulator)) == 2


@pytest.mark.slow
def test_custom_resource_when_its_create_failed_gets_a_delete_with_its_id(emulator: Emulator) -> None:
    deploy(emulator, global_table())
    update(emulator, with_failure(global_table(on_demand=True), emulator))
    sent = json.loads(emulator.client("ssm").get_parameter(Name="/sent/Delete")["Parameter"]["Value"])
    assert (sent["LogicalResourceId"], sent["PhysicalResourceId"]) == ("Gate", "the-gate")


def test_table_when_half_of_its_update_failed_is_sent_back(emulator: Emulator) -> None:
    deploy(emulator, plain_table(20))
    half = plain_table(60)
    # Throughput comes first and is accepted; a decrease of warm throughput is refused after it.
    half["Resources"]["Table"]["Properties"]["WarmThroughput"] = {"WriteUnitsPerSecond": 1}
    assert update(emulator, half) == "UPDATE_ROLLBACK_COMPLETE"
    assert settled(emulator)["table"] == capacity(emulator)["index"] == (20, 20)


def test_table_when_a_gate_after_it_fails_is_restored(emulator: Emulator) -> None:
    deploy(emulator, plain_table(20))
    assert update(emulator, with_failure(plain_table(60), emulator)) == "UPDATE_ROLLBACK_COMPLETE"
    assert settled(emulator)["table"] == capacity(emulator)["index"] == (20, 20)
