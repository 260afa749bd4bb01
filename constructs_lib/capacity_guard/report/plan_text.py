"""A plan for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import indent

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ..capacity.safe_text import safe_lines
from ..findings.answer_text import section_lines, sections
from ..planning.plan import DimensionPlan, Plan, TablePlan
from ..rules import Answer, Finding, Level
from . import plan_formatting

_FITS, _THROTTLES, _THROTTLES_MUCH = "·", "▒", "█"
_STYLES = {"no": "red", "warn": "yellow", "ok": "green", "": ""}
_HEADS = ("dimension", "deployed", "declared", "peak/s", "serves/s", "headroom")


def print_plan(plan: Plan, console: Console) -> None:
    """Print a plan.

    Args:
        plan: what to print.
        console: where to; a console without colours gets plain text.
    """
    for table in plan_formatting.detailed_tables(plan):
        _print_table(table, console)
    for other in plan.unplanned:
        reason = "" if other.findings else f": {other.why}"
        console.print(_inert(f"{other.path}: not planned{reason}", style="bold"))
        console.print()
        _print_findings(other.findings, other.answers, console)
    for table in plan_formatting.one_line_tables(plan):
        console.print(_inert(f"{table.path}: {plan_formatting.verdict(table)}"), soft_wrap=True)
    if plan_formatting.one_line_tables(plan):
        console.print()
    console.print(
        _inert(
            f"capacity-guard: {plan_formatting.headline(plan)}{plan_formatting.judged_text(plan)}",
            style="bold",
        )
    )


def _inert(text: str, style: str = "") -> Text:
    """A text whose names cannot command the terminal. A ``Text`` holds no markup either."""
    return Text("\n".join(safe_lines(text)), style=style)


def _name(table: TablePlan) -> Text:
    return _inert(table.path + ("" if table.place is None else f"  {table.place}"), style="bold")


def _print_findings(findings: Sequence[Finding], answers: Sequence[Answer], console: Console) -> None:
    """The findings of a table, each fix once after the findings that it resolves."""
    for found, answer in sections(findings, answers):
        style = "red" if found[0].level is Level.ERROR else "yellow"
        for text in section_lines(found, answer):
            # Code to paste keeps its lines.
            console.print(_inert(indent(text, "  "), style=style), soft_wrap=True)
            console.print()


def _print_table(table: TablePlan, console: Console) -> None:
    console.print(_name(table))
    console.print(_inert(plan_formatting.verdict(table), style=_STYLES[plan_formatting.tone(table)]))
    console.print()
    _print_findings(table.findings, table.answers, console)
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column(overflow="fold")
    tones = {"way back": plan_formatting.way_back_tone(table)}
    for name, text in plan_formatting.facts(table):
        facts.add_row(name, _inert(text, style=_STYLES[tones.get(name, "")]))
    console.print(Padding(facts, (0, 0, 0, 2), expand=False))
    console.print()
    if not plan_formatting.unchanged(table):
        _print_dimensions(table, console)
        if any(share is not None and share > table.budget for share in table.hours):
            console.print(_heat_map(table, console.width))
        if later := plan_formatting.later_throttling(table):
            console.print(_inert(later))
            console.print()


def _print_dimensions(table: TablePlan, console: Console) -> None:
    """One table row for each dimension, or several lines where a row would not fit."""
    rows = [
        (
            dimension.dimension.label,
            dimension.deployed,
            dimension.declared,
            "" if dimension.peak is None else plan_formatting.rate(dimension.peak.units),
            plan_formatting.rate(dimension.limit),
            plan_formatting.headroom(dimension),
        )
        for dimension in table.dimensions
    ]
    heading = plan_formatting.throttling_heading(table)
    lost = [plan_formatting.throttled_units(dimension) for dimension in table.dimensions]
    widths = [max(map(len, column)) for column in zip(_HEADS, *rows, strict=True)]
    if sum(widths) + 2 * len(widths) + max(map(len, (heading, *lost))) <= console.width:
        grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
        for position, head in enumerate(_HEADS):
            grid.add_column(head, justify="right" if position > 2 else "left")
        grid.add_column(heading)
        for dimension, cells, units in zip(table.dimensions, rows, lost, strict=True):
            grid.add_row(*map(_inert, cells), _inert(units, style=_style(dimension)))
        console.print(grid)
        for dimension in table.dimensions:
            if details := plan_formatting.throttling_details(table, dimension):
                console.print(_inert(f"{dimension.dimension.label}: {details}", style=_style(dimension)))
    else:
        for dimension, (label, was, declared, peak, serves, headroom) in zip(
            table.dimensions, rows, strict=True
        ):
            figures = [
                f"peak {peak}/s" * bool(peak),
                f"serves {serves}/s",
                f"headroom {headroom}" * bool(headroom),
            ]
            throttled = (
                plan_formatting.throttled_units(dimension),
                plan_formatting.throttling_details(table, dimension),
            )
            console.print(_inert(label, style="bold"))
            for line, style in (
                (f"deployed {was}" * bool(was), ""),
                (f"declared {declared}", ""),
                (", ".join(filter(None, figures)), ""),
                (f"{heading}: {', '.join(filter(None, throttled))}", _style(dimension)),
            ):
                if line:
                    console.print(Padding(_inert(line, style=style), (0, 0, 0, 2), expand=False))
    if plan_formatting.has_range(table):
        console.print(_inert(plan_formatting.RANGE, style="dim"))
    console.print()


def _style(dimension: DimensionPlan) -> str:
    return "red" if dimension.worst is not None and not dimension.worst.within else ""


def _heat_map(table: TablePlan, width: int) -> Text:
    """Seven lines of 24 hours."""
    cell = 3 if width >= 78 else 2
    labelled = 1 if cell == 3 else 3  # every hour has room for a label, or every third
    text = Text(
        f"hours of the week, UTC: {_FITS} {plan_formatting.start_name(table)} fits, {_THROTTLES} it throttles, "
        f"{_THROTTLES_MUCH} 1 % and more\n"
    )
    hours = "".join(f"{hour:02}".ljust(cell * labelled) for hour in range(0, 24, labelled))
    text.append(f"     {hours.rstrip()}\n", style="dim")
    for day, name in enumerate(plan_formatting.DAYS):
        text.append(f"{name}  ", style="dim")
        for share in table.hours[24 * day : 24 * day + 24]:
            if share is None:
                text.append(" " * cell)
            elif share <= table.budget:
                text.append(f" {_FITS}".ljust(cell), style="green")
            else:
                text.append(f" {_THROTTLES_MUCH if share >= 0.01 else _THROTTLES}".ljust(cell), style="red")
        text.append("\n")
    return text
