"""Plans whose texts, pages and charts are kept letter by letter: variations of ``plans.py``, and plans of real replays.

``python -m tests.report.scenarios`` prints what is made; with ``--write`` it is kept in ``kept/``. The difference is reviewed.
"""

from __future__ import annotations

import re
import sys
from array import array
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path

from rich.console import Console

from capacity_guard.capacity.evidence import Peak
from capacity_guard.findings import SourceLocation
from capacity_guard.planning.plan import Plan, Stage, TablePlan, Unplanned, WayBack
from capacity_guard.pricing.cost import Between, WarmRaiseCost
from capacity_guard.pricing.prices import Price, Prices
from capacity_guard.report import plan_formatting as formatting
from capacity_guard.report.plan_chart import heat_map, hour_texts, series_chart
from capacity_guard.report.plan_html import plan_html
from capacity_guard.report.plan_markdown import plan_markdown
from capacity_guard.report.plan_text import print_plan
from capacity_guard.report.svg import text_width
from capacity_guard.rules import Level
from tests.builders.kept_texts import KeptTexts
from tests.planning.scenarios import table_plan
from tests.report.plans import (
    FINDING,
    HEADROOM,
    INDEX_WRITE,
    RECORDED,
    START,
    TABLE_WRITE,
    WARNING,
    index_write,
    money,
    nothing,
    plan,
    refused,
    safe,
    series,
    table_write,
    throttling,
    unchanged,
)


def _hours(**shares: float | None) -> tuple[float | None, ...]:
    hours: list[float | None] = [0.0] * 168
    for name, share in shares.items():
        hours[int(name.removeprefix("h"))] = share
    return tuple(hours)


def _own_prices(**given: Price | None) -> Prices:
    price, newer = Price(1.25, "a list", date(2026, 6, 1)), Price(0.5, "another", date(2026, 7, 9))
    both = {"read": price, "write": newer}
    return Prices("eu-west-1", both, both, {"read": newer, "write": newer}, **given)  # type: ignore[arg-type]


def _gap() -> array[float]:
    demand = array("d", [900.0 + 40 * minute for minute in range(200)])
    demand[20:33] = array("d", [float("nan")] * 13)
    demand[150] = float("nan")
    return demand


def _long() -> array[float]:
    return array("d", [min(units, 4_321.5) for units in _gap()])


AFTERWARDS = replace(series(), replay="recorded")
BACK_PRESSURE = throttling(cause="an index that throttles", replay="recorded", started=None, units=70.25)
SERIES = {
    "an hour": series(),
    "nothing throttled": series(3_000.0, 3_000.0),
    "with gaps": replace(
        series(),
        replay="recorded",
        start=datetime(2026, 7, 3, 22, 17, tzinfo=UTC),
        demand=_gap(),
        served=_long(),
        limit=array("d", [1_500.0] * 90 + [30_000.0] * 110),
        phases=[("before", 0)],
    ),
    "a day": series(
        4_999.96, 4_999.9, 1_500, phases=[("before", 0), ("after", 1_440)], limit=array("d", [2.5] * 1_500)
    ),
    "idle": series(0.0, 0.0, 8, limit=array("d", [1.0] * 8), phases=[("before", 0), ("switch", 2)]),
    "a minute": series(7.0, 6.0, 1, phases=[("before", 0)], limit=array("d", [6.0])),
    "nothing recorded": series(float("nan"), float("nan"), 9, limit=array("d", [0.0] * 9), phases=[]),
}

TABLES: Mapping[str, Callable[[], TablePlan]] = {
    "refused": refused,
    "safe": safe,
    "unchanged": unchanged,
    "unchanged, with a long path": lambda: unchanged(path="Shop/" + "AndMore/" * 9 + "Orders"),
    "unchanged, warned": lambda: unchanged(path="Shop/Warned", findings=(WARNING,)),
    "without a place, with names that are markup": lambda: refused(
        path="Shop/<b>|`x`", place=None, table="a_b*c", baseline="base_lines/[x].json", days=1.0, gaps=12_345
    ),
    "accepted findings": lambda: safe(
        place=SourceLocation("stacks/shop.py", None),  # type: ignore[arg-type]
        findings=(replace(FINDING, level=Level.WARN, acknowledged="a load test"), WARNING),
    ),
    "new": lambda: refused(
        dimensions=(table_write(deployed="none"), index_write(deployed="", change="created")),
        transition="created",
        way_back=None,
        money=money(before=None, warm=WarmRaiseCost({}, 0.0)),
    ),
    "an index that throttles the table": lambda: refused(
        dimensions=(
            table_write(replays=(BACK_PRESSURE, HEADROOM)),
            index_write(replays=(RECORDED, HEADROOM), series=AFTERWARDS),
        ),
        findings=(),
        way_back=WayBack(True, {INDEX_WRITE: 900}, 0.5, "re-sends 900 writes"),
    ),
    "two indexes that throttle the table": lambda: refused(
        dimensions=(
            table_write(replays=(BACK_PRESSURE,)),
            index_write(replays=(RECORDED,), series=AFTERWARDS),
            index_write(
                replays=(RECORDED,), dimension=replace(INDEX_WRITE, index="by_hour"), series=AFTERWARDS
            ),
        ),
        way_back=WayBack(True, {TABLE_WRITE: 7, INDEX_WRITE: 900}, 0.49, "re-sends 907 writes"),
    ),
    "the hours of a switch": lambda: refused(
        hours=_hours(h0=0.001, h1=0.0011, h23=0.0099, h24=0.01, h100=None, h167=1.0),
        window="Sun 06-10",
        budget=0.001,
    ),
    "no hours recorded": lambda: safe(hours=(None,) * 168),
    "the hours of a start": lambda: safe(
        dimensions=(table_write(change="raise"), index_write(replays=(nothing(),), change="lower")),
        hours=_hours(h5=0.5),
    ),
    "no traffic": lambda: safe(dimensions=(table_write(peak=Peak(0.0, START)), index_write(peak=None))),
    "nothing recorded": lambda: safe(dimensions=(table_write(peak=None, replays=()),)),
    "nothing more than today": lambda: safe(
        dimensions=(table_write(), index_write(replays=(nothing(high=73.0),)))
    ),
    "small numbers": lambda: refused(
        dimensions=(
            table_write(peak=Peak(0.04, START), limit=9.96),
            index_write(
                replays=(
                    throttling(
                        units=0.05, low=0.04, high=9.95, share=0.00009, minutes=1, asked=3.0, limit=3.0
                    ),
                    replace(RECORDED, units=9.94, low=0.05, high=9.94, share=0.00008, within=True),
                )
            ),
        ),
        budget=0.0005,
    ),
    "a worst minute of another day": lambda: refused(
        dimensions=(index_write(replays=(throttling(worst=START + timedelta(hours=8), cause=None),)),)
    ),
    "stages": lambda: safe(
        stages=(
            Stage("preflight", 0, 1, ""),
            Stage("warm", 4.5, 8.6, "raises"),
            Stage("bake", 10, 10, ""),
        ),
        days=13.96,
        gaps=0,
    ),
    "priced in its Region": lambda: safe(
        money=money(
            prices=_own_prices(),
            before=Between(0.1, 0.2),
            after=Between(0.3, 0.30000001),
            warm=WarmRaiseCost({INDEX_WRITE: 1_200, TABLE_WRITE: 5}, 0.0),
        )
    ),
    "real, beyond the budget": lambda: table_plan("fixed to on-demand, in a window, harsh"),
    "real, to provisioned": lambda: table_plan("on-demand to scaled"),
    "real, lowered": lambda: table_plan("fixed lowered"),
    "real, an index deleted": lambda: table_plan("the index deleted"),
}


def _all() -> Plan:
    chosen = ("unchanged", "refused", "safe", "unchanged, warned", "new")
    return plan(
        *(TABLES[name]() for name in chosen),
        unplanned=(
            Unplanned("Shop/Bare", ()),
            Unplanned("Shop/<i>Other", (replace(FINDING, rule="CG1"), WARNING)),
        ),
    )


def _plans() -> Iterator[tuple[str, Plan]]:
    for name, make in TABLES.items():
        yield name, plan(make())
    yield "several", _all()
    yield "none", plan(judged_at=None)


def text() -> Iterator[str]:
    """What a terminal shows, narrow and wide, the styles as ANSI codes for the first."""
    for name, planned in _plans():
        for width, colour in ((60, False), (180, name in ("refused", "several", "safe"))):
            out = StringIO()
            console = Console(
                file=out,
                width=width,
                force_terminal=colour,
                color_system="standard" if colour else None,
                highlight=False,
            )
            print_plan(planned, console)
            shown = out.getvalue().replace("\x1b", "ESC")
            yield f"# {name}, {width} wide\n" + "\n".join(map(str.rstrip, shown.splitlines()))


def markdown() -> Iterator[str]:
    """The Markdown of each plan, and of one that does not fit."""
    for name, planned in _plans():
        yield f"# {name}\n{plan_markdown(planned)}"
    whole = len(plan_markdown(_all()).encode())
    for longest in (whole + 200, whole + 199, whole // 2, 0):
        yield f"# several, {longest - whole} bytes more than it needs\n{plan_markdown(_all(), longest)[-900:]}"


_PAGES = ("without a place, with names that are markup", "the hours of a switch", "stages", "several", "none")


def html() -> Iterator[str]:
    """The page of each plan without style, scripts, charts, and the numbers of the charts."""
    for name, planned in _plans():
        if name not in _PAGES:
            continue
        page = plan_html(planned)
        for tag in ("style", "script", "svg"):
            page = re.sub(rf"(?s)<{tag}\b([^>]*)>.*?</{tag}>", rf"<{tag}\1/>", page)
        yield f"# {name}\n" + re.sub(r">\s*<", ">\n<", page)


def chart() -> Iterator[str]:
    """The charts of minutes and of hours, wide and narrow."""
    for name, minutes in SERIES.items():
        for width, height in ((400, 180), (1040, 240)):
            drawn = series_chart(minutes, width, height, access="write", label=f"{name} <")
            yield f"# {name}, {width}\n" + drawn.replace("><", ">\n<")
    for length in range(1, 30):
        phases = [("before", 0), ("pre-warm", 2), ("switch", 60), ("after", 60 + length)]
        shaded = replace(series(minutes=120), phases=phases)
        drawn = [series_chart(shaded, width, 100, access="read", label="") for width in (400, 1040)]
        bands = [re.findall(r">([a-z, -]*(?:pre-warm|switch|after|before))<", drawing) for drawing in drawn]
        yield f"# switch of {length} minutes: {bands}"
    yield f"# widths: {' '.join(f'{sign}{text_width(sign, 10.0):g}' for sign in map(chr, range(32, 127)))}"
    for minute in range(60):
        offset = replace(series(minutes=300), start=datetime(2026, 7, 3, 22, minute, tzinfo=UTC))
        drawn = [series_chart(offset, width, 100, access="read", label="") for width in (400, 600, 601, 1040)]
        axes = [re.findall(r'x="([\d.]+)"[^>]*>(\d\d:\d\d|[A-Z][^<]*UTC)<', drawing) for drawing in drawn]
        yield f"# axis from 22:{minute:02}: " + "; ".join(" ".join(map("@".join, axis)) for axis in axes)
    for name in ("the hours of a switch", "the hours of a start"):
        yield f"# {name}\n" + "\n".join(hour_texts(TABLES[name]()))
        for width in (400, 1040)[: 2 if name.endswith("switch") else 1]:
            yield f"# {name}, {width}\n" + heat_map(TABLES[name](), width, f"{name} >").replace("><", ">\n<")


def sentences() -> Iterator[str]:
    """Each sentence of each table."""
    for name, make in TABLES.items():
        table = make()
        yield f"# {name}"
        yield f"{formatting.tone(table)}, {formatting.way_back_tone(table) or 'no tone'}: {formatting.verdict(table)}"
        yield from (f"{label}: {fact}" for label, fact in formatting.facts(table))
        yield f"{formatting.throttling_heading(table)}; {formatting.has_range(table)}; {formatting.start_name(table)}"
        yield f"{formatting.minutes(table)}; {formatting.fitting_hours(table)}; {formatting.later_throttling(table)}"
        for dimension in table.dimensions:
            yield f"{dimension.dimension.label}: {formatting.throttled_units(dimension)}"
            yield f"  {formatting.throttling_details(table, dimension)}"
            yield f"  headroom {formatting.headroom(dimension)}; {formatting.charts_todays_throttling(dimension)}"
            for replay in dimension.replays:
                yield f"  {formatting.replay_text(replay)}: {formatting.cause_text(table, dimension, replay)}"
            if dimension.series is not None and any(
                r.replay == dimension.series.replay for r in dimension.replays
            ):
                yield f"  {formatting.caption(table, dimension)}"


GROUPS: Mapping[str, Callable[[], Iterator[str]]] = {
    "text": text,
    "markdown": markdown,
    "html": html,
    "chart": chart,
    "formatting": sentences,
}


TEXTS = KeptTexts(Path(__file__).parent / "kept", GROUPS)
made, kept, main = TEXTS.made, TEXTS.kept, TEXTS.main


if __name__ == "__main__":
    main(*sys.argv[1:])
