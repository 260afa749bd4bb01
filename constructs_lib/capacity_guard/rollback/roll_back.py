"""Takes a change back: writes the hold, lets CloudFormation update the stack with its own template, and verifies the table.

It keeps nothing: each step follows from what the SSM parameter, the stack and the table show. So the same call continues what
was interrupted, and does nothing once the table is as it was before the change.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from ..capacity.errors import InputError
from ..capacity.limits import SWITCH_SECONDS_LONGEST
from ..capacity.reasons import Reason, runbook
from ..handlers import clock
from ..handlers.aws_error import AwsError
from ..handlers.bake import DIFFERENCE_SECONDS
from .calls import RollbackAws
from .step import BY_PERSON, OneRun, Stage, Step, compare, hold_change, take_step
from .way_back import WayBack, explain, find_way_back

LOOK_SECONDS = 5
"""Seconds between two looks at the stack or the table."""


class Result(str, Enum):
    """How it ended."""

    RESTORED = "restored"
    NOTHING_TO_DO = "nothing to do"
    FAILED = "failed"


@dataclass(frozen=True)
class Outcome:
    """How it ended, in words for people.

    Attributes:
        result: how it ended.
        text: what happened and, where it failed, what the state is and what to do.
    """

    result: Result
    text: str


class _Late(Exception):
    """The time is over."""


class Rollback:
    """Takes one change back.

    Args:
        aws: the calls.
        table: name of the table.
        wait: longest time, of everything together.
        report: gets a line for each thing that happens.
    """

    def __init__(
        self, aws: RollbackAws, table: str, *, wait: timedelta, report: Callable[[str], None]
    ) -> None:
        self._aws, self._table, self._report = aws, table, report
        self._until = clock.monotonic() + wait.total_seconds()

    def find(self) -> WayBack:
        """The way back of the table's change.

        Raises:
            InputError: it has none.
            AwsError: a call failed.
        """
        owner = self._aws.owner(self._table)
        if owner is None:
            raise InputError(
                self._table, "belongs to no CloudFormation stack", "Check table, Region and profile"
            )
        stack, logical_id = owner
        template, described = self._aws.template(stack), self._aws.stack(stack)
        found = find_way_back(template, described, logical_id=logical_id, table=self._table)
        if isinstance(found, InputError):
            raise explain(self._aws, found, described, logical_id, self._table)
        return found

    def run(self, way_back: WayBack, reason: str, *, on_held: Callable[[], None] = lambda: None) -> Outcome:
        """Take the change back, or continue where an earlier run was interrupted.

        Args:
            way_back: what ``find`` returned.
            reason: why, and who says so.
            on_held: called once the change is held, before CloudFormation restores the table.

        Raises:
            AwsError: a call failed before anything was changed.
        """
        was_held = not hold_change(self._aws, way_back, reason)
        if not was_held:
            self._report(f"{way_back.hold} holds {way_back.fingerprint}")
        on_held()
        try:
            return self._restore(way_back, was_held=was_held)
        except _Late:
            return self._failed(way_back, "it took too long")
        except (AwsError, InputError) as error:
            return self._failed(way_back, str(error))

    def _restore(self, way_back: WayBack, *, was_held: bool) -> Outcome:
        is_updated, told, limits = False, "", OneRun()
        comparing: float | None = None
        while True:
            if comparing is None:
                step = take_step(self._aws, way_back, self.find, limits, is_updated=is_updated, by=BY_PERSON)
            else:
                step = compare(self._aws, way_back)
            if step.stage is Stage.FAILED:
                return self._failed(way_back, step.text)
            if step.stage is Stage.RESTORED:
                return self._restored(way_back, step, is_updated=is_updated, was_held=was_held)
            is_updated = is_updated or step.stage is Stage.STARTED
            if step.stage in (Stage.INACTIVE, Stage.DIFFERENT):
                comparing = clock.monotonic() if comparing is None else comparing
                is_inactive = step.stage is Stage.INACTIVE
                limit = SWITCH_SECONDS_LONGEST.value if is_inactive else DIFFERENCE_SECONDS
                if clock.monotonic() - comparing > limit:
                    return self._failed(way_back, step.text)
            elif step.text != told:
                self._report(step.text)
                told = step.text
            if step.caution:
                self._report(step.caution)
            self._pause()

    def _restored(self, way_back: WayBack, step: Step, *, is_updated: bool, was_held: bool) -> Outcome:
        if not is_updated and was_held:
            text = f"{way_back.table} was taken back before: table and indexes have the capacity of before"
            return Outcome(Result.NOTHING_TO_DO, text)
        return Outcome(
            Result.RESTORED,
            f"{step.text}. The change stays held; capacity-guard retry lets it be tried again",
        )

    def _failed(self, way_back: WayBack, why: str) -> Outcome:
        return Outcome(
            Result.FAILED,
            f"{way_back.table} was not shown to be restored: {why}. The change is held ({way_back.hold} = "
            f"{way_back.fingerprint}): the next operation of stack {way_back.stack_name} restores the capacity of before. "
            f"Run the same command again to continue{runbook([Reason.NOT_RESTORED])}",
        )

    def _pause(self) -> None:
        if clock.monotonic() >= self._until:
            raise _Late
        clock.sleep(LOOK_SECONDS)


__all__ = ["LOOK_SECONDS", "Outcome", "Result", "Rollback"]
