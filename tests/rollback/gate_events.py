"""A world in which the events of a stack show the gates of its change."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.handlers.gate_world import ON_DEMAND, STACK_ID, TABLE, a_plan, replace_clock

from .watch_world import BAKE, FINGERPRINT, HOLD, HOUR, MINUTE, WatchWorld
from .world import NAME, event

TOKEN = "exec-1"
PREFLIGHT = "PreflightGate"
REASON = (
    "Received response status [FAILED] from custom resource. Message returned: Error: {}\n\nLogs: /aws/lambda/x\n\n"
    "    at invoke (/var/task/framework.js:2) (RequestId: 1234)"
)


def gated(monkeypatch: pytest.MonkeyPatch) -> WatchWorld:
    """The world, with a Preflight in its template."""
    made = WatchWorld()
    made.body["Resources"][PREFLIGHT] = {
        "Type": "Custom::CapacityGuardPreflight",
        "Properties": {"Fingerprint": FINGERPRINT},
    }
    replace_clock(monkeypatch, lambda: made.aws.now)
    return made


def gate_event(at: datetime, status: str, gate: str, reason: str = "") -> dict[str, Any]:
    """An event of a gate, with the properties that CloudFormation sent to it."""
    kind = "Preflight" if gate == PREFLIGHT else "Bake"
    plan = a_plan(ON_DEMAND)
    properties = {"Fingerprint": FINGERPRINT, "Hold": HOLD, "Plan": plan.of_bake().to_property()}
    return {
        **event(at, status, gate),
        "ResourceType": f"Custom::CapacityGuard{kind}",
        "ResourceProperties": json.dumps(properties),
        **({"ResourceStatusReason": reason} if reason else {}),
    }


def way(world: WatchWorld, upto: int, ago: timedelta = HOUR) -> datetime:
    """The events of an operation up to one of them; returns when it began."""
    began = world.aws.now - ago
    whole = [
        gate_event(began, "CREATE_IN_PROGRESS", PREFLIGHT),
        gate_event(
            began + timedelta(seconds=1), "CREATE_IN_PROGRESS", PREFLIGHT, "Resource creation Initiated"
        ),
        gate_event(began + 4 * MINUTE, "CREATE_COMPLETE", PREFLIGHT),
        event(began + 5 * MINUTE, "UPDATE_IN_PROGRESS", TABLE),
        event(began + 7 * MINUTE, "UPDATE_COMPLETE", TABLE),
        gate_event(began + 8 * MINUTE, "CREATE_IN_PROGRESS", BAKE),
        gate_event(began + 18 * MINUTE, "CREATE_COMPLETE", BAKE),
    ]
    world.events = whole[:upto][::-1]
    return began


def fails(world: WatchWorld, at: datetime, gate: str, reason: str) -> None:
    """A gate fails, and CloudFormation deletes both of them."""
    world.events = [
        gate_event(at + 2 * MINUTE, "DELETE_COMPLETE", gate),
        gate_event(at + MINUTE, "DELETE_IN_PROGRESS", PREFLIGHT),
        gate_event(at, "CREATE_FAILED", gate, reason),
        *world.events,
    ]


def stack_event(at: datetime, status: str, token: str | None = None) -> dict[str, Any]:
    """An event of the stack itself."""
    return {
        **event(at, status, NAME),
        "PhysicalResourceId": STACK_ID,
        "ResourceType": "AWS::CloudFormation::Stack",
        **({} if token is None else {"ClientRequestToken": token}),
    }


def undone(world: WatchWorld) -> None:
    """The template that CloudFormation has restored: without gates, parameter and condition."""
    for gate in (BAKE, PREFLIGHT):
        world.body["Resources"].pop(gate, None)
    world.body["Parameters"].pop("Held", None)
    world.body["Conditions"] = {}
    world.body["Resources"][TABLE] = {
        "Type": "AWS::DynamoDB::GlobalTable",
        "Properties": {"BillingMode": "PAY_PER_REQUEST", "Replicas": [{"Region": "eu-west-1"}]},
    }
    world.status = "UPDATE_ROLLBACK_COMPLETE"


def own_update(world: WatchWorld, token: str | None = TOKEN) -> None:
    """The update that made the change still runs: Bake has passed, and another table of the stack is with its gates."""
    began = world.aws.now - HOUR
    events = [
        stack_event(began - 5 * MINUTE, "UPDATE_IN_PROGRESS", token),
        gate_event(began - 4 * MINUTE, "CREATE_IN_PROGRESS", PREFLIGHT),
        gate_event(began - 2 * MINUTE, "CREATE_COMPLETE", PREFLIGHT),
        event(began - MINUTE, "UPDATE_IN_PROGRESS", TABLE),
        event(began, "UPDATE_COMPLETE", TABLE),
        gate_event(began, "CREATE_IN_PROGRESS", BAKE),
        gate_event(began + 10 * MINUTE, "CREATE_COMPLETE", BAKE),
    ]
    tokens = {} if token is None else {"ClientRequestToken": token}
    world.events = [{**each, **tokens} for each in events[::-1]]
    world.status = "UPDATE_IN_PROGRESS"
    world.carry(began)
    world.throttle(5, 6)
