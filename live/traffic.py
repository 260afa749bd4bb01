"""Requests to the tables of a run: steady traffic for the whole run, and an overload that forces a rollback."""

from __future__ import annotations

import contextlib
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from .scenario import INDEX, INDEX_KEY, KEY

ITEM_UNITS = 4
"""Write units of one item of the overload (Guide: read-write-operations, one unit for each KB)."""
BATCH_ITEMS = 25
"""Items of one call (API: BatchWriteItem takes at most 25)."""
OVERLOAD_SECONDS = 5.0
"""Seconds between two batches: 100 units each 5 seconds, far above the provisioned units."""
_STEADY_SECONDS = 20.0


def _item(size: int = 0) -> dict[str, dict[str, str]]:
    item = {KEY: {"S": secrets.token_hex(8)}, INDEX_KEY: {"S": secrets.token_hex(2)}}
    return item | ({"filling": {"S": "x" * size}} if size else {})


@contextmanager
def repeated(act: Callable[[], None], seconds: float) -> Iterator[None]:
    """Call a function at an interval, in a thread, until the context ends. Errors of AWS calls are ignored.

    Args:
        act: the function.
        seconds: the interval.
    """
    ended = threading.Event()

    def work() -> None:
        while not ended.is_set():
            with contextlib.suppress(ClientError, BotoCoreError):
                act()
            # `sleep` and not `Event.wait`: the rehearsal clock changes only the module `time`.
            until = time.time() + seconds
            while not ended.is_set() and time.time() < until:
                time.sleep(min(1.0, seconds))

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@contextmanager
def steady_traffic(dynamodb: Any, table: str) -> Iterator[None]:
    """One small write and one query of the index every 20 seconds, until the context ends."""

    def write_and_query() -> None:
        item = _item()
        dynamodb.put_item(TableName=table, Item=item)
        dynamodb.query(
            TableName=table,
            IndexName=INDEX,
            KeyConditionExpression="#k = :v",
            ExpressionAttributeNames={"#k": INDEX_KEY},
            ExpressionAttributeValues={":v": item[INDEX_KEY]},
        )

    with repeated(write_and_query, _STEADY_SECONDS):
        yield


class Overload:
    """Writes far above the provisioned units, from ``start`` to ``stop``.

    Attributes:
        started: time of ``start``, ``None`` before.
        stopped: time of ``stop``, ``None`` before.
        written: items that were written.
        refused: items that the table throttled.
    """

    def __init__(self, dynamodb: Any, table: str) -> None:
        self._dynamodb, self._table = dynamodb, table
        self.started: datetime | None = None
        self.stopped: datetime | None = None
        self.written = self.refused = 0

    def write_batch(self) -> None:
        """Write one batch, if the overload was started and not stopped."""
        if self.started is None or self.stopped is not None:
            return
        batch = [{"PutRequest": {"Item": _item(ITEM_UNITS * 1_024 - 200)}} for _ in range(BATCH_ITEMS)]
        try:
            answer = self._dynamodb.batch_write_item(RequestItems={self._table: batch})
            refused = len(answer.get("UnprocessedItems", {}).get(self._table, ()))
        except ClientError as error:
            if error.response["Error"]["Code"] not in (
                "ProvisionedThroughputExceededException",
                "ThrottlingException",
            ):
                raise
            refused = BATCH_ITEMS
        self.written += BATCH_ITEMS - refused
        self.refused += refused

    def start(self) -> None:
        """Start to write; a second call has no effect."""
        if self.started is None:
            self.started = datetime.now(UTC)

    def stop(self) -> None:
        """Stop; a second call has no effect."""
        if self.started is not None and self.stopped is None:
            self.stopped = datetime.now(UTC)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Run the thread that writes between ``start`` and ``stop``, until the context ends."""
        with repeated(self.write_batch, OVERLOAD_SECONDS):
            yield


__all__ = ["BATCH_ITEMS", "ITEM_UNITS", "OVERLOAD_SECONDS", "Overload", "repeated", "steady_traffic"]
