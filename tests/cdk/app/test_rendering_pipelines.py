"""Guards in the stages of CDK Pipelines, which synthesize a stage when it is added to the pipeline."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import pipelines

from capacity_guard import CapacityGuard, CapacityGuardChecks, GuardEveryTable
from tests.builders import adopted, guarded
from tests.builders.guarded import BAKE, PREFLIGHT, Synthesized

CONNECTION = "arn:aws:codestar-connections:eu-west-1:123456789012:connection/1"
STACKS = {
    "Steady": (guarded.PROVISIONED, adopted.PROVISIONED),
    "Changed": (guarded.LOWERED, adopted.LOWERED),
}


class Shop(cdk.Stage):
    """A stage as an application has it, with a table for each kind of guard in each stack."""

    def __init__(self, scope: cdk.App, id: str, folder: Path, **properties: Any) -> None:
        super().__init__(scope, id)
        cdk.Aspects.of(self).add(GuardEveryTable(baselines=folder))
        for name, (of_guarded, of_adopted) in STACKS.items():
            stack = cdk.Stack(self, name)
            guarded.table(stack, capacity=of_guarded, **properties)
            beside = adopted.table_v2(stack, of_adopted)
            CapacityGuard(stack, "Guard", table=beside, baseline=adopted.recorded())
            adopted.table(stack, of_adopted, id="Every")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("baselines")
    for stage in ("Beta", "Production"):
        for name in STACKS:
            file = made / f"{stage}-{name}" / "Every.json"
            file.parent.mkdir()
            adopted.recorded().save(file)
    return made


def pipeline(made: cdk.App) -> pipelines.CodePipeline:
    source = pipelines.CodePipelineSource.connection("shop/app", "main", connection_arn=CONNECTION)
    step = pipelines.ShellStep("Synth", input=source, commands=["npx cdk synth"])
    return pipelines.CodePipeline(cdk.Stack(made, "Pipeline"), "Pipeline", synth=step)


def report(made: cdk.App) -> list[Mapping[str, Any]]:
    plugins = json.loads((Path(made.outdir) / "validation-report.json").read_text())["pluginReports"]
    return [found for plugin in plugins for found in plugin["violations"]]


@pytest.mark.sampled(every=2)
@pytest.mark.parametrize("pack", ["before the stages", "after the stages"])
def test_stages_of_a_pipeline_are_guarded_and_judged(pack: str, folder: Path) -> None:
    made = guarded.app()
    if pack == "before the stages":
        cdk.Validations.of(made).add_plugins(CapacityGuardChecks(made))
    delivered = pipeline(made)
    delivered.add_stage(Shop(made, "Beta", folder))
    wave = delivered.add_wave("Waves")
    wave.add_stage(Shop(made, "Production", folder))
    if pack == "after the stages":
        cdk.Validations.of(made).add_plugins(CapacityGuardChecks(made))
    assembly = made.synth()
    for stage in ("Beta", "Production"):
        nested = assembly.get_nested_assembly(f"assembly-{stage}")
        assert len(nested.stacks) == 2
        for stack in nested.stacks:
            resources = Synthesized(stack.template["Resources"])
            gates = 3 if stack.stack_name.endswith("Changed") else 0
            assert len(resources.of(PREFLIGHT)) == len(resources.of(BAKE)) == gates
            assert len(resources.of(guarded.ALARM)) == 6
    rules = Counter(found["ruleName"] for found in report(made))
    assert rules["CG10"], "the pack judged the changes"
    assert set(rules) == {"CG2", "CG10", "CG12"}


def test_change_in_a_stage_that_a_rule_refuses_fails_the_synthesis_of_the_app(folder: Path) -> None:
    made = guarded.app()
    cdk.Validations.of(made).add_plugins(CapacityGuardChecks(made))
    busy = guarded.baseline(units=950)
    pipeline(made).add_stage(Shop(made, "Production", folder, baseline=busy))
    with pytest.raises(RuntimeError, match="FATAL CG5 Conversations / table, write"):
        made.synth()
    errors = [found["ruleName"] for found in report(made) if found["severity"] in ("error", "fatal")]
    assert "CG5" in errors


def test_aspect_of_the_app_names_the_stage_whose_tables_it_passes_by(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = guarded.app()
    stage = cdk.Stage(made, "Production")
    adopted.table(cdk.Stack(stage, "Steady"), adopted.PROVISIONED, id="Every")
    cdk.Aspects.of(made).add(GuardEveryTable(baselines=folder))
    pipeline(made).add_stage(stage)
    made.synth()
    said = capsys.readouterr().err
    assert (
        "GuardEveryTable does not reach the tables of stages below what it was added to (Production)" in said
    )
