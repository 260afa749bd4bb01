"""The moment of judgment: an input of the synthesis, so that the same code gives the same result on any day."""

from __future__ import annotations

from datetime import UTC, datetime

from constructs import IConstruct

from ..capacity.errors import InputError

CONTEXT = "capacity-guard:now"


def judgment_time(scope: IConstruct) -> datetime:
    """The moment at which the rules judge, UTC: context ``capacity-guard:now``, by default today at 00:00.

    Args:
        scope: any construct of the app.

    Raises:
        InputError: the context value is no date and no moment in UTC.
    """
    given = scope.node.try_get_context(CONTEXT)
    if given is None:
        # A whole day, so that two syntheses of one day agree.
        return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        moment = datetime.fromisoformat(str(given))
    except ValueError:
        moment = None
    if moment is not None and moment.tzinfo is None and len(str(given)) == len("2026-07-09"):
        moment = moment.replace(tzinfo=UTC)
    if moment is None or moment.utcoffset() is None:
        raise InputError(
            f"context {CONTEXT}",
            f"{given!r} is no date and no moment with a time zone",
            "Write it like 2026-07-09 or 2026-07-09T15:40:00Z",
        )
    return moment.astimezone(UTC)


__all__ = ["CONTEXT", "judgment_time"]
