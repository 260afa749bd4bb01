"""``RulesValidation``: warns of a change of capacity that no rule judges."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
import jsii
from constructs import IConstruct, IValidation

from ..fleet.registry import keep_once, tables_of, was_judged
from .validation_names import RULES_CHECK
from .validation_plugin import ValidationPlugin, add_once
from .violations import violation

if TYPE_CHECKING:
    from ..guards.guard import Guard


def needs_rules(guard: Guard) -> bool:
    """Whether the rules have a change of a guard's table to judge."""
    return guard.reading.error is None and guard.transition is not None and not guard.transition.is_empty


class RulesValidation(ValidationPlugin):
    """A table is in a transition and no rule pack judged the app: a warning. The gates check the live table, but not the rules.

    The CDK asks plugins in the order in which they were added. This one is added when the app is synthesized, after every
    plugin of the app's own code, so that it knows whether a pack was asked.
    """

    NAME = RULES_CHECK

    def validate(self, context: cdk.IPolicyValidationContext) -> cdk.PolicyValidationPluginReport:
        """Warn of each transition if no pack was asked."""
        app = context.app_construct
        violations = []
        for guard in tables_of(app) if not was_judged(app) else ():
            if needs_rules(guard):
                text = (
                    f"{guard.id} is in a transition that no rule of capacity-guard judges. "
                    "Add Validations.of(app).add_plugins(CapacityGuardChecks(app))."
                )
                violations.append(violation(guard, "no-rules", text, "warning"))
        return cdk.PolicyValidationPluginReport(success=True, violations=violations)


@jsii.implements(IValidation)
class _WhenTheAppIsSynthesized:
    """Adds ``RulesValidation`` when the CDK validates the app itself, after its stages."""

    def __init__(self, root: IConstruct) -> None:
        self._root = root

    def validate(self) -> list[str]:
        """Add the plugin; there is nothing to report here."""
        add_once(self._root, RulesValidation)
        return []


def add_rules_validation(root: IConstruct, stack: cdk.Stack) -> None:
    """Add ``RulesValidation`` to an app, once. Call it when a stack with a transition is synthesized.

    A stage may be synthesized long before its app: CDK Pipelines does so in ``add_stage``, and the app may add its plugins
    after that. So a stack of a stage leaves it to the synthesis of the app.

    Args:
        root: the root of the construct tree.
        stack: the stack that is synthesized.
    """
    stage = cdk.Stage.of(stack)
    if stage is None or stage.parent_stage is None:
        add_once(root, RulesValidation)
        return
    later = _WhenTheAppIsSynthesized(root)
    if keep_once(root, _WhenTheAppIsSynthesized, later):
        root.node.add_validation(later)


__all__ = ["RulesValidation", "add_rules_validation", "needs_rules"]
