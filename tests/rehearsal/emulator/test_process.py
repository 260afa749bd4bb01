"""The emulator's process applies the corrections before it serves."""

from __future__ import annotations

import os
import sys
from types import ModuleType

import pytest

from capacity_guard.rehearsal.emulator import process
from capacity_guard.rehearsal.emulator.corrections import SKIP_VARIABLE


def test_process_applies_corrections_that_are_not_skipped_and_then_serves(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    steps: list[object] = []

    def apply_all(*, skip: frozenset[str]) -> tuple[str, ...]:
        steps.append(skip)
        return ("a.b", "c.d")

    app = ModuleType("ministack.app")
    vars(app)["main"] = lambda: steps.append("served")
    monkeypatch.setitem(sys.modules, "ministack.app", app)
    monkeypatch.setattr(process.corrections, "apply_all", apply_all)
    monkeypatch.setenv(SKIP_VARIABLE, "e.f")

    # Its thread would end the group of this process, and so the tests, when the pipe closes.
    monkeypatch.setattr(process, "_end_with_starter", lambda *arguments: None)
    process.main(str(os.open(os.devnull, os.O_RDONLY)), "")

    assert steps == [frozenset({"e.f"}), "served"]
    assert capsys.readouterr().err == "corrections applied: a.b, c.d\n"
