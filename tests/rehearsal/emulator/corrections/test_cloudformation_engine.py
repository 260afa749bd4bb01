"""Requests and answers of CloudFormation as the corrections read them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from capacity_guard.rehearsal.emulator.corrections import cloudformation_engine as engine


def test_parameter_of_a_request_is_its_first_value() -> None:
    assert engine.request_parameter({"StackName": ["a", "b"]}, "StackName") == "a"
    assert engine.request_parameter({"StackName": "a"}, "StackName") == "a"
    assert engine.request_parameter({"StackName": []}, "StackName") is None
    assert engine.request_parameter({}, "StackName") is None


@pytest.mark.parametrize(
    ("resource_type", "expected"),
    [
        ("Custom::Gate", True),
        ("AWS::CloudFormation::CustomResource", True),
        ("AWS::CloudFormation::Stack", False),
    ],
)
def test_custom_resources_are_known_by_their_type(resource_type: str, expected: bool) -> None:
    assert engine.is_custom(resource_type) is expected


def test_action_when_replaced_still_reaches_the_original(monkeypatch: pytest.MonkeyPatch) -> None:
    handlers = SimpleNamespace(_ACTION_HANDLERS={"DescribeStacks": lambda parameters: [parameters]})
    monkeypatch.setattr(engine.ministack, "module", lambda name: handlers)

    def wrap(original: Any) -> Any:
        return lambda parameters: ["wrapped", *original(parameters)]

    engine.replace_action("DescribeStacks", wrap)

    assert handlers._ACTION_HANDLERS["DescribeStacks"]("x") == ["wrapped", "x"]
    assert engine.body_text(b"text") == engine.body_text("text") == "text"
