"""Break-glass: a context value with a reason, which needs no commit and no network."""

from __future__ import annotations

from collections.abc import Mapping

from constructs import Construct

from ..capacity.break_glass import CONTEXT, checked_reason
from ..capacity.errors import InputError


def break_glass_of(table: Construct) -> str | None:
    """Why nothing may stand in the way of this change of a table; ``None`` where nobody has said so.

    Context ``capacity-guard:break-glass`` is one reason for all tables of the app, as ``cdk deploy -c`` gives it, or in
    ``cdk.json`` a mapping from a table's construct path, or its construct id, to a reason.

    Args:
        table: the guarded table.

    Raises:
        InputError: a reason is empty, too long or no text.
    """
    given = table.node.try_get_context(CONTEXT)
    if given is None:
        return None
    location = f"context {CONTEXT}"
    if isinstance(given, str):
        return checked_reason(given, location)
    if not isinstance(given, Mapping):
        raise InputError(
            location,
            f"{given!r} is no reason",
            "Give a sentence, or a mapping from construct paths to sentences",
        )
    # All of them, not only this table's: a mistake must be found in whichever table is made first.
    reasons = {str(name): checked_reason(reason, f"{location}: {name}") for name, reason in given.items()}
    return reasons.get(table.node.path) or reasons.get(table.node.id)


__all__ = ["CONTEXT", "break_glass_of"]
