"""One model of traffic: the cases in which two models once disagreed, and one whose fixes never ended.

Two rules once judged the same traffic by two models: CG5 refused what CG14 carried. And CG7 asked for a capacity that CG5
refused, whose fix CG7 refused again, for the lowering of a maximum that is not used.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from capacity_guard.capacity import AutoScaling, Margins
from capacity_guard.rules import Case, Finding, Level, evaluate
from capacity_guard.rules.after_deployment import after
from tests.builders.cases import (
    INDEX_WRITE,
    TUESDAY_EVENING,
    baseline,
    case,
    deployed,
    findings,
    flat,
    provisioned,
    spike,
    traffic,
)

HOUR = TUESDAY_EVENING.replace(minute=0)


def refusing(judged: Case, rule: str) -> list[Finding]:
    return [
        found
        for found in findings(judged, rule)
        if found.dimension == INDEX_WRITE and found.level is Level.ERROR
    ]


def figure(finding: Finding, label: str) -> str:
    (value,) = [figure.value for figure in finding.figures if figure.label == label]
    return value


def assert_one_model(judged: Case) -> bool:
    """CG5 refuses the declared capacity exactly where CG14 does, by the same units. Returns whether both do."""
    declared = [
        finding
        for finding in refusing(judged, "CG14")
        if finding.title == "in a replay, the change throttles recorded traffic"
    ]
    too_small = refusing(judged, "CG5")
    assert len(declared) == len(too_small) <= 1
    for of_cg14, of_cg5 in zip(declared, too_small, strict=True):
        assert figure(of_cg14, "throttled") == figure(of_cg5, "not carried")
    return bool(too_small)


@pytest.mark.parametrize(
    ("floor", "refused"),
    [(600, True), (640, True), (660, True), (680, False), (700, False), (740, False), (800, False)],
)
def test_floor_that_one_rule_refuses_for_recorded_traffic_the_other_refuses_by_the_same_units(
    floor: int, refused: bool
) -> None:
    """400 writes a second, and 1,000 for twelve minutes; auto scaling raises too late from a floor below 680."""
    series = spike(flat(400), HOUR, 12, 1_000)
    was = deployed(provisioned(AutoScaling(3_000, 4_000)))
    judged = case(provisioned(AutoScaling(floor, 4_000)), baseline(was, traffic(series)))
    assert assert_one_model(judged) is refused


@pytest.mark.sampled(every=6)
@pytest.mark.parametrize(
    ("over", "refused"),
    [(1, False), (50, False), (200, False), (2_000, True), (20_000, True), (100_000, True)],
)
def test_shortage_of_an_hour_is_refused_by_both_rules_beyond_the_budget_and_by_none_within(
    over: int, refused: bool
) -> None:
    """An hour that exceeds the fixed units and the burst of five minutes by some writes, of 3.9 million."""
    rate = 1_000 + (300_000 + over) / 3_600
    series = spike(flat(900), HOUR, 60, rate)
    margins = Margins(headroom=1.0)
    judged = case(
        provisioned(1_000), baseline(deployed(provisioned(3_000)), traffic(series)), margins=margins
    )
    assert assert_one_model(judged) is refused


@pytest.mark.parametrize(
    ("was", "now"),
    [
        (AutoScaling(640, 4_000), AutoScaling(640, 3_500)),
        (AutoScaling(640, 40_000), AutoScaling(640, 20_000)),
    ],
)
def test_maximum_that_is_not_used_when_it_is_lowered_is_no_finding(
    was: AutoScaling, now: AutoScaling
) -> None:
    """What throttles today, because auto scaling comes late, is no fault of a maximum that it never reaches."""
    series = spike(flat(400), HOUR, 12, 1_000)
    judged = case(provisioned(now), baseline(deployed(provisioned(was)), traffic(series)))
    assert judged.in_transition
    assert not judged.is_relief
    assert evaluate(judged) == ()


def test_lowering_an_unused_maximum_ends_whatever_is_deployed_before_it() -> None:
    """It was refused by CG7, then with its fix by CG5, and with that of CG5 by CG7 again."""
    series = spike(flat(400), HOUR, 12, 1_000)
    was = AutoScaling(640, 4_000)
    recorded = baseline(deployed(provisioned(was)), traffic(series))
    seeded = replace(was, seed=1_000)  # what CG7 once asked to be deployed first
    first = case(provisioned(seeded), recorded)
    assert not first.in_transition  # the seed of a GlobalTable alone is not sent
    assert [found for found in evaluate(first) if found.level is Level.ERROR] == []
    again = after(recorded, provisioned(seeded))
    for now in (replace(seeded, maximum=3_500), AutoScaling(667, 3_500, seed=1_000)):
        judged = case(provisioned(now), again)
        assert judged.in_transition
        assert [found.line() for found in evaluate(judged) if found.level is Level.ERROR] == []
