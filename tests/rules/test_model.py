"""How findings get their level and their text, whatever the rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from capacity_guard.capacity import (
    Acknowledgment,
    AutoScaling,
    Capacity,
    Dimension,
    InputError,
    Margins,
    Rollout,
    Transition,
)
from capacity_guard.evidence.baseline import Baseline, NewTable
from capacity_guard.rules import Case, Figure, Finding, Level, TemplateFacts, evaluate, judge
from capacity_guard.rules.cg01_unguarded import RULE as CG1
from capacity_guard.rules.cg09_bake import RULE as CG9
from tests.builders.cases import (
    END,
    NOW,
    TUESDAY_EVENING,
    baseline,
    case,
    deployed,
    findings,
    flat,
    on_demand,
    provisioned,
    spike,
    traffic,
)


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
    assert {finding.rule for finding in found} == {"CG2", "CG8", "CG9", "CG17"}
    assert {finding.level for finding in found} == {Level.WARN}


def test_findings_when_the_change_only_raises_expects_warnings_at_most() -> None:
    judged = case(provisioned(2_000, 2_000, 2_000), account="999988887777")
    found = evaluate(judged)
    assert {finding.rule for finding in found} == {"CG2", "CG20"}
    assert {finding.level for finding in found} == {Level.WARN}


def test_findings_when_going_back_to_the_capacity_before_expects_warnings_at_most() -> None:
    judged = unsafe()
    assert isinstance(judged.baseline, Baseline)
    assert judged.baseline.deployed is not None
    back = replace(
        judged.baseline, deployed=replace(judged.baseline.deployed, previous=on_demand(), replaced_at=END)
    )
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
    without = {finding.rule for finding in evaluate(unsafe())}
    assert {finding.rule for finding in found} == without - {"CG9"}, "there is no Bake"
    assert {(finding.level, finding.acknowledged) for finding in found} == {
        (Level.WARN, "break-glass: orders are lost")
    }


def test_findings_when_evaluated_twice_expects_the_same() -> None:
    assert evaluate(unsafe()) == evaluate(unsafe())


def test_one_line_when_printed_expects_the_figures_in_it() -> None:
    (finding,) = findings(unsafe(), "CG9")
    assert finding.line().startswith(
        "CG9 ERROR Conversations: the bake ends before an alarm can go to ALARM (bake 1 minute;"
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
        "  why           capacity-guard rule CG9",
    ]


def returning(previous: Capacity, replaced_at: datetime | None) -> Case:
    """A switch from on-demand back to a former capacity of a table that carried 3,000 writes per second."""
    was = replace(deployed(on_demand(), previous=previous), replaced_at=replaced_at)
    return case(previous, baseline(was, traffic(flat(3_000))))


def levels(judged: Case) -> set[Level]:
    return {finding.level for finding in evaluate(judged)}


def test_findings_when_the_capacity_before_is_a_year_old_keep_their_level_and_say_why() -> None:
    found = evaluate(returning(provisioned(50, 50, 50), END - timedelta(days=365)))
    errors = [finding for finding in found if finding.level is Level.ERROR]
    assert len(errors) >= 3
    assert all(finding.figures[-1].label == "return" for finding in errors)
    assert "a return is a relief until" in errors[0].figures[-1].note


def test_return_when_it_is_in_time_but_does_not_carry_the_recorded_traffic_is_no_relief() -> None:
    judged = returning(provisioned(50, 50, 50), END - timedelta(days=1))
    assert levels(judged) >= {Level.ERROR}
    assert not judged.is_relief
    assert "serves 50 a second at once" in evaluate(judged)[0].figures[-1].note


@pytest.mark.parametrize(("age", "relief"), [(7, True), (7.1, False), (None, False)])
def test_return_when_it_carries_the_recorded_traffic_is_a_relief_for_a_week(
    age: float | None, relief: bool
) -> None:
    replaced_at = None if age is None else NOW - timedelta(days=age)
    judged = returning(provisioned(AutoScaling(100, 9_000, seed=4_000), 4_000, 4_000), replaced_at)
    assert judged.is_relief is relief
    assert replace(judged, margins=Margins(return_days=8)).is_relief is (age is not None)


def test_return_when_only_an_earlier_day_was_busier_is_a_relief() -> None:
    """A cure is measured by the last recorded day: auto scaling moves on from what the return sends."""
    was = deployed(on_demand(), previous=provisioned(1_000))
    busy_once = traffic(spike(flat(500), TUESDAY_EVENING - timedelta(days=4), 60, 2_000))
    assert case(provisioned(1_000), baseline(was, busy_once)).is_relief
