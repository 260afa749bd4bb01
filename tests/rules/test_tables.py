"""The tables of rules in README.md and docs/rules/README.md are those that docs/rules/tables.py writes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from capacity_guard.rules import ALL_RULES
from docs.rules.tables import TABLES, refused_table, title_table, with_table

PAGE = "# Rules\n\n<!-- rules:begin -->\nold\n<!-- rules:end -->\nend\n"


@pytest.mark.parametrize(("page", "table"), TABLES.items(), ids=["README", "docs/rules/README"])
def test_page_when_a_rule_changed_expects_its_table_written_again(
    page: Path, table: Callable[[], str]
) -> None:
    text = page.read_text(encoding="utf-8")
    assert text == with_table(text, table()), f"{page.name} is stale: run `make rules` (docs/rules/tables.py)"


def test_tables_when_written_have_a_row_for_each_rule_with_its_level() -> None:
    for rule in ALL_RULES:
        warn = "WARN: " if rule.level.value == "WARN" else ""
        assert f"| [{rule.id}](docs/rules/{rule.id}.md) | {warn}{rule.refuses} |\n" in refused_table()
        row = f"| [{rule.id}]({rule.id}.md) | {rule.title} | {rule.level.value} | {rule.needs} |\n"
        assert row in title_table()


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
