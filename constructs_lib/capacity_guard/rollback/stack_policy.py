"""The stack policy during the update that takes a change back."""

from __future__ import annotations

import json
from typing import Any

from ..capacity.errors import InputError
from ..capacity.limits import STACK_POLICY_BYTES

_REMEDY = "Correct it: aws cloudformation set-stack-policy"


def policy_during_update(existing: str | None, logical_id: str) -> str:
    """The policy that is sent for one update. It takes the place of the stack's own, so it has all that one has.

    On top it denies that the table is replaced or deleted (CloudFormation User Guide: protect-stack-resources). A denial takes
    precedence over everything else, so the result allows nothing that the stack's own policy does not.

    Args:
        existing: the stack's own policy (GetStackPolicy), ``None`` if it has none.
        logical_id: logical id of the table.

    Raises:
        InputError: the stack's own policy cannot be read, or both together are longer than a policy may be.
    """
    kept = {
        "Effect": "Deny",
        "Action": ["Update:Replace", "Update:Delete"],
        "Principal": "*",
        "Resource": f"LogicalResourceId/{logical_id}",
    }
    document, statements = _read(existing)
    merged = json.dumps(
        {**document, "Statement": [*statements, kept]}, separators=(",", ":"), ensure_ascii=False
    )
    length = len(merged.encode())
    if length > STACK_POLICY_BYTES.value:
        raise InputError(
            "the stack's policy",
            f"has {length:,} bytes together with the denial to replace the table, and may have {STACK_POLICY_BYTES.value:,}",
            "Shorten it: aws cloudformation set-stack-policy",
        )
    return merged


def _read(existing: str | None) -> tuple[dict[str, Any], list[Any]]:
    if existing is None:
        return {}, [{"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}]
    try:
        document = json.loads(existing, object_pairs_hook=_without_duplicates)
    except (ValueError, RecursionError) as error:
        raise InputError("the stack's policy", f"cannot be read ({error})", _REMEDY) from None
    given = document.get("Statement") if isinstance(document, dict) else None
    statements = given if isinstance(given, list) else [given]
    if not statements or not all(isinstance(statement, dict) for statement in statements):
        raise InputError("the stack's policy", "cannot be read (no statements)", _REMEDY)
    return document, statements


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose members all have names of their own: of two with one name, one would get lost."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member is there twice")
    return found


__all__ = ["policy_during_update"]
