"""The journals of a stack's tables: an item each in one DynamoDB table, written only as nobody else has written it meanwhile.

A rollback needs no journal. What cannot be read or written is reported, and the rollback continues.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from ..capacity.errors import InputError
from ..handlers.aws_error import AwsError, reading
from ..handlers.calls import Calls
from ..watch.journal import Journal, LaterJournalError

KEY = "table"
"""Partition key of the items: logical id of the table."""
_VERSION, _JOURNAL = "version", "journal"
_LONGEST_BYTES = 300_000
"""Bytes of a journal; an item has at most 400 KB (DynamoDB Guide: ServiceQuotas)."""


class _Client(Protocol):
    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]: ...


@dataclass(frozen=True)
class Kept:
    """What is kept of a table.

    Attributes:
        journal: its journal; ``None`` if there is none, or it cannot be read.
        version: number of writes so far, which the next write names; ``None`` where the item has none that can be read.
        problem: why it cannot be read; ``None`` if it can, or there is none.
        must_stay: whether it must not be written over: a later version of the guard wrote it, or it could not be read at all, and
            may have what people decided.
        is_transient: whether the next look may be able to read it.
    """

    journal: Journal | None
    version: int | None
    problem: str | None = None
    must_stay: bool = False
    is_transient: bool = False


class JournalStore:
    """The calls on journals.

    Args:
        client: boto3 client of ``dynamodb``.
        table: name of the table of the journals.
        calls: how a call is made and repeated.
    """

    def __init__(self, client: _Client, table: str, calls: Calls | None = None) -> None:
        self._client, self._table = client, table
        self._calls = calls or Calls()

    def read(self, logical_id: str) -> Kept:
        """GetItem: what is kept of a table. It never fails.

        Args:
            logical_id: logical id of the table.
        """
        call = f"dynamodb:GetItem of {self._table}"
        version: int | None = None
        try:
            answer = self._calls.from_now().make(
                call,
                lambda: self._client.get_item(
                    TableName=self._table, Key={KEY: {"S": logical_id}}, ConsistentRead=True
                ),
                repeats=True,
            )
            item = answer.get("Item")
            if item is None:
                return Kept(None, 0)
            with reading(call):
                version = int(item[_VERSION]["N"])
                data = json.loads(item[_JOURNAL]["S"])
                json.dumps(
                    data, ensure_ascii=False
                ).encode()  # an unpaired surrogate could not be written again
            return Kept(Journal.from_json(data, f"journal of {logical_id}"), version)
        except (AwsError, InputError) as error:
            # What is there and cannot be read is damaged, and written anew.
            unread = isinstance(error, AwsError) and error.kind != "malformed"
            is_transient = isinstance(error, AwsError) and error.is_transient
            return Kept(
                None, version, str(error), unread or isinstance(error, LaterJournalError), is_transient
            )

    def write(self, logical_id: str, journal: Journal, kept: Kept) -> str | None:
        """PutItem: keep a journal, unless somebody else has written since it was read. It never fails.

        Args:
            logical_id: logical id of the table.
            journal: the journal.
            kept: what was read.

        Returns:
            Why it was not written; ``None`` if it was.
        """
        if kept.must_stay:
            return kept.problem
        text = _text(journal)
        while len(text.encode()) > _LONGEST_BYTES and journal.entries:
            journal = replace(journal, entries=journal.entries[len(journal.entries) // 4 + 1 :])
            text = _text(journal)
        condition: dict[str, Any] = {
            "ConditionExpression": "attribute_not_exists(#key) OR #version = :version",
            "ExpressionAttributeNames": {"#key": KEY, "#version": _VERSION},
            "ExpressionAttributeValues": {":version": {"N": str(kept.version)}},
        }
        item = {
            KEY: {"S": logical_id},
            _VERSION: {"N": str((kept.version or 0) + 1)},
            _JOURNAL: {"S": text},
        }
        try:
            # An item without a version is damaged, and written anew whatever it holds.
            self._calls.from_now().make(
                f"dynamodb:PutItem of {self._table}",
                lambda: self._client.put_item(
                    TableName=self._table, Item=item, **({} if kept.version is None else condition)
                ),
                repeats=False,
            )
        except AwsError as error:
            return str(error)
        return None


def _text(journal: Journal) -> str:
    return json.dumps(journal.to_json(), separators=(",", ":"), ensure_ascii=False)


__all__ = ["KEY", "JournalStore", "Kept"]
