"""The example of a fleet in waves: synthesized at rest, promoted wave by wave, and refused where a wave is skipped."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from array import array
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from capacity_guard.capacity import Capacity, Change, Deployed, Dimension, Transition, Units
from capacity_guard.commands.main import main
from capacity_guard.evidence.baseline import Baseline
from capacity_guard.evidence.cell_settings import CellSettings
from capacity_guard.evidence.provenance import Recording, TableIdentity
from capacity_guard.evidence.rollout_state import Outcome, RolloutState
from capacity_guard.evidence.traffic import Traffic
from capacity_guard.findings import Findings
from tests.builders.guarded import MINUTES, NOW, START
from tests.paths import ROOT

CELLS = ("cell-1", "cell-2", "cell-3")
END = START + timedelta(minutes=MINUTES)


class Project:
    """A copy of the example, with baselines of tables with little traffic."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "app"
        shutil.copytree(ROOT / "examples" / "waves", self.folder)
        for cell in CELLS:
            self.record(cell)

    def settings(self, cell: str) -> CellSettings:
        return CellSettings.load(self.folder / "cells" / f"{cell}.json")

    def record(self, cell: str, settled: Capacity | None = None) -> None:
        """The table as its settings declare it; once it has settled, with what became of the change."""
        capacity = self.settings(cell).capacity
        dimensions = [Dimension(None, access) for access in ("read", "write")]
        traffic = Traffic(
            START,
            {d: array("d", [50.0 * 60]) * MINUTES for d in dimensions},
            {d: array("d", [0.0]) * MINUTES for d in dimensions},
        )
        rollout = None
        if settled is not None:
            was = Deployed(settled, settled, {}, {})
            changes = Transition("orders", was, capacity).changes
            rollout = RolloutState(
                Outcome.SETTLED,
                "0123456789",
                {one.dimension: one.change for one in changes if one.change is not Change.NONE},
                END,
            )
        recorded = Baseline(
            TableIdentity(f"orders-{cell}", stack=f"{cell}-Orders"),
            Recording(END, "test", "made up"),
            Deployed(capacity, capacity, {}, {"table": Units(12_000, 4_000)}),
            traffic,
            rollout=rollout,
        )
        recorded.save(self.folder / "baselines" / cell / "Orders.json")

    def promote(self) -> int:
        return main(["promote", str(self.folder / "waves.json")])

    def synthesize(self) -> Findings:
        """Run the app as the CDK CLI does; its findings."""
        environment = {
            **os.environ,
            "CDK_OUTDIR": "cdk.out",
            "CDK_CONTEXT_JSON": json.dumps({"capacity-guard:now": NOW}),
            "CDK_VALIDATION": "false",
            "PYTHONPATH": str(ROOT),
        }
        shutil.rmtree(self.folder / "cdk.out", ignore_errors=True)
        process = subprocess.run(
            [sys.executable, "app.py"],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (self.folder / "cdk.out" / "capacity-guard.json").exists(), process.stderr
        found = Findings.read(self.folder / "cdk.out")
        assert process.returncode == (1 if found.errors else 0), process.stderr
        return found

    def changing(self) -> list[str]:
        """The cells whose templates have gates."""
        return [
            cell
            for cell in CELLS
            if any(
                resource["Type"] == "Custom::CapacityGuardBake"
                for resource in self.template(f"assembly-{cell}", f"{cell.replace('-', '')}Orders").values()
            )
        ]

    def template(self, assembly: str, start: str) -> Mapping[str, Any]:
        (file,) = (self.folder / "cdk.out" / assembly).glob(f"{start}*.template.json")
        resources: Mapping[str, Any] = json.loads(file.read_text())["Resources"]
        return resources


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


@pytest.mark.slow
def test_pipeline_changes_one_wave_after_the_other(project: Project) -> None:
    assert project.synthesize().errors == 0
    assert project.changing() == []
    before = {cell: project.settings(cell).capacity for cell in CELLS}
    for wave in (["cell-1"], ["cell-2", "cell-3"]):
        assert project.promote() == 0
        assert project.promote() == (1 if wave == ["cell-1"] else 0)
        assert project.synthesize().errors == 0
        assert project.changing() == wave
        for cell in wave:
            project.record(cell, settled=before[cell])
    assert project.synthesize().errors == 0
    assert project.changing() == []


@pytest.mark.slow
def test_stage_of_a_later_wave_when_it_changes_first_fails_the_synthesis(project: Project) -> None:
    project.settings("cell-3").promoted.save(project.folder / "cells" / "cell-3.json")
    found = [(table.path, finding.rule) for table, finding in project.synthesize().found]
    assert ("cell-3/Orders/Orders", "CG19") in found
    assert [rule for path, rule in found if not path.startswith("cell-3")] == []


@pytest.mark.slow
def test_waves_of_the_pipeline_are_those_of_the_cells_and_an_alarm_closes_the_second(
    project: Project,
) -> None:
    project.synthesize()
    (file,) = (project.folder / "cdk.out").glob("Pipeline.template.json")
    resources = json.loads(file.read_text())["Resources"].values()
    (pipeline,) = [one["Properties"] for one in resources if one["Type"] == "AWS::CodePipeline::Pipeline"]
    stages = {stage["Name"]: stage for stage in pipeline["Stages"]}
    deployed = {
        name: {
            (action["Configuration"]["StackName"], action.get("Region", "eu-west-1"))
            for action in stage["Actions"]
            if action["ActionTypeId"]["Provider"] == "CloudFormation"
        }
        for name, stage in stages.items()
        if name in ("cell-1", "Wave2")  # CDK Pipelines names a wave of one stage after it
    }
    assert deployed == {
        "cell-1": {("cell-1-Orders", "eu-west-1")},
        "Wave2": {("cell-2-Orders", "eu-west-1"), ("cell-3-Orders", "us-east-1")},
    }
    assert pipeline["PipelineType"] == "V2"
    assert [name for name, stage in stages.items() if "BeforeEntry" in stage] == ["Wave2"]
    ((condition,),) = [stages["Wave2"]["BeforeEntry"]["Conditions"]]
    (rule,) = condition["Rules"]
    assert (condition["Result"], rule["RuleTypeId"]["Provider"]) == ("FAIL", "CloudWatchAlarm")
