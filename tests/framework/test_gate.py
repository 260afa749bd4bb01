"""The gates' functions behind the real provider framework: what CloudFormation receives."""

from __future__ import annotations

import subprocess

import pytest

from capacity_guard.handlers import gate
from capacity_guard.handlers.update_answer import DATA
from tests.framework.framework import Framework
from tests.framework.test_framework import CREATE

OLD = {"Gate": "preflight", "Fingerprint": "0123456789", "Plan": "the plan before the edit"}


@pytest.fixture
def framework(node: subprocess.Popen[str]) -> Framework:
    return Framework(node, gate.on_event, gate.is_complete)


@pytest.mark.parametrize("name", ["preflight", "bake", "unread"])
def test_update_when_only_the_plan_changed_succeeds_with_the_attribute_that_a_bake_reads(
    framework: Framework, name: str
) -> None:
    """Without it CloudFormation fails the update: "Requested attribute Judged does not exist"."""
    properties = {**OLD, "Gate": name, "Plan": "the plan after the edit"}
    outcome = framework.request(
        {
            **CREATE,
            "RequestType": "Update",
            "PhysicalResourceId": f"{name}-0123456789",
            "ResourceProperties": properties,
            "OldResourceProperties": OLD,
        }
    )
    assert (outcome.status, outcome.physical_id, outcome.polls) == ("SUCCESS", f"{name}-0123456789", 1)
    assert outcome.data == dict(DATA)


@pytest.mark.parametrize("name", ["preflight", "bake", "unread"])
def test_delete_when_a_rollback_removes_a_gate_succeeds_without_reading_the_plan(
    framework: Framework, name: str
) -> None:
    gone = {**CREATE, "RequestType": "Delete", "PhysicalResourceId": f"{name}-0123456789"}
    outcome = framework.request({**gone, "ResourceProperties": {**OLD, "Gate": name, "Plan": "no plan"}})
    assert (outcome.status, outcome.physical_id) == ("SUCCESS", f"{name}-0123456789")
