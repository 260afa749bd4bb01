"""What the guard's plugins of the CDK's validation have in common."""

from __future__ import annotations

from typing import Any, ClassVar

import aws_cdk as cdk
import pytest
from constructs import RootConstruct

from capacity_guard.cdk.end_of_synthesis.validation_plugin import ValidationPlugin, add_once


class Counting(ValidationPlugin):
    NAME = "Counting"
    asked: ClassVar[list[str]] = []

    def validate(self, context: cdk.IPolicyValidationContext) -> cdk.PolicyValidationPluginReport:
        self.asked.append(self.name)
        return cdk.PolicyValidationPluginReport(success=True, violations=[])


def test_plugin_added_twice_to_an_app_is_asked_once_for_each_app() -> None:
    Counting.asked.clear()
    for _ in range(2):
        app = cdk.App()
        cdk.Stack(app, "S")
        add_once(app, Counting)
        add_once(app, Counting)
        app.synth()
    assert Counting.asked == ["Counting", "Counting"]
    assert (Counting().version, Counting().rule_ids) == (None, None)


def test_plugin_is_not_added_to_a_tree_without_an_app() -> None:
    Counting.asked.clear()
    add_once(RootConstruct(), Counting)
    assert Counting.asked == []


def test_plugin_without_checks_of_its_own_is_none() -> None:
    context: Any = None
    with pytest.raises(NotImplementedError):
        ValidationPlugin().validate(context)
