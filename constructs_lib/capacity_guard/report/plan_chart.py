"""The plan's charts as SVG: demand against capacity minute by minute, and the hours of the week."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from itertools import pairwise

from ..planning.plan import Series, TablePlan
from .chart_interaction import grid, slider
from .html import escape
from .plan_formatting import DAYS, share
from .svg import clock, line, minutes_step, rate, round_step, text_width

_MINUTE = timedelta(minutes=1)
_NAMES = 32.0
"""Base line of the names of the phases, below the unit of the axis."""


def series_chart(series: Series, width: int, height: int, *, access: str, label: str) -> str:
    """Chart of demand, served and throttled units, and the limit.

    Args:
        series: the minutes.
        width: width of the drawing, units of its view box; the page scales it.
        height: height of the plot, in the same units.
        access: ``read`` or ``write``.
        label: text for screen readers.
    """
    return _SeriesChart(series, width, height, access).draw(label)


class _SeriesChart:
    def __init__(self, series: Series, width: int, height: int, access: str) -> None:
        self.series, self.width, self.access = series, width, access
        self.left, self.right = 58.0, width - 14.0
        self.count = len(series.limit)
        highest = max([v for v in (*series.demand, *series.limit) if v == v], default=1.0) or 1.0
        # A limit far above the demand must not flatten its line.
        demand = max([v for v in series.demand if v == v], default=0.0) or highest
        self.highest = min(highest, 2.2 * demand)
        # Limits above the plot have a line of their own: a label inside the plot would cover what is throttled.
        above = any(limit > self.highest * 1.06 for limit in series.limit)
        self.top = _NAMES + (26.0 if above else 8.0)
        self.bottom = self.top + height
        self.parts: list[str] = []

    def draw(self, label: str) -> str:
        start = self.series.start
        end = start + self.count * _MINUTE
        self._frame()
        self._bands()
        for run in self._runs():
            self._area(run, lambda _: 0.0, lambda at: self.series.served[at], "served")
            self._area(
                run,
                lambda at: self.series.served[at],
                lambda at: self.series.demand[at],
                "throttled",
            )
        self._moved_bounds()
        self._steps("ceiling", range(self.count), lambda at: self.series.limit[at])
        self._limit_labels()
        for run in self._runs():
            self._steps("demand", run, lambda at: self.series.demand[at])
        bottom = self._time_axis()
        shown = start + self._worst_position() * _MINUTE
        return (
            f'<svg class="chart" viewBox="0 0 {self.width} {bottom:.0f}" aria-label="{escape(label)}" '
            f"{slider(start, end, self.left, self.right, shown)}>\n{''.join(self.parts)}\n"
            f'<line class="axis cross" y1="{self.top:.0f}" y2="{self.bottom:.0f}" visibility="hidden"/>\n</svg>'
        )

    def _worst_position(self) -> int:
        throttled = [
            0.0 if demand != demand else demand - served
            for demand, served in zip(self.series.demand, self.series.served, strict=True)
        ]
        if throttled and max(throttled) > 0:
            return throttled.index(max(throttled))
        return self.count // 2

    def _frame(self) -> None:
        unit = f"{self.access} units per second" + (", mean of each minute" if self.width > 600 else "")
        self._text(self.left, 14, unit, "soft")
        step = round_step(self.highest / 6)
        value = 0.0
        while value <= self.highest * 1.04:
            y = self._y(value)
            self.parts.append(
                f'<line class="grid" x1="{self.left}" x2="{self.right}" y1="{y:.1f}" y2="{y:.1f}"/>'
            )
            self._text(self.left - 6, y + 4, _axis_label(value), "soft", "end")
            value += step

    def _bands(self) -> None:
        """Phases of the change; a phase that is too short for its name gets the name to the left of its start."""
        unnamed: list[str] = []
        taken = self.left
        for (name, first), (_, stop) in pairwise([*self.series.phases, ("", self.count)]):
            x0, x1 = self._x(first), self._x(stop)
            if name in ("pre-warm", "switch"):
                self.parts.append(
                    f'<rect class="band" x="{x0:.1f}" y="{self.top:.1f}" width="{x1 - x0:.1f}" '
                    f'height="{self.bottom - self.top:.1f}"/>'
                )
            if name != "before":
                self.parts.append(f'<path class="mark" d="M{x0:.1f} {_NAMES + 4:.1f}V{self.bottom:.1f}"/>')
            if text_width(name, 12.0) + 6 <= x1 - x0:
                self._text(x0 + 4, _NAMES, name, "soft")
                taken = x0 + 4 + text_width(name, 12.0)
                continue
            unnamed.append(name)
            text = next(
                (t for t in (", ".join(unnamed), name) if taken + text_width(t, 12.0) + 8 <= x0 - 2), ""
            )
            # The switch carries the names of the short phases before it too.
            if text and name == "switch":
                self._text(x0 - 2, _NAMES, text, "soft", "end")

    def _moved_bounds(self) -> None:
        """Minimum and maximum of auto scaling, where scheduled actions move them."""
        for (first, *bounds), (stop, *_) in pairwise([*self.series.bounds, (self.count, 0, 0)]):
            for bound in sorted({bound for bound in bounds if bound}):
                self._steps("bounds", range(first, stop), ([float(bound)] * self.count).__getitem__)

    def _limit_labels(self) -> None:
        """The value of each limit above the plot, where that limit begins."""
        first = 0
        for at in range(1, self.count + 1):
            if at < self.count and self.series.limit[at] == self.series.limit[first]:
                continue
            limit, room = self.series.limit[first], self._x(at) - self._x(first)
            if limit > self.highest * 1.06:
                texts = (f"\u2191 limit {rate(limit)}/s", "\u2191")
                text = next((t for t in texts if text_width(t, 12.0) + 8 <= room), "")
                if text:
                    self._text(self._x(first) + 5, self.top - 6, text, "onceiling")
            first = at

    def _time_axis(self) -> float:
        y, start = self.bottom, self.series.start
        self.parts.append(f'<line class="axis" x1="{self.left}" x2="{self.right}" y1="{y}" y2="{y}"/>')
        step = minutes_step(self.count, (self.right - self.left) / (74 if self.width > 600 else 62))
        tick = start.replace(hour=0, minute=0)
        while tick <= start + self.count * _MINUTE:
            at = (tick - start) / _MINUTE
            if at >= 0:
                x = self._x(at)
                self.parts.append(f'<line class="axis" x1="{x:.1f}" x2="{x:.1f}" y1="{y}" y2="{y + 5}"/>')
                if self.left + 12 <= x <= self.right - 12:
                    self._text(x, y + 18, clock(tick), "soft", "middle")
            tick += step * _MINUTE
        end = start + (self.count - 1) * _MINUTE
        day = f"{start:%A} {start.day} {start:%B %Y}"
        if end.date() != start.date():
            day += f" to {end:%A} {end.day} {end:%B %Y}" if self.width > 600 else f" to {end:%a} {end.day}"
        self._text(self.right, y + 36, f"{day}, UTC", "soft", "end")
        return y + 42

    def _runs(self) -> Iterator[Sequence[int]]:
        """Positions of recorded minutes, one range for each stretch without a gap."""
        first: int | None = None
        for at, value in enumerate([*self.series.demand, math.nan]):
            if value == value and first is None:
                first = at
            elif value != value and first is not None:
                yield range(first, at)
                first = None

    def _steps(self, style: str, run: Sequence[int], value: Callable[[int], float]) -> None:
        self.parts.append(f'<path class="{style}" d="{line(self._points(run, value))}"/>')

    def _area(
        self, run: Sequence[int], low: Callable[[int], float], high: Callable[[int], float], style: str
    ) -> None:
        if all(high(at) - low(at) < 1e-6 for at in run):
            return
        upper, lower = self._points(run, high), self._points(run, low)
        self.parts.append(f'<path class="{style}" d="{line([*upper, *reversed(lower)])}Z"/>')

    def _points(self, run: Sequence[int], value: Callable[[int], float]) -> list[tuple[float, float]]:
        """Corners of a step line: each value is a mean over its minute, so its step is as long as the minute."""
        points: list[tuple[float, float]] = []
        for at in run:
            y = self._y(min(value(at), self.highest * 1.06))
            if len(points) > 1 and points[-1][1] == y:
                points[-1] = (self._x(at + 1), y)
            else:
                points += [(self._x(at), y), (self._x(at + 1), y)]
        return points

    def _x(self, at: float) -> float:
        return self.left + at / max(1, self.count) * (self.right - self.left)

    def _y(self, value: float) -> float:
        return self.bottom - value / (self.highest * 1.06) * (self.bottom - self.top)

    def _text(self, x: float, y: float, text: str, style: str = "", anchor: str = "start") -> None:
        self.parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" class="{style}" text-anchor="{anchor}">{escape(text)}</text>'
        )


def _axis_label(value: float) -> str:
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def hour_texts(table: TablePlan) -> list[str]:
    """One text for each hour of the week: whether the start fits, and the throttled share."""
    texts = []
    for at, value in enumerate(table.hours):
        day, hour = divmod(at, 24)
        result = (
            "not recorded"
            if value is None
            else f"{'fits, ' if value <= table.budget else ''}{share(value)} throttled"
        )
        texts.append(f"{DAYS[day]} {hour:02}:00 UTC: {result}")
    return texts


def heat_map(table: TablePlan, width: int, label: str) -> str:
    """Seven rows of 24 hours, coloured by the throttled share of a start in that hour.

    Args:
        table: the plan of a table.
        width: width of the drawing, units of its view box; the page scales it.
        label: text for screen readers.
    """
    left, cell, top = 40.0, (width - 46.0) / 24, 22.0
    height = min(cell, 26.0)
    labelled = 1 if width > 600 else 3  # every hour has room for a label, or every third
    parts = [
        f'<text class="soft" x="{left + (hour + 0.5) * cell:.1f}" y="14" text-anchor="middle">{hour:02}</text>'
        for hour in range(0, 24, labelled)
    ]
    for day, name in enumerate(DAYS):
        y = top + day * height
        parts.append(
            f'<text class="soft" x="{left - 6}" y="{y + height / 2 + 4:.1f}" text-anchor="end">{name}</text>'
        )
        for hour in range(24):
            value = table.hours[24 * day + hour]
            style = (
                "unknown"
                if value is None
                else "fits"
                if value <= table.budget
                else "hot"
                if value >= 0.01
                else "warm"
            )
            parts.append(
                f'<rect class="{style}" x="{left + hour * cell + 1:.1f}" y="{y + 1:.1f}" width="{cell - 2:.1f}" '
                f'height="{height - 2:.1f}" rx="2"/>'
            )
    known = [(value, -at) for at, value in enumerate(table.hours) if value is not None]
    worst = -max(known)[1] if known else 0
    slider_attributes = grid(24, 7, left, left + 24 * cell, top, top + 7 * height, worst)
    return (
        f'<svg class="chart heat" viewBox="0 0 {width} {top + 7 * height + 4:.0f}" aria-label="{escape(label)}" '
        f'{slider_attributes}>{"".join(parts)}<rect class="cross" width="{cell:.1f}" height="{height:.1f}" rx="3" '
        'visibility="hidden"/></svg>'
    )


__all__ = ["heat_map", "hour_texts", "series_chart"]
