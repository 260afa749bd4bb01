"""The files of templates: which are found, read once, and searched by a text."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from capacity_guard.cdk.templates import Templates


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
