"""``ValidationPlugin``: what the guard's plugins of the CDK's validation have in common."""

from __future__ import annotations

import aws_cdk as cdk
import jsii
from constructs import IConstruct

from ..fleet.registry import keep_once


@jsii.implements(cdk.IPolicyValidationPlugin)
class ValidationPlugin:
    """A plugin without a version and without a list of rules. A subclass has ``NAME`` and ``validate``."""

    NAME: str

    @property
    def name(self) -> str:
        """Name in the validation report."""
        return self.NAME

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
        raise NotImplementedError


def add_once(root: IConstruct, plugin: type[ValidationPlugin]) -> None:
    """Add a plugin to an app, unless the app has it.

    Args:
        root: the root of the construct tree; a root that is not an app or stage has no validation.
        plugin: class of the plugin.
    """
    if not isinstance(root, cdk.Stage):
        return
    made = plugin()
    if keep_once(root, plugin, made):
        cdk.Validations.of(root).add_plugins(made)


__all__ = ["ValidationPlugin", "add_once"]
