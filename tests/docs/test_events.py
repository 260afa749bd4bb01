"""The examples of docs/events.md are events that the watch puts, and the page names every kind and state."""

from __future__ import annotations

import json
import re

from capacity_guard.watch.events import DECISION, MESSAGE, SOURCE, STATE_CHANGE
from capacity_guard.watch.states import START, State
from tests.paths import ROOT
from tests.rollback.scenes import sent_events
from tests.rollback.watch_world import SCHEMA

PAGE = (ROOT / "docs" / "events.md").read_text(encoding="utf-8")


def test_examples_are_events_of_a_scene() -> None:
    examples = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]
    made = [
        {"source": SOURCE, "detail-type": kind, "detail": detail}
        for kind, detail in sent_events("taken_back_and_restored")
    ]
    assert len(examples) == 2
    for example in examples:
        SCHEMA.validate(example)
        assert example in made


def test_page_names_every_kind_and_state() -> None:
    assert all(f"| {kind} |" in PAGE for kind in (STATE_CHANGE, DECISION, MESSAGE))
    listed = PAGE.split("entered another [state](watch.md#states): ")[1].split(" |")[0].split(", ")
    assert listed == [state.value for state in State if state is not START]
