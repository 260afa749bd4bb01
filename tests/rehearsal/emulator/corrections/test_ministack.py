"""Access to MiniStack: refusals are errors, throttled calls are repeated, template values get their types."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from capacity_guard.rehearsal.emulator.corrections import ministack


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The sleeps that a call made."""
    naps: list[float] = []
    monkeypatch.setattr(ministack, "time", SimpleNamespace(sleep=naps.append))
    return naps


def answering(monkeypatch: pytest.MonkeyPatch, *answers: tuple[int, dict[str, Any]]) -> None:
    """Let the emulated DynamoDB give these answers, one a call."""
    remaining = list(answers)

    def update_table(request: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        status, body = remaining.pop(0)
        return status, {}, json.dumps(body).encode()

    service = SimpleNamespace(_update_table=update_table)
    monkeypatch.setattr(ministack, "module", lambda name: service)


def test_call_when_refused_raises_the_services_code_and_message(
    monkeypatch: pytest.MonkeyPatch, naps: list[float]
) -> None:
    answering(monkeypatch, (400, {"__type": "com.amazonaws#LimitExceededException", "message": "no more"}))

    with pytest.raises(ministack.ServiceError, match=r"no more .*LimitExceededException") as error:
        ministack.dynamodb("_update_table", TableName="t")

    assert error.value.code == "LimitExceededException"
    assert naps == []


def test_call_when_throttled_is_repeated_after_a_second(
    monkeypatch: pytest.MonkeyPatch, naps: list[float]
) -> None:
    answering(monkeypatch, (400, {"__type": "ThrottlingException"}), (200, {"TableDescription": {}}))

    assert ministack.dynamodb("_update_table", TableName="t") == {"TableDescription": {}}
    assert naps == [1]


def test_values_of_a_template_may_be_text() -> None:
    assert ministack.integer({"MinCapacity": "5"}, "MinCapacity") == 5
    assert ministack.integer(None, "MinCapacity") is None
    assert [ministack.flag(value) for value in ("true", True, "false", None)] == [True, True, False, None]
