"""Entry points of the gates for the CDK provider framework.

Only a Create does anything. Update and Delete answer at once, without a call and without reading the plan: on the way
back nothing of the guard runs, so a rollback cannot be blocked by it, whatever is broken.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import ModuleType

    from .aws import GateAws


def on_event(event: Mapping[str, Any], context: object = None) -> dict[str, Any]:
    """Begin a gate (``onEventHandler`` of the provider framework).

    Args:
        event: the custom resource's request.
        context: Lambda's, unused.

    Returns:
        The physical id, the moment of the start and what the polls need; the framework hands all of it to each
        call of ``is_complete`` (CDK: custom-resources README).

    Raises:
        GateError: the gate refuses; its text is the reason that CloudFormation shows.
        InputError: the plan cannot be read.
    """
    del context
    if event.get("RequestType") != "Create":
        known = event.get("PhysicalResourceId")
        return {"PhysicalResourceId": known} if known else {}
    from . import clock

    moment = clock.now()
    properties = event["ResourceProperties"]
    stage = _stage(properties)
    state = stage.start(_aws(), _plan(properties), event["StackId"], moment, properties.get("Judged") or None)
    identity = f"{properties['Gate']}-{properties.get('Fingerprint', 'gate')}"
    return {"PhysicalResourceId": identity, "StartedAt": moment.isoformat(), "State": state}


def is_complete(event: Mapping[str, Any], context: object = None) -> dict[str, Any]:
    """Look once whether a gate has passed (``isCompleteHandler`` of the provider framework).

    Args:
        event: the request, and what ``on_event`` returned.
        context: Lambda's, unused.

    Returns:
        ``IsComplete``, and ``Data`` only when it is true, as the framework demands.

    Raises:
        GateError: the gate refuses or vetoes; its text is the reason that CloudFormation shows.
    """
    del context
    if event.get("RequestType") != "Create":
        return {"IsComplete": True}
    from . import clock

    properties = event["ResourceProperties"]
    data = _stage(properties).poll(
        _aws(),
        _plan(properties),
        event["StackId"],
        event["State"],
        datetime.fromisoformat(event["StartedAt"]),
        clock.now(),
    )
    return {"IsComplete": False} if data is None else {"IsComplete": True, "Data": data}


def _stage(properties: Mapping[str, Any]) -> ModuleType:
    from ..capacity.errors import InputError
    from . import bake, preflight, unread

    stages = {"preflight": preflight, "bake": bake, "unread": unread}
    name = properties.get("Gate")
    if name not in stages:
        raise InputError("gate: Gate", f"{name!r} is unknown", "Use preflight, bake or unread")
    return stages[name]


def _plan(properties: Mapping[str, Any]) -> Any:
    from ..capacity.errors import InputError
    from ..capacity.gate_plan import GatePlan, UnreadPlan

    text = properties.get("Plan")
    if not isinstance(text, str):
        raise InputError("gate: Plan", "is missing", "Synthesize and deploy again")
    if properties.get("Gate") == "unread":
        return UnreadPlan.from_property(text)
    plan = GatePlan.from_property(text)
    # the plan of a table that is not deployed yet has no gate: reading it here gives the one clear error
    _ = plan.deployed
    return plan


@cache
def _aws() -> GateAws:
    from .aws import GateAws

    return GateAws.of_runtime()
