"""What a look cannot read: people are told once, the other tables of the stack are looked at, and the function fails."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from capacity_guard.capacity import InputError
from capacity_guard.handlers.aws_error import AwsError
from capacity_guard.rollback.memory import LASTING
from capacity_guard.rollback.problems import NotLookedError
from capacity_guard.watch.states import Event
from tests.fakes.models import client_error
from tests.handlers.gate_world import TABLE, TABLE_NAME, replace_clock

from .gate_events import own_update
from .two_tables import OTHER_BAKE, OTHER_FINGERPRINT, TwoTables
from .watch_world import BAKE, FINGERPRINT, HOLD, HOUR, MINUTE, WatchWorld, assert_restored, throttled
from .world import event

ONE, SOME = "the change is NOT watched", "a change is NOT watched"
STACK = "changes are NOT watched"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> WatchWorld:
    made = WatchWorld()
    replace_clock(monkeypatch, lambda: made.aws.now)
    return made


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> TwoTables:
    """Two tables, of which the second throttles."""
    made = TwoTables()
    replace_clock(monkeypatch, lambda: made.aws.now)
    made.carry(made.deployed(HOUR))
    made.throttle_other(5, 6)
    return made


def denied(*_: object, **__: object) -> Any:
    raise AwsError("service:Operation", "denied", "not authorized")


@pytest.mark.parametrize(
    "body",
    [
        "no template: [",
        "[" * 100_000,
        "{}",
        {"Resources": []},
        {"Resources": {}, "Parameters": []},
        {"Resources": {}, "Conditions": None},
        None,
    ],
    ids=["text", "nested", "empty", "list", "parameters", "conditions", "nothing"],
)
def test_template_that_cannot_be_read_is_told_once_and_fails_the_function(
    world: WatchWorld, body: object
) -> None:
    throttled(world).body = body
    for _ in range(3):
        with pytest.raises((InputError, AwsError)):
            world.watcher().look(world.aws.now)
    assert world.topic.subjects == [STACK]
    assert "cannot be read, so no change of it is watched: " in world.topic.sent[0]["Message"]


@pytest.mark.parametrize(
    "change",
    [
        {"StackId": "no ARN"},
        {"StackStatus": None},
        {"Outputs": [{}]},
        {"Parameters": ["Held"]},
    ],
    ids=str,
)
def test_stack_whose_description_cannot_be_read_is_told_once(
    world: WatchWorld, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]
) -> None:
    throttled(world)
    described = world.calls().stack(world.watcher().stack)
    given = {name: value for name, value in {**described, **change}.items() if value is not None}
    monkeypatch.setattr("capacity_guard.handlers.aws.GateAws.describe_stack", lambda *_: given)
    for _ in range(2):
        with pytest.raises(AwsError, match="DescribeStacks was answered in a form that cannot be read"):
            world.watcher().look(world.aws.now)
    assert world.topic.subjects == [STACK]


def test_stack_that_cannot_be_read_for_a_moment_is_told_when_that_lasts(
    world: WatchWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def throttles(*_: object) -> None:
        raise AwsError("cloudformation:GetTemplate", "throttled", "Rate exceeded")

    throttled(world)
    with monkeypatch.context() as patch:
        patch.setattr("capacity_guard.rollback.calls.RollbackAws.template", throttles)
        for minutes, told in ((0, []), (2, []), (2, []), (2, [STACK]), (2, [STACK])):
            world.pass_time(minutes * MINUTE)
            with pytest.raises(AwsError):
                world.watcher().look(world.aws.now)
            assert world.topic.subjects == told
    world.look()
    assert world.held == FINGERPRINT


@pytest.mark.parametrize(
    "properties", [None, "text", [], {}, {"Plan": "of tomorrow"}, {"Plan": {"Ref": "X"}}], ids=str
)
def test_bake_that_cannot_be_read_is_told_and_the_other_table_is_taken_back(
    two: TwoTables, properties: object
) -> None:
    two.body["Resources"][BAKE]["Properties"] = properties
    two.look(8, fails=True)
    assert two.topic.subjects.count(SOME) == 1
    assert BAKE in str(two.failed)
    assert (two.other_held, two.other_mode) == (OTHER_FINGERPRINT, "PROVISIONED")


def test_two_bakes_that_cannot_be_read_are_both_told(two: TwoTables) -> None:
    for bake in (BAKE, OTHER_BAKE):
        two.body["Resources"][bake]["Properties"] = None
    two.look(3, fails=True)
    assert two.topic.subjects == [SOME, SOME]
    assert {bake for bake in (BAKE, OTHER_BAKE) for sent in two.topic.sent if bake in sent["Message"]} == {
        BAKE,
        OTHER_BAKE,
    }


@pytest.mark.sampled(every=3)
@pytest.mark.parametrize("method", ["describe_table", "get_metric_data", "describe_scalable_targets"])
@pytest.mark.parametrize(
    "error",
    [
        AwsError("service:Operation", "denied", "not authorized"),
        AwsError("service:Operation", "malformed", "no list"),
        AwsError("service:Operation", "missing", "gone"),
        RuntimeError("nobody foresaw it"),
    ],
    ids=repr,
)
def test_call_about_one_table_that_fails_is_told_once_and_the_other_table_is_taken_back(
    two: TwoTables, monkeypatch: pytest.MonkeyPatch, method: str, error: Exception
) -> None:
    real = type(two.calls().table)._call

    def call(self: Any, client: str, named: str, *given: Any, **parameters: Any) -> Any:
        if named == method and TABLE_NAME in str(parameters):
            raise error
        return real(self, client, named, *given, **parameters)

    monkeypatch.setattr("capacity_guard.handlers.aws.GateAws._call", call)
    if method == "describe_scalable_targets":
        # It is read to compare a table that is held.
        two.aws.ssm.put_parameter({"Name": HOLD, "Value": FINGERPRINT, "Overwrite": True})
    two.look(8, fails=None)
    about_first = [
        sent for sent in two.topic.sent if sent["MessageAttributes"]["table"]["StringValue"] != "Orders"
    ]
    assert len(about_first) == 1
    assert (
        "service:Operation" in about_first[0]["Message"] or "nobody foresaw it" in about_first[0]["Message"]
    )
    assert two.other_held == OTHER_FINGERPRINT
    if method != "describe_scalable_targets":
        assert (two.failed is not None, two.other_mode) == (True, "PROVISIONED")


def test_error_that_nobody_foresaw_is_told_and_logged_with_its_trace(
    two: TwoTables, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise KeyError("of tomorrow")

    monkeypatch.setattr("capacity_guard.rollback.look.read_changed_at", fails)
    two.look(2, fails=True)
    assert two.topic.subjects == [ONE, ONE]
    assert "KeyError: 'of tomorrow' (a defect, or data that this version does not know" in str(two.failed)
    assert "KeyError: 'of tomorrow'" in two.topic.sent[0]["Message"]
    assert "Traceback (most recent call last)" in capsys.readouterr().out


def test_error_outside_of_the_reads_is_told_and_the_other_table_is_taken_back(
    two: TwoTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = type(two.watcher().journals).read

    def fails(self: Any, logical_id: str) -> Any:
        if logical_id == TABLE:
            raise AttributeError("of tomorrow")
        return read(self, logical_id)

    monkeypatch.setattr("capacity_guard.rollback.journal_store.JournalStore.read", fails)
    two.look(8, fails=True)
    assert two.topic.subjects.count(SOME) == 1
    assert (two.other_held, two.other_mode) == (OTHER_FINGERPRINT, "PROVISIONED")


@pytest.mark.parametrize("kind", ["throttled", "silent", "unavailable", "late", "busy"])
def test_error_of_a_table_that_may_pass_is_told_when_it_lasts(
    world: WatchWorld, monkeypatch: pytest.MonkeyPatch, kind: Any
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise AwsError("cloudwatch:GetMetricData", kind, "")

    throttled(world)
    with monkeypatch.context() as patch:
        patch.setattr("capacity_guard.handlers.aws.GateAws.sums_per_minute", fails)
        world.look(3, fails=True)
        assert world.topic.subjects == []
        world.pass_time(LASTING - 4 * MINUTE)
        world.look(3, fails=True)
    assert world.topic.subjects == [ONE]
    world.look()
    assert world.held == FINGERPRINT


def test_error_that_passed_and_comes_again_begins_anew(
    world: WatchWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise AwsError("cloudwatch:GetMetricData", "throttled", "")

    world.carry(world.deployed(HOUR))
    for _ in range(4):
        with monkeypatch.context() as patch:
            patch.setattr("capacity_guard.handlers.aws.GateAws.sums_per_minute", fails)
            world.look(3, fails=True)
        world.pass_time(2 * MINUTE)
        world.look()
    assert world.topic.subjects == []


@pytest.mark.parametrize(
    "broken",
    [
        "capacity_guard.rollback.judged_change.find_obstacles",
        "capacity_guard.rollback.judged_change.hold_change",
        "capacity_guard.rollback.judged_change.read_other_events",
    ],
)
def test_veto_that_cannot_be_continued_names_what_throttles(
    world: WatchWorld, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    throttled(world)
    with monkeypatch.context() as patch:
        patch.setattr(broken, denied)
        world.look(3, fails=True)
    assert world.topic.subjects == ["throttles, and is NOT taken back"]
    assert "Index by_agent throttled from 2026-07-09 15:54 UTC" in world.topic.sent[0]["Message"]
    assert "It could not continue: service:Operation was denied" in world.topic.sent[0]["Message"]
    world.look()
    assert world.held == FINGERPRINT


def test_running_update_whose_events_cannot_be_read_is_told_and_known_changes_are_looked_at(
    world: WatchWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    throttled(world)
    world.status = "UPDATE_IN_PROGRESS"
    monkeypatch.setattr("capacity_guard.rollback.calls.RollbackAws.running_events", denied)
    world.look(3, fails=True)
    assert world.topic.subjects == [
        "a change is perhaps NOT watched",
        "throttles, and an operation of the stack runs",
    ]


def test_bake_of_the_running_update_that_cannot_be_read_is_told(world: WatchWorld) -> None:
    own_update(world)
    del world.body["Resources"][BAKE]
    for each in world.events:
        if each["LogicalResourceId"] == BAKE:
            each["ResourceProperties"] = "{cut"
    world.look(2, fails=True)
    assert world.topic.subjects == [SOME]
    assert f"{BAKE}, in the events of the stack: " in world.topic.sent[0]["Message"]


def test_message_that_is_not_sent_fails_the_function_until_it_is(world: WatchWorld) -> None:
    throttled(world)
    world.topic.refuses = True
    with pytest.raises(NotLookedError, match="a message was not sent: Conversations in"):
        world.watcher().look(world.aws.now)
    world.topic.refuses = False
    world.look(3)
    assert "restored, the capacity is that of before the change" in world.topic.subjects


JOURNAL = "its journal cannot be read"


@pytest.mark.parametrize(
    "item",
    [
        {"version": {"N": "x"}, "journal": {"S": "{}"}},
        {"version": {"N": "3"}, "journal": {"S": "[]"}},
        {"version": {"N": "3"}, "journal": {"M": {}}},
        {"version": {"N": "3"}, "journal": {"S": '{"version": 1, "entries": [7]}'}},
    ],
    ids=str,
)
def test_journal_that_is_damaged_is_told_once_and_written_anew(
    world: WatchWorld, item: dict[str, Any]
) -> None:
    world.carry(world.deployed(HOUR))
    world.journals.items[TABLE] = {"table": {"S": TABLE}, **item}
    world.look(3)
    assert world.topic.subjects == [JOURNAL]
    assert "is damaged, and is written anew" in world.topic.sent[0]["Message"]
    assert world.journal.entries[-1].event is Event.BAKE_PASSED


def test_journal_that_cannot_be_read_for_a_moment_is_told_when_that_lasts(world: WatchWorld) -> None:
    world.carry(world.deployed(HOUR))
    world.journals.refuses = ["InternalServerError"]
    world.look(3)
    assert world.topic.subjects == []
    world.pass_time(2 * MINUTE)
    world.look(2)
    assert world.topic.subjects == [JOURNAL]


def test_journal_that_somebody_else_wrote_meanwhile_is_not_told(world: WatchWorld) -> None:
    world.carry(world.deployed(HOUR))
    put = world.journals.put_item

    def loses_once(**request: Any) -> Any:
        world.journals.put_item = put  # type: ignore[method-assign]
        raise client_error(
            "PutItem", "ConditionalCheckFailedException", "The conditional request failed", 400
        )

    world.journals.put_item = loses_once  # type: ignore[method-assign]
    world.look(6)
    assert world.topic.subjects == []
    assert world.journal.entries


def busy(world: WatchWorld) -> None:
    """The stack has had more events since the change than are read."""
    world.carry(world.aws.now - 6 * HOUR)
    world.throttle(5, 6)
    world.events = [event(world.aws.now - at * MINUTE, "UPDATE_COMPLETE", "Other") for at in range(7_000)]
    world.events_per_page = 100
    world.bake_status, world.bake_updated = "CREATE_COMPLETE", world.aws.now - 5 * 24 * HOUR


def test_change_followed_by_more_events_than_are_read_is_watched_and_taken_back(world: WatchWorld) -> None:
    busy(world)
    world.look(5)
    assert_restored(world)
    assert len(world.updates) == 1


def test_running_update_with_more_events_than_are_read_is_told_with_the_remedy(world: WatchWorld) -> None:
    busy(world)
    world.status = "UPDATE_IN_PROGRESS"
    world.look(fails=True)
    assert world.topic.subjects[0] == "a change is perhaps NOT watched"
    assert "move what is deployed often to another stack" in world.topic.sent[0]["Message"]


def test_looks_at_a_calm_change_read_one_page_of_events_each(world: WatchWorld) -> None:
    world.carry(world.deployed(30 * HOUR))
    others = [event(world.aws.now - at * 10 * MINUTE, "UPDATE_COMPLETE", "Other") for at in range(2_000)]
    world.events = sorted([*world.events, *others], key=lambda each: each["Timestamp"], reverse=True)
    world.events_per_page = 100
    world.look()
    first = world.pages_read
    world.look(5)
    assert world.pages_read == first + 5


@pytest.mark.sampled(every=2)
@pytest.mark.parametrize(
    ("share", "ago", "subject"),
    [
        (0.1, 8 * 24 * HOUR, "the change is UNPROVEN, please decide"),
        (1.0, 30 * HOUR, "the change has settled"),
    ],
)
def test_message_of_a_single_moment_that_is_not_sent_is_sent_by_a_later_look(
    world: WatchWorld, share: float, ago: timedelta, subject: str
) -> None:
    world.carry(world.deployed(ago), share=share)
    world.topic.refuses = True
    world.look(3, fails=True)
    assert world.topic.subjects == []
    world.topic.refuses = False
    world.look(3)
    assert world.topic.subjects == [subject]
    assert [each["title"].rpartition(": ")[2] for each in world.bus.of("Capacity Change Message")] == [
        subject
    ]


def test_veto_whose_message_is_not_sent_is_told_later_and_before_the_end(world: WatchWorld) -> None:
    throttled(world)
    world.topic.refuses = True
    world.look(fails=True)
    world.topic.refuses = False
    world.look(5)
    assert world.topic.subjects == [
        "throttles, its change is being taken back",
        "restored, the capacity is that of before the change",
    ]
