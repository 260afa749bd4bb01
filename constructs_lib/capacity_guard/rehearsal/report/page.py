"""The page of the demo: one self-contained HTML file for phones and desktops, light or dark."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...report.chart_interaction import POINTER
from ...report.html import document, escape, table
from ...report.page_controls import CONTROLS, CONTROLS_STYLE, figures_fold
from ...report.svg import clock, number, rate
from .chart import LABEL, MARK_LETTERS, inline
from .records import Records
from .timeline import Lane, Timeline
from .verdict import Rollback

_WIDE, _NARROW = 1040, 400

_ALARM_FIRST = "from the alarm to the rollback"
_BAKE_FIRST = "from the alarm to the rollback: the bake reads the metrics too, and was faster"

_MODES = {"PAY_PER_REQUEST": "on-demand", "PROVISIONED": "provisioned"}

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
    + CONTROLS
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
// A fold is numbered by its lane, and by the figure (100, 200) whose minutes it lists.
tabled(() => ["UTC", "demand", "served", "ceiling", "events"], at => {
  const d = document.querySelectorAll("figure")[Math.floor(at / 100) - 1].querySelector("svg").dataset;
  return Object.entries(lanes[at % 100].values).filter(([minute]) => +minute > d.start - 60000 && +minute < +d.end)
    .map(([minute, [demand, served, ceiling, events, kind]]) =>
      [stamp(+minute), units(demand), units(served), `${units(ceiling)} ${kind}`, units(events)]);
});
"""
)


def page(
    verdict: Mapping[str, Any],
    records: Records,
    rehearsal: Timeline,
    rollback_part: Timeline,
    times: Rollback,
    peak: float,
) -> str:
    """The complete page.

    Args:
        verdict: the content of `result.json`.
        records: the raw records.
        rehearsal: the timeline of the rehearsal.
        rollback_part: its part with the rollback.
        times: the times of the rollback.
        peak: highest write units per second ever recorded for the dimension of `rollback_part`.
    """
    lane = rollback_part.lanes[0]
    sections = [
        _head(lane, times),
        _refused(verdict["refused"]),
        _committed(verdict["committed"]),
        _rollback_head(lane, times, peak),
        _figures(times),
        _chart(rollback_part, 300, 240, "The rollback"),
        *_tables(rollback_part, rehearsal, 100),
        _marks(rollback_part),
        _rolled_back(verdict["rolled_back"]),
        '<h2>The whole rehearsal</h2><p class="soft">From the first deployment on, minute by minute: '
        "touch or point at the chart for the values. The bars above it are what CloudFormation did.</p>",
        _chart(rehearsal, 230, 210, "The whole rehearsal"),
        *_tables(rehearsal, rehearsal, 200),
        _command_durations(records),
        _method(),
    ]
    lanes = [
        {
            "key": lane.dimension.key,
            "title": lane.title,
            "values": {
                int(minute.at.timestamp() * 1000): [
                    minute.demand,
                    minute.served,
                    minute.ceiling,
                    minute.throttle_events,
                    minute.kind,
                ]
                for minute in lane.minutes
            },
        }
        for lane in rehearsal.lanes
    ]
    title = f"capacity-guard: a capacity change, refused, committed, rolled back ({LABEL})"
    return document(title, CONTROLS_STYLE + _PAGE_STYLE, "\n".join(sections), lanes, _SCRIPT)


def _headline(lane: Lane, times: Rollback) -> str:
    minutes = [minute for minute in lane.minutes if times.changed <= minute.at <= times.started] or list(
        lane.minutes
    )
    lowest, highest = min(minute.ceiling for minute in minutes), max(minute.demand for minute in minutes)
    return (
        f"Capacity was lowered to {rate(lowest)} writes/s and demand rose to {rate(highest)}. "
        f"Everything was as before {number(times.seconds.change_to_restored)} seconds after the change"
    )


def _head(lane: Lane, times: Rollback) -> str:
    resource = lane.dimension.index or "the table"
    return (
        f'<span class="badge">{LABEL}</span><h1>For everyone who writes to {escape(resource)}: the change of the incident never '
        "reaches them, the right change goes through in stages, and a change that throttles is undone in "
        f"{number(times.seconds.change_to_restored)} seconds, with nobody on call.</h1>"
    )


def _rollback_head(lane: Lane, times: Rollback, peak: float) -> str:
    resource = lane.dimension.index or "the table"
    cause = "The alarm went to ALARM, Bake failed,"
    if times.alarm.at > times.started:
        cause = "Bake read the throttle events, just before the alarm did, and failed,"
    return (
        f"<h2>Rolled back: a change that throttles</h2><p><b>{escape(_headline(lane, times))}.</b> "
        "The change had passed every live check, and every rule at synth but CG14 (it would not carry 1.3 times the "
        f"traffic), which somebody had accepted, since {rate(peak)} writes/s was the most "
        f"that <b>{escape(resource)}</b> had ever carried. Then more came. {cause} and CloudFormation rolled table and index "
        f"back.</p>"
    )


def _figures(times: Rollback) -> str:
    seconds = times.seconds
    boxes = [
        (seconds.change_to_alarm, "from the change to the alarm", ""),
        (
            seconds.alarm_to_rollback,
            _ALARM_FIRST if seconds.alarm_to_rollback >= 0 else _BAKE_FIRST,
            "",
        ),
        (seconds.rollback_to_restored, "from the rollback to table and index as before", ""),
        (seconds.change_to_restored, "from the change to restored, seconds of the rehearsal clock", "sum"),
    ]
    return (
        '<div class="figures">'
        + "".join(
            f'<div class="{style}"><b>{value:,.0f} s</b><span>{text}</span></div>'
            for value, text, style in boxes
        )
        + "</div>"
    )


def _chart(timeline: Timeline, wide_height: int, narrow_height: int, label: str) -> str:
    """A chart for wide and one for narrow screens; heights of the first lane in pixels."""
    keys = " ".join(lane.dimension.key for lane in timeline.lanes)
    return (
        f'<figure data-lanes="{escape(keys)}"><div class="wide">'
        + inline(timeline, _WIDE, lane_height=wide_height, label=label)
        + '</div><div class="narrow">'
        + inline(timeline, _NARROW, lane_height=narrow_height, label=label)
        + "</div></figure>"
    )


def _tables(shown: Timeline, rehearsal: Timeline, figure: int) -> Iterable[str]:
    """A fold for the minutes of each lane of a chart as a table."""
    numbers = {lane.dimension: number for number, lane in enumerate(rehearsal.lanes)}
    for lane in shown.lanes:
        yield figures_fold(
            figure + numbers[lane.dimension], f"The minutes of {lane.title} as a table, units per second"
        )


def _marks(timeline: Timeline) -> str:
    items = "".join(
        f'<li class="{mark.kind}"><b>{letter}</b>{clock(mark.at, True)} {escape(mark.label)}</li>'
        for letter, mark in zip(MARK_LETTERS, timeline.marks, strict=False)
    )
    return f'<ol class="marks">{items}</ol>'


def _rolled_back(rolled_back: Mapping[str, Any]) -> str:
    is_equal = rolled_back["before"] == rolled_back["after"]
    comparison = '<span class="ok">equal</span>' if is_equal else '<span class="no">not equal</span>'
    return (
        f"<p>The stack ended in <code>{escape(rolled_back['stack_status'])}</code>. Alarm: "
        f"<code>{escape(rolled_back['alarm'])}</code></p><p>CloudFormation's reason:</p>"
        f"<pre>{escape(_without_trace(rolled_back['reason']))}</pre>"
        f"<p>DescribeTable before the change and after the rollback: {comparison}.</p>"
        + _capacities([("before", rolled_back["before"]), ("after", rolled_back["after"])])
    )


def _without_trace(reason: str) -> str:
    """A reason without the stack trace of Node, which the provider framework appends; ``result.json`` keeps it whole."""
    lines = reason.split("\n")
    trace = next((at for at, text in enumerate(lines) if re.match(r"\s+at \S", text)), len(lines))
    return "\n".join(lines[:trace]).strip()


def _refused(refused: Mapping[str, Any]) -> str:
    lines = "\n".join(refused["findings"])
    return (
        "<h2>Refused: the change of the incident</h2><p>Table and index to on-demand, in a busy hour. "
        f"<code>cdk synth</code> ended with exit code {refused['exit_code']}:</p><pre>{escape(lines)}</pre>"
    )


def _committed(committed: Mapping[str, Any]) -> str:
    rows = [
        (
            escape(stage["deployment"]),
            escape(stage["stage"]),
            f"{number(stage['seconds'])} s",
            "passed" if stage["passed"] else "failed",
        )
        for stage in committed["stages"]
    ]
    return (
        "<h2>Committed: the change done right</h2><p>First the floor and the way back, then warm throughput, then the mode; "
        "recorded again after each.</p>"
        + _capacities([("before", committed["before"]), ("after", committed["after"])])
        + table(("deployment", "stage", "rehearsal clock", "outcome"), rows, numbers={2})
    )


def _capacities(capacities: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    limits = ("read", "write", "maximum_read", "maximum_write")
    rows = [
        (
            name,
            escape(resource),
            _MODES.get(capacity["billing_mode"], escape(capacity["billing_mode"])),
            *(_units(capacity["billing_mode"], limit, units[limit]) for limit in limits),
        )
        for name, capacity in capacities
        for resource, units in capacity.items()
        if resource != "billing_mode"
    ]
    heads = ("when", "resource", "billing mode", "read/s", "write/s", "max. read/s", "max. write/s")
    return table(heads, rows, numbers=range(3, 7))


def _units(mode: str, limit: str, units: object) -> str:
    """Units of a capacity; DescribeTable answers 0 for the provisioned units of an on-demand table."""
    if mode == "PAY_PER_REQUEST" and not limit.startswith("maximum"):
        return _MODES[mode]
    return "none" if units is None else number(float(str(units)))


def _command_durations(records: Records) -> str:
    rows = [
        (
            escape(command.step),
            f"<code>{escape(_short(command.words))}</code>",
            str(command.exit_code),
            f"{command.wall_seconds:.1f}&nbsp;s",
        )
        for command in records.commands
    ]
    return (
        "<h2>What the commands cost</h2><p>Seconds of the wall clock, which are no part of the figures above.</p>"
        + table(("step", "command", "exit code", "wall clock"), rows, numbers={2, 3})
    )


def _short(words: Iterable[str]) -> str:
    text = shlex.join(words)
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
