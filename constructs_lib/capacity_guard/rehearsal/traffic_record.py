"""The traffic player's record: JSON lines with everything it published and every capacity it observed."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..dynamodb.names import CAPACITY_UNITS, MAXIMUM_UNITS, WARM_UNITS
from .measurement import PlayedMinute, Surge


class TrafficRecord:
    """Appends lines to a file; several threads may use it."""

    def __init__(self, path: Path | None) -> None:
        """path: the file; None records nothing."""
        self._path = path
        self._lock = threading.Lock()
        self._capacity: dict[str, Any] = {}

    def write(self, *lines: dict[str, Any]) -> None:
        """Append lines."""
        if self._path is None or not lines:
            return
        with self._lock:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as file:
                file.writelines(json.dumps(line, sort_keys=True) + "\n" for line in lines)

    def write_surge(self, surge: Surge) -> None:
        """Append a surge."""
        self.write(
            {
                "kind": "surge",
                "at": time_text(surge.start),
                "factor": surge.factor,
                "keys": sorted(surge.keys),
            }
        )

    def write_backfill(self, start: float, end: float, datums: int) -> None:
        """Append a backfill from `start` to `end` (seconds since 1970) with its number of datums."""
        self.write({"kind": "backfill", "start": time_text(start), "end": time_text(end), "datums": datums})

    def write_capacity(self, table: dict[str, Any], table_name: str, now: float) -> None:
        """Append the capacity of a table when it differs from the last capacity written.

        table: the `Table` member of DescribeTable's answer. now: seconds since 1970.
        """
        capacity = _capacity(table)
        if capacity != self._capacity:
            self._capacity = capacity
            self.write({"kind": "capacity", "at": time_text(now), "table": table_name, **capacity})


def minute_line(key: str, minute: int, played: PlayedMinute, events: int, now: float) -> dict[str, Any]:
    """The line of one minute on one dimension.

    Rates are units per second, means over the minute. events: throttle events in the minute.
    minute, now: start of the minute and time at which its first part was published, seconds since 1970.
    """
    ceiling = played.ceiling
    return {
        "kind": "minute",
        "minute": time_text(minute),
        "published": time_text(now),
        "dimension": key,
        "demand": round(played.demanded / played.seconds, 3),
        "served": round(played.served / played.seconds, 3),
        "throttled": round(played.throttled / played.seconds, 3),
        "throttle_events": events,
        "ceiling": ceiling.rate if ceiling else None,
        "ceiling_kind": ceiling.kind if ceiling else None,
    }


def time_text(seconds: float) -> str:
    """A time (seconds since 1970) as ISO 8601 text in UTC, with milliseconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _capacity(table: dict[str, Any]) -> dict[str, Any]:
    """The capacity of table and indexes as DescribeTable shows it, without counters and dates."""

    def resource_capacity(members: dict[str, Any], status: str) -> dict[str, Any]:
        throughput = members.get("ProvisionedThroughput") or {}
        maxima = members.get("OnDemandThroughput") or {}
        warm = members.get("WarmThroughput") or {}
        return {
            "status": members.get(status),
            "read": throughput.get(CAPACITY_UNITS["read"]),
            "write": throughput.get(CAPACITY_UNITS["write"]),
            "max_read": maxima.get(MAXIMUM_UNITS["read"]),
            "max_write": maxima.get(MAXIMUM_UNITS["write"]),
            "warm_read": warm.get(WARM_UNITS["read"]),
            "warm_write": warm.get(WARM_UNITS["write"]),
            "warm_status": warm.get("Status"),
        }

    return {
        "billing_mode": (table.get("BillingModeSummary") or {}).get("BillingMode", "PROVISIONED"),
        **resource_capacity(table, "TableStatus"),
        "indexes": {
            index["IndexName"]: resource_capacity(index, "IndexStatus")
            for index in table.get("GlobalSecondaryIndexes") or []
        },
    }


__all__ = ["TrafficRecord", "minute_line", "time_text"]
