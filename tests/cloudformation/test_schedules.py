"""Scheduled actions in a template."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from capacity_guard.capacity import Dimension, InputError
from capacity_guard.capacity.scheduled_action import ScheduledAction
from capacity_guard.cloudformation.schedules import read_scheduled_actions
from tests.builders.template_tables import PROVISIONED, deployed, template_of

NIGHT = {
    "ScheduledActionName": "night",
    "Schedule": "cron(0 20 * * ? *)",
    "ScalableTargetAction": {"MinCapacity": 20, "MaxCapacity": "40"},
}


def target(*actions: Any, index: str | None = None, access: str = "Write", **changes: Any) -> dict[str, Any]:
    resource = ["table/", {"Ref": "Orders"}, *([] if index is None else [f"/index/{index}"])]
    return {
        "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
        "Properties": {
            "ResourceId": {"Fn::Join": ["", resource]},
            "ScalableDimension": f"dynamodb:{'table' if index is None else 'index'}:{access}CapacityUnits",
            "MinCapacity": 5,
            "MaxCapacity": 50,
            "ScheduledActions": list(actions),
            **changes,
        },
    }


def read(**resources: Any) -> tuple[ScheduledAction, ...]:
    return read_scheduled_actions(deployed(template_of(PROVISIONED, resources=resources)), "Orders")


def test_actions_of_each_target_are_read_with_their_dimension() -> None:
    once = {
        "ScheduledActionName": "once",
        "Schedule": "at(2026-07-10T07:00:00)",
        "Timezone": "Europe/Vienna",
        "StartTime": "2026-07-09T06:00:00Z",
        "EndTime": "2026-07-11T06:00:00+02:00",
        "ScalableTargetAction": {"MinCapacity": 7},
    }
    assert read(Index=target(once, index="by_day", access="Read"), Table=target(NIGHT)) == (
        ScheduledAction(
            Dimension("by_day", "read"),
            "once",
            "at(2026-07-10T07:00:00)",
            "Europe/Vienna",
            7,
            None,
            datetime(2026, 7, 9, 6, tzinfo=UTC),
            datetime(2026, 7, 11, 4, tzinfo=UTC),
        ),
        ScheduledAction(Dimension(None, "write"), "night", "cron(0 20 * * ? *)", None, 20, 40),
    )


def test_target_without_actions_and_one_of_another_table_have_none() -> None:
    assert read(Table=target()) == ()
    assert read(Table=target(NIGHT, ResourceId="table/carts")) == ()


@pytest.mark.parametrize(
    "broken",
    [
        {**NIGHT, "Schedule": None},
        {**NIGHT, "StartTime": "tomorrow"},
        {**NIGHT, "ScalableTargetAction": {"MinCapacity": {"Ref": "Nobody"}}},
    ],
    ids=["no schedule", "no time", "no number"],
)
def test_action_that_cannot_be_read_is_an_error(broken: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        read(Table=target(broken))
