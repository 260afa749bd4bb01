"""The texts of the watch's messages about what it cannot read or write."""

from __future__ import annotations

from ..capacity.reasons import Reason
from .told import Told, sentence

_IN_FORCE = ["Nothing. The new capacity is in force."]


def not_watched(error: str) -> Told:
    """A change cannot be watched."""
    return Told(
        "blind",
        Reason.NOT_WATCHED,
        "the change is NOT watched",
        [sentence(f"The watch cannot continue: {error}")],
        ["It sent this message. Each look, every two minutes, tries again."],
        ["Nothing. The change is in force, unwatched."],
        ["Watch the table yourself until this is mended: the alarms of the guard still work."],
    )


def not_continued(text: str, error: str) -> Told:
    """A change throttles, and what the watch needs to take it back cannot be read or written."""
    return Told(
        "veto not continued",
        Reason.NOT_TAKEN_BACK,
        "throttles, and is NOT taken back",
        [f"{text[:1].upper()}{text[1:]}."],
        [sentence(f"It could not continue: {error}"), "Each look, every two minutes, tries again."],
        ["Nothing. The new capacity is in force, and the table throttles. This is yours from here on."],
        [
            "Mend what the error names.",
            'Or take it back: capacity-guard rollback TABLE --reason "..."',
            "Or raise the capacity in the code and deploy it: a raise is let through.",
        ],
    )


def journal_unread(problem: str, *, is_lost: bool) -> Told:
    """The journal of a change cannot be read.

    Args:
        problem: why.
        is_lost: whether it is damaged, and written anew.
    """
    return Told(
        "journal",
        Reason.JOURNAL_UNREAD,
        "its journal cannot be read",
        [sentence(f"The journal of the change cannot be read: {problem}")],
        [
            "It watches the change by metrics, hold and events alone: a pause or an acceptance in the journal does not count.",
            "The journal is damaged, and is written anew from what the stack shows."
            if is_lost
            else "The journal was left as it is. Each look, every two minutes, tries again.",
        ],
        _IN_FORCE,
        [
            "If a person has paused the watch or accepted the change, write that again: capacity-guard pause, or accept."
            if is_lost
            else "Mend what the error names. Until then, a veto takes the change back although a person has paused the watch.",
        ],
    )


def journal_unwritten(problem: str) -> Told:
    """The journal of a change cannot be written, for several looks."""
    return Told(
        "journal not written",
        Reason.JOURNAL_UNREAD,
        "its journal cannot be written",
        [sentence(f"The journal of the change cannot be written: {problem}")],
        ["It watches the change by metrics, hold and events. Each look, every two minutes, tries again."],
        _IN_FORCE,
        [
            "Mend what the error names. Until then, a new process of the function sends messages again that were sent."
        ],
    )


__all__ = ["journal_unread", "journal_unwritten", "not_continued", "not_watched"]
