"""What every page shares: one self-contained document, its style, and tables that fit a phone."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from html import escape as _escape

from ..capacity.safe_text import safe_lines
from .svg import DARK_PALETTE, PALETTE, STYLE

_BASE_STYLE = """
  *{box-sizing:border-box} body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,
  "Segoe UI",Roboto,"Helvetica Neue",sans-serif;-webkit-text-size-adjust:100%}
  main{max-width:1088px;margin:0 auto;padding:20px 24px 56px}
  h1{font-size:1.75rem;line-height:1.2;margin:.6rem 0 .5rem;max-width:28em} h2{font-size:1.15rem;margin:2.4rem 0 .4rem}
  h1,h2,h3,p,li,td,th,dd{overflow-wrap:anywhere} p{margin:.4rem 0;max-width:46em} .soft,small{color:var(--soft)}
  pre{background:var(--band);border-radius:8px;padding:.8rem 1rem;font:13px/1.5 ui-monospace,Menlo,Consolas,monospace;
  white-space:pre-wrap;overflow-wrap:anywhere;margin:.5rem 0} code{overflow-wrap:anywhere;font:.9em ui-monospace,Menlo,
  Consolas,monospace}
  figure{margin:1rem 0;position:relative} figure svg{width:100%;height:auto;display:block;touch-action:pan-y}
  figure svg:focus-visible{outline:2px solid var(--demand);outline-offset:3px;border-radius:6px} .narrow{display:none}
  table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.93rem;margin:.5rem 0}
  th,td{padding:.3rem .9rem .3rem 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--grid)}
  th{color:var(--soft);font-weight:600} td.n,th.n{text-align:right} .ok{color:var(--ceiling);font-weight:650}
  .no{color:var(--red);font-weight:650}
  .tip{position:absolute;pointer-events:none;background:var(--paper);border:1px solid var(--edge);border-radius:8px;
  padding:.45rem .7rem;font-size:13px;line-height:1.4;box-shadow:0 3px 14px rgb(0 0 0/.18);display:none;z-index:2;
  font-variant-numeric:tabular-nums;max-width:min(22rem,92%)} .tip i{font-style:normal;color:var(--soft)}
  .tip .t{color:var(--red);font-weight:650}
  @media(max-width:720px){main{padding:14px 14px 40px} h1{font-size:1.35rem} .wide{display:none} .narrow{display:block}
  table.cards,table.cards tbody{display:block;width:100%} table.cards thead{display:none} table.cards tr{display:flex;
  flex-wrap:wrap;gap:.05rem 1.1rem;border-bottom:1px solid var(--edge);padding:.4rem 0} table.cards td,
  table.cards td.n{border:0;padding:0;text-align:left;max-width:100%} table.cards td::before{content:attr(data-head) " ";
  color:var(--soft);font-size:.86rem} table.cards td:empty{display:none}}
  @media print{:root{color-scheme:light} body{font-size:10.5pt} main{max-width:none;padding:0}
  h2,h3{break-after:avoid} figure,tr,pre{break-inside:avoid} .tip{display:none!important}}
"""


def escape(text: str) -> str:
    """A text for HTML, in an element or an attribute: without controls, which a browser would not show.

    Args:
        text: plain text; its line feeds stay, for a ``pre``.
    """
    return _escape("\n".join(safe_lines(text)))


def document(title: str, style: str, body: str, data: object, script: str) -> str:
    """A self-contained page: the browser loads nothing else for it.

    Args:
        title: title of the window, plain text.
        style: CSS that this page adds to the shared style.
        body: HTML.
        data: plain data that the script reads from the element ``#data``.
        script: JavaScript.

    Raises:
        ValueError: ``data`` holds NaN or an infinite number, which JSON does not have.
    """
    # A "<" inside a JSON string could end the script element or begin an HTML comment.
    text = json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title>\n"
        f"<style>:root{{color-scheme:light dark;{PALETTE}}}"
        # A print always has the light palette.
        f"@media screen and (prefers-color-scheme:dark){{:root{{{DARK_PALETTE}}}}}{STYLE}{_BASE_STYLE}{style}</style>"
        f"</head>\n<body><main>\n{body}\n</main>"
        f'<script type="application/json" id="data">{text}</script>\n<script>{script}</script></body></html>\n'
    )


def table(
    heads: Sequence[str], rows: Iterable[Sequence[str]], numbers: Collection[int] = (), style: str = ""
) -> str:
    """A table; on a phone each row becomes a card, so that no column is cut.

    Args:
        heads: headings of the columns, plain text; an empty text means no heading.
        rows: cells, HTML.
        numbers: positions of the columns that hold numbers.
        style: CSS class of the table, besides that of every such table.
    """

    def cell_style(position: int) -> str:
        return ' class="n"' if position in numbers else ""

    head = "".join(f"<th{cell_style(i)}>{escape(text)}</th>" for i, text in enumerate(heads))
    body = "".join(
        "<tr>"
        + "".join(
            f'<td{cell_style(i)} data-head="{escape(heads[i])}">{cell}</td>' for i, cell in enumerate(row)
        )
        + "</tr>"
        for row in rows
    )
    return f'<table class="{f"cards {style}".strip()}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
