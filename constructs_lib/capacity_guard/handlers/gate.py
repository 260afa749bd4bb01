"""Entry points of the gates for the CDK provider framework.

Only a Create runs a gate. Update and Delete answer at once, without a call to AWS and without reading the plan. So the
guard cannot block a rollback, even if the guard itself is broken.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

NOT_JUDGED = "not judged"
"""Attribute ``Judged`` of a Preflight that was updated and did not judge. A Bake that receives it classifies by its plan."""

if TYPE_CHECKING:
    from types import ModuleType

    from .aws import GateAws


def on_event(event: Mapping[str, Any], context: object = None) -> dict[str, Any]:
    """Start a gate (``onEventHandler`` of the provider framework).

    Args:
        event: the request of the custom resource.
        context: the context of the Lambda function, not used.

    Returns:
        The physical id, the time of the start, and the state of the gate. The framework adds all of it to the event of
        each call of ``is_complete`` (CDK: custom-resources README).

    Raises:
        GateError: the gate refuses; its text is the reason that CloudFormation shows.
        InputError: the plan cannot be read.
    """
    del context
    if event.get("RequestType") != "Create":
        physical_id = event.get("PhysicalResourceId")
        return {"PhysicalResourceId": physical_id} if physical_id else {}
    from . import clock

    now = clock.now()
    properties = event["ResourceProperties"]
    judged = properties.get("Judged")
    classification = None if judged in ("", NOT_JUDGED) else judged
    module = _gate_module(properties)
    state = module.start(_aws(), _plan(properties), event["StackId"], now, classification)
    physical_id = f"{properties['Gate']}-{properties.get('Fingerprint', 'gate')}"
    return {"PhysicalResourceId": physical_id, "StartedAt": now.isoformat(), "State": state}


def is_complete(event: Mapping[str, Any], context: object = None) -> dict[str, Any]:
    """Poll a gate once (``isCompleteHandler`` of the provider framework).

    Args:
        event: the request, and what ``on_event`` returned.
        context: the context of the Lambda function, not used.

    Returns:
        ``IsComplete``, and ``Data`` only if it is true, as the framework requires. An Update has ``Data`` as well, since
        CloudFormation takes attributes from the newest answer.

    Raises:
        GateError: the gate refuses or vetoes; its text is the reason that CloudFormation shows.
    """
    del context
    request = event.get("RequestType")
    if request == "Update":
        # CloudFormation resolves Fn::GetAtt of the Bake against the newest answer of the Preflight. An Update without the
        # attribute would fail each deployment that edits a setting while a committed transition waits for its baseline.
        return {"IsComplete": True, "Data": {"Judged": NOT_JUDGED}}
    if request != "Create":
        return {"IsComplete": True}
    from . import clock

    properties = event["ResourceProperties"]
    data = _gate_module(properties).poll(
        _aws(),
        _plan(properties),
        event["StackId"],
        event["State"],
        datetime.fromisoformat(event["StartedAt"]),
        clock.now(),
    )
    return {"IsComplete": False} if data is None else {"IsComplete": True, "Data": data}


def _gate_module(properties: Mapping[str, Any]) -> ModuleType:
    from ..capacity.errors import InputError
    from . import bake, preflight, unread

    modules = {"preflight": preflight, "bake": bake, "unread": unread}
    name = properties.get("Gate")
    if name not in modules:
        raise InputError("gate: Gate", f"{name!r} is unknown", "Use preflight, bake or unread")
    return modules[name]


def _plan(properties: Mapping[str, Any]) -> Any:
    from dataclasses import replace

    from ..capacity.errors import InputError
    from ..capacity.gate_plan import GatePlan, UnreadPlan
    from ..capacity.travelling import read_travelling

    text = properties.get("Plan")
    if not isinstance(text, str):
        raise InputError("gate: Plan", "is missing", "Synthesize and deploy again")
    if properties.get("Gate") == "unread":
        return UnreadPlan.from_property(text)
    plan = GatePlan.from_property(text)
    # raises a clear error for the plan of a table that is not deployed yet, which should have no gate
    _ = plan.deployed
    return replace(plan, travels_in_stack=read_travelling(properties.get("Travelling")))


@cache
def _aws() -> GateAws:
    from .aws import GateAws

    return GateAws.of_runtime()
