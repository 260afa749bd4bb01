"""Break-glass: a context value with a reason, which needs no commit and no network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import aws_cdk as cdk
from constructs import Construct

from ...capacity.errors import InputError
from .break_glass_reason import CONTEXT, checked_reason
from .place import Place


@dataclass(frozen=True)
class BreakGlass:
    """Break-glass of one guarded table.

    Attributes:
        reason: the reason; ``None`` where break-glass is not in force for the table.
        names: names by which context ``capacity-guard:break-glass`` may mean the table.
    """

    reason: str | None
    names: tuple[str, ...]


def break_glass_of(place: Place, id: str, table: Construct | None) -> BreakGlass:
    """Break-glass of a guarded table. The context may name the guard or the table: in an emergency, both must work.

    Args:
        place: the place of the construct that has the guard.
        id: its id.
        table: the construct of a table that other code declares.

    Raises:
        InputError: a reason is empty, too long or no text. The reasons of other tables are checked too.
    """
    names: tuple[str, ...] = (place.path_of(id), id.replace("/", "--"))
    reason = reason_in_context(place.break_glass, lambda: names)
    if table is None:
        return BreakGlass(reason, names)
    return BreakGlass(reason or break_glass_reason(table), (*names, table.node.path, table.node.id))


def break_glass_reason(table: Construct) -> str | None:
    """The break-glass reason for a table, from the context; ``None`` if there is none.

    Context ``capacity-guard:break-glass`` is one reason for all tables of the app (``cdk deploy -c``), or a mapping from
    a table's construct path or construct id to a reason (``cdk.json``).

    Args:
        table: the guarded table.

    Raises:
        InputError: a reason is empty, too long or no text. The reasons of other tables are checked too.
    """
    context = table.node.try_get_context(CONTEXT)
    return reason_in_context(context, lambda: (table.node.path, table.node.id))


def reason_in_context(context: object, names: Callable[[], tuple[str, ...]]) -> str | None:
    """The break-glass reason for a table in a value of context ``capacity-guard:break-glass``; ``None`` if there is none.

    Args:
        context: the value, ``None`` without one.
        names: returns the names by which a mapping may mean the table; called for a mapping only.

    Raises:
        InputError: a reason is empty, too long or no text. The reasons of other tables are checked too.
    """
    if context is None:
        return None
    location = f"context {CONTEXT}"
    if isinstance(context, str):
        if context.lstrip().startswith("{"):
            raise InputError(
                location,
                "is the text of a mapping, which would be the reason of every table",
                "Put the mapping into cdk.json: on the command line a value is text",
            )
        return checked_reason(context, location)
    if not isinstance(context, Mapping):
        raise InputError(
            location,
            f"{context!r} is not a reason",
            "Give a sentence, or a mapping from construct paths to sentences",
        )
    # All reasons, not only this table's: the first table that is created must find a mistake.
    reasons = {str(name): checked_reason(reason, f"{location}: {name}") for name, reason in context.items()}
    return next((reasons[name] for name in names() if reasons.get(name)), None)


def record_break_glass(guarded: Construct, reason: str | None) -> None:
    """Write the reason into the ``Metadata`` of the template, in the place of the gates that break-glass leaves out.

    The template is stored with the stack, so a review finds the reason there. It changes no resource.

    Args:
        guarded: the construct that has the guard.
        reason: the break-glass reason; ``None`` if no gate is left out.
    """
    options = cdk.Stack.of(guarded).template_options
    metadata = dict(options.metadata or {})
    reasons = dict(metadata.pop(CONTEXT, {}))
    if reasons.pop(guarded.node.path, None) == reason:
        return
    if reason is not None:
        reasons[guarded.node.path] = reason
    options.metadata = {**metadata, **({CONTEXT: reasons} if reasons else {})} or None


__all__ = ["BreakGlass", "break_glass_of", "break_glass_reason", "reason_in_context", "record_break_glass"]
