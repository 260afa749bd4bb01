"""GuardEveryTable and ReportEveryTable: every table of an app, guarded or judged."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_dynamodb as dynamodb

from capacity_guard import (
    Baseline,
    Capacity,
    CapacityGuard,
    CapacityGuardChecks,
    GuardEveryTable,
    GuardOptions,
    InputError,
    ReportEveryTable,
    Rollout,
)
from capacity_guard.capacity.plan_text import unpack_plan
from capacity_guard.evidence.provenance import TableIdentity
from capacity_guard.findings import Findings
from capacity_guard.rules.fix_code import name_command, record_command
from tests.builders.adopted import LOWERED, MAKERS, ON_DEMAND, PROVISIONED, RAISED, recorded, table, table_v2
from tests.builders.guarded import PREFLIGHT, app, synthesize
from tests.builders.guarded import table as guarded_table

PAST, LAST_DAY = date(2026, 7, 8), date(2026, 7, 9)


@pytest.fixture
def baselines(tmp_path: Path) -> Path:
    return tmp_path / "baselines"


def save(folder: Path, name: str, recording: Baseline | None = None, stack: str = "S") -> Path:
    saved = replace(recording or recorded(), table=TableIdentity(name))
    file = folder / stack / f"{name}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    saved.save(file)
    return file


def app_with(capacity: Capacity = PROVISIONED, **context: Any) -> tuple[cdk.App, cdk.Stack]:
    """An app with a table of each construct, and a GuardedTable."""
    made = app(**context)
    stack = cdk.Stack(made, "S")
    for name, maker in MAKERS.items():
        maker(stack, capacity, None, name)
    guarded_table(stack)
    return made, stack


def found_in(made: cdk.App) -> dict[str, set[tuple[str, str]]]:
    """Rule and level of the findings, by construct path."""
    found = Findings.read(made.outdir)
    return {
        table.path: {(finding.rule, finding.level.value) for finding in table.findings}
        for table in found.tables
    }


@pytest.mark.slow
def test_tables_when_all_have_a_baseline_are_all_guarded_and_none_twice(baselines: Path) -> None:
    made, _ = app_with(RAISED)
    for name in MAKERS:
        save(baselines, name)
    cdk.Aspects.of(made).add(GuardEveryTable(baselines=baselines))
    cdk.Tags.of(made).add("team", "orders")
    found = synthesize(made)
    assert len(found.of("Custom::CapacityGuardPreflight")) == 4
    alarms = found.of("AWS::CloudWatch::Alarm")
    assert len(alarms) == 10
    # What an aspect adds is tagged like everything else.
    assert all(
        alarm["Properties"]["Tags"] == [{"Key": "team", "Value": "orders"}] for alarm in alarms.values()
    )


@pytest.mark.sampled(every=4)
@pytest.mark.parametrize("stabilized", [False, True])
@pytest.mark.parametrize("scope", ["app", "stack"])
def test_tables_when_aspects_stabilize_or_not_are_guarded_the_same(
    stabilized: bool, scope: str, baselines: Path
) -> None:
    made, stack = app_with(PROVISIONED, **{"@aws-cdk/core:aspectStabilization": stabilized})
    for name in MAKERS:
        save(baselines, name)
    cdk.Aspects.of(made if scope == "app" else stack).add(GuardEveryTable(baselines=str(baselines)))
    found = synthesize(made)
    assert not found.gates
    assert len(found.of("AWS::CloudWatch::Alarm")) == 10


def warnings_in(assembly: Any) -> list[str]:
    return [
        str(message.entry.data)
        for message in assembly.get_stack_by_name("S").messages
        if "capacity-guard:no-baseline" in str(message.entry.data)
    ]


def test_table_of_a_stack_that_was_never_recorded_is_reported_and_not_guarded(baselines: Path) -> None:
    made, _ = app_with()
    save(baselines, "Table", stack="Other")
    cdk.Aspects.of(made).add(GuardEveryTable(baselines=baselines))
    assembly = made.synth()
    template = assembly.get_stack_by_name("S").template["Resources"]
    # those of the GuardedTable
    assert sum(resource["Type"] == "AWS::CloudWatch::Alarm" for resource in template.values()) == 2
    said = warnings_in(assembly)
    assert len(said) == 4
    file = (baselines / "S" / "TableV2.json").as_posix()
    assert any("TableV2 is not guarded" in text for text in said)
    id = next(logical_id for logical_id in template if logical_id.startswith("TableV2"))
    assert any(record_command(name_command("S", id), file) in text for text in said)


def test_table_whose_baseline_is_missing_beside_others_has_a_closed_gate_and_is_reported(
    baselines: Path,
) -> None:
    made, _ = app_with()
    save(baselines, "Table")
    cdk.Aspects.of(made).add(GuardEveryTable(baselines=baselines))
    assembly = made.synth()
    template = assembly.get_stack_by_name("S").template["Resources"]
    gates = [
        resource for resource in template.values() if resource["Type"].startswith("Custom::CapacityGuard")
    ]
    assert [gate["Properties"]["Gate"] for gate in gates] == ["unread"] * 3
    assert sum(resource["Type"] == "AWS::CloudWatch::Alarm" for resource in template.values()) == 10
    said = warnings_in(assembly)
    assert len(said) == 3
    assert all("its gate lets no change of its capacity through" in text for text in said)


@pytest.mark.sampled(every=4)
@pytest.mark.parametrize("left", ["renamed file", "traffic alone", "renamed folder", "damaged"])
def test_baseline_that_was_renamed_deleted_or_damaged_leaves_a_closed_gate(
    left: str, baselines: Path
) -> None:
    file = save(baselines, "Orders", recorded(units=3_500))
    if left == "renamed file":
        file.rename(file.with_name("Ordres.json"))
    elif left == "traffic alone":
        file.unlink()
    elif left == "renamed folder":
        baselines.rename(baselines.with_name("moved"))
    else:
        file.write_text("{")
    made = app()
    table_v2(cdk.Stack(made, "S"), ON_DEMAND)
    cdk.Aspects.of(made).add(GuardEveryTable(baselines=baselines))
    cdk.Validations.of(made).add_plugins(CapacityGuardChecks())
    (gate,) = synthesize(made).gates.values()
    assert gate["Properties"]["Gate"] == "unread"
    found = found_in(made)["S/OrdersCapacityGuard"]
    assert ("CG2", "WARN") in found
    assert {level for _, level in found} == {"WARN"}


@pytest.mark.parametrize("with_baseline", [False, True])
def test_table_whose_capacity_cannot_be_read_is_a_warning_and_has_a_closed_gate(
    with_baseline: bool, baselines: Path
) -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    declared = table_v2(stack, PROVISIONED)
    cdk.CfnParameter(stack, "Mode")
    resource = declared.node.default_child
    assert isinstance(resource, cdk.CfnResource)
    resource.add_property_override("BillingMode", {"Ref": "Mode"})
    save(baselines, "Orders" if with_baseline else "Other")
    cdk.Aspects.of(made).add(GuardEveryTable(baselines=baselines))
    cdk.Validations.of(made).add_plugins(CapacityGuardChecks())
    assert len(synthesize(made).of(PREFLIGHT)) == 1
    assert found_in(made)["S/OrdersCapacityGuard"] == {("CG18", "WARN")}


def test_baseline_when_named_by_the_logical_id_is_found(baselines: Path) -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    declared = table(stack, LOWERED)
    resource = declared.node.default_child
    assert isinstance(resource, cdk.CfnElement)
    save(baselines, stack.resolve(resource.logical_id))
    cdk.Aspects.of(made).add(GuardEveryTable(baselines=baselines))
    assert len(synthesize(made).gates) == 2


def test_table_that_has_its_own_guard_keeps_it_alone(baselines: Path) -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    CapacityGuard(stack, "Own", table=table(stack, PROVISIONED), baseline=recorded())
    save(baselines, "Orders")
    cdk.Aspects.of(made).add(GuardEveryTable(baselines=baselines))
    found = synthesize(made)
    assert {key[:3] for key in found.of("AWS::CloudWatch::Alarm")} == {"Own"}


def test_settings_when_given_reach_every_guard(baselines: Path) -> None:
    made = app()
    table(cdk.Stack(made, "S"), LOWERED)
    save(baselines, "Orders")
    cdk.Aspects.of(made).add(
        GuardEveryTable(baselines=baselines, options=GuardOptions(rollout=Rollout(bake_minutes=33)))
    )
    plan = json.loads(unpack_plan(synthesize(made).only("Custom::CapacityGuardBake")["Properties"]["Plan"]))
    assert plan["rollout"]["bake_minutes"] == 33


def test_table_in_a_nested_stack_is_a_warning(baselines: Path) -> None:
    made = app()
    table(cdk.NestedStack(cdk.Stack(made, "S"), "Nested"), PROVISIONED)
    save(baselines, "Orders", stack="Nested")
    cdk.Aspects.of(made).add(GuardEveryTable(baselines=baselines))
    assembly = made.synth()
    said = [str(message.entry.data) for message in assembly.get_stack_by_name("S").messages]
    assert any("is in a nested stack" in text and "capacity-guard:not-guarded" in text for text in said)


def test_table_of_a_plain_resource_is_guarded_too(baselines: Path) -> None:
    made = app()
    cdk.CfnResource(
        cdk.Stack(made, "S"),
        "Orders",
        type="AWS::DynamoDB::Table",
        properties={
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "ProvisionedThroughput": {"ReadCapacityUnits": 9, "WriteCapacityUnits": 9},
        },
    )
    save(baselines, "Orders", recorded(Capacity.provisioned(read=9, write=9)))
    cdk.Aspects.of(made).add(GuardEveryTable(baselines=baselines))
    assert len(synthesize(made).of("AWS::CloudWatch::Alarm")) == 1


@pytest.mark.slow
def test_finding_of_a_table_that_the_aspect_guards_is_shown_on_the_aspects_line(
    baselines: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = app()
    table_v2(cdk.Stack(made, "S"), ON_DEMAND)
    save(baselines, "Orders", recorded(units=5_000))
    aspect = GuardEveryTable(baselines=baselines)
    cdk.Aspects.of(made).add(aspect)
    cdk.Validations.of(made).add_plugins(CapacityGuardChecks())
    with pytest.raises(RuntimeError, match="CG3"):
        made.synth()
    (judged,) = Findings.read(made.outdir).tables
    assert judged.place is not None
    line = Path(__file__).read_text().splitlines()[judged.place.line - 1]
    assert "aspect = GuardEveryTable" in line


# --- without a guard ------------------------------------------------------------------------------------------------


def test_table_without_a_guard_is_finding_cg1_wherever_it_stands() -> None:
    made, stack = app_with()
    table(cdk.NestedStack(stack, "Nested"), PROVISIONED, None, "Inner")
    table(cdk.Stack(made, "Other"), PROVISIONED, None, "Far")
    cdk.Validations.of(made).add_plugins(CapacityGuardChecks())
    made.synth()
    warned = {path for path, found in found_in(made).items() if ("CG1", "WARN") in found}
    assert warned == {*(f"S/{name}" for name in MAKERS), "S/Nested/Inner", "Other/Far"}


@pytest.mark.slow
def test_app_when_every_table_is_guarded_has_no_finding_cg1(baselines: Path) -> None:
    made, _ = app_with()
    for name in MAKERS:
        save(baselines, name)
    cdk.Aspects.of(made).add(GuardEveryTable(baselines=baselines))
    cdk.Validations.of(made).add_plugins(CapacityGuardChecks())
    made.synth()
    assert not any(rule == "CG1" for found in found_in(made).values() for rule, _ in found)


def test_finding_cg1_of_a_table_that_the_aspect_leaves_alone_names_the_file_to_record(
    baselines: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made, _ = app_with()
    table(cdk.Stack(made, "Other"), PROVISIONED, None, "Far")
    save(baselines, "Table", stack="Elsewhere")
    cdk.Aspects.of(made).add(GuardEveryTable(baselines=baselines))
    cdk.Validations.of(made).add_plugins(CapacityGuardChecks())
    made.synth()
    fixes = {
        judged.path: finding.fix
        for judged in Findings.read(made.outdir).tables
        for finding in judged.findings
        if finding.rule == "CG1"
    }
    assert set(fixes) == {*(f"S/{name}" for name in MAKERS), "Other/Far"}
    for path, fix in fixes.items():
        assert fix.startswith("capacity-guard record --table ")
        assert f" --out {baselines / path}.json" in fix
        assert "GuardEveryTable" not in fix


@pytest.fixture
def reported(baselines: Path) -> Any:
    """Synthesizes an app with one table that is only reported on."""

    def run(until: date, capacity: Capacity = ON_DEMAND, *, recording: bool = True, **context: Any) -> Any:
        made = app(**context)
        stack = cdk.Stack(made, "S")
        table_v2(stack, capacity)
        if recording:
            save(baselines, "Orders", recorded(units=5_000))
        cdk.Aspects.of(made).add(ReportEveryTable(baselines=baselines, warn_until=until))
        cdk.Validations.of(made).add_plugins(CapacityGuardChecks())
        return made

    return run


@pytest.mark.slow
def test_report_until_its_day_finds_what_a_guard_would_and_warns(reported: Any) -> None:
    made = reported(LAST_DAY)
    assert set(synthesize(made).resources) == set(synthesize_alone())
    found = found_in(made)["S/Orders"]
    assert {"CG1", "CG3", "CG4"} <= {rule for rule, _ in found}
    assert {level for _, level in found} == {"WARN"}
    # The alarms that a guard brings are not missed.
    assert "CG8" not in {rule for rule, _ in found}


def synthesize_alone() -> set[str]:
    made = app()
    table_v2(cdk.Stack(made, "S"), ON_DEMAND)
    return set(synthesize(made).resources)


@pytest.mark.slow
def test_report_after_its_day_fails_the_synthesis(reported: Any) -> None:
    made = reported(PAST)
    with pytest.raises(RuntimeError, match="CG1"):
        made.synth()
    assert {("CG1", "ERROR"), ("CG3", "ERROR")} <= found_in(made)["S/Orders"]


def test_report_after_its_day_lets_a_broken_glass_through(reported: Any) -> None:
    made = reported(PAST, **{"capacity-guard:break-glass": "the shop is down"})
    made.synth()
    assert {level for _, level in found_in(made)["S/Orders"]} == {"WARN"}


def test_report_on_a_table_without_a_baseline_says_how_to_record_it(
    reported: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    reported(LAST_DAY, recording=False).synth()
    said = capsys.readouterr().err
    assert "CG2" in said
    assert "capacity-guard record --table" in said


def test_report_on_a_table_whose_capacity_cannot_be_read_says_so(baselines: Path) -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    reads = cdk.CfnParameter(stack, "Reads", type="Number")
    dynamodb.CfnTable(
        stack,
        "Orders",
        key_schema=[{"attributeName": "id", "keyType": "HASH"}],
        provisioned_throughput={"readCapacityUnits": reads.value_as_number, "writeCapacityUnits": 1},
    )
    cdk.Aspects.of(made).add(ReportEveryTable(baselines=baselines, warn_until=LAST_DAY))
    cdk.Validations.of(made).add_plugins(CapacityGuardChecks())
    made.synth()
    assert found_in(made)["S/Orders"] >= {("CG1", "WARN"), ("CG18", "WARN")}


@pytest.mark.parametrize(
    "aspect", [GuardEveryTable, partial(ReportEveryTable, warn_until=LAST_DAY)], ids=["guard", "report"]
)
def test_baselines_of_an_aspect_that_are_no_folder_are_refused(aspect: Any, tmp_path: Path) -> None:
    file = tmp_path / "orders.json"
    file.write_text("{}")
    with pytest.raises(
        InputError, match=r"EveryTable: baselines: .*orders\.json is a file\. Give the folder"
    ):
        aspect(baselines=file)
    with pytest.raises(InputError, match=r"EveryTable: baselines: is int\. Give the path of a folder"):
        aspect(baselines=3)


@pytest.mark.parametrize("until", ["2026-07-09", None])
def test_report_when_its_day_is_no_date_is_refused(until: Any, baselines: Path) -> None:
    with pytest.raises(InputError, match="ReportEveryTable: warn_until"):
        ReportEveryTable(baselines=baselines, warn_until=until)


def test_id_of_a_guard_that_other_code_has_taken_gets_a_number(baselines: Path) -> None:
    """Also in an emergency: the synthesis must not end at a name."""
    made, stack = app_with(PROVISIONED)
    for name in MAKERS:
        save(baselines, name)
    cdk.CfnOutput(stack, "TableCapacityGuard", value="x")
    cdk.CfnOutput(stack, "TableCapacityGuard2", value="x")
    cdk.Aspects.of(made).add(GuardEveryTable(baselines=baselines))
    made.synth()
    assert stack.node.try_find_child("TableCapacityGuard3") is not None
