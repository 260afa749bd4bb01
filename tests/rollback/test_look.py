"""A look of the watch: from facts to restored, or to people, whatever was lost before."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from capacity_guard.handlers.aws_error import AwsError
from capacity_guard.watch.journal import Journal
from capacity_guard.watch.options import WatchOptions
from capacity_guard.watch.states import Event, State
from tests.fakes.models import client_error
from tests.handlers.gate_world import ON_DEMAND, TABLE, a_plan, replace_clock

from .watch_world import BAKE, FINGERPRINT, HOLD, HOUR, MINUTE, WatchWorld, assert_restored, throttled


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> WatchWorld:
    made = WatchWorld()
    replace_clock(monkeypatch, lambda: made.aws.now)
    return made


def test_change_when_it_throttles_is_taken_back_told_and_journaled(world: WatchWorld) -> None:
    throttled(world).look()
    assert world.held == FINGERPRINT
    assert len(world.updates) == 1
    assert world.topic.subjects == ["throttles, its change is being taken back"]
    assert (
        "by_agent throttled from 2026-07-09 15:54 UTC: 100, 100 throttle events"
        in world.topic.sent[0]["Message"]
    )
    world.look(4)
    assert_restored(world)
    assert "a deployment that names no role of its own is denied" in world.topic.sent[-1]["Message"]
    assert world.journal.state is State.HELD
    assert [entry.event for entry in world.journal.entries][-2:] == [Event.VETOED, Event.RESTORED]
    (written,) = [given for call, given in world.aws.calls if call == "ssm:PutParameter"]
    assert written["Description"].startswith("watch: index by_agent throttled from")


def test_restored_change_when_looked_at_again_and_again_is_left_alone(world: WatchWorld) -> None:
    throttled(world).look(6)
    sent, entries = len(world.topic.sent), len(world.journal.entries)
    world.look(10)
    assert len(world.updates) == 1
    assert len(world.topic.sent) == sent == 2
    assert len(world.journal.entries) == entries


def test_calm_change_when_looked_at_is_journaled_and_nobody_is_told(world: WatchWorld) -> None:
    world.carry(world.deployed(HOUR))
    world.look(3)
    assert world.journal.state is State.WATCHING
    assert world.held == "none"
    assert not world.topic.sent
    assert not world.updates


def test_change_when_it_has_carried_its_load_settles_once(world: WatchWorld) -> None:
    world.carry(world.deployed(30 * HOUR))
    world.look(3)
    assert world.journal.state is State.SETTLED
    assert world.topic.subjects == ["the change has settled"]
    world.throttle(1, 2, 3, 4, 5)
    world.look()
    assert world.held == "none"


@pytest.mark.slow
def test_change_when_its_time_is_over_is_unproven_and_still_taken_back(world: WatchWorld) -> None:
    world.carry(world.deployed(timedelta(days=8)), share=0.1)
    world.look(2)
    assert world.journal.state is State.UNPROVEN
    assert world.topic.subjects == ["the change is UNPROVEN, please decide"]
    assert "minutes at 50% of the recorded peak" in world.topic.sent[0]["Message"]
    world.throttle(4, 5)
    world.look(4)
    assert_restored(world)


def test_metrics_when_they_are_missing_are_told_and_nothing_is_taken_back(world: WatchWorld) -> None:
    began = world.deployed(HOUR)
    world.carry(began, until=began + 20 * MINUTE)
    world.throttle()
    for number in range(3):
        world.aws.now += timedelta(minutes=2) if number else timedelta(0)
        world.watcher().look(world.aws.now)
    assert world.topic.subjects == ["cannot be seen, metrics are missing"]
    assert world.held == "none"


def test_throttling_when_it_is_slow_is_told_and_a_person_decides(world: WatchWorld) -> None:
    world.carry(world.deployed(8 * HOUR), share=0.5)
    world.throttle(*range(2, 400, 4), events=60_000)
    world.look(3)
    assert world.topic.subjects == ["throttles for hours, please decide"]
    assert world.held == "none"


def test_hold_when_somebody_deleted_it_is_reported_and_the_change_still_taken_back(world: WatchWorld) -> None:
    world.carry(world.deployed(HOUR))
    del world.aws.ssm.parameters[HOLD]
    world.look(3)
    assert world.topic.subjects == ["the hold is gone, and the stack cannot be updated"]
    assert f"put-parameter --name {HOLD} --type String --value none" in world.topic.sent[0]["Message"]
    world.throttle(5, 6)
    world.look(4)
    assert_restored(world)


def test_hold_that_goes_with_its_guard_is_not_reported(world: WatchWorld) -> None:
    world.carry(world.deployed(HOUR))
    del world.aws.ssm.parameters[HOLD]
    world.status = "UPDATE_IN_PROGRESS"
    world.look(3)
    assert not world.topic.sent


def test_change_that_is_not_deployed_yet_is_left_to_its_gates(world: WatchWorld) -> None:
    throttled(world)
    world.events = [event for event in world.events if event["ResourceStatus"] != "CREATE_COMPLETE"]
    world.look()
    assert world.held == "none"
    assert not world.journals.items


def test_stack_without_a_change_is_left_after_two_reads(world: WatchWorld) -> None:
    del world.body["Resources"][BAKE]
    world.look()
    assert world.calls_made == 2


def test_watch_that_only_pages_tells_and_takes_nothing_back(monkeypatch: pytest.MonkeyPatch) -> None:
    world = WatchWorld(WatchOptions("page"))
    replace_clock(monkeypatch, lambda: world.aws.now)
    throttled(world).look(3)
    assert world.held == "none"
    assert world.topic.subjects == ["throttles, and is NOT taken back"]
    assert 'on_veto="page" asks for a person' in world.topic.sent[0]["Message"]
    assert world.journal.state is State.WATCHING
    assert [entry.event for entry in world.journal.entries].count(Event.PAGED) == 1


def test_template_without_a_way_back_is_watched_and_told(world: WatchWorld) -> None:
    throttled(world)
    world.body["Conditions"] = {}
    world.look()
    assert world.topic.subjects == ["throttles, and is NOT taken back"]
    assert "has no way back in the template" in world.topic.sent[0]["Message"]


def test_traffic_beyond_the_capacity_of_before_is_told_with_the_best_move(world: WatchWorld) -> None:
    world.carry(world.deployed(HOUR), share=1.5)
    world.throttle(5, 6)
    world.look()
    (told,) = world.topic.sent
    assert (
        "Not taken back: by_agent, write: the capacity of before has 4,800 units a second" in told["Message"]
    )
    assert "Best move left: raise the warm throughput of index by_agent" in told["Message"]
    assert world.held == "none"


@pytest.mark.parametrize(("events", "taken_back"), [(1_500, False), (2_000, True)])
def test_throttle_events_of_repeated_requests_count_as_one_request(
    world: WatchWorld, events: int, taken_back: bool
) -> None:
    world.carry(world.deployed(HOUR), share=1.3)
    # It serves 4,740 or 4,240 units a second; with a tenth of the events 4,890 or 4,440 are asked of 4,800.
    world.throttle(*range(10), events=events * 60)
    world.look()
    assert (world.held != "none") == taken_back
    assert ("live traffic is 4,890" in world.topic.sent[0]["Message"]) == (not taken_back)


def test_operation_that_runs_is_waited_for_and_told(world: WatchWorld) -> None:
    throttled(world)
    world.status = "UPDATE_IN_PROGRESS"
    world.look(2)
    assert world.held == "none"
    assert world.topic.subjects == ["throttles, and an operation of the stack runs"]
    world.status = "UPDATE_COMPLETE"
    world.look(4)
    assert_restored(world)


def test_deployment_that_begins_just_before_the_update_is_waited_for(world: WatchWorld) -> None:
    world.refusals = ["Stack:arn is in UPDATE_IN_PROGRESS state and can not be updated."]
    throttled(world).look(4)
    assert_restored(world)


def test_rollback_that_failed_is_continued(world: WatchWorld) -> None:
    throttled(world)
    world.rollback_failed()
    world.look(6)
    assert world.continued == 1
    assert_restored(world)


def test_update_that_cloudformation_undoes_is_told_and_tried_again_later(world: WatchWorld) -> None:
    throttled(world)
    world.ends = "UPDATE_ROLLBACK_COMPLETE"
    world.look(4)
    assert len(world.updates) == 1
    assert world.topic.subjects == ["throttles, its change is being taken back", "NOT restored yet"]
    world.ends = "UPDATE_COMPLETE"
    world.pass_time(timedelta(minutes=16))
    world.look(5)
    assert len(world.updates) == 2
    assert_restored(world)


def test_table_that_differs_after_the_update_is_told(world: WatchWorld) -> None:
    throttled(world)

    def differs() -> None:
        world._note_operation()
        world.aws.resources["index/by_agent"].units["read"] = 1

    world.on_update = differs
    world.look(8)
    assert "NOT restored yet" in world.topic.subjects
    assert "by_agent, read: provisioned 1" in world.topic.sent[-1]["Message"]
    assert world.journal.entries[-1].event is Event.NOT_RESTORED


@pytest.mark.parametrize("refusal", ["ResourceNotFoundException", "AccessDeniedException"])
def test_journal_that_is_gone_does_not_stop_a_rollback(world: WatchWorld, refusal: str) -> None:
    world.journals.refuses = [refusal]
    throttled(world).look(6)
    assert_restored(world)
    # The process remembers what it told.
    assert world.topic.subjects == [
        "throttles, its change is being taken back",
        "its journal cannot be read",
        "restored, the capacity is that of before the change",
    ]
    assert "a pause or an acceptance in the journal does not count" in world.topic.sent[1]["Message"]


@pytest.mark.parametrize(
    "item",
    [
        {"version": {"N": "3"}, "journal": {"S": "{"}},
        {"version": {"S": "x"}, "journal": {"S": "{}"}},
        {"version": {"N": "3"}, "journal": {"S": '{"state": "exploded"}'}},
        {},
    ],
)
def test_journal_that_is_damaged_is_written_anew(world: WatchWorld, item: dict[str, object]) -> None:
    world.journals.items[TABLE] = {"table": {"S": TABLE}, **item}  # type: ignore[dict-item]
    throttled(world).look(5)
    assert_restored(world)
    assert world.journal.state is State.HELD


def test_journal_of_another_change_is_not_that_of_this_one(world: WatchWorld) -> None:
    other = Journal(TABLE, "ffffffffff", State.SETTLED)
    text = json.dumps(other.to_json())
    world.journals.items[TABLE] = {"table": {"S": TABLE}, "version": {"N": "9"}, "journal": {"S": text}}
    throttled(world).look(5)
    assert_restored(world)
    assert world.journal.fingerprint == FINGERPRINT


def test_topic_that_refuses_does_not_stop_a_rollback_and_is_asked_again(world: WatchWorld) -> None:
    world.topic.refuses = True
    throttled(world).look(3, fails=True)
    assert "a message was not sent: Conversations in" in str(world.failed)
    assert world.held == FINGERPRINT
    world.topic.refuses = False
    world.look(2)
    assert "restored, the capacity is that of before the change" in world.topic.subjects


def test_hold_that_somebody_else_wrote_is_carried_out(world: WatchWorld) -> None:
    world.carry(world.deployed(HOUR))
    world.aws.ssm.put_parameter({"Name": HOLD, "Value": FINGERPRINT, "Overwrite": True})
    world.look(5)
    assert_restored(world)


def test_hold_that_is_gone_is_written_with_a_veto(world: WatchWorld) -> None:
    del world.aws.ssm.parameters[HOLD]
    throttled(world).look(5)
    assert_restored(world)


def test_table_that_is_gone_is_told_once(world: WatchWorld) -> None:
    throttled(world)
    world.owned = False
    world.look(3)
    assert world.topic.subjects == ["the table is gone"]


def test_bake_that_cannot_be_read_is_told(world: WatchWorld) -> None:
    throttled(world)
    world.body["Resources"][BAKE]["Properties"]["Plan"] = "of tomorrow"
    world.look(2, fails=True)
    assert world.topic.subjects == ["a change is NOT watched"]


def test_event_that_comes_twice_at_once_takes_back_once(world: WatchWorld) -> None:
    throttled(world)
    first, second = world.watcher(), world.watcher()
    first.look(world.aws.now)
    second.look(world.aws.now)
    world.look(4)
    assert_restored(world)
    assert len(world.updates) == 1


def test_throttling_that_clears_before_the_look_is_still_found(world: WatchWorld) -> None:
    world.carry(world.deployed(10 * HOUR))
    world.throttle(300, 301)
    world.look(4)
    assert_restored(world)


CALLS = range(1, 40)


@pytest.mark.sampled(every=10)
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("call", CALLS)
def test_process_that_dies_at_any_call_leaves_what_the_next_look_completes(
    world: WatchWorld, call: int, after: bool
) -> None:
    throttled(world)
    with world.dies(call, after=after):
        world.look(5)
    if call >= max(CALLS) - 4:
        assert world.calls_made >= call  # the looks make as many calls as are tried
    world.look(8)
    assert_restored(world)
    assert len(world.updates) == 1
    assert world.journal.state is State.HELD
    assert world.journal.entries[-1].event is Event.RESTORED


@pytest.mark.parametrize("call", [1, 5, 9, 12, 15, 18])
def test_process_that_dies_at_every_look_for_a_while_ends_restored(world: WatchWorld, call: int) -> None:
    throttled(world)
    for number in range(12):
        with world.dies(call + number % 3, after=bool(number % 2)):
            world.look()
        world.pass_time(MINUTE)
    world.look(8)
    assert_restored(world)


def test_stack_that_cannot_be_read_is_told_and_the_function_fails(world: WatchWorld) -> None:
    def refuse(self: object, request: object) -> None:
        raise client_error("DescribeStacks", "AccessDenied", "not authorized", 403)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.rollback.world._CloudFormation.do_describe_stacks", refuse)
        for _ in range(2):
            with pytest.raises(AwsError):
                world.look()
    assert world.topic.subjects == ["changes are NOT watched"]
    assert world.topic.sent[0]["Subject"].startswith("Conversations-production")


def test_changes_of_a_stack_take_turns_in_coming_first(
    world: WatchWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    world.carry(world.deployed(HOUR))
    bake = world.body["Resources"].pop(BAKE)
    for number in range(3):
        plan = replace(a_plan(ON_DEMAND), table=f"Table{number}").of_bake().to_property()
        properties = {**bake["Properties"], "Plan": plan}
        world.body["Resources"][f"{BAKE}{number}"] = {**bake, "Properties": properties}
    firsts = []
    for _ in range(3):
        capsys.readouterr()
        world.look()
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        tables = [line["table"] for line in lines if line["decision"] == "not deployed yet"]
        assert sorted(tables) == ["Table0", "Table1", "Table2"]
        firsts.append(tables[0])
        world.pass_time(2 * MINUTE)
    assert sorted(firsts) == ["Table0", "Table1", "Table2"]


def test_policy_of_the_stack_that_cannot_be_merged_is_told_once(world: WatchWorld) -> None:
    world.policy = "{"
    throttled(world).look(6)
    assert_restored(world)
    assert world.topic.subjects.count("the stack's policy needs a look") == 1
