"""Write the reports of a rehearsal from its raw records: result.json, the page and the picture."""

from __future__ import annotations

import json
from pathlib import Path

from ...evidence.files import write_whole
from ...report.svg import number
from .chart import picture
from .page import page
from .records import Records
from .timeline import rollback_part, timeline
from .verdict import FLOOR, ON_DEMAND, REFUSED, ROLLED_BACK, result, rollback

START = "start"
STEPS = {
    START: "1 deployed",
    REFUSED: "2 refused",
    FLOOR: "3 floor first",
    ON_DEMAND: "4 on-demand",
    ROLLED_BACK: "5 rolled back",
}
"""The steps of the demo, in order, with their labels in the chart."""


def write_result(records: Records, folder: Path) -> Path:
    """Write `result.json` into a folder and return its path.

    Raises:
        InputError: a record that the verdict needs is missing.
    """
    path = folder / "result.json"
    write_whole(path, json.dumps(result(records), indent=2) + "\n")
    return path


def write_page(records: Records, folder: Path, peak: float) -> tuple[Path, Path]:
    """Write `index.html` and `rollback.svg` into a folder and return their paths.

    Args:
        records: the raw records.
        folder: an existing folder.
        peak: highest units per second ever recorded for the dimension that was throttled.

    Raises:
        InputError: a record that they need is missing.
    """
    times = rollback(records)
    rehearsal = timeline(records, STEPS)
    part = rollback_part(rehearsal, records)
    index, svg = folder / "index.html", folder / "rollback.svg"
    write_whole(index, page(result(records), records, rehearsal, part, times, peak))
    write_whole(
        svg,
        picture(
            part,
            f"Veto and rollback: as before {number(times.seconds.change_to_restored)} s after the change",
        ),
    )
    return index, svg
