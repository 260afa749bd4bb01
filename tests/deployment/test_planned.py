"""What the template of a stack declares, and how it is shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from capacity_guard.capacity import InputError, TableKind
from capacity_guard.capacity.gate_plan import UnreadPlan
from capacity_guard.deployment.assembly import read_assembly
from capacity_guard.deployment.planned import PlannedStack, find_changes, plan_lines, read_planned
from capacity_guard.findings import Findings
from tests.rollback.world import BAKE, HOLD, NAME

from .deploy_world import FINGERPRINT, PREFLIGHT, declared, write_assembly

UNREAD = {"Type": "Custom::CapacityGuardPreflight", "Properties": {"Gate": "unread", "Plan": "x"}}


def planned(folder: Path, body: dict[str, Any], findings: Findings | None = None) -> PlannedStack:
    write_assembly(folder, {NAME: body})
    (stack,) = read_assembly(folder)
    return read_planned(stack, findings)


def finding(path: str, level: str, acknowledged: str | None = None) -> dict[str, Any]:
    return {
        "rule": "CG4",
        "level": level,
        "path": path,
        "file": None,
        "line": None,
        "table": "Conversations",
        "dimension": "table/write",
        "title": "after the switch it serves less",
        "figures": [],
        "fix": "",
        "deployments": [],
        "acknowledged": acknowledged,
    }


def findings(folder: Path) -> Findings:
    paths = [f"{NAME}/Conversations", f"{NAME}-2/Conversations"]
    document = {
        "schema": "capacity-guard/findings",
        "version": 1,
        "judged_at": None,
        "tables": [{"path": path, "file": None, "line": None, "plan": None} for path in paths],
        "findings": [
            finding(paths[0], "WARN", "seen"),
            finding(paths[0], "ERROR"),
            finding(paths[1], "ERROR"),
        ],
    }
    (folder / "capacity-guard.json").write_text(json.dumps(document))
    return Findings.read(folder)


def test_change_has_its_gates_its_hold_and_its_plan(tmp_path: Path) -> None:
    (change,) = planned(tmp_path, declared()).changes
    assert (change.fingerprint, change.gates, change.hold) == (FINGERPRINT, (PREFLIGHT, BAKE), HOLD)
    assert change.plan.table == "Conversations"
    assert change.is_watched


def test_change_without_a_hold_is_not_watched(tmp_path: Path) -> None:
    body = declared()
    for gate in (PREFLIGHT, BAKE):
        del body["Resources"][gate]["Properties"]["Hold"]
    stack = planned(tmp_path, body)
    assert not stack.changes[0].is_watched
    assert "    then nothing watches it: its options have no watch" in plan_lines(stack)


def test_stack_has_the_findings_of_its_tables_errors_first(tmp_path: Path) -> None:
    write_assembly(tmp_path, {NAME: declared()})
    stack = planned(tmp_path, declared(), findings(tmp_path))
    assert [line for line in plan_lines(stack) if "CG4" in line] == [
        "  CG4 ERROR: Conversations / table, write: after the switch it serves less",
        "  CG4 WARN: Conversations / table, write: after the switch it serves less (acknowledged: seen)",
    ]


def test_table_whose_capacity_is_not_known_is_shown(tmp_path: Path) -> None:
    stack = planned(tmp_path, {"Resources": {"PreflightX": UNREAD}})
    assert (stack.changes, stack.unread) == ((), ("PreflightX",))
    assert list(plan_lines(stack))[1].startswith("  PreflightX: its capacity is not known")
    plan = UnreadPlan("Carts", "CartsTable1", None, None, TableKind.GLOBAL_TABLE, "is declared as new")
    known = {**UNREAD, "Properties": {"Gate": "unread", "Plan": plan.to_property()}}
    stack = planned(tmp_path, {"Resources": {"PreflightX": known}})
    assert list(plan_lines(stack))[1].startswith(
        "  Carts: its capacity is not known; its gate lets no change"
    )


def test_change_that_was_deployed_before_has_no_stages_left(tmp_path: Path) -> None:
    stack = planned(tmp_path, declared())
    assert list(plan_lines(stack, stack.changes))[1:] == [
        f"  Conversations, change {FINGERPRINT}: its gates were deployed before, and do not run again"
    ]


def test_plan_that_cannot_be_read_is_refused_by_its_gate(tmp_path: Path) -> None:
    body = declared()
    body["Resources"][PREFLIGHT]["Properties"]["Plan"] = {"Fn::Join": ["", ["a"]]}
    with pytest.raises(InputError, match=f"{PREFLIGHT}: has a plan that cannot be read"):
        list(find_changes(body, "template"))
