"""Writes the table of rules in docs/rules/README.md from the rules' own texts.

``make rules``, or ``python docs/rules/tables.py`` in the environment of the project. The table is between two markers,
``<!-- rules:begin -->`` and ``<!-- rules:end -->``.
"""

from __future__ import annotations

from pathlib import Path

from capacity_guard.rules import ALL_RULES

BEGIN, END = "<!-- rules:begin -->\n", "<!-- rules:end -->\n"
ROOT = Path(__file__).resolve().parents[2]


PAGE = ROOT / "docs" / "rules" / "README.md"


def rule_table() -> str:
    """The table: what each rule refuses, its level and its inputs."""
    rows = [
        f"| [{rule.id}]({rule.id}.md) | {rule.refuses} | {rule.level.value} | {rule.needs} |"
        for rule in ALL_RULES
    ]
    return "\n".join(("| Rule | Refuses | Level | It needs |", "|---|---|---|---|", *rows, ""))


def with_table(text: str, table: str) -> str:
    """A page with another table between its markers.

    Args:
        text: the page.
        table: the table, with a line feed at its end.

    Raises:
        ValueError: the page does not have each marker once, on a line of its own.
    """
    before, begin, rest = text.partition(BEGIN)
    old, end, after = rest.partition(END)
    if not begin or not end or BEGIN in rest or END in before + old + after:
        raise ValueError(f"a page needs the lines {BEGIN.strip()} and {END.strip()}, once each")
    return f"{before}{BEGIN}{table}{END}{after}"


def main() -> None:
    """Write the table."""
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8"), rule_table()), encoding="utf-8")


if __name__ == "__main__":
    main()
