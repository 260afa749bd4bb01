"""Tables without a guard: which are found, and what the rules judge of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace

import aws_cdk as cdk
import pytest
from aws_cdk import aws_sam as sam
from aws_cdk import cloudformation_include as include

from capacity_guard import (
    Acknowledgment,
    Capacity,
    CapacityGuardChecks,
    GuardOptions,
    InputError,
    Margins,
    ReportEveryTable,
    Rollout,
)
from capacity_guard.capacity.structure import TableKind
from capacity_guard.cdk.end_of_synthesis.templates import Templates
from capacity_guard.cdk.fleet.registry import reports_of
from capacity_guard.evidence.baseline import Baseline
from capacity_guard.evidence.provenance import TableIdentity
from capacity_guard.evidence.rollout_state import Outcome
from capacity_guard.findings import Findings
from capacity_guard.nag.unguarded import Unguarded, find_unguarded, unreadable_finding
from capacity_guard.rules import Level, evaluate
from tests.builders.adopted import MAKERS, ON_DEMAND, PROVISIONED, recorded, table
from tests.builders.guarded import INDEX, app
from tests.builders.guarded import table as guarded_table
from tests.builders.waves import state

DAY = date(2026, 7, 9)


def unguarded_in(made: cdk.App) -> list[Unguarded]:
    """The tables without a guard of an app that is synthesized here."""
    assembly = made.synth()
    paths = [str(Path(assembly.directory) / stack.template_file) for stack in assembly.stacks]
    templates = Templates(SimpleNamespace(template_paths=paths))  # type: ignore[arg-type]
    return list(find_unguarded(made, templates, reports_of(made)))


def test_tables_when_only_some_have_a_guard_are_found_in_the_order_of_the_tree() -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    guarded_table(stack)
    for shape, maker in MAKERS.items():
        maker(stack, PROVISIONED, None, shape)
    found = unguarded_in(made)
    assert [unguarded.table.label for unguarded in found] == list(MAKERS)
    assert {unguarded.case.guarded for unguarded in found} == {False}
    assert {(unguarded.report, unguarded.as_guarded) for unguarded in found} == {(None, None)}


def test_tree_when_every_table_has_a_guard_is_not_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    """The search takes a call into the CDK's process and an object for each construct."""
    monkeypatch.setattr(
        "capacity_guard.nag.unguarded.tables_below", lambda app: pytest.fail("the tree is searched")
    )
    made = app()
    guarded_table(cdk.Stack(made, "S"))
    assert unguarded_in(made) == []


def test_case_of_a_table_has_the_identity_that_is_known_at_synthesis() -> None:
    made = app()
    env = cdk.Environment(account="000000000000", region="eu-west-1")
    table(cdk.Stack(made, "S", env=env), PROVISIONED, "orders")
    table(cdk.Stack(made, "Agnostic"), PROVISIONED)
    known, unknown = (unguarded.case for unguarded in unguarded_in(made))
    assert (known.account, known.region, known.stack) == ("000000000000", "eu-west-1", "S")
    assert (known.table, known.table_name, known.dialect) == ("Orders", "orders", "table")
    assert (unknown.account, unknown.region, unknown.table_name) == (None, None, None)


def test_table_in_a_nested_stack_is_named_by_the_stack_of_the_code() -> None:
    """CloudFormation chooses the name of a nested stack: until then it is a token, which says nothing to a reader."""
    made = app()
    table(cdk.NestedStack(cdk.Stack(made, "S"), "Part"), PROVISIONED)
    (found,) = unguarded_in(made)
    assert (found.case.stack, found.case.nested) == ("S-Part", True)


@pytest.mark.parametrize("depth", [1, 2])
def test_table_of_a_nested_stack_is_judged_by_the_file_that_was_recorded_of_its_stack(
    tmp_path: Path, depth: int
) -> None:
    """Whatever the file is called. The name of a nested stack ends with letters and digits of CloudFormation's choice."""
    made = app()
    stack, name = cdk.Stack(made, "S"), "S"
    for number in range(depth):
        parent, stack = stack, cdk.NestedStack(stack, f"Part{number}")
        resource = stack.nested_stack_resource
        assert resource is not None
        name += f"-{parent.resolve(resource.logical_id)}-1ABCDEFGHIJK{number}"
    declared = table(stack, ON_DEMAND)
    logical_id = str(stack.resolve(declared.node.default_child.logical_id))  # type: ignore[union-attr]
    identity = TableIdentity(f"{name}-{logical_id}-XYZ", stack=name, logical_id=logical_id)
    replace(recorded(), table=identity).save(tmp_path / "job.json")
    cdk.Aspects.of(made).add(ReportEveryTable(baselines=tmp_path, warn_until=date(2027, 1, 31)))
    (found,) = unguarded_in(made)
    assert found.as_guarded is not None
    assert isinstance(found.as_guarded.baseline, Baseline)
    assert (found.as_guarded.stack, found.as_guarded.nested) == (name, True)
    assert "is of another table" not in " ".join(finding.title for finding in evaluate(found.as_guarded))


def test_table_of_a_report_is_judged_as_if_it_had_a_guard(tmp_path: Path) -> None:
    made = app()
    table(cdk.Stack(made, "S"), ON_DEMAND)
    file = tmp_path / "S" / "Orders.json"
    file.parent.mkdir()
    recorded().save(file)
    rollout, margins = Rollout(bake_minutes=33), Margins(headroom=1.5)
    report = ReportEveryTable(
        baselines=tmp_path, warn_until=DAY, options=GuardOptions(rollout=rollout, margins=margins)
    )
    cdk.Aspects.of(made).add(report)
    (found,) = unguarded_in(made)
    judged = found.as_guarded
    assert judged is not None
    assert judged.guarded
    assert (judged.declared, judged.indexes) == (ON_DEMAND, (INDEX,))
    assert (judged.rollout, judged.margins) == (rollout, margins)
    assert judged.recorded is not None
    assert judged.recorded.file == str(file)
    (facts,) = judged.template
    assert facts.watched == ("table", f"index/{INDEX}")
    assert facts.structure is not None
    assert facts.structure.kind is TableKind.TABLE


@pytest.mark.parametrize(("declared", "is_held"), [(ON_DEMAND, True), (PROVISIONED, False)])
def test_table_of_a_report_that_declares_a_held_change_is_named_by_cg1(
    tmp_path: Path, declared: Capacity, is_held: bool
) -> None:
    """Whoever removes the guard while a change is held sends its capacity again, and no hold is read."""
    made = app()
    table(cdk.Stack(made, "S"), declared)
    was = recorded()
    fingerprint = was.transition_to(ON_DEMAND, TableKind.TABLE).fingerprint
    file = tmp_path / "S" / "Orders.json"
    file.parent.mkdir()
    replace(was, rollout=replace(state(Outcome.HELD), fingerprint=fingerprint)).save(file)
    cdk.Aspects.of(made).add(ReportEveryTable(baselines=tmp_path, warn_until=DAY))
    (found,) = unguarded_in(made)
    (finding,) = (finding for finding in evaluate(found.case) if finding.rule == "CG1")
    assert found.case.held_change == (fingerprint if is_held else None)
    assert ("its baseline states this change as held" in finding.title) is is_held


def test_table_of_a_report_without_a_baseline_is_judged_with_the_error(tmp_path: Path) -> None:
    made = app()
    table(cdk.Stack(made, "S"), PROVISIONED)
    cdk.Aspects.of(made).add(ReportEveryTable(baselines=tmp_path, warn_until=DAY))
    (found,) = unguarded_in(made)
    assert found.as_guarded is not None
    assert isinstance(found.as_guarded.baseline, InputError)
    assert found.as_guarded.baseline.location == str(tmp_path / "S" / "Orders.json")


def test_capacity_that_cannot_be_read_is_a_finding_cg18_with_the_remedy() -> None:
    finding = unreadable_finding(
        "Orders", InputError("S.Orders", "is Fn::ImportValue", "State it as a number")
    )
    assert (finding.rule, finding.level, finding.subject) == ("CG18", Level.ERROR, "Orders")
    assert "S.Orders  is Fn::ImportValue" in finding.text()
    assert finding.fix == "State it as a number"


def simple_table(stack: cdk.Stack, form: str) -> None:
    stack.add_transform("AWS::Serverless-2016-10-31")
    if form == "raw":
        cdk.CfnResource(stack, "Sessions", type="AWS::Serverless::SimpleTable")
    elif form == "construct":
        sam.CfnSimpleTable(stack, "Sessions", table_name="sessions")
    else:
        file = Path(cdk.App.of(stack).outdir) / "sam.yaml"  # type: ignore[union-attr]
        file.write_text("Resources: {Sessions: {Type: AWS::Serverless::SimpleTable}}")
        include.CfnInclude(stack, "Included", template_file=str(file))


@pytest.mark.parametrize("form", ["raw", "construct", "included"])
@pytest.mark.parametrize("has_another", [True, False])
def test_table_of_sam_is_found_and_told_how_to_become_one_that_a_guard_reads(
    form: str, has_another: bool
) -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    simple_table(stack, form)
    if has_another:
        table(stack, PROVISIONED)
    cases = {found.table.label: found.case for found in unguarded_in(made)}
    assert list(cases) == ["Sessions", *(["Orders"] if has_another else [])]
    assert cases["Sessions"].logical_id == "Sessions"
    (finding,) = evaluate(cases["Sessions"])
    assert (finding.rule, finding.level) == ("CG1", Level.WARN)
    assert finding.title.startswith("a guard cannot read an AWS::Serverless::SimpleTable: a change")
    assert finding.fix.startswith("declare it as AWS::DynamoDB::Table with the same logical id (Sessions)")


def test_table_of_a_stack_that_publishes_no_assets_is_known_as_such() -> None:
    """CG1 advises no guard there, where it is refused."""
    made = app()
    for name, synthesizer in (("With", None), ("Without", cdk.BootstraplessSynthesizer())):
        MAKERS["TableV2"](cdk.Stack(made, name, synthesizer=synthesizer), ON_DEMAND)
    found = unguarded_in(made)
    assert [unguarded.case.publishes_assets for unguarded in found] == [True, False]


def test_nested_tables_of_two_environments_do_not_share_a_file(tmp_path: Path) -> None:
    """The construct id of the nested stack is the same in both: traffic of production must not judge the other one."""
    made = app()
    for name, account in (("S-prod", "111111111111"), ("S-dev", "222222222222")):
        stack = cdk.Stack(made, name, env=cdk.Environment(account=account, region="eu-west-1"))
        table(cdk.NestedStack(stack, "Audit"), ON_DEMAND)
    cdk.Aspects.of(made).add(ReportEveryTable(baselines=tmp_path, warn_until=DAY))
    files = [found.case.report_file for found in unguarded_in(made)]
    assert files == [str(tmp_path / stack / "Orders.json") for stack in ("S-prod-Audit", "S-dev-Audit")]


def test_baseline_of_another_parent_at_the_path_of_a_nested_table_is_of_another_table(tmp_path: Path) -> None:
    made = app()
    nested = cdk.NestedStack(cdk.Stack(made, "S"), "Audit")
    declared = table(nested, ON_DEMAND)
    logical_id = str(nested.resolve(declared.node.default_child.logical_id))  # type: ignore[union-attr]
    other = "Other-AuditNestedStackAuditNestedStackResource12345678-1ABCDEFGHIJKL"
    identity = TableIdentity(f"{other}-{logical_id}-XYZ", stack=other, logical_id=logical_id)
    replace(recorded(), table=identity).save(tmp_path / "S-Audit" / "Orders.json")
    cdk.Aspects.of(made).add(ReportEveryTable(baselines=tmp_path, warn_until=DAY))
    (found,) = unguarded_in(made)
    assert found.as_guarded is not None
    assert "its baseline is of another table" in [finding.title for finding in evaluate(found.as_guarded)]


def test_nested_table_whose_baseline_states_no_stack_keeps_the_stack_of_the_code(tmp_path: Path) -> None:
    made = app()
    nested = cdk.NestedStack(cdk.Stack(made, "S"), "Audit")
    declared = table(nested, ON_DEMAND)
    logical_id = str(nested.resolve(declared.node.default_child.logical_id))  # type: ignore[union-attr]
    identity = TableIdentity("orders", logical_id=logical_id)
    replace(recorded(), table=identity).save(tmp_path / "S-Audit" / "Orders.json")
    cdk.Aspects.of(made).add(ReportEveryTable(baselines=tmp_path, warn_until=DAY))
    (found,) = unguarded_in(made)
    assert found.case.stack == "S-Audit"
    assert isinstance(found.as_guarded and found.as_guarded.baseline, Baseline)


def test_acknowledgments_of_a_report_accept_the_missing_guard_too(tmp_path: Path) -> None:
    made = app()
    table(cdk.Stack(made, "S"), PROVISIONED)
    options = GuardOptions(acknowledgments=[Acknowledgment("CG1", "a table of tests")])
    cdk.Aspects.of(made).add(ReportEveryTable(baselines=tmp_path, warn_until=DAY, options=options))
    (found,) = unguarded_in(made)
    (finding,) = (finding for finding in evaluate(found.case) if finding.rule == "CG1")
    assert finding.acknowledged == "a table of tests"
    assert found.report is not None
    later = replace(found.case, now=datetime(2027, 1, 1, tzinfo=UTC))
    assert found.report.with_level(finding, later).level is Level.WARN


def test_acknowledgment_of_a_report_that_has_ended_is_one_finding_with_the_option_of_the_aspect(
    tmp_path: Path,
) -> None:
    made = app()
    table(cdk.Stack(made, "S"), PROVISIONED)
    ended = Acknowledgment("CG4", "a table of tests", until=date(2026, 1, 1))
    options = GuardOptions(acknowledgments=[ended])
    cdk.Aspects.of(made).add(ReportEveryTable(baselines=tmp_path, warn_until=DAY, options=options))
    cdk.Validations.of(made).add_plugins(CapacityGuardChecks(made))
    made.synth()
    (judged,) = Findings.read(made.outdir).tables
    (finding,) = (finding for finding in judged.findings if finding.rule == "CG13")
    assert "for all tables of ReportEveryTable: options=GuardOptions(acknowledgments=[" in finding.fix


def test_report_claims_no_gate_that_a_table_without_a_guard_does_not_have(tmp_path: Path) -> None:
    made = app()
    table(cdk.Stack(made, "S"), PROVISIONED)
    cdk.Aspects.of(made).add(ReportEveryTable(baselines=tmp_path, warn_until=DAY))
    (found,) = unguarded_in(made)
    assert found.as_guarded is not None
    (finding,) = (finding for finding in evaluate(found.as_guarded) if finding.rule == "CG2")
    assert "Preflight" not in str(finding)
    assert finding.title == "its baseline cannot be used, so the effect of a change is unknown"


def test_table_that_an_override_makes_of_another_resource_is_found() -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    table(stack, PROVISIONED)
    other = cdk.CfnResource(stack, "Parameter", type="AWS::SSM::Parameter", properties={"Type": "String"})
    other.add_override("Type", "AWS::DynamoDB::Table")
    other.add_override("Properties", {"BillingMode": "PAY_PER_REQUEST"})
    found = unguarded_in(made)
    assert [each.case.table for each in found] == ["Orders", "Parameter"]
    assert ["CG1" in {finding.rule for finding in evaluate(each.case)} for each in found] == [True, True]
