"""The attributes by which the script of a page finds its charts, and the script itself."""

from __future__ import annotations

import json
import re
import subprocess
from datetime import UTC, datetime, timedelta

from capacity_guard.report.chart_interaction import POINTER, grid, slider
from capacity_guard.report.svg import rate

START = datetime(2026, 7, 9, 6, 0, tzinfo=UTC)
FIRST = int(START.timestamp() * 1000)


def attributes(text: str) -> dict[str, str]:
    return dict(re.findall(r'([\w-]+)="([^"]*)"', text))


def test_slider_gives_its_axis_in_milliseconds_and_begins_at_a_whole_step() -> None:
    given = attributes(
        slider(START, START + timedelta(hours=1), 58.0, 1026.0, START + timedelta(minutes=7, seconds=29))
    )
    assert (given["role"], given["tabindex"]) == ("slider", "0")
    assert (given["data-start"], given["data-end"]) == (str(FIRST), str(FIRST + 3_600_000))
    assert (given["data-step"], given["data-at"]) == ("60000", str(FIRST + 7 * 60_000))
    assert (given["data-left"], given["data-right"]) == ("58.0", "1026.0")
    assert (given["aria-valuemin"], given["aria-valuemax"]) == (given["data-start"], given["data-end"])
    assert given["aria-valuenow"] == given["data-at"]


def test_slider_when_its_values_are_seconds_steps_by_their_length() -> None:
    given = attributes(slider(START, START + timedelta(hours=1), 0, 1, START + timedelta(seconds=29), 10))
    assert (given["data-step"], given["data-at"]) == ("10000", str(FIRST + 20_000))


def test_grid_numbers_its_cells_row_by_row() -> None:
    given = attributes(grid(24, 7, 40.0, 394.0, 22.0, 204.0, 40))
    assert (given["data-start"], given["data-end"], given["data-step"]) == ("0", "168", "1")
    assert (given["aria-valuemin"], given["aria-valuemax"], given["data-at"]) == ("0", "167", "40")
    assert given["data-columns"] == "24"
    assert (given["data-top"], given["data-bottom"]) == ("22.0", "204.0")


def test_script_reads_attributes_that_sliders_and_grids_have() -> None:
    here = attributes(grid(1, 1, 0, 1, 0, 1, 0)).keys() | attributes(slider(START, START, 0, 1, START)).keys()
    read = set(re.findall(r"\bd\.(\w+)", POINTER))
    assert read == {name.removeprefix("data-") for name in here if name.startswith("data-")}
    assert 'querySelectorAll("svg[data-start]")' in POINTER


def test_pointer_when_it_shows_units_rounds_them_as_text_and_chart_do() -> None:
    """A limit of 4,892.04 is served as 4,893 in the text: the value under the pointer is the same."""
    values = [4_892.0, 4_892.1, 4_892.04, 4_892.5, 4_892.96, 99.5, 12.0, 9.96, 0.01, 0.0, 6_239.999999999]
    script = POINTER[POINTER.index("const up =") : POINTER.index("const stamp")]
    script += f"console.log(JSON.stringify({json.dumps(values)}.map(units)))"
    printed = subprocess.run(["node", "-e", script], capture_output=True, text=True, check=True).stdout
    assert json.loads(printed) == [rate(value) for value in values]
