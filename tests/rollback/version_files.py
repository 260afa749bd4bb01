"""What the watch of this version keeps and hands on, as files: a later version must read them (``test_look_versions.py``).

``python -m tests.rollback.version_files`` prints them; with ``--write`` those that do not exist are written. A file of a version
that was released is never written again: a new format gets a new name.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from capacity_guard.watch.control import Control
from capacity_guard.watch.journal import Journal
from capacity_guard.watch.options import WatchOptions
from capacity_guard.watch.settings import WatchSettings
from capacity_guard.watch.states import Event
from tests.handlers.gate_world import ON_DEMAND, PROVISIONED, TABLE, a_plan

from .world import HOLD

FOLDER = Path(__file__).parent / "kept"
AT = datetime(2026, 7, 9, 12, tzinfo=UTC)


def bake() -> dict[str, Any]:
    """The properties of a Bake."""
    plan = a_plan(ON_DEMAND)
    return {
        "Gate": "bake",
        "Fingerprint": plan.transition.fingerprint,
        "Hold": HOLD,
        "Plan": plan.of_bake().to_property(),
        "Watch": WatchOptions("page", True, WatchSettings(loaded_minutes=40)).to_property(),
    }


def journal() -> dict[str, Any]:
    """The item of a journal: a change that was paused, told of, and rolled back."""
    change = a_plan(ON_DEMAND)
    made = Journal(TABLE, change.transition.fingerprint)
    for number, event in enumerate(
        (Event.PREFLIGHT_STARTED, Event.PREFLIGHT_PASSED, Event.TABLE_CHANGED, Event.BAKE_PASSED)
    ):
        made = made.with_event(event, at=AT + timedelta(minutes=number), by="watch")
    made = made.with_event(
        Event.PAUSED,
        at=AT + timedelta(minutes=10),
        by="ada",
        reason="a client retries",
        figures={"minutes": 60},
        until=AT + timedelta(minutes=70),
    )
    made = made.with_told("veto", AT + timedelta(minutes=20))
    made = made.with_event(
        Event.VETOED,
        at=AT + timedelta(minutes=80),
        by="watch",
        reason="it throttles",
        figures={"events": 200},
    )
    return {
        "table": {"S": TABLE},
        "version": {"N": "7"},
        "journal": {"S": json.dumps(made.to_json(), separators=(",", ":"))},
    }


def control() -> dict[str, Any]:
    """The control in the metadata of a Bake."""
    plan = a_plan(ON_DEMAND)
    peaks = {each: plan.evidence.peak(each) for each in PROVISIONED.dimensions()}
    return Control(
        "Conversations in cell-2",
        "cell-2",
        "ConversationsTable",
        None,
        PROVISIONED,
        {each: peak.units for each, peak in peaks.items() if peak is not None},
        {"table": 2.0, "index/by_agent": 0.0},
    ).to_json()


FILES: Mapping[str, Callable[[], dict[str, Any]]] = {
    "bake-1.json": bake,
    "journal-1.json": journal,
    "control-1.json": control,
}


def main(*arguments: str) -> None:
    """Print the files, or write those that do not exist."""
    FOLDER.mkdir(exist_ok=True)
    for name, make in FILES.items():
        text = json.dumps(make(), indent=1) + "\n"
        if "--write" not in arguments:
            print(name, text, sep="\n")
        elif not (FOLDER / name).exists():
            (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
