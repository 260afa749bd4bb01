"""The deployment that opens a refused switch to on-demand, and advice that is followed step by step."""

from __future__ import annotations

import math
from array import array
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings

from capacity_guard.capacity import AutoScaling, Capacity, ChangeWindow, Provisioned, TableKind
from capacity_guard.evidence.baseline import Baseline
from capacity_guard.planning.judging import is_deployed, judge, refusing
from capacity_guard.planning.opening import _candidates, opening
from capacity_guard.planning.recommend import Asked, Recommendation, recommend
from capacity_guard.report.recommendations import recommendation_text
from capacity_guard.rules.after_deployment import after
from stacks.settings import BASELINES
from tests.builders import domain  # noqa: F401 - its profile
from tests.builders.cases import (
    INDEX,
    INDEX_WRITE,
    NOW,
    STRUCTURE,
    baseline,
    deployed,
    flat,
    on_demand,
    provisioned,
    spike,
    traffic,
)
from tests.planning.recordings import made_up, recorded

ASKED = Asked(NOW)


def test_opening_of_what_is_not_a_switch_to_on_demand_expects_none() -> None:
    assert opening(baseline(deployed(on_demand())), on_demand(), ASKED) is None
    assert opening(baseline(), provisioned(), ASKED) is None


def rare_peak(units: float = 900) -> Baseline:
    """A peak of an hour in two weeks on auto scaling without a seed: on-demand mode is by far the cheapest."""
    scaled = AutoScaling(300, 3_000)
    rare = spike(flat(1), datetime(2026, 7, 1, 9, tzinfo=UTC), 60, units)
    return baseline(deployed(provisioned(scaled, scaled, scaled)), traffic(rare, rare, rare))


def test_opening_of_an_auto_scaled_table_arms_units_above_what_auto_scaling_may_have_reached() -> None:
    """A Table's units are sent at once (CG18): lower ones would cut it, and equal ones would be refused."""
    found = rare_peak()
    assert found.deployed is not None
    structure = replace(STRUCTURE, kind=TableKind.TABLE)
    table = replace(found, deployed=replace(found.deployed, structure=structure))
    opened = opening(table, on_demand(), ASKED)
    assert opened is not None
    assert opened.throughput(INDEX_WRITE) == AutoScaling(900, 3_001, seed=3_001)
    assert not refusing(judge(table, opened, ASKED))
    assert not refusing(judge(after(table, opened), on_demand(), ASKED))


def test_opening_expects_none_where_a_rule_refuses_the_deployment_itself() -> None:
    """A table that throttles by its own recording: CG16 refuses every transition that is not a relief."""
    found = rare_peak()
    assert found.deployed is not None
    assert found.traffic is not None
    events = array("d", [50.0]) * 403 + array("d", [0.0]) * (found.traffic.minutes - 403)
    noisy = replace(
        found, traffic=replace(found.traffic, throttled={**found.traffic.throttled, INDEX_WRITE: events})
    )
    assert opening(noisy, on_demand(), ASKED) is None


def test_deployments_that_may_open_a_switch_start_with_units_within_their_bounds() -> None:
    """The second carries the peak of 900 at the margin without auto scaling."""
    first, second = _candidates(rare_peak(), on_demand(), ASKED)
    for capacity, floor in ((first, 900), (second, 1_170)):
        assert capacity.throughput(INDEX_WRITE) == AutoScaling(floor, 3_000, seed=floor)


@pytest.mark.slow
def test_recommend_when_a_switch_has_no_way_back_advises_the_deployment_that_opens_it() -> None:
    found = recommend(rare_peak(), ASKED)
    assert found.options[0].capacity.is_on_demand
    (refused,) = found.refused
    assert refused.option is found.options[0] is found.final
    assert {"CG7", "CG15"} <= {finding.rule for finding in refused.findings}
    assert found.chosen is not None
    assert refused.opened_by == found.chosen.capacity
    assert found.chosen.saving.low < 0  # it is dearer for the time in between
    text = recommendation_text(found)
    assert "  refused      on-demand at " in text
    assert "the first step below opens it" in text
    assert "it costs more for the time in between" in text
    opened = recommend(after(found.baseline, found.chosen.capacity), ASKED)
    assert opened.chosen is not None
    assert opened.chosen.capacity.is_on_demand
    assert opened.refused == ()


@pytest.mark.slow
def test_recommend_within_a_change_window_needs_no_floor_for_the_hours_outside() -> None:
    """The peak is on a Wednesday, five units above the floor; on Sunday mornings that carries the traffic."""
    every_hour = recommend(rare_peak(305), ASKED).chosen
    window = replace(ASKED, change_window=ChangeWindow("Sun 06-10 Europe/Berlin"))
    sunday = recommend(rare_peak(305), window).chosen
    assert every_hour is not None
    assert sunday is not None
    floors = [option.capacity.throughput(INDEX_WRITE) for option in (every_hour, sunday)]
    assert [floor.minimum for floor in floors if isinstance(floor, AutoScaling)] == [305, 300]


@pytest.mark.slow
def test_recommend_when_no_deployment_opens_the_cheapest_names_it_and_the_reason() -> None:
    """A table that throttles by its own recording: CG16 refuses every transition until somebody decides."""
    carried = rare_peak().traffic
    assert carried is not None
    events = array("d", [50.0]) * 403 + array("d", [0.0]) * (carried.minutes - 403)
    noisy = replace(carried, throttled={**carried.throttled, INDEX_WRITE: events})
    found = recommend(replace(rare_peak(), traffic=noisy), ASKED)
    assert [refused.opened_by for refused in found.refused if refused.option.capacity.is_on_demand] == [None]
    assert "CG16: " in recommendation_text(found)
    assert "no deployment was found that opens it" in recommendation_text(found)
    document = found.to_json()["refused"]
    assert document[0]["opened_by"] is None
    assert any(line.startswith("CG16 ") for line in document[0]["findings"])


def walked(first: Baseline, asked: Asked) -> tuple[list[Recommendation], Baseline]:
    """Advice followed step by step: each deployment is made, and recorded again with the same traffic."""
    steps, current = [recommend(first, asked)], first
    while (chosen := steps[-1].chosen) is not None:
        assert len(steps) < 16
        current = after(current, chosen.capacity)
        steps.append(recommend(current, asked))
    return steps, current


def assert_walk_ends_at_the_cheapest(first: Baseline, asked: Asked) -> None:
    steps, end = walked(first, asked)
    closed = [refused.option.capacity for refused in steps[0].refused if refused.opened_by is None]
    named = [option for option in steps[0].options if option.capacity not in closed]
    if steps[0].chosen is None or not named:
        return
    last = steps[-1]
    assert not last.throttled
    assert not last.refused
    cheapest = min(named, key=lambda option: option.hour.high)
    # It stops where the rest saves less than the threshold for certain.
    assert last.today.hour.low - cheapest.hour.high <= asked.threshold / 730 + 1e-9
    assert is_deployed(end, cheapest.capacity) or last.why.startswith("nothing saves")


@pytest.mark.slow
def test_advice_for_an_idle_index_with_auto_scaling_is_not_led_away_to_on_demand() -> None:
    """Fixed units are the cheapest for it, far below the maximum: each step keeps half of both bounds."""
    scaled = AutoScaling(50, 100, seed=50)
    was = replace(provisioned(scaled, 100, 100), indexes={INDEX: Provisioned(scaled, scaled)})
    first = baseline(deployed(was), traffic(flat(0), flat(50), flat(50)))
    steps, end = walked(first, replace(ASKED, threshold=1.0))
    assert [step.refused for step in steps] == [()] * len(steps)
    assert end.deployed is not None
    assert not end.deployed.template.is_on_demand
    assert_walk_ends_at_the_cheapest(first, replace(ASKED, threshold=1.0))


@pytest.mark.slow
@settings(max_examples=6, deadline=None)
@given(recorded())
def test_advice_that_is_followed_ends_at_the_cheapest_that_it_named(first: Baseline) -> None:
    assert_walk_ends_at_the_cheapest(first, replace(Asked(first.recording.at), threshold=1.0))


@pytest.mark.slow
@pytest.mark.parametrize("file", sorted(BASELINES.glob("*/*/conversations.json")), ids=str)
@pytest.mark.parametrize("kind", ["fixed", "scaled", "recorded"])
def test_advice_of_a_recorded_table_that_is_followed_ends_at_the_cheapest(file: Path, kind: str) -> None:
    first = Baseline.load(file)
    assert first.deployed is not None
    assert first.traffic is not None
    if kind != "recorded":
        peak = math.ceil(
            max(max(filter(math.isfinite, units)) for units in first.traffic.consumed.values()) / 60
        )
        units = 2 * peak if kind == "fixed" else AutoScaling(max(1, peak // 5), 2 * peak)
        was = Capacity.provisioned(
            read=units,
            write=units,
            indexes={name: Provisioned(read=units, write=units) for name in first.deployed.live.indexes},
        )
        first = replace(first, deployed=replace(deployed(was), structure=first.deployed.structure))
    assert_walk_ends_at_the_cheapest(first, Asked(first.recording.at))


SEEDS = [43, 53, 100, 138, 191]
"""Tables whose advice ended at a dearer capacity, or at one that throttles: the half-way step throttled though what it led to
did not; warm throughput without room for the busiest second; idle auto scaling counted as lowered; and a capacity that the
rules accepted only while the table throttled."""


@pytest.mark.sampled(every=5)
@pytest.mark.parametrize("seed", SEEDS)
def test_advice_of_a_made_up_table_that_is_followed_ends_at_the_cheapest_of_all(seed: int) -> None:
    first, asked = made_up(seed), replace(ASKED, threshold=1.0)
    steps, _ = walked(first, asked)
    last = steps[-1]
    assert not last.throttled
    assert not last.refused
    cheapest = min(option.hour.high for option in steps[0].options)
    assert last.today.hour.low - cheapest <= asked.threshold / 730 + 1e-9
