"""Rules of a baseline whose recorded minutes lie elsewhere: what cannot be judged is one finding, and a relief passes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from capacity_guard.capacity import Capacity
from capacity_guard.evidence.baseline import Baseline
from capacity_guard.rules import Case, Finding, Level, evaluate
from tests.builders.cases import END, baseline, case, deployed, flat, on_demand, provisioned, traffic


@pytest.fixture
def absent(tmp_path: Path) -> Baseline:
    path = tmp_path / "orders.json"
    was = deployed(provisioned(), previous=provisioned(900))
    was = replace(was, replaced_at=END)
    baseline(was, traffic(flat(100, 14))).save(path, traffic_folder=tmp_path / "elsewhere")
    return Baseline.load(path)


def absent_findings(judged: Case) -> list[Finding]:
    return [finding for finding in evaluate(judged) if "recorded minutes are not here" in finding.title]


def test_change_is_refused_by_one_finding_with_the_remedy(absent: Baseline) -> None:
    (finding,) = absent_findings(case(provisioned(120), absent))
    assert (finding.rule, finding.level) == ("CG2", Level.ERROR)
    assert "CG14" in finding.figures[1].value
    assert "aws s3 cp" in finding.fix


def test_change_whose_least_units_carry_the_peak_needs_no_minutes(absent: Baseline) -> None:
    assert absent_findings(case(provisioned(500), absent)) == []


def test_table_without_a_change_needs_no_minutes(absent: Baseline) -> None:
    assert absent_findings(case(provisioned(), absent)) == []


@pytest.mark.parametrize("declared", [provisioned(1_500), provisioned(900)], ids=["raise", "return"])
def test_relief_is_a_warning_at_most_and_a_return_is_judged_by_the_digest(
    declared: Capacity, absent: Baseline
) -> None:
    judged = case(declared, absent)
    assert judged.is_relief
    assert {finding.level for finding in evaluate(judged)} <= {Level.WARN}


def test_rules_that_need_no_minutes_judge_as_ever(absent: Baseline) -> None:
    busy = case(on_demand(), absent)
    assert not [finding for finding in evaluate(busy) if finding.rule in ("CG3", "CG4")]
