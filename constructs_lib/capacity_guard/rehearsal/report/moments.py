"""Times that the reports of a rehearsal look for in its raw records."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from itertools import accumulate, pairwise
from typing import Any

from ...capacity.errors import InputError
from .records import Records, StackEvent


def first_event(
    events: Iterable[StackEvent], description: str, matches: Callable[[StackEvent], bool]
) -> StackEvent:
    """The first stack event of a kind.

    Args:
        events: in order of time.
        description: what is sought, for the error.
        matches: whether an event is of that kind.

    Raises:
        InputError: there is none.
    """
    first = next((event for event in events if matches(event)), None)
    if first is None:
        raise InputError(
            "stack-events.json", f"holds no {description}", "Look at the output of the deployment"
        )
    return first


def first_restored(
    records: Records, before: Mapping[str, Any], since: datetime, until: datetime | None = None
) -> datetime | None:
    """The first answer of DescribeTable after which nothing differs from a capacity any more; ``None`` without one.

    A rollback that is not finished does not count.

    Args:
        records: the raw records.
        before: the capacity (`TableObservation.capacity`).
        since, until: period in which answers count; ``None`` is the end of the records.
    """
    restored: datetime | None = None
    for table in records.tables:
        if table.at < since or (until is not None and table.at > until):
            continue
        is_restored = table.is_active() and table.capacity() == before
        restored = (restored or table.at) if is_restored else None
    return restored


def whole_seconds(*parts: float) -> tuple[float, ...]:
    """Parts of a duration as whole seconds that add up to the rounded duration: each end is rounded, not each part.

    Args:
        parts: seconds, in order of time; one is negative where it goes back.
    """
    ends = [0, *(math.floor(end + 0.5) for end in accumulate(parts))]
    return tuple(float(end - start) for start, end in pairwise(ends))


def seconds_between(start: datetime, end: datetime) -> float:
    """Seconds from one time to another, to a tenth."""
    return round((end - start).total_seconds(), 1)
