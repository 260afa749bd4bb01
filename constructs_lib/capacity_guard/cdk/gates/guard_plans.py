"""The plans in the properties of a guard's gates."""

from __future__ import annotations

from typing import Protocol

from aws_cdk import CfnResource

from ...capacity.capacity import Capacity
from ...capacity.errors import InputError
from ...capacity.gate_plan import GatePlan, UnreadPlan
from ...capacity.settings import Acknowledgment
from ...capacity.structure import TableKind
from ...capacity.transition import Transition
from ...evidence.baseline import Baseline
from ...rules.fix_code import text_code
from ...rules.record_fix import new_file, record_text, with_command
from ..guard_options import GuardOptions
from ..provider.provider import GuardProvider
from .gates import Gates, UnreadGate
from .reading import Reading

# Logical id of the CDK's own metadata resource. Its Analytics property lists the constructs of the stack, so it
# changes whenever gates are added or removed.
_CDK_METADATA = "CDKMetadata"


class PlannedTable(Protocol):
    """What a plan is made of (``Guard``)."""

    path: str
    baseline: Baseline | InputError
    options: GuardOptions
    acknowledgments: list[Acknowledgment]
    gates: Gates | UnreadGate | None
    provider: GuardProvider

    @property
    def reading(self) -> Reading: ...

    @property
    def resource(self) -> CfnResource: ...

    @property
    def table_name(self) -> str | None: ...

    @property
    def label(self) -> str: ...

    @property
    def capacity(self) -> Capacity: ...

    @property
    def kind(self) -> TableKind: ...

    @property
    def transition(self) -> Transition | None: ...

    @property
    def alarm_ids(self) -> dict[str, str]: ...

    def logical_id(self, resource: CfnResource) -> str: ...


def gate_plan(guard: PlannedTable) -> GatePlan:
    """The plan in the properties of Preflight and Bake.

    Args:
        guard: the guard.

    Raises:
        InputError: the table has no gates of a transition, or its baseline has no traffic.
    """
    baseline, transition = guard.baseline, guard.transition
    if not isinstance(guard.gates, Gates) or transition is None or isinstance(baseline, InputError):
        raise InputError(guard.path, "is in no transition", "Declare a change first")
    margins, declared = guard.options.margins, guard.reading.declared
    evidence = baseline.evidence(margins.switch_minutes)
    if evidence is None:
        raise InputError(guard.path, "has a baseline without traffic", "Record the baseline again")
    return GatePlan(
        table=guard.label,
        logical_id=guard.logical_id(guard.resource),
        table_name=guard.table_name,
        transition=transition.with_schedules(() if declared is None else declared.schedules),
        evidence=evidence,
        recorded_at=baseline.recording.at,
        account=baseline.table.account,
        region=baseline.table.region,
        rollout=guard.options.rollout,
        margins=margins,
        alarms=guard.alarm_ids,
        travels_with=(*map(guard.logical_id, guard.gates.travelling), _CDK_METADATA),
        acknowledgments=tuple(guard.acknowledgments),
        recorded_name=baseline.table.name if baseline.table.is_known_by_name_only else None,
    )


def unread_plan(guard: PlannedTable) -> UnreadPlan:
    """The plan in the properties of the gate of a table whose deployed or declared capacity is unknown.

    Args:
        guard: the guard.

    Raises:
        InputError: baseline and template state them.
    """
    error, declaration = guard.reading.error, guard.reading.declaration
    if error is not None:
        return UnreadPlan(
            table=guard.label,
            logical_id=guard.logical_id(guard.resource),
            table_name=guard.table_name,
            declared=None,
            kind=guard.kind,
            problem=str(error),
            scaling=() if declaration is None else declaration.scaling,
        )
    baseline = guard.baseline
    problem = None
    if isinstance(baseline, InputError):
        problem = InputError(
            baseline.location,
            baseline.problem,
            with_command(baseline, lambda file: f"Record it: {_record(guard, file)}"),
        )
    elif baseline.is_new_table:
        file = new_file(guard.label)
        problem = InputError(
            "baseline",
            f"{baseline.table.name} is declared as a table that does not exist yet (NewTable)",
            f"Once it exists, record it: {_record(guard, file)}, and give baseline={text_code(file)}",
        )
    if problem is None:
        raise InputError(guard.path, "has a baseline that can be read", "Ask for its plan")
    return UnreadPlan(
        table=guard.label,
        logical_id=guard.logical_id(guard.resource),
        table_name=guard.table_name,
        declared=guard.capacity,
        kind=guard.kind,
        problem=str(problem),
    )


def _record(guard: PlannedTable, file: str) -> str:
    """The complete command that records the table of a guard."""
    identity = guard.provider.identity
    return record_text(
        file,
        name=guard.table_name,
        stack=identity.name,
        logical_id=guard.logical_id(guard.resource),
        region=identity.region,
    )


__all__ = ["gate_plan", "unread_plan"]
