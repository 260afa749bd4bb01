"""Templates in files, also hostile ones: each ends in one error that names the file and the remedy."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from capacity_guard.capacity.errors import InputError
from capacity_guard.checking.template_file import TemplateFile
from tests.checking.checked import ON_DEMAND, template, written

YAML = """
AWSTemplateFormatVersion: 2010-09-09
Parameters:
  Units: {Type: Number}
Resources:
  Orders:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: !Sub "${AWS::StackName}-orders"
      BillingMode: !If [Live, PROVISIONED, PAY_PER_REQUEST]
      ProvisionedThroughput:
        ReadCapacityUnits: !Ref Units
        WriteCapacityUnits: !GetAtt Other.Units
"""


def load(folder: Path, content: object, name: str = "t.json") -> TemplateFile:
    return TemplateFile.load(written(folder, content, name))


def test_yaml_with_short_forms_is_read_as_json_with_functions(tmp_path: Path) -> None:
    found = load(tmp_path, YAML, "t.yaml")
    assert found.tables == ("Orders",)
    properties = found.resources["Orders"]["Properties"]
    assert properties["TableName"] == {"Fn::Sub": "${AWS::StackName}-orders"}
    assert properties["BillingMode"] == {"Fn::If": ["Live", "PROVISIONED", "PAY_PER_REQUEST"]}
    assert properties["ProvisionedThroughput"] == {
        "ReadCapacityUnits": {"Ref": "Units"},
        "WriteCapacityUnits": {"Fn::GetAtt": "Other.Units"},
    }
    assert found.line("Orders") == 6
    assert found.line("Missing") == 1


def test_yaml_without_the_extra_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(InputError, match=r"is YAML, and PyYAML is not installed\. Run: pip install"):
        load(tmp_path, YAML)


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(8)
)
HOSTILE: dict[str, tuple[object, str]] = {
    "no text": ("{", "is not JSON"),
    "text": ("hello", "holds no resources that can be read"),
    "list": ("[1]", "holds no resources that can be read"),
    "no resources": ({"Resources": []}, "holds no resources that can be read"),
    "no type": ({"Resources": {"A": {}}}, "Resources.A: is not a resource with a Type"),
    "null": ({"Resources": {"A": None}}, "Resources.A: is not a resource with a Type"),
    "properties": (
        {"Resources": {"A": {"Type": "X", "Properties": 3}}},
        "Resources.A.Properties: is not an object",
    ),
    "conditions": (template(ON_DEMAND, Conditions=[]), "holds Conditions that cannot be read"),
    "sections": (template(ON_DEMAND, Mappings=[]), "Mappings: is not an object"),
    "twice": (
        '{"Resources": {"A": {"Type": "X"}, "A": {"Type": "Y"}}}',
        "'A' is there twice",
    ),
    "deep": ('{"Resources":' * 2_000, "nested"),
    "bomb": (BOMB + "Resources: {A: {Type: X, Properties: {b: *i}}}", "grows without end"),
    "itself": ("Resources: &r {A: *r}", "grows without end"),
    "many": ({"Resources": {f"A{n}": {"Type": "X"} for n in range(501)}}, "holds 501 resources"),
    "large": ({"Resources": {"A": {"Type": "X" * 1_000_001}}}, "CloudFormation takes 1,000,000"),
    "large YAML": ("# " + "x" * 1_000_001, "CloudFormation takes 1,000,000"),
    "huge": ("{" + " " * (4 * 2**20), "holds more than 4 MiB"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_file_is_bad_input_that_names_it(name: str, tmp_path: Path) -> None:
    content, words = HOSTILE[name]
    with pytest.raises(InputError) as raised:
        load(tmp_path, content)
    assert words in str(raised.value)
    assert "t.json" in raised.value.location


def test_file_that_is_missing_or_no_text_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"is missing\. Synthesize first"):
        TemplateFile.load(tmp_path / "none.json")
    with pytest.raises(InputError, match="cannot be read"):
        TemplateFile.load(tmp_path)
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="is not text in UTF-8"):
        TemplateFile.load(tmp_path / "bytes.json")


def _with_path(path: object) -> dict[str, Any]:
    return {"Type": "AWS::DynamoDB::Table", "Metadata": {"aws:cdk:path": path}}


def test_label_is_the_construct_id_where_it_is_one_tables_alone(tmp_path: Path) -> None:
    found = load(
        tmp_path,
        {
            "Resources": {
                "A1": _with_path("S/Orders/Resource"),
                "A2": _with_path("S/Cfn"),
                "A3": _with_path("S/X/Same/Resource"),
                "A4": _with_path("S/Y/Same/Resource"),
                "A5": _with_path(None),
                "A6": {"Type": "AWS::DynamoDB::GlobalTable", "Metadata": 3},
                "A7": {"Type": "AWS::SNS::Topic"},
            }
        },
    )
    assert [found.label(id) for id in found.tables] == ["Orders", "Cfn", "A3", "A4", "A5", "A6"]
