"""A plan as Markdown: the summary of a workflow's job, or a comment on a pull request."""

from __future__ import annotations

from collections.abc import Sequence

from ..findings.answer_text import rules_text, sections
from ..findings.markdown import answer_markdown, block, code, plain, row
from ..planning.plan import Plan, TablePlan
from ..rules import Answer, Finding, Level
from . import plan_formatting

_MOST_BYTES = 1_000_000
"""GitHub drops a step's summary above 1 MiB (GitHub Docs, "Workflow commands", adding a job summary)."""
_SIGNS = {"no": "⛔", "ok": "✅", "warn": "⚠️"}


def plan_markdown(plan: Plan, longest: int = _MOST_BYTES) -> str:
    """A headline, one line for each table, then a section for each table with its dimensions.

    Args:
        plan: what to show.
        longest: most bytes of the text; sections that do not fit are counted.
    """
    lines = [
        f"## capacity-guard plan: {plan_formatting.headline(plan)}{plan_formatting.judged_text(plan)}",
        "",
    ]
    if plan.tables or plan.unplanned:
        lines += [*row("Table", "Plan"), *row("---", "---")]
        for table in [*plan_formatting.detailed_tables(plan), *plan_formatting.one_line_tables(plan)]:
            lines += row(
                code(table.path),
                f"{_SIGNS[plan_formatting.tone(table)]} {plain(plan_formatting.verdict(table))}",
            )
        for other in plan.unplanned:
            lines += row(code(other.path), f"{_SIGNS['warn']} not planned: {plain(other.why)}")
        lines.append("")
    size = len("\n".join(lines).encode())
    sections = [_table(table) for table in plan_formatting.detailed_tables(plan)]
    sections += [
        [f"### {code(other.path)}: not planned", "", *_findings(other.findings, other.answers), ""]
        for other in plan.unplanned
    ]
    for number, section in enumerate(sections):
        size += len("\n".join(section).encode()) + 1
        if size > longest - 200:  # room for the sentence that counts what is left out
            lines += [f"{len(sections) - number} more: `capacity-guard plan` prints them.", ""]
            break
        lines += section
    return "\n".join(lines)


def _table(table: TablePlan) -> list[str]:
    place = "" if table.place is None else f" {code(str(table.place))}"
    lines = [f"### {code(table.path)}{place}", "", *_findings(table.findings, table.answers)]
    if table.findings:
        lines.append("")
    signs = {"way back": _SIGNS.get(plan_formatting.way_back_tone(table), "")}
    lines += [
        f"- {name}: " + f"{signs.get(name, '')} {plain(text)}".strip()
        for name, text in plan_formatting.facts(table)
    ]
    if plan_formatting.later_throttling(table):
        lines += ["", plan_formatting.later_throttling(table)]
    lines.append("")
    if not plan_formatting.unchanged(table):
        lines += _dimensions(table)
    return [*lines, ""]


def _dimensions(table: TablePlan) -> list[str]:
    throttled = plan_formatting.throttling_heading(table).capitalize()
    lines = [
        *row("Dimension", "Deployed", "Declared", "Peak/s", "Serves/s", "Headroom", throttled),
        *row("---", "---", "---", "---:", "---:", "---:", "---"),
    ]
    for dimension in table.dimensions:
        details = plan_formatting.throttling_details(table, dimension)
        lines += row(
            plain(dimension.dimension.label),
            plain(dimension.deployed),
            plain(dimension.declared),
            "" if dimension.peak is None else plan_formatting.rate(dimension.peak.units),
            plan_formatting.rate(dimension.limit),
            plan_formatting.headroom(dimension),
            plain(", ".join(filter(None, (plan_formatting.throttled_units(dimension), details)))),
        )
    if plan_formatting.has_range(table):
        lines += ["", plan_formatting.RANGE]
    return [*lines, ""]


def _findings(findings: Sequence[Finding], answers: Sequence[Answer]) -> list[str]:
    """The findings of a table, each fix once after the findings that it resolves."""
    lines: list[str] = []
    for found, answer in sections(findings, answers):
        for finding in found:
            lines += _finding(
                finding, with_fix=answer is None or (len(found) == 1 and not answer.alternatives)
            )
        if answer is not None and answer.alternatives:
            lines += ["", *answer_markdown(found, answer)]
        elif answer is not None and len(found) > 1:
            lines += ["", f"Fix for {rules_text(found)}:", "", *block(answer.text), ""]
    return lines


def _finding(finding: Finding, *, with_fix: bool = True) -> list[str]:
    lines = [f"- **{finding.level.value} {finding.rule}** {plain(finding.subject)}: {plain(finding.title)}"]
    if finding.level is Level.ERROR and with_fix:
        lines += ["", *(f"  {line}" for line in block(finding.fix)), ""]
    return lines
