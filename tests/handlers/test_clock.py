"""The clock of the gates."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from capacity_guard.handlers import clock


def test_clock_when_asked_takes_the_time_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: 1_783_612_800.0)
    assert clock.now() == datetime(2026, 7, 9, 16, 0, tzinfo=UTC)
