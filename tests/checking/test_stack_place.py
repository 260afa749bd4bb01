"""Where a template is deployed, as its cloud assembly says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from capacity_guard.capacity.errors import InputError
from capacity_guard.checking.stack_place import StackPlace, place_in_assembly


def assembly(folder: Path, content: object) -> Path:
    text = content if isinstance(content, str) else json.dumps(content)
    (folder / "manifest.json").write_text(text)
    return folder / "S.template.json"


def artifact(environment: str, **properties: str) -> dict[str, object]:
    return {"environment": environment, "properties": {"templateFile": "S.template.json", **properties}}


def test_place_is_that_of_the_stack_of_the_template(tmp_path: Path) -> None:
    other = {"environment": "aws://1/us-east-1", "properties": {"templateFile": "T.template.json"}}
    known = artifact("aws://111122223333/eu-west-1", stackName="shop")
    file = assembly(tmp_path, {"artifacts": {"T": other, "S": known}})
    assert place_in_assembly(file) == StackPlace("shop", "111122223333", "eu-west-1")


def test_place_of_a_stack_for_any_account_is_its_name_alone(tmp_path: Path) -> None:
    file = assembly(
        tmp_path, {"artifacts": {"S": artifact("aws://unknown-account/unknown-region"), "X": 3, "Y": {}}}
    )
    assert place_in_assembly(file) == StackPlace("S")


def test_place_without_an_assembly_is_unknown(tmp_path: Path) -> None:
    assert place_in_assembly(tmp_path / "t.json") == StackPlace()
    for content in (
        {},
        [],
        {"artifacts": []},
        {"artifacts": {"A": {"properties": {"templateFile": "o.json"}}}},
    ):
        assert place_in_assembly(assembly(tmp_path, content)) == StackPlace()


def test_manifest_that_is_no_json_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"manifest\.json: is not JSON"):
        place_in_assembly(assembly(tmp_path, "{"))


def test_given_place_comes_before_that_of_the_assembly() -> None:
    given = StackPlace("a", None, "eu-west-1")
    assert given.or_else(StackPlace("b", "1", "us-east-1")) == StackPlace("a", "1", "eu-west-1")
