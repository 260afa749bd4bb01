"""The traffic player: publishes, minute by minute, the CloudWatch metrics that a demand causes on a table.

For each minute of the rehearsal clock it measures how much of the demand the live capacity in the emulator serves
(`measurement`, `meter`). Some of it is published 30 to 40 seconds after the minute, the rest when CloudWatch's metrics are
complete, after 2 to 3 minutes (`metric_durations`). It publishes, as DynamoDB does:
ConsumedRead/WriteCapacityUnits always (zeros included), and only for a minute with throttling Read/WriteThrottleEvents, the
same by cause, and ThrottledRequests by operation (`published_metrics`; Guide: metrics-dimensions).

    player = Player.of(emulator, "conversations", demand, record=Path("out/demo/raw/traffic.jsonl"))
    player.backfill(start - timedelta(days=14), start)
    with player:
        ...
        player.surge(1.6)          # from now on, 1.6 times the demand
"""

from __future__ import annotations

import logging
import os
import random
import threading
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from ..capacity.dimension import ACCESSES, Dimension
from . import meter
from .emulator.corrections.metric_durations import LEAST_SHARE_AT_FIRST, MetricDurations
from .measurement import MINUTE, Demand, Surge, TrafficMeasurement
from .published_metrics import Requests, ThrottleReading, consumed_datum, parts, publish, throttle_datums
from .traffic_record import TrafficRecord, minute_line

_MAX_FAILURES = 50
"""Failed polls in a row after which the player gives up; otherwise an emulator that has ended would not be noticed."""

logger = logging.getLogger(__name__)


class PlayerClock(Protocol):
    """What the player needs of the rehearsal clock (`capacity_guard.rehearsal.emulator.clock.Clock`)."""

    def seconds(self) -> float:
        """Rehearsal time in seconds since 1970."""

    def sleep(self, rehearsal_seconds: float) -> None:
        """Sleep for some rehearsal seconds."""


class HasClients(Protocol):
    """What `Player.of` needs of an emulator."""

    clock: Any

    @property
    def settings(self) -> Mapping[str, str]:
        """Its settings, by environment variable."""

    def client(self, service: str, **arguments: Any) -> Any:
        """A boto3 client of one service."""


class PlayerError(RuntimeError):
    """The player had to end; its `__cause__` is the error."""


class Player:
    """Plays a demand against one table of an emulator. A context manager, with a thread from start to stop."""

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
        delays: MetricDurations | None = None,
        requests: Requests | None = None,
        throttle_reading: ThrottleReading | None = None,
        back_pressure: bool = False,
    ) -> None:
        """Describe a player; `start()` or `with` starts it.

        dynamodb, cloudwatch: boto3 clients of the emulator. clock: its rehearsal clock.
        table_name: the table whose capacity serves the demand; it may not exist yet.
        demand: units per second by dimension and minute.
        record: JSON lines file to which everything published and every observed capacity is appended.
        poll_seconds: rehearsal seconds between two DescribeTable calls.
        delays: how late a minute is published; None draws it as the environment says (`drawn_durations`).
        requests: what the demand consists of; throttling is counted in requests and in their items.
        throttle_reading: how pages on throttle metrics that contradict each other are read.
        back_pressure: whether the table's writes decrease by the share that an index throttles.
        """
        self._dynamodb = dynamodb
        self._cloudwatch = cloudwatch
        self._clock = clock
        self.table_name = table_name
        self._demand = demand
        self._record = TrafficRecord(record)
        self._poll_seconds = poll_seconds
        self._delays = MetricDurations.from_environment() if delays is None else delays
        self._requests = requests or Requests()
        self._throttle_reading = throttle_reading
        self._back_pressure = back_pressure
        self._surges: list[Surge] = []
        self._lock = threading.Lock()
        self._end = threading.Event()
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None
        self._measurement: TrafficMeasurement | None = None
        self._incomplete: list[tuple[int, list[dict[str, Any]]]] = []
        self._failures = 0

    @classmethod
    def of(cls, emulator: HasClients, table_name: str, demand: Demand, **options: Any) -> Player:
        """A player for an emulator of `capacity_guard.rehearsal.emulator.launcher`; `options` as for the constructor.

        It is as late as the emulator's own settings draw.
        """
        from botocore.config import Config  # not at the top: importing the library must not need boto3

        # Validation and compression of a thousand datums take longer than everything else.
        config = Config(
            proxies={},
            parameter_validation=False,
            disable_request_compression=True,
            retries={"total_max_attempts": 1},
        )
        options.setdefault("delays", MetricDurations.from_environment({**os.environ, **emulator.settings}))
        return cls(
            emulator.client("dynamodb"),
            emulator.client("cloudwatch", config=config),
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
            # An error of the `with` block takes precedence.
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
        """End the thread. Minutes of which nothing was published yet are lost; the rest of others is published now.

        Raises PlayerError if it had failed.
        """
        thread, self._thread = self._thread, None
        self._end.set()
        if thread is not None:
            thread.join()
        self.check()
        rest = [datum for _, datums in self._incomplete for datum in datums]
        self._incomplete.clear()
        if rest:
            publish(self._cloudwatch, rest)

    def check(self) -> None:
        """Raise PlayerError if the thread has failed."""
        if self._error is not None:
            raise PlayerError(
                f"the traffic player of {self.table_name} failed: {self._error}"
            ) from self._error

    def surge(self, factor: float, from_when: datetime | None = None, keys: Iterable[str] = ()) -> None:
        """Multiply demand by `factor` from a time on (None: now). A later surge replaces it; factor 1 ends it.

        keys: dimensions it concerns; empty means all. Raises ValueError for a negative factor.
        """
        if factor < 0:
            raise ValueError(f"surge by {factor}: demand cannot be negative")
        start = self._clock.seconds() if from_when is None else from_when.timestamp()
        surge = Surge(start, factor, frozenset(keys))
        with self._lock:
            self._surges.append(surge)
        self._record.write_surge(surge)

    def backfill(self, start: datetime, end: datetime, indexes: Iterable[str] | None = None) -> int:
        """Publish the demand of the minutes from `start` (inclusive) to `end` (exclusive) as consumed units.

        The demand is recorded traffic, which was served, so nothing is throttled.
        indexes: names of the table's indexes; None reads them from DescribeTable. Returns the number of datums.
        Raises ValueError for times without a time zone.
        """
        if start.tzinfo is None or end.tzinfo is None:
            raise ValueError("backfill: give start and end a time zone")
        if indexes is None:
            table = self._dynamodb.describe_table(TableName=self.table_name)["Table"]
            indexes = [index["IndexName"] for index in table.get("GlobalSecondaryIndexes") or []]
        keys = [Dimension(index, access).key for index in (None, *indexes) for access in ACCESSES]
        first = int(-(-start.timestamp() // MINUTE)) * MINUTE
        minutes = range(first, int(-(-end.timestamp() // MINUTE)) * MINUTE, MINUTE)
        datums = [
            consumed_datum(
                self.table_name,
                key,
                minute,
                self._demand(key, datetime.fromtimestamp(minute, UTC)) * MINUTE,
            )
            for key in keys
            for minute in minutes
        ]
        publish(self._cloudwatch, datums)
        self._record.write_backfill(minutes.start, minutes.stop, len(datums))
        return len(datums)

    # --- the thread ---

    def _run(self) -> None:
        try:
            while not self._end.is_set():
                self.step()
                self._clock.sleep(self._poll_seconds)
        except Exception as error:  # stop() and check() raise it
            self._error = error
            logger.exception("the traffic player of %s failed", self.table_name)

    def step(self) -> None:
        """Read the table's capacity, measure up to now, publish what is due. The thread calls this at every poll."""
        now = self._clock.seconds()
        table = self._describe_table()
        if table is None:
            return
        if self._measurement is None:
            self._measurement = TrafficMeasurement(
                now // MINUTE * MINUTE, self._demand, back_pressure=self._back_pressure
            )
        with self._lock:
            surges = list(self._surges)
        self._measurement.observe(table, now, surges)
        self._record.write_capacity(table, self.table_name, now)
        self._publish_due(self._measurement, now)

    def _describe_table(self) -> dict[str, Any] | None:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            table: dict[str, Any] = self._dynamodb.describe_table(TableName=self.table_name)["Table"]
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                self._measurement = None  # not deployed yet, or deleted: nothing is consumed
                return None
            self._count_failure(error)
            return None
        except BotoCoreError as error:
            self._count_failure(error)
            return None
        self._failures = 0
        return table

    def _count_failure(self, error: Exception) -> None:
        self._failures += 1
        if self._failures >= _MAX_FAILURES:
            raise error

    def _publish_due(self, measurement: TrafficMeasurement, now: float) -> None:
        due: list[dict[str, Any]] = []
        for minute, measured in measurement.take_due(now, self._delays.metrics_first):
            datums = throttle_datums(
                self.table_name, minute, measured, self._requests, self._throttle_reading
            )
            lines = []
            for key, played in measured.items():
                datums.append(consumed_datum(self.table_name, key, minute, played.served))
                events = meter.throttle_events(played.throttled, self._requests.units)
                lines.append(minute_line(key, minute, played, events, now))
            first, rest = parts(datums, self._share_at_first(minute))
            due += first
            self._incomplete.append((minute, rest))
            self._record.write(*lines)
        while self._incomplete and self._incomplete[0][0] + MINUTE + self._delays.metrics_complete <= now:
            due += self._incomplete.pop(0)[1]
        if due:
            publish(self._cloudwatch, due)

    def _share_at_first(self, minute: int) -> float:
        """Share of a minute that is published first: another in each minute, the same in each run with these delays."""
        draw = random.Random(f"{self._delays}/{minute}")  # noqa: S311 (no secret)
        return draw.uniform(LEAST_SHARE_AT_FIRST, 1.0)


def recent_minutes(now: datetime, days: float) -> tuple[datetime, datetime]:
    """Start and end of a backfill of some days that ends with the minute before `now` (with a time zone)."""
    end = now.replace(second=0, microsecond=0)
    return end - timedelta(days=days), end
