"""The hold: the SSM parameter that says which change of a table is held, if any.

Its value is all that is in it: ``none``, or the fingerprint of the change that was taken back. A stack parameter of the type
``AWS::SSM::Parameter::Value<String>`` reads it at each operation (CloudFormation User Guide: parameters-section-structure).
"""

from __future__ import annotations

import re

NONE = "none"
"""Value of a hold while no change is held."""
PROPERTY = "Hold"
"""Property of a gate, and of the hold's own resource: name of the SSM parameter."""
PREFIX = "/capacity-guard/"
"""How the names of holds begin (Systems Manager User Guide: sysman-paramstore-su-create, parameter hierarchies)."""
JOURNALS_ID = "CapacityGuardWatchJournals"
"""How the logical id of the table of the journals begins (``is_journals``): the watch keeps there what it did. It is not a table
of the app, so no guard, rule or recording takes it for one."""
_FINGERPRINT = re.compile(r"[0-9a-f]{10}")


def hold_name(stack: str, logical_id: str) -> str:
    """Name of the SSM parameter of a table.

    Args:
        stack: name of the stack.
        logical_id: logical id of the table.
    """
    return f"{PREFIX}{stack}/{logical_id}"


def is_journals(name: str) -> bool:
    """Whether a logical id, or the name that CloudFormation made of it, is that of a table of journals.

    Args:
        name: logical id, or name of a table.
    """
    return name.startswith(JOURNALS_ID) or f"-{JOURNALS_ID}" in name


def is_fingerprint(text: str) -> bool:
    """Whether a value of a hold is the fingerprint of a change."""
    return _FINGERPRINT.fullmatch(text) is not None


__all__ = ["JOURNALS_ID", "NONE", "PREFIX", "PROPERTY", "hold_name", "is_fingerprint", "is_journals"]
