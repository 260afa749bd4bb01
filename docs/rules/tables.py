"""Writes the tables of rules in README.md and docs/rules/README.md from the rules' own texts.

``make rules``, or ``python docs/rules/tables.py`` in the environment of the project. Each table is between two markers,
``<!-- rules:begin -->`` and ``<!-- rules:end -->``.
"""

from __future__ import annotations

from pathlib import Path

from capacity_guard.rules import ALL_RULES, Level, Rule

BEGIN, END = "<!-- rules:begin -->\n", "<!-- rules:end -->\n"
ROOT = Path(__file__).resolve().parents[2]


def refused_table() -> str:
    """The table of README.md: what each rule refuses."""
    rows = [f"| [{rule.id}](docs/rules/{rule.id}.md) | {_warn(rule)}{rule.refuses} |" for rule in ALL_RULES]
    return "\n".join(("| rule | refuses |", "|---|---|", *rows, ""))


def title_table() -> str:
    """The table of docs/rules/README.md: title, level and inputs of each rule."""
    rows = [
        f"| [{rule.id}]({rule.id}.md) | {rule.title} | {rule.level.value} | {rule.needs} |"
        for rule in ALL_RULES
    ]
    return "\n".join(("| Rule | Refuses | Level | It needs |", "|---|---|---|---|", *rows, ""))


def _warn(rule: Rule) -> str:
    return "WARN: " if rule.level is Level.WARN else ""


TABLES = {ROOT / "README.md": refused_table, ROOT / "docs" / "rules" / "README.md": title_table}


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
    """Write both tables."""
    for page, table in TABLES.items():
        page.write_text(with_table(page.read_text(encoding="utf-8"), table()), encoding="utf-8")


if __name__ == "__main__":
    main()
