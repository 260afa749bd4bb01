"""``CapacityGuardChecks``: the cdk-nag pack that judges every table of an app."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import aws_cdk as cdk
from cdk_nag import NagPack
from constructs import IConstruct

from ..capacity.safe_text import safe_line
from ..cdk.app.judgment_time import frozen_time, origin_of_time
from ..cdk.arguments.guard_arguments import recorded_name
from ..cdk.end_of_synthesis.late_reading import contradiction, read_tables
from ..cdk.end_of_synthesis.templates import Templates
from ..cdk.end_of_synthesis.validation_names import PACK_NAME
from ..cdk.fleet.registry import register_judgment, reports_of, tables_of
from ..cdk.fleet.table_location import table_location
from ..checking.facts import read_template_facts
from ..checking.unreadable import unreadable_finding
from ..findings import Findings, JudgedTable, PlanInput, SourceLocation, text
from ..findings.plan_input import plan_input
from ..rules import Answer, Case, Finding, Level, evaluate, find_answers
from .alarm_actions import declared_actions
from .code_names import names_of_guard
from .elsewhere import scaled_elsewhere
from .suppressions import Suppression, rules_at, suppressions_without_reason
from .unguarded import Unguarded, find_unguarded
from .waves import changing_cells

if TYPE_CHECKING:
    from ..cdk.guards.guard import Guard


class CapacityGuardChecks(NagPack):
    """Refuses an unsafe capacity change at synthesis.

    Add it to the validations of the app::

        Validations.of(app).add_plugins(CapacityGuardChecks(app))

    Each finding is printed on standard error as a block of lines with its figures, and each fix once after the findings that it
    resolves. In the validation report, which the CDK prints after that, what is wrong is one line. An ERROR fails the
    synthesis, a WARN does not. All findings are written to ``capacity-guard.json`` in the cloud assembly, for
    ``capacity-guard findings``.

    Args:
        scope: the app, as in cdk-nag's own packs. The tables are found without it.
        rules: yields the findings of a case; by default those of all rules of the library. With others, a table in a transition
            gets the warning that no rule of the library judges it.
    """

    def __init__(
        self, scope: IConstruct | None = None, *, rules: Callable[[Case], Iterable[Finding]] = evaluate
    ) -> None:
        super().__init__(scope)
        self._pack_name = PACK_NAME
        self._evaluate = rules

    @property
    def name(self) -> str:
        """Name in the validation report, and prefix of the ids of acknowledgments."""
        return PACK_NAME

    def _check_resource(self, node: cdk.CfnResource) -> None:
        """Does nothing: the rules judge a table with all its resources, in ``validate``."""

    def validate(self, context: cdk.IPolicyValidationContext) -> cdk.PolicyValidationPluginReport:
        """Judge the tables of a synthesis by their resolved templates, those without a guard (CG1) as well.

        It replaces the method of cdk-nag, which calls back into Python for every resource of the app and counts a
        warning as a failure.
        """
        app, templates = context.app_construct, Templates(context)
        if self._evaluate is evaluate:
            register_judgment(app)
        assembly = app.outdir if isinstance(app, cdk.Stage) else None
        suppressions = [] if assembly is None else suppressions_without_reason(Path(assembly), app)
        guards = tables_of(app)
        judged = [self._judge_guarded(table, templates, suppressions) for table in guards]
        judged += [
            self._judge_unguarded(unguarded, suppressions)
            for unguarded in find_unguarded(app, templates, reports_of(app))
        ]
        # An app with a guard says it with or without this pack (cdk/end_of_synthesis/guard_validation.py).
        frozen = frozen_time(judged[0].now) if judged and not guards else None
        if frozen is not None:
            print(safe_line(f"capacity-guard: {frozen}"), file=sys.stderr, flush=True)
        # Also written if the synthesis fails: a workflow shows the findings on the lines of the code.
        return _report(judged, assembly, app)

    def validate_scope(self, scope: IConstruct) -> cdk.PolicyValidationPluginReport:
        """Judge the guarded tables of an app without a synthesis, and so without rules that read templates (CG17).

        Raises:
            InputError: the capacity that a table's code declares cannot be read.
        """
        tables = tables_of(scope.node.root)
        read_tables(tables)
        return _report(
            [_JudgedTable.guarded(table, tuple(self._evaluate(table.case))) for table in tables], None, scope
        )

    def _judge_guarded(
        self, table: Guard, templates: Templates, suppressions: Sequence[Suppression]
    ) -> _JudgedTable:
        template = templates.of(table)
        problem = contradiction(table, template)
        if problem is not None:
            level = Level.ERROR if table.must_be_readable else Level.WARN
            # The declared capacity is not the one of the template, so the rules have nothing to judge. For an app
            # without this pack, cdk/end_of_synthesis/guard_validation.py fails the synthesis.
            return _JudgedTable.guarded(
                table, (unreadable_finding(table.label, problem, table.break_glass.reason, level),)
            )
        case = table.case
        facts = read_template_facts(
            template,
            case.logical_id or "",
            alarms=table.alarm_ids,
            alarm_actions=declared_actions(table) if case.in_transition else {},
            location=table.provider.identity.name,
            account=case.account,
            region=case.region,
            recorded=recorded_name(table.baseline),
        )
        elsewhere = scaled_elsewhere(table, templates)
        if elsewhere:
            facts = tuple(replace(branch, scaled_elsewhere=elsewhere) for branch in facts)
        suppressed = rules_at(table.resource_path, suppressions)
        case = replace(
            case,
            template=facts,
            suppressed_without_reason=suppressed,
            changing_cells=changing_cells(table),
            names=partial(names_of_guard, table, case, template),
        )
        found = tuple(self._evaluate(case))
        return _JudgedTable.guarded(table, found, plan_input(case), find_answers(case, found))

    def _judge_unguarded(self, unguarded: Unguarded, suppressions: Sequence[Suppression]) -> _JudgedTable:
        resource = unguarded.table.resource.node.path
        case = replace(unguarded.case, suppressed_without_reason=rules_at(resource, suppressions))
        findings = [*self._evaluate(case)]
        if unguarded.as_guarded is not None:
            # The acknowledgments of an aspect are judged with both cases.
            findings += [each for each in self._evaluate(unguarded.as_guarded) if each not in findings]
        if unguarded.unreadable is not None:
            findings.append(unguarded.unreadable)
        report = unguarded.report
        if report is not None:
            findings = [report.with_level(finding, unguarded.case) for finding in findings]
        judged = case if unguarded.as_guarded is None else unguarded.as_guarded
        return _JudgedTable(
            unguarded.table.construct.node.path,
            resource,
            _place(unguarded.table.construct, None if report is None else report.caller, findings),
            unguarded.case.now,
            tuple(findings),
            None if unguarded.as_guarded is None else plan_input(unguarded.as_guarded),
            find_answers(judged, findings),
        )


@dataclass(frozen=True)
class _JudgedTable:
    """A table and the findings on it.

    Attributes:
        path: construct path of the guard, of the table where it has none.
        resource: construct path of the table's resource.
        caller: file and line that created the guard, or the table that an aspect found; where that line is not known, the
            aspect; ``None`` where nothing is known.
        now: the time of judgment, UTC.
        findings: the findings of the rules.
        plan: the input of ``capacity-guard plan``, ``None`` if the table cannot be planned.
        answers: the fix of each finding.
    """

    path: str
    resource: str
    caller: tuple[str, int] | None
    now: datetime
    findings: tuple[Finding, ...]
    plan: PlanInput | None = None
    answers: tuple[Answer, ...] = ()

    @staticmethod
    def guarded(
        table: Guard,
        findings: tuple[Finding, ...],
        plan: PlanInput | None = None,
        answers: tuple[Answer, ...] = (),
    ) -> _JudgedTable:
        """A table with a guard."""
        place = _place(table.table.construct, table.caller, findings)
        return _JudgedTable(table.path, table.resource_path, place, table.place.now, findings, plan, answers)


def _place(
    construct: IConstruct | None, caller: tuple[str, int] | None, findings: Sequence[Finding]
) -> tuple[str, int] | None:
    """The line for findings: the one that makes the table, since a fix replaces its code; looked up where there are any.

    Args:
        construct: the table's construct; ``None`` where the guard makes the table.
        caller: the line that created the guard or the aspect.
        findings: the findings.
    """
    located = table_location(construct) if construct is not None and findings else None
    return caller if located is None else located


def _report(
    judged: Sequence[_JudgedTable], assembly: str | None, scope: IConstruct
) -> cdk.PolicyValidationPluginReport:
    findings = Findings(
        judged[0].now if judged else None,
        tuple(
            JudgedTable(
                table.path,
                None if table.caller is None else SourceLocation(*table.caller),
                table.findings,
                table.plan,
                table.answers,
            )
            for table in judged
        ),
    )
    if findings.found:
        print(f"\n{text(findings)} ({origin_of_time(scope)})\n", file=sys.stderr, flush=True)
    if assembly is not None:
        findings.write(assembly)
    violations = [violation for table in judged for violation in _violations(table)]
    return cdk.PolicyValidationPluginReport(success=findings.errors == 0, violations=violations)


def _violations(table: _JudgedTable) -> Iterator[cdk.PolicyViolation]:
    """The findings of a table in the validation report, which the CDK prints after them: a line for what is wrong.

    Findings of one rule that differ in their dimension alone are one line. An error is ``fatal``, so that the CDK's own
    acknowledgments, which have no end date and accept an empty reason, cannot suppress it. ``acknowledge`` of this library
    lowers a finding to a warning instead.
    """
    alike: dict[tuple[str, Level, str, str], list[Finding]] = {}
    for finding in table.findings:
        alike.setdefault((finding.rule, finding.level, finding.table, finding.title), []).append(finding)
    for (rule, level, name, title), found in alike.items():
        dimensions = [finding.dimension.label for finding in found if finding.dimension is not None]
        subject = f"{name} / {' and '.join(dict.fromkeys(dimensions))}" if dimensions else name
        yield cdk.PolicyViolation(
            rule_name=rule,
            description=safe_line(f"{rule} {subject}: {title}"),
            severity="fatal" if level is Level.ERROR else "warning",
            violating_resources=[cdk.PolicyViolatingResource(construct_path=table.resource, locations=[])],
        )


__all__ = ["CapacityGuardChecks"]
