"""The commands of a run: what `cdk deploy` gets, and which baselines the app gets after a recording."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from live import deployment as module
from live.deployment import Deployment
from live.scenario import GLOBAL, PLAIN

RUN = "0123abcd"


@pytest.fixture
def deployment(tmp_path: Path) -> Deployment:
    return Deployment(
        RUN, "123456789012", "eu-west-1", tmp_path, warm=True, endpoint=None, say=lambda *_: None
    )


def test_deploy_when_called_runs_the_cdk_with_the_declared_tables_and_keeps_its_output(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    commands: list[tuple[list[str], dict[str, str]]] = []

    def run(words: list[str], environment: dict[str, str], folder: Path) -> tuple[int, str]:
        commands.append((words, environment))
        return 1, "refused"

    monkeypatch.setattr(module, "_run", run)
    deployment.baselines[PLAIN] = "plain.json"
    deployment.modes[PLAIN] = "on-demand"
    assert deployment.deploy([GLOBAL, PLAIN]) == (1, "refused")
    ((words, environment),) = commands
    deploy = words[words.index("deploy") :]
    assert deploy[:4] == ["deploy", f"CgLive-{RUN}-Global", f"CgLive-{RUN}-Plain", "--exclusively"]
    assert f"{sys.executable} -m live.app" in words
    assert environment["AWS_REGION"] == environment["AWS_DEFAULT_REGION"] == "eu-west-1"
    assert (tmp_path / "deploy-1.txt").read_text() == "refused"
    tables = json.loads((tmp_path / "spec.json").read_text())["tables"]
    assert tables == {
        # a table without a baseline is new: its warm throughput is not raised
        "Global": {"mode": "on-demand", "turn": 0, "warm": False, "extra_bake": 0, "baseline": None},
        # a table that was never on-demand would be raised from a handful of units, which costs dollars
        "Plain": {"mode": "on-demand", "turn": 0, "warm": False, "extra_bake": 0, "baseline": "plain.json"},
    }
    deployment.baselines[GLOBAL] = "global.json"
    deployment.deploy([GLOBAL])
    assert json.loads((tmp_path / "spec.json").read_text())["tables"]["Global"]["warm"]


def test_record_when_called_records_the_table_of_the_stack_for_the_next_deployment(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    recorded: list[tuple[str, Path, Any]] = []

    class CloudFormation:
        def describe_stack_resources(self, StackName: str) -> dict[str, Any]:  # noqa: N803
            return {
                "StackResources": [
                    {"ResourceType": "AWS::CloudWatch::Alarm", "PhysicalResourceId": "alarm"},
                    {"ResourceType": "AWS::DynamoDB::Table", "PhysicalResourceId": f"{StackName}-Live1"},
                ]
            }

    def record_table(aws: object, table: str, out: Path, **options: Any) -> None:
        recorded.append((table, out, options["stack"]))

    monkeypatch.setattr(Deployment, "client", lambda self, service: CloudFormation())
    monkeypatch.setattr(module.RecordingAws, "connect", lambda region, endpoint: None)
    monkeypatch.setattr(module, "record_table", record_table)
    deployment.record([PLAIN])
    stack = f"CgLive-{RUN}-Plain"
    assert recorded == [(f"{stack}-Live1", tmp_path / "plain.json", stack)]
    assert deployment.baselines == {PLAIN: str(tmp_path / "plain.json")}
