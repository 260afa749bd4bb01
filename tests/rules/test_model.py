"""How findings get their level and their text, whatever the rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from capacity_guard.capacity import Acknowledgment, AutoScaling, Dimension, InputError, Rollout, Transition
from capacity_guard.evidence.baseline import Baseline, NewTable
from capacity_guard.rules import Case, Figure, Finding, Level, TemplateFacts, evaluate, judge
from capacity_guard.rules.cg01_unguarded import RULE as CG1
from capacity_guard.rules.cg09_bake import RULE as CG9
from tests.builders.cases import baseline, case, deployed, findings, on_demand, provisioned


def unsafe() -> Case:
    """A switch to on-demand from auto scaling without a seed, with too short a bake: findings of two rules."""
    return case(
        on_demand(),
        baseline(deployed(provisioned(AutoScaling(1_000, 1_000)))),
        rollout=Rollout(bake_minutes=1),
    )


def test_findings_when_nothing_changes_expects_warnings_at_most() -> None:
    judged = unsafe()
    assert isinstance(judged.baseline, Baseline)
    assert judged.baseline.deployed is not None
    unchanged = replace(
        judged,
        declared=judged.baseline.deployed.template,
        account="999988887777",
        template=(TemplateFacts(warm_throughput=("table",)),),
    )
    found = evaluate(unchanged)
    assert {finding.rule for finding in found} == {"CG2", "CG9", "CG17"}
    assert {finding.level for finding in found} == {Level.WARN}


def test_findings_when_the_change_only_raises_expects_warnings_at_most() -> None:
    judged = case(provisioned(2_000, 2_000, 2_000), account="999988887777")
    found = evaluate(judged)
    assert {finding.rule for finding in found} == {"CG2"}
    assert {finding.level for finding in found} == {Level.WARN}


def test_findings_when_going_back_to_the_capacity_before_expects_warnings_at_most() -> None:
    judged = unsafe()
    assert isinstance(judged.baseline, Baseline)
    assert judged.baseline.deployed is not None
    back = replace(judged.baseline, deployed=replace(judged.baseline.deployed, previous=on_demand()))
    assert {finding.level for finding in evaluate(judged)} == {Level.ERROR}
    assert {finding.level for finding in evaluate(replace(judged, baseline=back))} == {Level.WARN}


def test_traffic_when_nothing_changes_expects_it_undigested(monkeypatch: pytest.MonkeyPatch) -> None:
    """The digest takes longer than all else, so a synthesis without a transition must not compute it."""
    judged = unsafe()
    assert isinstance(judged.baseline, Baseline)
    assert judged.baseline.deployed is not None
    monkeypatch.setattr(Baseline, "evidence", lambda *_: pytest.fail("digested"))
    monkeypatch.setattr(Case, "series", lambda *_: pytest.fail("read"))
    evaluate(replace(judged, declared=judged.baseline.deployed.template))


def test_acknowledgment_when_one_expired_and_one_holds_expects_the_one_that_holds() -> None:
    both = (
        Acknowledgment("CG9", "first week", date(2026, 7, 1)),
        Acknowledgment("CG9", "second week", date(2026, 7, 10)),
    )
    (finding,) = findings(replace(unsafe(), acknowledgments=both), "CG9")
    assert finding.level is Level.WARN
    assert finding.acknowledged == "second week (until 2026-07-10)"


def test_rules_when_the_baseline_cannot_be_read_expect_only_that_warning() -> None:
    """Nothing else can be judged; a gate lets a deployment through only if it changes no capacity."""
    judged = replace(unsafe(), baseline=InputError("conversations.json", "is missing", "Record it"))
    assert [(finding.rule, finding.level) for finding in evaluate(judged)] == [("CG2", Level.WARN)]


def test_rules_when_break_glass_is_set_expect_warnings_with_the_reason() -> None:
    found = evaluate(replace(unsafe(), break_glass="orders are lost"))
    assert {finding.rule for finding in found} == {finding.rule for finding in evaluate(unsafe())}
    assert {(finding.level, finding.acknowledged) for finding in found} == {
        (Level.WARN, "break-glass: orders are lost")
    }


def test_findings_when_evaluated_twice_expects_the_same() -> None:
    assert evaluate(unsafe()) == evaluate(unsafe())


def test_one_line_when_printed_expects_the_figures_in_it() -> None:
    (finding,) = findings(unsafe(), "CG9")
    assert finding.line().startswith(
        "CG9 ERROR Conversations: the bake ends before an alarm can speak (bake 1 minute;"
    )


def test_transition_when_the_case_is_new_expects_a_creation() -> None:
    judged = case(on_demand(), NewTable("conversations"))
    assert isinstance(judged.transition, Transition)
    assert judged.keeps_levels


def test_table_without_a_guard_is_judged_by_the_rules_that_say_so_alone() -> None:
    judged = replace(unsafe(), guarded=False)
    assert {finding.rule for finding in judge(judged, [CG1, CG9])} == {"CG1"}
    assert {finding.rule for finding in judge(unsafe(), [CG1, CG9])} == {"CG9"}


def test_block_of_lines_when_printed_aligns_figures_and_alternatives_of_the_fix() -> None:
    finding = Finding(
        "CG9",
        Level.WARN,
        "Orders",
        Dimension("by_day", "write"),
        "is wrong",
        (Figure("peak", "1,000 writes/s", "today"), Figure("ceiling", "9")),
        "do this\nor do that",
        "load test",
    )
    assert finding.text().splitlines() == [
        "CG9  WARN   Orders / by_day, write: is wrong",
        "  peak          1,000 writes/s  today",
        "  ceiling       9",
        "  fix           do this",
        "                or do that",
        "  acknowledged  load test",
        "  why           docs/rules/CG9.md",
    ]
