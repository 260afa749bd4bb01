"""Real requests on the tables of a run: a trickle all the time, and a storm when a rollback is to be forced."""

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
"""Write units of one item of the storm (Guide: read-write-operations, one unit for each KB)."""
BATCH = 25
"""Items of one call (API: BatchWriteItem takes at most 25)."""
_STORM_SECONDS = 5.0
"""Between two batches: 100 units each 5 seconds, far above what is provisioned."""
_TRICKLE_SECONDS = 20.0


def _item(size: int = 0) -> dict[str, dict[str, str]]:
    item = {KEY: {"S": secrets.token_hex(8)}, INDEX_KEY: {"S": secrets.token_hex(2)}}
    return item | ({"filling": {"S": "x" * size}} if size else {})


@contextmanager
def repeated(act: Callable[[], None], seconds: float) -> Iterator[None]:
    """Do something again and again, in the background; a call that AWS refuses is left at that."""
    ended = threading.Event()

    def work() -> None:
        while not ended.is_set():
            with contextlib.suppress(ClientError, BotoCoreError):
                act()
            # `sleep` and not the event: a rehearsal's clock moves only `time`.
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
def trickling(dynamodb: Any, table: str) -> Iterator[None]:
    """One small write and one read of the index every 20 seconds: the traffic of a table in use."""

    def once() -> None:
        item = _item()
        dynamodb.put_item(TableName=table, Item=item)
        dynamodb.query(
            TableName=table,
            IndexName=INDEX,
            KeyConditionExpression="#k = :v",
            ExpressionAttributeNames={"#k": INDEX_KEY},
            ExpressionAttributeValues={":v": item[INDEX_KEY]},
        )

    with repeated(once, _TRICKLE_SECONDS):
        yield


class Storm:
    """Writes far above what the table is provisioned for, from ``start`` to ``stop``.

    Attributes:
        began: when it was started, ``None`` before.
        ended: when it was stopped.
        written: items that the table took.
        refused: items that it did not take.
    """

    def __init__(self, dynamodb: Any, table: str) -> None:
        self._dynamodb, self._table = dynamodb, table
        self.began: datetime | None = None
        self.ended: datetime | None = None
        self.written = self.refused = 0

    def blow(self) -> None:
        """One batch, if it is time."""
        if self.began is None or self.ended is not None:
            return
        batch = [{"PutRequest": {"Item": _item(ITEM_UNITS * 1_024 - 200)}} for _ in range(BATCH)]
        try:
            answer = self._dynamodb.batch_write_item(RequestItems={self._table: batch})
            left = len(answer.get("UnprocessedItems", {}).get(self._table, ()))
        except ClientError as error:
            if error.response["Error"]["Code"] not in (
                "ProvisionedThroughputExceededException",
                "ThrottlingException",
            ):
                raise
            left = BATCH
        self.written += BATCH - left
        self.refused += left

    def start(self) -> None:
        """Begin."""
        if self.began is None:
            self.began = datetime.now(UTC)

    def stop(self) -> None:
        """End; the second time says nothing."""
        if self.began is not None and self.ended is None:
            self.ended = datetime.now(UTC)

    @contextmanager
    def ready(self) -> Iterator[None]:
        """Blow in the background whenever it was started and not stopped."""
        with repeated(self.blow, _STORM_SECONDS):
            yield


__all__ = ["BATCH", "ITEM_UNITS", "Storm", "repeated", "trickling"]
