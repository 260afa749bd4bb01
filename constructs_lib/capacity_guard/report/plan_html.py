"""A plan as one self-contained page, for phones and wide screens, light or dark."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ..planning.plan import Plan, TablePlan, Unplanned
from ..rules import Level
from . import plan_formatting, plan_summary
from .chart_interaction import POINTER
from .html import document, escape, table
from .page_controls import CONTROLS, CONTROLS_STYLE
from .plan_findings_html import findings_html, rule_pages
from .plan_section import SECTION_STYLE, section

_MOST_BYTES = 4_800_000
"""Most bytes of a page: a browser on a phone is slow with more."""
_FRAME_BYTES = 40_000
"""Room for style, script, headings and what has no section."""

_STYLE = (
    CONTROLS_STYLE
    + SECTION_STYLE
    + """
  @media(min-width:721px){table.overview{width:100%} table.overview td:nth-child(n+2){white-space:nowrap}
  table.overview td:nth-child(3){white-space:normal;min-width:9em;overflow-wrap:normal}}
  .line{max-width:none} .foot{margin-top:2.4rem} h1.no,h1.ok{font-weight:700}
"""
)

_SCRIPT = (
    POINTER
    + CONTROLS
    + """
const charts = JSON.parse(document.getElementById("data").textContent);
const describe = (figure, at) => {
  const c = charts[+figure.dataset.chart];
  if (c.hours) return plain(c.hours[at]);
  const i = Math.round((at - c.start) / 60000);
  if (!(i in c.limit)) return "";
  const day = stamp(at, {weekday: "short", day: "numeric", month: "short"}) + " UTC<br>";
  if (c.demand[i] === null) return day + "<i>not recorded</i>";
  const lost = c.demand[i] - c.served[i];
  return day + `<i>demand</i> ${units(c.demand[i])} <i>served</i> ${units(c.served[i])}/s<br>` +
    `<i>limit</i> ${units(c.limit[i])}/s` + (lost > 0.15 ? `<br><span class="t">throttled ${units(lost)}/s</span>` : "");
};
for (const figure of document.querySelectorAll("figure[data-chart]")) pointer(figure, describe);
tabled(
  at => charts[at].hours ? ["hour", "result"] : ["UTC", "demand", "served", "limit", "throttled"],
  at => {
    const c = charts[at];
    if (c.hours) return c.hours.map(text => text.split(/ UTC: /));
    return c.limit.map((limit, i) => {
      const time = stamp(c.start + 60000 * i, {weekday: "short"}), lost = c.demand[i] - c.served[i];
      return c.demand[i] === null ? [time, "not recorded", "", units(limit), ""] :
        [time, units(c.demand[i]), units(c.served[i]), units(limit), lost > 0.15 ? units(lost) : "0"];
    });
  });
"""
)


def plan_html(plan: Plan, most_bytes: int = _MOST_BYTES) -> str:
    """The page of a plan.

    It begins with the verdict in one sentence. Several tables have an overview next, by risk and then by money. Charts are
    left out of the tables that come last, where they would make the page larger than ``most_bytes``, and so are whole
    sections; the page says so.

    Args:
        plan: what to show.
        most_bytes: most bytes of the page; an overview of very many tables may exceed it.
    """
    charts: list[dict[str, Any]] = []
    judged = "" if plan.judged_at is None else f" Judged at {plan_formatting.minute_text(plan.judged_at)}."
    tables = plan_formatting.detailed_tables(plan)
    rules = rule_pages(plan.findings)
    room = most_bytes - _FRAME_BYTES - len("\n".join(rules).encode())
    if len(tables) == 1 and not plan.unplanned:
        verdict = plan_summary.sentence(tables[0])
        body = _one(tables[0], charts, room)
    else:
        verdict = plan_summary.fleet_sentence(plan)
        body = _fleet(tables, plan.unplanned, verdict, charts, room)
    for number, other in enumerate(plan.unplanned, start=1):
        body += [
            f'<h2 id="unplanned-{number}">{escape(other.path)}: not planned</h2>',
            *findings_html(other.findings, other.answers, planned=False),
        ]
    if unchanged := plan_formatting.one_line_tables(plan):
        if tables or plan.unplanned:
            body.append("<h2>Unchanged</h2>")
        body += [f'<p class="line">{_name(planned)}: nothing changes</p>' for planned in unchanged]
    body += rules
    body.append(
        '<p class="soft foot">Recorded traffic, replayed against the declared capacity by a simulator, which knows no keys '
        f"and no seconds.{judged} Times are UTC. {escape(plan_formatting.headline(plan)).capitalize()}.</p>"
    )
    return document(f"capacity-guard plan: {verdict}", _STYLE, "\n".join(body), charts, _SCRIPT)


def _one(planned: TablePlan, charts: list[dict[str, Any]], room: int) -> list[str]:
    head = [
        f'<p class="place">capacity-guard plan: {_name(planned)}</p>',
        f'<h1 class="{plan_formatting.tone(planned)}">{escape(plan_summary.sentence(planned))}</h1>',
    ]
    made = "\n".join(section(planned, charts, 2))
    if len(made.encode()) + len(json.dumps(charts)) <= room:
        return [*head, made]
    charts.clear()
    return [*head, *section(planned, None, 2), _NO_CHARTS]


_NO_CHARTS = '<p class="soft">Its charts have no room on this page: plan it alone for them.</p>'


def _fleet(
    tables: Sequence[TablePlan],
    unplanned: Sequence[Unplanned],
    verdict: str,
    charts: list[dict[str, Any]],
    room: int,
) -> list[str]:
    """The overview and a section for each table; charts of the first tables as far as they fit."""
    head = [f"<h1>{escape(verdict)}</h1>"]
    if tables or unplanned:
        head.append(_overview(tables, unplanned))
    room -= len("\n".join(head).encode())
    texts: list[str] = []
    for number, planned in enumerate(tables, start=1):
        text = "\n".join([*_title(number, planned), *section(planned, None, 3)])
        room -= len(text.encode()) + 100
        if room < 0:
            break
        texts.append(text)
    found = [*head]
    for number, (planned, text) in enumerate(zip(tables, texts, strict=False), start=1):
        drawn, kept = len(charts), text
        with_charts = "\n".join([*_title(number, planned), *section(planned, charts, 3)])
        size = len(with_charts.encode()) - len(text.encode()) + len(json.dumps(charts[drawn:]))
        if size <= room:
            room -= size
            kept = with_charts
        else:
            del charts[drawn:]
            kept += f"\n{_NO_CHARTS}"
        found.append(kept)
    if missing := len(tables) - len(texts):
        found.append(f"<p>{missing:,} more have no room on this page: capacity-guard plan prints them.</p>")
    return found


def _title(number: int, planned: TablePlan) -> list[str]:
    return [
        f'<h2 id="table-{number}">{_name(planned)}</h2>',
        f'<p class="verdict {plan_formatting.tone(planned)}">{escape(plan_summary.sentence(planned))}</p>',
    ]


def _overview(tables: Sequence[TablePlan], unplanned: Sequence[Unplanned]) -> str:
    """A line for each table with a link to its section: the largest risk first, then the largest rise of the cost; last the
    tables that are not planned, with the reason."""
    rows = []
    for number, planned in enumerate(tables, start=1):
        tone = plan_formatting.tone(planned)
        money = planned.money if planned.recorded else None
        unchanged = plan_formatting.unchanged(planned)
        rows.append(
            (
                f'<a href="#table-{number}">{escape(planned.path)}</a>',
                f'<span class="{tone}">{plan_summary.VERDICTS[tone]}</span>',
                escape(planned.transition),
                plan_formatting.share(planned.worst_share) if planned.recorded else "not recorded",
                "unchanged"
                if unchanged
                else "unknown"
                if money is None
                else f"{escape(plan_summary.difference_text(money.difference))} {money.prices.currency}",
            )
        )
    for number, other in enumerate(unplanned, start=1):
        style = "no" if any(finding.level is Level.ERROR for finding in other.findings) else "warned"
        rows.append(
            (
                f'<a href="#unplanned-{number}">{escape(other.path)}</a>',
                f'<span class="{style}">not planned</span>',
                escape(other.why),
                "not replayed",
                "unknown",
            )
        )
    heads = (
        "table",
        "verdict",
        "change, or why there is no plan" if unplanned else "change",
        "throttled in the worst hour",
        "cost a month",
    )
    return table(heads, rows, numbers={3, 4}, style="overview")


def _name(planned: TablePlan) -> str:
    place = "" if planned.place is None else f" <code>{escape(str(planned.place))}</code>"
    return escape(planned.path) + place


__all__ = ["plan_html"]
