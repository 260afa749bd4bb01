"""A plan as one self-contained page, for phones and wide screens, light or dark."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from textwrap import dedent
from typing import Any

from ..findings.answer_text import heading, labels, rules_text, sections, steps
from ..planning.plan import DimensionPlan, Plan, TablePlan
from ..rules import Answer, Finding, Level
from . import plan_formatting
from .chart_interaction import POINTER
from .html import document, escape, table
from .plan_chart import heat_map, hour_texts, series_chart

_WIDE, _NARROW = 1040, 400
_MOST_BYTES = 4_800_000
"""Most bytes of a page: a browser on a phone is slow with more."""
_FRAME_BYTES = 30_000
"""Room for style, script, headings and what has no section."""

_STYLE = """
  .verdict{font-size:1.05rem;font-weight:600} .warn{font-weight:650}
  .warn::before{content:"\\26a0\\fe0e  "} dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;
  margin:.6rem 0} dt{color:var(--soft)} dd{margin:0} h3{font-size:1rem;margin:1.6rem 0 .2rem}
  .key span{display:inline-block;margin:0 1rem 0 0} .key i{display:inline-block;width:1.1em;height:.75em;margin-right:.4em;
  border-radius:2px} .heat .fits,.key .fits{fill:var(--served);background:var(--served)} .heat .warm,.key .warm{
  fill:var(--redsoft);background:var(--redsoft)} .heat .hot,.key .hot{fill:var(--red);background:var(--red)}
  .heat .unknown,.key .unknown{fill:var(--grid);background:var(--grid)} .key .line{background:var(--ceiling);height:.2em;
  vertical-align:middle} .key .asked{background:var(--demand);height:.2em;vertical-align:middle}
  .key .lost{background:var(--red);opacity:.62} .key .given{background:var(--served)}
  @media(min-width:721px){table.cards th,table.cards td.n{white-space:nowrap} table.cards td:first-child{min-width:11em;
  max-width:22em} table.cards td:nth-child(2){min-width:9.5em} table.cards td:nth-child(3){min-width:7em}
  table.cards td:nth-child(7){min-width:19em} table.cards td:nth-child(n+2){overflow-wrap:normal}}
  .line{max-width:none} .ways{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(24rem,100%),1fr));gap:0 1.5rem}
  .ways div{min-width:0} .ways h4{margin:.6rem 0 .2rem}
  .foot{margin-top:2.4rem} @media(max-width:720px){dl{grid-template-columns:1fr;gap:0} dd{margin-bottom:.4rem}}
"""

_SCRIPT = (
    POINTER
    + """
const charts = JSON.parse(document.getElementById("data").textContent);
const tell = (figure, at) => {
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
for (const figure of document.querySelectorAll("figure[data-chart]")) pointer(figure, tell);
"""
)


def plan_html(plan: Plan, most_bytes: int = _MOST_BYTES) -> str:
    """The page of a plan.

    An index of the tables comes first where there are several. Charts are left out of the tables that come last, where they
    would make the page larger than ``most_bytes``, and so are whole sections; the page says so.

    Args:
        plan: what to show.
        most_bytes: most bytes of the page; an index of very many tables may exceed it.
    """
    charts: list[dict[str, Any]] = []
    judged = "" if plan.judged_at is None else f" Judged at {plan_formatting.minute_text(plan.judged_at)}."
    body = [f"<h1>capacity-guard plan: {escape(plan_formatting.headline(plan))}</h1>"]
    body += _sections(plan, charts, most_bytes)
    for path, findings in plan.unplanned:
        body += [
            f"<h2>{escape(path)}: not planned</h2>",
            *(part for finding in findings for part in _section([finding], None)),
        ]
    if unchanged := plan_formatting.one_line_tables(plan):
        body.append("<h2>Unchanged</h2>")
        body += [
            f'<p class="line">{_name(planned)}: {plan_formatting.verdict(planned)}</p>'
            for planned in unchanged
        ]
    body.append(
        '<p class="soft foot">Recorded traffic, replayed against the declared capacity by a simulator, which knows no keys '
        f"and no seconds.{judged} Times are UTC.</p>"
    )
    title = f"capacity-guard plan: {plan_formatting.headline(plan)}"
    return document(title, _STYLE, "\n".join(body), charts, _SCRIPT)


def _sections(plan: Plan, charts: list[dict[str, Any]], most_bytes: int) -> list[str]:
    """The index and a section for each table; charts of the first tables as far as they fit."""
    tables = plan_formatting.detailed_tables(plan)
    index = _index(tables) if len(tables) > 1 else []
    room = most_bytes - _FRAME_BYTES - len("\n".join(index).encode())
    texts: list[str] = []
    for number, planned in enumerate(tables, start=1):
        anchor = [f'<a id="table-{number}"></a>'] if index else []
        text = "\n".join([*anchor, *_table(planned, None)])
        room -= len(text.encode()) + 100
        if room < 0:
            break
        texts.append(text)
    found = [*index]
    for planned, text in zip(tables, texts, strict=False):
        drawn, kept = len(charts), text
        with_charts = "\n".join(_table(planned, charts))
        anchor_line, _, plain = text.partition("\n") if index else ("", "", text)
        size = len(with_charts.encode()) - len(plain.encode()) + len(json.dumps(charts[drawn:]))
        if size <= room:
            room -= size
            kept = "\n".join([anchor_line, with_charts]) if index else with_charts
        else:
            del charts[drawn:]
            kept += '\n<p class="soft">Its charts have no room on this page: plan it alone for them.</p>'
        found.append(kept)
    if missing := len(tables) - len(texts):
        found.append(f"<p>{missing:,} more have no room on this page: capacity-guard plan prints them.</p>")
    return found


def _index(tables: Sequence[TablePlan]) -> list[str]:
    """Links to the sections, each with the verdict in a word."""
    words = {"no": "refused", "warn": "to be looked at", "ok": "fits"}
    items = "".join(
        f'<li><a href="#table-{number}">{escape(planned.path)}</a> <span class="{plan_formatting.tone(planned)}">'
        f"{words[plan_formatting.tone(planned)]}</span></li>"
        for number, planned in enumerate(tables, start=1)
    )
    return [f"<ol>{items}</ol>"]


def _name(planned: TablePlan) -> str:
    place = "" if planned.place is None else f" <code>{escape(str(planned.place))}</code>"
    return escape(planned.path) + place


def _table(planned: TablePlan, charts: list[dict[str, Any]] | None) -> list[str]:
    """The section of a table; without charts if there is no list that takes their data."""
    styles = {"way back": plan_formatting.way_back_tone(planned)}
    facts = "".join(
        f'<dt>{name}</dt><dd><span class="{styles.get(name, "")}">{escape(text)}</span></dd>'
        for name, text in plan_formatting.facts(planned)
    )
    body = [
        f"<h2>{_name(planned)}</h2>",
        f'<p class="verdict {plan_formatting.tone(planned)}">{escape(plan_formatting.verdict(planned))}.</p>',
        *(
            part
            for found, answer in sections(planned.findings, planned.answers)
            for part in _section(found, answer)
        ),
        f"<dl>{facts}</dl>",
    ]
    if plan_formatting.unchanged(planned):
        return body
    body.append(_dimensions(planned))
    if plan_formatting.has_range(planned):
        body.append(f'<p class="soft">{plan_formatting.RANGE}</p>')
    if charts is None:
        return body
    charted = [d for d in planned.dimensions if d.series is not None and d.peak is not None and d.peak.units]
    if charted:
        moved = any(d.series is not None and d.series.bounds for d in charted)
        body.append(
            '<p class="key soft"><span><i class="asked"></i>demand, retries included</span><span><i class="given"></i>'
            'served</span><span><i class="lost"></i>throttled</span><span><i class="line"></i>limit</span>'
            + ("<span>dashed: bounds as scheduled actions move them</span>" if moved else "")
            + "</p>"
        )
    for dimension in sorted(charted, key=lambda d: -(d.worst.share if d.worst else 0.0)):
        body += _chart(planned, dimension, charts)
    if any(hour is not None for hour in planned.hours):
        body += _heat_map(planned, charts)
    return body


def _dimensions(planned: TablePlan) -> str:
    heads = (
        "",
        "deployed",
        "declared",
        "peak/s",
        "serves/s",
        "headroom",
        plan_formatting.throttling_heading(planned),
    )
    rows = []
    for dimension in planned.dimensions:
        lost = escape(plan_formatting.throttled_units(dimension))
        if dimension.worst is not None and not dimension.worst.within:
            lost = f'<span class="no">{lost}</span>'
        details = escape(plan_formatting.throttling_details(planned, dimension))
        rows.append(
            (
                f"<b>{escape(dimension.dimension.label)}</b>",
                escape(dimension.deployed),
                escape(dimension.declared),
                "" if dimension.peak is None else plan_formatting.rate(dimension.peak.units),
                plan_formatting.rate(dimension.limit),
                plan_formatting.headroom(dimension),
                ", ".join(filter(None, (lost, details))),
            )
        )
    return table(heads, rows, numbers={3, 4, 5})


def _chart(planned: TablePlan, dimension: DimensionPlan, charts: list[dict[str, Any]]) -> list[str]:
    series = dimension.series
    assert series is not None
    caption = plan_formatting.caption(planned, dimension)
    label = f"{dimension.dimension.label}: {caption}"
    charts.append({**series.to_json(), "start": int(series.start.timestamp() * 1000)})
    drawings = (
        f'<div class="{style}">'
        + series_chart(series, width, height, access=dimension.dimension.access, label=label)
        + "</div>"
        for style, width, height in (("wide", _WIDE, 230), ("narrow", _NARROW, 200))
    )
    return [
        f'<h3>{escape(dimension.dimension.label)}</h3><p class="soft">{escape(caption)}</p>',
        f'<figure data-chart="{len(charts) - 1}">{"".join(drawings)}</figure>',
    ]


def _heat_map(planned: TablePlan, charts: list[dict[str, Any]]) -> list[str]:
    key = "".join(
        f'<span><i class="{style}"></i>{text}</span>'
        for style, text in (
            ("fits", f"fits: {plan_formatting.share(planned.budget)} of the units at most"),
            ("warm", "throttles"),
            ("hot", "throttles 1 % and more"),
            ("unknown", "not recorded"),
        )
    )
    title = f"When {plan_formatting.start_name(planned)} fits"
    later = (
        f" <b>{plan_formatting.later_throttling(planned)}</b>"
        if plan_formatting.later_throttling(planned)
        else ""
    )
    charts.append({"hours": hour_texts(planned)})
    return [
        f"<h3>{title}</h3>",
        '<p class="soft">The worst start in each hour of the week, UTC; its share of units throttled, beyond today, until an '
        f"hour after the change.{later}</p>",
        f'<figure data-chart="{len(charts) - 1}"><div class="wide">{heat_map(planned, _WIDE, title)}</div><div class="narrow">'
        f'{heat_map(planned, _NARROW, title)}</div></figure><p class="key soft">{key}</p>',
    ]


def _section(findings: Sequence[Finding], answer: Answer | None) -> Iterator[str]:
    """The findings that one fix resolves, then the fix once."""
    is_short = answer is None or (len(findings) == 1 and not answer.alternatives)
    for finding in findings:
        style = "no" if finding.level is Level.ERROR else "soft"
        head, body = finding.text(with_fix=is_short).split("\n", 1)
        yield f'<h3 class="{style}">{escape(" ".join(head.split()))}</h3><pre>{escape(dedent(body))}</pre>'
    if answer is not None and not is_short:
        yield _answer(findings, answer)


def _answer(findings: Sequence[Finding], answer: Answer) -> str:
    """A fix: its ways side by side, each with its deployments in their order."""
    if not answer.alternatives:
        return f"<h3>Fix for {escape(rules_text(findings))}</h3><pre>{escape(answer.text)}</pre>"
    title = heading(findings, answer)
    ways = []
    for name, alternative in zip(labels(answer), answer.alternatives, strict=True):
        parts = [f"<h4>{name}, {escape(alternative.name)}</h4>" if name else ""]
        for label, text, step in steps(alternative):
            if step is None:
                parts.append(f"<p><b>{label}</b></p><pre>{escape(text)}</pre>")
            else:
                parts.append(f"<p><b>{label}</b>: {escape(text)}</p><pre>{escape(step.code)}</pre>")
        ways.append(f"<div>{''.join(parts)}</div>")
    return (
        f'<h3>{escape(title[:1].upper() + title[1:])}</h3><div class="ways">{"".join(ways)}</div>'
        f'<p class="soft">{escape(answer.prices[:1].upper() + answer.prices[1:])}.</p>'
    )


__all__ = ["plan_html"]
