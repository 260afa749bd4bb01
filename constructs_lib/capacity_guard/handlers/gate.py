"""Entry points of the gates for the CDK provider framework.

Only a Create runs a gate. Update and Delete answer at once, without a call to AWS and without reading the plan. So the
guard cannot block a rollback, even if the guard itself is broken.

A Create is accepted by ``on_event`` without a call to AWS; the framework then calls ``is_complete`` again and again. It hands
nothing from one call to the next, so each look judges from what AWS shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from .update_answer import DATA

if TYPE_CHECKING:
    from types import ModuleType

    from .aws import GateAws


def on_event(event: Mapping[str, Any], context: object = None) -> dict[str, Any]:
    """Accept a gate (``onEventHandler`` of the provider framework).

    Args:
        event: the request of the custom resource.
        context: the context of the Lambda function, not used.

    Returns:
        The physical id and the time of the start. The framework adds both to the event of each call of ``is_complete`` (CDK:
        custom-resources README).

    Raises:
        InputError: the plan cannot be read.
    """
    del context
    if event.get("RequestType") != "Create":
        physical_id = event.get("PhysicalResourceId")
        return {"PhysicalResourceId": physical_id} if physical_id else {}
    from . import clock

    properties = _properties(event)
    _gate_module(properties)
    _plan(properties)
    physical_id = f"{properties['Gate']}-{properties.get('Fingerprint', 'gate')}"
    return {"PhysicalResourceId": physical_id, "StartedAt": clock.now().isoformat()}


def is_complete(event: Mapping[str, Any], context: object = None) -> dict[str, Any]:
    """Look once (``isCompleteHandler`` of the provider framework).

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
    request_type = event.get("RequestType")
    if request_type == "Update":
        return {"IsComplete": True, "Data": dict(DATA)}
    if request_type != "Create":
        return {"IsComplete": True}
    from . import clock
    from .request import GateRequest

    properties = _properties(event)
    request = GateRequest.of(event, clock.now())
    data = _gate_module(properties).poll(_aws().look(), _plan(properties), request)
    return {"IsComplete": False} if data is None else {"IsComplete": True, "Data": data}


def _properties(event: Mapping[str, Any]) -> Mapping[str, Any]:
    from ..capacity.errors import InputError

    properties = event.get("ResourceProperties")
    if not isinstance(properties, dict):
        raise InputError("gate: ResourceProperties", "are missing", "Synthesize and deploy again")
    return properties


def _gate_module(properties: Mapping[str, Any]) -> ModuleType:
    from ..capacity.errors import InputError
    from . import bake, preflight, unread

    modules = {"preflight": preflight, "bake": bake, "unread": unread}
    name = properties.get("Gate")
    if not isinstance(name, str) or name not in modules:
        raise InputError("gate: Gate", f"{name!r} is unknown", "Use preflight, bake or unread")
    return modules[name]


def _plan(properties: Mapping[str, Any]) -> Any:
    from dataclasses import replace

    from ..capacity.errors import InputError
    from ..capacity.gate_plan import LATE_ALARMS, GatePlan, UnreadPlan
    from ..capacity.travelling import read_travelling

    text = properties.get("Plan")
    if not isinstance(text, str):
        raise InputError("gate: Plan", "is missing", "Synthesize and deploy again")
    if properties.get("Gate") == "unread":
        return UnreadPlan.from_property(text)
    plan = GatePlan.from_property(text).with_late_alarms(properties.get(LATE_ALARMS))
    # raises a clear error for the plan of a table that is not deployed yet, which should have no gate
    _ = plan.deployed
    return replace(plan, travels_in_stack=read_travelling(properties.get("Travelling")))


@cache
def _aws() -> GateAws:
    from .aws import GateAws

    return GateAws.of_runtime()
