"""A plan as Markdown: the summary of a workflow's job, or a comment on a pull request."""

from __future__ import annotations

from constructs_lib.capacity.rules import Finding
from constructs_lib.findings.markdown import code, plain, row
from constructs_lib.planning.plan import Plan, TablePlan

from . import plan_words as words

# GitHub refuses a step's summary above 1 MiB whole (GitHub Docs, "Workflow commands", adding a job summary).
_LONGEST = 1_000_000


def plan_markdown(plan: Plan, longest: int = _LONGEST) -> str:
    """A headline, one line a table, then each with its dimensions.

    Args:
        plan: what to tell.
        longest: most bytes of the whole text; tables that do not fit are counted.
    """
    lines = [f"## capacity-guard plan: {words.headline(plan)}", ""]
    if plan.tables:
        lines += [*row("Table", "Plan"), *row("---", "---")]
        for table in plan.tables:
            lines += row(
                code(table.path), ("⛔ " if table.throttling else "✅ ") + plain(words.verdict(table))
            )
        lines.append("")
    size = len("\n".join(lines).encode())
    parts = [
        _table(table) for table in plan.tables if table.transition != "nothing changes" or table.findings
    ]
    parts += [
        [f"### {code(path)}: not planned", "", *map(_finding, found), ""] for path, found in plan.unplanned
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
    facts = [("recorded", f"{table.days:.1f} days, {table.gaps:,} minutes with a gap, {table.baseline}")]
    facts.append(("change window", table.window + (f"; {words.quiet_hours(table)}" if table.hours else "")))
    if table.stages:
        facts.append(("minutes", words.minutes(table)))
    if table.money is not None:
        facts.append(("cost", words.cost(table.money)))
    if table.way_back is not None:
        facts.append(("way back", table.way_back.why))
    lines += [f"- {name}: {plain(said)}" for name, said in facts]
    lines.append("")
    if table.transition != "nothing changes":
        lines += row(
            "Dimension", "Deployed", "Declared", "Peak/s", "Serves/s", "Headroom", "Throttled, worst hour"
        )
        lines += row("---", "---", "---", "---:", "---:", "---:", "---")
        for one in table.dimensions:
            worst, said = one.worst, "not recorded"
            if worst is not None:
                said = words.throttled(worst, one.dimension)
                if worst.units:
                    said += (
                        f", {words.share(worst.share)}: {words.replay(worst)}, {words.moment(worst.worst)}, "
                        f"{words.because(worst, one.dimension)}"
                    )
            lines += row(
                plain(one.dimension.label),
                one.deployed,
                one.declared,
                "" if one.peak is None else words.rate(one.peak.units),
                words.rate(one.limit),
                "" if one.headroom is None else f"{one.headroom:.2f}",
                plain(said),
            )
        lines.append("")
    lines += [_finding(finding) for finding in table.findings]
    return [*lines, ""]


def _finding(finding: Finding) -> str:
    return f"- **{finding.level.value} {finding.rule}** {plain(finding.subject)}: {plain(finding.title)}"
