"""A plan as Markdown: the summary of a workflow's job, or a comment on a pull request."""

from __future__ import annotations

import re

from ..findings.markdown import code, plain, row
from ..planning.plan import Plan, TablePlan
from ..rules import Finding, Level
from . import plan_words as words

# GitHub refuses a step's summary above 1 MiB whole (GitHub Docs, "Workflow commands", adding a job summary).
_LONGEST = 1_000_000
_SIGNS = {"no": "⛔", "ok": "✅", "warn": "⚠️"}


def plan_markdown(plan: Plan, longest: int = _LONGEST) -> str:
    """A headline, one line a table, then each with its dimensions.

    Args:
        plan: what to tell.
        longest: most bytes of the whole text; tables that do not fit are counted.
    """
    lines = [f"## capacity-guard plan: {words.headline(plan)}", ""]
    if plan.tables:
        lines += [*row("Table", "Plan"), *row("---", "---")]
        for table in [*words.order(plan), *words.silent(plan)]:
            lines += row(code(table.path), f"{_SIGNS[words.tone(table)]} {plain(words.verdict(table))}")
        lines.append("")
    size = len("\n".join(lines).encode())
    parts = [_table(table) for table in words.order(plan)]
    parts += [
        [f"### {code(path)}: not planned", "", *(line for one in found for line in _finding(one)), ""]
        for path, found in plan.unplanned
    ]
    for number, part in enumerate(parts):
        size += len("\n".join(part).encode()) + 1
        if size > longest - 200:  # room for the sentence that counts what is left out
            lines += [f"{len(parts) - number} more: `capacity-guard plan` prints them.", ""]
            break
        lines += part
    return "\n".join(lines)


def _table(table: TablePlan) -> list[str]:
    place = "" if table.place is None else f" {code(str(table.place))}"
    lines = [f"### {code(table.path)}{place}", ""]
    for finding in table.findings:
        lines += _finding(finding)
    if table.findings:
        lines.append("")
    marks = {"way back": _SIGNS.get(words.back(table), "")}
    lines += [
        f"- {name}: " + f"{marks.get(name, '')} {plain(said)}".strip() for name, said in words.facts(table)
    ]
    if words.later(table):
        lines += ["", words.later(table)]
    lines.append("")
    if not words.unchanged(table):
        lines += _dimensions(table)
    return [*lines, ""]


def _dimensions(table: TablePlan) -> list[str]:
    throttled = words.beyond(table).capitalize()
    lines = [
        *row("Dimension", "Deployed", "Declared", "Peak/s", "Serves/s", "Headroom", throttled),
        *row("---", "---", "---", "---:", "---:", "---:", "---"),
    ]
    for one in table.dimensions:
        lines += row(
            plain(one.dimension.label),
            one.deployed,
            one.declared,
            "" if one.peak is None else words.rate(one.peak.units),
            words.rate(one.limit),
            words.headroom(one),
            plain(", ".join(filter(None, (words.lost(one), words.told(table, one))))),
        )
    if words.ranged(table):
        lines += ["", words.RANGE]
    return [*lines, ""]


def _finding(finding: Finding) -> list[str]:
    lines = [f"- **{finding.level.value} {finding.rule}** {plain(finding.subject)}: {plain(finding.title)}"]
    if finding.level is Level.ERROR:
        # Longer than any fence that stands in it.
        fence = "`" * max(3, max((len(run) for run in re.findall("`+", finding.fix)), default=0) + 1)
        lines += ["", *(f"  {line}" for line in (f"{fence}python", *finding.fix.splitlines(), fence)), ""]
    return lines
