"""Plan, state and baseline of one version, read by the next one and by the one before: kept files of each format of today."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from capacity_guard.capacity import InputError
from capacity_guard.capacity.dimension import Dimension
from capacity_guard.capacity.plan_text import pack_plan, unpack_plan
from capacity_guard.evidence.baseline import Baseline
from capacity_guard.rollback.journal_store import JournalStore
from capacity_guard.rollback.people import Decision, decide, find_watched_table
from capacity_guard.rollback.watched_change import read_bake, read_control
from capacity_guard.watch.control import METADATA, Control
from capacity_guard.watch.states import Event, State
from tests.handlers.gate_world import ON_DEMAND, PROVISIONED, TABLE, TABLE_NAME, a_plan, replace_clock
from tests.paths import ROOT

from .version_files import FOLDER
from .watch_world import BAKE, FINGERPRINT, HOUR, JOURNALS, Journals, WatchWorld

BASELINE = ROOT / "tests" / "rollback" / "kept" / "baseline-2.json"


def kept(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    return found


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> WatchWorld:
    made = WatchWorld()
    replace_clock(monkeypatch, lambda: made.aws.now)
    made.carry(made.deployed(5 * HOUR))  # before the entries of the kept journal
    return made


def with_journal(world: WatchWorld, **changes: Any) -> None:
    """The kept journal of the change, with other fields."""
    item = kept("journal-1.json")
    data = {**json.loads(item["journal"]["S"]), **changes}
    world.journals.items[TABLE] = {**item, "journal": {"S": json.dumps(data)}}


def data_in(world: WatchWorld) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(world.journals.items[TABLE]["journal"]["S"])
    return found


def test_kept_plan_and_options_when_read_are_those_that_were_written() -> None:
    change = read_bake("Bake", kept("bake-1.json"))
    assert change.plan.transition.fingerprint == a_plan(ON_DEMAND).transition.fingerprint
    assert change.plan.transition.declared == ON_DEMAND
    assert change.plan.deployed.template == PROVISIONED
    assert (change.options.on_veto, change.options.later_wave) == ("page", True)
    assert change.options.settings.loaded_minutes == 40


def test_kept_journal_when_read_has_state_entries_pause_and_what_was_told() -> None:
    journals = Journals()
    journals.items[TABLE] = kept("journal-1.json")
    found = JournalStore(journals, JOURNALS).read(TABLE)
    assert found.version == 7
    assert found.journal is not None
    assert found.journal.state is State.HELD
    assert [entry.event for entry in found.journal.entries][-2:] == [Event.PAUSED, Event.VETOED]
    assert found.journal.entries[-1].figures == {"events": 200}
    assert set(found.journal.told) == {"veto"}


def test_kept_control_when_read_has_capacity_peaks_and_noise() -> None:
    found = read_control({METADATA: kept("control-1.json")})
    assert isinstance(found, Control)
    assert (found.label, found.stack, found.table_name, found.deployed) == (
        "Conversations in cell-2",
        "cell-2",
        None,
        PROVISIONED,
    )
    assert found.peaks[Dimension(None, "write")] == 4_800
    assert found.noise["table"] == 2


def test_kept_baseline_when_read_has_capacity_traffic_and_what_became_of_the_change() -> None:
    baseline = Baseline.load(BASELINE)
    assert baseline.deployed is not None
    assert baseline.rollout is not None
    assert baseline.rollout.outcome.value == "settled"


def test_baseline_of_a_later_version_is_refused_by_one_error_that_names_the_remedy(tmp_path: Any) -> None:
    data = json.loads(BASELINE.read_text(encoding="utf-8"))
    data["rollout"]["version"] = 2
    later = tmp_path / "later.json"
    later.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(InputError, match="Install a newer capacity-guard") as caught:
        Baseline.load(later, traffic=False)
    assert "rollout.version" in str(caught.value)


def with_plan(properties: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """The properties of a Bake with other fields in its plan."""
    data = {**json.loads(unpack_plan(properties["Plan"])), **changes}
    return {**properties, "Plan": pack_plan(json.dumps(data, separators=(",", ":")))}


def test_plan_of_a_later_version_is_read_without_fields_that_are_unknown() -> None:
    found = read_bake("Bake", with_plan(kept("bake-1.json"), colour="blue"))
    assert found.plan == read_bake("Bake", kept("bake-1.json")).plan


def test_plan_with_a_margin_of_a_later_version_is_told_and_not_judged(world: WatchWorld) -> None:
    properties = world.body["Resources"][BAKE]["Properties"]
    margins = json.loads(unpack_plan(properties["Plan"]))["margins"]
    world.body["Resources"][BAKE]["Properties"] = with_plan(properties, margins={**margins, "colour": 1})
    world.throttle(5, 6)
    world.look(3, fails=True)
    assert world.topic.subjects == ["a change is NOT watched"]
    assert "Synthesize and deploy again" in world.topic.sent[0]["Message"]


def test_options_of_a_later_version_are_read_without_fields_that_are_unknown() -> None:
    properties = kept("bake-1.json")
    options = {**json.loads(properties["Watch"]), "colour": "blue"}
    options["settings"] = {**options["settings"], "colour": 1}
    assert (
        read_bake("B", {**properties, "Watch": json.dumps(options)}).options
        == read_bake("B", properties).options
    )


def test_journal_of_a_later_version_keeps_its_fields_when_this_one_writes(world: WatchWorld) -> None:
    with_journal(world, version=2, waves=["cell-1"], state="watching", fingerprint=FINGERPRINT)
    entries = data_in(world)["entries"]
    entries[0]["colour"] = "blue"
    with_journal(
        world,
        version=2,
        waves=["cell-1"],
        state="watching",
        fingerprint=FINGERPRINT,
        entries=entries,
        told={},
    )
    world.throttle(5, 6)
    world.look(6)
    assert world.held == FINGERPRINT
    after = data_in(world)
    assert (after["version"], after["waves"], after["entries"][0]["colour"]) == (2, ["cell-1"], "blue")
    assert after["state"] == "held"


def test_journal_of_a_later_version_that_cannot_be_read_is_left_and_stops_no_rollback(
    world: WatchWorld,
) -> None:
    with_journal(world, version=2, state="asleep", fingerprint=FINGERPRINT)
    before = dict(world.journals.items[TABLE])
    world.throttle(5, 6)
    world.look(6)
    assert world.held == FINGERPRINT
    assert world.aws.mode == PROVISIONED.billing_mode.value
    assert world.journals.items[TABLE] == before
    assert world.topic.subjects.count("its journal cannot be read") == 1


def test_decision_over_a_journal_of_a_later_version_is_refused_by_one_error(world: WatchWorld) -> None:
    with_journal(world, version=2, state="asleep", fingerprint=FINGERPRINT)
    before = dict(world.journals.items[TABLE])
    found = find_watched_table(world.person(), TABLE_NAME)
    decision = Decision(Event.ACCEPTED, "ada", "seen", world.aws.now + timedelta(minutes=1))
    with pytest.raises(InputError, match="Install the version of capacity-guard that the stack has"):
        decide(world.person(), found, decision)
    assert world.journals.items[TABLE] == before
