"""CapacityGuardChecks: the report of one synthesis to the letter, and the input of a plan."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from capacity_guard import CapacityGuardChecks, InputError, NewTable, ReportEveryTable
from capacity_guard.capacity import Dimension
from capacity_guard.capacity.structure import TableKind
from capacity_guard.cdk.fleet.registry import was_judged
from capacity_guard.findings import Findings
from capacity_guard.findings.plan_input import plan_input
from capacity_guard.rules import Case, Figure, Finding, Level
from tests.builders import adopted
from tests.builders.cases import baseline, case, on_demand
from tests.builders.guarded import PROVISIONED, RAISED, app, table
from tests.builders.guarded import baseline as guarded_baseline


def told(case: Case) -> Iterable[Finding]:
    """Rules that tell what they are asked: a warning of each table, and an error of one without a guard."""
    title = f"has {len(case.template)} branches, suppressed {', '.join(case.suppressed_without_reason) or 'nothing'}"
    yield Finding("CG98", Level.WARN, case.table, None, title, (Figure("a", "1"),), "nothing")
    if not case.guarded:
        yield Finding("CG99", Level.ERROR, case.table, None, "has no\nguard", (), "nothing")


@dataclass
class Judgment:
    """What one synthesis left."""

    app: cdk.App
    findings: Findings
    report: dict[str, Any]
    printed: str


@pytest.fixture(scope="module")
def judgment(tmp_path_factory: pytest.TempPathFactory) -> Judgment:
    """A guarded table with a transition, one without, an unguarded table, and one that a report includes."""
    made = app()
    stack = cdk.Stack(made, "S", env=cdk.Environment(account="000000000000", region="eu-west-1"))
    file = tmp_path_factory.mktemp("baselines") / "moving.json"
    guarded_baseline().save(file)
    table(stack, "Moving", capacity=RAISED, table_name="moving", baseline=file)
    table(stack, "Quiet")
    adopted.table(stack, adopted.PROVISIONED, "alone", "Alone")
    reported = cdk.Stack(made, "R")
    adopted.table(reported, adopted.PROVISIONED, None, "Reported")
    cdk.Aspects.of(reported).add(ReportEveryTable(baselines="nowhere", warn_until=date(2026, 7, 9)))
    cdk.Validations.of(stack.node.find_child("Quiet")).acknowledge(
        cdk.Acknowledgment(id="CapacityGuardChecks::CG12", reason="")
    )
    cdk.Validations.of(stack.node.find_child("Alone")).acknowledge(
        cdk.Acknowledgment(id="CapacityGuardChecks::CG13", reason="")
    )
    cdk.Validations.of(made).add_plugins(CapacityGuardChecks(made, rules=told))
    with pytest.MonkeyPatch.context() as patched:
        printed: list[str] = []
        patched.setattr(
            "builtins.print", lambda *words, file=None, flush=False: printed.append(f"{words[0]}|{flush}")
        )
        with pytest.raises(RuntimeError, match="CG99"):
            made.synth()
    report = json.loads((Path(made.outdir) / "validation-report.json").read_text())["pluginReports"]
    (own,) = [one for one in report if one["pluginName"] == "CapacityGuardChecks"]
    (said,) = printed
    return Judgment(made, Findings.read(made.outdir), own, said)


def test_report_has_a_line_for_each_finding_of_each_table(judgment: Judgment) -> None:
    found = [
        (
            violation["ruleName"],
            violation["severity"],
            violation["description"],
            [construct["constructPath"] for construct in violation["violatingConstructs"]],
        )
        for violation in judgment.report["violations"]
    ]
    one = "has 1 branches, suppressed"
    assert sorted(found, key=str) == sorted(
        [
            ("CG98", "warning", f"CG98 Moving: {one} nothing", ["S/Moving/Table/Resource"]),
            ("CG98", "warning", f"CG98 Quiet: {one} CG12", ["S/Quiet/Table/Resource"]),
            ("CG98", "warning", "CG98 Alone: has 0 branches, suppressed CG13", ["S/Alone/Resource"]),
            ("CG99", "fatal", "CG99 Alone: has no\\nguard", ["S/Alone/Resource"]),
            ("CG98", "warning", "CG98 Reported: has 0 branches, suppressed nothing", ["R/Reported/Resource"]),
            ("CG98", "warning", f"CG98 Reported: {one} nothing", ["R/Reported/Resource"]),
            ("CG99", "warning", "CG99 Reported: has no\\nguard", ["R/Reported/Resource"]),
        ],
        key=str,
    )
    assert judgment.report["conclusion"] == "failure"


def test_report_has_one_line_for_findings_that_differ_in_their_dimension_alone() -> None:
    def alike(case: Case) -> Iterable[Finding]:
        for index, access, title in (
            (None, "write", "is low"),
            ("by_agent", "write", "is low"),
            ("by_agent", "read", "is high"),
        ):
            dimension = Dimension(index, access)  # type: ignore[arg-type]
            yield Finding("CG98", Level.WARN, case.table, dimension, title, (Figure("a", "1"),), "raise it")

    made = app()
    table(cdk.Stack(made, "S"), "Moving")
    found = CapacityGuardChecks(made, rules=alike).validate_scope(made)
    assert [violation.description for violation in found.violations] == [
        "CG98 Moving / table, write and by_agent, write: is low",
        "CG98 Moving / by_agent, read: is high",
    ]


def test_findings_of_the_assembly_have_each_table_with_its_line_and_its_plan(judgment: Judgment) -> None:
    found = judgment.findings
    assert found.judged_at is not None
    assert found.judged_at.isoformat() == "2026-07-09T15:40:00+00:00"
    tables = {judged.path: judged for judged in found.tables}
    assert list(tables) == ["S/Moving", "S/Quiet", "S/Alone", "R/Reported"]
    files = {path: judged.place and judged.place.file for path, judged in tables.items()}
    assert files == {
        "S/Moving": "tests/builders/guarded.py",
        "S/Quiet": "tests/builders/guarded.py",
        "S/Alone": None,
        "R/Reported": "tests/nag/test_pack_report.py",
    }
    assert [path for path, judged in tables.items() if judged.planned] == ["S/Moving"]
    assert [finding.rule for finding in tables["R/Reported"].findings] == ["CG98", "CG99", "CG98"]
    assert found.errors == 1


def test_findings_are_printed_once_with_the_name_of_the_context(judgment: Judgment) -> None:
    assert judgment.printed.startswith("\nS/Moving  tests/builders/guarded.py:")
    assert judgment.printed.endswith(
        "capacity-guard: 1 error, 6 warnings; 4 tables judged, 1 of them with a baseline 16 hours old, at 2026-07-09 15:40 "
        "UTC (context capacity-guard:now)\n|True"
    )


def test_app_that_the_rules_of_the_library_judged_is_noted(judgment: Judgment) -> None:
    assert not was_judged(judgment.app)  # by other rules
    made = app()
    cdk.Stack(made, "S")
    cdk.Validations.of(made).add_plugins(CapacityGuardChecks(made))
    made.synth()
    assert was_judged(made)
    assert not was_judged(app())


def test_pack_names_itself() -> None:
    pack = CapacityGuardChecks()
    assert (pack.name, pack.read_pack_name) == ("CapacityGuardChecks", "CapacityGuardChecks")


@pytest.mark.parametrize(
    ("must_be_readable", "reason"), [(True, None), (False, None), (True, "incident 7 of the night")]
)
def test_table_of_which_another_capacity_is_deployed_than_was_read_is_one_finding(
    must_be_readable: bool, reason: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = app(**({} if reason is None else {"capacity-guard:break-glass": reason}))
    guarded = table(cdk.Stack(made, "S"))
    guarded.guard.must_be_readable = must_be_readable
    asked: list[tuple[object, str]] = []

    def contradicted(table: object, template: Mapping[str, Any]) -> InputError:
        asked.extend((table, name) for name in template)
        return InputError("S/Conversations", "read another one", "Let nothing change it")

    monkeypatch.setattr("capacity_guard.nag.pack.contradiction", contradicted)
    pack = CapacityGuardChecks(made, rules=lambda case: pytest.fail("it is judged"))
    cdk.Validations.of(made).add_plugins(pack)
    is_error = must_be_readable and reason is None
    if is_error:
        with pytest.raises(RuntimeError, match="CG18"):
            made.synth()
    else:
        made.synth()
    ((finding,),) = [judged.findings for judged in Findings.read(made.outdir).tables]
    assert finding == Finding(
        "CG18",
        Level.ERROR if is_error else Level.WARN,
        "Conversations",
        None,
        "its capacity cannot be read, so no change of it can be judged",
        (Figure("template", "S/Conversations", "read another one"),),
        "Let nothing change it",
        None if reason is None else f"break-glass: {reason}",
    )
    assert (guarded.guard, "Resources") in asked


def test_scope_is_judged_without_a_synthesis_by_the_declared_capacity() -> None:
    made = app()
    table(cdk.Stack(made, "S"), capacity=RAISED)
    adopted.table(cdk.Stack(made, "T"), adopted.PROVISIONED)
    judged: list[Case] = []

    def rules(case: Case) -> list[Finding]:
        judged.append(case)
        return [Finding("CG98", Level.WARN, case.table, None, "is", (), "x")]

    found = CapacityGuardChecks(rules=rules).validate_scope(made.node.find_child("S"))
    assert found.success
    assert [violation.rule_name for violation in found.violations] == ["CG98"]
    assert [(one.table, one.declared, one.template) for one in judged] == [("Conversations", RAISED, ())]
    assert not (Path(made.outdir) / "capacity-guard.json").exists()


# The input of a plan.


def test_plan_of_a_recorded_table_has_its_file_relative_to_where_the_app_ran(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for file, shown in (
        (str(tmp_path / "b" / "t.json"), "b/t.json"),
        ("b/t.json", "b/t.json"),
        ("b/../t.json", "t.json"),
        (str(tmp_path.parent / "t.json"), str(tmp_path.parent / "t.json")),
        ("../t.json", str(tmp_path.parent / "t.json")),
    ):
        given = case(on_demand(), baseline(file=file))
        planned = plan_input(given)
        assert planned is not None
        assert planned.baseline == shown


def test_plan_has_what_the_case_knows() -> None:
    given = replace(case(on_demand(), baseline(file="/b/t.json")), kind=TableKind.TABLE, region="eu-north-1")
    planned = plan_input(given)
    assert planned is not None
    assert given.transition is not None
    assert (planned.table, planned.declared, planned.fingerprint) == (
        given.table,
        given.declared,
        given.transition.fingerprint,
    )
    assert (planned.rollout, planned.margins) == (given.rollout, given.margins)
    assert (planned.region, planned.new, planned.kind) == ("eu-north-1", None, TableKind.TABLE)
    assert planned.relief is given.is_relief
    of_baseline = plan_input(replace(given, region=None))
    assert of_baseline is not None
    assert of_baseline.region == "eu-west-1"


def test_table_without_a_file_or_with_an_unreadable_baseline_is_not_planned() -> None:
    assert plan_input(case(on_demand(), baseline(file=None))) is None
    assert plan_input(case(on_demand(), InputError("f", "is missing", "Record it"))) is None


def test_new_table_is_planned_by_its_name_without_a_file() -> None:
    made = app()
    fresh = table(cdk.Stack(made, "S"), "Fresh", baseline=NewTable("fresh"))
    planned = plan_input(fresh.guard.case)
    assert planned is not None
    assert (planned.new, planned.baseline, planned.declared) == ("fresh", "", PROVISIONED)
