"""What every chart shares: colours, text, scales and paths."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime

PALETTE = """
  --paper:#ffffff; --ink:#17202b; --soft:#556274; --grid:#e2e7ed; --band:#f1f4f8; --edge:#c6d0dc;
  --served:#bcd6f6; --demand:#174a8c; --ceiling:#0a7d5c; --red:#c8281e; --redsoft:#f28b82;
"""


DARK_PALETTE = """
  --paper:#0e151d; --ink:#e8eef5; --soft:#9fb0c3; --grid:#233040; --band:#161f2a; --edge:#3a4a5d;
  --served:#1f4a80; --demand:#8fc1ff; --ceiling:#3ddba6; --red:#ff6b5e; --redsoft:#b23a33;
"""


STYLE = """
  .chart text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif;font-size:13px;fill:var(--ink)}
  .chart .soft{fill:var(--soft);font-size:12px} .chart .strong{font-weight:650}
  .chart .title{font-size:17px;font-weight:700}
  .chart .grid{stroke:var(--grid);stroke-width:1} .chart .axis{stroke:var(--edge);stroke-width:1}
  .chart .cross{stroke:var(--ink);fill:none}
  .chart .band{fill:var(--band)} .chart .served{fill:var(--served)}
  .chart .throttled{fill:var(--red);fill-opacity:.62}
  .chart .demand{fill:none;stroke:var(--demand);stroke-width:2.2;stroke-linejoin:round}
  .chart .ceiling{fill:none;stroke:var(--ceiling);stroke-width:2.6}
  .chart .bounds{fill:none;stroke:var(--ceiling);stroke-width:1.2;stroke-dasharray:5 4}
  .chart .onceiling{fill:var(--ceiling);font-size:12px}
  .chart .stage{fill:var(--band);stroke:var(--edge);stroke-width:1} .chart .bad{fill:var(--red);stroke:none}
  .chart .change{fill:var(--ceiling);stroke:none}
  .chart .off{stroke:var(--edge);stroke-width:2} .chart .on{fill:var(--red)}
  .chart .mark{stroke:var(--soft);stroke-width:1.2;stroke-dasharray:4 3;fill:none}
  .chart .mark.alarm,.chart .mark.rollback{stroke:var(--red)} .chart .mark.restored{stroke:var(--ceiling)}
  .chart .dot{fill:var(--soft)} .chart .dot.alarm,.chart .dot.rollback{fill:var(--red)}
  .chart .dot.restored{fill:var(--ceiling)} .chart .number{fill:var(--paper);font-size:12px;font-weight:700}
  .chart .onceiling{paint-order:stroke;stroke:var(--paper);stroke-width:3px;stroke-linejoin:round}
  .chart .halo{paint-order:stroke;stroke:var(--paper);stroke-width:5px;stroke-linejoin:round}
"""


_NARROW, _WIDE = "'ijlIJ,. /:;|f-t()[]!r", "wmMW%@#+<=>^~"


def clock(at: datetime, seconds: bool = False) -> str:
    """Time of day, UTC."""
    return at.strftime("%H:%M:%S" if seconds else "%H:%M")


def number(value: float) -> str:
    """A whole number with separators."""
    return f"{value:,.0f}"


def rate(units: float) -> str:
    """Units per second, rounded up as in findings; below 10 with one decimal. `POINTER` rounds the same way."""
    if units < 10:
        return f"{math.ceil(round(units * 10, 6)) / 10:.1f}".removesuffix(".0")
    return f"{math.ceil(round(units, 6)):,}"


def text_width(text: str, size: float = 13.0, *, bold: bool = False) -> float:
    """The most pixels that a text can take, by the letters of a wide font (DejaVu Sans) in three classes.

    Args:
        text: one line.
        size: size of the font, pixels.
        bold: whether the font is bold.
    """
    ems = sum(0.4 if letter in _NARROW else 0.98 if letter in _WIDE else 0.68 for letter in text)
    return ems * size * (1.12 if bold else 1.0)


def line(points: Iterable[tuple[float, float]]) -> str:
    """The points as an SVG path."""
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def round_step(value: float) -> float:
    """The smallest of 1, 2, 2.5, 5 and 10 times a power of ten that is at least ``value``."""
    power = 10.0 ** math.floor(math.log10(max(value, 1e-9)))
    return next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= value)


def minutes_step(minutes: float, ticks: float) -> int:
    """Minutes from one label of a time axis to the next.

    Args:
        minutes: length of the axis.
        ticks: the most labels that fit.
    """
    steps = (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720)
    return next((step for step in steps if minutes / step <= ticks), 1440)


__all__ = [
    "DARK_PALETTE",
    "PALETTE",
    "STYLE",
    "clock",
    "line",
    "minutes_step",
    "number",
    "round_step",
    "text_width",
]
