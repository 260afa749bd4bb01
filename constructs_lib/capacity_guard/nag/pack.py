"""``CapacityGuardChecks``: the cdk-nag pack that judges every table of an app."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import aws_cdk as cdk
from cdk_nag import NagPack
from constructs import IConstruct

from ..cdk.judgment_time import CONTEXT
from ..cdk.names import PACK
from ..cdk.registry import note_pack, reports_of, tables_of
from ..cdk.templates import Templates
from ..findings import Findings, JudgedTable, PlanInput, SourceLocation, text
from ..rules import Case, Finding, Level, evaluate
from .facts import template_facts
from .suppressions import rules_at, without_reason
from .unguarded import Unguarded, unguarded_in, unread

if TYPE_CHECKING:
    from ..cdk.guard import Guard


class CapacityGuardChecks(NagPack):
    """Refuses an unsafe capacity change at synthesis.

    Add it to the validations of the app::

        Validations.of(app).add_plugins(CapacityGuardChecks(app))

    Each finding is printed on standard error as a block of lines with its figures and its fix, and stands as one
    line in the validation report. An ERROR fails the synthesis; a WARN is shown and does not. Either way the findings
    also stand in ``capacity-guard.json`` in the cloud assembly, for ``capacity-guard findings``.

    Args:
        scope: the app, as cdk-nag's own packs take it; the tables are found without it.
        rules: what judges a case; all rules of the library by default.
    """

    def __init__(
        self, scope: IConstruct | None = None, *, rules: Callable[[Case], Iterable[Finding]] = evaluate
    ) -> None:
        super().__init__(scope)
        self._pack_name = PACK
        self._evaluate = rules
        note_pack(self)

    @property
    def name(self) -> str:
        """Name in the validation report; acknowledgments are filed under it."""
        return PACK

    def _check_resource(self, node: cdk.CfnResource) -> None:
        """Nothing: the rules judge whole tables, not single resources (and cdk-nag 3 walks past no TableV2)."""

    def validate(self, context: cdk.IPolicyValidationContext) -> cdk.PolicyValidationPluginReport:
        """Judge the tables of a synthesis, with what their resolved templates say: those without a guard too (CG1).

        Overridden as a whole: cdk-nag's own walk would call back into Python for every resource of the app, and
        counts a mere warning as a failure.
        """
        app, templates = context.app_construct, Templates(context)
        assembly = app.outdir if isinstance(app, cdk.Stage) else None
        bare = [] if assembly is None else without_reason(Path(assembly), app)
        judged = [self._judged(table, templates, bare) for table in tables_of(app)]
        judged += [self._judged_without(one, bare) for one in unguarded_in(app, templates, reports_of(app))]
        # Written whether the synthesis fails or not: a workflow shows it beside the code.
        return _report(judged, assembly)

    def validate_scope(self, scope: IConstruct) -> cdk.PolicyValidationPluginReport:
        """Judge the guarded tables of an app without a synthesis, hence without what only templates say (CG17).

        Raises:
            InputError: what a table's code declares cannot be read.
        """
        tables = tables_of(scope.node.root)
        for table in tables:
            table.read()
        return _report([_Judged.of(table, tuple(self._evaluate(table.case))) for table in tables], None)

    def _judged(self, table: Guard, templates: Templates, bare: list[tuple[str, str]]) -> _Judged:
        template = templates.of(table)
        wrong = table.contradiction(template)
        if wrong is not None:
            # The rules would judge something else than what is deployed; CycleCheck fails the synthesis too, so that
            # an app without this pack is told as well.
            return _Judged.of(table, (unread(table.label, wrong),))
        case = table.case
        facts = template_facts(
            template,
            case.logical_id or "",
            alarms=table.alarm_ids,
            location=table.stack.stack_name,
            account=case.account,
            region=case.region,
        )
        case = replace(case, template=facts, without_reason=rules_at(table.resource.node.path, bare))
        return _Judged.of(table, tuple(self._evaluate(case)), case)

    def _judged_without(self, found: Unguarded, bare: list[tuple[str, str]]) -> _Judged:
        resource = found.table.resource.node.path
        findings = [*self._evaluate(replace(found.case, without_reason=rules_at(resource, bare)))]
        if found.as_guarded is not None:
            findings += self._evaluate(found.as_guarded)
        if found.unreadable is not None:
            findings.append(found.unreadable)
        if found.report is not None:
            findings = [found.report.level(finding, found.case) for finding in findings]
        return _Judged(
            found.table.construct.node.path,
            resource,
            None if found.report is None else found.report.caller,
            found.case.now,
            tuple(findings),
        )


@dataclass(frozen=True)
class _Judged:
    """A table with what the rules found.

    Attributes:
        path: construct path of the guard; of the table where it has none.
        resource: construct path of the table's resource.
        caller: file and line that made the guard, where known.
        now: the moment of judgment.
        findings: what was found.
        planned: what a plan of it needs to know.
    """

    path: str
    resource: str
    caller: tuple[str, int] | None
    now: datetime
    findings: tuple[Finding, ...]
    planned: PlanInput | None = None

    @staticmethod
    def of(table: Guard, findings: tuple[Finding, ...], case: Case | None = None) -> _Judged:
        """A guarded table that was judged."""
        planned = None if case is None else _planned(case)
        return _Judged(table.node.path, table.resource.node.path, table.caller, table.now, findings, planned)


def _planned(case: Case) -> PlanInput | None:
    baseline, transition = case.recorded, case.transition
    if baseline is None or transition is None or not (baseline.file or baseline.is_new_table):
        return None
    file = baseline.file
    if file:
        path = Path(file).resolve()
        # The same on every machine.
        file = (path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path).as_posix()
    return PlanInput(
        case.table,
        case.declared,
        file,
        transition.fingerprint,
        case.rollout,
        case.margins,
        case.region or baseline.table.region,
        baseline.table.name if baseline.is_new_table else None,
    )


def _report(judged: Sequence[_Judged], assembly: str | None) -> cdk.PolicyValidationPluginReport:
    findings = Findings(
        judged[0].now if judged else None,
        tuple(
            JudgedTable(
                one.path,
                None if one.caller is None else SourceLocation(*one.caller),
                one.findings,
                one.planned,
            )
            for one in judged
        ),
    )
    if findings.found:
        print(f"\n{text(findings)} (context {CONTEXT})\n", file=sys.stderr, flush=True)
    if assembly is not None:
        findings.write(assembly)
    violations = [_violation(one, finding) for one in judged for finding in one.findings]
    return cdk.PolicyValidationPluginReport(success=findings.errors == 0, violations=violations)


def _violation(table: _Judged, finding: Finding) -> cdk.PolicyViolation:
    """One line for the validation report: the block of lines has been printed already.

    An error is ``fatal``, which the CDK does not let its own acknowledgments suppress: those have no end and take an
    empty reason. ``acknowledge`` of this library lowers a finding to a warning instead.
    """
    return cdk.PolicyViolation(
        rule_name=finding.rule,
        description=f"{finding.rule} {finding.subject}: {finding.title}",
        severity="fatal" if finding.level is Level.ERROR else "warning",
        violating_resources=[cdk.PolicyViolatingResource(construct_path=table.resource, locations=[])],
    )


__all__ = ["CapacityGuardChecks"]
