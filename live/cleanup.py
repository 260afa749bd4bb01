"""Removes everything that a run made, in any state; lists what remains and the command that removes it."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from capacity_guard.capacity.hold import PREFIX

from .account import Clients
from .scenario import STACKS, stack_name

_TIMEOUT_SECONDS = 75 * 60.0
"""Time for one stack operation: a gate may last an hour (CloudFormation Guide: ServiceTimeout)."""
_POLL_SECONDS = 10.0
_MOST_ALARMS = 100
"""Alarms of one call (CloudWatch API: DeleteAlarms)."""
_MOST_PARAMETERS = 10
"""Parameters of one call (Systems Manager API: DeleteParameters)."""


def cleanup_command(run: str, account: str, region: str) -> str:
    """The command that removes everything that a run left."""
    return f"python -m live --account {account} --region {region} --cleanup {run}"


def clean_up(aws: Clients, run: str, say: Callable[[str], None]) -> list[str]:
    """Remove the stacks of a run, and tables, scaling targets, alarms, log groups and SSM parameters that remain after them.

    Args:
        aws: clients of the account.
        run: id of the run.
        say: prints a line.

    Returns:
        One line for each thing that remains and each call that failed; empty when nothing remains.
    """
    cloudformation = aws.client("cloudformation")
    names = [stack_name(run, kind) for kind in STACKS]
    failed = []
    for act in (_cancel_update, _delete_stack):
        for name in names:
            try:
                act(cloudformation, name, say)
            except (ClientError, BotoCoreError) as error:
                failed.append(f"stack {name}: {error}")
    for name in names:
        try:
            _wait_until(partial(_is_deleted, cloudformation, name))
        except (ClientError, BotoCoreError, TimeoutError) as error:
            failed.append(f"stack {name}: {error}")
    # The targets before the alarms: auto scaling would make its alarms again.
    for remove in (
        _delete_tables,
        _delete_scaling_targets,
        _delete_alarms,
        _delete_log_groups,
        _delete_parameters,
    ):
        try:
            remove(aws, names, say)
        except (ClientError, BotoCoreError, TimeoutError) as error:
            failed.append(str(error))
    try:
        remaining = remains_of(aws, run)
    except (ClientError, BotoCoreError) as error:
        return [*failed, f"what is left cannot be read: {error}"]
    # A failed call does not matter when nothing remains.
    return [*remaining, *failed] if remaining else []


def remains_of(aws: Clients, run: str) -> list[str]:
    """Stacks, tables, alarms, scaling targets, log groups and SSM parameters of a run that still exist, one line each."""
    names = [stack_name(run, kind) for kind in STACKS]
    cloudformation = aws.client("cloudformation")
    remaining = [f"stack {name}" for name in names if stack_status(cloudformation, name) is not None]
    remaining += [f"table {name}" for name in _table_names(aws, names)]
    remaining += [f"scaling target {target['ResourceId']}" for target in _scaling_targets(aws, names)]
    remaining += [f"alarm {name}" for name in _alarm_names(aws, names)]
    remaining += [f"log group {name}" for name in _log_group_names(aws, names)]
    return [*remaining, *(f"parameter {name}" for name in _parameter_names(aws, names))]


def stack_status(cloudformation: Any, name: str) -> str | None:
    """Status of a stack, ``None`` when it does not exist."""
    try:
        stacks = cloudformation.describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":
            return None
        raise
    status = str(stacks[0]["StackStatus"]) if stacks else "DELETE_COMPLETE"
    return None if status == "DELETE_COMPLETE" else status


def _cancel_update(cloudformation: Any, name: str, say: Callable[[str], None]) -> None:
    """Cancel an update that runs: a stack cannot be deleted while it updates."""
    status = stack_status(cloudformation, name)
    if status == "UPDATE_IN_PROGRESS":
        say(f"{name}: cancelling its update")
        try:
            cloudformation.cancel_update_stack(StackName=name)
        except ClientError as error:
            # The update may have ended already, or can no longer be cancelled: then `_delete_stack` waits for its end.
            say(f"{name}: {error.response['Error'].get('Message', error)}")


def _delete_stack(cloudformation: Any, name: str, say: Callable[[str], None]) -> None:
    def can_be_deleted() -> bool:
        status = stack_status(cloudformation, name)
        # A stack can be deleted while it has only a change set (REVIEW_IN_PROGRESS), and while it is created.
        return (
            status is None or not status.endswith("_IN_PROGRESS") or status.startswith(("REVIEW", "CREATE"))
        )

    _wait_until(can_be_deleted)
    if stack_status(cloudformation, name) is not None:
        say(f"{name}: deleting")
        cloudformation.delete_stack(StackName=name)


def _is_deleted(cloudformation: Any, name: str) -> bool:
    status = stack_status(cloudformation, name)
    if status == "DELETE_FAILED":
        raise TimeoutError("its deletion failed; its events say why")
    return status is None


def _is_active(dynamodb: Any, table: str) -> bool:
    return bool(dynamodb.describe_table(TableName=table)["Table"]["TableStatus"] == "ACTIVE")


def _wait_until(done: Callable[[], bool]) -> None:
    """Poll a condition until it holds. Raises TimeoutError after 75 minutes."""
    end = time.time() + _TIMEOUT_SECONDS
    while not done():
        if time.time() > end:
            raise TimeoutError(f"not done after {_TIMEOUT_SECONDS / 60:.0f} minutes")
        time.sleep(_POLL_SECONDS)


def _table_names(aws: Clients, stacks: list[str]) -> list[str]:
    pages = aws.client("dynamodb").get_paginator("list_tables").paginate()
    names = [str(name) for page in pages for name in page["TableNames"]]
    return [name for name in names if name.startswith(tuple(f"{stack}-" for stack in stacks))]


def _delete_tables(aws: Clients, stacks: list[str], say: Callable[[str], None]) -> None:
    dynamodb = aws.client("dynamodb")
    for name in _table_names(aws, stacks):
        say(f"{name}: deleting the table, which its stack has left")
        if dynamodb.describe_table(TableName=name)["Table"].get("DeletionProtectionEnabled"):
            dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)
        _wait_until(partial(_is_active, dynamodb, name))
        dynamodb.delete_table(TableName=name)
    _wait_until(lambda: not _table_names(aws, stacks))


def _scaling_targets(aws: Clients, stacks: list[str]) -> list[dict[str, Any]]:
    prefixes = tuple(f"table/{stack}-" for stack in stacks)
    pages = aws.client("application-autoscaling").get_paginator("describe_scalable_targets")
    return [
        target
        for page in pages.paginate(ServiceNamespace="dynamodb")
        for target in page["ScalableTargets"]
        if target["ResourceId"].startswith(prefixes)
    ]


def _delete_scaling_targets(aws: Clients, stacks: list[str], say: Callable[[str], None]) -> None:
    """Deregister targets, with their policies and schedules: they outlive a table (API: DeregisterScalableTarget)."""
    scaling = aws.client("application-autoscaling")
    for target in _scaling_targets(aws, stacks):
        say(f"{target['ResourceId']}: removing the scaling target of {target['ScalableDimension']}")
        try:
            scaling.deregister_scalable_target(
                ServiceNamespace="dynamodb",
                ResourceId=target["ResourceId"],
                ScalableDimension=target["ScalableDimension"],
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ObjectNotFoundException":
                raise


def _alarm_names(aws: Clients, stacks: list[str]) -> list[str]:
    """Names of alarms of the stacks, of the run itself, and of auto scaling (``TargetTracking-table/<table>...``)."""
    prefixes = tuple(f"{start}{stack}-" for start in ("", "TargetTracking-table/") for stack in stacks)
    return [
        str(alarm["AlarmName"])
        for page in aws.client("cloudwatch").get_paginator("describe_alarms").paginate()
        for alarm in page["MetricAlarms"]
        if alarm["AlarmName"].startswith(prefixes)
    ]


def _delete_alarms(aws: Clients, stacks: list[str], say: Callable[[str], None]) -> None:
    cloudwatch = aws.client("cloudwatch")
    names = _alarm_names(aws, stacks)
    for first in range(0, len(names), _MOST_ALARMS):
        some = names[first : first + _MOST_ALARMS]
        say(f"deleting {len(some)} alarms: {', '.join(some)}")
        cloudwatch.delete_alarms(AlarmNames=some)


def _log_group_names(aws: Clients, stacks: list[str]) -> list[str]:
    logs = aws.client("logs").get_paginator("describe_log_groups")
    return [
        str(group["logGroupName"])
        for stack in stacks
        for start in (
            "/aws/lambda/",
            "/aws/vendedlogs/states/",
            "",
        )  # of functions by Lambda, of waiters, of the stack
        for page in logs.paginate(logGroupNamePrefix=f"{start}{stack}-")
        for group in page["logGroups"]
    ]


def _delete_log_groups(aws: Clients, stacks: list[str], say: Callable[[str], None]) -> None:
    logs = aws.client("logs")
    for name in _log_group_names(aws, stacks):
        say(f"{name}: deleting the log group")
        logs.delete_log_group(logGroupName=name)


def _parameter_names(aws: Clients, stacks: list[str]) -> list[str]:
    """Names of the holds of the stacks."""
    pages = aws.client("ssm").get_paginator("get_parameters_by_path")
    return [
        str(parameter["Name"])
        for stack in stacks
        for page in pages.paginate(Path=f"{PREFIX}{stack}", Recursive=True)
        for parameter in page["Parameters"]
    ]


def _delete_parameters(aws: Clients, stacks: list[str], say: Callable[[str], None]) -> None:
    names = _parameter_names(aws, stacks)
    for first in range(0, len(names), _MOST_PARAMETERS):
        some = names[first : first + _MOST_PARAMETERS]
        say(f"deleting {len(some)} SSM parameters: {', '.join(some)}")
        aws.client("ssm").delete_parameters(Names=some)
