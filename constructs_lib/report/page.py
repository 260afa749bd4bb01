"""The page of the demo: one self-contained HTML file, legible on a phone and on a desk, light or dark."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from .chart import DARK_PALETTE, LABEL, PALETTE, STYLE, clock, inline, number
from .records import Records
from .timeline import Lane, Timeline
from .verdict import Rollback

_WIDE, _NARROW = 1040, 400

_ROLLBACK = "from the alarm to the rollback"
_EARLY = "from the alarm to the rollback: the bake reads the metrics too, and was faster"

_PAGE_STYLE = """
  *{box-sizing:border-box} body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,
  "Segoe UI",Roboto,"Helvetica Neue",sans-serif} main{max-width:1088px;margin:0 auto;padding:20px 24px 56px}
  h1{font-size:1.75rem;line-height:1.2;margin:.6rem 0 .5rem;max-width:28em} h2{font-size:1.15rem;margin:2.4rem 0 .4rem}
  p{margin:.4rem 0;max-width:46em} .soft{color:var(--soft)} small{color:var(--soft)}
  .badge{display:inline-block;border:1.5px solid var(--edge);border-radius:99px;padding:.1rem .7rem;font-size:.85rem;
  font-weight:650;color:var(--soft)}
  .figures{display:grid;grid-template-columns:repeat(4,1fr);gap:10px;margin:1rem 0}
  .figures div{background:var(--band);border-radius:8px;padding:.6rem .9rem} .figures b{display:block;font-size:1.6rem;
  line-height:1.25;font-variant-numeric:tabular-nums} .figures span{font-size:.88rem;color:var(--soft)}
  .figures .sum{outline:2px solid var(--ceiling)}
  figure{margin:1rem 0;position:relative} figure svg{width:100%;height:auto;display:block;touch-action:pan-y}
  .narrow{display:none} ol.marks{list-style:none;padding:0;margin:.4rem 0;display:grid;gap:.15rem 1.5rem;
  grid-template-columns:1fr 1fr;font-variant-numeric:tabular-nums} ol.marks b{display:inline-block;min-width:1.5em;
  height:1.5em;line-height:1.5em;text-align:center;border-radius:99px;background:var(--soft);color:var(--paper);
  font-size:.8rem;margin-right:.5rem} ol.marks .alarm b,ol.marks .rollback b{background:var(--red)}
  ol.marks .restored b{background:var(--ceiling)}
  pre{background:var(--band);border-radius:8px;padding:.8rem 1rem;overflow-x:auto;font:13px/1.5 ui-monospace,Menlo,
  Consolas,monospace;white-space:pre-wrap;overflow-wrap:anywhere} code{overflow-wrap:anywhere} .scroll{overflow-x:auto}
  table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.93rem} th,td{padding:.3rem .9rem .3rem 0;
  text-align:left;border-bottom:1px solid var(--grid);white-space:nowrap} th{color:var(--soft);font-weight:600}
  td.n,th.n{text-align:right} .ok{color:var(--ceiling);font-weight:650} .no{color:var(--red);font-weight:650}
  .tip{position:absolute;pointer-events:none;background:var(--paper);border:1px solid var(--edge);border-radius:8px;
  padding:.45rem .7rem;font-size:13px;line-height:1.4;box-shadow:0 3px 14px rgb(0 0 0/.18);display:none;z-index:2;
  font-variant-numeric:tabular-nums;white-space:nowrap} .tip i{font-style:normal;color:var(--soft)}
  .tip .t{color:var(--red);font-weight:650}
  @media(max-width:720px){main{padding:14px 14px 40px} h1{font-size:1.35rem} .figures{grid-template-columns:1fr 1fr}
  .wide{display:none} .narrow{display:block} ol.marks{grid-template-columns:1fr}}
"""

_SCRIPT = """
(() => {
  const lanes = JSON.parse(document.getElementById("lanes").textContent);
  const show = n => Math.round(n).toLocaleString("en");
  for (const figure of document.querySelectorAll("figure")) {
    const tip = document.createElement("div");
    tip.className = "tip";
    figure.append(tip);
    for (const svg of figure.querySelectorAll("svg")) {
      const cross = svg.querySelector(".cross"), d = svg.dataset;
      const hide = () => { tip.style.display = "none"; cross.setAttribute("visibility", "hidden"); };
      const move = event => {
        const box = svg.getBoundingClientRect(), frame = figure.getBoundingClientRect();
        const x = (event.clientX - box.left) / box.width * svg.viewBox.baseVal.width;
        const share = (x - d.left) / (d.right - d.left);
        if (share < 0 || share > 1) return hide();
        const at = +d.start + share * (d.end - d.start), minute = Math.floor(at / 60000) * 60000;
        const rows = lanes.filter(l => l.values[minute] && figure.dataset.lanes.includes(l.key)).map(l => {
          const [demand, served, ceiling, events, kind] = l.values[minute];
          return `<b>${l.title}</b><br><i>demand</i> ${show(demand)} <i>served</i> ${show(served)}/s<br>` +
            `<i>ceiling</i> ${show(ceiling)}/s, ${kind}` +
            (events ? `<br><span class="t">${show(events)} throttle events in this minute</span>` : "");
        });
        if (!rows.length) return hide();
        tip.innerHTML = new Date(minute).toISOString().slice(11, 16) + " UTC<br>" + rows.join("<br>");
        tip.style.display = "block";
        const left = event.clientX - frame.left, w = tip.offsetWidth;
        tip.style.left = Math.max(0, left + w + 18 > frame.width ? left - w - 14 : left + 14) + "px";
        tip.style.top = Math.max(0, event.clientY - frame.top - tip.offsetHeight - 12) + "px";
        cross.setAttribute("x1", x); cross.setAttribute("x2", x); cross.setAttribute("visibility", "visible");
      };
      svg.addEventListener("pointermove", move);
      svg.addEventListener("pointerdown", move);
      svg.addEventListener("pointerleave", hide);
    }
  }
})();
"""


def page(
    verdict: Mapping[str, Any], records: Records, whole: Timeline, part: Timeline, back: Rollback, peak: float
) -> str:
    """The whole page.

    Args:
        verdict: what `result.json` holds.
        records: the raw records.
        whole: the timeline of the rehearsal.
        part: its part with the rollback.
        back: the moments of the rollback.
        peak: highest write units per second ever recorded for the dimension of `part`.
    """
    lane = part.lanes[0]
    sections = [
        _head(lane, back, peak),
        _figures(back),
        _chart(part, 300, 240, "The rollback"),
        _marks(part),
        _undone(verdict["rolled_back"]),
        '<h2>The whole rehearsal</h2><p class="soft">From the first deployment on, minute by minute: '
        "touch or point at the chart for the values. The bars above it are what CloudFormation did.</p>",
        _chart(whole, 230, 210, "The whole rehearsal"),
        _refused(verdict["refused"]),
        _committed(verdict["committed"]),
        _walls(records),
        _method(),
    ]
    lanes = [
        {
            "key": each.dimension.key,
            "title": each.title,
            "values": {
                int(m.at.timestamp() * 1000): [m.demand, m.served, m.ceiling, m.throttle_events, m.kind]
                for m in each.minutes
            },
        }
        for each in whole.lanes
    ]
    # "</" could end the script element from inside a string.
    data = json.dumps(lanes, separators=(",", ":")).replace("</", "<\\/")
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>capacity-guard: a capacity change, refused, committed, rolled back ({LABEL})</title>\n"
        f"<style>:root{{color-scheme:light dark;{PALETTE}}}"
        f"@media(prefers-color-scheme:dark){{:root{{{DARK_PALETTE}}}}}{STYLE}{_PAGE_STYLE}</style></head>\n<body><main>\n"
        + "\n".join(sections)
        + f'\n</main><script type="application/json" id="lanes">{data}</script>\n<script>{_SCRIPT}</script></body></html>\n'
    )


def headline(lane: Lane, back: Rollback) -> str:
    """The rollback in one sentence."""
    during = [m for m in lane.minutes if back.changed <= m.at <= back.started] or list(lane.minutes)
    lowest, highest = min(m.ceiling for m in during), max(m.demand for m in during)
    return (
        f"Capacity was lowered to {number(lowest)} writes/s, demand rose to {number(highest)}: "
        f"everything was as before {number(back.seconds.change_to_restored)} seconds after the change"
    )


def _head(lane: Lane, back: Rollback, peak: float) -> str:
    who = lane.dimension.index or "the table"
    spoke = "The alarm spoke, the bake failed,"
    if back.alarm.at > back.started:
        spoke = "The bake saw the throttle events, just before the alarm did, and failed,"
    return (
        f'<span class="badge">{LABEL}</span><h1>{escape(headline(lane, back))}.</h1>'
        f"<p>The change had passed every rule at synth and every live check, since {number(peak)} writes/s was the most "
        f"that <b>{escape(who)}</b> had ever carried. Then more came. {spoke} and CloudFormation rolled table and index "
        f"back.</p>"
    )


def _figures(back: Rollback) -> str:
    s = back.seconds
    boxes = [
        (s.change_to_alarm, "from the change to the alarm", ""),
        (s.alarm_to_rollback, _ROLLBACK if s.alarm_to_rollback >= 0 else _EARLY, ""),
        (s.rollback_to_restored, "from the rollback to table and index as before", ""),
        (s.change_to_restored, "from the change to restored, seconds of the rehearsal clock", "sum"),
    ]
    return (
        '<div class="figures">'
        + "".join(
            f'<div class="{style}"><b>{value:,.0f} s</b><span>{text}</span></div>'
            for value, text, style in boxes
        )
        + "</div>"
    )


def _chart(timeline: Timeline, wide: int, narrow: int, label: str) -> str:
    keys = " ".join(lane.dimension.key for lane in timeline.lanes)
    return (
        f'<figure data-lanes="{escape(keys)}"><div class="wide">'
        + inline(timeline, _WIDE, lane_height=wide, label=label)
        + '</div><div class="narrow">'
        + inline(timeline, _NARROW, lane_height=narrow, label=label)
        + "</div></figure>"
    )


def _marks(timeline: Timeline) -> str:
    items = "".join(
        f'<li class="{mark.kind}"><b>{position}</b>{clock(mark.at, True)} {escape(mark.label)}</li>'
        for position, mark in enumerate(timeline.marks, start=1)
    )
    return f'<ol class="marks">{items}</ol>'


def _undone(undone: Mapping[str, Any]) -> str:
    same = undone["before"] == undone["after"]
    verdict = '<span class="ok">equal</span>' if same else '<span class="no">not equal</span>'
    return (
        f"<h2>Rolled back: {escape(undone['stack_status'])}</h2><p>Alarm: <code>{escape(undone['alarm'])}</code></p>"
        "<p>CloudFormation's reason, whole:</p>"
        f"<pre>{escape(undone['reason'])}</pre><p>DescribeTable before the change and after the rollback: {verdict}.</p>"
        + _capacities([("before", undone["before"]), ("after", undone["after"])])
    )


def _refused(refused: Mapping[str, Any]) -> str:
    lines = "\n".join(refused["findings"])
    return (
        "<h2>Refused: the change of the incident</h2><p>Both to on-demand, in an hour when the traffic climbs. "
        f"<code>cdk synth</code> ended with exit code {refused['exit_code']}:</p><pre>{escape(lines)}</pre>"
    )


def _committed(committed: Mapping[str, Any]) -> str:
    rows = "".join(
        f"<tr><td>{escape(s['deployment'])}</td><td>{escape(s['stage'])}</td><td class=n>{number(s['seconds'])} s</td>"
        f"<td>{'passed' if s['passed'] else 'failed'}</td></tr>"
        for s in committed["stages"]
    )
    return (
        "<h2>Committed: the change done right</h2><p>First the floor and the way back, then warm throughput, then the mode; "
        "recorded again after each.</p>"
        + _capacities([("before", committed["before"]), ("after", committed["after"])])
        + '<p></p><div class="scroll"><table><tr><th>deployment<th>stage<th class=n>rehearsal clock<th></tr>'
        + f"{rows}</table></div>"
    )


def _capacities(named: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    rows = []
    for name, capacity in named:
        for resource, units in capacity.items():
            if resource == "billing_mode":
                continue
            rows.append(
                f"<tr><td>{name}<td>{escape(resource)}<td>{escape(capacity['billing_mode'])}"
                + "".join(
                    f"<td class=n>{_value(units[key])}"
                    for key in ("read", "write", "maximum_read", "maximum_write")
                )
                + "</tr>"
            )
    heads = "".join(f"<th class=n>{head}" for head in ("read/s", "write/s", "max. read/s", "max. write/s"))
    return f'<div class="scroll"><table><tr><th><th><th>billing mode{heads}</tr>{"".join(rows)}</table></div>'


def _value(units: object) -> str:
    return "none" if units is None else number(float(str(units)))


def _walls(records: Records) -> str:
    rows = "".join(
        f"<tr><td>{escape(c.step)}<td><code>{escape(_short(c.words))}</code><td class=n>{c.exit_code}"
        f"<td class=n>{c.wall_seconds:.1f} s</tr>"
        for c in records.commands
    )
    return (
        "<h2>What the commands cost</h2><p>Seconds of the wall clock, which are no part of the figures above.</p>"
        f'<div class="scroll"><table><tr><th>step<th>command<th class=n>exit code<th class=n>wall clock</tr>{rows}</table></div>'
    )


def _short(words: Iterable[str]) -> str:
    text = " ".join(words)
    return text if len(text) <= 90 else f"{text[:87]}..."


def _method() -> str:
    return (
        "<h2>How this was measured</h2><p>The real CDK CLI deployed the template of production to a local emulator "
        f"(<b>{LABEL}</b>). Emulator, functions, CLI and traffic share one rehearsal clock; periods and durations are those "
        "of production. A traffic player asks for the recorded demand and publishes what the capacity then live serves and "
        "throttles; no metric, alarm or event was set by hand. The emulator is wired after the services' documentation: it "
        "shows what our reading of it leads to, not what AWS does. Every figure is computed from <code>raw/</code> beside "
        "this page: what the commands printed, stack events, alarm history, DescribeTable and the player's record.</p>"
    )
