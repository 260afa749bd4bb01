"""The traffic player: publishes, minute by minute, what the demand of a trace would have shown in CloudWatch.

Each minute of the rehearsal clock it takes the demand of that minute less what the capacity then live in
the emulator serves (`meter`), and publishes about a minute after the minute ended, as AWS does:
ConsumedRead/WriteCapacityUnits always (zero-filled), Read/WriteThrottleEvents only where something was
throttled, with the dimensions TableName or TableName and GlobalSecondaryIndexName.
Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html

    player = Player.of(emulator, "conversations", demand, record=Path("out/demo/raw/traffic.jsonl"))
    player.backfill(start - timedelta(days=14), start)
    with player:
        ...
        player.surge(1.6)          # more traffic than was ever recorded, from now on
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from . import meter
from .meter import Ceiling

NAMESPACE = "AWS/DynamoDB"
MINUTE = 60
DATUMS_A_CALL = 1_000
"""PutMetricData takes at most this many datums."""
_PATIENCE = 50
"""Polls in a row that may fail before the player gives up: an emulator that ended would else hide behind silence."""

logger = logging.getLogger(__name__)

Demand = Callable[[str, datetime], float]
"""Units per second wanted of a dimension (`table/read`, `index/by_agent/write`) in the minute that starts then (UTC)."""


class PlayerClock(Protocol):
    """What the player needs of the rehearsal clock (`capacity_guard.rehearsal.emulator.clock.Clock`)."""

    def seconds(self) -> float:
        """Rehearsal time in seconds since 1970."""

    def sleep(self, rehearsal_seconds: float) -> None:
        """Sleep for some rehearsal seconds."""


class HasClients(Protocol):
    """What `Player.of` needs of an emulator."""

    clock: Any

    def client(self, service: str, **arguments: Any) -> Any:
        """A boto3 client of one service."""


class PlayerError(RuntimeError):
    """The player could not go on; the cause is its `__cause__`."""


@dataclass(frozen=True)
class Surge:
    """From `start` (seconds since 1970) on, demand is multiplied by `factor`; `keys` empty means every dimension."""

    start: float
    factor: float
    keys: frozenset[str]


@dataclass
class PlayedMinute:
    """What was measured of one minute on one dimension, in units; `ceiling` is the lowest that was live."""

    demanded: float = 0.0
    served: float = 0.0
    throttled: float = 0.0
    seconds: float = 0.0
    ceiling: Ceiling | None = None


@dataclass
class _Measured:
    """State of the meter over time: ceilings, bursts, and the minutes that are not published yet."""

    until: float
    ceilings: dict[str, Ceiling] = field(default_factory=dict)
    buckets: dict[str, float] = field(default_factory=dict)
    minutes: dict[int, dict[str, PlayedMinute]] = field(default_factory=dict)


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Player:
    """Plays a demand against one table of an emulator. A context manager: a thread of its own from start to stop."""

    def __init__(
        self,
        dynamodb: Any,
        cloudwatch: Any,
        clock: PlayerClock,
        table_name: str,
        demand: Demand,
        *,
        record: Path | None = None,
        poll_seconds: float = 6.0,
        publication_delay: float = 55.0,
        units_per_request: float = 1.0,
        back_pressure: bool = False,
    ) -> None:
        """Describe a player; `start()` or `with` starts it.

        dynamodb, cloudwatch: boto3 clients of the emulator. clock: its rehearsal clock.
        table_name: the table whose capacity serves the demand; it may not exist yet.
        demand: units per second by dimension and minute.
        record: JSON lines file to which everything published and every observed capacity is appended.
        poll_seconds: rehearsal seconds between two looks at the table's capacity.
        publication_delay: rehearsal seconds from the end of a minute to its publication.
        units_per_request: size of a request in units; throttle events are counted in requests.
        back_pressure: whether writes that an index throttles are missing on the table too.
        """
        self._dynamodb = dynamodb
        self._cloudwatch = cloudwatch
        self._clock = clock
        self.table_name = table_name
        self._demand = demand
        self._record = record
        self._poll_seconds = poll_seconds
        self._delay = publication_delay
        self._units_per_request = units_per_request
        self._back_pressure = back_pressure
        self._surges: list[Surge] = []
        self._lock = threading.Lock()
        self._end = threading.Event()
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None
        self._measured: _Measured | None = None
        self._failures = 0
        self._shown: dict[str, Any] = {}

    @classmethod
    def of(cls, emulator: HasClients, table_name: str, demand: Demand, **options: Any) -> Player:
        """A player for an emulator of `capacity_guard.rehearsal.emulator.launcher`; `options` as for the constructor."""
        from botocore.config import Config  # not at the top: importing the library must not need boto3

        # Validation and compression of a thousand datums cost more than all the rest.
        lean = Config(
            proxies={},
            parameter_validation=False,
            disable_request_compression=True,
            retries={"total_max_attempts": 1},
        )
        return cls(
            emulator.client("dynamodb"),
            emulator.client("cloudwatch", config=lean),
            emulator.clock,
            table_name,
            demand,
            **options,
        )

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.stop()
        except PlayerError:
            # The error of the block is the one to see.
            if error is None:
                raise
            logger.exception("the traffic player had failed before")

    def start(self) -> Self:
        """Start to play, from the beginning of the current minute."""
        if self._thread is None:
            self._end.clear()
            self._thread = threading.Thread(target=self._run, name=f"player-{self.table_name}", daemon=True)
            self._thread.start()
        return self

    def stop(self) -> None:
        """End the thread; minutes that are not due are not published. Raises PlayerError if it had failed."""
        thread, self._thread = self._thread, None
        self._end.set()
        if thread is not None:
            thread.join()
        self.check()

    def check(self) -> None:
        """Raise PlayerError if the thread has failed."""
        if self._error is not None:
            raise PlayerError(
                f"the traffic player of {self.table_name} failed: {self._error}"
            ) from self._error

    def surge(self, factor: float, from_when: datetime | None = None, keys: Iterable[str] = ()) -> None:
        """Multiply demand by `factor` from a moment on (None: now); a later surge replaces it, 1 ends it.

        keys: dimensions it concerns; none given means all. Raises ValueError for a negative factor.
        """
        if factor < 0:
            raise ValueError(f"surge by {factor}: demand cannot be negative")
        start = self._clock.seconds() if from_when is None else from_when.timestamp()
        chosen = Surge(start, factor, frozenset(keys))
        with self._lock:
            self._surges.append(chosen)
        self._write({"kind": "surge", "at": _iso(start), "factor": factor, "keys": sorted(chosen.keys)})

    def backfill(self, start: datetime, end: datetime, indexes: Iterable[str] | None = None) -> int:
        """Publish the demand of the minutes from `start` (inclusive) to `end` (exclusive) as consumed units.

        It is history: what the trace shows was served, so nothing is throttled.
        indexes: names of the table's indexes; None asks DescribeTable. Returns the number of datums.
        Raises ValueError for times without a time zone.
        """
        if start.tzinfo is None or end.tzinfo is None:
            raise ValueError("backfill: give start and end a time zone")
        if indexes is None:
            table = self._dynamodb.describe_table(TableName=self.table_name)["Table"]
            indexes = [index["IndexName"] for index in table.get("GlobalSecondaryIndexes") or []]
        keys = [meter.dimension_key(name, side) for name in (None, *indexes) for side in meter.SIDES]
        first = int(-(-start.timestamp() // MINUTE)) * MINUTE
        minutes = range(first, int(-(-end.timestamp() // MINUTE)) * MINUTE, MINUTE)
        datums = [
            self._datum(key, "Consumed{}CapacityUnits", minute, self._demand(key, _utc(minute)) * MINUTE)
            for key in keys
            for minute in minutes
        ]
        self._put(datums)
        self._write(
            {
                "kind": "backfill",
                "start": _iso(minutes.start),
                "end": _iso(minutes.stop),
                "datums": len(datums),
            }
        )
        return len(datums)

    # --- the thread ---

    def _run(self) -> None:
        try:
            while not self._end.is_set():
                self.step()
                self._clock.sleep(self._poll_seconds)
        except Exception as error:  # told by stop() and check()
            self._error = error
            logger.exception("the traffic player of %s failed", self.table_name)

    def step(self) -> None:
        """Look at the capacity, measure up to now, publish what is due. The thread does this every poll."""
        now = self._clock.seconds()
        table = self._look()
        if table is None:
            return
        if self._measured is None:
            self._measured = _Measured(until=now // MINUTE * MINUTE)
        measured = self._measured
        seen = meter.ceilings(table, measured.ceilings)
        if not measured.ceilings:
            measured.buckets = meter.full_buckets(seen)
            measured.ceilings = seen
        # What was live until now is what the look before saw.
        self._measure(measured, now)
        measured.ceilings = seen
        for key in [key for key in measured.buckets if key not in seen]:
            del measured.buckets[key]
        self._note(table, now)
        self._publish_due(measured, now)

    def _look(self) -> dict[str, Any] | None:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            table: dict[str, Any] = self._dynamodb.describe_table(TableName=self.table_name)["Table"]
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                self._measured = None  # not deployed yet, or deleted: nothing is consumed
                return None
            self._fail(error)
            return None
        except BotoCoreError as error:
            self._fail(error)
            return None
        self._failures = 0
        return table

    def _fail(self, error: Exception) -> None:
        self._failures += 1
        if self._failures >= _PATIENCE:
            raise error

    def _measure(self, measured: _Measured, now: float) -> None:
        with self._lock:
            surges = list(self._surges)
        while measured.until < now:
            start = measured.until
            minute = int(start // MINUTE) * MINUTE
            later = [surge.start for surge in surges if start < surge.start]
            end = min([now, minute + MINUTE, *later])
            self._measure_stretch(measured, minute, start, end, surges)
            measured.until = end

    def _measure_stretch(
        self, measured: _Measured, minute: int, start: float, end: float, surges: list[Surge]
    ) -> None:
        minutes = measured.minutes.setdefault(minute, {})
        share = 1.0
        # Indexes first: what they throttle may press on the table's writes.
        for key in sorted(measured.ceilings, key=lambda key: key.startswith("table/")):
            ceiling = measured.ceilings[key]
            rate = self._demand(key, _utc(minute)) * _factor(surges, start, key)
            if self._back_pressure and key == "table/write":
                rate *= share
            found = meter.meter(rate, end - start, ceiling, measured.buckets.get(key, 0.0))
            measured.buckets[key] = found.bucket
            if key.startswith("index/") and key.endswith("/write") and found.demanded > 0:
                share = min(share, found.served / found.demanded)
            total = minutes.setdefault(key, PlayedMinute())
            total.demanded += found.demanded
            total.served += found.served
            total.throttled += found.throttled
            total.seconds += end - start
            if total.ceiling is None or ceiling.rate < total.ceiling.rate:
                total.ceiling = ceiling

    def _publish_due(self, measured: _Measured, now: float) -> None:
        due = [minute for minute in measured.minutes if minute + MINUTE + self._delay <= now]
        datums, lines = [], []
        for minute in sorted(due):
            for key, total in measured.minutes.pop(minute).items():
                events = meter.throttle_events(total.throttled, self._units_per_request)
                datums.append(self._datum(key, "Consumed{}CapacityUnits", minute, total.served))
                if events:
                    datums.append(self._datum(key, "{}ThrottleEvents", minute, float(events)))
                lines.append(_line(key, minute, total, events, now))
        if datums:
            self._put(datums)
            self._write(*lines)

    # --- publication and record ---

    def _datum(self, key: str, name: str, minute: int, value: float) -> dict[str, Any]:
        parts = key.split("/")
        dimensions = [{"Name": "TableName", "Value": self.table_name}]
        if parts[0] == "index":
            dimensions.append({"Name": "GlobalSecondaryIndexName", "Value": parts[1]})
        return {
            "MetricName": name.format(parts[-1].capitalize()),
            "Dimensions": dimensions,
            "Timestamp": _utc(minute),
            "Value": value,
            "Unit": "Count",
        }

    def _put(self, datums: list[dict[str, Any]]) -> None:
        calls = [datums[at : at + DATUMS_A_CALL] for at in range(0, len(datums), DATUMS_A_CALL)]

        def put(call: list[dict[str, Any]]) -> None:
            self._cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=call)

        if len(calls) == 1:
            put(calls[0])
            return
        with ThreadPoolExecutor(max_workers=4) as pool:
            list(pool.map(put, calls))

    def _note(self, table: dict[str, Any], now: float) -> None:
        """Record the capacity when it is another than at the last look."""
        shown = _capacity(table)
        if shown != self._shown:
            self._shown = shown
            self._write({"kind": "capacity", "at": _iso(now), "table": self.table_name, **shown})

    def _write(self, *lines: dict[str, Any]) -> None:
        if self._record is None or not lines:
            return
        with self._lock:
            self._record.parent.mkdir(parents=True, exist_ok=True)
            with self._record.open("a", encoding="utf-8") as file:
                file.writelines(json.dumps(line, sort_keys=True) + "\n" for line in lines)


def _utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _factor(surges: list[Surge], moment: float, key: str) -> float:
    """The factor of the last surge that has begun and concerns this dimension."""
    found = 1.0
    for surge in sorted(surges, key=lambda each: each.start):
        if surge.start <= moment and (not surge.keys or key in surge.keys):
            found = surge.factor
    return found


def _line(key: str, minute: int, total: PlayedMinute, events: int, now: float) -> dict[str, Any]:
    """One line of the record; rates in units per second over the minute, throttle events in the minute."""
    ceiling = total.ceiling
    return {
        "kind": "minute",
        "minute": _iso(minute),
        "published": _iso(now),
        "dimension": key,
        "demand": round(total.demanded / total.seconds, 3),
        "served": round(total.served / total.seconds, 3),
        "throttled": round(total.throttled / total.seconds, 3),
        "throttle_events": events,
        "ceiling": ceiling.rate if ceiling else None,
        "ceiling_kind": ceiling.kind if ceiling else None,
    }


def _capacity(table: dict[str, Any]) -> dict[str, Any]:
    """The capacity of table and indexes as DescribeTable gives it, without counters and dates."""

    def scope(members: dict[str, Any], status: str) -> dict[str, Any]:
        throughput = members.get("ProvisionedThroughput") or {}
        maxima = members.get("OnDemandThroughput") or {}
        warm = members.get("WarmThroughput") or {}
        return {
            "status": members.get(status),
            "read": throughput.get("ReadCapacityUnits"),
            "write": throughput.get("WriteCapacityUnits"),
            "max_read": maxima.get("MaxReadRequestUnits"),
            "max_write": maxima.get("MaxWriteRequestUnits"),
            "warm_read": warm.get("ReadUnitsPerSecond"),
            "warm_write": warm.get("WriteUnitsPerSecond"),
            "warm_status": warm.get("Status"),
        }

    return {
        "billing_mode": (table.get("BillingModeSummary") or {}).get("BillingMode", "PROVISIONED"),
        **scope(table, "TableStatus"),
        "indexes": {
            index["IndexName"]: scope(index, "IndexStatus")
            for index in table.get("GlobalSecondaryIndexes") or []
        },
    }


def recent_minutes(now: datetime, days: float) -> tuple[datetime, datetime]:
    """Start and end of a backfill of some days that ends with the minute before `now` (with a time zone)."""
    end = now.replace(second=0, microsecond=0)
    return end - timedelta(days=days), end
