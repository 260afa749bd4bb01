"""One step of taking a change back: the command takes one after the other, the function of the watch one at each look.

A step keeps nothing: what it does follows from what the SSM parameter, the stack and the table show. It waits for nothing, and
makes one write at most. So whoever takes the next step, and when, continues where the last one ended.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, Protocol

from ..capacity.errors import InputError
from ..handlers.aws_error import AwsError
from ..handlers.live_table import read_scaling, read_table
from ..handlers.verify import find_inactive
from .calls import RollbackAws
from .running import CANCELLABLE, Running, read_running
from .stack_policy import policy_during_update
from .way_back import WayBack

UPDATABLE = (
    "CREATE_COMPLETE",
    "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE",
    "IMPORT_COMPLETE",
    "IMPORT_ROLLBACK_COMPLETE",
)
"""Statuses in which CloudFormation takes an update (CloudFormation User Guide: view-stack-data-resources, stack status codes)."""
PAUSED = "UPDATE_FAILED"
"""Status after an update that failed with rollback disabled. CloudFormation takes an update of such a stack with DisableRollback
alone: *To update the stack from this state, please use the disable-rollback parameter with update-stack API* (aws-cdk issue
30546, aws-cli issue 6368; User Guide: stack-failure-options)."""
BY_PERSON = "person-"
"""What follows ``token_of`` in the token of an update that a person sends."""
SKIP = "Mend what the events name, then: aws cloudformation continue-update-rollback --stack-name STACK --resources-to-skip ..."
"""What people do about a rollback that fails again."""
CONTINUABLE = "UPDATE_ROLLBACK_FAILED"
"""Status in which a rollback can be continued (API: ContinueUpdateRollback)."""


class Stage(str, Enum):
    """What a step found or did."""

    WAITING = "an operation runs, or was not taken yet"
    STARTED = "the update was started"
    INACTIVE = "the table or an index is being changed"
    DIFFERENT = "the table is not as before the change"
    RESTORED = "the table is as before the change"
    FAILED = "it does not continue by itself"
    STOPPED = "nothing is tried any more"


@dataclass(frozen=True)
class Step:
    """What a step found or did.

    Attributes:
        stage: what.
        text: the same in words for people, with figures.
        caution: what people should see to; empty if there is nothing.
    """

    stage: Stage
    text: str
    caution: str = ""


class Limits(Protocol):
    """What limits the writes of a step."""

    def continuing(self) -> Step | None:
        """Why a rollback that failed is not continued; ``None`` if it is."""

    def updating(self) -> Step | None:
        """Why no update is sent; ``None`` if one is."""


class OneRun:
    """The limits of one run of a person's command: a rollback that fails again after it was continued is left to the person."""

    def __init__(self) -> None:
        self._is_continued = False

    def continuing(self) -> Step | None:
        """Why a rollback that failed is not continued; ``None`` the first time."""
        if self._is_continued:
            return Step(Stage.FAILED, f"its rollback was continued and failed again. {SKIP}")
        self._is_continued = True
        return None

    def updating(self) -> Step | None:
        """``None``: a person decides."""
        return None


def hold_change(aws: RollbackAws, way_back: WayBack, reason: str) -> bool:
    """Write the hold, unless the change is held already. Every operation of the stack restores the capacity of before then.

    A hold that somebody deleted is written anew: without it CloudFormation could not update the stack at all.

    Returns:
        Whether it was written.

    Raises:
        AwsError: it could not be read or written.
    """
    return write_hold(aws, way_back.hold, way_back.fingerprint, reason)


def write_hold(aws: RollbackAws, hold: str, fingerprint: str, reason: str) -> bool:
    """Write a hold, unless it has the fingerprint already.

    Args:
        aws: the calls.
        hold: name of the SSM parameter.
        fingerprint: the change.
        reason: who holds it and why.

    Returns:
        Whether it was written.

    Raises:
        AwsError: it could not be read or written.
    """
    try:
        held = aws.holds.read(hold)
    except AwsError as error:
        if error.kind != "missing":
            raise
        held = ""
    if held == fingerprint:
        return False
    aws.holds.write(hold, fingerprint, reason)
    return True


def take_step(
    aws: RollbackAws,
    way_back: WayBack,
    find: Callable[[], WayBack],
    limits: Limits,
    *,
    is_updated: bool,
    by: str = "",
) -> Step:
    """Continue the rollback of a change that is held.

    Args:
        aws: the calls.
        way_back: the way back of the change.
        find: reads the way back that the stack has now.
        limits: what limits the writes.
        is_updated: whether the newest operation of the stack was the update that takes the change back.
        by: who, in the token of the update: ``BY_PERSON``, or empty for the watch.

    Raises:
        AwsError: a call failed.
        InputError: the stack, its policy or its template cannot be read, or has no way back any more.
    """
    status = str(aws.stack(way_back.stack)["StackStatus"])
    name = f"stack {way_back.stack_name}"
    if status == "DELETE_IN_PROGRESS":
        # No update follows a deletion, so there is nothing to wait for.
        return Step(Stage.FAILED, f"{name} is {status}, and takes no update")
    if status.endswith("_IN_PROGRESS"):
        return _wait_or_cancel(aws, way_back, status, is_updated=is_updated)
    if status == CONTINUABLE:
        refused = limits.continuing()
        if refused is not None:
            return replace(refused, text=f"{name} is {status}: {refused.text}")
        aws.continue_rollback(way_back.stack)
        return Step(Stage.WAITING, f"{name} is {status}: continuing its rollback")
    if is_updated and status == PAUSED:
        # What failed before fails again under the role of the rollback. The table is another resource: it decides.
        step = compare(aws, way_back)
        if step.stage is not Stage.DIFFERENT:
            return replace(step, text=f"{step.text}; {name} is still {status}, for other resources")
    if is_updated and status != "UPDATE_COMPLETE":
        reasons = "; ".join(aws.failures(way_back.stack)[:3])
        return Step(Stage.FAILED, f"the update ended in {status}{f': {reasons}' if reasons else ''}")
    if status not in UPDATABLE and status != PAUSED:
        return Step(Stage.FAILED, f"{name} is {status}, and takes no update")
    if not is_updated:
        try:
            now = find()
        except InputError as error:
            # Its deployment was undone, so the template is that of before. What counts is the table.
            step = compare(aws, way_back)
            return Step(Stage.FAILED, f"{error}; {step.text}") if step.stage is Stage.DIFFERENT else step
        if now.fingerprint != way_back.fingerprint:
            text = f"another change ({now.fingerprint}) was deployed in the meantime; run it again"
            return Step(Stage.FAILED, text)
        refused = limits.updating()
        if refused is not None:
            # Meanwhile a person may have restored the table by hand.
            step = compare(aws, way_back)
            return refused if step.stage is Stage.DIFFERENT else step
        try:
            is_started, caution = _update(aws, way_back, by, resumes=status == PAUSED)
            if is_started:
                return Step(Stage.STARTED, f"CloudFormation updates {name} with its own template", caution)
        except AwsError as error:
            if "IN_PROGRESS" not in error.detail and not error.is_transient:
                raise
            return Step(Stage.WAITING, f"waiting: {error}")
    return compare(aws, way_back)


def _wait_or_cancel(aws: RollbackAws, way_back: WayBack, status: str, *, is_updated: bool) -> Step:
    """Wait for the operation that runs, or cancel it if it is the deployment that made the change."""
    name = f"stack {way_back.stack_name}"
    if status != CANCELLABLE or is_updated:
        return Step(Stage.WAITING, f"{name} is {status}")
    running = read_running(aws, way_back.stack, status, way_back.fingerprint, way_back.logical_id)
    if running is Running.OWN:
        return cancel(aws, way_back.stack, name)
    return Step(Stage.WAITING, f"{name} is {status}: {running.value}")


def cancel(aws: RollbackAws, stack: str, name: str) -> Step:
    """Cancel the deployment that made a change which is held. It never fails: what cannot be cancelled is waited for.

    Args:
        aws: the calls.
        stack: id of the stack.
        name: the stack in words.
    """
    try:
        aws.cancel_update(stack)
    except AwsError as error:
        return Step(
            Stage.WAITING,
            f"{name}: the deployment that made the change continues, it was not cancelled ({error})",
        )
    return Step(
        Stage.WAITING,
        f"{name}: the deployment that made the change is cancelled, and CloudFormation rolls it back",
    )


def compare(aws: RollbackAws, way_back: WayBack) -> Step:
    """Compare the table and every index with the capacity of before the change.

    Raises:
        AwsError: they cannot be read.
    """
    table = read_scaling(aws.table, read_table(aws.table, way_back.table))
    inactive = find_inactive(table)
    different = way_back.before.differences(table)
    if inactive:
        return Step(Stage.INACTIVE, "; ".join([*inactive, *different]))
    if different:
        return Step(Stage.DIFFERENT, "; ".join(different))
    count = len(way_back.deployed.indexes)
    indexes = "" if not count else " and 1 index" if count == 1 else f" and {count} indexes"
    has = "have" if count else "has"
    text = f"{way_back.table}: table{indexes} {has} the capacity of before the change"
    return Step(Stage.RESTORED, text)


def token_of(fingerprint: str) -> str:
    """Beginning of the token that CloudFormation gives all events of an update that takes a change back (API: UpdateStack).

    Args:
        fingerprint: the change.
    """
    return f"capacity-guard-{fingerprint}-"


def _update(aws: RollbackAws, way_back: WayBack, by: str, *, resumes: bool) -> tuple[bool, str]:
    """Whether an update was started, and what people should see to about it.

    Args:
        aws: the calls.
        way_back: the way back of the change.
        by: who, in the token of the update.
        resumes: whether the stack is ``PAUSED``, and takes an update only with rollback disabled.

    Where no policy can be sent for the update, the stack's own applies (API: UpdateStack), so no protection of the stack is lost.
    The role of the update is denied to delete or create a table either way.
    """
    options: dict[str, Any] = {"DisableRollback": True} if resumes else {}
    policy, caution = None, ""
    try:
        policy = policy_during_update(aws.policy(way_back.stack), way_back.logical_id)
    except InputError as error:
        caution = f"{error} The update was sent without a policy of its own; the stack's applies."
    if policy is not None:
        try:
            return _send(aws, way_back, by, StackPolicyDuringUpdateBody=policy, **options), caution
        except AwsError as error:
            # A policy for one update needs cloudformation:SetStackPolicy (User Guide: protect-stack-resources, updating
            # protected resources). The function of the watch does not have it: with it, it could lift the stack's protection.
            if error.kind != "denied":
                raise
    return _send(aws, way_back, by, **options), caution


def _send(aws: RollbackAws, way_back: WayBack, by: str, **options: Any) -> bool:
    return aws.update(
        way_back.stack,
        Parameters=[{"ParameterKey": name, "UsePreviousValue": True} for name in way_back.parameters],
        Capabilities=["CAPABILITY_NAMED_IAM"],
        RoleARN=way_back.role,
        # Triggers of an operation before would stay, and one that is in ALARM would undo this update (API: UpdateStack).
        RollbackConfiguration={"RollbackTriggers": [], "MonitoringTimeInMinutes": 0},
        ClientRequestToken=f"{token_of(way_back.fingerprint)}{by}{uuid.uuid4().hex[:12]}",
        **options,
    )


__all__ = [
    "BY_PERSON",
    "CONTINUABLE",
    "PAUSED",
    "SKIP",
    "UPDATABLE",
    "Limits",
    "OneRun",
    "Stage",
    "Step",
    "cancel",
    "compare",
    "hold_change",
    "take_step",
    "token_of",
    "write_hold",
]
