"""Reads the table of a guard from the final template, and gives it permission, alarms and gates for the capacity that it has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from aws_cdk import CfnResource

from ...capacity.capacity import Capacity
from ...capacity.errors import InputError
from ...capacity.gate_plan import capacity_hash
from ...cloudformation.declared_capacity import DeclaredCapacity
from ...evidence.baseline import Baseline
from ..app.break_glass import record_break_glass
from ..app.scaling_constructs import scaling_constructs
from ..arguments.guard_arguments import recorded_name
from ..gates.gates import Gates, UnreadGate
from ..gates.reading import Reading
from ..gates.unread_declaration import UnreadDeclaration

if TYPE_CHECKING:
    from .guard import Guard


def read_table(guard: Guard, template: Mapping[str, Any]) -> None:
    """Read the capacity that a template states of a guard's table, and add the gates.

    What cannot be read or guarded is ``guard.reading.error``; ``GuardValidation`` reports it.

    Args:
        guard: the guard.
        template: the template of its stack, after all other constructs and aspects have changed it.
    """
    try:
        declared = guard.read_declared(template)
        baseline = guard.baseline
        deployed = None if isinstance(baseline, InputError) else baseline.deployed
        capacity = declared.capacity(None if deployed is None else deployed.template, guard.path)
    except InputError as error:
        _keep_error(guard, error)
        try:
            _give_closed_gate(guard, template)
        except InputError as other:
            _keep_error(guard, other)
        return
    try:
        capacity = guard.code.complete(capacity, guard.path)
        scaling = scaling_constructs(guard.resource, guard.stack, declared.scaling)
    except InputError as error:
        _keep_error(guard, error)
        return
    try:
        _guard_capacity(guard, declared, capacity, scaling)
        _keep_way_back(guard, template, declared)
    except InputError as error:
        # The table was read, and what guards it is incomplete: whatever its baseline is, that must not pass.
        refuse(guard, error)


def refuse(guard: Guard, error: InputError) -> None:
    """Fail the synthesis for a table that was read, and that the guard cannot guard.

    Args:
        guard: the guard of the table.
        error: why it cannot.
    """
    _keep_error(guard, error)
    guard.must_be_readable = True


def _keep_error(guard: Guard, error: InputError) -> None:
    guard.reading = replace(guard.reading, error=error)


def _give_closed_gate(guard: Guard, template: Mapping[str, Any]) -> None:
    """Give a table whose capacity cannot be read a gate that lets no edit of it through; under break-glass it has none.

    Raises:
        InputError: what may scale the table could not wait for the gate.
    """
    declaration = UnreadDeclaration.of(
        template, guard.logical_id(guard.resource), recorded_name(guard.baseline)
    )
    if guard.break_glass.reason is not None or declaration is None:
        return
    scaling = scaling_constructs(guard.resource, guard.stack, declaration.scaling)
    guard.permission.give_by_template(declaration.name)
    guard.alarms.exist_under(declaration.condition)
    guard.reading = replace(guard.reading, declaration=declaration)
    guard.gated_resources = (guard.resource, *scaling)
    _add_unread_gate(guard, declaration.fingerprint)
    guard.must_be_readable = False


def _guard_capacity(
    guard: Guard, declared: DeclaredCapacity, capacity: Capacity, scaling: Sequence[CfnResource]
) -> None:
    """Give the table the alarms, the permission and the gates for the capacity that the template states."""
    code = guard.code.whole
    guard.reading = Reading(declared, capacity, None if capacity is code else code)
    # Indexes may have been added or removed after the guard was created, also by an override.
    guard.alarms.drop_others(capacity.indexes)
    guard.alarms.add(capacity.indexes, guard.resource)
    guard.permission.give_by_template(declared.name)
    guard.gated_resources = (guard.resource, *scaling)
    if guard.options.watch is None:
        _add_gates(guard, capacity)
    else:
        # Loaded where a table is watched alone, as most are not.
        from ..watching.watch_function import watch_table

        watch_table(guard, guard.options.watch, lambda: _add_gates(guard, capacity))
    guard.travelling.update(guard)


def _add_gates(guard: Guard, capacity: Capacity) -> None:
    """Add the gates if the capacity of the table changes."""
    transition = guard.transition
    if guard.break_glass.reason is not None:
        leaves_out = transition is None or transition.is_creation or not transition.is_empty
        record_break_glass(guard.scope, guard.break_glass.reason if leaves_out else None)
    elif transition is None or transition.is_creation:
        _add_unread_gate(guard, capacity_hash(capacity))
    elif not transition.is_empty:
        # The plan needs it, and is rendered where an error would end the synthesis without its place.
        assert isinstance(guard.baseline, Baseline)
        guard.baseline.evidence(guard.options.margins.switch_minutes)
        alarms, bakes = guard.alarms.resources, not guard.case.is_relief
        guard.know_alarms()
        if bakes:
            # A relief has no gate that watches them, and must not wait for an alarm.
            guard.alarms.refuse_missing(alarms)
        guard.gates = Gates(
            guard.scope,
            guard.provider,
            fingerprint=transition.fingerprint,
            plan=lambda: guard.plan,
            vetoing=guard.options.rollout.alarms,
            gated_resources=guard.gated_resources,
            alarms=alarms,
            logical_id=guard.logical_id,
            bakes=bakes,
            hold=guard.hold,
            watch=guard.options.watch_property,
        )


def _add_unread_gate(guard: Guard, fingerprint: str) -> None:
    """Add the gate of a table whose deployed or declared capacity is unknown."""
    guard.gates = UnreadGate(
        guard.scope,
        guard.provider,
        fingerprint=fingerprint,
        plan=lambda: guard.unread_plan,
        gated_resources=guard.gated_resources,
    )


def _keep_way_back(guard: Guard, template: Mapping[str, Any], declared: DeclaredCapacity) -> None:
    """Keep the way back of a change in the template, where the options ask for it (``way_back``)."""
    if guard.options.watch is None:
        return
    from ..watching.way_back import keep_way_back

    kept = keep_way_back(guard, template, declared)
    if isinstance(kept, tuple):
        guard.way_back, both = kept
        guard.reading = replace(guard.reading, declared=both)
    else:
        guard.way_back = kept


__all__ = ["read_table", "refuse"]
