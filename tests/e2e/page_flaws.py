"""Flaws of a page that the browser can measure: cut elements, overlapping texts, texts with low contrast."""

from __future__ import annotations

from typing import Any, cast

from .browser import Page

CONTRAST = 4.5
"""Lowest contrast of text (WCAG 2.2, success criterion 1.4.3, level AA)."""

_SCRIPT = """
(() => {
  const shown = e => e.getClientRects().length && getComputedStyle(e).visibility !== "hidden";
  const name = e => `${e.tagName.toLowerCase()}.${e.getAttribute("class") || ""} "${(e.textContent || "").trim().slice(0, 60)}"`;
  const all = [...document.body.querySelectorAll("*")].filter(e => shown(e) && !["SCRIPT", "STYLE"].includes(e.tagName));
  const html = all.filter(e => e instanceof HTMLElement);
  const texts = [...document.querySelectorAll("svg text")].filter(shown);

  const wide = document.documentElement.scrollWidth > innerWidth ? [`page: ${document.documentElement.scrollWidth} px`] : [];
  for (const e of all) {
    const box = e.getBoundingClientRect();
    if (box.right > innerWidth + 0.5 || box.left < -0.5) wide.push(name(e));
  }
  // Inline elements have no box of their own to overflow.
  const cut = html.filter(e => e.clientWidth && getComputedStyle(e).display !== "inline" &&
    (e.scrollWidth > e.clientWidth + 1 || getComputedStyle(e).overflowY === "hidden" && e.scrollHeight > e.clientHeight + 1));
  const outside = texts.filter(t => {
    const a = t.getBoundingClientRect(), b = t.ownerSVGElement.getBoundingClientRect();
    return a.left < b.left - 0.5 || a.right > b.right + 0.5 || a.top < b.top - 0.5 || a.bottom > b.bottom + 0.5;
  });

  const touching = [];
  for (const svg of document.querySelectorAll("svg")) {
    const mine = [...svg.querySelectorAll("text")].filter(shown).map(t => [t, t.getBoundingClientRect()]);
    mine.forEach(([text, a], i) => mine.slice(i + 1).forEach(([other, b]) => {
      const x = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      // A line's box is taller than its letters: two lines may share some pixels of air.
      const y = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (x > 1 && y > 0.35 * Math.min(a.height, b.height)) touching.push(`${name(text)} and ${name(other)}`);
    }));
  }

  const channels = color => (color.match(/[\\d.]+/g) || []).map(Number);
  const opaque = color => color.startsWith("rgb") && (channels(color)[3] ?? 1) > 0.99;
  const light = color => channels(color).slice(0, 3).map(c => c / 255)
    .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const contrast = (ink, ground) => {
    const [low, high] = [light(ink), light(ground)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const paper = e => {
    for (; e; e = e.parentElement) {
      const color = getComputedStyle(e).backgroundColor;
      if (opaque(color)) return color;
    }
    return "rgb(255,255,255)";
  };
  const under = text => {
    const style = getComputedStyle(text);
    if (style.paintOrder.startsWith("stroke") && parseFloat(style.strokeWidth) >= 3) return style.stroke;
    const box = text.getBoundingClientRect(), x = box.left + box.width / 2, y = box.top + box.height / 2;
    const shapes = [...text.ownerSVGElement.querySelectorAll("rect,circle")].filter(s => {
      const b = s.getBoundingClientRect(), style = getComputedStyle(s);
      return b.left <= x && x <= b.right && b.top <= y && y <= b.bottom && opaque(style.fill) && style.fillOpacity === "1" &&
        shown(s) && s.compareDocumentPosition(text) & Node.DOCUMENT_POSITION_FOLLOWING;
    });
    return shapes.length ? getComputedStyle(shapes.at(-1)).fill : paper(text.ownerSVGElement.parentElement);
  };
  const faint = [];
  const judge = (e, ink, ground) => {
    const found = contrast(ink, ground);
    if (found < LEAST) faint.push(`${name(e)}: ${found.toFixed(2)}, ${ink} on ${ground}`);
  };
  for (const e of html)
    if ([...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())) judge(e, getComputedStyle(e).color, paper(e));
  for (const t of texts)
    for (const e of t.children.length ? t.children : [t]) judge(e, getComputedStyle(e).fill, under(t));

  return {wide, cut: cut.map(name), outside: outside.map(name), touching, faint, texts: texts.length, elements: html.length};
})()
"""


def page_flaws(page: Page) -> dict[str, list[str]]:
    """Flaws of a page as it is shown now, by kind; empty without flaws.

    Kinds: ``wide`` elements leave the viewport, ``cut`` elements do not fit into themselves, ``outside`` texts leave their
    chart, ``touching`` texts overlap, ``faint`` texts have a low contrast, ``console`` has errors of the browser, and
    ``requests`` has requests for other files than the page.
    """
    # A page without content would have no flaw.
    found = cast(dict[str, Any], page.evaluate(_SCRIPT.replace("LEAST", str(CONTRAST))))
    assert found.pop("elements") > 20
    assert found.pop("texts") > 10
    found |= {"console": page.errors, "requests": page.requests[1:]}
    return {kind: list(entries) for kind, entries in found.items() if entries}
