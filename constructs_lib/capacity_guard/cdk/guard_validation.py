"""``GuardValidation``: the checks of every app with a guard, also of an app without the rule pack."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
import jsii

from ..capacity.errors import InputError
from .dependencies import Resources, dependency_path
from .late_reading import contradiction
from .registry import has_pack, tables_of
from .templates import Templates
from .validation_names import CYCLE_CHECK

if TYPE_CHECKING:
    from .guard import Guard

_VALIDATED_APPS: list[cdk.Stage] = []


def circular_dependency(table: Guard, resources: Resources) -> InputError | None:
    """The error for a table that depends on its Preflight while Preflight depends on it; ``None`` if there is none.

    Args:
        table: the guard.
        resources: resources of its stack.
    """
    if table.gates is None:
        return None
    start = table.logical_id(table.gates.preflight)
    path = dependency_path(resources, start, table.logical_id(table.resource))
    if path is None:
        return None
    return InputError(
        table.node.path,
        f"its gate would wait for the table that waits for the gate ({' -> '.join([*path, start])})",
        "Refer to the table by its name in what the gate depends on",
    )


@jsii.implements(cdk.IPolicyValidationPlugin)
class GuardValidation:
    """The checks of every app with a guard.

    - A gate and its table depend on each other: the synthesis fails. CloudFormation refuses such a template, but the CDK
      only warns.
    - A guard could not read the declared capacity of its table: the synthesis fails, because a change would be
      deployed without gates.
    - The tables in transition of a stack do not fit into one deployment: the synthesis fails, and says in which order they do.
    - A table is in a transition and the app has no rule pack: a warning. The gates check the live table, but not the
      rules.
    """

    @property
    def name(self) -> str:
        """Name in the validation report."""
        return CYCLE_CHECK

    @property
    def version(self) -> str | None:
        """The plugin has no version."""
        return None

    @property
    def rule_ids(self) -> list[str] | None:
        """The plugin lists no rules."""
        return None

    def validate(self, context: cdk.IPolicyValidationContext) -> cdk.PolicyValidationPluginReport:
        """Check the templates of a synthesis."""
        templates = Templates(context)
        violations = []
        fails = False
        for table in tables_of(context.app_construct):
            problem = contradiction(table, templates.of(table))
            if problem is not None:
                severity = "fatal" if table.break_glass is None else "warning"
                fails = fails or table.break_glass is None
                violations.append(_violation(table, "capacity-unread", str(problem), severity))
            if table.gates is None:
                continue
            too_many = table.travelling.contradiction(table, templates.of(table))
            if too_many is not None:
                fails = True
                violations.append(_violation(table, "too-much-at-once", str(too_many), "fatal"))
            error = circular_dependency(table, templates.resources_of(table))
            if error is not None:
                fails = True
                violations.append(_violation(table, "circular-dependency", str(error), "fatal"))
            elif table.transition is not None and not has_pack():
                text = (
                    f"{table.node.id} is in a transition that no rule judges. "
                    "Add Validations.of(app).add_plugins(CapacityGuardChecks(app))."
                )
                violations.append(_violation(table, "no-rules", text, "warning"))
        return cdk.PolicyValidationPluginReport(success=not fails, violations=violations)


def _violation(table: Guard, rule: str, text: str, severity: str) -> cdk.PolicyViolation:
    resource = cdk.PolicyViolatingResource(construct_path=table.resource.node.path, locations=[])
    return cdk.PolicyViolation(
        rule_name=rule, description=text, severity=severity, violating_resources=[resource]
    )


def add_guard_validation(table: Guard) -> None:
    """Add ``GuardValidation`` to the app of a guard, once for each app."""
    stage = cdk.Stage.of(table)
    root = table.node.root
    if isinstance(root, cdk.Stage) and stage is not None and not any(app is root for app in _VALIDATED_APPS):
        _VALIDATED_APPS.append(root)
        cdk.Validations.of(root).add_plugins(GuardValidation())


__all__ = ["GuardValidation", "add_guard_validation", "circular_dependency"]
