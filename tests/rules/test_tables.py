"""The table of rules in docs/rules/README.md is the one that docs/rules/tables.py writes."""

from __future__ import annotations

import pytest

from capacity_guard.rules import ALL_RULES
from docs.rules.tables import PAGE as RULES_PAGE
from docs.rules.tables import rule_table, with_table

PAGE = "# Rules\n\n<!-- rules:begin -->\nold\n<!-- rules:end -->\nend\n"


def test_page_when_a_rule_changed_expects_its_table_written_again() -> None:
    text = RULES_PAGE.read_text(encoding="utf-8")
    assert text == with_table(text, rule_table()), (
        "the page is stale: run `make rules` (docs/rules/tables.py)"
    )


def test_table_when_written_has_a_row_for_each_rule() -> None:
    for rule in ALL_RULES:
        row = f"| [{rule.id}]({rule.id}.md) | {rule.refuses} | {rule.level.value} | {rule.needs} |\n"
        assert row in rule_table()


def test_table_when_written_replaces_what_is_between_the_markers_alone() -> None:
    assert with_table(PAGE, "new\n") == PAGE.replace("old\n", "new\n")


@pytest.mark.parametrize(
    "text",
    ["", PAGE.replace("begin", "start"), PAGE.replace("end -->", "END -->"), PAGE + PAGE],
    ids=["none", "no begin", "no end", "twice"],
)
def test_page_without_both_markers_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="rules:begin"):
        with_table(text, "new\n")
