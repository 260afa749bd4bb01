"""Checks that the final template of a stack has the gates of a guard, one before its table and one after it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...capacity.errors import InputError
from ..app.dependencies import Resources
from ..gates.gates import Gate
from ..provider.gate_machinery import machinery_doubts

if TYPE_CHECKING:
    from ..guards.guard import Guard


def broken_chain(guard: Guard, template: Mapping[str, Any]) -> InputError | None:
    """The error for a guard whose gates the final template lacks, or has with another content; ``None`` if all is there.

    The table and its scaling resources must wait for Preflight, Bake for them and for the alarms. The gates must have
    the type and the properties that the guard gave them, and no condition: the table has none either.

    Args:
        guard: the guard, when it has read its table.
        template: the final template of its stack.
    """
    gaps = list(dict.fromkeys(_gaps(guard, template)))
    if not gaps:
        return None
    return InputError(
        guard.path,
        f"its gates are not in the template as the guard made them: {'; '.join(gaps)}",
        "Take out what removes or changes them; an emergency has -c capacity-guard:break-glass=REASON",
    )


def _gaps(guard: Guard, template: Mapping[str, Any]) -> Iterator[str]:
    if not needs_gate(guard):
        return
    if guard.gates is None:
        yield "the guard has none"
        return
    resources: Resources = template["Resources"]
    declaration = guard.reading.declaration
    if declaration is not None and not declaration.is_stated_by(template):
        yield "what states its capacity was changed after the guard had read it"
    preflight, bake = guard.gates.preflight, getattr(guard.gates, "bake", None)
    with_others, mappings = guard.travelling.stated(preflight)
    for gate in guard.gates.gates:
        yield from _altered(guard, gate, resources, with_others if gate.resource is preflight else {})
    for name, mapping in mappings.items():
        if template.get("Mappings", {}).get(name) != mapping:
            yield f"mapping {name} was changed"
    gated = [guard.logical_id(resource) for resource in guard.gated_resources]
    for logical_id in gated:
        yield from _not_waiting(logical_id, [guard.logical_id(preflight)], resources)
    if bake is not None:
        yield from _not_waiting(guard.logical_id(bake), [*gated, *guard.alarm_ids.values()], resources)
    yield from guard.provider.gaps(template)


def doubts_about_chain(guards: Sequence[Guard], template: Mapping[str, Any]) -> str | None:
    """What may keep the gates of a stack from working, as one sentence; ``None`` if nothing may.

    Args:
        guards: the guards of the stack that need a gate.
        template: the final template of the stack.
    """
    resources = template["Resources"]
    doubts = list(machinery_doubts(guards[0].provider.parts(resources), resources, len(guards)))
    return f"the gates may not work as they were tested: {'; '.join(doubts)}" if doubts else None


def needs_gate(guard: Guard) -> bool:
    """Whether the deployment of a guard's table must have a gate: its capacity changes, or may change, without break-glass."""
    if guard.break_glass.reason is not None:
        return False
    if guard.reading.error is not None:
        return guard.reading.declaration is not None
    return guard.transition is None or not guard.transition.is_empty


def _altered(guard: Guard, gate: Gate, resources: Resources, added: Mapping[str, Any]) -> Iterator[str]:
    """Texts about a gate that is not in the template, or not as the guard made it."""
    logical_id = guard.logical_id(gate.resource)
    resource = resources.get(logical_id)
    if resource is None:
        yield f"{logical_id} is missing"
        return
    if resource.get("Type") != gate.resource_type:
        yield f"{logical_id} has the type {resource.get('Type')}"
    if "Condition" in resource:
        yield f"{logical_id} exists only under condition {resource['Condition']}"
    expected = {**gate.stated(), **added}
    stated = resource.get("Properties", {})
    for name in sorted({*expected, *stated}):
        if expected.get(name) != stated.get(name):
            yield f"{name} of {logical_id} was changed"


def _not_waiting(logical_id: str, awaited: Iterable[str], resources: Resources) -> Iterator[str]:
    """Texts about a resource that does not wait for others, by ``DependsOn``."""
    stated = resources.get(logical_id, {}).get("DependsOn", ())
    waits_for = {stated} if isinstance(stated, str) else set(stated)
    for other in awaited:
        if other not in waits_for:
            yield f"{logical_id} does not wait for {other} (DependsOn)"


__all__ = ["broken_chain", "doubts_about_chain", "needs_gate"]
