"""The changes of capacity in the template of a stack, from its gates, and what is said of them before a deployment."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..capacity.capacity import Capacity
from ..capacity.errors import InputError
from ..capacity.gate_plan import GatePlan, UnreadPlan
from ..capacity.hold import PROPERTY as HOLD
from ..findings import Findings
from ..planning.dimensions import capacity_text
from ..planning.stages import stages
from ..rules import Finding
from .assembly import AssemblyStack

PREFLIGHT = "Custom::CapacityGuardPreflight"
BAKE = "Custom::CapacityGuardBake"
UNREAD = "unread"
"""Property ``Gate`` of a Preflight before a table whose capacity is not known: it lets no change through."""


@dataclass(frozen=True)
class PlannedChange:
    """A change of capacity that a template declares.

    Attributes:
        fingerprint: its fingerprint.
        preflight: logical id of its Preflight.
        bake: logical id of its Bake; ``None`` for a relief.
        hold: name of its hold; ``None`` if it has none.
        plan: the plan of its gates.
    """

    fingerprint: str
    preflight: str
    bake: str | None
    hold: str | None
    plan: GatePlan

    @property
    def gates(self) -> tuple[str, ...]:
        """Logical ids of its gates."""
        return (self.preflight,) if self.bake is None else (self.preflight, self.bake)

    @property
    def is_watched(self) -> bool:
        """Whether it can be taken back after its deployment."""
        return self.bake is not None and self.hold is not None


@dataclass(frozen=True)
class PlannedStack:
    """A stack and the changes that its template declares.

    Attributes:
        stack: the stack.
        changes: its changes.
        unread: the tables whose capacity is not known, by their construct ids; the gate of one whose plan cannot be read.
        findings: the findings of its tables, errors first.
        baselines: the file of the baseline, by fingerprint.
    """

    stack: AssemblyStack
    changes: tuple[PlannedChange, ...]
    unread: tuple[str, ...]
    findings: tuple[Finding, ...]
    baselines: Mapping[str, str]


def read_planned(stack: AssemblyStack, findings: Findings | None) -> PlannedStack:
    """What the template of a stack declares.

    Args:
        stack: the stack.
        findings: the findings of the synthesis; ``None`` if the app has no checks.

    Raises:
        InputError: template or plan cannot be read.
    """
    template = stack.read_template()
    resources = template["Resources"]
    unread = tuple(
        _unread_table(name, resource)
        for name, resource in resources.items()
        if _type(resource) == PREFLIGHT and _properties(resource).get("Gate") == UNREAD
    )
    judged = [
        table
        for table in (() if findings is None else findings.tables)
        if f"{table.path}/".startswith(f"{stack.id}/")
    ]
    found = [finding for table in judged for finding in table.findings]
    baselines = {
        table.planned.fingerprint: table.planned.baseline for table in judged if table.planned is not None
    }
    return PlannedStack(
        stack,
        tuple(find_changes(template, str(stack.template))),
        unread,
        tuple(sorted(found, key=lambda finding: finding.level.value)),
        baselines,
    )


def find_changes(template: Mapping[str, Any], location: str) -> Iterator[PlannedChange]:
    """The changes of a template, in its order.

    Args:
        template: the template.
        location: where it was read, for errors.

    Raises:
        InputError: a plan cannot be read.
    """
    resources: Mapping[str, Any] = template["Resources"]
    bakes = {
        str(_properties(resource).get("Fingerprint")): name
        for name, resource in resources.items()
        if _type(resource) == BAKE
    }
    for name, resource in resources.items():
        properties = _properties(resource)
        if _type(resource) != PREFLIGHT or properties.get("Gate") == UNREAD:
            continue
        fingerprint, hold = str(properties.get("Fingerprint")), properties.get(HOLD)
        try:
            plan = GatePlan.from_property(str(properties.get("Plan")))
        except InputError as error:
            raise InputError(
                f"{location}: {name}", f"has a plan that cannot be read ({error})", error.remedy
            ) from None
        yield PlannedChange(
            fingerprint, name, bakes.get(fingerprint), hold if isinstance(hold, str) else None, plan
        )


def plan_lines(planned: PlannedStack, deployed: Collection[PlannedChange] = ()) -> Iterator[str]:
    """What the deployment of a stack will do, line by line.

    Args:
        planned: the stack.
        deployed: the changes whose gates the stack has already.
    """
    stack = planned.stack
    yield f"{stack.id} ({stack.place}): {_count(len(planned.changes), 'change')} of capacity"
    for change in planned.changes:
        plan = change.plan
        if change in deployed:
            yield f"  {plan.table}, change {change.fingerprint}: its gates were deployed before, and do not run again"
            continue
        yield f"  {plan.table}, change {change.fingerprint}"
        yield from (
            f"    {line}" for line in capacity_lines(plan.deployed.template, plan.transition.declared)
        )
        for number, stage in enumerate(stages(plan.transition, plan.margins, plan.rollout), start=1):
            if stage.name == "bake" and change.bake is None:
                continue
            yield f"    {number}. {stage.name}, {_minutes(stage.shortest, stage.longest)}{_note(stage.note)}"
        yield f"    {_ending(change)}"
    for table in planned.unread:
        yield f"  {table}: its capacity is not known; its gate lets no change of it through"
    for finding in planned.findings:
        accepted = "" if finding.acknowledged is None else f" (acknowledged: {finding.acknowledged})"
        yield f"  {finding.rule} {finding.level.value}: {finding.subject}: {finding.title}{accepted}"


def capacity_lines(before: Capacity, after: Capacity) -> Iterator[str]:
    """Each dimension whose capacity differs, in words.

    Args:
        before: the capacity of before.
        after: the capacity of after.
    """
    for dimension in dict.fromkeys((*before.dimensions(), *after.dimensions())):
        old, new = (capacity_text(each, dimension, None, ()) for each in (before, after))
        if old != new:
            yield f"{dimension.label}: {old} -> {new}"


def _ending(change: PlannedChange) -> str:
    if change.bake is None:
        return "a relief: no Bake, and nothing takes it back"
    if change.is_watched:
        return "then it is watched until it has carried its load; a veto takes it back"
    return "then nothing watches it: its options have no watch"


def _minutes(shortest: float, longest: float) -> str:
    return f"{shortest:g} min" if shortest == longest else f"{shortest:g} to {longest:g} min"


def _note(note: str) -> str:
    return f": {note}" if note else ""


def _count(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


def _unread_table(gate: str, resource: object) -> str:
    try:
        return UnreadPlan.from_property(str(_properties(resource).get("Plan"))).table
    except InputError:
        return gate


def _type(resource: object) -> object:
    return resource.get("Type") if isinstance(resource, Mapping) else None


def _properties(resource: object) -> Mapping[str, Any]:
    found = resource.get("Properties") if isinstance(resource, Mapping) else None
    return found if isinstance(found, Mapping) else {}


__all__ = [
    "BAKE",
    "PREFLIGHT",
    "PlannedChange",
    "PlannedStack",
    "capacity_lines",
    "find_changes",
    "plan_lines",
    "read_planned",
]
