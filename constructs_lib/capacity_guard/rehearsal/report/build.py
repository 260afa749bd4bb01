"""Write the reports of a rehearsal from its raw records: result.json, the page and the pictures."""

from __future__ import annotations

import json
from pathlib import Path

from ...evidence.files import write_whole
from ...report.svg import number
from .chart import picture
from .page import page
from .records import Records
from .taken_back import ARMED, WATCHED, taken_back
from .timeline import rollback_part, timeline, watch_part
from .verdict import FLOOR, ON_DEMAND, REFUSED, ROLLED_BACK, result, rollback

START = "start"
STEPS = {
    START: "before",
    REFUSED: "1 refused",
    FLOOR: "2 done right",
    ON_DEMAND: "2 done right",
    ROLLED_BACK: "3 rolled back",
    ARMED: "4 watched",
    WATCHED: "4 watched",
}
"""The steps of the demo, in order, with their labels in the chart: the numbers are those that the demo prints."""


def write_result(records: Records, folder: Path) -> Path:
    """Write `result.json` into a folder and return its path.

    Raises:
        InputError: a record that the verdict needs is missing.
    """
    path = folder / "result.json"
    write_whole(path, json.dumps(result(records), indent=2) + "\n")
    return path


def write_page(records: Records, folder: Path, peak: float) -> Path:
    """Write `index.html`, `rollback.svg` and `watched.svg` into a folder and return the path of the page.

    Args:
        records: the raw records.
        folder: an existing folder.
        peak: highest units per second ever recorded for the dimension that was throttled.

    Raises:
        InputError: a record that they need is missing.
    """
    rehearsal = timeline(records, STEPS)
    index = folder / "index.html"
    write_whole(index, page(result(records), records, rehearsal, peak))
    undone = number(rollback(records).seconds.whole.change_to_restored)
    watched = number(taken_back(records).seconds.whole.throttled_to_restored)
    pictures = {
        "rollback": (rollback_part, f"Veto and rollback: as before {undone} s after the change"),
        "watched": (
            watch_part,
            f"Taken back by the watch: as before {watched} s after the first throttled minute",
        ),
    }
    for name, (part, title) in pictures.items():
        write_whole(folder / f"{name}.svg", picture(part(rehearsal, records).lettered(), title))
    return index
