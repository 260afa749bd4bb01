"""A veto, compared with an unchanged cell of the app in the same account and Region."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from capacity_guard.capacity import AutoScaling, Provisioned, Rollout
from capacity_guard.rollback.control import NONE_FOUND
from capacity_guard.watch.control import METADATA, Control
from capacity_guard.watch.options import WatchOptions
from capacity_guard.watch.states import Event, State
from tests.fakes.models import client_error
from tests.handlers.gate_world import (
    EVENING,
    INDEX,
    ON_DEMAND,
    PROVISIONED,
    a_plan,
    in_the_evening,
    replace_clock,
    set_capacity,
)

from .watch_world import BAKE, FINGERPRINT, HOUR, MINUTE, WatchWorld

CELL = "Conversations-CELL2"


class ControlWorld(WatchWorld):
    """The changed cell, and an unchanged one with the same traffic."""

    def __init__(self, options: WatchOptions | None = None, **control: Any) -> None:
        super().__init__(options)
        self.aws.guarded = "Conversations-*"
        self.aws.dynamodb.new_table(CELL)
        self.of_control(lambda: set_capacity(self.aws, PROVISIONED))
        plan = a_plan(ON_DEMAND)
        peaks = {
            dimension: peak.units
            for dimension in PROVISIONED.dimensions()
            if (peak := plan.evidence.peak(dimension)) is not None
        }
        self.control = Control(
            "Conversations in cell-2", "cell-2", "ConversationsTable", CELL, PROVISIONED, peaks, {}
        )
        written = {**self.control.to_json(), **control}
        self.body["Resources"][BAKE]["Metadata"] = {METADATA: written}

    def of_control(self, act: Any) -> None:
        """Do something to the control's table."""
        targets, policies, name = self.aws.targets, self.aws.policies, self.aws.name
        self.aws.name = CELL
        try:
            act()
            self.aws.targets, self.aws.policies = (
                [*targets, *self.aws.targets],
                [*policies, *self.aws.policies],
            )
        finally:
            self.aws.name = name

    def restore(self) -> None:
        """What CloudFormation does with the changed table; the scaling of the control stays."""
        targets, policies = list(self.aws.targets), list(self.aws.policies)
        super().restore()
        self.aws.targets = [*self.aws.targets, *(each for each in targets if CELL in each["ResourceId"])]
        self.aws.policies = [*self.aws.policies, *(each for each in policies if CELL in each["ResourceId"])]

    def carry_both(self, share: float = 1.0, of_control: float = 1.0) -> None:
        began = self.deployed(HOUR)
        self.carry(began, share)
        self.of_control(lambda: self.carry(began, of_control))

    def throttle_control(self, *ago: int, **given: Any) -> None:
        self.of_control(lambda: self.throttle(*ago, **given))


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> ControlWorld:
    return made(monkeypatch)


def made(
    monkeypatch: pytest.MonkeyPatch, options: WatchOptions | None = None, **control: Any
) -> ControlWorld:
    world = ControlWorld(options, **control)
    replace_clock(monkeypatch, lambda: world.aws.now)
    world.carry_both()
    world.throttle(5, 6, events=60_000)
    return world


def assert_taken_back(world: WatchWorld) -> str:
    """The change is held and being restored; returns the message."""
    assert world.held == FINGERPRINT
    assert len(world.updates) == 1
    assert world.topic.subjects[0] == "throttles, its change is being taken back"
    return str(world.topic.sent[0]["Message"])


def test_veto_of_the_changed_cell_alone_is_attributed_to_the_change(world: ControlWorld) -> None:
    world.look()
    said = assert_taken_back(world)
    assert "Compared with an unchanged cell: Conversations in cell-2 had 100% of its recorded peak" in said
    assert "So the change is the likely cause" in said
    assert "So the change is the likely cause" in world.journal.entries[-1].reason


def test_veto_of_both_cells_is_told_as_such_and_taken_back(world: ControlWorld) -> None:
    world.throttle_control(5, 6, events=60_000)
    world.look()
    said = assert_taken_back(world)
    assert "An unchanged cell throttled in the same minutes too: Conversations in cell-2" in said


def test_veto_of_both_cells_only_pages_where_that_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    world = made(monkeypatch, WatchOptions(on_common_veto="page"))
    world.throttle_control(5, 6, events=60_000)
    world.look(3)
    assert world.held == "none"
    assert world.topic.subjects == ["throttles, and is NOT taken back"]
    said = world.topic.sent[0]["Message"]
    assert 'on_common_veto="page" asks for a person where an unchanged cell throttles too' in said
    assert "An unchanged cell throttled in the same minutes too" in said
    assert world.journal.state is State.WATCHING
    assert world.journal.entries[-1].event is Event.PAGED


def test_veto_of_the_changed_cell_alone_is_taken_back_where_a_common_one_only_pages(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = made(monkeypatch, WatchOptions(on_common_veto="page"))
    world.look()
    assert "So the change is the likely cause" in assert_taken_back(world)


def test_app_without_an_unchanged_cell_says_before_and_after_only(monkeypatch: pytest.MonkeyPatch) -> None:
    world = WatchWorld(WatchOptions(on_common_veto="page"))
    replace_clock(monkeypatch, lambda: world.aws.now)
    world.carry(world.deployed(HOUR))
    world.throttle(5, 6)
    world.look()
    assert f"Compared is before and after only: {NONE_FOUND}." in assert_taken_back(world)


def in_transition(world: ControlWorld) -> None:
    world.aws.dynamodb.tables[CELL].resources["table"].status = "UPDATING"


def changed_too(world: ControlWorld) -> None:
    world.of_control(lambda: set_capacity(world.aws, ON_DEMAND))


def switched_back(world: ControlWorld) -> None:
    world.aws.dynamodb.tables[CELL].last_switch = world.aws.now - 20 * MINUTE


def hot_key(world: ControlWorld) -> None:
    world.throttle_control(5, 6, events=60_000)
    world.throttle_control(5, 6, events=60_000, metric="WriteKeyRangeThroughput")


def throttled_before(world: ControlWorld) -> None:
    world.throttle_control(30, 31, 5, 6, events=60_000)


def idle(world: ControlWorld) -> None:
    world.carry_both(of_control=0.1)
    world.throttle(5, 6, events=60_000)


def missing(world: ControlWorld) -> None:
    del world.aws.dynamodb.tables[CELL]


def without_metrics(world: ControlWorld) -> None:
    for metric, series in world.aws.metrics.items():
        if ("TableName", CELL) in metric[1]:
            series.clear()


def denied(world: ControlWorld) -> None:
    refusal = client_error("DescribeTable", "AccessDeniedException", "not authorized", 400)
    describe = world.aws.dynamodb.describe_table

    def refuse(request: Any) -> Any:
        if request["TableName"] == CELL:
            raise refusal
        return describe(request)

    world.aws.dynamodb.describe_table = refuse  # type: ignore[method-assign]


def without_index(world: ControlWorld) -> None:
    del world.aws.dynamodb.tables[CELL].resources[INDEX]


@pytest.mark.parametrize(
    ("befalls", "why"),
    [
        (in_transition, "is being changed, too: table is UPDATING"),
        (changed_too, "was changed, too: billing mode is PAY_PER_REQUEST"),
        (switched_back, "was switched at 15:40 UTC"),
        (hot_key, "throttled for a cause of its own, a hot key"),
        (throttled_before, "for a cause of its own"),
        (idle, "had no comparable load, 10% of its recorded peak"),
        (missing, "Conversations in cell-2 is gone"),
        (without_metrics, "the metrics of Conversations in cell-2 are missing"),
        (without_index, "has no index by_agent"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
@pytest.mark.parametrize("on_common_veto", ["rollback", "page"])
def test_control_that_is_none_is_told_and_stops_no_rollback(
    monkeypatch: pytest.MonkeyPatch, befalls: Any, why: str, on_common_veto: Any
) -> None:
    world = made(monkeypatch, WatchOptions(on_common_veto=on_common_veto))
    befalls(world)
    world.look()
    said = assert_taken_back(world)
    assert "Compared is before and after only: " in said
    assert why in said


@pytest.mark.parametrize(
    ("metadata", "why"),
    [
        (
            {"none": "cell-2, which Watch names, is in transition too"},
            "which Watch names, is in transition too.",
        ),
        ({"label": 5}, "the control in the template cannot be read"),
        ("text", "the control in the template cannot be read"),
        ([], "the control in the template cannot be read"),
    ],
)
def test_control_that_the_template_does_not_have_is_told(
    world: ControlWorld, metadata: Any, why: str
) -> None:
    world.body["Resources"][BAKE]["Metadata"] = {METADATA: metadata}
    world.look()
    said = assert_taken_back(world)
    assert f"Compared is before and after only: {why}" in said or why in said


@pytest.mark.sampled(every=10)
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("call", range(8, 24))
@pytest.mark.parametrize("on_common_veto", ["rollback", "page"])
def test_process_that_dies_while_it_compares_leaves_what_the_next_look_completes(
    monkeypatch: pytest.MonkeyPatch, call: int, after: bool, on_common_veto: Any
) -> None:
    world = made(monkeypatch, WatchOptions(on_common_veto=on_common_veto))
    with world.dies(call, after=after):
        world.look()
    world.look(8)
    assert world.held == FINGERPRINT
    assert world.aws.mode == PROVISIONED.billing_mode.value
    assert len(world.updates) == 1


def test_rollback_does_not_wait_for_the_control(world: ControlWorld) -> None:
    """The update is started before the first call to the other cell."""
    seen: list[int] = []
    describe = world.aws.dynamodb.describe_table

    def note(request: Any) -> Any:
        if request["TableName"] == CELL:
            seen.append(len(world.updates))
        return describe(request)

    world.aws.dynamodb.describe_table = note  # type: ignore[method-assign]
    world.look()
    assert seen == [1]


def test_slow_veto_is_compared_too(monkeypatch: pytest.MonkeyPatch) -> None:
    world = ControlWorld()
    replace_clock(monkeypatch, lambda: world.aws.now)
    began = world.deployed(8 * HOUR)
    world.carry(began, 0.5)
    world.of_control(lambda: world.carry(began, 0.5))
    world.throttle(*range(2, 400, 4), events=60_000)
    world.look()
    assert world.topic.subjects == ["throttles for hours, please decide"]
    assert "Conversations in cell-2 had 50% of its recorded peak" in world.topic.sent[0]["Message"]


def test_calm_change_reads_nothing_of_the_control(world: ControlWorld) -> None:
    world.aws.series("WriteThrottleEvents", INDEX).clear()
    world.look(3)
    assert not world.topic.sent
    assert CELL not in {given.get("TableName") for _, given in world.aws.calls}


def test_control_named_by_cloudformation_is_asked_of_its_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    world = made(monkeypatch, table_name=None)
    world.cells["cell-2"] = CELL
    world.look()
    assert "So the change is the likely cause" in assert_taken_back(world)


def test_control_whose_stack_is_gone_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    world = made(monkeypatch, table_name=None)
    world.look()
    assert "Conversations in cell-2 is gone" in assert_taken_back(world)


def test_control_whose_minimum_a_schedule_has_raised_is_unchanged(monkeypatch: pytest.MonkeyPatch) -> None:
    world = made(monkeypatch, schedules=[EVENING.to_json()])
    world.of_control(lambda: in_the_evening(world.aws, CELL))
    world.look()
    assert "So the change is the likely cause" in assert_taken_back(world)


def test_control_that_was_recorded_with_bounds_of_its_own_is_unchanged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert isinstance(PROVISIONED.table, Provisioned)
    by_hand = replace(PROVISIONED, table=replace(PROVISIONED.table, write=AutoScaling(7_000, 9_000, 70)))
    world = made(monkeypatch, live=by_hand.to_json())
    world.of_control(lambda: set_capacity(world.aws, by_hand))
    world.look()
    assert "So the change is the likely cause" in assert_taken_back(world)


def test_threshold_of_the_rollout_is_what_the_comparison_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    world = made(monkeypatch)
    plan = a_plan(ON_DEMAND, rollout=Rollout(alarm_threshold=30_000))
    world.body["Resources"][BAKE]["Properties"]["Plan"] = plan.of_bake().to_property()
    world.throttle_control(5, 6, events=60_000)
    world.look()
    # 30,000 of 60,000 events a minute count in this cell, and all in the other one
    assert "11.5% of its demand (6.1% here)" in assert_taken_back(world)
