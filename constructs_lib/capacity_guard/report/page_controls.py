"""What a page does beside its charts: a button that copies code, figures as a table, folds that open for links and prints."""

from __future__ import annotations

import re

from .html import escape

CONTROLS_STYLE = """
  details{margin:.5rem 0} summary{cursor:pointer;overflow-wrap:anywhere} summary:focus-visible,button:focus-visible,
  a:focus-visible{outline:2px solid var(--demand);outline-offset:2px;border-radius:4px} a{color:var(--demand)}
  .code{position:relative;margin:.5rem 0} .code pre{margin:0;padding-right:5.2rem;overflow-wrap:anywhere}
  .code .text{white-space:nowrap}
  .code button{position:absolute;top:.5rem;right:.5rem;font:600 13px/1 system-ui,sans-serif;padding:.5rem .7rem;
  border:1px solid var(--edge);border-radius:6px;background:var(--paper);color:var(--ink);cursor:pointer}
  .scroll{max-height:22rem;overflow:auto} .scroll:focus-visible{outline:2px solid var(--demand)}
  .figures-table table{font-size:.86rem} .figures-table th{white-space:nowrap}
  .figures-table td,.figures-table th{padding:.15rem .7rem .15rem 0}
  @media print{.code button{display:none}}
"""

CONTROLS = """
for (const block of document.querySelectorAll(".code")) {
  const button = document.createElement("button"), code = block.querySelector("code");
  button.type = "button";
  button.textContent = "Copy";
  button.setAttribute("aria-label", "Copy the code");
  button.addEventListener("click", async () => {
    try { await navigator.clipboard.writeText(code.textContent); }
    catch { // A page without the right to the clipboard: the browser copies the selection.
      getSelection().selectAllChildren(code);
      document.execCommand("copy");
      getSelection().removeAllRanges();
    }
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  block.append(button);
}
const folds = () => document.querySelectorAll("details");
// A link to a text in a fold opens the fold.
const unfold = () => {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const fold = target && target.closest("details");
  if (fold && !fold.open) { fold.open = true; target.scrollIntoView(); }
};
addEventListener("hashchange", unfold);
unfold();
let folded = [];
addEventListener("beforeprint", () => {
  folded = [...folds()].filter(d => !d.open && !d.dataset.rows);
  for (const d of folded) d.open = true;
});
addEventListener("afterprint", () => { for (const d of folded) d.open = false; });
// The table of a chart is made from the chart's own data when a reader opens it.
const tabled = (heads, rowsOf) => {
  for (const d of document.querySelectorAll("details[data-rows]")) d.addEventListener("toggle", () => {
    if (!d.open || d.querySelector("table")) return;
    const made = document.createElement("table"), chart = +d.dataset.rows;
    const add = (parent, cells, name) => {
      const row = parent.insertRow();
      cells.forEach((text, at) => {
        const cell = document.createElement(at && name !== "head" ? "td" : "th");
        cell.scope = name === "head" ? "col" : "row";
        if (at) cell.className = "n";
        cell.textContent = text;
        row.append(cell);
      });
    };
    add(made.createTHead(), heads(chart), "head");
    const body = made.createTBody();
    for (const cells of rowsOf(chart)) add(body, cells, "body");
    const frame = document.createElement("div");
    frame.className = "scroll";
    frame.tabIndex = 0;
    frame.setAttribute("role", "region");
    frame.setAttribute("aria-label", d.querySelector("summary").textContent);
    frame.append(made);
    d.append(frame);
  });
};
"""
"""JavaScript. ``tabled(heads, rowsOf)`` fills each ``details[data-rows]`` with a table when it is opened; both functions get
the number in ``data-rows``."""

_BREAKS = re.compile(r"(?<=[(\[{,;])(?=[^\s)\]}])")
_TEXT = re.compile(r"""("(?:[^"\\]|\\.)*")""")
_UNBROKEN = 30
"""Letters of a text in the code that fits on a line of a phone: a line break in it would read as a part of it."""


def code_block(text: str) -> str:
    """Code with a button that copies it; a line that is too long is broken between tokens.

    Args:
        text: the code, plain text.
    """
    return '<div class="code"><pre><code>' + "\n".join(map(_line, text.split("\n"))) + "</code></pre></div>"


def _line(line: str) -> str:
    html = ""
    for part in _TEXT.split(line):
        code = "<wbr>".join(map(escape, _BREAKS.split(part)))
        if part.startswith('"'):
            short = len(part) <= _UNBROKEN
            code = f'<span class="text">{escape(part)}</span>' if short else escape(part)
            if html.endswith(("(", "[", "{", ",", ";")):
                html += "<wbr>"
        html += code
    return html


def fold(summary: str, body: str, style: str = "") -> str:
    """A closed fold.

    Args:
        summary: HTML of the line that stays visible.
        body: HTML.
        style: CSS class.
    """
    kind = f' class="{style}"' if style else ""
    return f"<details{kind}><summary>{summary}</summary>{body}</details>"


def figures_fold(chart: int, summary: str) -> str:
    """A fold for the figures of a chart as a table, which the script fills.

    Args:
        chart: number of the chart in the page's data.
        summary: plain text.
    """
    return (
        f'<details class="figures-table" data-rows="{chart}"><summary>{escape(summary)}</summary></details>'
    )


__all__ = ["CONTROLS", "CONTROLS_STYLE", "code_block", "figures_fold", "fold"]
