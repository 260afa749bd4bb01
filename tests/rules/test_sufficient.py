"""The declared capacity, raised until no rule refuses it for what it carries."""

from __future__ import annotations

from dataclasses import replace

import pytest

from capacity_guard.capacity import AutoScaling, TableKind
from capacity_guard.rules import Case, evaluate
from capacity_guard.rules.fix_code import capacity_code
from capacity_guard.rules.model import Dialect
from capacity_guard.rules.replays import with_resource
from capacity_guard.rules.sufficient import sufficient
from tests.builders.cases import (
    DIMENSIONS,
    INDEX_READ,
    INDEX_WRITE,
    TABLE_WRITE,
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


@pytest.mark.sampled(every=8)
@pytest.mark.parametrize("dialect", ["guarded", "table", "table-v2", "l1"])
@pytest.mark.parametrize("throughput", [600, AutoScaling(100, 900, seed=100)], ids=["fixed", "scaled"])
def test_each_printed_capacity_is_whole_and_states_reads_and_writes_right(
    throughput: int | AutoScaling, dialect: Dialect
) -> None:
    """Table and index break reads and writes at once: whichever line is pasted, its table or index is right."""
    busy = spike(flat(500), TUESDAY_EVENING, 60, 2_000)
    judged = case(
        provisioned(throughput, throughput, throughput),
        baseline(deployed(on_demand()), traffic(busy, busy, busy)),
        dialect=dialect,
    )
    raised = sufficient(judged)
    found = [finding for finding in evaluate(judged) if finding.rule in ("CG5", "CG14")]
    assert {(finding.rule, finding.dimension) for finding in found} == {
        (rule, dimension) for rule in ("CG5", "CG14") for dimension in DIMENSIONS
    }
    for finding in found:
        assert finding.dimension is not None
        index = finding.dimension.index
        assert finding.fix == capacity_code(index, raised.of(index), dialect)
        pasted = with_resource(judged.declared, index, raised.of(index))
        for left in evaluate(replace(judged, declared=pasted)):
            if left.rule in ("CG5", "CG14") and left.dimension is not None and left.dimension.index == index:
                # Writes of the table wait for the index, which is not pasted yet: nothing of the table is to be changed.
                assert left.dimension == TABLE_WRITE
                assert left.fix == finding.fix
    assert [f.rule for f in evaluate(replace(judged, declared=raised)) if f.rule in CARRIED] == []


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
