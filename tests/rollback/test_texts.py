"""What people are told, letter by letter: ``tests/rollback/kept/messages.txt`` has every message."""

from __future__ import annotations

import re

import pytest

from capacity_guard.capacity.reasons import Reason

from .scenes import SCENES, TEXTS, Scene, sent


@pytest.mark.slow
def test_messages_are_those_that_were_reviewed() -> None:
    assert TEXTS.made("messages") == TEXTS.kept("messages")


@pytest.mark.slow
def test_messages_cover_every_reason_of_the_watch() -> None:
    told = {
        request["MessageAttributes"]["reason"]["StringValue"] for scene in SCENES for request in sent(scene)
    }
    first = list(Reason).index(Reason.TAKEN_BACK)
    without_a_message = {Reason.PERSON_DECIDED, Reason.STAGE}
    assert told == {reason.code for reason in list(Reason)[first:] if reason not in without_a_message}


@pytest.mark.sampled(every=2)
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_message_fits_the_limits_and_says_what_a_person_needs(scene: Scene) -> None:
    for request in sent(scene):
        subject, body = request["Subject"], request["Message"]
        assert subject.isascii()
        assert subject[0].isalnum()
        assert len(subject) < 100
        assert len(body.encode()) < 262_144
        assert "\nWHAT HAPPENED\n" in body
        assert "\nWHAT THE GUARD DID\n" in body
        assert "\nWHAT TO LOOK AT\n" in body
        assert re.search(r"\nRUNBOOK\ncapacity-guard runbook [a-z-]+  \(docs/runbooks/[a-z-]+\.md\)$", body)
        assert not re.search(r"\d\d:\d\d(?! UTC|:|\d)", body), "a time without UTC"
        assert "TABLE" not in body, "a place holder that nobody filled in"
