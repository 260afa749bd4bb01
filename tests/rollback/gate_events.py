"""A world in which the events of a stack show the gates of its change."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.handlers.gate_world import ON_DEMAND, TABLE, a_plan, replace_clock

from .watch_world import BAKE, FINGERPRINT, HOLD, HOUR, MINUTE, WatchWorld
from .world import event

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
        "EventId": f"{gate}-{status}-{at:%H%M%S}",
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
