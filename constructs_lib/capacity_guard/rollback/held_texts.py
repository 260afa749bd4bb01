"""The texts of the messages about a change that is held and whose table is not as before yet."""

from __future__ import annotations

from datetime import datetime

from ..capacity.reasons import Reason
from .step import SKIP
from .told import Told, sentence, utc


def not_restored(text: str, since: datetime | None) -> Told:
    """A change is held, and the table is not as before."""
    held = "" if since is None else f" since {utc(since)}"
    return Told(
        "not restored",
        Reason.NOT_RESTORED,
        "NOT restored yet",
        [f"The change is held{held}, and the table was not shown to be as before: {sentence(text)}"],
        [
            "It continues: it waits for operations, continues a rollback that failed once, and sends an update that failed "
            "again after 15 and after 30 minutes, if traffic and quotas allow it."
        ],
        ["Not everything yet. The next operation of the stack restores the capacity of before, too."],
        [
            'To stop further attempts: capacity-guard pause TABLE --for 4h --reason "..."',
            'By hand: capacity-guard rollback TABLE --reason "..."',
            "If the table throttles meanwhile, raise its capacity by hand, and inform the owner of the code.",
        ],
    )


def stopped(text: str, since: datetime | None) -> Told:
    """A change is held, the table is not as before, and nothing is tried any more."""
    held = "" if since is None else f" since {utc(since)}"
    return Told(
        "stopped",
        Reason.NOT_RESTORED,
        "NOT restored, and NOT tried again",
        [f"The change is held{held}, and the table is not as before: {sentence(text)}"],
        ["It has stopped: it sends no update and continues no rollback, so that the stack is yours."],
        ["Not everything. The next operation of the stack that succeeds restores the capacity of before."],
        [
            "Find out what failed: the events of the stack name it.",
            f"If the stack is UPDATE_ROLLBACK_FAILED: {SKIP}",
            'Then: capacity-guard rollback TABLE --reason "...", after which the watch tries again, too.',
            "If the table throttles meanwhile, raise its capacity by hand, and inform the owner of the code.",
        ],
    )


__all__ = ["not_restored", "stopped"]
