"""Answers in each form: findings, plan, Markdown, HTML and annotations print each fix once, with its cost and its order."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pytest

from capacity_guard.capacity import Capacity
from capacity_guard.findings import Findings, JudgedTable, markdown, text, workflow_commands
from capacity_guard.findings.answer_text import (
    answer_lines,
    cost_text,
    heading,
    labels,
    rules_text,
    sections,
    steps,
)
from capacity_guard.planning.plan import TablePlan
from capacity_guard.pricing.cost import Between
from capacity_guard.report.plan_html import plan_html
from capacity_guard.report.plan_markdown import plan_markdown
from capacity_guard.rules import Answer, Figure, Finding, Level, StepCost
from tests.planning.plans import incident, plan_case, plan_with
from tests.planning.printed import printed
from tests.rules.examples import examples_of, refused_of

NOW = datetime(2026, 7, 9, 15, 40, tzinfo=UTC)


def flat_text(text: str) -> str:
    """Words of a text, without markup and line breaks."""
    inline = re.sub(r"<wbr>|</?span[^>]*>", "", text)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", inline)).replace("\\", "").replace("%0A", " ").split())


@pytest.fixture(params=["incident", "CG7", "CG14"], scope="module")
def table(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> TablePlan:
    folder = tmp_path_factory.mktemp("plan")
    if request.param == "incident":
        return incident(folder)
    names = {"CG7": (), "CG14": ("auto scaling frozen on a rising morning",)}[request.param]
    return plan_case(folder, refused_of(examples_of(request.param), *names)[0].make())


def forms(table: TablePlan) -> dict[str, str]:
    """The findings and the plan of a table in each form."""
    plan = plan_with(table)
    judged = JudgedTable(table.path, table.place, table.findings, answers=table.answers)
    found = Findings(NOW, (judged,))
    return {
        "findings": text(found),
        "findings as Markdown": markdown(found),
        "annotations": workflow_commands(found, app=Path("/app"), repository=None),
        "plan": printed(plan, 200),
        "plan as HTML": plan_html(plan).partition("<h2>Rules</h2>")[0],  # whose pages have examples
        "plan as Markdown": plan_markdown(plan),
    }


def test_every_form_has_the_code_of_each_step_in_its_order_and_no_other_fix(table: TablePlan) -> None:
    answer = table.answers[0]
    assert answer.alternatives
    for name, form in forms(table).items():
        flat = flat_text(form)
        at = flat.lower().index(heading([table.findings[n] for n in answer.findings], answer).lower())
        for alternative in answer.alternatives:
            for _, words, step in steps(alternative):
                at = flat.index(flat_text(words), at)
                if step is not None:
                    at = flat.index(flat_text(step.code), at)
        for alternative in answer.alternatives:
            for step in alternative.steps:
                flat = flat.replace(flat_text(step.code), "")
        for number in answer.findings:
            assert flat_text(table.findings[number].fix) not in flat, name


def test_every_form_prints_a_fix_once(table: TablePlan) -> None:
    answer = table.answers[0]
    code = [step.code for alternative in answer.alternatives for step in alternative.steps]
    for name, form in forms(table).items():
        for block in set(code):
            wanted = sum(flat_text(other).count(flat_text(block)) for other in code)
            assert flat_text(form).count(flat_text(block)) == wanted, name


def test_annotations_stay_one_for_each_finding_and_point_to_the_one_with_the_fix(table: TablePlan) -> None:
    lines = forms(table)["annotations"].splitlines()
    assert len(lines) == len(table.findings)
    answer = table.answers[0]
    first = table.findings[answer.findings[0]]
    pointers = [line for line in lines if f"Fix: the one of {first.rule} {first.subject}" in line]
    assert len(pointers) == len(answer.findings) - 1


def test_data_of_a_plan_has_the_deployments_of_each_finding_and_the_answers(table: TablePlan) -> None:
    (data,) = json.loads(json.dumps(plan_with(table).to_json()))["tables"]
    for written, finding in zip(data["findings"], table.findings, strict=True):
        assert [Capacity.from_json(each, "f") for each in written["deployments"]] == list(finding.deployments)
    for written, answer in zip(data["answers"], table.answers, strict=True):
        assert written["rules"] == list(dict.fromkeys(table.findings[n].rule for n in answer.findings))
        assert [len(way["deployments"]) for way in written["alternatives"]] == [
            len(way.steps) for way in answer.alternatives
        ]


def test_steps_when_there_are_two_deployments_are_deploy_record_deploy(table: TablePlan) -> None:
    for answer in table.answers:
        for alternative in answer.alternatives:
            found = [label for label, _, _ in steps(alternative)]
            assert found == (
                ["deploy"] if len(alternative.steps) == 1 else ["deploy 1", "record", "deploy 2"]
            )


def test_sections_put_errors_first_and_have_each_finding_once(table: TablePlan) -> None:
    found = list(sections(table.findings, table.answers))
    ranks = [findings[0].level is Level.WARN for findings, _ in found]
    assert ranks == sorted(ranks)
    assert sorted(id(f) for findings, _ in found for f in findings) == sorted(map(id, table.findings))


@pytest.mark.parametrize(
    ("cost", "words"),
    [
        (StepCost("USD", None, None), "cost a month unknown (no traffic recorded)"),
        (StepCost("USD", Between(10, 10), Between(0, 0)), "10.00 USD a month, as today"),
        (StepCost("USD", Between(10, 12), None), "10.00 to 12.00 USD a month"),
        (
            StepCost("USD", Between(10, 12), Between(1, 2)),
            "10.00 to 12.00 USD a month, 1.00 to 2.00 more than today",
        ),
        (
            StepCost("USD", Between(10, 10), Between(-5, -4)),
            "10.00 USD a month, 4.00 to 5.00 less than today",
        ),
        (
            StepCost("EUR", Between(10, 10), Between(-5, 4), is_estimate=True),
            "about 10.00 EUR a month, 5.00 less to 4.00 more than today",
        ),
        (
            StepCost("USD", Between(10, 10), Between(0, 0), 2_400, None),
            "10.00 USD a month, as today; warm throughput raised by 2,400 units/s, charged once: "
            "unknown (no source has its price)",
        ),
        (
            StepCost("USD", Between(10, 10), Between(0, 0), 2_400, 12.5),
            "10.00 USD a month, as today; warm throughput raised by 2,400 units/s, charged once: 12.50 USD",
        ),
    ],
)
def test_cost_in_words(cost: StepCost, words: str) -> None:
    assert cost_text(cost) == words


def finding(rule: str, fix: str = "raise it") -> Finding:
    return Finding(rule, Level.ERROR, "T", None, "is wrong", (Figure("a", "1"),), fix)


def test_rules_are_named_once() -> None:
    assert rules_text([finding("CG4")]) == "CG4"
    assert (
        rules_text([finding("CG4"), finding("CG7"), finding("CG7"), finding("CG14")]) == "CG4, CG7 and CG14"
    )


def test_findings_with_one_instruction_print_it_once() -> None:
    judged = JudgedTable(
        "S/T", None, (finding("CG8"), finding("CG8")), answers=(Answer((0, 1), text="raise it"),)
    )
    for form in (text(Findings(NOW, (judged,))), markdown(Findings(NOW, (judged,)))):
        assert form.count("raise it") == 1
    assert list(answer_lines(judged.findings, judged.answers[0])) == ["fix for CG8:", "  raise it"]
    assert labels(judged.answers[0]) == []


def test_findings_without_answers_print_their_own_fix(table: TablePlan) -> None:
    without = replace(table, answers=())
    flat = flat_text(forms(without)["findings"])
    for found in table.findings:
        assert flat_text(found.fix) in flat
