"""Every message of the watch as it is published, in one file to review: ``python -m tests.rollback.scenes --write``."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from capacity_guard.capacity import InputError
from capacity_guard.handlers.aws_error import AwsError
from capacity_guard.rollback.people import Decision, decide, find_watched_table
from capacity_guard.watch.options import WatchOptions
from capacity_guard.watch.states import Event
from tests.builders.kept_texts import KeptTexts
from tests.fakes.models import client_error
from tests.handlers.gate_world import TABLE_NAME, replace_clock

from .gate_events import gated, own_update
from .lowered import lowered_world
from .watch_world import BAKE, HOUR, MINUTE, TABLE, WatchWorld
from .world import HOLD

Scene = Callable[[pytest.MonkeyPatch], WatchWorld]


def _world(patch: pytest.MonkeyPatch, options: WatchOptions | None = None) -> WatchWorld:
    world = WatchWorld(options)
    replace_clock(patch, lambda: world.aws.now)
    return world


def _throttled(patch: pytest.MonkeyPatch, options: WatchOptions | None = None) -> WatchWorld:
    world = _world(patch, options)
    world.carry(world.deployed(HOUR))
    world.throttle(5, 6)
    return world


def taken_back_and_restored(patch: pytest.MonkeyPatch) -> WatchWorld:
    world = _throttled(patch)
    world.look(6)
    return world


def lowered_and_restored(patch: pytest.MonkeyPatch) -> WatchWorld:
    world = lowered_world()
    replace_clock(patch, lambda: world.aws.now)
    world.throttle(5, 6, key="table", metric="Read")
    world.throttle(5, 6, key="table", metric="ReadProvisionedThroughput")
    world.look(6)
    return world


def update_that_failed(patch: pytest.MonkeyPatch) -> WatchWorld:
    world = _throttled(patch)
    world.ends = "UPDATE_ROLLBACK_COMPLETE"
    world.look(4)
    return world


def update_that_failed_three_times(patch: pytest.MonkeyPatch) -> WatchWorld:
    world = _throttled(patch)
    world.ends = "UPDATE_ROLLBACK_COMPLETE"
    for minutes in (0, 16, 31, 2):
        world.pass_time(timedelta(minutes=minutes))
        world.look()
    return world


def update_that_is_refused(patch: pytest.MonkeyPatch) -> WatchWorld:
    world = _throttled(patch)
    world.refusals = ["User is not authorized to perform: cloudformation:UpdateStack"] * 5
    world.look()
    return world


def stack_policy_unreadable(patch: pytest.MonkeyPatch) -> WatchWorld:
    world = _throttled(patch)
    world.policy = "{"
    world.look()
    return world


def pages_only(patch: pytest.MonkeyPatch) -> WatchWorld:
    world = _throttled(patch, WatchOptions("page"))
    world.look()
    return world


def paused(patch: pytest.MonkeyPatch) -> WatchWorld:
    world = _world(patch)
    world.carry(world.deployed(HOUR))
    world.look()
    found = find_watched_table(world.person(), TABLE_NAME)
    decision = Decision(Event.PAUSED, "alice", "a client retries", world.aws.now, 4 * HOUR)
    decide(world.person(), found, decision)
    world.throttle(5, 6)
    world.look()
    return world


def capacity_of_before_too_small(patch: pytest.MonkeyPatch) -> WatchWorld:
    world = _world(patch)
    world.carry(world.deployed(HOUR), share=1.5)
    world.throttle(5, 6)
    world.look()
    return world


def no_way_back(patch: pytest.MonkeyPatch) -> WatchWorld:
    world = _throttled(patch)
    world.body["Conditions"] = {}
    world.look()
    return world


def hot_key(patch: pytest.MonkeyPatch) -> WatchWorld:
    world = lowered_world()
    replace_clock(patch, lambda: world.aws.now)
    world.throttle(5, 6, key="table", metric="Read")
    world.throttle(5, 6, key="table", metric="ReadKeyRangeThroughput")
    world.look()
    return world


def operation_runs(patch: pytest.MonkeyPatch) -> WatchWorld:
    world = _throttled(patch)
    world.status = "UPDATE_IN_PROGRESS"
    world.look()
    return world


def own_deployment_runs(patch: pytest.MonkeyPatch) -> WatchWorld:
    world = gated(patch)
    own_update(world)
    world.look()
    return world


def throttles_slowly(patch: pytest.MonkeyPatch) -> WatchWorld:
    world = _world(patch)
    world.carry(world.deployed(8 * HOUR), share=0.5)
    world.throttle(*range(2, 400, 4), events=60_000)
    world.look()
    return world


def metrics_missing(patch: pytest.MonkeyPatch) -> WatchWorld:
    world = _world(patch)
    began = world.deployed(HOUR)
    world.carry(began, until=began + 20 * MINUTE)
    world.throttle()
    world.look()
    return world


def settled(patch: pytest.MonkeyPatch) -> WatchWorld:
    world = _world(patch)
    world.carry(world.deployed(30 * HOUR))
    world.look()
    return world


def unproven(patch: pytest.MonkeyPatch) -> WatchWorld:
    world = _world(patch)
    world.carry(world.deployed(timedelta(days=8)), share=0.1)
    world.look()
    return world


def table_gone(patch: pytest.MonkeyPatch) -> WatchWorld:
    world = _throttled(patch)
    world.owned = False
    world.look()
    return world


def read_denied(patch: pytest.MonkeyPatch) -> WatchWorld:
    world = _throttled(patch)
    world.aws.fail(
        "dynamodb:DescribeTable", client_error("DescribeTable", "AccessDenied", "not authorized", 403)
    )
    world.look(fails=True)
    return world


def bake_unreadable(patch: pytest.MonkeyPatch) -> WatchWorld:
    world = _throttled(patch)
    world.body["Resources"][BAKE]["Properties"]["Plan"] = "of tomorrow"
    world.look(fails=True)
    return world


def stack_unreadable(patch: pytest.MonkeyPatch) -> WatchWorld:
    def refuse(self: object, request: object) -> None:
        raise client_error("DescribeStacks", "AccessDenied", "not authorized", 403)

    world = _throttled(patch)
    patch.setattr("tests.rollback.world._CloudFormation.do_describe_stacks", refuse)
    with pytest.raises(AwsError):
        world.look()
    return world


def template_unreadable(patch: pytest.MonkeyPatch) -> WatchWorld:
    world = _throttled(patch)
    world.body = "no template: ["
    with pytest.raises(InputError):
        world.look()
    return world


def running_update_unreadable(patch: pytest.MonkeyPatch) -> WatchWorld:
    def refuse(self: object, stack: str) -> None:
        raise AwsError("cloudformation:DescribeStackEvents of stack", "denied", "not authorized")

    world = _world(patch)
    world.carry(world.deployed(HOUR))
    world.status = "UPDATE_IN_PROGRESS"
    patch.setattr("capacity_guard.rollback.calls.RollbackAws.running_events", refuse)
    world.look(fails=True)
    return world


def hold_cannot_be_written(patch: pytest.MonkeyPatch) -> WatchWorld:
    world = _throttled(patch)
    world.aws.fail("ssm:PutParameter", client_error("PutParameter", "AccessDenied", "not authorized", 403))
    world.look(fails=True)
    return world


def journal_denied(patch: pytest.MonkeyPatch) -> WatchWorld:
    world = _world(patch)
    world.carry(world.deployed(HOUR))
    world.journals.refuses = ["AccessDeniedException"]
    world.look()
    return world


def journal_damaged(patch: pytest.MonkeyPatch) -> WatchWorld:
    world = _world(patch)
    world.carry(world.deployed(HOUR))
    world.journals.items[TABLE] = {"table": {"S": TABLE}, "version": {"N": "3"}, "journal": {"S": "{"}}
    world.look()
    return world


def journal_not_written(patch: pytest.MonkeyPatch) -> WatchWorld:
    def refuse(**request: Any) -> None:
        raise client_error("PutItem", "AccessDeniedException", "not authorized", 400)

    world = _world(patch)
    world.carry(world.deployed(HOUR))
    patch.setattr(world.journals, "put_item", refuse)
    world.look(4)
    return world


def hold_missing(patch: pytest.MonkeyPatch) -> WatchWorld:
    world = _world(patch)
    world.carry(world.deployed(HOUR))
    del world.aws.ssm.parameters[HOLD]
    world.look()
    return world


SCENES: tuple[Scene, ...] = (
    taken_back_and_restored,
    lowered_and_restored,
    update_that_failed,
    update_that_failed_three_times,
    update_that_is_refused,
    stack_policy_unreadable,
    pages_only,
    paused,
    capacity_of_before_too_small,
    no_way_back,
    hot_key,
    operation_runs,
    own_deployment_runs,
    throttles_slowly,
    metrics_missing,
    hold_missing,
    settled,
    unproven,
    table_gone,
    read_denied,
    bake_unreadable,
    stack_unreadable,
    template_unreadable,
    running_update_unreadable,
    hold_cannot_be_written,
    journal_denied,
    journal_damaged,
    journal_not_written,
)


def bus_of(scene: Scene) -> WatchWorld:
    """The world after a scene."""
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()):
        return scene(patch)


def sent(scene: Scene) -> list[dict[str, Any]]:
    """What a scene publishes."""
    return bus_of(scene).topic.sent


def sent_events(name: str) -> list[tuple[str, dict[str, Any]]]:
    """Kind and detail of the events of a scene."""
    (scene,) = (each for each in SCENES if each.__name__ == name)
    return [(entry["detail-type"], entry["detail"]) for entry in bus_of(scene).bus.entries]


def messages() -> Iterator[str]:
    """The messages of all scenes."""
    for scene in SCENES:
        for request in sent(scene):
            attributes = {name: value["StringValue"] for name, value in request["MessageAttributes"].items()}
            yield f"======== {scene.__name__.replace('_', ' ')}"
            yield f"Subject: {request['Subject']}"
            yield f"Attributes: {', '.join(f'{name}={value}' for name, value in attributes.items())}"
            yield ""
            yield request["Message"]
            yield ""


TEXTS = KeptTexts(Path(__file__).parent / "kept", {"messages": messages})
main = TEXTS.main

if __name__ == "__main__":
    main(*sys.argv[1:])
