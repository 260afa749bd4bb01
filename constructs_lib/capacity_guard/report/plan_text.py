"""A plan for a terminal."""

from __future__ import annotations

from textwrap import indent

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ..planning.plan import DimensionPlan, Plan, TablePlan
from ..rules import Level
from . import plan_words as words

_FITS, _OVER, _FAR = "·", "▒", "█"
_STYLES = {"no": "red", "warn": "yellow", "ok": "green", "": ""}
_HEADS = ("dimension", "deployed", "declared", "peak/s", "serves/s", "headroom")


def print_plan(plan: Plan, console: Console) -> None:
    """Print a plan.

    Args:
        plan: what to print.
        console: where to; a console without colours gets plain text.
    """
    for table in words.order(plan):
        _table(table, console)
    for path, findings in plan.unplanned:
        console.print(Text(f"{path}: not planned", style="bold"))
        for finding in findings:
            console.print(Text(f"  {finding.line()}"), soft_wrap=True)
        console.print()
    for table in words.silent(plan):
        console.print(Text(f"{table.path}: {words.verdict(table)}"), soft_wrap=True)
    if words.silent(plan):
        console.print()
    console.print(Text(f"capacity-guard: {words.headline(plan)}", style="bold"))


def _name(table: TablePlan) -> Text:
    return Text(table.path + ("" if table.place is None else f"  {table.place}"), style="bold")


def _table(table: TablePlan, console: Console) -> None:
    console.print(_name(table))
    console.print(Text(words.verdict(table), style=_STYLES[words.tone(table)]))
    console.print()
    for finding in table.findings:
        style = "red" if finding.level is Level.ERROR else "yellow"
        # Code to paste is never broken into lines.
        console.print(Text(indent(finding.text(), "  "), style=style), soft_wrap=True)
        console.print()
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column(overflow="fold")
    marks = {"way back": words.back(table)}
    for name, said in words.facts(table):
        facts.add_row(name, Text(said, style=_STYLES[marks.get(name, "")]))
    console.print(Padding(facts, (0, 0, 0, 2), expand=False))
    console.print()
    if not words.unchanged(table):
        _dimensions(table, console)
        if any(share is not None and share > table.budget for share in table.hours):
            console.print(_heat(table, console.width))
        if later := words.later(table):
            console.print(Text(later))
            console.print()


def _dimensions(table: TablePlan, console: Console) -> None:
    """A row a dimension, or some lines where rows would not fit; what throttles in lines of its own."""
    rows = [
        (
            one.dimension.label,
            one.deployed,
            one.declared,
            "" if one.peak is None else words.rate(one.peak.units),
            words.rate(one.limit),
            words.headroom(one),
        )
        for one in table.dimensions
    ]
    beyond = words.beyond(table)
    lost = [words.lost(one) for one in table.dimensions]
    wide = [max(map(len, column)) for column in zip(_HEADS, *rows, strict=True)]
    if sum(wide) + 2 * len(wide) + max(map(len, (beyond, *lost))) <= console.width:
        drawn = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
        for position, head in enumerate(_HEADS):
            drawn.add_column(head, justify="right" if position > 2 else "left")
        drawn.add_column(beyond)
        for one, cells, said in zip(table.dimensions, rows, lost, strict=True):
            drawn.add_row(*cells, Text(said, style=_style(one)))
        console.print(drawn)
        for one in table.dimensions:
            if told := words.told(table, one):
                console.print(Text(f"{one.dimension.label}: {told}", style=_style(one)))
    else:
        for one, (label, was, declared, peak, serves, headroom) in zip(table.dimensions, rows, strict=True):
            figures = [
                f"peak {peak}/s" * bool(peak),
                f"serves {serves}/s",
                f"headroom {headroom}" * bool(headroom),
            ]
            said = ", ".join(filter(None, (words.lost(one), words.told(table, one))))
            console.print(Text(label, style="bold"))
            for line, style in (
                (f"deployed {was}" * bool(was), ""),
                (f"declared {declared}", ""),
                (", ".join(filter(None, figures)), ""),
                (f"{beyond}: {said}", _style(one)),
            ):
                if line:
                    console.print(Padding(Text(line, style=style), (0, 0, 0, 2), expand=False))
    if words.ranged(table):
        console.print(Text(words.RANGE, style="dim"))
    console.print()


def _style(one: DimensionPlan) -> str:
    return "red" if one.worst is not None and not one.worst.within else ""


def _heat(table: TablePlan, width: int) -> Text:
    """Seven lines of 24 hours."""
    room = 3 if width >= 78 else 2
    every = 1 if room == 3 else 3
    said = Text(
        f"hours of the week, UTC: {_FITS} {words.start(table)} fits, {_OVER} it throttles, {_FAR} 1 % and more\n"
    )
    hours = "".join(f"{hour:02}".ljust(room * every) for hour in range(0, 24, every))
    said.append(f"     {hours.rstrip()}\n", style="dim")
    for day, name in enumerate(words.DAYS):
        said.append(f"{name}  ", style="dim")
        for share in table.hours[24 * day : 24 * day + 24]:
            if share is None:
                said.append(" " * room)
            elif share <= table.budget:
                said.append(f" {_FITS}".ljust(room), style="green")
            else:
                said.append(f" {_FAR if share >= 0.01 else _OVER}".ljust(room), style="red")
        said.append("\n")
    return said
