"""Suppressions by the CDK's own means without a reason: where they are found, and for which tables they hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from capacity_guard import Acknowledgment, CapacityGuardChecks, GuardedTable, GuardEveryTable, GuardOptions
from capacity_guard.findings import Findings
from capacity_guard.nag.suppressions import Suppression, rules_at, suppressions_without_reason
from capacity_guard.rules import Finding
from tests.builders.adopted import PROVISIONED, cfn_table, recorded
from tests.builders.guarded import ON_DEMAND, app, table

ACKNOWLEDGED = "aws:cdk:acknowledged-rules"


def write_metadata(folder: Path, stack: str, by_path: dict[str, list[dict[str, object]]]) -> None:
    (folder / f"{stack}.metadata.json").write_text(json.dumps(by_path))


def test_suppressions_when_read_are_those_of_this_pack_without_a_reason(tmp_path: Path) -> None:
    write_metadata(
        tmp_path,
        "A",
        {
            "/A/Orders": [
                {
                    "type": ACKNOWLEDGED,
                    "data": {
                        "CapacityGuardChecks::CG12": "",
                        "CapacityGuardChecks::CG16[Index::x]": "  ",
                        "CapacityGuardChecks::CG13": None,
                        "CapacityGuardChecks::CG4": "load test",
                        "AwsSolutions::DDB3": "",
                    },
                },
                {"type": "aws:cdk:logicalId", "data": "CapacityGuardChecks::CG5"},
            ]
        },
    )
    write_metadata(tmp_path, "B", {"/B": [{"type": ACKNOWLEDGED, "data": {"AwsSolutions::DDB3": ""}}]})
    assert suppressions_without_reason(tmp_path, app()) == [
        Suppression("A/Orders", "CG12"),
        Suppression("A/Orders", "CG16"),
        Suppression("A/Orders", "CG13"),
    ]


def test_suppressions_of_the_app_itself_are_read_from_its_metadata(tmp_path: Path) -> None:
    made = app()
    bare = cdk.Acknowledgment(id="CapacityGuardChecks::CG1", reason="")
    cdk.Validations.of(made).acknowledge(bare)
    assert suppressions_without_reason(tmp_path, made) == [Suppression("", "CG1")]


def test_suppressions_hold_for_a_construct_and_all_below_it_and_not_for_one_with_a_longer_name() -> None:
    suppressions = [
        Suppression("", "CG1"),
        Suppression("A/Orders", "CG12"),
        Suppression("A/Orders/Resource", "CG13"),
        Suppression("A", "CG12"),
    ]
    assert rules_at("A/Orders/Resource", suppressions) == ("CG1", "CG12", "CG13")
    assert rules_at("A/Orders", suppressions) == ("CG1", "CG12")
    assert rules_at("A/OrdersToo/Resource", suppressions) == ("CG1", "CG12")
    assert rules_at("B/Orders", suppressions) == ("CG1",)


def judged(**properties: Any) -> tuple[cdk.App, GuardedTable]:
    made = app()
    guarded = table(cdk.Stack(made, "S"), **properties)
    cdk.Validations.of(made).add_plugins(CapacityGuardChecks(made))
    return made, guarded


def test_suppression_of_the_cdk_when_it_gives_no_reason_is_finding_cg13(
    capsys: pytest.CaptureFixture[str],
) -> None:
    made, guarded = judged()
    bare = cdk.Acknowledgment(id="CapacityGuardChecks::CG12", reason=" ")
    cdk.Validations.of(guarded).acknowledge(bare)
    reasoned = cdk.Acknowledgment(id="CapacityGuardChecks::CG4", reason="a sentence")
    cdk.Validations.of(guarded.guard.resource).acknowledge(reasoned)
    made.synth()
    printed = capsys.readouterr().err
    assert "CG13  WARN   Conversations: its acknowledgment of CG12 gives no reason" in printed
    assert "acknowledgment of CG4" not in printed


def test_suppression_of_the_cdk_for_a_whole_app_when_a_capacity_changes_stops_the_synthesis() -> None:
    made, _ = judged(capacity=ON_DEMAND)
    cdk.Validations.of(made).acknowledge(cdk.Acknowledgment(id="CapacityGuardChecks::CG16[x]", reason=""))
    with pytest.raises(RuntimeError, match="CG13"):
        made.synth()


def test_suppression_of_another_table_does_not_hold_for_this_one(capsys: pytest.CaptureFixture[str]) -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    table(stack)
    other = table(stack, "ConversationsToo")
    cdk.Validations.of(made).add_plugins(CapacityGuardChecks(made))
    bare = cdk.Acknowledgment(id="CapacityGuardChecks::CG12", reason="")
    cdk.Validations.of(other).acknowledge(bare)
    made.synth()
    printed = capsys.readouterr().err
    assert "CG13  WARN   ConversationsToo: " in printed
    assert "CG13  WARN   Conversations: " not in printed


@pytest.mark.parametrize(
    ("rule_id", "rule"),
    [
        ("CapacityGuardChecks::CG1", "CG1"),
        ("CapacityGuardChecks::CG16[Index::x]", "CG16"),
        ("CapacityGuardChecks::CG16[]", "CG16"),
        ("CapacityGuardChecks::CG16[x]y", None),
        ("CapacityGuardChecks::CG16x", None),
        ("CapacityGuardChecks::CG", None),
        ("CapacityGuardChecks:CG1", None),
        ("XCapacityGuardChecks::CG1", None),
        ("CG1", None),
    ],
)
def test_suppression_is_of_a_rule_of_this_pack(tmp_path: Path, rule_id: str, rule: str | None) -> None:
    entry: dict[str, object] = {"type": ACKNOWLEDGED, "data": {rule_id: "", "CapacityGuardChecks::CG99": ""}}
    write_metadata(tmp_path, "A", {"/A/": [entry]})
    found = [one.rule for one in suppressions_without_reason(tmp_path, app())]
    assert found == [*([] if rule is None else [rule]), "CG99"]
    assert {one.path for one in suppressions_without_reason(tmp_path, app())} == {"A"}


def test_suppressions_are_in_the_order_of_the_stacks_after_those_of_the_app(tmp_path: Path) -> None:
    made = app()
    cdk.Validations.of(made).acknowledge(cdk.Acknowledgment(id="CapacityGuardChecks::CG1", reason=""))
    made.node.add_metadata("own", {"CapacityGuardChecks::CG2": ""})
    stacks = [f"S{number:02}" for number in range(20)]
    for stack in reversed(stacks):
        entry: dict[str, object] = {"type": ACKNOWLEDGED, "data": {"CapacityGuardChecks::CG3": ""}}
        write_metadata(tmp_path, stack, {f"/{stack}/T": [entry], f"/{stack}/U": [entry]})
    (tmp_path / "S.json").write_text((tmp_path / "S00.metadata.json").read_text())
    of_stacks = [Suppression(f"{stack}/{name}", "CG3") for stack in stacks for name in "TU"]
    assert suppressions_without_reason(tmp_path, made) == [Suppression("", "CG1"), *of_stacks]


def test_metadata_of_another_shape_is_passed_over(tmp_path: Path) -> None:
    bare = {"CapacityGuardChecks::CG3": ""}
    entries: list[dict[str, object]] = [
        {"data": bare},
        {"type": ACKNOWLEDGED},
        {"type": ACKNOWLEDGED, "data": ["CapacityGuardChecks::CG3"]},
        {"type": ACKNOWLEDGED, "data": {"CapacityGuardChecks::CG3": 0, "CapacityGuardChecks::CG4": 7}},
    ]
    write_metadata(tmp_path, "A", {"/A": entries})
    assert suppressions_without_reason(tmp_path, app()) == [Suppression("A", "CG3")]


def test_stack_without_a_suppression_of_this_pack_is_not_parsed(tmp_path: Path) -> None:
    (tmp_path / "A.metadata.json").write_text('CapacityGuardChecks: "AwsSolutions::DDB3"')
    assert suppressions_without_reason(tmp_path, app()) == []


def found_in_fleet(folder: Path, options: GuardOptions | None, *, is_bare: bool) -> dict[str, Finding]:
    """Findings on a table of an aspect by their rule; the CDK's own acknowledgment of CG12 may suppress one without a reason."""
    made = app()
    stack = cdk.Stack(made, "S")
    cfn_table(stack, PROVISIONED)
    cdk.Aspects.of(made).add(GuardEveryTable(baselines=folder, options=options))
    cdk.Validations.of(made).add_plugins(CapacityGuardChecks(made))
    if is_bare:
        bare = cdk.Acknowledgment(id="CapacityGuardChecks::CG12", reason="")
        cdk.Validations.of(stack.node.find_child("Orders")).acknowledge(bare)
    made.synth()
    (judged,) = Findings.read(made.outdir).tables
    return {finding.rule: finding for finding in judged.findings}


def test_fix_of_a_suppression_in_a_fleet_is_an_option_of_its_aspect(tmp_path: Path) -> None:
    """The guards of an aspect have no variable to give to ``acknowledge``."""
    (tmp_path / "S").mkdir()
    recorded().save(tmp_path / "S" / "Orders.json")
    fix = found_in_fleet(tmp_path, None, is_bare=True)["CG13"].fix
    code = 'options=GuardOptions(acknowledgments=[Acknowledgment("CG12", reason=..., until=...)])'
    assert fix == f"remove it, or acknowledge with a reason: for all tables of GuardEveryTable: {code}"
    accepted = GuardOptions(acknowledgments=[Acknowledgment("CG12", "a table of tests")])
    after = found_in_fleet(tmp_path, accepted, is_bare=False)
    assert "CG13" not in after
    assert after["CG12"].acknowledged == "a table of tests"
