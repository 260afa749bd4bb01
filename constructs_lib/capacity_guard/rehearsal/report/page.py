"""The page of the demo: one self-contained HTML file for phones and desktops, light or dark."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from ...report.chart_interaction import POINTER
from ...report.html import document, escape, table
from ...report.page_controls import CONTROLS, CONTROLS_STYLE
from ...report.svg import number, rate
from .chart import LABEL
from .page_parts import (
    before_and_after,
    capacities,
    chart_figure,
    figure_boxes,
    mark_list,
    minute_tables,
    stage_table,
    without_trace,
)
from .records import Records
from .taken_back import TakenBack, taken_back
from .timeline import Lane, Timeline, first_steps, rollback_part, watch_part
from .verdict import Rollback, rollback

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
const describe = (figure, minute) => {
  const rows = lanes.filter(l => l.values[minute] && figure.dataset.lanes.split(" ").includes(l.key)).map(l => {
    const [demand, served, ceiling, events, kind] = l.values[minute];
    return `<b>${plain(l.title)}</b><br><i>demand</i> ${units(demand)} <i>served</i> ${units(served)}/s<br>` +
      `<i>ceiling</i> ${units(ceiling)}/s, ${kind}` +
      (events ? `<br><span class="t">${units(events)} throttle events in this minute</span>` : "");
  });
  return rows.length && stamp(minute) + " UTC<br>" + rows.join("<br>");
};
for (const figure of document.querySelectorAll("figure")) pointer(figure, describe);
// A fold is numbered by its lane, and by the figure (100, 200) whose minutes it lists.
tabled(() => ["UTC", "demand", "served", "ceiling", "events"], at => {
  const d = document.querySelectorAll("figure")[Math.floor(at / 100) - 1].querySelector("svg").dataset;
  return Object.entries(lanes[at % 100].values).filter(([minute]) => +minute > d.start - 60000 && +minute < +d.end)
    .map(([minute, [demand, served, ceiling, events, kind]]) =>
      [stamp(+minute), units(demand), units(served), `${units(ceiling)} ${kind}`, units(events)]);
});
"""
)


def page(verdict: Mapping[str, Any], records: Records, rehearsal: Timeline, peak: float) -> str:
    """The complete page.

    Args:
        verdict: the content of `result.json`.
        records: the raw records.
        rehearsal: the timeline of the rehearsal.
        peak: highest write units per second ever recorded for the dimension that throttled.

    Raises:
        InputError: a record that it needs is missing.
    """
    times, taken = rollback(records), taken_back(records)
    undone, watched = rollback_part(rehearsal, records), watch_part(rehearsal, records)
    first = first_steps(rehearsal, records)
    lane = undone.lanes[0]
    sections = [
        _head(lane, times, taken),
        _refused(verdict["refused"]),
        _committed(verdict["committed"]),
        _rollback_head(lane, times, peak),
        _figures(times),
        chart_figure(undone, 300, 240, "The rollback"),
        *minute_tables(undone, rehearsal, 100),
        mark_list(undone),
        _rolled_back(verdict["rolled_back"]),
        _taken_back_head(taken, watched, peak),
        _taken_back_figures(taken),
        chart_figure(watched, 300, 240, "The watch takes the change back"),
        *minute_tables(watched, rehearsal, 200),
        mark_list(watched),
        _taken_back(verdict["taken_back"]),
        '<h2>Steps 1 to 3 in one chart</h2><p class="soft">From the first deployment on, minute by minute: '
        "touch or point at the chart for the values. The bars above it are what CloudFormation did.</p>",
        chart_figure(first, 230, 210, "Steps 1 to 3"),
        *minute_tables(first, rehearsal, 300),
        _command_durations(records),
        _method(),
    ]
    shown = {minute: None for part in (first, watched) for lane in part.lanes for minute in lane.minutes}
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
                if minute in shown
            },
        }
        for lane in rehearsal.lanes
    ]
    title = f"capacity-guard: a capacity change, refused, committed, rolled back, taken back ({LABEL})"
    return document(title, CONTROLS_STYLE + _PAGE_STYLE, "\n".join(sections), lanes, _SCRIPT)


def _headline(lane: Lane, times: Rollback) -> str:
    minutes = [minute for minute in lane.minutes if times.changed <= minute.at <= times.started] or list(
        lane.minutes
    )
    lowest, highest = min(minute.ceiling for minute in minutes), max(minute.demand for minute in minutes)
    return (
        f"Capacity was lowered to {rate(lowest)} writes/s and demand rose to {rate(highest)}. "
        f"Everything was as before {number(times.seconds.whole.change_to_restored)} seconds after the change"
    )


def _head(lane: Lane, times: Rollback, taken: TakenBack) -> str:
    resource = lane.dimension.index or "the table"
    return (
        f'<span class="badge">{LABEL}</span><h1>For everyone who writes to {escape(resource)}: the change of the incident never '
        "reaches them, the right change goes through in stages, and a change that throttles is undone although nobody is on "
        "call: "
        f"{number(times.seconds.whole.change_to_restored)} seconds after the change, while it is deployed, or "
        f"{number(taken.seconds.whole.throttled_to_restored)} seconds after the throttling begins, at the next peak.</h1>"
    )


def _rollback_head(lane: Lane, times: Rollback, peak: float) -> str:
    resource = lane.dimension.index or "the table"
    cause = "The alarm went to ALARM, Bake failed,"
    if times.alarm.at > times.started:
        cause = "Bake read the throttle events, just before the alarm did, and failed,"
    return (
        f"<h2>Step 3. Rolled back: a change that throttles</h2><p><b>{escape(_headline(lane, times))}.</b> "
        "The change had passed every live check, and every rule at synth but CG14 (it would not carry 1.3 times the "
        f"traffic), which was acknowledged, since {rate(peak)} writes/s was the most "
        f"that <b>{escape(resource)}</b> had ever carried. Then more came. {cause} and CloudFormation rolled table and index "
        f"back.</p>"
    )


def _figures(times: Rollback) -> str:
    seconds = times.seconds.whole
    first, between = seconds.change_to_alarm, seconds.alarm_to_rollback
    parts = [(first, "from the change to the alarm"), (between, "from the alarm to the rollback")]
    if between < 0:
        parts = [
            (first + between, "from the change to the rollback: Bake reads the metrics too, and was faster"),
            (-between, "from there to the alarm"),
        ]
    return figure_boxes(
        [*parts, (seconds.rollback_to_restored, "from the rollback to table and index as before")],
        (seconds.change_to_restored, "from the change to restored, seconds of the rehearsal clock"),
    )


def _rolled_back(rolled_back: Mapping[str, Any]) -> str:
    return (
        f"<p>The stack ended in <code>{escape(rolled_back['stack_status'])}</code>. Alarm: "
        f"<code>{escape(rolled_back['alarm'])}</code></p><p>CloudFormation's reason:</p>"
        f"<pre>{escape(without_trace(rolled_back['reason']))}</pre>"
        + before_and_after(rolled_back, "the rollback")
    )


def _taken_back_head(taken: TakenBack, part: Timeline, peak: float) -> str:
    lane = part.lanes[0]
    resource = lane.dimension.index or "the table"
    minutes = [minute for minute in lane.minutes if minute.at <= taken.restored]
    highest, ceiling = max(minute.demand for minute in minutes), min(minute.ceiling for minute in minutes)
    hours, seconds = taken.quiet / timedelta(hours=1), taken.seconds.whole.throttled_to_restored
    return (
        "<h2>Step 4. Taken back by the watch: a change in a quiet hour that throttles at the next peak</h2>"
        f"<p><b>The change was in effect for {number(hours)} hours. Then demand rose to {rate(highest)} writes/s, and everything "
        f"was as before {number(seconds)} seconds after the first throttled minute began.</b> In the quietest hours of the week "
        f"<b>{escape(resource)}</b> had got {rate(ceiling)} writes/s, whose burst carries the recorded peak of {rate(peak)}, and "
        "Preflight and Bake passed, since nothing happens in such an hour. After the deployment nobody did anything: the "
        "function of the watch read the metrics, held the change and updated the stack.</p>"
    )


def _taken_back_figures(taken: TakenBack) -> str:
    seconds = taken.seconds.whole
    return figure_boxes(
        [
            (
                seconds.throttled_to_veto,
                "from the start of the first throttled minute to the veto: metrics are late",
            ),
            (seconds.veto_to_update, "from the veto to CloudFormation's update"),
            (seconds.update_to_restored, "from the update to table and index as before"),
        ],
        (
            seconds.throttled_to_restored,
            "from the first throttled minute to restored, seconds of the rehearsal clock",
        ),
    )


def _taken_back(taken_back: Mapping[str, Any]) -> str:
    return (
        f"<p>The stack ended in <code>{escape(taken_back['stack_status'])}</code>. The journal of the watch:</p>"
        f"<pre>{escape(taken_back['reason'])}</pre>"
        + before_and_after(taken_back, "the watch")
        + "<p>The deployment, in the quiet hour:</p>"
        + stage_table(taken_back["stages"])
    )


def _refused(refused: Mapping[str, Any]) -> str:
    lines = "\n".join(refused["findings"])
    return (
        "<h2>Step 1. Refused: the change of the incident</h2><p>Table and index to on-demand, in a busy hour. "
        f"<code>cdk synth</code> ended with exit code {refused['exit_code']}:</p><pre>{escape(lines)}</pre>"
    )


def _committed(committed: Mapping[str, Any]) -> str:
    return (
        "<h2>Step 2. Committed: the change done right</h2><p>First the floor and the way back, then warm throughput, then the "
        "mode; recorded again after each.</p>"
        + capacities([("before", committed["before"]), ("after", committed["after"])])
        + stage_table(committed["stages"])
    )


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
