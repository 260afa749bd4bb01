"""The deployments that resolve findings, in the plan's data and in each of its forms."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest

from capacity_guard.capacity import Capacity
from capacity_guard.planning.dimensions import capacity_text
from capacity_guard.planning.plan import TablePlan
from capacity_guard.planning.remedies import Remedy, remedies
from capacity_guard.report.plan_formatting import remedy_heading, remedy_steps
from capacity_guard.report.plan_html import plan_html
from capacity_guard.report.plan_markdown import plan_markdown
from tests.planning.plans import incident, plan_case, plan_with
from tests.planning.printed import printed
from tests.rules.examples import examples_of, refused_of


def flat_text(text: str) -> str:
    """Words of a text, without markup and line breaks."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).replace("\\", "").split())


@pytest.fixture(params=["incident", "CG7", "CG14"])
def table(request: pytest.FixtureRequest, tmp_path: Path) -> TablePlan:
    if request.param == "incident":
        return incident(tmp_path)
    names = {"CG7": (), "CG14": ("auto scaling frozen on a rising morning",)}[request.param]
    return plan_case(tmp_path, refused_of(examples_of(request.param), *names)[0].make())


def test_remedies_are_the_deployments_of_the_findings_each_once_with_its_rules(table: TablePlan) -> None:
    asked = [finding for finding in table.findings if finding.deployments]
    assert asked
    assert table.remedies[0].deployments == asked[0].deployments
    for finding in asked:
        (found,) = [remedy for remedy in table.remedies if remedy.deployments == finding.deployments]
        assert finding.rule in found.rules
    assert any(len(remedy.deployments) == 2 for remedy in table.remedies)


def test_every_form_of_a_plan_has_each_step_in_its_order(table: TablePlan) -> None:
    plan = plan_with(table)
    texts = [flat_text(text) for text in (printed(plan, 100), plan_html(plan), plan_markdown(plan))]
    for remedy in table.remedies:
        steps = [flat_text(text) for _, text in remedy_steps(remedy)]
        for text in texts:
            at = text.index(flat_text(remedy_heading(remedy)))
            for step in steps:
                at = text.index(step, at)


def test_data_of_a_plan_has_the_deployments_of_each_finding(table: TablePlan) -> None:
    (data,) = json.loads(json.dumps(plan_with(table).to_json()))["tables"]
    for written, finding in zip(data["findings"], table.findings, strict=True):
        assert [Capacity.from_json(each, "f") for each in written["deployments"]] == list(finding.deployments)


def test_steps_when_there_are_two_deployments_are_deploy_record_deploy(table: TablePlan) -> None:
    for remedy in table.remedies:
        labels = [label for label, _ in remedy_steps(remedy)]
        assert labels == (["deploy"] if len(remedy.deployments) == 1 else ["deploy 1", "record", "deploy 2"])
        words = [text for label, text in remedy_steps(remedy) if label.startswith("deploy")]
        for capacity, text in zip(remedy.deployments, words, strict=True):
            for dimension in capacity.dimensions():
                assert f"{dimension.label} {capacity_text(capacity, dimension)}" in text


def test_remedies_when_no_capacity_resolves_a_finding_are_none(tmp_path: Path) -> None:
    table = incident(tmp_path)
    without = [replace(finding, deployments=()) for finding in table.findings]
    assert remedies(without) == ()
    assert "that resolve" not in printed(plan_with(replace(table, findings=tuple(without))), 100)
    assert remedy_heading(Remedy(("CG4", "CG14"), (Capacity.on_demand(),))) == (
        "Deployment that resolves CG4, CG14"
    )
