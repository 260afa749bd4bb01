"""The stack policy during the update that takes a change back."""

from __future__ import annotations

import json
from typing import Any

from ..capacity.errors import InputError


def policy_during_update(existing: str | None, logical_id: str) -> str:
    """The policy that is sent for one update. It takes the place of the stack's own, so it has all statements of that one.

    On top it denies that the table is replaced or deleted (CloudFormation User Guide: protect-stack-resources).

    Args:
        existing: the stack's own policy (GetStackPolicy), ``None`` if it has none.
        logical_id: logical id of the table.

    Raises:
        InputError: the stack's own policy cannot be read.
    """
    if existing is None:
        statements: list[Any] = [{"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}]
    else:
        try:
            given = json.loads(existing)["Statement"]
        except (ValueError, KeyError, TypeError):
            raise InputError(
                "the stack's policy", "cannot be read", "Correct it: aws cloudformation set-stack-policy"
            ) from None
        statements = list(given) if isinstance(given, list) else [given]
    kept = {
        "Effect": "Deny",
        "Action": ["Update:Replace", "Update:Delete"],
        "Principal": "*",
        "Resource": f"LogicalResourceId/{logical_id}",
    }
    return json.dumps({"Statement": [*statements, kept]})


__all__ = ["policy_during_update"]
