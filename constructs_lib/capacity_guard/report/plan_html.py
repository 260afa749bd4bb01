"""A plan as one self-contained page, legible on a phone and on a desk, light or dark."""

from __future__ import annotations

from html import escape
from textwrap import dedent
from typing import Any

from ..planning.plan import DimensionPlan, Plan, TablePlan
from ..rules import Finding, Level
from . import plan_words as words
from .html import document, table
from .plan_chart import heat_map, heat_values, series_chart
from .pointer import POINTER

_WIDE, _NARROW = 1040, 400

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
  .line{max-width:none}
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
    `<i>limit</i> ${units(c.limit[i])}/s` + (lost > 0.05 ? `<br><span class="t">throttled ${units(lost)}/s</span>` : "");
};
for (const figure of document.querySelectorAll("figure[data-chart]")) pointer(figure, tell);
"""
)


def plan_html(plan: Plan) -> str:
    """The whole page.

    Args:
        plan: what to show.
    """
    charts: list[dict[str, Any]] = []
    at = "" if plan.judged_at is None else f" Judged at {words.moment(plan.judged_at)}."
    body = [f"<h1>capacity-guard plan: {escape(words.headline(plan))}</h1>"]
    for one in words.order(plan):
        body += _table(one, charts)
    for path, findings in plan.unplanned:
        body += [f"<h2>{escape(path)}: not planned</h2>", *map(_finding, findings)]
    if silent := words.silent(plan):
        body.append("<h2>Unchanged</h2>")
        body += [f'<p class="line">{_name(one)}: {words.verdict(one)}</p>' for one in silent]
    body.append(
        '<p class="soft foot">Recorded traffic, replayed against the declared capacity by a simulator, which knows no keys '
        f"and no seconds.{at} Times are UTC.</p>"
    )
    title = f"capacity-guard plan: {words.headline(plan)}"
    return document(title, _STYLE, "\n".join(body), charts, _SCRIPT)


def _name(one: TablePlan) -> str:
    return escape(one.path) + ("" if one.place is None else f" <code>{escape(str(one.place))}</code>")


def _table(one: TablePlan, charts: list[dict[str, Any]]) -> list[str]:
    marks = {"way back": words.back(one)}
    listed = "".join(
        f'<dt>{name}</dt><dd><span class="{marks.get(name, "")}">{escape(said)}</span></dd>'
        for name, said in words.facts(one)
    )
    body = [
        f"<h2>{_name(one)}</h2>",
        f'<p class="verdict {words.tone(one)}">{escape(words.verdict(one))}.</p>',
        *map(_finding, one.findings),
        f"<dl>{listed}</dl>",
    ]
    if words.unchanged(one):
        return body
    body.append(_dimensions(one))
    if words.ranged(one):
        body.append(f'<p class="soft">{words.RANGE}</p>')
    drawn = [d for d in one.dimensions if d.series is not None and d.peak is not None and d.peak.units]
    if drawn:
        body.append(
            '<p class="key soft"><span><i class="asked"></i>demand, retries included</span><span><i class="given"></i>'
            'served</span><span><i class="lost"></i>throttled</span><span><i class="line"></i>limit</span></p>'
        )
    for each in sorted(drawn, key=lambda d: -(d.worst.share if d.worst else 0.0)):
        body += _chart(one, each, charts)
    if any(hour is not None for hour in one.hours):
        body += _heat(one, charts)
    return body


def _dimensions(one: TablePlan) -> str:
    heads = ("", "deployed", "declared", "peak/s", "serves/s", "headroom", words.beyond(one))
    rows = []
    for each in one.dimensions:
        lost = escape(words.lost(each))
        if each.worst is not None and not each.worst.within:
            lost = f'<span class="no">{lost}</span>'
        told = escape(words.told(one, each))
        rows.append(
            (
                f"<b>{escape(each.dimension.label)}</b>",
                escape(each.deployed),
                escape(each.declared),
                "" if each.peak is None else words.rate(each.peak.units),
                words.rate(each.limit),
                words.headroom(each),
                ", ".join(filter(None, (lost, told))),
            )
        )
    return table(heads, rows, numbers={3, 4, 5})


def _chart(one: TablePlan, each: DimensionPlan, charts: list[dict[str, Any]]) -> list[str]:
    series = each.series
    assert series is not None
    said = words.caption(one, each)
    label = f"{each.dimension.label}: {said}"
    charts.append({**series.to_json(), "start": int(series.start.timestamp() * 1000)})
    drawings = (
        f'<div class="{style}">'
        + series_chart(series, width, height, access=each.dimension.access, label=label)
        + "</div>"
        for style, width, height in (("wide", _WIDE, 230), ("narrow", _NARROW, 200))
    )
    return [
        f'<h3>{escape(each.dimension.label)}</h3><p class="soft">{escape(said)}</p>',
        f'<figure data-chart="{len(charts) - 1}">{"".join(drawings)}</figure>',
    ]


def _heat(one: TablePlan, charts: list[dict[str, Any]]) -> list[str]:
    key = "".join(
        f'<span><i class="{style}"></i>{text}</span>'
        for style, text in (
            ("fits", f"fits: {words.share(one.budget)} of the units at most"),
            ("warm", "throttles"),
            ("hot", "throttles 1 % and more"),
            ("unknown", "not recorded"),
        )
    )
    title = f"When {words.start(one)} fits"
    later = f" <b>{words.later(one)}</b>" if words.later(one) else ""
    charts.append({"hours": heat_values(one)})
    return [
        f"<h3>{title}</h3>",
        '<p class="soft">The worst start in each hour of the week, UTC; its share of units throttled, beyond today, until an '
        f"hour after the change.{later}</p>",
        f'<figure data-chart="{len(charts) - 1}"><div class="wide">{heat_map(one, _WIDE, title)}</div><div class="narrow">'
        f'{heat_map(one, _NARROW, title)}</div></figure><p class="key soft">{key}</p>',
    ]


def _finding(finding: Finding) -> str:
    style = "no" if finding.level is Level.ERROR else "soft"
    head, said = finding.text().split("\n", 1)
    return f'<h3 class="{style}">{escape(" ".join(head.split()))}</h3><pre>{escape(dedent(said))}</pre>'


__all__ = ["plan_html"]
