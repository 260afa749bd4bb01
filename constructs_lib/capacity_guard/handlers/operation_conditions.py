"""Conditions of Preflight on the operation: how it was started, where it runs, and which operation its change set is of."""

from __future__ import annotations

from collections.abc import Iterator

from .live_state import LiveState


def check_operation(live: LiveState) -> Iterator[str]:
    """The operation rolls back when it fails, and its change set is known (CloudFormation API: DescribeStacks).

    How it was started may show in the stack or in its change set (API: DescribeChangeSet, OnStackFailure and DeploymentConfig).
    """
    if live.stack is None:
        return
    own = (
        live.change_set
        if live.change_set is not None and not live.change_set.foreign(live.stack_id)
        else None
    )
    shown = [live.stack.get("DeploymentConfig"), None if own is None else own.fields.get("DeploymentConfig")]
    configs = [config for config in shown if config]
    if any(config.get("Mode") == "EXPRESS" for config in configs):
        yield "this operation runs in express mode, which neither waits nor rolls back: deploy without --express"
    if live.stack.get("DisableRollback") or any(config.get("DisableRollback") for config in configs):
        yield "rollback is disabled for this operation: deploy without --no-rollback"
    elif own is not None and own.fields.get("OnStackFailure") == "DO_NOTHING":
        yield (
            "rollback is disabled for this operation by its change set: make one without --on-stack-failure DO_NOTHING"
        )
    if not live.stack.get("ChangeSetId"):
        yield "this operation has no change set, so what travels with it is unknown: deploy with --method=change-set"
    elif live.change_set is not None:
        foreign = live.change_set.foreign(live.stack_id)
        if foreign is not None:
            yield (
                f"the change set that the stack names {foreign}, so it is of an earlier operation and what travels with "
                "this one is unknown: deploy with --method=change-set"
            )
        elif not _creates_this_gate(live):
            yield (
                "the change set that the stack names does not create this gate, so what travels with the operation is "
                "unknown: deploy with --method=change-set"
            )
        elif live.change_set.reverts_drift:
            yield (
                "this operation reverts drift: it sends what differs from the live resources, without a judgment, and a "
                "rollback restores their state instead of the deployed template: deploy without --revert-drift"
            )


def check_shown_operation(live: LiveState) -> Iterator[str]:
    """DescribeStacks shows how this operation was started; DisableRollback may be that of the stack's creation
    (API: Stack, DisableRollback)."""
    if live.stack is not None and "DeploymentConfig" not in live.stack and not live.notes:
        yield "the stack does not show how this operation was started: whether it rolls back is taken from DisableRollback"


def check_identity(live: LiveState) -> Iterator[str]:
    """Account and Region are those of the baseline, if it names them; so is the table's name, if it is all that it names."""
    region, account = live.region, live.account
    for what, here, recorded in (
        ("account", account, live.plan.account),
        ("Region", region, live.plan.region),
    ):
        if recorded is not None and here != recorded:
            yield f"the baseline is of {what} {recorded}, this is {here or 'unknown'}: record this table's own baseline"
    recorded_name, name = live.plan.recorded_name, live.names.table
    if recorded_name is not None and name is not None and name != recorded_name:
        yield f"the baseline is of table {recorded_name}, this is {name}: record this table's own baseline"


def check_armed(live: LiveState) -> Iterator[str]:
    """The table and the guard's own alarms are deployed before the transition."""
    if live.names.missing:
        names = ", ".join(live.names.missing)
        yield f"the stack does not have {names} yet: deploy the guard first, without the change of capacity"


def _creates_this_gate(live: LiveState) -> bool:
    return any(
        change.get("LogicalResourceId") in live.plan.travels_with
        and change.get("Action") in ("Add", "Modify")
        and str(change.get("ResourceType")).startswith("Custom::CapacityGuard")
        for change in live.changes
    )


__all__ = ["check_armed", "check_identity", "check_operation", "check_shown_operation"]
