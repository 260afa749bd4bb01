"""Values that cannot be read: the place and the problem of each error, to the letter."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from capacity_guard.capacity import InputError
from capacity_guard.cloudformation.intrinsics import Assumed, Intrinsics, Undecided, parse_template

TEMPLATE: dict[str, Any] = {
    "Resources": {},
    "Conditions": {
        "Yes": {"Fn::Equals": ["a", "a"]},
        "No": {"Fn::Equals": ["a", "b"]},
        "Text": "true",
        "TextNo": "false",
        "Flag": True,
        "FlagNo": False,
        "Number": 1,
        "OnNumber": {"Fn::Not": [{"Condition": "Number"}]},
        "Day": {"Fn::Not": [{"Fn::Join": ["", [date(2026, 7, 9)]]}]},
        "Circular": {"Fn::Or": [{"Condition": "No"}, {"Condition": "Circle"}]},
        "Circle": {"Condition": "Circular"},
    },
    "Mappings": {"Units": {"prod": {"reads": 700}}},
}
DAY = date(2026, 7, 9)


def read(assumed: Assumed | None = None, **references: str) -> Intrinsics:
    return Intrinsics(
        TEMPLATE, {"Stage": "prod"}, {}, references, "stack S", remedy="Name it", assumed=assumed
    )


def refusal(node: Any, assumed: Assumed | None = None) -> tuple[str, str]:
    with pytest.raises(InputError) as raised:
        read(assumed).value(node, "P")
    assert raised.value.remedy == "Name it"
    return raised.value.location, raised.value.problem


def unreadable(what: str, place: str = "P") -> tuple[str, str]:
    return f"stack S: {place}", f"cannot be read from outside ({what})"


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ({"Ref": "Other"}, unreadable("Ref Other")),
        ({"Fn::ImportValue": "x"}, unreadable("Fn::ImportValue")),
        ({"Fn::GetAtt": ["A", "Arn"]}, unreadable("Fn::GetAtt")),
        ({"Fn::If": ["Unknown", 1, 2]}, unreadable("Condition Unknown")),
        ({"Fn::If": ["Circular", 1, 2]}, unreadable("Condition Circular", "Conditions.Circle")),
        ({"Fn::If": ["Number", 1, 2]}, unreadable("1", "Conditions.Number")),
        ({"Fn::If": ["OnNumber", 1, 2]}, unreadable("1", "Conditions.Number")),
        (
            {"Fn::If": ["Day", 1, 2]},
            unreadable('{"Fn::Join": ["", ["2026-07-09"]]}', "Conditions.Day"),
        ),
        ({"Fn::If": []}, unreadable('{"Fn::If": []}')),
        ({"Fn::If": ["Yes"]}, unreadable('{"Fn::If": ["Yes"]}')),
        ({"Fn::If": 7}, unreadable('{"Fn::If": 7}')),
        ({"Fn::FindInMap": ["Units", "dev"]}, unreadable('{"Fn::FindInMap": ["Units", "dev"]}')),
        ({"Fn::FindInMap": [DAY]}, unreadable('{"Fn::FindInMap": ["2026-07-09"]}')),
        ({"Fn::Join": ["-"]}, unreadable('{"Fn::Join": ["-"]}')),
        ({"Fn::Join": ["-", [{"Ref": "Other"}]]}, unreadable("Ref Other")),
        ({"Fn::Sub": "${Other}"}, unreadable("Ref Other")),
        ({"Fn::Sub": ["${A}", {"A": {"Ref": "Other"}}]}, unreadable("Ref Other")),
        ({"Fn::Not": []}, unreadable('{"Fn::Not": []}')),
        ({"Fn::And": [{"Condition": "Yes"}, {"Ref": "Stage"}]}, unreadable('{"Ref": "Stage"}')),
        ({"Fn::Or": [{"Condition": "No"}, 7]}, unreadable("7")),
        ({"Fn::Not": ["maybe"]}, unreadable('"maybe"')),
        ({"Fn::Not": [DAY]}, unreadable('"2026-07-09"')),
        ({"Fn::Equals": [{"Ref": "Other"}, "a"]}, unreadable("Ref Other")),
        ({"Fn::Equals": ["a"]}, unreadable('{"Fn::Equals": ["a"]}')),
    ],
    ids=str,
)
def test_function_that_cannot_be_resolved_is_refused_at_its_place(
    node: Any, expected: tuple[str, str]
) -> None:
    assert refusal(node) == expected


@pytest.mark.parametrize(
    ("node", "value"),
    [
        ({"Fn::If": ["Yes", 1, 2]}, 1),
        ({"Fn::If": ["No", 1, 2]}, 2),
        ({"Fn::If": ["Text", 1, 2]}, 1),
        ({"Fn::If": ["TextNo", 1, 2]}, 2),
        ({"Fn::If": ["Flag", 1, 2]}, 1),
        ({"Fn::If": ["FlagNo", 1, 2]}, 2),
        ({"Fn::If": ["Yes", {"Fn::If": ["No", 1, {"Ref": "Stage"}]}, 2]}, "prod"),
        ({"Condition": {"StringEquals": 1}}, {"Condition": {"StringEquals": 1}}),
        ({"Statement": "x"}, {"Statement": "x"}),
        ({}, {}),
        ({"Ref": "Stage", "Other": 1}, {"Ref": "Stage", "Other": 1}),
        ([{"Ref": "Stage"}], [{"Ref": "Stage"}]),
        ({"Fn::And": ["true", True]}, True),
        ({"Fn::And": ["true", "false"]}, False),
        ({"Fn::And": ["false", "true"]}, False),
        ({"Fn::Or": ["false", "true"]}, True),
        ({"Fn::Or": ["true", "false"]}, True),
        ({"Fn::Or": ["false", False]}, False),
        ({"Fn::Not": ["true"]}, False),
        ({"Fn::Not": ["false", "true"]}, True),
        ({"Fn::Equals": ["prod", {"Ref": "Stage"}, "further"]}, True),
        ({"Fn::Equals": [1, "1"]}, True),
        ({"Fn::Equals": ["a", "b"]}, False),
        ({"Fn::FindInMap": ["Units", {"Ref": "Stage"}, "reads", {"DefaultValue": 1}]}, 700),
        ({"Fn::FindInMap": ["Units", "prod"]}, {"reads": 700}),
        ({"Fn::Join": [7, ["a", 1, {"Ref": "Stage"}]]}, "a717prod"),
        ({"Fn::Join": [",", {"Fn::If": ["Yes", ["a", "b"], []]}]}, "a,b"),
        ({"Fn::Sub": "${!A}-${Stage}-${Stage}"}, "${A}-prod-prod"),
        ({"Fn::Sub": ["${A}${Stage}", {"A": 7}]}, "7prod"),
        ({"Fn::Sub": ["${A}", {"A": {"Fn::If": ["No", 1, "b"]}}]}, "b"),
    ],
    ids=str,
)
def test_function_that_can_be_resolved_gives_its_value(node: Any, value: Any) -> None:
    one = read()
    assert one.value(node, "P") == value
    assert one.value(node, "P") == value  # a condition may be evaluated again


def test_attribute_of_a_resource_is_a_placeholder_before_the_deployment_in_both_spellings() -> None:
    for names in ("Orders.Stream.Arn", ["Orders", "Stream.Arn"], ["Orders", "Stream", "Arn"]):
        assert read(()).value({"Fn::GetAtt": names}, "P") == "${Orders.Stream.Arn}"
    assert refusal({"Fn::GetAtt": [1]}, ()) == unreadable('{"Fn::GetAtt": [1]}')


def test_chain_of_keys_is_refused_at_the_place_where_it_ends() -> None:
    node = {"A": {"B": 3, "C": None, "D": {"Ref": "Stage"}, "Day": DAY, "F": {"Fn::ImportValue": "x"}}}
    for keys, place, problem in (
        (("A", "B", "C"), "P.A.B", "is 3, not an object"),
        (("A", "B", "C", "D"), "P.A.B", "is 3, not an object"),
        (("A", "D", "E"), "P.A.D", 'is "prod", not an object'),
        (("A", "Day", "E"), "P.A.Day", 'is "2026-07-09", not an object'),
        (("A", "F"), "P.A.F", "cannot be read from outside (Fn::ImportValue)"),
        (("A", "F", "G"), "P.A.F", "cannot be read from outside (Fn::ImportValue)"),
    ):
        with pytest.raises(InputError) as raised:
            read().at(node, *keys, path="P")
        assert (raised.value.location, raised.value.problem) == (f"stack S: {place}", problem)
    assert read().at(node, "A", "C", "X", path="P") is None
    assert read().at(node, path="P") is node
    assert read().at(node, "A", "D", path="P") == "prod"


def test_list_is_refused_at_its_place_and_at_that_of_an_entry() -> None:
    node = {"A": {"L": [1, {"Ref": "Stage"}, {"Ref": "Other"}], "T": "text", "N": 7, "M": {"x": 1, "y": 2}}}
    for key, place, problem in (
        ("L", "P.A.L[2]", "cannot be read from outside (Ref Other)"),
        ("T", "P.A.T", "is not a list"),
        ("N", "P.A.N", "is not a list"),
        ("M", "P.A.M", "is not a list"),
    ):
        with pytest.raises(InputError) as raised:
            read().items(node, "A", key, path="P")
        assert (raised.value.location, raised.value.problem) == (f"stack S: {place}", problem)
    assert read().items(node, "A", "X", path="P") == []
    assert read().items((0, {"Ref": "AWS::NoValue"}, None, ""), path="P") == [0, ""]


def test_text_is_refused_at_its_place() -> None:
    for value, shown in ((7, "7"), (["a"], '["a"]'), (DAY, '"2026-07-09"'), (True, "true")):
        with pytest.raises(InputError) as raised:
            read().text({"A": {"T": value}}, "A", "T", path="P")
        assert (raised.value.location, raised.value.problem) == (
            "stack S: P.A.T",
            f"{shown} cannot be read as text",
        )
    assert read().text({"A": ""}, "A", path="P") == ""


@pytest.mark.parametrize(
    ("value", "number"),
    [(0, 0), ("0", 0), (-1, -1), (7.0, 7), ("7.0", 7), ("1e3", 1000), (1_000_000, 1_000_000)],
)
def test_whole_number_is_read_from_a_number_or_a_text(value: Any, number: int) -> None:
    found = read().number({"A": {"N": value}}, "A", "N", path="P")
    assert found == number
    assert isinstance(found, int)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("many", '"many"'),
        ("", '""'),
        (1.5, "1.5"),
        (0.9999, "0.9999"),
        (True, "true"),
        (False, "false"),
        ([1], "[1]"),
        ({"a": 1}, '{"a": 1}'),
        ("inf", '"inf"'),
        ("-inf", '"-inf"'),
        ("nan", '"nan"'),
    ],
)
def test_what_is_no_whole_number_is_refused_at_its_place(value: Any, shown: str) -> None:
    with pytest.raises(InputError) as raised:
        read().number({"A": {"N": value}}, "A", "N", path="P")
    assert (raised.value.location, raised.value.problem) == (
        "stack S: P.A.N",
        f"{shown} cannot be read as a whole number",
    )


def test_condition_of_a_resource_is_refused_at_the_place_of_the_resource() -> None:
    with pytest.raises(InputError) as raised:
        read().exists({"Condition": "Unknown"}, "Target")
    assert raised.value.location == "stack S: Target"
    assert read().exists({"Condition": "Yes"}, "Target") is True
    assert read().exists({"Condition": "No"}, "Target") is False


def outcome(equals: list[Any], *assumed: tuple[tuple[str, str], bool]) -> bool | tuple[str, str]:
    """The value of a comparison, or the two sides of the question that it asks."""
    try:
        value = read(assumed).value({"Fn::Equals": equals}, "P")
    except Undecided as undecided:
        return undecided.sides
    assert isinstance(value, bool)
    return value


A, B, X, Y = "${A}", "${B}", "x", "y"


@pytest.mark.parametrize(
    ("equals", "assumed", "expected"),
    [
        ([X, X], (), True),
        ([X, Y], (), False),
        ([{"Ref": "A"}, {"Ref": "A"}], (), True),
        ([{"Ref": "A"}, X], (), (A, X)),
        ([X, {"Ref": "A"}], (), (A, X)),
        ([{"Ref": "A"}, {"Ref": "B"}], (), (A, B)),
        ([{"Ref": "B"}, {"Ref": "A"}], (), (B, A)),
        ([{"Ref": "A"}, X], (((A, X), True),), True),
        ([X, {"Ref": "A"}], (((A, X), True),), True),
        ([{"Ref": "A"}, X], (((A, X), False),), False),
        # A is x, so it is not y; that it is not x says nothing of y.
        ([{"Ref": "A"}, Y], (((A, X), True),), False),
        ([{"Ref": "A"}, Y], (((A, X), False),), (A, Y)),
        # another value may be equal to x as well
        ([{"Ref": "B"}, X], (((A, X), True),), (B, X)),
        ([{"Ref": "B"}, Y], (((A, X), True),), (B, Y)),
        # what B is nobody knows
        ([{"Ref": "A"}, {"Ref": "B"}], (((A, X), True),), (A, B)),
        ([{"Ref": "A"}, Y], (((A, B), True),), (A, Y)),
        # a later assumption counts as much as the first
        ([{"Ref": "A"}, Y], (((B, X), True), ((A, X), False), ((A, Y), True)), True),
        ([{"Ref": "A"}, Y], (((B, X), True), ((A, X), True)), False),
    ],
    ids=str,
)
def test_comparison_before_the_deployment_follows_from_what_is_assumed_or_is_a_question(
    equals: list[Any], assumed: Any, expected: object
) -> None:
    assert outcome(equals, *assumed) == expected


def test_question_is_worded_as_a_comparison() -> None:
    with pytest.raises(Undecided, match=r"^\$\{A\} = x$"):
        read(()).value({"Fn::Equals": [X, {"Ref": "A"}]}, "P")


def test_function_that_cannot_be_resolved_is_compared_by_its_text() -> None:
    split = {"Fn::Split": [",", DAY, {"b": 1, "a": 2}]}
    text = '${{"Fn::Split": [",", "2026-07-09", {"a": 2, "b": 1}]}}'
    assert outcome([split, X]) == (text, X)
    assert outcome([X, split]) == (text, X)
    assert outcome([split, dict(split)]) is True


def test_template_of_which_nothing_can_be_read_is_refused_with_its_location_and_remedy() -> None:
    for body, problem in (
        (None, "holds no resources that can be read"),
        ({"Resources": []}, "holds no resources that can be read"),
        ("[]", "holds no resources that can be read"),
        ("plain", "holds no resources that can be read"),
    ):
        with pytest.raises(InputError) as raised:
            parse_template(body, "stack S", "Give it")
        assert (raised.value.location, raised.value.problem, raised.value.remedy) == (
            "stack S",
            problem,
            "Give it",
        )
    with pytest.raises(InputError) as raised:
        parse_template("a: [\n\n  }", "stack S", "Give it")
    assert (raised.value.location, raised.value.remedy) == ("stack S", "Give it")
    assert raised.value.problem.startswith("is neither JSON nor YAML (while parsing a flow node ")
    assert "\n" not in raised.value.problem
    assert "  " not in raised.value.problem


def test_template_in_yaml_is_read_with_nested_short_forms_of_each_shape() -> None:
    body = (
        "Resources:\n"
        "  A: !Select [0, !Split [',', !Ref B]]\n"
        "  C: !Transform {Name: N, Parameters: {P: [1, {Q: !GetAtt R.S}]}}\n"
        "  T: !Base64 {V: {W: 1}}\n"
    )
    assert parse_template(body, "stack S", "Give it")["Resources"] == {
        "A": {"Fn::Select": [0, {"Fn::Split": [",", {"Ref": "B"}]}]},
        "C": {"Fn::Transform": {"Name": "N", "Parameters": {"P": [1, {"Q": {"Fn::GetAtt": "R.S"}}]}}},
        "T": {"Fn::Base64": {"V": {"W": 1}}},
    }


@pytest.mark.parametrize(
    "body",
    [
        "Resources:\n  A: {Type: X}\n  A: {Type: Y}\n",
        "Resources:\n  B: {A: 1, 'A': 2}\n",
        "Resources:\n  B: !Transform {A: 1, A: 2}\n",
    ],
    ids=["resource", "property", "argument of a function"],
)
def test_template_in_yaml_with_a_key_twice_is_refused(body: str) -> None:
    """PyYAML takes the last one in silence, so half of a merge could go unread."""
    with pytest.raises(InputError) as raised:
        parse_template(body, "stack S", "Give it")
    assert raised.value.problem.startswith("is neither JSON nor YAML ('A' is there twice")


def test_template_in_yaml_may_override_a_key_of_an_anchor() -> None:
    body = "x: &x {A: 1, B: 2}\ny: &y {<<: *x, A: 3}\nResources: {C: {<<: [*x, *y], A: 4}, D: *y}\n"
    assert parse_template(body, "stack S", "Give it")["Resources"] == {
        "C": {"A": 4, "B": 2},
        "D": {"A": 3, "B": 2},
    }


def test_template_in_yaml_without_pyyaml_is_refused_with_its_location(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "yaml", None)
    with pytest.raises(InputError) as raised:
        parse_template("Resources: {}", "stack S", "Give it")
    assert (raised.value.location, raised.value.problem, raised.value.remedy) == (
        "stack S",
        "is YAML, and PyYAML is not installed",
        "Run: pip install PyYAML",
    )
