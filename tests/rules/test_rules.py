"""What holds for every rule: its examples, its acknowledgment, its page, and how findings are lowered."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest

from capacity_guard.capacity import Acknowledgment, AutoScaling, InputError, Rollout, Transition
from capacity_guard.evidence.baseline import Baseline, NewTable
from capacity_guard.rules import ALL_RULES, Finding, Level, TemplateFacts, evaluate, judge
from capacity_guard.rules.model import Case, Rule
from tests.builders.cases import NOW, accepted, baseline, case, deployed, findings, on_demand, provisioned
from tests.paths import ROOT
from tests.rules.examples import EXAMPLES, Example

PAGES = ROOT / "docs" / "rules"
REFUSED = [e for e in EXAMPLES if e.kind == "refused"]
LET_THROUGH = [e for e in EXAMPLES if e.kind != "refused"]


def named(example: Example) -> str:
    return example.label


def by_its_rule(example: Example, acknowledgments: tuple[Acknowledgment, ...] = ()) -> tuple[Finding, ...]:
    """What the example's own rule finds: all rules together would take several times as long."""
    rule = next(r for r in ALL_RULES if r.id == example.rule)
    made = example.make()
    return judge(replace(made, acknowledgments=(*made.acknowledgments, *acknowledgments)), [rule])


def level_of(example: Example) -> Level:
    return next(rule.level for rule in ALL_RULES if rule.id == example.rule)


def test_ids_when_rules_are_listed_expects_the_frozen_ones() -> None:
    """An id stands in acknowledgments of other teams: it is never reused and never renamed."""
    assert [rule.id for rule in ALL_RULES] == [f"CG{number}" for number in range(1, 19)]


@pytest.mark.parametrize("rule", ALL_RULES, ids=lambda rule: rule.id)
def test_examples_when_counted_expects_each_kind(rule: Rule) -> None:
    assert {e.kind for e in EXAMPLES if e.rule == rule.id} == {"compliant", "refused", "silent"}


@pytest.mark.parametrize("rule", ALL_RULES, ids=lambda rule: rule.id)
def test_file_when_named_expects_the_rules_number(rule: Rule) -> None:
    number = int(rule.id.removeprefix("CG"))
    assert rule.condition.__module__.rpartition(".")[2].startswith(f"cg{number:02}_")


@pytest.mark.parametrize("example", REFUSED, ids=named)
def test_rule_when_violated_expects_its_level(example: Example) -> None:
    found = findings(example.make(), example.rule)
    assert found
    assert {f.level for f in found} == {level_of(example)}


@pytest.mark.parametrize("example", LET_THROUGH, ids=named)
def test_rule_when_nothing_is_wrong_expects_silence(example: Example) -> None:
    assert by_its_rule(example) == ()


@pytest.mark.parametrize("example", REFUSED, ids=named)
def test_rule_when_acknowledged_expects_a_warning_with_the_reason(example: Example) -> None:
    found = by_its_rule(example, accepted(example.rule, until=NOW.date()))
    assert found
    assert {f.level for f in found} == {Level.WARN}
    assert all("agreed with the owners (until 2026-07-09)" in (f.acknowledged or "") for f in found)


@pytest.mark.parametrize("example", REFUSED, ids=named)
def test_rule_when_the_acknowledgment_expired_expects_the_finding_again(example: Example) -> None:
    other = next(rule.id for rule in ALL_RULES if rule.id != example.rule)
    found = by_its_rule(example, (*accepted(example.rule, until=date(2026, 7, 8)), *accepted(other)))
    assert {f.level for f in found} == {level_of(example)}
    for one in found:
        text = one.text()
        assert "expired 2026-07-08" in text
        assert re.search(rf"^{example.rule} +{level_of(example).value} +Conversations", text)
        assert re.search(r"^  fix +\S", text, re.MULTILINE)
        assert text.endswith(f"docs/rules/{example.rule}.md")
        assert "nan" not in text
        assert not one.title.endswith(".")


@pytest.mark.parametrize("rule", ALL_RULES, ids=lambda rule: rule.id)
def test_page_when_read_expects_the_rules_title_and_every_section(rule: Rule) -> None:
    lines = (PAGES / f"{rule.id}.md").read_text().splitlines()
    assert lines[0] == f"# {rule.id} · {rule.title}"
    sections = [line.removeprefix("## ") for line in lines if line.startswith("## ")]
    assert sections == [
        "What it refuses",
        "Why",
        "An example",
        "The fix",
        "When to acknowledge it",
        "What it does not see",
    ]


def test_table_of_pages_when_read_expects_every_rule_and_no_other() -> None:
    listed = re.findall(
        r"^\| \[(CG\d+)\]\((CG\d+)\.md\) \| (.*?) \|", (PAGES / "README.md").read_text(), re.MULTILINE
    )
    assert listed == [(rule.id, rule.id, rule.title) for rule in ALL_RULES]
    assert {p.stem for p in PAGES.glob("CG*.md")} == {rule.id for rule in ALL_RULES}


@pytest.mark.parametrize("rule", ALL_RULES, ids=lambda rule: rule.id)
def test_page_when_its_example_is_read_expects_it_as_really_printed(rule: Rule) -> None:
    """The page shows a finding of one of the rule's examples, letter by letter."""
    text = (PAGES / f"{rule.id}.md").read_text()
    blocks = text.partition("## An example")[2].partition("## The fix")[0].split("```text\n")[1:]
    assert len(blocks) == 1
    printed = [f.text() for e in REFUSED if e.rule == rule.id for f in by_its_rule(e)]
    assert blocks[0].partition("\n```")[0] in printed


def unsafe() -> Case:
    """To on-demand from auto scaling without a seed, baked too short: findings of two rules."""
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
        template=(TemplateFacts(warm=("table",)),),
    )
    found = evaluate(unchanged)
    assert {f.rule for f in found} == {"CG2", "CG9", "CG17"}
    assert {f.level for f in found} == {Level.WARN}


def test_findings_when_the_change_only_raises_expects_warnings_at_most() -> None:
    judged = case(provisioned(2_000, 2_000, 2_000), account="999988887777")
    found = evaluate(judged)
    assert {f.rule for f in found} == {"CG2"}
    assert {f.level for f in found} == {Level.WARN}


def test_findings_when_going_back_to_the_capacity_before_expects_warnings_at_most() -> None:
    judged = unsafe()
    assert isinstance(judged.baseline, Baseline)
    assert judged.baseline.deployed is not None
    back = replace(judged.baseline, deployed=replace(judged.baseline.deployed, previous=on_demand()))
    assert {f.level for f in evaluate(judged)} == {Level.ERROR}
    assert {f.level for f in evaluate(replace(judged, baseline=back))} == {Level.WARN}


def test_traffic_when_nothing_changes_expects_it_undigested(monkeypatch: pytest.MonkeyPatch) -> None:
    """Digesting costs more than all else: a synthesis without a transition must not pay for it."""
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
    (found,) = findings(replace(unsafe(), acknowledgments=both), "CG9")
    assert found.level is Level.WARN
    assert found.acknowledged == "second week (until 2026-07-10)"


def test_rules_when_the_baseline_cannot_be_read_expect_only_that_warning() -> None:
    """Nothing else can be judged; a gate lets a deployment through only if it changes no capacity."""
    judged = replace(unsafe(), baseline=InputError("conversations.json", "is missing", "Record it"))
    assert [(f.rule, f.level) for f in evaluate(judged)] == [("CG2", Level.WARN)]


def test_rules_when_the_glass_is_broken_expect_warnings_that_hold_the_reason() -> None:
    found = evaluate(replace(unsafe(), break_glass="orders are lost"))
    assert {f.rule for f in found} == {f.rule for f in evaluate(unsafe())}
    assert {(f.level, f.acknowledged) for f in found} == {(Level.WARN, "break-glass: orders are lost")}


def test_findings_when_evaluated_twice_expects_the_same() -> None:
    assert evaluate(unsafe()) == evaluate(unsafe())


def test_one_line_when_printed_expects_the_figures_in_it() -> None:
    (found,) = findings(unsafe(), "CG9")
    assert found.line().startswith(
        "CG9 ERROR Conversations: the bake ends before an alarm can speak (bake 1 minute;"
    )


def test_transition_when_the_case_is_new_expects_a_creation() -> None:
    judged = case(on_demand(), NewTable("conversations"))
    assert isinstance(judged.transition, Transition)
    assert judged.is_grave
