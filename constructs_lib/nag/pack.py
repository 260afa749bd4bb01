"""``CapacityGuardChecks``: the cdk-nag pack that judges every guarded table of an app."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import aws_cdk as cdk
from cdk_nag import NagPack
from constructs import IConstruct

from ..capacity.rules import Case, Finding, Level, evaluate
from ..findings import Findings, Place, Seen, text
from .moment import CONTEXT
from .names import PACK
from .registry import note_pack, tables_of
from .templates import Templates, warm_in

if TYPE_CHECKING:
    from ..guard import Guard


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
        """Judge the guarded tables of a synthesis, with what their resolved templates say.

        Overridden as a whole: cdk-nag's own walk would call back into Python for every resource of the app, and
        counts a mere warning as a failure.
        """
        templates = Templates(context)
        cases = []
        for table in tables_of(context.app_construct):
            if table.contradiction(templates.of(table)) is not None:
                continue  # CycleCheck fails the synthesis with it
            case = table.case
            resource = templates.resources_of(table)[case.logical_id or ""]
            cases.append((table, replace(case, warm_in_template=warm_in(resource))))
        # Written whether the synthesis fails or not: a workflow shows it beside the code.
        app = context.app_construct
        return self._report(cases, app.outdir if isinstance(app, cdk.Stage) else None)

    def validate_scope(self, scope: IConstruct) -> cdk.PolicyValidationPluginReport:
        """Judge the guarded tables of an app without a synthesis, hence without what only templates say (CG17)."""
        tables = tables_of(scope.node.root)
        for table in tables:
            table.read()
        return self._report([(table, table.case) for table in tables], None)

    def _report(
        self, cases: Iterable[tuple[Guard, Case]], assembly: str | None
    ) -> cdk.PolicyValidationPluginReport:
        judged = [(table, tuple(self._evaluate(case))) for table, case in cases]
        findings = Findings(
            judged[0][0].now if judged else None,
            tuple(Seen(table.node.path, _place(table), found) for table, found in judged),
        )
        if findings.found:
            print(f"\n{text(findings)} (context {CONTEXT})\n", file=sys.stderr, flush=True)
        if assembly is not None:
            findings.write(assembly)
        violations = [_violation(table, finding) for table, found in judged for finding in found]
        return cdk.PolicyValidationPluginReport(success=findings.errors == 0, violations=violations)


def _place(table: Guard) -> Place | None:
    return None if table.caller is None else Place(*table.caller)


def _violation(table: Guard, finding: Finding) -> cdk.PolicyViolation:
    """One line for the validation report: the block of lines has been printed already.

    An error is ``fatal``, which the CDK does not let its own acknowledgments suppress: those have no end and take an
    empty reason. ``acknowledge`` of this library lowers a finding to a warning instead.
    """
    return cdk.PolicyViolation(
        rule_name=finding.rule,
        description=f"{finding.rule} {finding.subject}: {finding.title}",
        severity="fatal" if finding.level is Level.ERROR else "warning",
        violating_resources=[
            cdk.PolicyViolatingResource(construct_path=table.resource.node.path, locations=[])
        ],
    )


__all__ = ["CapacityGuardChecks"]
