"""Tables that no guard stands beside, as cases for the rules; a report judges them as if one did."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import aws_cdk as cdk
from constructs import IConstruct

from ..capacity.capacity import Capacity
from ..capacity.errors import InputError
from ..cdk.break_glass import break_glass_of
from ..cdk.declared import declared_in
from ..cdk.fleet_report import Report, baseline_files
from ..cdk.judgment_time import judgment_time
from ..cdk.registry import tables_of
from ..cdk.tables import DeclaredTable, tables_below
from ..cdk.templates import Templates
from ..evidence.baseline import Baseline
from ..rules import Case, Figure, Finding, Level, TemplateFacts
from .facts import template_facts, unguarded


@dataclass(frozen=True)
class Unguarded:
    """A table without a guard.

    Attributes:
        table: as the code declares it.
        case: what a rule judges that knows it has no guard.
        report: who reports on it, ``None`` if nobody does.
        as_guarded: what the rules would judge if it had a guard; ``None`` where nobody reports, or it cannot be read.
        unreadable: why its capacity cannot be read, as a finding.
    """

    table: DeclaredTable
    case: Case
    report: Report | None
    as_guarded: Case | None
    unreadable: Finding | None


def unguarded_in(app: IConstruct, templates: Templates, reports: Sequence[Report]) -> Iterator[Unguarded]:
    """The tables of an app without a guard, in the order of the construct tree.

    The tree is walked only if a template holds such a table: a walk costs a call into the CDK's process and an object
    for each construct.

    Args:
        app: the app, or the stage that is synthesized.
        templates: its templates.
        reports: who reports on tables.
    """
    guarded: dict[str, set[str]] = {}
    for guard in tables_of(app.node.root):
        guarded.setdefault(guard.stack.template_file, set()).add(guard.logical_id(guard.resource))
    found = {
        (file, logical_id)
        for file in templates.holding("AWS::DynamoDB::")
        for logical_id, _ in unguarded(templates.named(file), guarded.get(file, ()))
    }
    if not found:
        return
    now = judgment_time(app)
    for table in tables_below(app):
        stack = cdk.Stack.of(table.resource)
        logical_id = str(stack.resolve(table.resource.logical_id))
        if (stack.template_file, logical_id) in found:
            path = table.resource.node.path
            report = next((one for one in reports if path in one.paths), None)
            yield _judged(table, stack, logical_id, templates.named(stack.template_file), now, report)


def _judged(
    table: DeclaredTable,
    stack: cdk.Stack,
    logical_id: str,
    template: dict[str, Any],
    now: datetime,
    report: Report | None,
) -> Unguarded:
    account, region = (None if cdk.Token.is_unresolved(v) else v for v in (stack.account, stack.region))
    name = template["Resources"][logical_id].get("Properties", {}).get("TableName")
    case = Case(
        table=table.label,
        indexes=(),
        # No rule on a table without a guard asks for these two.
        declared=Capacity.on_demand(),
        baseline=InputError(table.construct.node.path, "has no guard", "Put a CapacityGuard beside it"),
        now=now,
        account=account,
        region=region,
        stack=stack.stack_name,
        logical_id=logical_id,
        table_name=name if isinstance(name, str) else None,
        dialect=table.dialect,
        guarded=False,
        break_glass=break_glass_of(table.construct),
    )
    if report is None:
        return Unguarded(table, case, None, None, None)
    baseline = _baseline(report, stack, table)
    deployed = baseline.deployed if isinstance(baseline, Baseline) else None
    try:
        capacity = declared_in(
            template, logical_id, location=stack.stack_name, account=account, region=region
        ).capacity(None if deployed is None else deployed.template, table.construct.node.path)
    except InputError as error:
        return Unguarded(table, case, report, None, unread(table.label, error))
    facts = template_facts(
        template, logical_id, alarms={}, location=stack.stack_name, account=account, region=region
    )
    as_guarded = replace(
        case,
        indexes=tuple(capacity.indexes),
        declared=capacity,
        baseline=baseline,
        rollout=report.rollout,
        margins=report.margins,
        template=tuple(_with_alarms(one, capacity) for one in facts),
        guarded=True,
    )
    return Unguarded(table, case, report, as_guarded, None)


def unread(label: str, error: InputError) -> Finding:
    """The finding on a table whose capacity cannot be read from its template.

    Args:
        label: what the code calls the table.
        error: what is wrong.
    """
    return Finding(
        "CG18",
        Level.ERROR,
        label,
        None,
        "its capacity cannot be read, so no change of it can be judged",
        (Figure("template", error.location, error.problem),),
        error.remedy,
    )


def _with_alarms(facts: TemplateFacts, capacity: Capacity) -> TemplateFacts:
    """Facts of a template as a guard would leave it: it brings an alarm for each resource."""
    return replace(facts, vetoes=tuple(key for key, _ in capacity.resources()))


def _baseline(report: Report, stack: cdk.Stack, table: DeclaredTable) -> Baseline | InputError:
    files = baseline_files(report.baselines, stack, table)
    try:
        return Baseline.load(next((file for file in files if file.exists()), files[0]))
    except InputError as error:
        return error


__all__ = ["Unguarded", "unguarded_in", "unread"]
