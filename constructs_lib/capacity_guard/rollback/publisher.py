"""Events for programs: PutEvents to the default bus. What cannot be put is written to the log, and stops nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from ..handlers.aws_error import AwsError, reading
from ..handlers.calls import Calls
from ..handlers.messages import log_decision
from ..watch.events import SOURCE

ENTRIES = 10
"""Most entries of a call (API: PutEvents)."""
PAUSE = timedelta(minutes=10)
"""Time after a failure in which this process does not try again: a call that gets no answer takes 10 seconds of a look."""


class _Client(Protocol):
    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]: ...


class Publisher:
    """Puts events.

    Args:
        client: boto3 client of ``events``.
        calls: how a call is made. It is made once: the next look sends again what was not accepted.
    """

    def __init__(self, client: _Client, calls: Calls | None = None) -> None:
        self._client = client
        self._calls = calls or Calls()
        self._failed_at: datetime | None = None

    def put(self, events: Sequence[tuple[str, Mapping[str, Any]]], now: datetime) -> bool:
        """PutEvents: put events in their order. It never fails.

        Args:
            events: kind and detail of each.
            now: the current time, UTC.

        Returns:
            Whether all were accepted.
        """
        if self._failed_at is not None and now - self._failed_at < PAUSE:
            return not events
        for start in range(0, len(events), ENTRIES):
            problem = self._put(events[start : start + ENTRIES])
            if problem is not None:
                self._failed_at = now
                log_decision("watch", "events not put", count=len(events) - start, why=problem)
                return False
        return True

    def _put(self, events: Sequence[tuple[str, Mapping[str, Any]]]) -> str | None:
        """Put at most ``ENTRIES`` events; the problem if one was not accepted."""
        entries = [
            {"Source": SOURCE, "DetailType": kind, "Detail": json.dumps(detail, ensure_ascii=False)}
            for kind, detail in events
        ]
        call = "events:PutEvents"
        try:
            answer = self._calls.from_now().make(
                call, lambda: self._client.put_events(Entries=entries), repeats=False
            )
            with reading(call):
                if not answer["FailedEntryCount"]:
                    return None
                failed = next(entry for entry in answer["Entries"] if "ErrorCode" in entry)
                return f"{call}: {failed['ErrorCode']}: {failed.get('ErrorMessage', '')}"
        except AwsError as error:
            return str(error)


__all__ = ["ENTRIES", "PAUSE", "Publisher"]
