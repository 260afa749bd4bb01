"""CapacityGuard of a table that functions and alarms use: no circular dependency, with the CDK's validation on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.paths import ROOT

PROGRAM = """
import sys
from dataclasses import replace
import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch, aws_lambda as lambda_
from capacity_guard.evidence.baseline import TableIdentity
from capacity_guard import CapacityGuard, CapacityGuardChecks, Rollout, GuardOptions
from tests.builders.adopted import MAKERS, ON_DEMAND, recorded
from tests.builders.guarded import app

made = app()
tables = cdk.Stack(made, "Tables", env=cdk.Environment(account="123456789012", region="eu-west-1"))
others = cdk.Stack(made, "Others", env=cdk.Environment(account="123456789012", region="eu-west-1"))
for number, (kind, maker) in enumerate(sorted(MAKERS.items())):
    name = f"orders-{number}" if number % 2 else None
    table = maker(tables, ON_DEMAND, name, kind)
    arn, ref = (table.table_arn, table.table_name) if kind in ("Table", "TableV2") else (table.attr_arn, table.ref)
    for stack in (tables, others):
        function = lambda_.Function(
            stack, f"{kind}User", runtime=lambda_.Runtime.PYTHON_3_13, handler="index.handler",
            code=lambda_.Code.from_inline("def handler(event, context): pass"), environment={"TABLE": ref, "ARN": arn},
        )
        if kind in ("Table", "TableV2"):
            table.grant_read_write_data(function)
        metric = cloudwatch.Metric(
            namespace="AWS/DynamoDB", metric_name="SystemErrors", dimensions_map={"TableName": ref}
        )
        cloudwatch.Alarm(stack, f"{kind}Alarm", metric=metric, threshold=1, evaluation_periods=1)
    known = replace(recorded(), table=TableIdentity(name or kind))
    options = GuardOptions(rollout=Rollout(alarms=("orders-errors",)))
    CapacityGuard(tables, f"{kind}Guard", table=table, baseline=known, options=options)
if sys.argv[1:] == ["circle"]:
    tables.node.find_child("CapacityGuard").node.add_dependency(tables.node.find_child("TableUser"))
cdk.Validations.of(made).add_plugins(CapacityGuardChecks())
made.synth()
"""


def synthesized(
    folder: Path, *arguments: str, validation: str = "true"
) -> tuple[subprocess.CompletedProcess[str], Path]:
    assembly = folder / "cdk.out"
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        cwd=folder,
        env=os.environ | {"CDK_VALIDATION": validation, "PYTHONPATH": str(ROOT), "CDK_OUTDIR": str(assembly)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done, assembly


@pytest.mark.slow
@pytest.mark.parametrize("validation", ["true", "false"])
def test_tables_when_functions_and_alarms_of_two_stacks_use_them_change_without_a_circle(
    validation: str, tmp_path: Path
) -> None:
    done, assembly = synthesized(tmp_path, validation=validation)
    assert done.returncode == 0, done.stderr
    assert "circular" not in done.stderr.lower()
    template = json.loads((assembly / "Tables.template.json").read_text())["Resources"]
    waiting = [
        resource
        for resource in template.values()
        if "DynamoDB" in resource["Type"] and resource.get("DependsOn")
    ]
    assert len(waiting) == 4


@pytest.mark.slow
def test_circle_when_the_guard_waits_for_a_function_of_the_table_fails_the_synthesis(tmp_path: Path) -> None:
    done, _ = synthesized(tmp_path, "circle")
    assert done.returncode != 0
    assert "its gate would wait for the table that waits for the gate" in done.stderr
    # The CDK's own validation sees it too: it did run above.
    assert "circular" in done.stderr.lower()
