"""Plans of the tests: of small baselines, and of the incident."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

from capacity_guard.capacity import Capacity, ChangeWindow, Margins, Rollout
from capacity_guard.evidence.baseline import Baseline
from capacity_guard.findings import Findings, JudgedTable, PlanInput, SourceLocation
from capacity_guard.planning.build import build_plan
from capacity_guard.planning.plan import Plan, TablePlan
from capacity_guard.rules import Case, evaluate, find_answers
from stacks.settings import CHANGES, INDEX
from tests.builders.cases import NOW, case
from tests.paths import ROOT

CELL = ROOT / "stacks" / "baselines" / "production" / "cell-1" / "conversations.json"
SCHEMA = json.loads((resources.files("capacity_guard.planning") / "plan-1.schema.json").read_text())


def synthesized(
    folder: Path,
    recorded: Baseline,
    declared: Capacity,
    rollout: Rollout | None = None,
    judged_with: Mapping[str, Any] | None = None,
    **margins: float,
) -> Path:
    """The file of a synthesis: ``capacity-guard.json`` beside the baseline, with the findings of all rules."""
    given, rollout = Margins(**margins), rollout or Rollout()  # type: ignore[arg-type]
    file = folder / "baseline.json"
    recorded.save(file)
    judged: Case = case(declared, Baseline.load(file), rollout=rollout, margins=given, **(judged_with or {}))
    assert judged.transition is not None
    planned = PlanInput(
        "Conversations", declared, str(file), judged.transition.fingerprint, rollout, given, "eu-west-1"
    )
    findings = tuple(evaluate(judged))
    return Findings(
        NOW,
        (
            JudgedTable(
                "Chat/Conversations",
                SourceLocation("stacks/chat.py", 12),
                findings,
                planned,
                find_answers(judged, findings),
            ),
        ),
    ).write(folder)


def plan_of(folder: Path, recorded: Baseline, declared: Capacity, **given: object) -> TablePlan:
    (table,) = build_plan(synthesized(folder, recorded, declared, **given)).tables  # type: ignore[arg-type]
    return table


def plan_case(folder: Path, judged: Case) -> TablePlan:
    """The plan of a case, with the findings of all rules on it."""
    assert isinstance(judged.baseline, Baseline)
    file = folder / "baseline.json"
    judged.baseline.save(file)
    judged = replace(judged, baseline=Baseline.load(file))
    assert judged.transition is not None
    planned = PlanInput(
        judged.table,
        judged.declared,
        str(file),
        judged.transition.fingerprint,
        judged.rollout,
        judged.margins,
        "eu-west-1",
        kind=judged.resource_kind,
        relief=judged.is_relief,
        schedules=judged.transition.schedules or (),
    )
    place = SourceLocation("stacks/chat.py", 12)
    findings = evaluate(judged)
    table = JudgedTable("Chat/Conversations", place, findings, planned, find_answers(judged, findings))
    made = Findings(NOW, (table,))
    (plan,) = build_plan(made.write(folder)).tables
    return plan


def cell(capacity: Capacity | None = None) -> Baseline:
    """The cell of the incident; if another capacity is given, recorded right after its deployment."""
    recorded = Baseline.load(CELL)
    assert recorded.deployed is not None
    if capacity is None:
        return recorded
    names = [*recorded.deployed.live.indexes]
    guarded = capacity.for_indexes(names, "capacity")
    return replace(recorded, deployed=replace(recorded.deployed, template=guarded, live=guarded, units={}))


def incident(folder: Path) -> TablePlan:
    return plan_of(folder, cell(), CHANGES["incident"].for_indexes([INDEX], "capacity"))


def done_right(folder: Path) -> TablePlan:
    return plan_of(
        folder,
        cell(CHANGES["fixed"]),
        CHANGES["switch"].for_indexes([INDEX], "capacity"),
        rollout=Rollout(change_window=ChangeWindow("Sun 06-10")),
    )


def plan_with(*tables: TablePlan) -> Plan:
    return Plan(NOW, tables, ())


def document(*tables: TablePlan) -> Mapping[str, object]:
    return plan_with(*tables).to_json()
