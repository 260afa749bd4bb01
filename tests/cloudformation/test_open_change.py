"""The change of a table whose way back stands in a template."""

from __future__ import annotations

from typing import Any

import pytest

from capacity_guard.cloudformation.open_change import OpenChange, find_open_change

HOLD = "/capacity-guard/S/T"
TEMPLATE: dict[str, Any] = {
    "Parameters": {"Size": {"Default": 5}, "Held": {"Default": HOLD}},
    "Conditions": {
        "Big": {"Fn::Equals": [{"Ref": "Size"}, "0123456789"]},
        "IsHeld": {"Fn::Equals": [{"Ref": "Held"}, "abcdef0123"]},
    },
}


def test_change_when_its_condition_is_there_is_found() -> None:
    assert find_open_change(TEMPLATE, "S", "T") == OpenChange("Held", HOLD, "abcdef0123")


@pytest.mark.parametrize(
    ("template", "stack", "table"),
    [
        ({}, "S", "T"),
        (TEMPLATE, "Other", "T"),
        (TEMPLATE, "S", "Other"),
        ({**TEMPLATE, "Conditions": {}}, "S", "T"),
        ({**TEMPLATE, "Conditions": {"IsHeld": {"Fn::Equals": [{"Ref": "Held"}, "none"]}}}, "S", "T"),
        ({**TEMPLATE, "Conditions": {"IsHeld": {"Fn::Equals": ["abcdef0123", {"Ref": "Held"}]}}}, "S", "T"),
        ({**TEMPLATE, "Conditions": {"IsHeld": "text"}}, "S", "T"),
        ({**TEMPLATE, "Parameters": {"Held": HOLD}}, "S", "T"),
    ],
)
def test_template_without_the_guards_condition_has_no_open_change(
    template: dict[str, Any], stack: str, table: str
) -> None:
    assert find_open_change(template, stack, table) is None
