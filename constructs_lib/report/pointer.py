"""The value under the pointer, a finger or the arrow keys, for every chart of a page."""

from __future__ import annotations

from datetime import datetime

POINTER = """
// A chart is a slider over its minutes: arrows move by one, page keys by an hour, Escape lets go.
const pointer = (figure, tell) => {
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
    let at = null;
    const place = (moment, y) => {
      at = Math.min(Math.max(moment, first), last);
      const said = tell(figure, at);
      if (!said) return hide();
      tip.innerHTML = said;
      tip.style.display = "block";
      svg.setAttribute("aria-valuenow", at);
      svg.setAttribute("aria-valuetext", tip.innerText.replace(/\\s+/g, " "));
      const box = svg.getBoundingClientRect(), frame = figure.getBoundingClientRect();
      const share = Math.min(Math.max((at + step / 2 - d.start) / (d.end - d.start), 0), 1);
      const x = +d.left + share * (d.right - d.left);
      const left = box.left - frame.left + x / svg.viewBox.baseVal.width * box.width, w = tip.offsetWidth;
      const beside = left + w + 14 > frame.width ? left - w - 12 : left + 12;
      tip.style.left = Math.min(Math.max(0, beside), Math.max(0, frame.width - w)) + "px";
      tip.style.top = Math.max(0, (y ?? box.top + box.height * 0.45) - frame.top - tip.offsetHeight - 12) + "px";
      cross.setAttribute("x1", x); cross.setAttribute("x2", x); cross.setAttribute("visibility", "visible");
    };
    const follow = event => {
      const box = svg.getBoundingClientRect();
      const x = (event.clientX - box.left) / box.width * svg.viewBox.baseVal.width;
      const share = (x - d.left) / (d.right - d.left);
      if (share < 0 || share > 1) return hide();
      place(Math.floor((+d.start + share * (d.end - d.start)) / step) * step, event.clientY);
    };
    svg.addEventListener("pointermove", follow);
    svg.addEventListener("pointerdown", follow);
    // A finger that is lifted leaves what it has asked for; the next touch elsewhere takes it away.
    svg.addEventListener("pointerleave", event => event.pointerType === "mouse" && hide());
    svg.addEventListener("focus", () => svg.matches(":focus-visible") && place(at ?? +d.at));
    svg.addEventListener("blur", hide);
    svg.addEventListener("keydown", event => {
      const by = {ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageUp: 3600000 / step, PageDown: -3600000 / step};
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
const units = n => n >= 100 ? Math.round(n).toLocaleString("en") : n.toLocaleString("en", {maximumFractionDigits: 1});
const stamp = (at, pieces) => new Date(at).toLocaleString("en-GB",
  {timeZone: "UTC", hour: "2-digit", minute: "2-digit", ...pieces});
"""
"""JavaScript: ``pointer(figure, tell)`` arms the charts of a figure; ``tell(figure, at)`` gives the HTML for a minute (ms)."""


def slider(
    start: datetime, end: datetime, left: float, right: float, shown: datetime, seconds: int = 60
) -> str:
    """Attributes that make an SVG chart known to `POINTER`; it needs a line of class ``cross`` too.

    Args:
        start, end: what its time axis covers.
        left, right: where the axis begins and ends, units of the view box.
        shown: the moment that the keyboard begins at.
        seconds: length of one value.
    """
    step = seconds * 1000
    first, last, at = _stamp(start), _stamp(end), _stamp(shown) // step * step
    return (
        f'role="slider" tabindex="0" aria-valuemin="{first}" aria-valuemax="{last}" aria-valuenow="{at}" '
        f'aria-valuetext="use the arrow keys" data-left="{left}" data-right="{right}" data-start="{first}" '
        f'data-end="{last}" data-step="{step}" data-at="{at}"'
    )


def _stamp(at: datetime) -> int:
    return int(at.timestamp() * 1000)
