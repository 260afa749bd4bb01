"""Every rule has a page that an installation can print."""

from __future__ import annotations

import pytest

from capacity_guard.capacity.errors import InputError
from capacity_guard.rules import ALL_RULES
from capacity_guard.rules.pages import rule_page
from tests.paths import ROOT


@pytest.mark.parametrize("rule", [rule.id for rule in ALL_RULES])
def test_page_of_each_rule_is_that_of_the_documentation(rule: str) -> None:
    assert rule_page(rule) == (ROOT / "docs" / "rules" / f"{rule}.md").read_text(encoding="utf-8")
    assert rule_page(rule.lower()) == rule_page(rule)
    assert rule_page(rule).startswith(f"# {rule} ")


@pytest.mark.parametrize("name", ["CG99", "", "README", "../../README", "CG4.md", "CG4\n::error::x"])
def test_page_of_no_rule_is_one_error_that_names_the_rules(name: str) -> None:
    with pytest.raises(InputError, match=r"is not a rule. Choose one of CG1, CG2") as raised:
        rule_page(name)
    assert "\n" not in str(raised.value)
