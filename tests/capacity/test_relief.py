"""Why a return to the capacity deployed before is not a relief: its time, and the traffic."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from capacity_guard.capacity import AutoScaling, Capacity, Deployed, Margins, TableKind, Transition, Units
from capacity_guard.capacity.capacity import Throughput
from capacity_guard.capacity.relief import return_obstacles

AT = datetime(2026, 7, 9, tzinfo=UTC)


def provisioned(write: Throughput) -> Capacity:
    return Capacity.provisioned(read=100, write=write)


def obstacles(
    before: Capacity,
    back: Capacity,
    traffic: float | None = 300,
    replaced_at: datetime | None = AT,
    provisioned_now: float | None = None,
) -> list[str]:
    units = {} if before.is_on_demand else {"table": Units(100, 400)}
    deployed = Deployed(before, before, units, {}, back, replaced_at=replaced_at)
    transition = Transition("t", deployed, back, declared_kind=TableKind.GLOBAL_TABLE)
    assert transition.is_return
    return list(
        return_obstacles(
            transition,
            Margins(),
            AT,
            lambda dimension: 50.0 if dimension.access == "read" else traffic,
            None if provisioned_now is None else lambda dimension: provisioned_now,
        )
    )


@pytest.mark.parametrize(
    ("back", "served"),
    [
        (provisioned(300), None),
        (provisioned(299), 299),
        (provisioned(AutoScaling(10, 900, seed=300)), None),
        (provisioned(AutoScaling(10, 900, seed=299)), 299),
        (provisioned(AutoScaling(300, 900, seed=10)), None),  # auto scaling lifts it to its minimum
        (provisioned(AutoScaling(300, 900)), 0),  # without a seed there is nothing to start with
    ],
)
def test_return_to_provisioned_carries_what_it_sends(back: Capacity, served: int | None) -> None:
    expected = (
        [] if served is None else [f"table, write: it serves {served} a second at once, the traffic is 300"]
    )
    assert obstacles(Capacity.on_demand(), back) == expected


def test_return_to_on_demand_carries_its_ceiling() -> None:
    before, back = provisioned(400), Capacity.on_demand()
    assert obstacles(before, back, 4_000) == []
    assert "serves 4,000 a second" in obstacles(before, back, 4_001)[0]
    assert "serves 200 a second" in obstacles(before, Capacity.on_demand(maximum=Units(write=200)))[0]


def test_return_of_the_bounds_alone_keeps_the_units_within_them() -> None:
    before, back = provisioned(AutoScaling(100, 900)), provisioned(AutoScaling(10, 500))
    assert obstacles(before, back, 400) == []
    assert "serves 400 a second" in obstacles(before, back, 401)[0]
    assert obstacles(before, back, 500, provisioned_now=800) == []
    assert "serves 500 a second" in obstacles(before, back, 501, provisioned_now=800)[0]


def test_return_when_the_traffic_is_unknown_is_no_relief() -> None:
    assert obstacles(Capacity.on_demand(), provisioned(300), None) == ["table, write: its traffic is unknown"]


@pytest.mark.parametrize(
    ("replaced_at", "text"),
    [
        (AT - timedelta(days=7), None),
        (
            AT - timedelta(days=7, minutes=1),
            "replaced 2026-07-01 23:59 UTC, and a return is a relief until 2026-07-08 23:59",
        ),
        (AT + timedelta(hours=20), None),  # a synthesis judges by the beginning of its day
        (AT + timedelta(days=2), "a return is a relief until"),
        (None, "does not say when"),
    ],
)
def test_return_is_a_relief_from_the_change_on_for_a_week(
    replaced_at: datetime | None, text: str | None
) -> None:
    found = obstacles(Capacity.on_demand(), provisioned(300), replaced_at=replaced_at)
    assert found == [] if text is None else text in found[0]


def test_transition_that_is_no_return_is_not_one_to_an_empty_capacity_before() -> None:
    deployed = Deployed(provisioned(400), provisioned(400), {}, {}, provisioned(400), replaced_at=AT)
    same = Transition("t", deployed, provisioned(400))
    assert same.is_empty
    assert not same.is_return
    assert replace(same, declared=provisioned(500)).only_raises


@pytest.mark.parametrize(
    ("kind", "minimum", "served"),
    [
        (TableKind.TABLE, 500, 300),  # the scaling target stays, and does not correct the units that are sent
        (TableKind.TABLE, 600, 500),
        (TableKind.GLOBAL_TABLE, 500, None),
        (TableKind.GLOBAL_TABLE, 600, None),
        (None, 500, 300),
    ],
)
def test_return_that_re_sends_units_below_an_unchanged_minimum_serves_these(
    kind: TableKind | None, minimum: int, served: int | None
) -> None:
    before = Capacity.provisioned(read=200, write=AutoScaling(minimum, 1_000, seed=300))
    back = Capacity.provisioned(read=100, write=AutoScaling(500, 1_000, seed=300))
    deployed = Deployed(before, before, {"table": Units(200, 600)}, {}, back, replaced_at=AT)
    transition = Transition("t", deployed, back, declared_kind=kind)
    found = list(return_obstacles(transition, Margins(), AT, lambda d: 550 if d.access == "write" else 50))
    expected = f"table, write: it serves {served} a second at once, the traffic is 550"
    assert found == ([] if served is None else [expected])
