"""Conditions of Preflight on the operation: how it was started, where it runs, and what else it changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .live_state import LiveState

_GATES = ("Custom::CapacityGuardPreflight", "Custom::CapacityGuardBake")


def check_operation(live: LiveState) -> Iterator[str]:
    """The operation rolls back when it fails, and it has a change set (CloudFormation API: DescribeStacks)."""
    if live.stack is None:
        return
    config = live.stack.get("DeploymentConfig") or {}
    if config.get("Mode") == "EXPRESS":
        yield "this operation runs in express mode, which neither waits nor rolls back: deploy without --express"
    if live.stack.get("DisableRollback") or config.get("DisableRollback"):
        yield "rollback is disabled for this operation: deploy without --no-rollback"
    if not live.stack.get("ChangeSetId"):
        yield "this operation has no change set, so what travels with it is unknown: deploy with --method=change-set"


def check_identity(live: LiveState) -> Iterator[str]:
    """Account and Region are those of the baseline, if the baseline names them."""
    region, account = live.region, live.account
    for what, here, recorded in (
        ("account", account, live.plan.account),
        ("Region", region, live.plan.region),
    ):
        if recorded is not None and here != recorded:
            yield f"the baseline is of {what} {recorded}, this is {here or 'unknown'}: record this table's own baseline"


def check_armed(live: LiveState) -> Iterator[str]:
    """The table and the guard's own alarms are deployed before the transition."""
    if live.names.missing:
        names = ", ".join(live.names.missing)
        yield f"the stack does not have {names} yet: deploy the guard first, without the change of capacity"


def check_alone(live: LiveState) -> Iterator[str]:
    """Only table, gates and guard change: a veto would also roll back every other change of the operation."""
    others = [
        f"{change.get('LogicalResourceId')} ({change.get('ResourceType')})"
        for change in live.changes or ()
        if not _may_change(change, live.plan.travels_with) and not _is_scaling_of(change, live.names.table)
    ]
    if others:
        shown = ", ".join(others[:4]) + (f" and {len(others) - 4} more" if len(others) > 4 else "")
        yield f"{shown} would change in the same operation: deploy that first, the capacity alone"


def _may_change(change: Mapping[str, Any], allowed: tuple[str, ...]) -> bool:
    resource_type = change.get("ResourceType")
    logical_id = change.get("LogicalResourceId")
    # this operation removes the gates of the previous transition, whose names the plan does not have
    if logical_id in allowed or resource_type == "AWS::CDK::Metadata" or resource_type in _GATES:
        return True
    details = change.get("Details") or ()
    return (
        bool(details)
        and change.get("Action") == "Modify"
        and all(_is_reference(detail, allowed) for detail in details)
    )


def _is_scaling_of(change: Mapping[str, Any], table: str | None) -> bool:
    """Whether a change is of the table's own auto scaling, for which a Table has separate resources.

    The plan does not have the logical ids of those that are removed. Their physical ids contain the name of the table
    (CloudFormation Template Reference, ScalableTarget and ScalingPolicy, Ref).
    """
    if table is None or not str(change.get("ResourceType")).startswith("AWS::ApplicationAutoScaling::"):
        return False
    physical_id = str(change.get("PhysicalResourceId", ""))
    is_target = physical_id.startswith((f"table/{table}|", f"table/{table}/index/"))
    return is_target or any(f"/dynamodb/table/{table}{end}" in physical_id for end in (":", "/index/"))


def _is_reference(detail: Mapping[str, Any], allowed: tuple[str, ...]) -> bool:
    """Whether a detail only refers to a resource that may change. Change sets list a resource that refers to the table
    although the table keeps its name and ARN (CloudFormation API: ResourceChangeDetail, Evaluation)."""
    cause = str(detail.get("CausingEntity", "")).split(".")[0]
    return detail.get("Evaluation") == "Dynamic" and cause in allowed


__all__ = ["check_alone", "check_armed", "check_identity", "check_operation"]
