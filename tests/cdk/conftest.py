"""Fixtures of several modules of this room."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import aws_cdk as cdk
import pytest

from capacity_guard.cdk.app import rendering
from capacity_guard.cdk.end_of_synthesis import late_reading
from tests.builders.synthesis_fixtures import capfd, machine_clock

__all__ = ["capfd", "machine_clock", "rendered"]


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the stacks that guards render to read their tables, as they are rendered."""
    names: list[str] = []
    whole = rendering.rendering

    @contextmanager
    def counting() -> Iterator[rendering.Renderer]:
        with whole() as render:

            def counted(stack: cdk.Stack, template_file: str) -> dict[str, Any]:
                names.append(stack.stack_name)
                return render(stack, template_file)

            yield counted

    monkeypatch.setattr(late_reading, "rendering", counting)
    return names
