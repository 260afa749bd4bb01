"""What is said at the end of a deployment: what state each change is in, and how to follow it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from ..capacity.reasons import Reason, runbook
from ..handlers.aws_error import AwsError
from .followed import Followed, Outcome, Result
from .planned import PlannedChange


def ending_lines(one: Followed, outcome: Outcome) -> Iterator[str]:
    """What is said of the changes of a stack.

    Args:
        one: the stack.
        outcome: what became of it.
    """
    if outcome.result is Result.UNKNOWN:
        return
    names = one.table_names()
    try:
        held = {change.fingerprint for change in one.held()}
    except AwsError as error:
        held = set()
        yield f"{one.name}: it cannot be read what is held: {error}"
    for change in one.planned.changes:
        table = names.get(change.fingerprint, "TABLE")
        name = f"{one.name}: {change.plan.table}: change {change.fingerprint}"
        if outcome.result is Result.UNDONE:
            if change.fingerprint in held:
                yield f"{name} is held: deployed again it changes nothing. {retry_text(one, change)}"
        elif outcome.result is Result.UNCHANGED and not one.is_deployed(change):
            yield f"{name} was not deployed"
        elif change.fingerprint in held:
            yield f"{name} is held: the capacity is that of before. {retry_text(one, change)}"
        else:
            yield from _deployed(name, change, table)


def _deployed(name: str, change: PlannedChange, table: str) -> Iterator[str]:
    if change.bake is None:
        yield f"{name} is deployed, a relief. Record the table once it is over"
        return
    yield f"{name} is changed, unproven: Bake has passed, and it has not carried its recorded load yet"
    if change.is_watched:
        yield f"  follow it: capacity-guard status {table} --watch"
        yield f"  take it back: capacity-guard rollback {table} --reason TEXT"
    else:
        yield "  nothing watches it from here on; the way back is to deploy the code of before"


def retry_text(one: Followed, change: PlannedChange) -> str:
    """How a change that is held may be tried again.

    Args:
        one: its stack.
        change: the change.
    """
    baseline = one.planned.baselines.get(change.fingerprint, "BASELINE.json")
    return (
        f"Once you know why: capacity-guard retry {baseline}, commit it, and deploy; or declare another capacity"
        f"{runbook([Reason.HELD])}"
    )


def interrupted_lines(one: Followed) -> Iterator[str]:
    """What is said of a stack when the deployment is interrupted.

    Args:
        one: the stack.
    """
    if not one.runs:
        return
    stack, region = one.planned.stack.name, one.planned.stack.region
    place = f" --region {region}" if region else ""
    yield f"{one.name}: CloudFormation continues its operation, and its gates continue"
    yield "  follow it: the same command again waits for it and continues"
    yield f"  stop it: aws cloudformation cancel-update-stack --stack-name {shlex.quote(stack)}{place} (it is rolled back)"


__all__ = ["ending_lines", "interrupted_lines", "retry_text"]
