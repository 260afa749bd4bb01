"""The templates of a synthesis, read from the files of the cloud assembly."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aws_cdk as cdk
import pytest

from capacity_guard.cdk.end_of_synthesis.templates import Templates
from tests.builders.guarded import GLOBAL_TABLE, app, table


def test_template_of_a_guard_is_the_one_of_its_stack() -> None:
    made = app()
    guarded = table(cdk.Stack(made, "S"))
    table(cdk.Stack(made, "Other"), "Elsewhere")
    templates = templates_in(Path(made.synth().directory))
    assert templates.of(guarded.guard) is templates.named("S.template.json")
    resource = templates.resources_of(guarded.guard)[guarded.guard.logical_id(guarded.guard.resource)]
    assert resource["Type"] == GLOBAL_TABLE
    assert templates.bytes_of(guarded.guard) == len((Path(made.outdir) / "S.template.json").read_bytes())


def templates_in(folder: Path) -> Templates:
    context: Any = SimpleNamespace(template_paths=[str(path) for path in folder.glob("*.template.json")])
    return Templates(context)


@pytest.fixture
def templates(tmp_path: Path) -> Templates:
    """A template, and the template of a nested stack, which the CDK does not list."""
    content = {"S.template.json": "AWS::SNS::Topic", "S.nested.template.json": "AWS::DynamoDB::Table"}
    for name, resource_type in content.items():
        (tmp_path / name).write_text(json.dumps({"Resources": {"Only": {"Type": resource_type}}}))
    context: Any = SimpleNamespace(template_paths=[str(tmp_path / "S.template.json")])
    return Templates(context)


def test_template_of_a_nested_stack_is_found_beside_the_listed_ones(templates: Templates) -> None:
    assert templates.named("S.nested.template.json")["Resources"]["Only"]["Type"] == "AWS::DynamoDB::Table"
    assert templates.holding("AWS::DynamoDB::") == ["S.nested.template.json"]
    assert templates.holding("AWS::Lambda::") == []


def test_template_is_read_once(templates: Templates) -> None:
    assert templates.named("S.template.json") is templates.named("S.template.json")
