"""The files of templates: which are found, read once, and searched by a text."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from capacity_guard.cdk.end_of_synthesis.templates import Templates


def write(folder: Path, *names: str, kind: str = "AWS::SQS::Queue") -> None:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).write_text(json.dumps({"Resources": {name: {"Type": kind}}}))


def test_listed_templates_and_those_of_nested_stacks_beside_them_are_found(tmp_path: Path) -> None:
    write(tmp_path / "a", "S.template.json", "Other.template.json", "N.nested.template.json")
    write(tmp_path / "b", "T.template.json", "M.nested.template.json", kind="AWS::DynamoDB::Table")
    write(tmp_path / "c", "U.template.json", "O.nested.template.json")
    paths = [tmp_path / "a" / "S.template.json", tmp_path / "b" / "T.template.json"]
    context: Any = SimpleNamespace(template_paths=[str(path) for path in paths])
    templates = Templates(context)
    assert sorted(templates.holding("AWS::")) == [
        "M.nested.template.json",
        "N.nested.template.json",
        "S.template.json",
        "T.template.json",
    ]
    assert sorted(templates.holding("AWS::DynamoDB::")) == ["M.nested.template.json", "T.template.json"]
    assert templates.holding("AWS::SNS::") == []
    assert list(templates.named("M.nested.template.json")["Resources"]) == ["M.nested.template.json"]
    with pytest.raises(KeyError):
        templates.named("U.template.json")
    guard: Any = SimpleNamespace(
        provider=SimpleNamespace(identity=SimpleNamespace(template_file="T.template.json"))
    )
    assert templates.of(guard) is templates.named("T.template.json")
    assert list(templates.resources_of(guard)) == ["T.template.json"]
    paths[1].unlink()
    assert templates.named("T.template.json") is templates.of(guard)


def assembly(folder: Path, **environments: str) -> Templates:
    """The templates of stacks in environments, and of a nested stack."""
    names = [f"{stack}.template.json" for stack in environments]
    write(folder, *names, "N.nested.template.json")
    artifacts = {
        stack: {"properties": {"templateFile": f"{stack}.template.json"}, "environment": environment}
        for stack, environment in environments.items()
    }
    (folder / "manifest.json").write_text(json.dumps({"artifacts": {**artifacts, "Tree": {"type": "tree"}}}))
    context: Any = SimpleNamespace(template_paths=[str(folder / name) for name in names])
    return Templates(context)


HERE, THERE = "aws://111122223333/eu-west-1", "aws://111122223333/eu-west-3"


def test_environment_is_that_of_the_stack_and_of_a_nested_one_that_of_all_stacks(tmp_path: Path) -> None:
    both = assembly(tmp_path / "one", S=HERE, T=HERE)
    assert both.environment_of("S.template.json") == ("111122223333", "eu-west-1")
    assert both.environment_of("N.nested.template.json") == ("111122223333", "eu-west-1")
    apart = assembly(tmp_path / "two", S=HERE, T=THERE)
    assert apart.environment_of("T.template.json") == ("111122223333", "eu-west-3")
    assert apart.environment_of("N.nested.template.json") == (None, None)


@pytest.mark.parametrize("environment", ["aws://unknown-account/unknown-region", "elsewhere", ""])
def test_environment_that_the_synthesis_does_not_know_is_none(tmp_path: Path, environment: str) -> None:
    templates = assembly(tmp_path / "a", S=environment)
    assert templates.environment_of("S.template.json") == (None, None)
    assert templates.environment_of("N.nested.template.json") == (None, None)


def test_scaling_is_looked_for_where_a_template_names_it_or_is_referred_to(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    write(folder, "S.template.json")
    table = {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "orders"}}
    exported = {"Value": {"Ref": "Table"}, "Export": {"Name": "orders-name"}}
    (folder / "T.template.json").write_text(
        json.dumps({"Resources": {"Table": table}, "Outputs": {"Name": exported}})
    )
    target = {
        "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
        "Properties": {
            "ServiceNamespace": "dynamodb",
            "ResourceId": {"Fn::Join": ["/", ["table", {"Fn::ImportValue": "orders-name"}]]},
            "ScalableDimension": "dynamodb:table:WriteCapacityUnits",
        },
    }
    (folder / "U.template.json").write_text(json.dumps({"Resources": {"Writes": target}}))
    context: Any = SimpleNamespace(template_paths=[str(path) for path in folder.glob("*.json")])
    (found,) = Templates(context).scaling
    assert found.file == "U.template.json"
    assert found.names(["orders"]) is True
    assert found.names(["carts"]) is False
