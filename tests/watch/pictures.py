"""The picture and the table of states in docs/watch.md, drawn from the code: ``python -m tests.watch.pictures --write``."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from capacity_guard.watch.states import BY_PERSON, TRANSITIONS, Event, State
from tests.paths import ROOT

PAGE = ROOT / "docs" / "watch.md"
PICTURE = ROOT / "docs" / "img" / "watch-states.svg"
START, END = "<!-- states: made from the code -->\n", "<!-- end of states -->\n"
_ORDER = (
    State.PLANNED,
    State.PREFLIGHT,
    State.CHANGING,
    State.BAKING,
    State.WATCHING,
    State.UNPROVEN,
    State.SETTLED,
    State.ACCEPTED,
    State.HELD,
)
_STEP, _MIDDLE, _HEIGHT, _LINE = 150, 430, 700, 13
"""Pixels between two states, of the line on which they stand, of the picture, and between two lines of a label."""


def labels() -> dict[tuple[State, State], list[Event]]:
    """The events that lead from one state to another one."""
    found: dict[tuple[State, State], list[Event]] = {}
    for (before, event), state in TRANSITIONS.items():
        if before is not state:
            found.setdefault((before, state), []).append(event)
    return found


def _x(state: State) -> int:
    return 90 + _STEP * _ORDER.index(state)


def _arcs() -> Iterator[str]:
    for (before, state), events in sorted(
        labels().items(), key=lambda item: -abs(_x(item[0][0]) - _x(item[0][1]))
    ):
        start, end = _x(before), _x(state)
        up = -1 if end > start else 1
        height = 40 + abs(end - start) * 0.42
        edge = _MIDDLE + up * 18
        yield (
            f'<path d="M {start} {edge} C {start} {edge + up * height:.0f} {end} {edge + up * height:.0f} {end} {edge}" '
            'fill="none" stroke="#5a6b7f" stroke-width="1.3" marker-end="url(#arrow)"/>'
        )
        top = edge + up * height * 0.75 - (len(events) - 1) * _LINE / 2
        for number, event in enumerate(events):
            style = ' font-style="italic"' if event in BY_PERSON else ""
            yield (
                f'<text x="{(start + end) / 2:.0f}" y="{top + number * _LINE + 3:.0f}"{style} stroke="#ffffff" '
                f'stroke-width="4" paint-order="stroke">{event.value}</text>'
            )


def picture() -> str:
    """The states on a line, with an arc for each pair that an event connects; forward above, backward below."""
    width = _x(_ORDER[-1]) + 90
    boxes = [
        f'<rect x="{_x(state) - 52}" y="{_MIDDLE - 18}" width="104" height="36" rx="6" fill="#e8eef6" stroke="#2f4b6e"/>'
        f'<text x="{_x(state)}" y="{_MIDDLE + 5}" font-weight="bold">{state.value}</text>'
        for state in _ORDER
    ]
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {_HEIGHT}" font-family="sans-serif" font-size="11" '
        'text-anchor="middle" fill="#1b2733" role="img">',
        "<title>States of a change and the events between them</title>",
        '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
        '<path d="M 0 0 L 8 4 L 0 8 z" fill="#5a6b7f"/></marker></defs>',
        f'<rect width="{width}" height="{_HEIGHT}" fill="#ffffff"/>',
        *_arcs(),
        *boxes,
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def table() -> str:
    """The table of transitions as Markdown."""
    rows = ["| in state | event | leads to |", "|---|---|---|"]
    rows += [
        f"| {before.value} | {event.value} | {'stays' if before is state else f'**{state.value}**'} |"
        for (before, event), state in TRANSITIONS.items()
    ]
    return "\n".join(rows) + "\n"


def page(text: str) -> str:
    """A page with the table of the code between its two marks."""
    head, rest = text.split(START)
    _, tail = rest.split(END)
    return f"{head}{START}\n{table()}\n{END}{tail}"


def main(*arguments: str) -> None:
    """Write page and picture."""
    if "--write" in arguments:
        PICTURE.write_text(picture(), encoding="utf-8")
        PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
