"""How often the watch has tried to take a change back, from the events of its stack, and why it does not try now.

The events are all that it needs: the count survives the death of the function and the loss of the journal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..handlers.aws_error import AwsError
from ..handlers.messages import log_decision
from .calls import RollbackAws
from .step import BY_PERSON, Stage, Step, token_of

PAUSES = (timedelta(minutes=15), timedelta(minutes=30))
"""Time after an update that failed until the next one is sent: a deployment, or a person, gets the stack in between."""
MOST = len(PAUSES) + 1
"""Updates that the watch sends for a change. What failed three times needs a person, and a stack on which nothing runs."""


@dataclass(frozen=True)
class Attempts:
    """The updates that take a change back, as the events of its stack show them.

    Attributes:
        number: updates by the watch, since the last one that succeeded and since a person rolled the change back.
        at: time of the newest event of the newest update that takes the change back, by the watch or by a person, UTC; ``None``
            if there is none.
        ended: what that ended in; empty while it runs.
        is_newest: whether it is the newest operation of the stack.
        newest_at: time of the newest event of the stack, UTC; ``None`` if there is none.
        failed_rollbacks: how often the rollback of the newest update has failed: more than once if it was continued.
    """

    number: int = 0
    at: datetime | None = None
    ended: str = ""
    is_newest: bool = False
    newest_at: datetime | None = None
    failed_rollbacks: int = 0

    @property
    def has_failed(self) -> bool:
        """Whether the newest update ended, and not well."""
        return self.ended not in ("", "UPDATE_COMPLETE")

    @property
    def next_at(self) -> datetime | None:
        """The time from which the next update may be sent; ``None`` for any time."""
        if self.at is None or not self.has_failed:
            return None
        return self.at + PAUSES[min(max(self.number, 1), len(PAUSES)) - 1]


def read_attempts(
    aws: RollbackAws, stack: str, fingerprint: str, *, since: datetime, person_at: datetime | None
) -> Attempts:
    """Read the updates that take a change back.

    Args:
        aws: the calls.
        stack: id of the stack.
        fingerprint: the change.
        since: when the change was deployed, UTC; what was before it belongs to an earlier deployment of it.
        person_at: when a person rolled it back last, UTC, as its journal says; ``None`` if it does not.

    Raises:
        AwsError: the events cannot be read.
    """
    own = token_of(fingerprint)
    seen = set[str]()
    number, failed_rollbacks = 0, 0
    at: datetime | None = None
    newest_at: datetime | None = None
    ended = ""
    is_newest, counts, is_of_newest_update = False, True, True
    try:
        for event in aws.newest_events(stack, since):
            status, when = str(event.get("ResourceStatus")), event["Timestamp"]
            token = str(event.get("ClientRequestToken") or "")
            is_of_stack = event.get("PhysicalResourceId") == event["StackId"]
            if is_of_stack and is_of_newest_update:
                failed_rollbacks += status == "UPDATE_ROLLBACK_FAILED"
                is_of_newest_update = status != "UPDATE_IN_PROGRESS"
            if token.startswith(own) and token not in seen:
                end = status if is_of_stack and not status.endswith("_IN_PROGRESS") else ""
                if not seen:
                    at, ended, is_newest = when, end, newest_at is None
                seen.add(token)
                counts &= not token.startswith(own + BY_PERSON) and end != "UPDATE_COMPLETE"
                counts &= person_at is None or when > person_at
                number += counts
            newest_at = newest_at or when
            if not is_of_newest_update and (not counts or number >= MOST):
                break
    except AwsError as error:
        if error.kind != "endless":
            raise
        # What was read has the attempts of the last hours, whose pauses count. The others, which only limit their number, were
        # followed by thousands of events of other deployments.
        log_decision("watch", "older events not read", why=str(error))
    return Attempts(number, at, ended, is_newest, newest_at, failed_rollbacks)


@dataclass(frozen=True)
class WatchLimits:
    """What limits the writes of the watch (``step.Limits``).

    Attributes:
        attempts: the updates so far.
        now: the current time, UTC.
        paused_until: until when a person has paused the watch; ``None`` if nobody has.
        obstacles: reads why the capacity of before must not, or cannot, be restored now.
        failures: reads why the newest operation failed.
    """

    attempts: Attempts
    now: datetime
    paused_until: datetime | None
    obstacles: Callable[[], list[str]]
    failures: Callable[[], list[str]]

    def continuing(self) -> Step | None:
        """Why a rollback that failed is not continued; ``None`` if it is."""
        if self.paused_until is not None:
            return self._paused(self.paused_until)
        if not self.attempts.failed_rollbacks:
            return Step(Stage.WAITING, "the events of the stack do not show yet what failed")
        if self.attempts.failed_rollbacks > 1:
            return Step(Stage.STOPPED, "its rollback was continued once and failed again" + self._reasons())
        return None

    def updating(self) -> Step | None:
        """Why no update is sent; ``None`` if one is."""
        attempts = self.attempts
        failed = f"the update ended in {attempts.ended}{self._reasons()}" if attempts.has_failed else ""
        if attempts.number >= MOST:
            return Step(
                Stage.STOPPED, f"{failed or 'an update runs'}; that was attempt {attempts.number} of {MOST}"
            )
        if self.paused_until is not None:
            return self._paused(self.paused_until)
        next_at = attempts.next_at
        if next_at is not None and self.now < next_at:
            return Step(Stage.FAILED, f"{failed}; it is tried again from {next_at:%Y-%m-%d %H:%M} UTC")
        obstacles = self.obstacles()
        if obstacles:
            return Step(Stage.FAILED, f"no update is sent now: {'; '.join(obstacles)}")
        return None

    def _reasons(self) -> str:
        reasons = "; ".join(self.failures()[:3])
        return f": {reasons}" if reasons else ""

    @staticmethod
    def _paused(until: datetime) -> Step:
        return Step(Stage.WAITING, f"a person has paused the watch until {until:%Y-%m-%d %H:%M} UTC")


__all__ = ["MOST", "PAUSES", "Attempts", "WatchLimits", "read_attempts"]
