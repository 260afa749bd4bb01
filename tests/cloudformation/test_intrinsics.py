"""Intrinsic functions of a template: resolved where their values are known, refused where they are not."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from capacity_guard.capacity import InputError
from capacity_guard.cloudformation.intrinsics import (
    NOTHING,
    Assumed,
    Intrinsics,
    Undecided,
    parse_template,
)
from tests.builders.template_tables import deployed

TEMPLATE: dict[str, Any] = {
    "Resources": {},
    "Conditions": {
        "IsProd": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]},
        "IsDev": {"Fn::Not": [{"Condition": "IsProd"}]},
        "Both": {"Fn::And": [{"Condition": "IsProd"}, {"Condition": "IsDev"}]},
        "Either": {"Fn::Or": [{"Condition": "IsProd"}, {"Condition": "IsDev"}]},
        "Circular": {"Fn::Not": [{"Condition": "Circular"}]},
    },
    "Mappings": {"Units": {"prod": {"reads": 700}}},
}
READ = deployed(TEMPLATE, Stage="prod")


def synthesized(*assumed: tuple[tuple[str, str], bool]) -> Intrinsics:
    assumptions: Assumed = assumed
    return Intrinsics(TEMPLATE, {}, {}, {}, "stack S", remedy="State it", assumed=assumptions)


@pytest.mark.parametrize(
    ("node", "value"),
    [
        (7, 7),
        ("text", "text"),
        ({"Key": "value"}, {"Key": "value"}),
        ({"Ref": "AWS::NoValue"}, NOTHING),
        ({"Ref": "Stage"}, "prod"),
        ({"Ref": "AWS::Region"}, "eu-west-1"),
        ({"Ref": "Orders"}, "orders"),
        ({"Fn::If": ["IsProd", 1, 2]}, 1),
        ({"Fn::If": ["IsDev", 1, 2]}, 2),
        ({"Fn::If": ["Both", 1, {"Fn::If": ["Either", 3, 4]}]}, 3),
        ({"Condition": "IsProd"}, True),
        ({"Fn::FindInMap": ["Units", {"Ref": "Stage"}, "reads"]}, 700),
        ({"Fn::Join": ["/", ["table", {"Ref": "Orders"}]]}, "table/orders"),
        ({"Fn::Sub": "table/${Orders}"}, "table/orders"),
        ({"Fn::Sub": ["${Name}/${!Literal}", {"Name": {"Ref": "Stage"}}]}, "prod/${Literal}"),
    ],
)
def test_function_when_its_values_are_known_expects_the_result(node: Any, value: Any) -> None:
    assert READ.value(node, "Orders") == value


@pytest.mark.parametrize(
    "node",
    [
        {"Ref": "Other"},
        {"Fn::GetAtt": ["Orders", "Arn"]},
        {"Fn::ImportValue": "name"},
        {"Fn::If": ["Unknown", 1, 2]},
        {"Fn::If": ["Circular", 1, 2]},
        {"Fn::If": []},
        {"Fn::FindInMap": ["Units", "dev", "reads"]},
        {"Fn::Sub": "${Other}"},
    ],
    ids=json.dumps,
)
def test_function_when_its_value_is_not_known_expects_an_error_with_the_place(node: Any) -> None:
    with pytest.raises(InputError) as raised:
        READ.value(node, "Orders.BillingMode")
    assert raised.value.location.startswith("stack Shop: ")
    assert raised.value.problem.startswith("cannot be read from outside")
    assert raised.value.remedy == "Name the stack"


def test_function_when_nothing_reads_it_expects_no_error() -> None:
    node = {"Known": {"Ref": "Stage"}, "Unknown": {"Fn::ImportValue": "name"}}
    assert READ.at(node, "Known", path="Orders") == "prod"


def test_reference_when_the_template_is_not_deployed_expects_a_placeholder() -> None:
    assert synthesized().value({"Ref": "Stage"}, "p") == "${Stage}"
    assert synthesized().value({"Fn::GetAtt": ["Orders", "Arn"]}, "p") == "${Orders.Arn}"


def test_condition_when_it_compares_an_unknown_value_expects_the_assumption_or_a_question() -> None:
    node = {"Fn::If": ["IsProd", 1, 2]}
    with pytest.raises(Undecided) as raised:
        synthesized().value(node, "p")
    sides = raised.value.sides
    assert sides == ("${Stage}", "prod")
    assert synthesized((sides, True)).value(node, "p") == 1
    assert synthesized((sides, False)).value(node, "p") == 2
    # Stage cannot be two different texts.
    assert synthesized((("${Stage}", "dev"), True)).value(node, "p") == 2


def test_value_when_a_key_is_absent_expects_nothing_and_when_it_is_no_object_an_error() -> None:
    node = {"Outer": {"Fn::If": ["IsProd", {"Inner": 3}, {"Ref": "AWS::NoValue"}]}, "Text": "t"}
    assert READ.at(node, "Outer", "Inner", path="p") == 3
    assert READ.at(node, "Missing", "Inner", path="p") is NOTHING
    with pytest.raises(InputError, match=r'stack Shop: p\.Text: is "t", not an object'):
        READ.at(node, "Text", "Inner", path="p")


def test_items_when_an_entry_is_absent_expects_the_others() -> None:
    entries = [1, {"Fn::If": ["IsDev", 2, {"Ref": "AWS::NoValue"}]}, {"Ref": "Stage"}]
    assert READ.items({"List": entries}, "List", path="p") == [1, "prod"]
    assert READ.items({}, "List", path="p") == []
    with pytest.raises(InputError, match=r"p\.List: is not a list"):
        READ.items({"List": "text"}, "List", path="p")


@pytest.mark.parametrize(("given", "number"), [(7, 7), ("7", 7), (7.0, 7), (None, None)])
def test_number_when_it_is_whole_expects_it(given: Any, number: int | None) -> None:
    assert READ.number({"Units": given}, "Units", path="p") == number


@pytest.mark.parametrize("given", ["many", 1.5, True, [1], "inf"])
def test_number_when_it_is_not_whole_expects_an_error(given: Any) -> None:
    with pytest.raises(InputError, match=r"p\.Units: .* cannot be read as a whole number"):
        READ.number({"Units": given}, "Units", path="p")


def test_text_when_it_is_a_number_expects_an_error() -> None:
    assert READ.text({"Name": {"Ref": "Stage"}}, "Name", path="p") == "prod"
    assert READ.text({}, "Name", path="p") is None
    with pytest.raises(InputError, match=r"p\.Name: 7 cannot be read as text"):
        READ.text({"Name": 7}, "Name", path="p")


def test_resource_when_it_has_a_condition_expects_whether_it_is_true() -> None:
    assert READ.exists({}, "Target")
    assert READ.exists({"Condition": "IsProd"}, "Target")
    assert not READ.exists({"Condition": "IsDev"}, "Target")


@pytest.mark.parametrize(
    "body",
    [
        {"Resources": {"A": {"Type": "T"}}},
        '{"Resources": {"A": {"Type": "T"}}}',
        "Resources:\n  A:\n    Type: T\n",
    ],
    ids=["data", "JSON", "YAML"],
)
def test_template_when_parsed_expects_its_resources(body: object) -> None:
    assert parse_template(body, "stack S", "remedy") == {"Resources": {"A": {"Type": "T"}}}


def test_template_when_yaml_has_short_forms_expects_the_functions() -> None:
    body = "Resources:\n  A: !Ref B\n  C: !GetAtt D.Arn\n  E: !If [X, 1, !Sub '${F}']\n  G: !Condition H\n"
    assert parse_template(body, "stack S", "remedy")["Resources"] == {
        "A": {"Ref": "B"},
        "C": {"Fn::GetAtt": "D.Arn"},
        "E": {"Fn::If": ["X", 1, {"Fn::Sub": "${F}"}]},
        "G": {"Condition": "H"},
    }


@pytest.mark.parametrize("body", [None, [], "", "text", "a: [", {"Resources": []}])
def test_template_when_it_cannot_be_parsed_expects_an_error_with_the_remedy(body: object) -> None:
    with pytest.raises(InputError, match=r"stack S: .*Give the template"):
        parse_template(body, "stack S", "Give the template")


@pytest.mark.parametrize(
    "body",
    [
        "[" * 100_000,
        '{"a":' * 100_000,
        "Resources: " + "[" * 2_000,
        "\n".join(" " * i + "a:" for i in range(1_000)),
    ],
    ids=["JSON list", "JSON object", "YAML in brackets", "YAML in lines"],
)
def test_template_when_it_is_nested_without_end_expects_an_error_with_the_remedy(body: str) -> None:
    with pytest.raises(InputError, match=r"stack S: is nested too deeply to be read\. Give the template"):
        parse_template(body, "stack S", "Give the template")


def test_template_when_it_is_yaml_without_pyyaml_expects_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(InputError, match=r"is YAML, and PyYAML is not installed.*pip install PyYAML"):
        parse_template("Resources: {}", "stack S", "remedy")
