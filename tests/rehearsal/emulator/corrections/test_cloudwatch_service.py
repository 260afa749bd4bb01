"""Answers of the emulated CloudWatch have the format of the request."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from capacity_guard.rehearsal.emulator.corrections import cloudwatch_service


@pytest.fixture(autouse=True)
def service(monkeypatch: pytest.MonkeyPatch) -> None:
    def error(code: str, message: str, status: int, **formats: bool) -> tuple[Any, ...]:
        return status, code, message, formats

    fake = SimpleNamespace(
        _cbor_ok=lambda members: ("cbor", members),
        _json_ok=lambda members: ("json", members),
        _error=error,
        _cbor_timestamp=lambda seconds: ("cbor time", seconds),
    )
    monkeypatch.setattr(cloudwatch_service.ministack, "module", lambda name: fake)


def test_answer_is_in_the_format_of_the_request() -> None:
    assert cloudwatch_service.respond({"A": 1}, True, False) == ("cbor", {"A": 1})
    assert cloudwatch_service.respond({"A": 1}, False, True) == ("json", {"A": 1})
    assert cloudwatch_service.respond({"A": 1}, False, False)[:2] == (400, "InvalidAction")
    assert cloudwatch_service.timestamp(60, True) == ("cbor time", 60)
    assert cloudwatch_service.timestamp(60, False) == 60


def test_refusal_has_code_message_and_format() -> None:
    formats = {"use_json": True, "use_cbor": False}
    assert cloudwatch_service.refuse("no", False, True) == (400, "ValidationError", "no", formats)
