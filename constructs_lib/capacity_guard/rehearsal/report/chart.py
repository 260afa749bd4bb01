"""The chart: a timeline as SVG without external resources, in the reader's light or dark scheme.

Colours are CSS custom properties, so the page and the standalone picture use the same drawing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from ...report.chart_interaction import slider
from ...report.html import escape
from ...report.svg import (
    DARK_PALETTE,
    PALETTE,
    STYLE,
    clock,
    line,
    minutes_step,
    number,
    rate,
    round_step,
    text_width,
)
from .records import Minute
from .timeline import MINUTE, Lane, Timeline

LABEL = "emulator, not AWS"


def picture(timeline: Timeline, title: str, width: int = 960) -> str:
    """A standalone picture, for example for a README: one timeline with its legend, on its own background.

    Args:
        timeline: usually the part with a rollback.
        title: its heading.
        width: width in pixels.
    """
    chart = _Chart(timeline, width, lane_height=250, heading=title, legend=True)
    body, height = chart.draw()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 {width} {height:.0f}" '
        f'width="{width}" height="{height:.0f}" role="img" aria-label="{escape(title)}; {LABEL}">\n'
        f"<style>svg{{{PALETTE}}}@media(prefers-color-scheme:dark){{svg{{{DARK_PALETTE}}}}}{STYLE}</style>\n"
        f'<rect width="{width}" height="{height:.0f}" rx="10" fill="var(--paper)"/>\n{body}\n</svg>\n'
    )


def inline(timeline: Timeline, width: int, *, lane_height: int, label: str) -> str:
    """A chart for a page that has palette, style and legend itself.

    Args:
        timeline: the content.
        width: width of the drawing in pixels; the page scales it.
        lane_height: height of the first lane in pixels.
        label: text for screen readers.
    """
    chart = _Chart(timeline, width, lane_height=lane_height)
    body, height = chart.draw()
    left, right = chart.left, chart.right
    return (
        f'<svg class="chart" viewBox="0 0 {width} {height:.0f}" aria-label="{escape(label)}; {LABEL}" '
        f"{slider(timeline.start, timeline.end, left, right, timeline.marks[0].at)}>\n{body}\n"
        f'<line class="axis cross" y1="{chart.plot_top:.0f}" y2="{chart.plot_bottom:.0f}" visibility="hidden"/>\n</svg>'
    )


class _Chart:
    """One drawing; its rows follow from top to bottom."""

    def __init__(
        self, timeline: Timeline, width: int, *, lane_height: int, heading: str = "", legend: bool = False
    ) -> None:
        self.timeline = timeline
        self.width = width
        self.lane_height = lane_height
        self.heading = heading
        self.legend = legend
        self.left = 54
        self.right = width - 14
        self.plot_top = 0.0
        self.plot_bottom = 0.0
        self._parts: list[str] = []
        self._span = (timeline.end - timeline.start).total_seconds()

    def draw(self) -> tuple[str, float]:
        """The elements and the height they need."""
        y = 14.0
        if self.heading:
            self._text(self.left - 38, y + 14, self.heading, "title")
            self._text(self.right, y + 14, LABEL, "soft strong", "end")
            y += 34
        y = self._legend_row(y)
        y = self._step_row(y)
        y = self._stage_row(y)
        numbers_at = y + 12
        y += 30
        self.plot_top = y - 6
        # Marks are below the lanes' lines, so that no dash hides a value.
        marks_position = len(self._parts)
        for position, lane in enumerate(self.timeline.lanes):
            y = self._lane(lane, y, self.lane_height if position == 0 else self.lane_height * 0.62)
        self.plot_bottom = y
        y = self._time_axis(y)
        self._parts[marks_position:marks_position] = self._marks(numbers_at)
        if self.legend:
            y = self._mark_legend(y + 8)
        return "\n".join(self._parts), y + 8

    # --- rows ---

    def _legend_row(self, y: float) -> float:
        x = float(self.left)
        items = [
            ('<line class="demand" x1="0" x2="18" y1="0" y2="0"/>', "demand"),
            ('<rect class="served" x="0" y="-6" width="18" height="12"/>', "served"),
            ('<line class="ceiling" x1="0" x2="18" y1="0" y2="0"/>', "ceiling (capacity)"),
            ('<rect class="throttled" x="0" y="-6" width="18" height="12"/>', "throttled"),
        ]
        for sign, name in items:
            length = 24 + text_width(name) + 16
            if x + length > self.right and x > self.left:
                x, y = float(self.left), y + 20
            self._parts.append(f'<g transform="translate({x:.1f} {y + 6:.1f})">{sign}</g>')
            self._text(x + 24, y + 10, name)
            x += length
        return y + 26

    def _step_row(self, y: float) -> float:
        if not self.timeline.steps or self.legend:
            return y
        for position, step in enumerate(self.timeline.steps):
            x0, x1 = self._x(step.started), self._x(step.ended)
            if position % 2 == 0:
                self._parts.append(
                    f'<rect class="band" x="{x0:.1f}" y="{y}" width="{x1 - x0:.1f}" height="20"/>'
                )
            text = _fitting(step.label, x1 - x0 - 6, bold=True) or _fitting(
                step.label.split()[0], x1 - x0 - 4
            )
            self._parts.append(f"<g><title>{escape(step.label)}</title>")
            if text:
                self._text((x0 + x1) / 2, y + 14, text, "soft strong", "middle")
            self._parts.append("</g>")
        return y + 24

    def _stage_row(self, y: float) -> float:
        if not self.timeline.stages:
            return y
        for stage in self.timeline.stages:
            x0, x1 = self._x(stage.started), self._x(stage.ended)
            bar_width = max(x1 - x0, 2.0)
            style = (
                "bad"
                if not stage.passed or stage.name == "rollback"
                else "change"
                if stage.name == "change"
                else ""
            )
            # Warm throughput is raised while preflight waits: a thinner bar below the bar of preflight.
            top, height = (y + 21, 6) if stage.name == "pre-warm" else (y, 20)
            seconds = (stage.ended - stage.started).total_seconds()
            title = f"{stage.name}{'' if stage.passed else ' failed'}, {number(seconds)} s"
            self._parts.append(
                f'<g><title>{escape(title)}</title><rect class="stage {style}" x="{x0:.1f}" y="{top}" '
                f'width="{bar_width:.1f}" height="{height}" rx="3"/>'
            )
            text = "" if stage.name == "pre-warm" else _fitting(stage.name, bar_width - 6)
            if text:
                self._text((x0 + x1) / 2, y + 14, text, "number" if style else "soft", "middle")
            self._parts.append("</g>")
        return y + 28

    def _lane(self, lane: Lane, top: float, height: float) -> float:
        highest = max((max(minute.demand, minute.ceiling) for minute in lane.minutes), default=1.0)
        step = round_step(highest / 3.2)
        maximum = step * math.ceil(highest * 1.08 / step)
        title_room = 22.0
        bottom = top + title_room + height

        def y(value: float) -> float:
            return bottom - value / maximum * height

        unit = f"{lane.dimension.access} units per second"
        unit += ", mean of each minute" if self.width > 600 else ""
        # One text element, so that the second part follows the first in any font.
        self._parts.append(
            f'<text x="{self.left}" y="{top + 12:.1f}" class="halo"><tspan class="strong">{escape(lane.title)}</tspan>'
            f'<tspan class="soft" dx="9">{escape(unit)}</tspan></text>'
        )
        value = 0.0
        while value <= maximum + 1e-9:
            self._parts.append(
                f'<line class="grid" x1="{self.left}" x2="{self.right}" y1="{y(value):.1f}" y2="{y(value):.1f}"/>'
            )
            self._text(self.left - 6, y(value) + 4, number(value), "soft", "end")
            value += step
        runs = _runs(lane.minutes)
        for run in runs:
            self._area(run, y, lambda _: 0.0, lambda minute: minute.served, "served")
        for run in runs:
            self._area(run, y, lambda minute: minute.served, lambda minute: minute.demand, "throttled")
        for run in runs:
            self._parts.append(f'<path class="ceiling" d="{line(self._ceiling(run, y))}"/>')
        for run in runs:
            self._parts.append(
                f'<path class="demand" d="{line(self._steps(run, lambda minute: y(minute.demand)))}"/>'
            )
        self._ceiling_labels(lane, y)
        return self._alarm_row(lane, bottom + 8) + 12

    def _alarm_row(self, lane: Lane, y: float) -> float:
        spans = self.timeline.alarms.get(lane.dimension.resource)
        if spans is None:
            return y
        self._text(self.left - 6, y + 9, "alarm", "soft", "end")
        self._parts.append(
            f'<line class="off" x1="{self.left}" x2="{self.right}" y1="{y + 5}" y2="{y + 5}"/>'
        )
        for span in spans:
            if span.ended <= self.timeline.start or span.started >= self.timeline.end:
                continue
            x0, x1 = self._x(span.started), self._x(span.ended)
            seconds = number((span.ended - span.started).total_seconds())
            self._parts.append(
                f"<g><title>{escape(span.label)}: ALARM for {seconds} s</title>"
                f'<rect class="on" x="{x0:.1f}" y="{y - 1}" width="{max(x1 - x0, 2):.1f}" height="13" rx="3"/>'
            )
            if x1 - x0 > 50:
                self._text((x0 + x1) / 2, y + 9.5, "ALARM", "number", "middle")
            self._parts.append("</g>")
        return y + 14

    def _ceiling_labels(self, lane: Lane, y: Callable[[float], float]) -> None:
        """The value of each ceiling that lasts long enough for the text."""
        start = 0
        minutes = lane.minutes
        for position in range(1, len(minutes) + 1):
            if position < len(minutes) and (minutes[position].ceiling, minutes[position].kind) == (
                minutes[start].ceiling,
                minutes[start].kind,
            ):
                continue
            first, last = minutes[start], minutes[position - 1]
            x0, x1 = self._x(first.at), self._x(last.at + MINUTE)
            room = min(x1, float(self.right)) - x0 - 5
            text = _fitting(f"{rate(first.ceiling)} {first.kind}", room, bold=True) or _fitting(
                rate(first.ceiling), room, bold=True
            )
            if text:
                # Above the line, or below it where the text would cover demand above the line.
                covered = [
                    minute
                    for minute in minutes[start:position]
                    if self._x(minute.at) < x0 + 5 + text_width(text, bold=True)
                ]
                is_exceeded = any(minute.demand > minute.ceiling * 0.98 for minute in covered)
                self._text(x0 + 5, y(first.ceiling) + (17 if is_exceeded else -7), text, "onceiling strong")
            start = position

    def _time_axis(self, y: float) -> float:
        self._parts.append(f'<line class="axis" x1="{self.left}" x2="{self.right}" y1="{y}" y2="{y}"/>')
        room = 74 if self.width > 600 else 62
        step = minutes_step(self._span / 60, (self.right - self.left) / room)
        start = self.timeline.start
        tick = start.replace(minute=0, second=0, microsecond=0)
        while tick <= self.timeline.end:
            if tick >= start:
                x = self._x(tick)
                self._parts.append(f'<line class="axis" x1="{x:.1f}" x2="{x:.1f}" y1="{y}" y2="{y + 5}"/>')
                if self.left + 12 <= x <= self.right - 12:
                    self._text(x, y + 18, clock(tick), "soft", "middle")
            tick += timedelta(minutes=step)
        day = f"{start.strftime('%A')} {start.day} {start.strftime('%B %Y')}, rehearsal clock, UTC"
        self._text(self.right, y + 36, day, "soft", "end")
        return y + 40

    def _marks(self, y: float) -> list[str]:
        """Vertical lines with letters; letters that would overlap move apart."""
        marks = self.timeline.marks
        places = _spread([self._x(mark.at) for mark in marks], 21.0, self.left + 9.0, self.right - 9.0)
        parts = []
        for mark, place in zip(marks, places, strict=True):
            x = self._x(mark.at)
            parts.append(
                f'<path class="mark {mark.style}" d="M{place:.1f} {y + 9:.1f}L{x:.1f} {y + 20:.1f}V{self.plot_bottom:.1f}"/>'
                f"<g><title>{escape(clock(mark.at, True))} {escape(mark.label)}</title>"
                f'<circle class="dot {mark.style}" cx="{place:.1f}" cy="{y:.1f}" r="9.5"/>'
                f'<text class="number" x="{place:.1f}" y="{y + 4.2:.1f}" text-anchor="middle">{mark.letter}</text></g>'
            )
        return parts

    def _mark_legend(self, y: float) -> float:
        columns = 2 if self.width > 700 else 1
        column_width = (self.right - self.left + 38) / columns
        for position, mark in enumerate(self.timeline.marks):
            row, column = position // columns, position % columns
            x, baseline = self.left - 38 + column * column_width, y + row * 24 + 12
            self._parts.append(
                f'<circle class="dot {mark.style}" cx="{x + 10:.1f}" cy="{baseline - 4:.1f}" r="9.5"/>'
                f'<text class="number" x="{x + 10:.1f}" y="{baseline + 0.2:.1f}" text-anchor="middle">'
                f"{mark.letter}</text>"
            )
            self._text(x + 27, baseline, f"{clock(mark.at, True)}  {mark.label}")
        return y + math.ceil(len(self.timeline.marks) / columns) * 24

    # --- pieces ---

    def _x(self, time: datetime) -> float:
        share = (time - self.timeline.start).total_seconds() / self._span
        return self.left + min(max(share, 0.0), 1.0) * (self.right - self.left)

    def _text(self, x: float, y: float, text: str, style: str = "", anchor: str = "start") -> None:
        self._parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" class="{style}" text-anchor="{anchor}">{escape(text)}</text>'
        )

    def _area(
        self,
        run: Sequence[Minute],
        y: Callable[[float], float],
        low: Callable[[Minute], float],
        high: Callable[[Minute], float],
        style: str,
    ) -> None:
        if all(high(minute) - low(minute) < 1e-6 for minute in run):
            return
        upper = self._steps(run, lambda minute: y(high(minute)))
        lower = self._steps(run, lambda minute: y(low(minute)))
        self._parts.append(f'<path class="{style}" d="{line([*upper, *reversed(lower)])}Z"/>')

    def _ceiling(self, run: Sequence[Minute], y: Callable[[float], float]) -> list[tuple[float, float]]:
        """The ceiling as steps. A step up in the minute after a restoration begins at its mark: the record of the minute has
        the ceiling with which the minute began."""
        points = self._steps(run, lambda minute: y(minute.ceiling))
        for position, (before, minute) in enumerate(pairwise(run), start=1):
            restored = [
                m.at for m in self.timeline.marks if m.kind == "restored" and before.at <= m.at < minute.at
            ]
            if restored and (before.ceiling, before.kind) != (minute.ceiling, minute.kind):
                x = self._x(restored[0])
                points[2 * position - 1] = (x, points[2 * position - 1][1])
                points[2 * position] = (x, points[2 * position][1])
        return points

    def _steps(self, run: Sequence[Minute], y: Callable[[Minute], float]) -> list[tuple[float, float]]:
        """A horizontal line for each minute: a value is the mean of its minute, so a slope would be wrong."""
        points = []
        for minute in run:
            points += [(self._x(minute.at), y(minute)), (self._x(minute.at + MINUTE), y(minute))]
        return points


def _runs(minutes: Sequence[Minute]) -> list[list[Minute]]:
    """The minutes in runs without a missing minute, so that the chart shows a gap."""
    runs = [[minutes[0]]] if minutes else []
    for before, minute in pairwise(minutes):
        if minute.at - before.at > MINUTE:
            runs.append([])
        runs[-1].append(minute)
    return runs


def _fitting(text: str, pixels: float, *, bold: bool = False) -> str:
    return text if text_width(text, 12.0, bold=bold) <= pixels else ""


def _spread(places: Sequence[float], distance: float, low: float, high: float) -> list[float]:
    """The places, moved as little as needed so that neighbours keep a distance, between two bounds."""
    moved = [min(max(place, low), high) for place in places]
    for _ in range(60):
        for i in range(len(moved) - 1):
            lacking = distance - (moved[i + 1] - moved[i])
            if lacking > 0:
                moved[i] = max(low, moved[i] - lacking / 2)
                moved[i + 1] = min(high, max(moved[i] + distance, moved[i + 1] + lacking / 2))
    return moved
