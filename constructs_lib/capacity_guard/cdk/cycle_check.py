"""What no pack may leave out: a gate that waits for itself, a guard that could not read its table, no pack at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
import jsii

from ..capacity.errors import InputError
from .names import CYCLE_CHECK
from .registry import has_pack, tables_of
from .templates import Resources, Templates, path_to

if TYPE_CHECKING:
    from .guard import Guard

_WATCHED: list[cdk.Stage] = []


def circle_of(table: Guard, resources: Resources) -> InputError | None:
    """The error of a table whose Preflight waits for the table that waits for it; ``None`` if there is no circle."""
    if table.gates is None:
        return None
    start = table.logical_id(table.gates.preflight)
    path = path_to(resources, start, table.logical_id(table.resource))
    if path is None:
        return None
    return InputError(
        table.node.path,
        f"its gate would wait for the table that waits for the gate ({' -> '.join([*path, start])})",
        "Refer to the table by its name in what the gate depends on",
    )


@jsii.implements(cdk.IPolicyValidationPlugin)
class CycleCheck:
    """Fails the synthesis of an app in which a gate and its table wait for each other.

    Nothing before the table may refer to it: CloudFormation refuses the circle, a synthesis only warns of it. It fails
    as well where a guard could not read what its table declares, since a change would go unguarded. And it warns of a
    transition that no pack judges: the gates alone check the live table, not the change.
    """

    @property
    def name(self) -> str:
        """Name in the validation report."""
        return CYCLE_CHECK

    @property
    def version(self) -> str | None:
        """No version of its own."""
        return None

    @property
    def rule_ids(self) -> list[str] | None:
        """No list: it has one rule."""
        return None

    def validate(self, context: cdk.IPolicyValidationContext) -> cdk.PolicyValidationPluginReport:
        """Judge the templates of a synthesis."""
        templates = Templates(context)
        found = []
        fails = False
        for table in tables_of(context.app_construct):
            wrong = table.contradiction(templates.of(table))
            if wrong is not None:
                fails = True
                found.append(_violation(table, "capacity-unread", str(wrong), "fatal"))
            if table.gates is None:
                continue
            error = circle_of(table, templates.resources_of(table))
            if error is not None:
                fails = True
                found.append(_violation(table, "circular-dependency", str(error), "fatal"))
            elif table.transition is not None and not has_pack():
                text = (
                    f"{table.node.id} is in a transition that no rule judges. "
                    "Add Validations.of(app).add_plugins(CapacityGuardChecks(app))."
                )
                found.append(_violation(table, "no-rules", text, "warning"))
        return cdk.PolicyValidationPluginReport(success=not fails, violations=found)


def _violation(table: Guard, rule: str, text: str, severity: str) -> cdk.PolicyViolation:
    resource = cdk.PolicyViolatingResource(construct_path=table.resource.node.path, locations=[])
    return cdk.PolicyViolation(
        rule_name=rule, description=text, severity=severity, violating_resources=[resource]
    )


def watch_for_cycles(table: Guard) -> None:
    """Have the templates of the table's app checked; once an app, whether it uses the pack or not."""
    stage = cdk.Stage.of(table)
    root = table.node.root
    if isinstance(root, cdk.Stage) and stage is not None and not any(one is root for one in _WATCHED):
        _WATCHED.append(root)
        cdk.Validations.of(root).add_plugins(CycleCheck())


__all__ = ["CycleCheck", "circle_of", "watch_for_cycles"]
