"""Findings as Markdown: the summary of a workflow's job, or a comment on a pull request."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..capacity.safe_text import safe_line, safe_lines
from ..rules import Finding
from .document import Findings, JudgedTable

# Bytes. GitHub shows nothing of a step summary above 1 MiB (GitHub Docs, "Workflow commands", adding a job summary).
_LONGEST = 1_000_000
# Bytes for the sentence that counts the details left out.
_COUNT_LONGEST = 200


def markdown(findings: Findings, longest: int = _LONGEST) -> str:
    """A headline, a table of the findings, then each finding with its figures and its fix.

    Args:
        findings: the findings of a synthesis.
        longest: most bytes of the text. The last details that do not fit are left out, and counted.
    """
    lines = [
        f"## capacity-guard: {findings.headline}",
        "",
        f"{findings.scope[:1].upper()}{findings.scope[1:]}.",
        "",
    ]
    if findings.without_gates is not None:
        lines += [f"{findings.without_gates[:1].upper()}{findings.without_gates[1:]}.", ""]
    if not findings.found:
        return "\n".join(lines)
    lines += [
        *row("Level", "Rule", "Table", "Finding", "Line of code"),
        *row(*["---"] * 5),
    ]
    for table, finding in findings.found:
        place = "" if table.place is None else code(str(table.place))
        lines += row(finding.level.value, finding.rule, plain(finding.subject), plain(finding.title), place)
    lines.append("")
    size = len("\n".join(lines).encode())
    for number, (table, finding) in enumerate(findings.found):
        details = _details(table, finding)
        size += len("\n".join(details).encode()) + 1
        if size > longest - _COUNT_LONGEST:
            left_out = len(findings.found) - number
            lines += [f"Details of {left_out} more: `capacity-guard findings` prints them.", ""]
            break
        lines += details
    return "\n".join(lines)


def _details(table: JudgedTable, finding: Finding) -> list[str]:
    lines = [f"### {finding.level.value} {finding.rule}: {plain(finding.subject)}", ""]
    location = f"{code(table.path)}" + ("" if table.place is None else f", {code(str(table.place))}")
    lines += [f"{plain(finding.title[:1].upper() + finding.title[1:])}. ({location})", ""]
    if finding.figures:
        lines += [*row("Figure", "Value", "Note"), *row("---", "---:", "---")]
        for figure in finding.figures:
            lines += row(plain(figure.label), plain(figure.value), plain(figure.note))
        lines.append("")
    lines += ["Fix:", "", *block(finding.fix), ""]
    if finding.acknowledged:
        lines += [f"Acknowledged: {plain(finding.acknowledged)}", ""]
    return [*lines, f"Why: {code(finding.page_command)}", ""]


def row(*cells: str) -> Sequence[str]:
    """A row of a table, as a list of one line."""
    return [f"| {' | '.join(cells)} |"]


def plain(text: str) -> str:
    """Escape a text for Markdown and HTML, on one line: an underscore in a table's name is no emphasis."""
    escaped = re.sub(r"([\\`*_\[\]|~])", r"\\\1", safe_line(" ".join(text.split())))
    return escaped.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def code(text: str) -> str:
    """Code within a line. A bar is escaped, as tables require even in code (GitHub Flavored Markdown, tables)."""
    text = safe_line(text)
    fence = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    pad = " " if "`" in text else ""
    return f"{fence}{pad}{text}{pad}{fence}".replace("|", "\\|")


def block(text: str) -> list[str]:
    """A block of code. Its fence is longer than any fence in the text."""
    fence = "`" * max(3, max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    return [f"{fence}python", *safe_lines(text), fence]


__all__ = ["block", "code", "markdown", "plain", "row"]
