"""Interaction with the charts of a page: shows the value under the pointer, under a finger or at the arrow keys."""

from __future__ import annotations

from datetime import datetime

POINTER = """
// A chart is a slider over its minutes: arrows move by one, page keys by an hour, Escape lets go. A grid is one over its
// cells, row by row: up and down move by a row.
const pointer = (figure, describe) => {
  const tip = document.createElement("div");
  tip.className = "tip";
  figure.append(tip);
  const charts = [...figure.querySelectorAll("svg[data-start]")];
  const hide = () => {
    tip.style.display = "none";
    for (const svg of charts) svg.querySelector(".cross").setAttribute("visibility", "hidden");
  };
  for (const svg of charts) {
    const cross = svg.querySelector(".cross"), d = svg.dataset, step = +d.step;
    const first = Math.floor(d.start / step) * step, last = Math.floor((d.end - 1) / step) * step;
    const columns = +d.columns || (d.end - d.start) / step, rows = (d.end - d.start) / step / columns;
    let at = null;
    const place = (moment, y, touched) => {
      at = Math.min(Math.max(moment, first), last);
      const said = describe(figure, at);
      if (!said) return hide();
      tip.innerHTML = said;
      tip.style.display = "block";
      svg.setAttribute("aria-valuenow", at);
      svg.setAttribute("aria-valuetext", tip.innerText.replace(/\\s+/g, " "));
      const box = svg.getBoundingClientRect(), frame = figure.getBoundingClientRect();
      const scale = box.width / svg.viewBox.baseVal.width, cell = (at - d.start) / step;
      const share = Math.min(Math.max((cell % columns + 0.5) / columns, 0), 1);
      const x = +d.left + share * (d.right - d.left), row = Math.floor(cell / columns);
      const left = box.left - frame.left + x * scale, w = tip.offsetWidth;
      const beside = left + w + 14 > frame.width ? left - w - 12 : left + 12;
      tip.style.left = Math.min(Math.max(0, beside), Math.max(0, frame.width - w)) + "px";
      if (d.columns) {
        const tall = (d.bottom - d.top) / rows;
        y ??= box.top + (+d.top + row * tall) * scale;
        cross.setAttribute("x", x - (d.right - d.left) / columns / 2); cross.setAttribute("y", +d.top + row * tall);
      } else {
        cross.setAttribute("x1", x); cross.setAttribute("x2", x);
      }
      // A finger covers enough: its value is below the chart, or above it at the end of the screen.
      const below = box.bottom + tip.offsetHeight + 8 <= innerHeight || box.top < tip.offsetHeight + 8;
      const top = (y ?? box.top + box.height * 0.45) - tip.offsetHeight - 12;
      tip.style.top = (!touched ? Math.max(0, top - frame.top) :
        (below ? box.bottom + 6 : box.top - tip.offsetHeight - 6) - frame.top) + "px";
      cross.setAttribute("visibility", "visible");
    };
    const follow = event => {
      const box = svg.getBoundingClientRect(), scale = box.width / svg.viewBox.baseVal.width;
      const across = ((event.clientX - box.left) / scale - d.left) / (d.right - d.left);
      const down = d.columns ? ((event.clientY - box.top) / scale - d.top) / (d.bottom - d.top) : 0;
      if (across < 0 || across > 1 || down < 0 || down > 1) return hide();
      // The last edge belongs to the last cell.
      const row = Math.min(Math.floor(down * rows), rows - 1), column = Math.min(across * columns, columns - 1e-6);
      const moment = +d.start + (row * columns + column) * step;
      place(Math.floor(moment / step) * step, event.clientY, event.pointerType !== "mouse");
    };
    svg.addEventListener("pointermove", follow);
    svg.addEventListener("pointerdown", follow);
    // A finger that is lifted leaves what it has asked for; the next touch elsewhere takes it away.
    svg.addEventListener("pointerleave", event => event.pointerType === "mouse" && hide());
    svg.addEventListener("focus", () => svg.matches(":focus-visible") && place(at ?? +d.at));
    svg.addEventListener("blur", hide);
    svg.addEventListener("keydown", event => {
      const by = d.columns ? {ArrowLeft: -1, ArrowUp: -columns, ArrowRight: 1, ArrowDown: columns} :
        {ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageUp: 3600000 / step, PageDown: -3600000 / step};
      if (event.key === "Escape") return hide();
      if (event.key === "Home") place(first);
      else if (event.key === "End") place(last);
      else if (event.key in by) place((at ?? +d.at) + by[event.key] * step);
      else return;
      event.preventDefault();
    });
  }
  document.addEventListener("pointerdown", event => charts.some(svg => svg.contains(event.target)) || hide());
};
const plain = text => text.replace(/[&<>"]/g, c => ({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})[c]);
const up = (n, scale) => Math.ceil(+(n * scale).toFixed(6)) / scale;
const units = n => up(n, n < 10 ? 10 : 1).toLocaleString("en");
const stamp = (at, pieces) => new Date(at).toLocaleString("en-GB",
  {timeZone: "UTC", hour: "2-digit", minute: "2-digit", ...pieces});
"""
"""JavaScript: ``pointer(figure, describe)`` adds the interaction to the charts of a figure; ``describe(figure, at)`` returns the
HTML for a minute (milliseconds since 1970) or for a cell (its number)."""


def slider(
    start: datetime, end: datetime, left: float, right: float, shown: datetime, seconds: int = 60
) -> str:
    """Attributes that `POINTER` needs on the SVG of a time chart; the chart also needs a line of class ``cross``.

    Args:
        start, end: first and last time of its axis.
        left, right: where the axis begins and ends, units of the view box.
        shown: the time that the keyboard starts from.
        seconds: length of one value, seconds.
    """
    step = seconds * 1000
    first, last, at = _milliseconds(start), _milliseconds(end), _milliseconds(shown) // step * step
    return (
        f'role="slider" tabindex="0" aria-valuemin="{first}" aria-valuemax="{last}" aria-valuenow="{at}" '
        f'aria-valuetext="use the arrow keys" data-left="{left}" data-right="{right}" data-start="{first}" '
        f'data-end="{last}" data-step="{step}" data-at="{at}"'
    )


def grid(columns: int, rows: int, left: float, right: float, top: float, bottom: float, shown: int) -> str:
    """Attributes that `POINTER` needs on an SVG of equal cells; the SVG also needs a rectangle of class ``cross``.

    Args:
        columns, rows: number of cells in each direction; cells are numbered from 0, row by row.
        left, right, top, bottom: edges of the grid, units of the view box.
        shown: the cell that the keyboard starts from.
    """
    return (
        f'role="slider" tabindex="0" aria-valuemin="0" aria-valuemax="{columns * rows - 1}" aria-valuenow="{shown}" '
        f'aria-valuetext="use the arrow keys" data-left="{left}" data-right="{right}" data-top="{top}" '
        f'data-bottom="{bottom}" data-columns="{columns}" data-start="0" data-end="{columns * rows}" data-step="1" '
        f'data-at="{shown}"'
    )


def _milliseconds(time: datetime) -> int:
    """Milliseconds since 1970, as JavaScript counts time."""
    return int(time.timestamp() * 1000)
