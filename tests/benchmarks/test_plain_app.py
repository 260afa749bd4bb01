"""The app without the guard: it declares the tables of the input, and imports nothing of the library."""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template

from benchmarks import plain_app
from stacks.settings import environments


def test_plain_app_when_run_has_one_stack_for_each_environment_with_its_capacity(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = [
        {
            "stack": settings.stack_name,
            "capacity": settings.capacity.to_json(),
            "account": None,
            "region": None,
            "protected": settings.protected,
        }
        for settings in environments(change="fixed", only="dev, production-cell-1")
    ]
    (tmp_path / "environments.json").write_text(json.dumps(given))
    apps: list[cdk.App] = []

    class KeptApp(cdk.App):
        def __init__(self) -> None:
            super().__init__(outdir=str(tmp_path / "out"))
            apps.append(self)

    monkeypatch.setattr(cdk, "App", KeptApp)
    monkeypatch.setattr(sys, "argv", ["plain_app", str(tmp_path / "environments.json")])
    plain_app.main()
    tables = {}
    for stack in apps[0].node.children:
        if not isinstance(stack, cdk.Stack):
            continue
        found = Template.from_stack(stack).find_resources("AWS::DynamoDB::GlobalTable")
        (tables[stack.stack_name],) = (dict(resource["Properties"]) for resource in found.values())
    assert tables["Conversations-dev"]["BillingMode"] == "PAY_PER_REQUEST"
    (index,) = tables["Conversations-production-cell-1"]["GlobalSecondaryIndexes"]
    scaling = index["WriteProvisionedThroughputSettings"]["WriteCapacityAutoScalingSettings"]
    assert (scaling["MinCapacity"], scaling["SeedCapacity"]) == (4_800, 4_800)


def test_plain_app_when_read_imports_nothing_of_the_library() -> None:
    tree = ast.parse(Path(plain_app.__file__).read_text())
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    modules |= {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    assert not any(str(module).startswith(("capacity_guard", "stacks")) for module in modules)


def test_plain_app_loads_the_packs_of_the_example_but_the_one_of_the_guard() -> None:
    """Otherwise the ratio would hold the cost of cdk-nag too, which is not the guard's."""

    def packs(path: str) -> list[str]:
        (call,) = (
            node
            for node in ast.walk(ast.parse(Path(path).read_text()))
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "add_plugins"
        )
        return [argument.func.id for argument in call.args]  # type: ignore[attr-defined]

    example = packs("app.py")
    assert example == ["CapacityGuardChecks", *packs(plain_app.__file__)]
