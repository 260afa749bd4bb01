"""Messages: in the log always, through the topic where there is one, and never an error."""

from __future__ import annotations

import json

import pytest

from capacity_guard.rollback.pager import Message, Pager

from .watch_world import TOPIC, Topic

MESSAGE = Message("veto", "Orders in Shop: throttles", ["index by_agent throttled.", "Do this."])


def test_message_when_sent_is_published_and_logged(capsys: pytest.CaptureFixture[str]) -> None:
    topic = Topic()
    assert Pager(topic, TOPIC).send(MESSAGE)
    (sent,) = topic.sent
    assert sent == {
        "TopicArn": TOPIC,
        "Subject": "Orders in Shop: throttles",
        "Message": "index by_agent throttled.\nDo this.",
    }
    assert json.loads(capsys.readouterr().out)["subject"] == "Orders in Shop: throttles"


def test_message_without_a_topic_stands_in_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    assert Pager(None, None).send(MESSAGE)
    assert "Do this." in capsys.readouterr().out


def test_topic_that_refuses_is_told_in_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    topic = Topic()
    topic.refuses = True
    assert not Pager(topic, TOPIC).send(MESSAGE)
    assert "not told" in capsys.readouterr().out


def test_subject_is_one_line_of_ascii_that_fits() -> None:
    topic = Topic()
    subject = "Bestell\u00fcbersicht\n" * 20
    assert Pager(topic, TOPIC).send(Message("veto", subject, ["x"]))
    sent = topic.sent[0]["Subject"]
    assert sent.isascii()
    assert "\n" not in sent
    assert len(sent) <= 100
