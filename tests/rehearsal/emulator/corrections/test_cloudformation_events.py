"""The events of a stack: which there are, and the properties in them."""

from __future__ import annotations

import json

import pytest

from capacity_guard.rehearsal.emulator import Emulator
from tests.builders.emulated_stack import START, deploy, events, global_table, update, with_failure


def test_update_when_nothing_changes_for_a_resource_has_no_event_of_it(emulator: Emulator) -> None:
    deploy(emulator, global_table())
    before = len(events(emulator))
    template = global_table()
    template["Resources"]["Topic"] = {"Type": "AWS::SNS::Topic"}
    update(emulator, template)
    fresh = [(event["LogicalResourceId"], event["ResourceStatus"]) for event in events(emulator)[before:]]
    assert fresh == [
        ("stack", "UPDATE_IN_PROGRESS"),
        ("Topic", "CREATE_IN_PROGRESS"),
        ("Topic", "CREATE_COMPLETE"),
        ("stack", "UPDATE_COMPLETE"),
    ]
    update(emulator, global_table())
    assert [(event["LogicalResourceId"], event["ResourceStatus"]) for event in events(emulator)[-4:-1]] == [
        ("stack", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"),
        ("Topic", "DELETE_IN_PROGRESS"),
        ("Topic", "DELETE_COMPLETE"),
    ]


@pytest.mark.slow
def test_events_when_a_table_changes_carry_its_properties_and_rehearsal_time(emulator: Emulator) -> None:
    deploy(emulator, global_table())
    update(emulator, with_failure(global_table(on_demand=True), emulator))
    shown = [
        json.loads(event["ResourceProperties"])["BillingMode"]
        for event in events(emulator)
        if event["LogicalResourceId"] == "Table" and event["ResourceStatus"] == "UPDATE_IN_PROGRESS"
    ]
    assert shown == ["PAY_PER_REQUEST", "PROVISIONED"]
    assert all(START <= event["Timestamp"] <= emulator.clock.now() for event in events(emulator))
