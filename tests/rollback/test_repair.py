"""A journal that is lost or damaged is found and written anew by ``status``."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from capacity_guard.capacity import InputError
from capacity_guard.rollback.status import read_status
from capacity_guard.watch.states import Event, State
from tests.handlers.gate_world import ON_DEMAND, TABLE, TABLE_NAME, a_plan, in_the_evening, with_schedules

from .gate_events import PREFLIGHT, REASON, fails, gate_event, gated, stack_event, undone, way
from .watch_world import BAKE, FINGERPRINT, HOLD, MINUTE, WatchWorld


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> WatchWorld:
    return gated(monkeypatch)


def status(world: WatchWorld) -> Any:
    return read_status(world.person(), TABLE_NAME, world.aws.now, is_later_wave=False)


@pytest.mark.parametrize(
    "item",
    [None, {"version": {"N": "3"}, "journal": {"S": "{"}}, {"version": {"S": "x"}, "journal": {"S": "{}"}}],
)
def test_status_finds_and_repairs_a_journal_that_is_lost_or_damaged(world: WatchWorld, item: Any) -> None:
    began = way(world, 7)
    world.carry(began)
    if item is not None:
        world.journals.items[TABLE] = {"table": {"S": TABLE}, **item}
    found = status(world)
    assert found.journal_repaired
    assert found.journal is not None
    assert found.journal == world.journal
    assert [entry.event for entry in world.journal.entries][-1] is Event.BAKE_PASSED
    again = status(world)
    assert (again.journal_repaired, again.journal_problem) == (False, None)


def test_status_of_a_held_change_repairs_its_journal_as_held(world: WatchWorld) -> None:
    began = way(world, 7)
    world.carry(began)
    world.throttle(5, 6)
    world.look(6)
    world.journals.items.clear()
    found = status(world)
    assert found.journal_repaired
    assert world.journal.state is State.HELD
    assert world.journal.entries[-1].reason == "found held"
    updates = len(world.updates)
    world.look(3)
    assert len(world.updates) == updates


def test_status_leaves_a_journal_that_is_whole(world: WatchWorld) -> None:
    began = way(world, 7)
    world.carry(began)
    world.look()
    before = dict(world.journals.items[TABLE])
    found = status(world)
    assert (found.journal_repaired, found.journal_problem) == (False, None)
    assert world.journals.items[TABLE] == before


def test_status_that_may_not_write_says_so_and_shows_what_it_found(world: WatchWorld) -> None:
    began = way(world, 7)
    world.carry(began)
    put = world.journals.put_item

    def denied(**request: Any) -> Any:
        world.journals.refuses = ["AccessDeniedException"]
        try:
            return put(**request)
        finally:
            world.journals.refuses = []

    world.journals.put_item = denied  # type: ignore[method-assign]
    found = status(world)
    assert found.journal is not None
    assert found.journal.state is State.WATCHING
    assert "could not be written" in str(found.journal_problem)


def test_status_during_the_deployment_shows_the_stage(world: WatchWorld) -> None:
    way(world, 6)
    world.status = "UPDATE_IN_PROGRESS"
    found = status(world)
    assert found.journal is not None
    assert found.journal.state is State.BAKING
    assert not found.journal_repaired


def test_status_after_a_bake_that_vetoed_says_so_and_journals_it(world: WatchWorld) -> None:
    began = way(world, 6)
    fails(world, began + 12 * MINUTE, BAKE, REASON.format("table throttled: 100 events"))
    undone(world)
    world.aws.ssm.put_parameter({"Name": HOLD, "Value": FINGERPRINT, "Overwrite": True})
    with pytest.raises(InputError, match=f"The last change {FINGERPRINT} is held") as caught:
        status(world)
    assert "table throttled: 100 events" in str(caught.value)
    assert "The table differs from its template" in str(caught.value)
    assert world.journal.state is State.HELD
    vetoed = next(entry for entry in world.journal.entries if entry.event is Event.BAKE_VETOED)
    assert (vetoed.by, vetoed.reason, dict(vetoed.figures)) == (
        "Bake",
        "table throttled: 100 events",
        {"minutes": 4},
    )


def test_status_after_a_refused_preflight_says_so_and_journals_it(world: WatchWorld) -> None:
    began = way(world, 1)
    fails(world, began + 2 * MINUTE, PREFLIGHT, REASON.format("the quota of switches is spent"))
    undone(world)
    with pytest.raises(
        InputError, match=r"is planned .Preflight refused, .*: the quota of switches is spent"
    ):
        status(world)
    assert world.journal.state is State.PLANNED
    assert [entry.event for entry in world.journal.entries] == [
        Event.PREFLIGHT_STARTED,
        Event.PREFLIGHT_REFUSED,
    ]


def test_status_after_a_bake_without_an_answer_says_that_it_was_undone(world: WatchWorld) -> None:
    began = way(world, 6)
    fails(world, began + 60 * MINUTE, BAKE, "Exceeded attempts to wait")
    undone(world)
    with pytest.raises(
        InputError, match=r"is planned .deployment undone without a veto, .*Exceeded attempts"
    ):
        status(world)


def test_status_of_a_stack_without_any_attempt_says_what_it_said(world: WatchWorld) -> None:
    undone(world)
    with pytest.raises(InputError, match="has no way back in the template of its stack") as caught:
        status(world)
    assert "The last" not in str(caught.value)


def test_status_after_a_veto_says_that_the_table_is_as_its_template_states(world: WatchWorld) -> None:
    _vetoed_and_restored(world)
    with pytest.raises(InputError, match="Table and indexes have the capacity that the template states"):
        status(world)


def test_status_after_a_veto_when_a_schedule_has_raised_a_minimum_names_no_difference(
    world: WatchWorld,
) -> None:
    _vetoed_and_restored(world)
    plan = with_schedules(a_plan(ON_DEMAND)).of_bake().to_property()
    for each in world.events:
        if "ResourceProperties" in each:
            given = json.loads(each["ResourceProperties"])
            each["ResourceProperties"] = json.dumps({**given, "Plan": plan})
    in_the_evening(world.aws)
    with pytest.raises(InputError, match="Table and indexes have the capacity that the template states"):
        status(world)


def _without_watch(world: WatchWorld) -> None:
    """The template of a change whose table has no watch: its gates, and no second capacity."""
    gates = {name: world.body["Resources"][name] for name in (PREFLIGHT, BAKE)}
    undone(world)
    world.body["Resources"].update(gates)
    world.status = "UPDATE_COMPLETE"


def _ends(world: WatchWorld, at: datetime, *statuses: str) -> None:
    """The events of a stack whose operation ends, the oldest first."""
    for number, name in enumerate(statuses):
        world.events.insert(0, stack_event(at + number * MINUTE, name))


SUCCEEDS = ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_COMPLETE")


@pytest.mark.parametrize("upto", [3, 7], ids=["a relief, which has no Bake", "Bake passed"])
def test_status_of_a_change_without_a_watch_says_that_it_was_deployed(world: WatchWorld, upto: int) -> None:
    began = way(world, upto)
    _ends(world, began + 20 * MINUTE, *SUCCEEDS)
    _without_watch(world)
    with pytest.raises(InputError) as caught:
        status(world)
    when = began + 20 * MINUTE
    assert (
        f"The last change {FINGERPRINT} was deployed ({when:%Y-%m-%d %H:%M} UTC), and is not watched. "
        in str(caught.value)
    )
    assert TABLE not in world.journals.items  # nobody would write into it again


def test_status_of_a_relief_while_its_deployment_runs_says_that_it_is_changing(world: WatchWorld) -> None:
    way(world, 3)
    _without_watch(world)
    with pytest.raises(InputError, match=f"The last change {FINGERPRINT} is changing .Preflight passed"):
        status(world)


def test_status_after_a_deployment_that_removed_the_gates_does_not_say_that_it_was_undone(
    world: WatchWorld,
) -> None:
    began = way(world, 7)
    _ends(world, began + 20 * MINUTE, *SUCCEEDS)
    later = began + 30 * MINUTE
    _ends(world, later, "UPDATE_IN_PROGRESS", SUCCEEDS[0])
    for gate in (BAKE, PREFLIGHT):
        world.events.insert(0, gate_event(later + 2 * MINUTE, "DELETE_IN_PROGRESS", gate))
    undone(world)
    with pytest.raises(InputError, match=f"The last change {FINGERPRINT} was deployed ") as caught:
        status(world)
    assert f"{began + 20 * MINUTE:%H:%M} UTC" in str(caught.value)


@pytest.mark.parametrize(
    ("upto", "gates"),
    [(3, [PREFLIGHT]), (7, [PREFLIGHT, BAKE])],
    ids=["a relief", "Bake passed"],
)
def test_status_after_a_deployment_that_updated_the_gates_says_that_the_change_was_deployed(
    world: WatchWorld, upto: int, gates: list[str]
) -> None:
    began = way(world, upto)
    _ends(world, began + 20 * MINUTE, *SUCCEEDS)
    later = began + 30 * MINUTE
    _ends(world, later, "UPDATE_IN_PROGRESS")
    for gate in gates:
        for status_of_gate in ("UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"):
            world.events.insert(0, gate_event(later + MINUTE, status_of_gate, gate))
    _ends(world, later + 2 * MINUTE, *SUCCEEDS)
    _without_watch(world)
    with pytest.raises(InputError, match=f"The last change {FINGERPRINT} was deployed "):
        status(world)
    assert TABLE not in world.journals.items


def test_status_after_a_veto_whose_journal_is_lost_says_that_the_change_is_held(world: WatchWorld) -> None:
    began = way(world, 7)
    world.carry(began)
    _ends(world, began + 20 * MINUTE, *SUCCEEDS)
    world.throttle(5, 6)
    world.look(6)
    later = world.aws.now
    _ends(world, later, "UPDATE_IN_PROGRESS", SUCCEEDS[0])
    for gate in (BAKE, PREFLIGHT):
        world.events.insert(0, gate_event(later + 2 * MINUTE, "DELETE_IN_PROGRESS", gate))
    undone(world)
    world.journals.items.clear()
    with pytest.raises(InputError, match=f"The last change {FINGERPRINT} is held "):
        status(world)
    assert world.journal.entries[-1].reason == "found held"


def test_status_after_a_change_that_replaced_another_is_of_the_newer_one(world: WatchWorld) -> None:
    """CloudFormation deletes the gates of the change before last, so their events are the newest of the stack."""
    began = way(world, 3)
    _ends(world, began + 20 * MINUTE, SUCCEEDS[0])
    older = gate_event(began + 21 * MINUTE, "DELETE_IN_PROGRESS", "OlderPreflight")
    given = json.loads(older["ResourceProperties"])
    older["ResourceProperties"] = json.dumps({**given, "Fingerprint": "ffffffffff"})
    older["ResourceType"] = "Custom::CapacityGuardPreflight"
    world.events.insert(0, older)
    _ends(world, began + 22 * MINUTE, SUCCEEDS[1])
    _without_watch(world)
    with pytest.raises(InputError, match=f"The last change {FINGERPRINT} was deployed "):
        status(world)


def test_status_when_the_template_cannot_be_compared_gives_one_remedy(world: WatchWorld) -> None:
    began = way(world, 7)
    _ends(world, began + 20 * MINUTE, *SUCCEEDS)
    _without_watch(world)
    world.body["Resources"][TABLE]["Properties"]["BillingMode"] = {"Fn::ImportValue": "elsewhere"}
    with pytest.raises(InputError, match="could not be compared with its template") as caught:
        status(world)
    assert str(caught.value).count("Roll back by deploying the code of before") == 1
    assert ".." not in str(caught.value)


def test_change_when_it_is_made_again_after_a_deployment_without_it_has_a_way_of_its_own(
    world: WatchWorld,
) -> None:
    earlier = world.aws.now - 90 * MINUTE
    way(world, 7, 100 * MINUTE)
    before = [
        gate_event(earlier + MINUTE, "DELETE_IN_PROGRESS", BAKE),
        gate_event(earlier + MINUTE, "DELETE_IN_PROGRESS", PREFLIGHT),
        stack_event(earlier, SUCCEEDS[0]),
        *world.events,
    ]
    began = way(world, 7)
    world.events += before
    world.carry(began)
    found = status(world)
    assert found.journal is not None
    assert (found.journal.entries[0].at, found.journal.state) == (began, State.WATCHING)


def _vetoed_and_restored(world: WatchWorld) -> None:
    """Bake has vetoed, and CloudFormation has restored table and template."""
    began = way(world, 6)
    fails(world, began + 12 * MINUTE, BAKE, REASON.format("table throttled: 100 events"))
    stated = world.body["Resources"][TABLE]
    undone(world)
    world.aws.ssm.put_parameter({"Name": HOLD, "Value": FINGERPRINT, "Overwrite": True})
    world.body["Resources"][TABLE] = {**stated, "Properties": _as_before(stated["Properties"])}
    world.restore()


def _as_before(value: Any) -> Any:
    """The properties with the capacity of before the change."""
    if isinstance(value, list):
        return [_as_before(each) for each in value if _as_before(each) != {"Ref": "AWS::NoValue"}]
    if not isinstance(value, dict):
        return value
    if "Fn::If" in value:
        return _as_before(value["Fn::If"][1])
    found = {key: _as_before(each) for key, each in value.items()}
    return {key: each for key, each in found.items() if each != {"Ref": "AWS::NoValue"}}
