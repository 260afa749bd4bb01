"""Fixtures of several modules of this room."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest

from capacity_guard.cdk import late_reading, rendering
from tests.builders.synthesis_fixtures import capfd, machine_clock

__all__ = ["capfd", "machine_clock", "rendered"]


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the stacks that guards render to read their tables, as they are rendered."""
    names: list[str] = []
    render = rendering.render_template

    def counted(stack: cdk.Stack) -> dict[str, Any]:
        names.append(stack.stack_name)
        return render(stack)

    monkeypatch.setattr(late_reading, "render_template", counted)
    return names
