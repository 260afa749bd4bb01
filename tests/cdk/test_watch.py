"""``Watch`` is a public name, takes keywords alone, and refuses what it cannot do."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_sns as sns

import capacity_guard
from capacity_guard import GuardOptions, InputError, WatchSettings
from capacity_guard.cdk.watch import Watch
from capacity_guard.watch.options import WatchOptions

ARN = "arn:aws:sns:eu-west-1:111122223333:on-call"


def test_watch_is_public_and_an_option() -> None:
    assert capacity_guard.Watch is Watch
    assert GuardOptions(watch=Watch()).watch == Watch()
    assert GuardOptions().watch is None


def test_watch_when_given_what_it_does_not_know_is_refused() -> None:
    with pytest.raises(TypeError):
        Watch("rollback")  # type: ignore[call-arg]


def test_watch_when_given_nothing_rolls_back_and_tells_nobody() -> None:
    assert Watch().options == WatchOptions("rollback", False, WatchSettings())
    assert Watch().topic is None


def test_topic_when_given_as_construct_text_or_token_is_its_arn() -> None:
    topic = sns.Topic(cdk.Stack(), "OnCall")
    assert Watch(notify=topic).topic == topic.topic_arn
    assert Watch(notify=ARN).topic == ARN
    assert Watch(notify=cdk.Fn.import_value("OnCall")).topic is not None


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"on_veto": "nothing"}, "on_veto"),
        ({"on_veto": None}, "on_veto"),
        ({"later_wave": 1}, "later_wave"),
        ({"settings": {"loaded_minutes": 5}}, "settings"),
        ({"notify": "on-call"}, "notify"),
        ({"notify": f"{ARN}\n"}, "notify"),
        ({"notify": ARN.replace("sns:", "sns:\n")}, "notify"),
        ({"notify": f"{ARN} "}, "notify"),
        ({"notify": "arn:aws:sqs:eu-west-1:111122223333:on-call"}, "notify"),
        ({"notify": "arn:aws:sns:eu-west-1::on-call"}, "notify"),
        ({"notify": 7}, "notify"),
        ({"notify": cdk.Aws.NO_VALUE}, "notify"),
    ],
)
def test_watch_when_a_value_is_not_possible_names_its_field(given: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError, match=f"Watch.{field}"):
        Watch(**given)


@pytest.mark.parametrize("field", ["first_wave_hours", "later_wave_hours"])
def test_watch_that_would_settle_before_the_slow_veto_judges_is_refused(field: str) -> None:
    with pytest.raises(InputError) as raised:
        Watch(settings=WatchSettings(**{field: 0}))
    assert raised.value.location == f"WatchSettings.{field}"
    assert "Give at least 0.5 hours" in str(raised.value)
    Watch(settings=WatchSettings(**{field: 0.5}))


def test_topic_of_another_region_is_refused() -> None:
    made = cdk.App()
    here = cdk.Stack(made, "Here", env=cdk.Environment(account="111122223333", region="eu-west-1"))
    there = cdk.Stack(made, "There", env=cdk.Environment(account="111122223333", region="us-east-1"))
    for notify in (
        ARN.replace("eu-west-1", "us-east-1"),
        sns.Topic(there, "OnCall"),
        sns.Topic.from_topic_arn(here, "Known", ARN.replace("eu-west-1", "us-east-1")),
    ):
        with pytest.raises(
            InputError, match=r"^Orders: is a topic in us-east-1, and the stack is in eu-west-1"
        ):
            Watch(notify=notify).check_region(here, "Orders")


def test_topic_of_the_same_or_an_unknown_region_is_accepted() -> None:
    made = cdk.App()
    here = cdk.Stack(made, "Here", env=cdk.Environment(account="111122223333", region="eu-west-1"))
    anywhere = cdk.Stack(made, "Anywhere")
    for notify in (
        ARN,
        sns.Topic(here, "OnCall"),
        sns.Topic(anywhere, "OnCall"),
        cdk.Fn.import_value("OnCall"),
    ):
        Watch(notify=notify).check_region(here, "Orders")
        Watch(notify=notify).check_region(anywhere, "Orders")
    Watch().check_region(here, "Orders")
