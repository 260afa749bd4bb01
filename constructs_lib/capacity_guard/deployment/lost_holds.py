"""Held changes that a template would send again: without ``watch``, without the guard, or without the way back nothing reads
their hold any more (docs/removing.md)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..capacity.errors import InputError
from ..capacity.gate_plan import UnreadPlan
from ..capacity.hold import PREFIX, PROPERTY, hold_name, is_fingerprint
from ..capacity.reasons import Reason, runbook
from ..cloudformation.open_change import find_open_change
from ..handlers.aws_error import AwsError
from ..rollback.calls import RollbackAws
from ..rollback.way_back import stated_capacity
from .planned import PREFLIGHT, UNREAD, PlannedChange, PlannedStack
from .stack_calls import Live

HOLD_TYPE = "Custom::CapacityGuardHold"
_BREAK_GLASS = "capacity-guard:break-glass"
"""Key of the template's metadata with the reasons of break-glass (``cdk/break_glass.py``)."""
_REMEDY = (
    "Put the guard with watch=Watch() back into the code, or declare the capacity of before. To try the change again: "
    "capacity-guard retry BASELINE.json, commit it, and deploy with the guard. In an emergency: "
    "-c capacity-guard:break-glass=REASON"
)


@dataclass(frozen=True)
class LostHold:
    """A change that is held, and that a template would send again.

    Attributes:
        fingerprint: the change.
        text: which, and why, in a sentence with its remedy.
        refuses: whether the deployment is refused; otherwise a person has decided it, or it could not be read.
    """

    fingerprint: str
    text: str
    refuses: bool


def find_lost_holds(planned: PlannedStack, live: Live, aws: RollbackAws) -> Iterator[LostHold]:
    """The held changes of a stack that its new template would send again.

    A change with other gates is judged by these, and a template with the capacity of before sends nothing: a relief and the code
    of before always pass.

    Args:
        planned: the stack and the changes that its new template declares.
        live: the stack as AWS has it.
        aws: the calls on it.

    Raises:
        AwsError: a hold or the stack cannot be read.
        InputError: a template cannot be read.
    """
    if live.template is None:
        return
    stack, new = planned.stack.name, planned.stack.read_template()
    gates = {change.plan.logical_id: change for change in planned.changes}
    closed = set(_closed(new["Resources"]))
    for logical_id in _held_tables(live.template, stack):
        if logical_id not in new["Resources"] or logical_id in closed:
            continue
        fingerprint = _read(aws, hold_name(stack, logical_id))
        if fingerprint is None:
            continue
        why = _why(gates.get(logical_id), fingerprint, live.template, new, stack, logical_id)
        if why is None:
            continue
        name = f"{planned.stack.id}: {logical_id}: change {fingerprint} was taken back and is held"
        if logical_id not in gates:
            try:
                if not _differs(live, new, aws.stack(live.id), stack, logical_id, fingerprint):
                    continue
            except InputError as error:
                text = (
                    f"{name}, and {why}; whether this deployment changes the capacity cannot be read: {error}"
                )
                yield LostHold(fingerprint, text, refuses=False)
                continue
        if _is_break_glass(new):
            text = f"{name}, and {why}: break-glass sends its capacity again"
            yield LostHold(fingerprint, text, refuses=False)
            continue
        yield LostHold(
            fingerprint,
            f"{name}, and {why}: this deployment would send a capacity without asking its gates. {_REMEDY}"
            f"{runbook([Reason.HELD])}",
            refuses=True,
        )


def _why(
    change: PlannedChange | None,
    fingerprint: str,
    live: Mapping[str, Any],
    new: Mapping[str, Any],
    stack: str,
    logical_id: str,
) -> str | None:
    """Why the hold of a table would not be read any more; ``None`` if it is, or if the gates of another change judge."""
    if change is None:
        return "its table has no gates and no hold in the new template"
    if change.fingerprint != fingerprint:
        return None
    if change.hold is None:
        return "its guard has no watch in the new template"
    kept = find_open_change(new, stack, logical_id)
    if change.preflight in live["Resources"] and (kept is None or kept.fingerprint != fingerprint):
        # Its gates do not run again, so nothing but the condition would keep the capacity of before.
        return "its way back is not in the new template (the warning no-way-back of the synthesis says why)"
    return None


def _differs(
    live: Live,
    new: Mapping[str, Any],
    described: Mapping[str, Any],
    stack: str,
    logical_id: str,
    fingerprint: str,
) -> bool:
    """Whether a template states another capacity than the stack does while the change is held.

    The stack may not have read the hold yet.

    Raises:
        InputError: a template cannot be read.
    """
    assert live.template is not None
    kept = find_open_change(live.template, stack, logical_id)
    values = {} if kept is None else {kept.parameter: fingerprint}
    before = stated_capacity(live.template, described, logical_id=logical_id, table=logical_id, values=values)
    return stated_capacity(new, described, logical_id=logical_id, table=logical_id) != before


def _held_tables(template: Mapping[str, Any], stack: str) -> Iterator[str]:
    """Logical ids of the tables that a template gives a hold, or whose change reads one."""
    prefix = f"{PREFIX}{stack}/"
    names = [
        resource.get("Properties", {}).get(PROPERTY)
        for resource in template["Resources"].values()
        if isinstance(resource, Mapping) and resource.get("Type") == HOLD_TYPE
    ]
    names += [
        parameter.get("Default")
        for parameter in template.get("Parameters", {}).values()
        if isinstance(parameter, Mapping)
    ]
    found = [name for name in names if isinstance(name, str) and name.startswith(prefix)]
    yield from dict.fromkeys(name.removeprefix(prefix) for name in found)


def _read(aws: RollbackAws, hold: str) -> str | None:
    try:
        value = aws.holds.read(hold)
    except AwsError as error:
        if error.kind != "missing":
            raise
        return None
    return value if is_fingerprint(value) else None


def _closed(resources: Mapping[str, Any]) -> Iterator[str]:
    """Logical ids of the tables whose gate lets no change of the capacity through."""
    for resource in resources.values():
        properties = resource.get("Properties", {}) if isinstance(resource, Mapping) else {}
        if resource.get("Type") == PREFLIGHT and properties.get("Gate") == UNREAD:
            yield UnreadPlan.from_property(str(properties.get("Plan"))).logical_id


def _is_break_glass(template: Mapping[str, Any]) -> bool:
    metadata = template.get("Metadata")
    return isinstance(metadata, Mapping) and bool(metadata.get(_BREAK_GLASS))


__all__ = ["HOLD_TYPE", "LostHold", "find_lost_holds"]
