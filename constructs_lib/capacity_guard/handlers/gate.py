"""Entry points of the gates for the CDK provider framework.

Only a Create runs a gate. Update and Delete answer at once, without a call to AWS and without reading the plan. So the
guard cannot block a rollback, even if the guard itself is broken. One Update asks: that of a Preflight whose template gives up
the hold of a change that is held (``lost_hold``). The resource of a hold calls Systems Manager in Update and
Delete too, and answers whatever comes of it.

A Create is accepted by ``on_event`` without a call to AWS; the framework then calls ``is_complete`` again and again. It hands
nothing from one call to the next, so each look judges from what AWS shows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from .update_answer import DATA

if TYPE_CHECKING:
    from types import ModuleType

    from .aws import GateAws
    from .hold_store import HoldStore
    from .request import GateRequest


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
    with _naming_its_runbook():
        return _on_event(event)


def _on_event(event: Mapping[str, Any]) -> dict[str, Any]:
    if event.get("RequestType") != "Create":
        physical_id = event.get("PhysicalResourceId")
        if _is_hold(event) and event.get("RequestType") == "Update":
            physical_id = _replace_hold(event["ResourceProperties"]) or physical_id
        return {"PhysicalResourceId": physical_id} if physical_id else {}
    from . import clock

    properties = _properties(event)
    if _is_hold(event):
        from .hold import name_in

        return {"PhysicalResourceId": name_in(properties), "StartedAt": clock.now().isoformat()}
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
    with _naming_its_runbook():
        return _is_complete(event)


def _is_complete(event: Mapping[str, Any]) -> dict[str, Any]:
    request_type = event.get("RequestType")
    if _is_hold(event):
        return _look_at_hold(event)
    if request_type == "Update":
        if event.get("OldResourceProperties") and _takes_hold_out(event):
            from .lost_hold import refuse_lost_hold

            refuse_lost_hold(event, lambda: _holds().look(), lambda: _aws().look())
        return {"IsComplete": True, "Data": dict(DATA)}
    if request_type != "Create":
        return {"IsComplete": True}
    from . import clock
    from .request import GateRequest

    properties = _properties(event)
    request = GateRequest.of(event, clock.now())
    data = _poll(properties, request)
    return {"IsComplete": False} if data is None else {"IsComplete": True, "Data": data}


def _takes_hold_out(event: Mapping[str, Any]) -> bool:
    """Whether an Update is that of a Preflight that loses its hold; any other one imports nothing."""
    old, new = event["OldResourceProperties"], event.get("ResourceProperties")
    if not isinstance(old, dict) or not isinstance(new, dict) or "Hold" not in old or "Hold" in new:
        return False
    from .lost_hold import gives_up_hold

    return gives_up_hold(event)


@contextmanager
def _naming_its_runbook() -> Iterator[None]:
    """Let an input that cannot be read name its runbook, as the other reasons of a gate do."""
    try:
        yield
    except Exception as error:
        from ..capacity.errors import InputError
        from ..capacity.reasons import Reason, runbook

        if not isinstance(error, InputError):
            raise
        remedy = f"{error.remedy}{runbook([Reason.GATE_FAILED])}"
        raise InputError(error.location, error.problem, remedy) from error


def _poll(properties: Mapping[str, Any], request: GateRequest) -> dict[str, str] | None:
    """Ask a gate once; with a hold, Preflight gets to know what is held, and a Bake that fails holds its change first."""
    from dataclasses import replace

    from ..capacity.reasons import Reason, runbook
    from . import hold
    from .messages import GateError

    module, plan, name = _gate_module(properties), _plan(properties), hold.name_in(properties)
    if name is None:
        result: dict[str, str] | None = module.poll(_aws().look(), plan, request)
        return result
    holds, fingerprint = _holds().look(), plan.transition.fingerprint
    if properties["Gate"] == "preflight":
        held, error = hold.read_hold(holds, name)
        request = replace(request, is_held=held == fingerprint, hold_error=error)
    try:
        result = module.poll(_aws().look(), plan, request)
    except GateError as failure:
        problem = (
            hold.write_after_failure(holds, name, fingerprint, str(failure))
            if properties["Gate"] == "bake"
            else None
        )
        if problem is None:
            raise
        reasons = (*failure.reasons, Reason.GATE_FAILED)
        longest = _REASON - len(runbook(reasons))
        raise GateError(f"{failure.text}. {problem}"[:longest], reasons) from failure
    return result


_REASON = 990
"""Characters of a reason with what is added to it: CloudFormation shows about 1,000."""


def _is_hold(event: Mapping[str, Any]) -> bool:
    properties = event.get("ResourceProperties")
    return isinstance(properties, dict) and properties.get("Gate") == "hold"


def _replace_hold(properties: Mapping[str, Any]) -> str | None:
    from ..capacity.errors import InputError
    from .hold import name_in, replace

    try:
        name = name_in(properties)
    except InputError:
        return None
    if name is not None:
        replace(_holds().look(), name)
    return name


def _look_at_hold(event: Mapping[str, Any]) -> dict[str, Any]:
    """One look of the resource that creates and deletes the SSM parameter of a table."""
    from . import clock, hold
    from .request import GateRequest

    request_type, former = event.get("RequestType"), event.get("PhysicalResourceId")
    if request_type == "Delete" and isinstance(former, str) and former.startswith("/"):
        # By its physical id: after another name was given, CloudFormation deletes the resource of the former one.
        hold.delete(_holds().look(), former)
    if request_type != "Create":
        return {"IsComplete": True}
    name = hold.name_in(_properties(event))
    assert name is not None
    return {"IsComplete": hold.create(_holds().look(), name, GateRequest.of(event, clock.now()))}


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
def _holds() -> HoldStore:
    from .hold_store import HoldStore

    return HoldStore.of_runtime()


@cache
def _aws() -> GateAws:
    from .aws import GateAws

    return GateAws.of_runtime()
