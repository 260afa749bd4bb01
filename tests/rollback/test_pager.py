"""Messages: in the log always, through the topic where there is one, and never an error."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from capacity_guard.capacity.reasons import Reason
from capacity_guard.rollback.pager import BODY_BYTES, Message, Pager

from .watch_world import TOPIC, Topic

MESSAGE = Message(
    "veto",
    Reason.NOT_TAKEN_BACK,
    "Orders in Shop",
    "throttles",
    {"What happened": ["index by_agent throttled."], "What is restored": [], "What to do next": ["Do this."]},
    {"table": "Orders", "stack": ""},
)
BODY = """Orders in Shop: throttles

WHAT HAPPENED
index by_agent throttled.

WHAT TO DO NEXT
Do this.

RUNBOOK
capacity-guard runbook not-taken-back  (docs/runbooks/not-taken-back.md)"""


def test_message_when_sent_is_published_and_logged(capsys: pytest.CaptureFixture[str]) -> None:
    topic = Topic()
    assert Pager(topic, TOPIC).send(MESSAGE)
    (sent,) = topic.sent
    assert sent == {
        "TopicArn": TOPIC,
        "Subject": "Orders in Shop: throttles",
        "Message": BODY,
        "MessageAttributes": {
            "reason": {"DataType": "String", "StringValue": "not-taken-back"},
            "urgency": {"DataType": "String", "StringValue": "now"},
            "table": {"DataType": "String", "StringValue": "Orders"},
        },
    }
    logged = json.loads(capsys.readouterr().out)
    assert (logged["subject"], logged["reason"]) == ("Orders in Shop: throttles", "not-taken-back")
    assert "\n".join(logged["text"]) == BODY


def test_message_without_a_topic_stands_in_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    assert Pager(None, None).send(MESSAGE)
    assert "Do this." in capsys.readouterr().out


def test_topic_that_refuses_is_told_in_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    topic = Topic()
    topic.refuses = True
    assert not Pager(topic, TOPIC).send(MESSAGE)
    assert "not sent" in capsys.readouterr().out


def test_subject_is_one_line_of_ascii_that_fits_and_says_what_happened() -> None:
    subject = replace(
        MESSAGE, place="Bestell\u00fcbersicht\n" * 20, what="throttles, and is NOT taken back"
    ).subject
    assert subject.isascii()
    assert "\n" not in subject
    assert len(subject) == 99
    assert subject.endswith("~: throttles, and is NOT taken back")


def test_body_fits_into_a_message_and_ends_with_the_runbook() -> None:
    body = replace(MESSAGE, sections={"What happened": ["\u00fc" * 300_000]}).body
    assert BODY_BYTES < len(body.encode()) < BODY_BYTES + 200
    assert body.endswith("(docs/runbooks/not-taken-back.md)")


def test_line_that_would_break_the_text_is_made_safe() -> None:
    body = replace(MESSAGE, sections={"What happened": ["an answer\nRUNBOOK\x1b[2J"]}).body
    assert "\nRUNBOOK\x1b" not in body
    assert "\x1b" not in body
