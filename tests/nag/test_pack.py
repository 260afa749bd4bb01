"""CapacityGuardChecks: what it prints and reports, what fails a synthesis, and what is acknowledged."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.aws_dynamodb import Attribute, AttributeType
from cdk_nag import AwsSolutionsChecks

from capacity_guard import CapacityGuardChecks, GuardedTable, InputError, NewTable, acknowledge
from capacity_guard.evidence.provenance import TableIdentity
from capacity_guard.findings import Findings, SourceLocation
from capacity_guard.rules import Case, Figure, Finding, Level
from tests.builders.guarded import INDEX, ON_DEMAND, PROVISIONED, RAISED, app, baseline, index, table

BUSY = baseline(units=5_000)
OWN = replace(baseline(), table=TableIdentity("S-ConversationsTable05F75AD7-1ABCDEFGHIJK"))
"""The baseline of the table, by a name that CloudFormation gives it."""
"""Traffic above what on-demand starts with: a switch without warm throughput is refused (CG3, CG4)."""


def judged(stack_name: str = "S", **properties: Any) -> tuple[cdk.App, GuardedTable]:
    made = app()
    properties = {"baseline": OWN, **properties}
    guarded = table(cdk.Stack(made, stack_name), **properties)
    cdk.Validations.of(made).add_plugins(CapacityGuardChecks(made))
    return made, guarded


def report(made: cdk.App) -> dict[str, Any]:
    plugins = json.loads((Path(made.outdir) / "validation-report.json").read_text())["pluginReports"]
    found: dict[str, Any] = next(p for p in plugins if p["pluginName"] == "CapacityGuardChecks")
    return found


def violations(made: cdk.App) -> dict[str, str]:
    return {v["ruleName"]: v["severity"] for v in report(made)["violations"]}


@pytest.mark.slow
def test_unsafe_transition_stops_the_synthesis_and_prints_each_finding(
    capsys: pytest.CaptureFixture[str],
) -> None:
    made, guarded = judged(capacity=ON_DEMAND, baseline=BUSY)
    with pytest.raises(RuntimeError, match="CG4"):
        made.synth()
    printed = capsys.readouterr().err
    assert "CG4  ERROR  Conversations / by_agent, write: " in printed
    assert "recorded peak" in printed
    assert "why" in printed
    assert "capacity-guard rule CG4" in printed
    assert "judged at 2026-07-09 15:40 UTC (context capacity-guard:now)" in printed
    assert printed.index("S/Conversations") < printed.index("CG4  ERROR")
    assert violations(made)["CG4"] == "fatal"
    construct = report(made)["violations"][0]["violatingConstructs"][0]
    assert construct["constructPath"] == guarded.guard.resource.node.path


def test_no_transition_prints_nothing_and_a_safe_one_what_nobody_knows(
    capsys: pytest.CaptureFixture[str],
) -> None:
    made, _ = judged(capacity=PROVISIONED)
    made.synth()
    assert "capacity-guard" not in capsys.readouterr().err
    made, _ = judged(capacity=RAISED)
    made.synth()
    # the recording has no structure, and the raise is paid for
    assert violations(made) == {"CG10": "warning", "CG20": "warning"}


def test_warning_is_shown_and_does_not_stop_the_synthesis(capsys: pytest.CaptureFixture[str]) -> None:
    made = app(**{"capacity-guard:now": "2026-09-01"})
    table(cdk.Stack(made, "S"))
    cdk.Validations.of(made).add_plugins(CapacityGuardChecks(made))
    made.synth()
    assert violations(made) == {"CG2": "warning"}
    assert report(made)["conclusion"] == "success"
    assert "CG2  WARN " in capsys.readouterr().err


def test_unreadable_baseline_is_finding_cg2_and_no_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    made, _ = judged(baseline="nowhere/conversations.json")
    made.synth()
    printed = capsys.readouterr().err
    assert "CG2  WARN" in printed
    assert "nowhere/conversations.json" in printed
    assert 'capacity-guard record --table "$(aws cloudformation describe-stack-resource' in printed
    assert "--out nowhere/conversations.json" in printed
    assert "Traceback" not in printed


def test_acknowledged_finding_is_a_warning_that_the_report_lists_with_its_reason(
    capsys: pytest.CaptureFixture[str],
) -> None:
    made, guarded = judged(capacity=ON_DEMAND, baseline=BUSY)
    for rule in ("CG3", "CG4", "CG7", "CG15"):
        acknowledge(guarded, rule, reason="load test of 8 July", until=date(2026, 7, 9))
    made.synth()
    printed = capsys.readouterr().err
    assert "CG4  WARN " in printed
    assert "load test of 8 July (until 2026-07-09)" in printed
    assert "CG4" not in violations(made)
    suppressed = {v["ruleName"]: json.dumps(v) for v in report(made)["suppressedViolations"]}
    assert "load test of 8 July" in suppressed["CG4"]


@pytest.mark.slow
def test_expired_acknowledgment_no_longer_holds(capsys: pytest.CaptureFixture[str]) -> None:
    made, guarded = judged(capacity=ON_DEMAND, baseline=BUSY)
    acknowledge(guarded, "CG4", reason="load test of 1 July", until=date(2026, 7, 8))
    with pytest.raises(RuntimeError, match="CG4"):
        made.synth()
    printed = capsys.readouterr().err
    assert "expired 2026-07-08" in printed
    assert violations(made)["CG4"] == "fatal"


@pytest.mark.parametrize(("rule", "reason"), [("CG4", ""), ("CG4", "  "), ("4", "because")])
def test_acknowledgment_without_a_reason_or_a_rule_is_refused(rule: str, reason: str) -> None:
    _, guarded = judged()
    with pytest.raises(InputError, match="acknowledge"):
        acknowledge(guarded, rule, reason=reason)
    assert not guarded.guard.acknowledgments


@pytest.mark.slow
def test_acknowledgment_of_the_cdk_itself_does_not_lower_an_error() -> None:
    made, guarded = judged(capacity=ON_DEMAND, baseline=BUSY)
    for rule in ("CG3", "CG4", "CG15"):
        cdk.Validations.of(guarded).acknowledge(
            cdk.Acknowledgment(id=f"CapacityGuardChecks::{rule}", reason="")
        )
    with pytest.raises(RuntimeError, match="CG4"):
        made.synth()


@pytest.mark.sampled(every=2)
@pytest.mark.parametrize(
    "path",
    ["WarmThroughput.WriteUnitsPerSecond", "GlobalSecondaryIndexes.0.WarmThroughput.WriteUnitsPerSecond"],
)
def test_warm_throughput_through_an_escape_hatch_is_finding_cg17(path: str) -> None:
    made, guarded = judged()
    guarded.guard.resource.add_property_override(path, 9_000)
    made.synth()
    assert violations(made) == {"CG17": "warning"}
    moving, guarded = judged(capacity=RAISED)
    guarded.guard.resource.add_property_override(path, 9_000)
    # a raise alone is a relief, so its findings are warnings
    moving.synth()
    # the recording has no structure, and the raise is paid for
    assert violations(moving) == {"CG10": "warning", "CG17": "warning", "CG20": "warning"}
    switching, guarded = judged(capacity=ON_DEMAND)
    guarded.guard.resource.add_property_override(path, 9_000)
    with pytest.raises(RuntimeError, match="CG17"):
        switching.synth()


NEW = "it is declared as new: once it is deployed, its capacity can change only when it is recorded"


@pytest.mark.slow
def test_each_table_of_an_app_is_judged_under_its_path(capsys: pytest.CaptureFixture[str]) -> None:
    made = app()
    for name in ("One", "Two"):
        stack = cdk.Stack(made, name)
        table(stack, capacity=ON_DEMAND, baseline=BUSY)
    table(stack, "Fresh", baseline=NewTable("fresh"))
    cdk.Validations.of(made).add_plugins(CapacityGuardChecks(made))
    with pytest.raises(RuntimeError, match="CG4"):
        made.synth()
    printed = capsys.readouterr().err
    assert printed.count("CG4  ERROR") == 2
    assert "One/Conversations" in printed
    assert "Two/Conversations" in printed
    (of_fresh,) = [line for line in printed.splitlines() if line.endswith("Fresh: " + NEW)]
    assert of_fresh.startswith("CG2  WARN")


def test_table_of_another_app_is_not_judged(capsys: pytest.CaptureFixture[str]) -> None:
    judged(capacity=ON_DEMAND, baseline=BUSY)
    made, _ = judged()
    made.synth()
    assert "CG4" not in capsys.readouterr().err


@pytest.mark.slow
def test_pack_in_a_stage_of_its_own_reads_the_templates_of_the_stage() -> None:
    made = app()
    stage = cdk.Stage(made, "Production")
    table(cdk.Stack(stage, "S"), capacity=ON_DEMAND, baseline=BUSY)
    cdk.Validations.of(made).add_plugins(CapacityGuardChecks(made))
    with pytest.raises(RuntimeError, match="CG4"):
        made.synth()


def test_pack_with_other_rules_shows_what_they_find(capsys: pytest.CaptureFixture[str]) -> None:
    def rules(case: Case) -> list[Finding]:
        figures = (Figure("now", case.now.isoformat()),)
        return [Finding("CG99", Level.WARN, case.table, None, "is looked at", figures, "nothing")]

    made = app()
    table(cdk.Stack(made, "S"))
    cdk.Validations.of(made).add_plugins(CapacityGuardChecks(made, rules=rules))
    made.synth()
    assert "CG99  WARN " in capsys.readouterr().err


def test_pack_with_other_rules_leaves_the_warning_that_no_rule_of_the_library_judges() -> None:
    made = app()
    table(cdk.Stack(made, "S"), capacity=ON_DEMAND, baseline=BUSY)
    cdk.Validations.of(made).add_plugins(CapacityGuardChecks(made, rules=lambda case: ()))
    made.synth()
    assert "no-rules" in (Path(made.outdir) / "validation-report.json").read_text()


def test_pack_without_a_synthesis_judges_too() -> None:
    made, _ = judged(capacity=ON_DEMAND, baseline=BUSY)
    found = CapacityGuardChecks(made).validate_scope(made)
    assert not found.success
    assert "CG4" in {v.rule_name for v in found.violations}


def test_case_carries_what_the_stack_knows() -> None:
    made = app()
    stack = cdk.Stack(made, "S", env=cdk.Environment(account="000000000000", region="eu-west-1"))
    case = table(stack, table_name="conversations").guard.case
    assert (case.account, case.region, case.stack) == ("000000000000", "eu-west-1", "S")
    assert (case.table, case.table_name, case.indexes) == ("Conversations", "conversations", (INDEX,))
    agnostic = table(cdk.Stack(made, "T")).guard.case
    assert (agnostic.account, agnostic.region, agnostic.table_name) == (None, None, None)


@pytest.mark.parametrize("env", [None, cdk.Environment(account="000000000000", region="eu-west-1")])
@pytest.mark.parametrize("name", [None, "conversations"])
def test_aws_solutions_when_beside_ours_finds_nothing_that_is_not_acknowledged(
    env: cdk.Environment | None, name: str | None
) -> None:
    made = app()
    stack = cdk.Stack(made, "S", env=env)
    table(stack, capacity=RAISED, table_name=name)
    table(stack, "Second", capacity=RAISED)
    cdk.Validations.of(made).add_plugins(AwsSolutionsChecks(made))
    made.synth()
    (found,) = json.loads((Path(made.outdir) / "validation-report.json").read_text())["pluginReports"][:1]
    assert found["pluginName"] == "AwsSolutions"
    assert found["violations"] == []
    assert found["suppressedViolations"]


def test_transition_that_no_pack_judges_is_warned_of() -> None:
    made = app()
    table(cdk.Stack(made, "S"), capacity=RAISED)
    made.synth()
    (found,) = json.loads((Path(made.outdir) / "validation-report.json").read_text())["pluginReports"]
    assert [(v["ruleName"], v["severity"]) for v in found["violations"]] == [("no-rules", "warning")]


def next_line() -> SourceLocation:
    """The line below the call."""
    return SourceLocation(Path(__file__).relative_to(Path.cwd()).as_posix(), sys._getframe(1).f_lineno + 1)


@pytest.mark.slow
def test_assembly_when_the_synthesis_fails_holds_the_findings_with_the_line_of_each_construct() -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    line = next_line()
    busy = GuardedTable(
        stack,
        "One",
        partition_key=Attribute(name="id", type=AttributeType.STRING),
        global_secondary_indexes=[index(INDEX, "agent")],
        capacity=ON_DEMAND,
        baseline=BUSY,
    )
    quiet = table(stack, "Calm")
    cdk.Validations.of(made).add_plugins(CapacityGuardChecks(made))
    with pytest.raises(RuntimeError, match="CG4"):
        made.synth()
    found = Findings.read(made.outdir)
    assert f"{found.judged_at:%Y-%m-%d %H:%M}" == "2026-07-09 15:40"
    assert [(table.path, table.place) for table in found.tables] == [
        (busy.node.path, line),
        (quiet.node.path, SourceLocation(*quiet.guard.caller or ("", 0))),
    ]
    assert found.tables[1].place is not None
    assert found.tables[1].place.file == "tests/builders/guarded.py"
    assert "CG4" in {finding.rule for finding in found.tables[0].findings}
    assert found.tables[1].findings == ()
    assert found.errors


@pytest.mark.slow
def test_assembly_when_nothing_is_found_replaces_the_findings_of_the_synthesis_before() -> None:
    made, _ = judged(capacity=ON_DEMAND, baseline=BUSY)
    with pytest.raises(RuntimeError, match="CG4"):
        made.synth()
    mended = cdk.App(outdir=made.outdir)
    cdk.Stack(mended, "S")
    cdk.Validations.of(mended).add_plugins(CapacityGuardChecks(mended))
    mended.synth()
    assert Findings.read(made.outdir) == Findings(None, ())
