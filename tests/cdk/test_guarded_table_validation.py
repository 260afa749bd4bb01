"""A GuardedTable has its app validated where it has gates, and only there."""

from __future__ import annotations

import json
from pathlib import Path

import aws_cdk as cdk
import pytest

from capacity_guard.cdk import registry
from capacity_guard.cdk.validation_names import CYCLE_CHECK
from tests.builders.guarded import PROVISIONED, RAISED, app, table


@pytest.mark.parametrize(("capacity", "validated"), [(PROVISIONED, False), (RAISED, True)])
def test_app_is_validated_where_a_guarded_table_has_gates(
    monkeypatch: pytest.MonkeyPatch, capacity: object, validated: bool
) -> None:
    monkeypatch.setattr(registry, "_PACKS", [])
    made = app()
    guarded = table(cdk.Stack(made, "S"), capacity=capacity)
    made.synth()
    assert (guarded.gates is not None) is validated
    report = Path(made.outdir) / "validation-report.json"
    plugins = json.loads(report.read_text())["pluginReports"] if report.exists() else []
    found = [plugin for plugin in plugins if plugin["pluginName"] == CYCLE_CHECK and plugin["violations"]]
    assert bool(found) is validated
