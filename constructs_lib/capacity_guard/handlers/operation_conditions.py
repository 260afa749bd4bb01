"""Conditions on the operation: how it was started, where, and what travels with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .live import Live

_GATES = ("Custom::CapacityGuardPreflight", "Custom::CapacityGuardBake")


def operation(live: Live) -> Iterator[str]:
    """The operation rolls back when it fails, and shows what it changes (CloudFormation API: DescribeStacks)."""
    if live.stack is None:
        return
    config = live.stack.get("DeploymentConfig") or {}
    if config.get("Mode") == "EXPRESS":
        yield "this operation runs in express mode, which neither waits nor rolls back: deploy without --express"
    if live.stack.get("DisableRollback") or config.get("DisableRollback"):
        yield "rollback is disabled for this operation: deploy without --no-rollback"
    if not live.stack.get("ChangeSetId"):
        yield "this operation has no change set, so what travels with it is unknown: deploy with --method=change-set"


def identity(live: Live) -> Iterator[str]:
    """Account and Region are those of the baseline, where it names them."""
    region, account = live.region, live.account
    for what, here, recorded in (
        ("account", account, live.plan.account),
        ("Region", region, live.plan.region),
    ):
        if recorded is not None and here != recorded:
            yield f"the baseline is of {what} {recorded}, this is {here or 'unknown'}: record this table's own baseline"


def armed(live: Live) -> Iterator[str]:
    """The guard's own resources are deployed before the transition that they guard."""
    if live.names.missing:
        names = ", ".join(live.names.missing)
        yield f"the stack does not have {names} yet: deploy the guard first, without the change of capacity"


def alone(live: Live) -> Iterator[str]:
    """Nothing but table, gates and guard changes: a veto would roll back other people's work too."""
    strangers = [
        f"{one.get('LogicalResourceId')} ({one.get('ResourceType')})"
        for one in live.changes or ()
        if not _travels(one, live.plan.travels_with) and not _scales(one, live.names.table)
    ]
    if strangers:
        shown = ", ".join(strangers[:4]) + (f" and {len(strangers) - 4} more" if len(strangers) > 4 else "")
        yield f"{shown} would change in the same operation: deploy that first, the capacity alone"


def _travels(change: Mapping[str, Any], allowed: tuple[str, ...]) -> bool:
    kind = change.get("ResourceType")
    # gates of the transition before leave in this operation: the plan cannot know their names
    if change.get("LogicalResourceId") in allowed or kind == "AWS::CDK::Metadata" or kind in _GATES:
        return True
    details = change.get("Details") or ()
    return (
        bool(details) and change.get("Action") == "Modify" and all(_follows(one, allowed) for one in details)
    )


def _scales(change: Mapping[str, Any], table: str | None) -> bool:
    """Whether a change is of the table's own auto scaling, which a Table has in resources of their own.

    Those that leave stand in no template that the plan could have read; their physical ids name the table
    (CloudFormation Template Reference, ScalableTarget and ScalingPolicy, Ref).
    """
    if table is None or not str(change.get("ResourceType")).startswith("AWS::ApplicationAutoScaling::"):
        return False
    physical = str(change.get("PhysicalResourceId", ""))
    target = physical.startswith((f"table/{table}|", f"table/{table}/index/"))
    return target or any(f"/dynamodb/table/{table}{end}" in physical for end in (":", "/index/"))


def _follows(detail: Mapping[str, Any], allowed: tuple[str, ...]) -> bool:
    """A change set lists what refers to the table, although the table keeps its name and ARN: not a change by itself
    (CloudFormation API: ResourceChangeDetail, Evaluation)."""
    cause = str(detail.get("CausingEntity", "")).split(".")[0]
    return detail.get("Evaluation") == "Dynamic" and cause in allowed


__all__ = ["alone", "armed", "identity", "operation"]
