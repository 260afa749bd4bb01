"""The page of the demo: one self-contained HTML file, legible on a phone and on a desk, light or dark."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from ...report.html import document, table
from ...report.pointer import POINTER
from ...report.svg import clock, number
from .chart import LABEL, inline
from .records import Records
from .timeline import Lane, Timeline
from .verdict import Rollback

_WIDE, _NARROW = 1040, 400

_ROLLBACK = "from the alarm to the rollback"
_EARLY = "from the alarm to the rollback: the bake reads the metrics too, and was faster"

_PAGE_STYLE = """
  .badge{display:inline-block;border:1.5px solid var(--edge);border-radius:99px;padding:.1rem .7rem;font-size:.85rem;
  font-weight:650;color:var(--soft)}
  .figures{display:grid;grid-template-columns:repeat(4,1fr);gap:10px;margin:1rem 0}
  .figures div{background:var(--band);border-radius:8px;padding:.6rem .9rem} .figures b{display:block;font-size:1.6rem;
  line-height:1.25;font-variant-numeric:tabular-nums} .figures span{font-size:.88rem;color:var(--soft)}
  .figures .sum{outline:2px solid var(--ceiling)}
  ol.marks{list-style:none;padding:0;margin:.4rem 0;display:grid;gap:.3rem 1.5rem;grid-template-columns:1fr 1fr;
  font-variant-numeric:tabular-nums} ol.marks li{display:flex;gap:.6rem} ol.marks b{flex:none;width:1.6em;height:1.6em;
  margin-top:.12em;line-height:1.6em;text-align:center;border-radius:99px;background:var(--soft);color:var(--paper);
  font-size:.8rem} ol.marks .alarm b,ol.marks .rollback b{background:var(--red)}
  ol.marks .restored b{background:var(--ceiling)}
  @media(max-width:720px){.figures{grid-template-columns:1fr 1fr} ol.marks{grid-template-columns:1fr}}
"""

_SCRIPT = (
    POINTER
    + """
const lanes = JSON.parse(document.getElementById("data").textContent);
const tell = (figure, minute) => {
  const rows = lanes.filter(l => l.values[minute] && figure.dataset.lanes.split(" ").includes(l.key)).map(l => {
    const [demand, served, ceiling, events, kind] = l.values[minute];
    return `<b>${plain(l.title)}</b><br><i>demand</i> ${units(demand)} <i>served</i> ${units(served)}/s<br>` +
      `<i>ceiling</i> ${units(ceiling)}/s, ${kind}` +
      (events ? `<br><span class="t">${units(events)} throttle events in this minute</span>` : "");
  });
  return rows.length && stamp(minute) + " UTC<br>" + rows.join("<br>");
};
for (const figure of document.querySelectorAll("figure")) pointer(figure, tell);
"""
)


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
    title = f"capacity-guard: a capacity change, refused, committed, rolled back ({LABEL})"
    return document(title, _PAGE_STYLE, "\n".join(sections), lanes, _SCRIPT)


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
        "<p>The change had passed every live check, and every rule at synth but CG14 (it would not carry 1.3 times the "
        f"traffic), which somebody had accepted, since {number(peak)} writes/s was the most "
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
    rows = [
        (
            escape(s["deployment"]),
            escape(s["stage"]),
            f"{number(s['seconds'])} s",
            "passed" if s["passed"] else "failed",
        )
        for s in committed["stages"]
    ]
    return (
        "<h2>Committed: the change done right</h2><p>First the floor and the way back, then warm throughput, then the mode; "
        "recorded again after each.</p>"
        + _capacities([("before", committed["before"]), ("after", committed["after"])])
        + table(("deployment", "stage", "rehearsal clock", "outcome"), rows, numbers={2})
    )


def _capacities(named: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    limits = ("read", "write", "maximum_read", "maximum_write")
    rows = [
        (
            name,
            escape(resource),
            escape(capacity["billing_mode"]),
            *(_value(units[limit]) for limit in limits),
        )
        for name, capacity in named
        for resource, units in capacity.items()
        if resource != "billing_mode"
    ]
    heads = ("when", "resource", "billing mode", "read/s", "write/s", "max. read/s", "max. write/s")
    return table(heads, rows, numbers=range(3, 7))


def _value(units: object) -> str:
    return "none" if units is None else number(float(str(units)))


def _walls(records: Records) -> str:
    rows = [
        (
            escape(c.step),
            f"<code>{escape(_short(c.words))}</code>",
            str(c.exit_code),
            f"{c.wall_seconds:.1f}&nbsp;s",
        )
        for c in records.commands
    ]
    return (
        "<h2>What the commands cost</h2><p>Seconds of the wall clock, which are no part of the figures above.</p>"
        + table(("step", "command", "exit code", "wall clock"), rows, numbers={2, 3})
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
