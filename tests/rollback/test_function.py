"""The entry point of the function: what it needs of its environment, and that it works with the shipped code alone."""

from __future__ import annotations

from typing import Any

import pytest

from capacity_guard.rollback import function
from tests.handlers.gate_world import STACK_ID, replace_clock

from .watch_world import FINGERPRINT, HOUR, WatchWorld

ALARM = {
    "source": "aws.cloudwatch",
    "detail-type": "CloudWatch Alarm State Change",
    "detail": {"state": {"value": "ALARM"}},
}


@pytest.mark.parametrize("event", [{"detail-type": "Scheduled Event"}, ALARM, {}])
def test_event_of_any_kind_is_a_look(event: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    world = WatchWorld()
    replace_clock(monkeypatch, lambda: world.aws.now)
    world.carry(world.deployed(HOUR))
    world.throttle(5, 6)
    monkeypatch.setattr(function, "_watcher", world.watcher)
    function.handler(event)
    assert world.held == FINGERPRINT


def test_watcher_takes_stack_journals_and_topic_from_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (
        (function.STACK, STACK_ID),
        (function.JOURNALS, "Journals-1"),
        (function.TOPIC, "arn:aws:sns:eu-west-1:111122223333:on-call"),
        ("AWS_DEFAULT_REGION", "eu-west-1"),
    ):
        monkeypatch.setenv(name, value)
    made = function._watcher.__wrapped__()
    assert made.stack == STACK_ID
    monkeypatch.delenv(function.TOPIC)
    assert function._watcher.__wrapped__().pager._client is None
