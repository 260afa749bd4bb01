"""Break-glass: one change that nothing may stand in the way of, with the reason for it."""

from __future__ import annotations

from .errors import InputError

CONTEXT = "capacity-guard:break-glass"
"""Name of the context value that holds the reason."""
REASON_LONGEST = 250
"""Characters of a reason: CloudFormation takes an answer of 4,096 bytes, with everything else that a gate says
(CloudFormation User Guide, crpg-ref-responses)."""


def checked_reason(value: object, location: str) -> str:
    """The reason, on one line.

    Args:
        value: what was given.
        location: where, for the error.

    Raises:
        InputError: it is no text, empty or too long.
    """
    if not isinstance(value, str) or not value.strip():
        raise InputError(location, f"{value!r} is no reason", "Say in a sentence why this change cannot wait")
    reason = " ".join(value.split())
    if len(reason) > REASON_LONGEST:
        raise InputError(location, f"has {len(reason)} characters", f"Say it in {REASON_LONGEST} at most")
    return reason


__all__ = ["CONTEXT", "REASON_LONGEST", "checked_reason"]
