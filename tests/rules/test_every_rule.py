"""What holds for every rule: its examples, its acknowledgment, its page and its place in the library.

The examples are those of ``test_cgNN.py``; a new rule is checked here without a change of this file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date

import pytest

from capacity_guard.capacity import Acknowledgment
from capacity_guard.rules import ALL_RULES, Finding, Level, Rule, judge
from tests.builders.cases import NOW, accepted, findings
from tests.paths import ROOT
from tests.rules.examples import Example, examples_of, module_name_of, shown

PAGES = ROOT / "docs" / "rules"
SECTIONS = [
    "What it refuses",
    "Why",
    "An example",
    "The fix",
    "When to acknowledge it",
    "What it does not see",
]


@dataclass(frozen=True)
class RuleExample:
    """An example and its rule."""

    rule: Rule
    example: Example

    @property
    def name(self) -> str:
        """Its name in a test report."""
        return f"{self.rule.id}-{self.example.kind}-{self.example.name}"

    def findings(self, *acknowledgments: Acknowledgment) -> tuple[Finding, ...]:
        """What its rule finds. All rules together would take several times as long."""
        made = self.example.make()
        made = replace(made, acknowledgments=(*made.acknowledgments, *acknowledgments))
        return judge(made, [self.rule])


EXAMPLES = [RuleExample(rule, example) for rule in ALL_RULES for example in examples_of(rule.id)]
REFUSED = [case for case in EXAMPLES if case.example.kind == "refused"]
ACCEPTED = [case for case in EXAMPLES if case.example.kind != "refused"]

each_rule = pytest.mark.parametrize("rule", ALL_RULES, ids=lambda rule: rule.id)
each_refused = pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
each_accepted = pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: case.name)


def test_ids_when_listed_are_contiguous_from_1() -> None:
    """An id is in acknowledgments of other teams: it is never reused, so none below the highest may be missing."""
    assert [rule.id for rule in ALL_RULES] == [f"CG{n}" for n in range(1, len(ALL_RULES) + 1)]


@each_rule
def test_rule_when_it_is_in_the_library_has_a_test_module_with_each_kind_of_example(rule: Rule) -> None:
    assert {example.kind for example in examples_of(rule.id)} == {"compliant", "refused", "silent"}, (
        f"tests/rules/{module_name_of(rule.id)}.py: EXAMPLES needs a compliant, a refused and a silent one"
    )


def test_examples_when_named_have_different_names() -> None:
    names = [case.name for case in EXAMPLES]
    assert sorted(set(names)) == sorted(names)


def test_test_modules_when_listed_are_those_of_the_rules() -> None:
    modules = {path.stem for path in (ROOT / "tests" / "rules").glob("test_cg*.py")}
    assert modules == {module_name_of(rule.id) for rule in ALL_RULES}


@each_rule
def test_file_when_named_has_the_number_of_the_rule(rule: Rule) -> None:
    number = int(rule.id.removeprefix("CG"))
    assert rule.condition.__module__.rpartition(".")[2].startswith(f"cg{number:02}_")


@pytest.mark.sampled(every=11)
@each_refused
def test_rule_when_violated_expects_its_level(case: RuleExample) -> None:
    found = findings(case.example.make(), case.rule.id)
    assert found
    assert {finding.level for finding in found} == {case.rule.level}


@each_accepted
def test_rule_when_nothing_is_wrong_expects_silence(case: RuleExample) -> None:
    assert case.findings() == ()


@pytest.mark.sampled(every=12)
@each_refused
def test_rule_when_acknowledged_expects_a_warning_with_the_reason(case: RuleExample) -> None:
    found = case.findings(*accepted(case.rule.id, until=NOW.date()))
    assert found
    assert {finding.level for finding in found} == {Level.WARN}
    assert all(
        "agreed with the owners (until 2026-07-09)" in (finding.acknowledged or "") for finding in found
    )


@pytest.mark.sampled(every=9)
@each_refused
def test_rule_when_the_acknowledgment_expired_expects_the_finding_again(case: RuleExample) -> None:
    rule = case.rule
    other = next(other.id for other in ALL_RULES if other.id != rule.id)
    found = case.findings(*accepted(rule.id, until=date(2026, 7, 8)), *accepted(other))
    assert {finding.level for finding in found} == {rule.level}
    for finding in found:
        text = finding.text()
        assert "expired 2026-07-08" in text
        assert re.search(rf"^{rule.id} +{rule.level.value} +Conversations", text)
        assert re.search(r"^  fix +\S", text, re.MULTILINE)
        assert text.endswith(f"capacity-guard rule {rule.id}")
        assert "nan" not in text
        assert not finding.title.endswith(".")


@each_rule
def test_page_when_read_has_the_title_of_the_rule_and_every_section(rule: Rule) -> None:
    lines = (PAGES / f"{rule.id}.md").read_text().splitlines()
    assert lines[0] == f"# {rule.id} · {rule.title}"
    assert [line.removeprefix("## ") for line in lines if line.startswith("## ")] == SECTIONS


def test_pages_when_listed_are_those_of_the_rules() -> None:
    assert {page.stem for page in PAGES.glob("CG*.md")} == {rule.id for rule in ALL_RULES}


def test_table_of_pages_when_read_lists_every_rule_and_no_other() -> None:
    listed = re.findall(
        r"^\| \[(CG\d+)\]\((CG\d+)\.md\) \| (.*?) \|", (PAGES / "README.md").read_text(), re.MULTILINE
    )
    assert listed == [(rule.id, rule.id, rule.refuses) for rule in ALL_RULES]


@pytest.mark.sampled(every=12)
@each_rule
def test_page_when_its_example_is_read_shows_it_as_really_printed(rule: Rule) -> None:
    """The page shows a finding of one of the rule's examples with its fix, letter by letter."""
    text = (PAGES / f"{rule.id}.md").read_text()
    blocks = text.partition("## An example")[2].partition("## The fix")[0].split("```text\n")[1:]
    assert len(blocks) == 1
    assert blocks[0].partition("\n```")[0] in shown(rule.id)


@each_rule
def test_texts_of_a_rule_fit_a_row_of_a_table(rule: Rule) -> None:
    for text in (rule.title, rule.refuses, rule.needs):
        assert text
        assert not re.search(r"[|\n]|\.$", text), text
