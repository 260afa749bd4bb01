"""The timeout of a custom resource counts rehearsal seconds."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from capacity_guard.rehearsal.emulator import Emulator
from capacity_guard.rehearsal.emulator.corrections import cloudformation_custom_resources as custom_resources
from tests.builders.emulated_stack import deploy, events, global_table, update, with_failure


@pytest.mark.slow
def test_custom_resource_when_silent_fails_after_its_timeout_in_rehearsal_seconds(emulator: Emulator) -> None:
    deploy(emulator, global_table())
    gate = with_failure(global_table(on_demand=True), emulator, Silent="true", ServiceTimeout=10)
    assert update(emulator, gate) == "UPDATE_ROLLBACK_COMPLETE"
    times = {
        event["ResourceStatus"]: event["Timestamp"]
        for event in events(emulator)
        if event["LogicalResourceId"] == "Gate"
    }
    assert 10 <= (times["CREATE_FAILED"] - times["CREATE_IN_PROGRESS"]).total_seconds() < 400


def test_event_of_a_custom_resource_when_the_clock_passes_its_timeout_gives_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    times = iter([1_000.0, 1_001.0, 1_011.0])
    monkeypatch.setattr(custom_resources, "time", SimpleNamespace(time=lambda: next(times)))
    assert custom_resources._RehearsalEvent().wait(10) is False
