"""DescribeChangeSet shows what changes of a resource."""

from __future__ import annotations

import json

from capacity_guard.handlers.change_set import ChangeSet
from capacity_guard.handlers.table_change import changed_properties
from capacity_guard.rehearsal.emulator import Emulator
from tests.builders.emulated_stack import deploy, finish, global_table


def test_change_set_when_asked_for_values_shows_the_resource_before_and_after(emulator: Emulator) -> None:
    stacks = emulator.client("cloudformation")
    deploy(emulator, global_table())
    body = json.dumps(global_table(on_demand=True))
    stacks.create_change_set(StackName="stack", ChangeSetName="one", TemplateBody=body)
    plain = stacks.describe_change_set(StackName="stack", ChangeSetName="one")
    assert "BeforeContext" not in plain["Changes"][0]["ResourceChange"]
    shown = stacks.describe_change_set(StackName="stack", ChangeSetName="one", IncludePropertyValues=True)
    change = shown["Changes"][0]["ResourceChange"]
    before, after = (json.loads(change[name])["Properties"] for name in ("BeforeContext", "AfterContext"))
    assert (before.get("BillingMode"), after["BillingMode"]) == ("PROVISIONED", "PAY_PER_REQUEST")
    found = list(changed_properties(change, {}))
    assert found
    assert all(changed.name for changed in found), "nothing is hidden"
    assert ChangeSet("one", shown, (change,)).foreign(shown["StackId"]) is not None, "it was not executed"
    stacks.execute_change_set(StackName="stack", ChangeSetName="one")
    running = stacks.describe_change_set(StackName="stack", ChangeSetName="one")
    assert running["ExecutionStatus"] in ("EXECUTE_IN_PROGRESS", "EXECUTE_COMPLETE")
    finish(emulator)
    ended = stacks.describe_change_set(StackName="stack", ChangeSetName="one")
    assert ended["ExecutionStatus"] == "EXECUTE_COMPLETE"
