"""The messages about what cannot be read or written; ``kept/messages.txt`` has them letter by letter."""

from __future__ import annotations

from capacity_guard.capacity.reasons import Reason
from capacity_guard.rollback import unread_texts


def test_veto_that_cannot_be_continued_says_what_throttles_and_what_failed() -> None:
    told = unread_texts.not_continued("index a throttled", "s:Call was denied")
    assert told.reason is Reason.NOT_TAKEN_BACK
    assert told.happened == ["Index a throttled."]
    assert told.did[0] == "It could not continue: s:Call was denied."


def test_journal_that_is_damaged_and_one_that_is_left_have_other_steps() -> None:
    lost, left = (unread_texts.journal_unread("denied", is_lost=is_lost) for is_lost in (True, False))
    assert (
        lost.reason is left.reason is unread_texts.journal_unwritten("denied").reason is Reason.JOURNAL_UNREAD
    )
    assert lost.name == left.name != unread_texts.journal_unwritten("denied").name
    assert "written anew" in lost.did[1]
    assert "left as it is" in left.did[1]
    assert lost.then != left.then


def test_change_that_cannot_be_watched_says_why() -> None:
    assert unread_texts.not_watched("s:Call was denied.").happened == [
        "The watch cannot continue: s:Call was denied."
    ]
