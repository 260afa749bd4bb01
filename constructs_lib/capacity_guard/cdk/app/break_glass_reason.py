"""Break-glass: a change that no rule or gate may stop, with the reason for it."""

from __future__ import annotations

from ...capacity.errors import InputError

CONTEXT = "capacity-guard:break-glass"
"""Name of the CDK context value that holds the reason."""
REASON_LONGEST = 250
"""Longest reason, characters. CloudFormation accepts a response of 4,096 bytes, which holds the reason and the rest of a
gate's message (CloudFormation User Guide, crpg-ref-responses)."""

_SWITCHES = frozenset(
    (
        "0",
        "1",
        "disabled",
        "enabled",
        "false",
        "n",
        "no",
        "none",
        "null",
        "off",
        "on",
        "true",
        "undefined",
        "y",
        "yes",
    )
)
"""Values of a switch. A context value of the command line is text, so ``=false`` would open break-glass for every table."""


def checked_reason(value: object, location: str) -> str:
    """Check the reason and return it on one line.

    Args:
        value: the value of the context or of the gate's property.
        location: where the value comes from, for the error.

    Raises:
        InputError: the value is not text, is blank or a switch such as ``false``, or has more than ``REASON_LONGEST``
            characters.
    """
    if not isinstance(value, str) or not value.strip() or value.strip().lower() in _SWITCHES:
        raise InputError(
            location, f"{value!r} is not a reason", "Say in a sentence why this change cannot wait"
        )
    reason = " ".join(value.split())
    if len(reason) > REASON_LONGEST:
        raise InputError(location, f"has {len(reason)} characters", f"Say it in {REASON_LONGEST} at most")
    return reason


__all__ = ["CONTEXT", "REASON_LONGEST", "checked_reason"]
