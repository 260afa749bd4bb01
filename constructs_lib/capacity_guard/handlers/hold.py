"""The hold in the gates: Preflight reads it, Bake writes it, and its own resource creates and deletes its SSM parameter."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from ..capacity.errors import InputError
from ..capacity.hold import PROPERTY
from ..capacity.plain_data import shown
from ..capacity.reasons import Reason
from .aws_error import AwsError
from .hold_store import HoldStore
from .messages import GateError, log_decision
from .request import GateRequest

GATE = "hold"
PERMISSION_SECONDS = 120
"""Seconds in which a new permission may still be denied (IAM User Guide: troubleshoot, eventual consistency)."""


def name_in(properties: Mapping[str, Any]) -> str | None:
    """Name of the hold in a gate's properties; ``None`` without a watch.

    Raises:
        InputError: it is not a name.
    """
    name = properties.get(PROPERTY)
    if name is None:
        return None
    if not isinstance(name, str) or not name.startswith("/"):
        raise InputError(
            f"gate: {PROPERTY}", f"{shown(name)} is not a name of a parameter", "Synthesize and deploy again"
        )
    return name


def create(holds: HoldStore, name: str, request: GateRequest) -> bool:
    """Create the SSM parameter of a table if it is absent.

    Returns:
        Whether it is there; ``False`` to be asked again.

    Raises:
        GateError: it cannot be created.
    """
    try:
        created = holds.create(name)
    except AwsError as error:
        early = request.elapsed < timedelta(seconds=PERMISSION_SECONDS)
        if early and (error.is_transient or error.kind == "denied"):
            return False
        raise GateError.of("The hold could not be created", [str(error)], [Reason.GATE_FAILED]) from error
    log_decision(GATE, "created" if created else "kept", hold=name)
    return True


def replace(holds: HoldStore, name: str) -> None:
    """Create the SSM parameter under another name. It never fails: it may be a part of a rollback."""
    try:
        holds.create(name)
    except AwsError as error:
        log_decision(GATE, "not created", hold=name, why=str(error))


def delete(holds: HoldStore, name: str) -> None:
    """Delete the SSM parameter with the guard. It never fails: a parameter that is left over harms nothing."""
    try:
        holds.delete(name)
    except AwsError as error:
        log_decision(GATE, "left over", hold=name, why=str(error))


def read_hold(holds: HoldStore, name: str) -> tuple[str | None, AwsError | None]:
    """What is held, and why it could not be read. A hold that is gone holds nothing."""
    try:
        return holds.read(name), None
    except AwsError as error:
        return None, None if error.kind == "missing" else error


def refusal(fingerprint: str) -> str:
    """Why a change that is held is refused, and how it is tried again."""
    return (
        f"this change ({fingerprint}) was taken back and is held, so it would change nothing: to try it again, run "
        "capacity-guard retry BASELINE.json, commit the file and deploy"
    )


def write_after_failure(holds: HoldStore, name: str, fingerprint: str, reason: str) -> str | None:
    """Hold a change before its Bake fails, so that a deployment that is repeated by itself does not try it again.

    Returns:
        What to add to the reason if it could not be written.
    """
    try:
        holds.write(name, fingerprint, reason)
    except AwsError as error:
        log_decision(GATE, "not held", hold=name, fingerprint=fingerprint, why=str(error))
        return f"The change could not be held, so the next deployment tries it again: {error}"
    log_decision(GATE, "held", hold=name, fingerprint=fingerprint)
    return None


__all__ = [
    "PERMISSION_SECONDS",
    "create",
    "delete",
    "name_in",
    "read_hold",
    "refusal",
    "replace",
    "write_after_failure",
]
