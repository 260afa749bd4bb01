"""Tables without a guard under a report: their case, their baseline, and what cannot be read."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace

import aws_cdk as cdk
import pytest
from aws_cdk import aws_dynamodb as dynamodb

from capacity_guard import CapacityGuardChecks, InputError, ReportEveryTable
from capacity_guard.capacity import Capacity
from capacity_guard.capacity.structure import TableKind
from capacity_guard.cdk.end_of_synthesis.templates import Templates
from capacity_guard.cdk.fleet.registry import reports_of
from capacity_guard.evidence.provenance import TableIdentity
from capacity_guard.findings import Findings
from capacity_guard.nag.unguarded import Unguarded, find_unguarded, unreadable_finding
from capacity_guard.planning.build import build_plan
from capacity_guard.rules import Figure, Finding, Level
from tests.builders.adopted import INDEX_KEY, KEY, MAKERS, ON_DEMAND, PROVISIONED, RAISED, recorded, table
from tests.builders.guarded import INDEX, app
from tests.builders.guarded import table as guarded_table

UNREADABLE = "its capacity cannot be read, so no change of it can be judged"


def unguarded_in(made: cdk.App) -> list[Unguarded]:
    assembly = made.synth()
    paths = [str(Path(assembly.directory) / stack.template_file) for stack in assembly.stacks]
    templates = Templates(SimpleNamespace(template_paths=paths))  # type: ignore[arg-type]
    return list(find_unguarded(made, templates, reports_of(made)))


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Unguarded]:
    """Tables of two stacks by the path of their construct, one stack with a report and one without."""
    folder = tmp_path_factory.mktemp("baselines")
    made = app(**{"capacity-guard:break-glass": {"Plain/table": "incident 7 of the night"}})
    reported = cdk.Stack(made, "S", env=cdk.Environment(account="1" * 12, region="eu-west-1"))
    for shape, maker in MAKERS.items():
        maker(reported, PROVISIONED, f"named-{shape.lower()}", shape)
    at_home = {"Fn::If": ["Here", {"Fn::If": ["Mine", 100, 1]}, 1]}
    for name, value in (("Here", cdk.Aws.REGION), ("Mine", cdk.Aws.ACCOUNT_ID)):
        known = {"Here": "eu-west-1", "Mine": "1" * 12}[name]
        cdk.CfnCondition(reported, name, expression=cdk.Fn.condition_equals(value, known))
    conditioned = reported.node.find_child("Table").node.default_child
    assert isinstance(conditioned, cdk.CfnResource)
    conditioned.add_property_override("ProvisionedThroughput.ReadCapacityUnits", at_home)
    protected = {"Fn::If": ["Here", {"Fn::If": ["Mine", True, False]}, False]}
    conditioned.add_property_override("DeletionProtectionEnabled", protected)
    guarded_table(reported)
    spoilt = table(reported, PROVISIONED, None, "Spoilt").node.default_child
    assert isinstance(spoilt, cdk.CfnResource)
    spoilt.add_property_override("ProvisionedThroughput.ReadCapacityUnits", {"Ref": "AWS::StackName"})
    by_logical_id = reported.resolve(reported.node.find_child("CfnTable").logical_id)  # type: ignore[attr-defined]
    (folder / "S").mkdir()
    for name, deployed in (("Table", RAISED), ("TableV2", PROVISIONED), (by_logical_id, PROVISIONED)):
        recorded(deployed).save(folder / "S" / f"{name}.json")
    kept = table(reported, PROVISIONED, None, "Kept")
    back = cdk.CfnParameter(reported, "Back", default="no")
    cdk.CfnCondition(reported, "Is", expression=cdk.Fn.condition_equals(back.value_as_string, "yes"))
    assert isinstance(kept.node.default_child, cdk.CfnResource)
    kept.node.default_child.add_property_override(
        "ProvisionedThroughput.ReadCapacityUnits", {"Fn::If": ["Is", 100, 90]}
    )
    recorded(PROVISIONED).save(folder / "S" / "Kept.json")
    cdk.Aspects.of(reported).add(ReportEveryTable(baselines=folder, warn_until=date(2026, 7, 9)))
    plain = cdk.Stack(made, "Plain")
    table(plain, ON_DEMAND, None, "table")
    table(plain, ON_DEMAND, cdk.Aws.STACK_NAME, "Token")
    return {one.table.construct.node.path: one for one in unguarded_in(made)}


def test_tables_are_those_without_a_guard(found: dict[str, Unguarded]) -> None:
    assert list(found) == [
        *(f"S/{shape}" for shape in MAKERS),
        "S/Spoilt",
        "S/Kept",
        "Plain/table",
        "Plain/Token",
    ]


def test_case_has_what_is_known_of_the_table(found: dict[str, Unguarded]) -> None:
    case = found["S/Table"].case
    assert (case.table, case.indexes, case.declared) == ("Table", (), Capacity.on_demand())
    assert isinstance(case.baseline, InputError)
    assert (case.baseline.location, case.baseline.problem, case.baseline.remedy) == (
        "S/Table",
        "has no guard",
        "Put a CapacityGuard beside it",
    )
    assert case.now == datetime(2026, 7, 9, 15, 40, tzinfo=UTC)
    assert (case.account, case.region, case.stack) == ("1" * 12, "eu-west-1", "S")
    assert (case.table_name, case.dialect, case.kind) == ("named-table", "table", TableKind.TABLE)
    assert case.logical_id is not None
    assert case.logical_id.startswith("Table")
    assert (case.guarded, case.break_glass) == (False, None)
    plain = found["Plain/table"].case
    assert (plain.account, plain.region, plain.stack, plain.table_name) == (None, None, "Plain", None)
    assert plain.break_glass == "incident 7 of the night"
    assert found["Plain/Token"].case.table_name is None, "known at the deployment alone"
    kinds = {path: one.case.kind for path, one in found.items()}
    assert kinds == {
        "S/TableV2": TableKind.GLOBAL_TABLE,
        "S/Table": TableKind.TABLE,
        "S/CfnTable": TableKind.TABLE,
        "S/CfnGlobalTable": TableKind.GLOBAL_TABLE,
        "S/Spoilt": TableKind.TABLE,
        "S/Kept": TableKind.TABLE,
        "Plain/table": TableKind.TABLE,
        "Plain/Token": TableKind.TABLE,
    }


def test_table_outside_the_report_is_not_judged_as_if_it_had_a_guard(found: dict[str, Unguarded]) -> None:
    plain = found["Plain/table"]
    assert (plain.report, plain.as_guarded, plain.unreadable) == (None, None, None)


@pytest.mark.parametrize("shape", MAKERS)
def test_table_of_the_report_is_judged_with_what_its_template_states(
    found: dict[str, Unguarded], shape: str
) -> None:
    one = found[f"S/{shape}"]
    assert one.report is not None
    assert one.unreadable is None
    judged = one.as_guarded
    assert judged is not None
    assert (judged.declared, judged.indexes, judged.guarded) == (PROVISIONED, (INDEX,), True)
    assert (judged.table, judged.now, judged.region) == (shape, one.case.now, "eu-west-1")
    (facts,) = judged.template
    assert facts.watched == ("table", f"index/{INDEX}")
    assert facts.structure is not None
    assert facts.structure.replicas == ()
    assert (facts.capacity, facts.alarm_faults) == (PROVISIONED, {})


def test_baseline_is_found_by_the_construct_id_then_by_the_logical_id(found: dict[str, Unguarded]) -> None:
    def deployed(shape: str) -> Capacity | None:
        judged = found[f"S/{shape}"].as_guarded
        assert judged is not None
        return judged.recorded and judged.recorded.deployed and judged.recorded.deployed.template

    assert (deployed("Table"), deployed("TableV2"), deployed("CfnTable")) == (
        RAISED,
        PROVISIONED,
        PROVISIONED,
    )
    missing = found["S/CfnGlobalTable"].as_guarded
    assert missing is not None
    assert isinstance(missing.baseline, InputError)
    assert missing.baseline.location.endswith("/S/CfnGlobalTable.json")


def test_table_that_cannot_be_read_is_a_finding_and_not_judged(found: dict[str, Unguarded]) -> None:
    spoilt = found["S/Spoilt"]
    assert spoilt.as_guarded is None
    assert spoilt.report is found["S/Table"].report
    assert spoilt.unreadable is not None
    (figure,) = spoilt.unreadable.figures
    assert (spoilt.unreadable.rule, spoilt.unreadable.level) == ("CG18", Level.ERROR)
    assert figure.value.startswith("S: Spoilt")
    assert figure.value.endswith(".ProvisionedThroughput.ReadCapacityUnits")
    assert figure.note == '"${AWS::StackName}" cannot be read as a whole number'


@pytest.mark.parametrize("level", [Level.ERROR, Level.WARN])
@pytest.mark.parametrize("reason", [None, "incident 7"])
def test_finding_of_what_cannot_be_read_is_a_warning_under_break_glass(
    level: Level, reason: str | None
) -> None:
    error = InputError("S.Orders", "is Fn::ImportValue", "State it as a number")
    assert unreadable_finding("Orders", error, reason, level) == Finding(
        "CG18",
        level if reason is None else Level.WARN,
        "Orders",
        None,
        UNREADABLE,
        (Figure("template", "S.Orders", "is Fn::ImportValue"),),
        "State it as a number",
        None if reason is None else "break-glass: incident 7",
    )
    assert unreadable_finding("Orders", error).level is Level.ERROR


def test_table_that_keeps_its_deployed_capacity_behind_a_condition_is_judged_by_the_other(
    found: dict[str, Unguarded],
) -> None:
    kept = found["S/Kept"].as_guarded
    assert kept is not None
    assert [units.read for units in (kept.declared.of(None), PROVISIONED.of(None))] == [90, 100]  # type: ignore[union-attr]
    assert len(kept.template) == 2


def test_account_and_region_that_are_known_decide_what_the_template_states(
    found: dict[str, Unguarded],
) -> None:
    judged = found["S/Table"].as_guarded
    assert judged is not None
    (facts,) = judged.template
    assert (facts.branch, facts.deletion_protection, facts.capacity) == (None, True, PROVISIONED)


@pytest.mark.slow
def test_table_with_replicas_is_planned_and_its_report_says_what_is_not_judged(tmp_path: Path) -> None:
    made = app()
    stack = cdk.Stack(made, "S", env=cdk.Environment(account="1" * 12, region="eu-west-1"))
    dynamodb.TableV2(
        stack,
        "Orders",
        partition_key=KEY,
        replicas=[dynamodb.ReplicaTableProps(region="us-east-1")],
        global_secondary_indexes=[
            dynamodb.GlobalSecondaryIndexPropsV2(index_name=INDEX, partition_key=INDEX_KEY)
        ],
    )
    file = tmp_path / "job" / "x.json"
    file.parent.mkdir()
    table_id = logical_id_in(stack)
    identity = TableIdentity("x", "1" * 12, "eu-west-1", "S", table_id)
    replace(recorded(PROVISIONED, units=3_000), table=identity).save(file)
    cdk.Aspects.of(made).add(ReportEveryTable(baselines=tmp_path, warn_until=date(2026, 7, 9)))
    cdk.Validations.of(made).add_plugins(CapacityGuardChecks())
    made.synth()
    (judged,) = Findings.read(made.outdir).tables
    (finding,) = (each for each in judged.findings if each.rule == "CG18")
    assert finding.level is Level.WARN
    assert [(figure.label, figure.value) for figure in finding.figures] == [
        ("replicas", "us-east-1"),
        ("not judged", "their reads, read capacity and throttling"),
    ]
    (planned,) = build_plan(Path(made.outdir)).tables
    assert planned.transition == "to on-demand"
    assert any(finding.rule == "CG18" for finding in planned.findings)
    assert planned.dimensions


def logical_id_in(stack: cdk.Stack) -> str:
    resource = stack.node.find_child("Orders").node.default_child
    assert isinstance(resource, cdk.CfnElement)
    return str(stack.resolve(resource.logical_id))
