"""An emulator without a process, for tests of what reads it: DescribeTable, stack events and alarm history."""

from __future__ import annotations

import json
import os
import threading
from datetime import UTC, datetime
from typing import Any

from capacity_guard.capacity.hold import JOURNALS_ID
from tests.builders.rehearsal_records import table

NOW = datetime(2026, 7, 9, 16, 0, tzinfo=UTC)
"""The time of its clock, which stands still."""


class FakeClock:
    def now(self) -> datetime:
        return NOW


class FakePages:
    """A paginator whose pages together are one answer."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self._answer = answer

    def paginate(self, **_: Any) -> FakePages:
        return self

    def build_full_result(self) -> dict[str, Any]:
        return self._answer


class FakeEmulator:
    """The emulator and the client of every service.

    Attributes:
        table: the answer of DescribeTable.
        events: stack events, oldest first.
        history: items of the alarm history, oldest first.
        journal: entries of the journal of the watch, ``None`` without its table.
        fails: whether DescribeTable fails.
        failed: set after a failed DescribeTable.
    """

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.table = table("PROVISIONED", 3840)
        self.events: list[dict[str, Any]] = []
        self.history: list[dict[str, Any]] = []
        self.journal: list[dict[str, Any]] | None = None
        self.fails = False
        self.failed = threading.Event()

    def env(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "PYTHONPATH": "injected"}

    def client(self, service: str) -> FakeEmulator:
        return self

    def describe_table(self, TableName: str) -> dict[str, Any]:  # noqa: N803
        if self.fails:
            self.failed.set()
            raise RuntimeError("no answer")
        return {"Table": self.table}

    def list_tables(self) -> dict[str, Any]:
        journals = [] if self.journal is None else [f"Stack-{JOURNALS_ID}0A1B2C3D-X"]
        return {"TableNames": ["T", *journals]}

    def scan(self, TableName: str) -> dict[str, Any]:  # noqa: N803
        assert JOURNALS_ID in TableName
        return {"Items": [{"table": {"S": "T"}, "journal": {"S": json.dumps({"entries": self.journal})}}]}

    def get_paginator(self, name: str) -> FakePages:
        return FakePages(
            {
                "StackEvents": list(reversed(self.events)),
                "AlarmHistoryItems": self.history,
                "MetricAlarms": [],
            }
        )
