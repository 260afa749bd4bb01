"""Tables without a guard, as cases for the rules. ``ReportEveryTable`` judges them as if they had one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from aws_cdk import CfnResource
from constructs import IConstruct

from ..capacity.capacity import Capacity
from ..capacity.errors import InputError
from ..capacity.structure import TableKind
from ..cdk.app.break_glass import break_glass_reason
from ..cdk.app.declared_tables import (
    SIMPLE_TABLE,
    DeclaredTable,
    declared_by,
    simple_tables_below,
    tables_below,
)
from ..cdk.app.judgment_time import judgment_time, timely_baseline
from ..cdk.arguments.guard_arguments import publishes_assets
from ..cdk.end_of_synthesis.templates import Templates
from ..cdk.fleet.fleet_report import FleetReport
from ..cdk.fleet.registry import awaited_baseline, tables_of
from ..cdk.fleet.sought_table import TableOfFleet, tables_of_fleet
from ..checking.facts import read_template_facts, unguarded_tables
from ..checking.unreadable import unreadable_finding
from ..cloudformation.branches import KnownStack
from ..cloudformation.declared_capacity import read_declared_capacity
from ..evidence.baseline import Baseline
from ..evidence.files import displayed_path
from ..rules import Case, Finding, TemplateFacts
from .code_names import names_of_table


@dataclass(frozen=True)
class Unguarded:
    """A table without a guard.

    Attributes:
        table: the table as the code declares it.
        case: the case for rules that judge tables without a guard.
        report: the report that includes the table, ``None`` without one.
        as_guarded: the case as if the table had a guard; ``None`` without a report, or if its capacity cannot be read.
        unreadable: the finding that its capacity cannot be read, ``None`` if it can, or without a report.
    """

    table: DeclaredTable
    case: Case
    report: FleetReport | None
    as_guarded: Case | None
    unreadable: Finding | None


def find_unguarded(
    app: IConstruct, templates: Templates, reports: Sequence[FleetReport]
) -> Iterator[Unguarded]:
    """The tables of an app without a guard, in the order of the construct tree.

    The tree is searched only if a template has such a table, since the search takes a call into the CDK's process and
    an object for each construct.

    Args:
        app: the app, or the stage that is synthesized.
        templates: its templates.
        reports: the reports of the app.
    """
    guarded: dict[str, set[str]] = {}
    guards = tables_of(app.node.root)
    for guard in guards:
        guarded.setdefault(guard.provider.identity.template_file, set()).add(guard.logical_id(guard.resource))
    without_guard = {
        (file, logical_id)
        for file in templates.holding("AWS::DynamoDB::")
        for logical_id in unguarded_tables(templates.named(file), guarded.get(file, ()))
    }
    simple = templates.holding(SIMPLE_TABLE)
    if not without_guard and not simple:
        return
    now = judgment_time(app)
    if simple:
        yield from _simple_tables(app, templates, now)
    if not without_guard:
        return
    tables = tables_of_fleet(list(tables_below(app)), guards)
    known = {(table.template_file, table.sought.logical_id) for table in tables}
    if not without_guard <= known:
        # An override made a table of a resource of another type, so the reports have not visited it.
        tables += [
            table
            for table in tables_of_fleet(list(_other_resources(app)), guards)
            if (table.template_file, table.sought.logical_id) in without_guard - known
        ]
    for table in tables:
        if (table.template_file, table.sought.logical_id) in without_guard:
            path = table.declared.resource.node.path
            report = next((report for report in reports if path in report.paths), None)
            yield _unguarded(table, templates.named(table.template_file), now, report)


def _other_resources(app: IConstruct) -> Iterator[DeclaredTable]:
    """Every resource that is no table by its construct."""
    for construct in app.node.find_all():
        if isinstance(construct, CfnResource) and declared_by(construct) is None:
            yield DeclaredTable(construct, construct, "l1")


def _simple_tables(app: IConstruct, templates: Templates, now: datetime) -> Iterator[Unguarded]:
    """The tables that SAM makes at the deployment (SAM Developer Guide: *AWS::Serverless::SimpleTable*, generated resources)."""
    for table in tables_of_fleet(list(simple_tables_below(app)), ()):
        stated = templates.named(table.template_file)["Resources"].get(table.sought.logical_id, {})
        if stated.get("Type") == SIMPLE_TABLE:
            case = _case(table, stated, now, TableKind.TABLE)
            yield Unguarded(table.declared, replace(case, is_simple_table=True), None, None, None)


def _unguarded(
    found: TableOfFleet, template: dict[str, Any], now: datetime, report: FleetReport | None
) -> Unguarded:
    table, sought = found.declared, found.sought
    stated = template["Resources"][sought.logical_id]
    case = _case(found, stated, now, TableKind(stated["Type"]))
    if report is None:
        return Unguarded(table, case, None, None, None)
    file = report.folder.find(sought) or report.folder.file_to_record(sought)
    named = file if isinstance(file, Path) else report.folder.file_to_record(sought)
    case = replace(
        case,
        report_file=displayed_path(named),
        acknowledgments=tuple(report.options.acknowledgments),
        aspect="ReportEveryTable",
    )
    baseline = timely_baseline(table.construct, _baseline(file), now)
    deployed = baseline.deployed if isinstance(baseline, Baseline) else None
    if (
        isinstance(baseline, Baseline)
        and found.stack.nested
        and baseline.table.stack is not None
        and baseline.table.logical_id == sought.logical_id
        and sought.is_in(baseline.table.stack)
    ):
        # The code does not know the name of a nested stack, so nothing compares it with the recorded one.
        case = replace(case, stack=baseline.table.stack)
    logical_id = sought.logical_id
    stack: KnownStack = {"location": sought.stack, "account": sought.account, "region": sought.region}
    try:
        capacity = read_declared_capacity(template, logical_id, **stack).capacity(
            None if deployed is None else deployed.template, table.construct.node.path
        )
    except InputError as error:
        return Unguarded(table, case, report, None, unreadable_finding(found.label, error, case.break_glass))
    facts = read_template_facts(template, logical_id, alarms={}, **stack)
    as_guarded = replace(
        case,
        indexes=tuple(capacity.indexes),
        declared=capacity,
        baseline=baseline,
        rollout=report.options.rollout,
        margins=report.options.margins,
        template=tuple(_with_alarms(branch, capacity) for branch in facts),
        guarded=True,
        names=partial(names_of_table, table, case, template),
    )
    transition = as_guarded.transition
    if (
        isinstance(baseline, Baseline)
        and baseline.rollout is not None
        and transition is not None
        and baseline.rollout.holds(transition)
    ):
        case = replace(case, held_change=transition.fingerprint)
    return Unguarded(table, case, report, as_guarded, None)


def _case(found: TableOfFleet, stated: Mapping[str, Any], now: datetime, kind: TableKind) -> Case:
    """The case of a table for the rules that judge tables without a guard."""
    table, sought = found.declared, found.sought
    name = stated.get("Properties", {}).get("TableName")
    return Case(
        table=found.label,
        indexes=(),
        # Rules that judge tables without a guard do not read these two.
        declared=Capacity.on_demand(),
        baseline=InputError(table.construct.node.path, "has no guard", "Put a CapacityGuard beside it"),
        now=now,
        account=sought.account,
        region=sought.region,
        stack=sought.stack,
        nested=found.stack.nested,
        publishes_assets=publishes_assets(found.stack),
        logical_id=sought.logical_id,
        table_name=name if isinstance(name, str) else None,
        dialect=table.dialect,
        guarded=False,
        awaited_baseline=awaited_baseline(table.resource.node.root, table.resource.node.path),
        break_glass=break_glass_reason(table.construct),
        kind=kind,
    )


def _with_alarms(facts: TemplateFacts, capacity: Capacity) -> TemplateFacts:
    """The facts with the alarms that a guard would add: one for the table and one for each index."""
    return replace(facts, watched=tuple(key for key, _ in capacity.resources()))


def _baseline(file: Path | InputError) -> Baseline | InputError:
    if isinstance(file, InputError):
        return file
    try:
        return Baseline.load(file)
    except InputError as error:
        return error


__all__ = ["Unguarded", "find_unguarded"]
