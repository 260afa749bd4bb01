"""The actions that the code of a guard's alarms gives them."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns

from capacity_guard.nag.alarm_actions import declared_actions
from tests.builders.guarded import app, table


def test_actions_that_the_code_gives_are_listed_by_alarm() -> None:
    stack = cdk.Stack(app(), "S")
    guarded = table(stack)
    assert declared_actions(guarded.guard) == {"table": (), "index/by_agent": ()}
    topic = actions.SnsAction(
        sns.Topic.from_topic_arn(stack, "Topic", "arn:aws:sns:eu-west-1:111122223333:x")
    )
    guarded.rollback_alarms["table"].add_alarm_action(topic)
    guarded.rollback_alarms["table"].add_ok_action(topic)
    guarded.rollback_alarms["index/by_agent"].add_insufficient_data_action(topic)
    assert declared_actions(guarded.guard) == {
        "table": ("AlarmActions", "OKActions"),
        "index/by_agent": ("InsufficientDataActions",),
    }
