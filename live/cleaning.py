"""Removes everything that a run has made, whatever state it is in; says what is left and how to remove it."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from .account import Clients
from .scenario import KINDS, stack_name

_LONGEST = 75 * 60.0
"""Seconds that a stack gets: a gate may last an hour (CloudFormation Guide: ServiceTimeout)."""
_LOOK = 10.0


def command(run: str, account: str, region: str) -> str:
    """What removes a run's remains."""
    return f"python -m live --account {account} --region {region} --cleanup {run}"


def clean(aws: Clients, run: str, say: Callable[[str], None]) -> list[str]:
    """Remove the stacks of a run, and tables and log groups that outlived them.

    Args:
        aws: clients of the account.
        run: the run's id.
        say: shows a line.

    Returns:
        What is left, one line each; empty when all is gone.
    """
    cloudformation = aws.client("cloudformation")
    names = [stack_name(run, kind) for kind in KINDS]
    failed = []
    for act in (_cancel, _delete):
        for name in names:
            try:
                act(cloudformation, name, say)
            except (ClientError, BotoCoreError) as error:
                failed.append(f"stack {name}: {error}")
    for name in names:
        try:
            _until(partial(_gone, cloudformation, name))
        except (ClientError, BotoCoreError, TimeoutError) as error:
            failed.append(f"stack {name}: {error}")
    for remove in (_tables, _log_groups):
        try:
            remove(aws, names, say)
        except (ClientError, BotoCoreError, TimeoutError) as error:
            failed.append(str(error))
    try:
        found = left(aws, run)
    except (ClientError, BotoCoreError) as error:
        return [*failed, f"what is left cannot be read: {error}"]
    # A call that failed without leaving anything behind does not matter.
    return [*found, *failed] if found else []


def left(aws: Clients, run: str) -> list[str]:
    """Stacks, tables, alarms, scaling targets and log groups of a run that exist."""
    names = [stack_name(run, kind) for kind in KINDS]
    cloudformation = aws.client("cloudformation")
    found = [f"stack {name}" for name in names if status(cloudformation, name) is not None]
    found += [f"table {name}" for name in _table_names(aws, names)]
    prefix = tuple(f"{name}-" for name in names)
    for page in aws.client("cloudwatch").get_paginator("describe_alarms").paginate():
        # Auto scaling names its alarms TargetTracking-table/<table>...
        found += [
            f"alarm {one['AlarmName']}"
            for one in page["MetricAlarms"]
            if one["AlarmName"].removeprefix("TargetTracking-table/").startswith(prefix)
        ]
    targets = aws.client("application-autoscaling").get_paginator("describe_scalable_targets")
    for page in targets.paginate(ServiceNamespace="dynamodb"):
        found += [
            f"scaling target {one['ResourceId']}"
            for one in page["ScalableTargets"]
            if one["ResourceId"].removeprefix("table/").startswith(prefix)
        ]
    return [*found, *(f"log group {name}" for name in _group_names(aws, names))]


def status(cloudformation: Any, name: str) -> str | None:
    """Status of a stack, ``None`` when it does not exist."""
    try:
        found = cloudformation.describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":
            return None
        raise
    state = str(found[0]["StackStatus"]) if found else "DELETE_COMPLETE"
    return None if state == "DELETE_COMPLETE" else state


def _cancel(cloudformation: Any, name: str, say: Callable[[str], None]) -> None:
    """An interrupted update goes back first; a stack cannot be deleted while it updates."""
    state = status(cloudformation, name)
    if state == "UPDATE_IN_PROGRESS":
        say(f"{name}: cancelling its update")
        try:
            cloudformation.cancel_update_stack(StackName=name)
        except ClientError as error:
            # It may have ended in between, or be past the point where it can be cancelled: then it is waited for.
            say(f"{name}: {error.response['Error'].get('Message', error)}")


def _delete(cloudformation: Any, name: str, say: Callable[[str], None]) -> None:
    def quiet() -> bool:
        state = status(cloudformation, name)
        # The CLI makes its change set first (REVIEW_IN_PROGRESS), which can be deleted; a creation too.
        return state is None or not state.endswith("_IN_PROGRESS") or state.startswith(("REVIEW", "CREATE"))

    _until(quiet)
    if status(cloudformation, name) is not None:
        say(f"{name}: deleting")
        cloudformation.delete_stack(StackName=name)


def _gone(cloudformation: Any, name: str) -> bool:
    state = status(cloudformation, name)
    if state == "DELETE_FAILED":
        raise TimeoutError("its deletion failed; its events say why")
    return state is None


def _ready(dynamodb: Any, table: str) -> bool:
    return bool(dynamodb.describe_table(TableName=table)["Table"]["TableStatus"] == "ACTIVE")


def _until(done: Callable[[], bool]) -> None:
    end = time.time() + _LONGEST
    while not done():
        if time.time() > end:
            raise TimeoutError(f"not done after {_LONGEST / 60:.0f} minutes")
        time.sleep(_LOOK)


def _table_names(aws: Clients, stacks: list[str]) -> list[str]:
    pages = aws.client("dynamodb").get_paginator("list_tables").paginate()
    names = [str(name) for page in pages for name in page["TableNames"]]
    return [name for name in names if name.startswith(tuple(f"{stack}-" for stack in stacks))]


def _tables(aws: Clients, stacks: list[str], say: Callable[[str], None]) -> None:
    dynamodb = aws.client("dynamodb")
    for name in _table_names(aws, stacks):
        say(f"{name}: deleting the table, which its stack has left")
        if dynamodb.describe_table(TableName=name)["Table"].get("DeletionProtectionEnabled"):
            dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)
        _until(partial(_ready, dynamodb, name))
        dynamodb.delete_table(TableName=name)
    _until(lambda: not _table_names(aws, stacks))


def _group_names(aws: Clients, stacks: list[str]) -> list[str]:
    logs = aws.client("logs").get_paginator("describe_log_groups")
    return [
        str(group["logGroupName"])
        for stack in stacks
        for page in logs.paginate(logGroupNamePrefix=f"/aws/lambda/{stack}-")
        for group in page["logGroups"]
    ]


def _log_groups(aws: Clients, stacks: list[str], say: Callable[[str], None]) -> None:
    logs = aws.client("logs")
    for name in _group_names(aws, stacks):
        say(f"{name}: deleting the log group")
        logs.delete_log_group(logGroupName=name)
