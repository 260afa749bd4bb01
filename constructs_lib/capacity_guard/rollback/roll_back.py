"""Takes a change back: writes the hold, lets CloudFormation update the stack with its own template, and verifies the table.

It keeps nothing: each step follows from what the SSM parameter, the stack and the table show. So the same call continues what
was interrupted, and does nothing once the table is as it was before the change.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from ..capacity.errors import InputError
from ..capacity.limits import SWITCH_SECONDS_LONGEST
from ..handlers import clock
from ..handlers.aws_error import AwsError
from ..handlers.bake import DIFFERENCE_SECONDS
from ..handlers.live_table import read_scaling, read_table
from ..handlers.verify import find_differences, find_inactive
from .calls import RollbackAws
from .stack_policy import policy_during_update
from .way_back import WayBack, find_way_back

LOOK_SECONDS = 5
"""Seconds between two looks at the stack or the table."""
_UPDATABLE = (
    "CREATE_COMPLETE",
    "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE",
    "IMPORT_COMPLETE",
    "IMPORT_ROLLBACK_COMPLETE",
)
"""Statuses in which CloudFormation takes an update (CloudFormation User Guide: view-stack-data-resources, stack status codes)."""


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
        found = find_way_back(
            self._aws.template(stack), self._aws.stack(stack), logical_id=logical_id, table=self._table
        )
        if isinstance(found, InputError):
            raise found
        return found

    def run(self, way_back: WayBack, reason: str) -> Outcome:
        """Take the change back, or go on where an earlier run was interrupted.

        Args:
            way_back: what ``find`` returned.
            reason: why, and who says so.

        Raises:
            AwsError: a call failed before anything was changed.
        """
        held = self._aws.holds.read(way_back.hold)
        if held != way_back.fingerprint:
            self._aws.holds.write(way_back.hold, way_back.fingerprint, reason)
            self._report(f"{way_back.hold} holds {way_back.fingerprint}")
        try:
            return self._restore(way_back, was_held=held == way_back.fingerprint)
        except _Late:
            return self._failed(way_back, "it took too long")
        except (AwsError, InputError) as error:
            return self._failed(way_back, str(error))

    def _restore(self, way_back: WayBack, *, was_held: bool) -> Outcome:
        while True:
            status = self._settled_status(way_back)
            if status == "UPDATE_ROLLBACK_FAILED":
                self._report(f"stack {way_back.stack_name} is {status}: continuing its rollback")
                self._aws.continue_rollback(way_back.stack)
                self._pause()
                continue
            if status not in _UPDATABLE:
                return self._failed(way_back, f"stack {way_back.stack_name} is {status}, and takes no update")
            now = self.find()
            if now.fingerprint != way_back.fingerprint:
                return self._failed(
                    way_back, f"another change ({now.fingerprint}) was deployed in the meantime; run it again"
                )
            try:
                started = self._update(way_back)
            except AwsError as error:
                if "IN_PROGRESS" not in error.detail and not error.is_transient:
                    raise
                self._report(f"waiting: {error}")
                self._pause()
                continue
            break
        if started:
            self._report(f"CloudFormation updates stack {way_back.stack_name} with its own template")
            self._pause()
            status = self._settled_status(way_back)
            if status != "UPDATE_COMPLETE":
                reasons = "; ".join(self._aws.failures(way_back.stack)[:3])
                return self._failed(way_back, f"the update ended in {status}: {reasons}")
        return self._verified(way_back, started=started, was_held=was_held)

    def _update(self, way_back: WayBack) -> bool:
        return self._aws.update(
            way_back.stack,
            Parameters=[{"ParameterKey": name, "UsePreviousValue": True} for name in way_back.parameters],
            Capabilities=["CAPABILITY_NAMED_IAM"],
            RoleARN=way_back.role,
            # Triggers of an operation before would stay, and one that is in ALARM would undo this update (API: UpdateStack).
            RollbackConfiguration={"RollbackTriggers": [], "MonitoringTimeInMinutes": 0},
            StackPolicyDuringUpdateBody=policy_during_update(
                self._aws.policy(way_back.stack), way_back.logical_id
            ),
            ClientRequestToken=f"capacity-guard-{way_back.fingerprint}-{uuid.uuid4().hex[:12]}",
        )

    def _settled_status(self, way_back: WayBack) -> str:
        """The status of the stack once no operation runs."""
        told = ""
        while True:
            status = str(self._aws.stack(way_back.stack)["StackStatus"])
            if not status.endswith("_IN_PROGRESS"):
                return status
            if status != told:
                self._report(f"stack {way_back.stack_name} is {status}")
                told = status
            self._pause()

    def _verified(self, way_back: WayBack, *, started: bool, was_held: bool) -> Outcome:
        """Compare the table and every index with the capacity of before, once everything is ACTIVE."""
        begin = clock.monotonic()
        while True:
            table = read_scaling(self._aws.table, read_table(self._aws.table, way_back.table))
            inactive = find_inactive(table)
            different = find_differences(way_back.deployed, table, scaled_units=True)
            if not inactive and not different:
                break
            limit = SWITCH_SECONDS_LONGEST.value if inactive else DIFFERENCE_SECONDS
            if clock.monotonic() - begin > limit:
                return self._failed(way_back, "; ".join([*inactive, *different]))
            self._pause()
        if not started and was_held:
            text = f"{way_back.table} was taken back before: table and indexes have the capacity of before"
            return Outcome(Result.NOTHING_TO_DO, text)
        return Outcome(
            Result.RESTORED,
            f"{way_back.table}: table and {len(way_back.deployed.indexes)} indexes have the capacity of before the change. "
            "The change stays held; capacity-guard retry lets it be tried again",
        )

    def _failed(self, way_back: WayBack, why: str) -> Outcome:
        return Outcome(
            Result.FAILED,
            f"{way_back.table} was not shown to be restored: {why}. The change is held ({way_back.hold} = "
            f"{way_back.fingerprint}): the next operation of stack {way_back.stack_name} restores the capacity of before. "
            "The same command goes on",
        )

    def _pause(self) -> None:
        if clock.monotonic() >= self._until:
            raise _Late
        clock.sleep(LOOK_SECONDS)


__all__ = ["LOOK_SECONDS", "Outcome", "Result", "Rollback"]
