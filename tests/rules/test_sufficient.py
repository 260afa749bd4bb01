"""The declared capacity, raised until no rule refuses it for what it carries."""

from __future__ import annotations

from dataclasses import replace

import pytest

from capacity_guard.capacity import AutoScaling, TableKind
from capacity_guard.rules import Case, evaluate
from capacity_guard.rules.sufficient import sufficient
from tests.builders.cases import (
    INDEX_READ,
    INDEX_WRITE,
    TUESDAY_EVENING,
    as_table,
    baseline,
    case,
    deployed,
    flat,
    index_maximum,
    on_demand,
    provisioned,
    spike,
    switch_to_provisioned,
    traffic,
)

CARRIED = ("CG3", "CG4", "CG5", "CG11", "CG14")


@pytest.mark.parametrize(
    "judged",
    [
        switch_to_provisioned(1_500, minutes=60),
        switch_to_provisioned(AutoScaling(100, 4_000), minutes=60),
        index_maximum(1_299, was=2_000),
    ],
    ids=["fixed", "scaled", "on-demand maximum"],
)
def test_capacity_that_a_rule_prints_is_refused_by_none_of_those_that_print_it(judged: Case) -> None:
    found = [finding for finding in evaluate(judged) if finding.rule in CARRIED]
    assert found
    assert all(finding.deployments == (sufficient(judged),) for finding in found)
    mended = replace(judged, declared=sufficient(judged))
    assert [finding.rule for finding in evaluate(mended) if finding.rule in CARRIED] == []


def test_reads_and_writes_that_are_too_low_are_raised_together() -> None:
    busy = spike(flat(500), TUESDAY_EVENING, 60, 2_000)
    judged = case(provisioned(1_000), baseline(deployed(on_demand()), traffic(busy, reads=busy)))
    raised = sufficient(judged)
    assert raised.throughput(INDEX_READ) == raised.throughput(INDEX_WRITE) == 2_600


def test_minimum_of_a_table_is_raised_and_its_units_are_left() -> None:
    """The units in the template of a Table that is auto-scaled are not edited (CG18)."""
    busy = spike(flat(500), TUESDAY_EVENING, 60, 2_000)
    scaled = AutoScaling(2_900, 4_000, seed=2_900)
    judged = as_table(
        case(
            provisioned(AutoScaling(400, 4_000, seed=2_900)),
            baseline(deployed(provisioned(scaled)), traffic(busy)),
        )
    )
    raised = sufficient(replace(judged, kind=TableKind.TABLE)).throughput(INDEX_WRITE)
    assert isinstance(raised, AutoScaling)
    assert raised.minimum > 400
    assert raised.seed == 2_900
