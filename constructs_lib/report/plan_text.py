"""A plan for a terminal."""

from __future__ import annotations

from textwrap import indent

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from constructs_lib.capacity.rules import Level
from constructs_lib.planning.plan import Plan, TablePlan

from . import plan_words as words

_FITS, _OVER, _FAR = "·", "▒", "█"


def print_plan(plan: Plan, console: Console) -> None:
    """Print a plan.

    Args:
        plan: what to print.
        console: where to; a console without colours gets plain text.
    """
    for table in plan.tables:
        _table(table, console)
    for path, findings in plan.unplanned:
        console.print(Text(f"{path}: not planned", style="bold"))
        for finding in findings:
            console.print(Text(f"  {finding.line()}"), soft_wrap=True)
        console.print()
    console.print(Text(f"capacity-guard: {words.headline(plan)}", style="bold"))


def _table(table: TablePlan, console: Console) -> None:
    place = "" if table.place is None else f"  {table.place}"
    console.print(Text(f"{table.path}{place}", style="bold"))
    bad = bool(table.throttling)
    console.print(Text(words.verdict(table), style="red" if bad else "green"))
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim")
    facts.add_column()
    facts.add_row("recorded", f"{table.days:.1f} days, {table.gaps:,} minutes with a gap; {table.baseline}")
    facts.add_row("change window", table.window + (f"; {words.quiet_hours(table)}" if table.hours else ""))
    if table.stages:
        facts.add_row("minutes", words.minutes(table))
    if table.money is not None:
        facts.add_row("cost", words.cost(table.money))
    if table.way_back is not None:
        way = table.way_back
        facts.add_row("way back", Text(way.why, style="" if way.possible else "red"))
    console.print(Padding(facts, (0, 0, 0, 2), expand=False))
    if table.transition != "nothing changes":
        console.print(_dimensions(table))
        if any(table.hours):
            console.print(_heat(table))
    for finding in table.findings:
        style = "red" if finding.level is Level.ERROR else "yellow"
        # Code to paste is never broken into lines.
        console.print(Text(indent(finding.text(), "  "), style=style), soft_wrap=True)
        console.print()


def _dimensions(table: TablePlan) -> Table:
    drawn = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for head, justify in (
        ("dimension", "left"),
        ("deployed", "left"),
        ("declared", "left"),
        ("peak/s", "right"),
        ("serves/s", "right"),
        ("headroom", "right"),
        ("throttled in its worst hour", "left"),
    ):
        drawn.add_column(head, justify=justify, overflow="fold")  # type: ignore[arg-type]
    for one in table.dimensions:
        worst = one.worst
        said = "not recorded"
        if worst is not None:
            said = words.throttled(worst, one.dimension)
            if worst.units:
                said = (
                    f"{said}, {words.share(worst.share)} in {worst.minutes} minutes, {words.replay(worst)}: "
                    f"{words.moment(worst.worst)}, {words.because(worst, one.dimension)}"
                )
        drawn.add_row(
            one.dimension.label,
            one.deployed,
            one.declared,
            "" if one.peak is None else f"{one.peak.units:,.0f}",
            f"{one.limit:,.0f}",
            "" if one.headroom is None else f"{one.headroom:.2f}",
            Text(said, style="red" if worst is not None and not worst.within else ""),
        )
    return drawn


def _heat(table: TablePlan) -> Text:
    """Seven lines of 24 hours."""
    said = Text(
        f"hours of the week, UTC: {_FITS} the start fits, {_OVER} it throttles, {_FAR} 1 % and more\n"
    )
    said.append("     " + "".join(f"{hour:02} " for hour in range(24)) + "\n", style="dim")
    for day, name in enumerate(words.DAYS):
        said.append(f"{name}  ", style="dim")
        for share in table.hours[24 * day : 24 * day + 24]:
            if share is None:
                said.append("   ")
            elif share <= table.budget:
                said.append(f" {_FITS} ", style="green")
            else:
                said.append(f" {_FAR if share >= 0.01 else _OVER} ", style="red")
        said.append("\n")
    return said
