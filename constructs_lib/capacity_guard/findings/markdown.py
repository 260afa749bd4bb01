"""Findings as Markdown: the summary of a workflow's job, or a comment on a pull request."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Sequence

from ..capacity.safe_text import safe_line, safe_lines
from ..rules import Answer, Finding, Level
from .answer_text import heading, labels, rules_text, sections, steps
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
        *row("Level", "Rule", "Table", "Finding", "Construct", "Line of code"),
        *row(*["---"] * 6),
    ]
    for table, finding in findings.found:
        place = "" if table.place is None else code(str(table.place))
        cells = (plain(finding.subject), plain(finding.title), code(table.path), place)
        lines += row(finding.level.value, finding.rule, *cells)
    lines.append("")
    size = len("\n".join(lines).encode())
    left_out = len(findings.found)
    for table, found, answer in _sections(findings):
        details = _details(table, found, answer)
        size += len("\n".join(details).encode()) + 1
        if size > longest - _COUNT_LONGEST:
            lines += [f"Details of {left_out} more: `capacity-guard findings` prints them.", ""]
            break
        left_out -= len(found)
        lines += details
    return "\n".join(lines)


def _sections(findings: Findings) -> list[tuple[JudgedTable, list[Finding], Answer | None]]:
    """The sections of all tables, those with an error first."""
    found = [
        (t, section, answer) for t in findings.tables for section, answer in sections(t.findings, t.answers)
    ]
    return sorted(found, key=lambda part: list(Level).index(part[1][0].level))


def _details(table: JudgedTable, found: Sequence[Finding], answer: Answer | None) -> list[str]:
    if answer is None or (len(found) == 1 and not answer.alternatives):
        return [
            line
            for finding in found
            for line in _finding(table, finding, ["Fix:", "", *block(finding.fix), ""])
        ]
    lines = [line for finding in found for line in _finding(table, finding, [])]
    if answer.alternatives:
        return lines + answer_markdown(found, answer)
    return [*lines, f"Fix for {rules_text(found)}:", "", *block(answer.text), ""]


def _finding(table: JudgedTable, finding: Finding, fix: Sequence[str]) -> list[str]:
    lines = [f"### {finding.level.value} {finding.rule}: {plain(finding.subject)}", ""]
    location = f"{code(table.path)}" + ("" if table.place is None else f", {code(str(table.place))}")
    lines += [f"{plain(finding.title[:1].upper() + finding.title[1:])}. ({location})", ""]
    if finding.figures:
        lines += [*row("Figure", "Value", "Note"), *row("---", "---:", "---")]
        for figure in finding.figures:
            lines += row(plain(figure.label), plain(figure.value), plain(figure.note))
        lines.append("")
    lines += fix
    if finding.acknowledged:
        lines += [f"Acknowledged: {plain(finding.acknowledged)}", ""]
    return [*lines, f"Why: {code(finding.page_command)}", ""]


def answer_markdown(findings: Sequence[Finding], answer: Answer) -> list[str]:
    """A fix by deployments: what each way costs, then its steps with the code of each.

    Args:
        findings: the findings that it resolves.
        answer: the fix.
    """
    title = heading(findings, answer)
    lines = [f"**{plain(title[:1].upper() + title[1:])}**", ""]
    for name, alternative in zip(labels(answer), answer.alternatives, strict=True):
        if name:
            lines += [f"**{name}, {plain(alternative.name)}**", ""]
        for label, text, step in steps(alternative):
            if step is None:
                lines += [f"{label}: {code(text)}", ""]
            else:
                lines += [f"{label}: {plain(text)}", "", *block(step.code, step.language), ""]
    return [*lines, f"{plain(answer.prices[:1].upper() + answer.prices[1:])}.", ""]


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


def block(text: str, language: str | None = None) -> list[str]:
    """A block of code. Its fence is longer than any fence in the text.

    Args:
        text: the code, or an instruction.
        language: its language; ``None`` for Python where the text is Python, and for plain text where it is not.
    """
    if language is None:
        language = "python" if _is_python(text) else "text"
    fence = "`" * max(3, max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    return [f"{fence}{language}", *safe_lines(text), fence]


def _is_python(text: str) -> bool:
    """Whether a fix is code of an app as a whole, without a sentence or a command: it has an assignment or a call."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes in a sentence, which is no code
            parsed = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return any(isinstance(node, (ast.Assign, ast.Call)) for node in ast.walk(parsed))


__all__ = ["answer_markdown", "block", "code", "markdown", "plain", "row"]
