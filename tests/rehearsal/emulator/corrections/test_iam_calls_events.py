"""Events on the emulator: a rule hands them on, and IAM judges source and bus of each."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from capacity_guard.rehearsal.emulator import Emulator
from capacity_guard.rollback.publisher import Publisher
from tests.builders.emulated_roles import allow, client_of, make_role
from tests.handlers.gate_world import NOW
from tests.rollback.scenes import sent_events
from tests.rollback.watch_world import SCHEMA

BUS = "arn:aws:events:*:000000000000:event-bus/default"
OWN = {"StringEquals": {"events:source": "capacity-guard"}}


def queue_of(emulator: Emulator) -> str:
    """A queue that gets every event of the guard by a rule, as a person would wire it."""
    sqs, events = emulator.client("sqs"), emulator.client("events")
    url = str(sqs.create_queue(QueueName="guard")["QueueUrl"])
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name="guard", EventPattern=json.dumps({"source": ["capacity-guard"]}))
    events.put_targets(Rule="guard", Targets=[{"Id": "1", "Arn": arn}])
    return url


def received(emulator: Emulator, url: str) -> list[dict[str, Any]]:
    answer = emulator.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    return [json.loads(message["Body"]) for message in answer.get("Messages", [])]


@pytest.mark.slow
def test_events_of_a_watch_reach_a_queue_and_are_as_documented(iam_emulator: Emulator) -> None:
    url = queue_of(iam_emulator)
    role = make_role(iam_emulator, "watch", [allow("events:PutEvents", BUS, Condition=OWN)])
    events = sent_events("taken_back_and_restored")
    assert Publisher(client_of(iam_emulator, role, "events")).put(events, NOW)
    found = received(iam_emulator, url)
    assert sorted(event["detail-type"] for event in found) == sorted(kind for kind, _ in events)[:10]
    for event in found:
        SCHEMA.validate({name: event[name] for name in ("source", "detail-type", "detail")})


def test_role_of_the_watch_puts_no_event_of_another_source(iam_emulator: Emulator) -> None:
    role = make_role(iam_emulator, "watch", [allow("events:PutEvents", BUS, Condition=OWN)])
    client = client_of(iam_emulator, role, "events")
    own = {"Source": "capacity-guard", "DetailType": "x", "Detail": "{}"}
    for entries in (
        [{**own, "Source": "shop"}],
        [own, {**own, "Source": "shop"}],
        [{**own, "EventBusName": "b"}],
    ):
        assert not Publisher(_Raw(client, entries)).put([("x", {})], NOW)
    assert client.put_events(Entries=[own])["FailedEntryCount"] == 0


class _Raw:
    """A client that puts other entries than it is asked to."""

    def __init__(self, client: Any, entries: list[dict[str, str]]) -> None:
        self._client, self._entries = client, entries

    def put_events(self, **_: Any) -> Any:
        return self._client.put_events(Entries=self._entries)


def test_schema_refuses_what_is_no_event_of_the_guard() -> None:
    assert not SCHEMA.is_valid({"source": "capacity-guard", "detail-type": "x", "detail": {}})
    jsonschema.Draft202012Validator.check_schema(SCHEMA.schema)
