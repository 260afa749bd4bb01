"""How the rules judge a capacity that is considered, and the table after a deployment."""

from __future__ import annotations

from dataclasses import replace

from capacity_guard.capacity import AutoScaling, ChangeWindow, OnDemand, Units
from capacity_guard.planning.judging import Asked, case_of, is_deployed, judge, refusing
from capacity_guard.rules.after_deployment import after
from tests.builders.cases import (
    INDEX,
    INDEX_WRITE,
    NOW,
    baseline,
    deployed,
    flat,
    on_demand,
    provisioned,
    traffic,
)

ASKED = Asked(NOW)


def test_conditions_that_are_not_given_are_those_of_the_documentation() -> None:
    """docs/recommend.md states the margin and the threshold."""
    assert (ASKED.margin, ASKED.threshold) == (1.3, 10.0)


def test_judge_when_the_margin_is_lower_adds_what_a_synthesis_refuses_by_default() -> None:
    recorded = baseline(deployed(on_demand()), traffic(flat(3_500)))
    low = replace(ASKED, margin=1.0)
    declared = on_demand(indexes={INDEX: OnDemand(maximum=Units(write=3_600))})
    assert case_of(recorded, declared, low).margins.headroom == 1.0
    assert "CG11" in {finding.rule for finding in refusing(judge(recorded, declared, low))}


def test_refusing_counts_a_step_that_lowers_too_much_among_the_findings_that_refuse() -> None:
    found = judge(baseline(), provisioned(200, 1_000, 1_000), ASKED)
    assert [finding.rule for finding in refusing(found)] == ["CG6"]


def test_case_has_the_change_window_and_the_staffed_hours_that_are_asked_for() -> None:
    window, staffed = ChangeWindow("Sun 06-10"), ChangeWindow("Sun-Thu 09-17")
    asked = replace(ASKED, change_window=window, staffed_hours=staffed)
    rollout = case_of(baseline(), on_demand(), asked).rollout
    assert (rollout.change_window, rollout.staffed_hours) == (window, staffed)


def test_after_a_deployment_the_table_has_its_bounds_units_and_warm_throughput() -> None:
    seeded = provisioned(AutoScaling(200, 2_000, seed=900), 1_000, 1_000)
    armed = after(baseline(deployed(on_demand())), seeded)
    assert is_deployed(armed, seeded)
    assert armed.deployed is not None
    assert armed.deployed.previous is None
    assert armed.deployed.provisioned_now(INDEX_WRITE) == 900
    warmed = on_demand(indexes={INDEX: OnDemand(warm=Units(write=9_000))})
    assert not is_deployed(armed, warmed)
    assert is_deployed(after(armed, warmed), warmed)
    assert not is_deployed(after(armed, on_demand()), warmed)
