"""What a whole gate logs, answers and takes."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from capacity_guard.handlers.messages import GateError
from tests.fakes.gate_aws import FakeAws
from tests.handlers.gate_world import NOW

Line = dict[str, Any]


def run_to_its_end(
    gate: str,
    prepared: tuple[FakeAws, Any],
    capsys: pytest.CaptureFixture[str],
    change: Callable[[FakeAws], object] | None,
    interval: float,
) -> tuple[list[Line], list[str] | str, timedelta]:
    """Run a gate; return the lines of its log, its answer or the reason, and the time that it took.

    Args:
        gate: the name that each line of the log has.
        prepared: the services and the framework before the first look.
        capsys: reads the log.
        change: changes the services before the gate runs.
        interval: seconds between two looks.
    """
    aws, framework = prepared
    framework.interval = interval
    if change is not None:
        change(aws)
    capsys.readouterr()
    said: list[str] | str
    try:
        data = framework.run()
        said = [data["Result"], data["Judged"], data["Warnings"]]
    except GateError as error:
        said = error.text
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    for line in lines:
        assert (line.pop("gate"), line.pop("table")) == (gate, "Conversations")
    return lines, said, aws.now - NOW
