"""The requests of a run: the overload counts what is throttled, and the steady traffic outlives an error."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from botocore.exceptions import ClientError

from live.traffic import BATCH_ITEMS, Overload, repeated, steady_traffic

TIMEOUT = 30.0
"""Seconds after which a thread that does not answer fails the test."""


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, "Call")


class Table:
    """BatchWriteItem of one table: it leaves some items, or refuses the call."""

    def __init__(self, *answers: int | ClientError) -> None:
        self._answers = list(answers)

    def batch_write_item(self, RequestItems: dict[str, list[Any]]) -> dict[str, Any]:  # noqa: N803
        assert len(RequestItems["t"]) == BATCH_ITEMS
        answer = self._answers.pop(0)
        if isinstance(answer, ClientError):
            raise answer
        return {"UnprocessedItems": {"t": [{}] * answer} if answer else {}}


def test_overload_when_the_table_throttles_counts_written_and_refused_items() -> None:
    overload = Overload(Table(0, 5, refused("ProvisionedThroughputExceededException")), "t")
    overload.write_batch()  # not started: no call
    overload.start()
    for _ in range(3):
        overload.write_batch()
    overload.stop()
    overload.write_batch()  # stopped: no call
    assert (overload.written, overload.refused) == (25 + 20, 5 + 25)
    assert overload.started is not None
    assert overload.stopped is not None


def test_overload_when_the_call_is_denied_raises() -> None:
    overload = Overload(Table(refused("AccessDenied")), "t")
    overload.start()
    with pytest.raises(ClientError):
        overload.write_batch()


def test_repeated_when_a_call_fails_calls_again() -> None:
    calls: list[int] = []
    twice = threading.Event()

    def act() -> None:
        calls.append(1)
        if len(calls) > 1:
            twice.set()
        raise refused("ThrottlingException")

    with repeated(act, 0.0):
        assert twice.wait(TIMEOUT)


def test_steady_traffic_when_it_runs_writes_an_item_and_queries_the_index_for_it() -> None:
    written: list[Any] = []
    queried = threading.Event()

    class DynamoDb:
        def put_item(self, TableName: str, Item: dict[str, Any]) -> None:  # noqa: N803
            written.append(Item)

        def query(self, **parameters: Any) -> None:
            assert parameters["ExpressionAttributeValues"] == {":v": written[-1]["owner"]}
            queried.set()

    with steady_traffic(DynamoDb(), "t"):
        assert queried.wait(TIMEOUT)
