"""Raises of warm throughput: what is below its target, how long a raise takes, and its command."""

from __future__ import annotations

import pytest

from capacity_guard.capacity import (
    Capacity,
    OnDemand,
    Units,
)
from capacity_guard.handlers.aws import GateAws
from capacity_guard.handlers.live_table import read_table
from capacity_guard.handlers.warm import WarmRaise, find_raises, find_rising, is_only_change
from tests.handlers.gate_world import (
    INDEX,
    ON_DEMAND,
    PROVISIONED,
    TABLE_NAME,
    WARM,
    a_plan,
    a_relief,
    an_aws,
)


@pytest.mark.parametrize(
    ("live", "target", "seconds"),
    [(4_000, 4_001, 514), (4_000, 8_000, 514), (4_000, 8_001, 1_028), (5, 6_240, 1_542), (1, 40_000, 3_084)],
)
def test_estimate_when_throughput_doubles_counts_each_doubling(live: int, target: int, seconds: int) -> None:
    assert WarmRaise("table", {"write": live}, {"write": target}, False).seconds == seconds


def test_estimate_when_any_target_within_the_default_quota_fits_into_a_gate() -> None:
    coldest = WarmRaise("table", {"read": 1, "write": 1}, {"read": 40_000, "write": 40_000}, False)
    assert not coldest.is_too_long


def test_raises_when_found_leave_out_what_is_warm_enough_and_indexes_that_do_not_exist() -> None:
    declared = Capacity.on_demand(
        warm=Units(read=13_000, write=3_000),
        indexes={"by_agent": OnDemand(warm=Units(write=6_240)), "by_day": OnDemand(warm=Units(write=9_000))},
    )
    plan = a_plan(declared)
    aws = an_aws(plan)
    aws.resources[INDEX].warm_status = "UPDATING"
    table = read_table(GateAws(aws.clients()), TABLE_NAME)
    assert find_raises(plan, table) == [
        WarmRaise("table", {"read": 12_000}, {"read": 13_000}, False),
        WarmRaise(INDEX, {"write": 4_000}, {"write": 6_240}, True),
    ]
    assert find_rising(table) == [INDEX]


def test_raise_when_shown_has_a_text_and_a_command() -> None:
    of_table = WarmRaise("table", {"read": 5, "write": 5}, {"read": 15_000, "write": 7_000}, False)
    assert of_table.text == "table, read 5 to 15,000, write 5 to 7,000"
    assert of_table.command("Orders", "eu-west-1") == (
        "aws dynamodb update-table --region eu-west-1 --table-name Orders "
        "--warm-throughput ReadUnitsPerSecond=15000,WriteUnitsPerSecond=7000"
    )
    of_index = WarmRaise(INDEX, {"write": 4_000}, {"write": 6_240}, False)
    assert of_index.command("Orders", "eu-west-1").endswith(
        '\'[{"Update":{"IndexName":"by_agent","WarmThroughput":{"WriteUnitsPerSecond":6240}}}]\''
    )


def test_only_change_when_anything_else_changes_is_false() -> None:
    assert is_only_change(a_plan(WARM, ON_DEMAND))
    assert not is_only_change(a_plan(WARM, PROVISIONED))
    assert not is_only_change(a_relief())


@pytest.mark.parametrize(("target", "is_too_long"), [(40_000, False), (100_000_000, True)])
def test_estimate_when_it_exceeds_the_time_of_the_gate_is_too_long(target: int, is_too_long: bool) -> None:
    assert WarmRaise("table", {"write": 1}, {"write": target}, False).is_too_long is is_too_long
