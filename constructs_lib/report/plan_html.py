"""A plan as one self-contained page, legible on a phone and on a desk, light or dark."""

from __future__ import annotations

from html import escape
from typing import Any

from constructs_lib.capacity.rules import Finding, Level
from constructs_lib.planning.plan import DimensionPlan, Plan, TablePlan

from . import plan_words as words
from .html import document, table
from .plan_chart import heat_map, series_chart
from .pointer import POINTER

_WIDE, _NARROW = 1040, 400

_STYLE = """
  .verdict{font-size:1.05rem;font-weight:600} dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;
  margin:.6rem 0} dt{color:var(--soft)} dd{margin:0} h3{font-size:1rem;margin:1.6rem 0 .2rem}
  .key span{display:inline-block;margin:0 1rem 0 0} .key i{display:inline-block;width:1.1em;height:.75em;margin-right:.4em;
  border-radius:2px} .heat .fits,.key .fits{fill:var(--served);background:var(--served)} .heat .warm,.key .warm{
  fill:var(--redsoft);background:var(--redsoft)} .heat .hot,.key .hot{fill:var(--red);background:var(--red)}
  .heat .unknown,.key .unknown{fill:var(--grid);background:var(--grid)} .key .line{background:var(--ceiling);height:.2em;
  vertical-align:middle} .key .asked{background:var(--demand);height:.2em;vertical-align:middle}
  .key .lost{background:var(--red);opacity:.62} .key .given{background:var(--served)}
  @media(min-width:721px){table.cards th,table.cards td.n,table.cards td:first-child{white-space:nowrap}
  table.cards td:nth-child(2),table.cards td:nth-child(3),table.cards td:nth-child(7){overflow-wrap:normal}}
  @media(max-width:720px){dl{grid-template-columns:1fr;gap:0} dd{margin-bottom:.4rem}}
"""

_SCRIPT = (
    POINTER
    + """
const charts = JSON.parse(document.getElementById("data").textContent);
const tell = (figure, at) => {
  const c = charts[+figure.dataset.chart], i = Math.round((at - c.start) / 60000);
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
    body = [
        f"<h1>capacity-guard plan: {escape(words.headline(plan))}</h1>",
        f'<p class="soft">Recorded traffic, replayed against the declared capacity by a simulator.{at} '
        "Times are UTC.</p>",
    ]
    for one in plan.tables:
        body += _table(one, charts)
    for path, findings in plan.unplanned:
        body += [f"<h2>{escape(path)}: not planned</h2>", *map(_finding, findings)]
    title = f"capacity-guard plan: {words.headline(plan)}"
    return document(title, _STYLE, "\n".join(body), charts, _SCRIPT)


def _table(one: TablePlan, charts: list[dict[str, Any]]) -> list[str]:
    style = "no" if one.throttling else "ok"
    place = "" if one.place is None else f" <code>{escape(str(one.place))}</code>"
    window = one.window + (f"; {words.quiet_hours(one)}" if one.hours else "")
    facts = [
        ("recorded", f"{one.days:.1f} days, {one.gaps:,} minutes with a gap; {one.baseline}"),
        ("change window", window),
    ]
    if one.stages:
        facts.append(("minutes", words.minutes(one)))
    if one.money is not None:
        facts.append(("cost", words.cost(one.money)))
    if one.way_back is not None:
        facts.append(("way back", one.way_back.why))
    listed = "".join(f"<dt>{escape(name)}</dt><dd>{escape(said)}</dd>" for name, said in facts)
    body = [
        f"<h2>{escape(one.path)}{place}</h2>",
        f'<p class="verdict {style}">{escape(words.verdict(one))}.</p><dl>{listed}</dl>',
    ]
    if one.transition != "nothing changes":
        body.append(_dimensions(one))
        drawn = [each for each in one.dimensions if each.series is not None]
        if drawn:
            body.append(
                '<p class="key soft"><span><i class="asked"></i>demand</span><span><i class="given"></i>served</span>'
                '<span><i class="lost"></i>throttled</span><span><i class="line"></i>limit</span></p>'
            )
        for each in sorted(drawn, key=lambda d: -(d.worst.share if d.worst else 0.0)):
            body += _chart(each, charts)
    if one.hours:
        body += _heat(one)
    body += [_finding(finding) for finding in one.findings]
    return body


def _dimensions(one: TablePlan) -> str:
    heads = ("", "deployed", "declared", "peak/s", "serves/s", "headroom", "throttled", "in its worst hour")
    rows = []
    for each in one.dimensions:
        worst = each.worst
        lost, said = "not recorded", ""
        if worst is not None:
            lost = words.throttled(worst, each.dimension)
            if not worst.within:
                lost = f'<span class="no">{escape(lost)}</span>'
            if worst.units:
                said = (
                    f"{words.share(worst.share)} in {worst.minutes} minutes, {words.replay(worst)}: "
                    f"{words.moment(worst.worst)}, {words.because(worst, each.dimension)}"
                )
        rows.append(
            (
                f"<b>{escape(each.dimension.label)}</b>",
                escape(each.deployed),
                escape(each.declared),
                "" if each.peak is None else words.rate(each.peak.units),
                words.rate(each.limit),
                "" if each.headroom is None else f"{each.headroom:.2f}",
                lost,
                escape(said),
            )
        )
    return table(heads, rows, numbers={3, 4, 5})


def _chart(each: DimensionPlan, charts: list[dict[str, Any]]) -> list[str]:
    series, worst = each.series, each.worst
    assert series is not None
    shown = next(one for one in each.replays if one.replay == series.replay)
    said = words.replay(shown)
    if shown.units:
        said += f": {words.throttled(shown, each.dimension)}, {words.because(shown, each.dimension)}"
    elif worst is not None:
        said += ": nothing is throttled"
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


def _heat(one: TablePlan) -> list[str]:
    key = "".join(
        f'<span><i class="{style}"></i>{text}</span>'
        for style, text in (
            ("fits", f"fits: {words.share(one.budget)} of the units at most"),
            ("warm", "throttles"),
            ("hot", "throttles 1 % and more"),
            ("unknown", "not recorded"),
        )
    )
    return [
        "<h3>When the change fits</h3>",
        '<p class="soft">The worst start in each hour of the week, UTC; its share of units throttled until an hour after the '
        "switch.</p>",
        f'<figure><div class="wide">{heat_map(one, _WIDE)}</div><div class="narrow">{heat_map(one, _NARROW)}</div></figure>'
        f'<p class="key soft">{key}</p>',
    ]


def _finding(finding: Finding) -> str:
    style = "no" if finding.level is Level.ERROR else "soft"
    return (
        f'<h3 class="{style}">{escape(finding.rule)} {finding.level.value}: {escape(finding.subject)}</h3>'
        f"<pre>{escape(finding.text())}</pre>"
    )


__all__ = ["plan_html"]
