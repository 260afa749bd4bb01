"""Conditions that need neither a replay nor the live table: each boundary, and the same verdict of rule and gate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from capacity_guard.capacity import (
    AutoScaling,
    Capacity,
    Deployed,
    Dimension,
    Margins,
    Provisioned,
    Structure,
    TableKind,
    Transition,
    Units,
)
from capacity_guard.capacity.capacity import minimum_of
from capacity_guard.capacity.change_conditions import (
    AgeProblem,
    DecreaseWait,
    Shortfall,
    age_problem,
    decrease_wait,
    decreases_needed,
    next_free_switch,
    start_shortfall,
    way_back_shortfall,
)
from capacity_guard.dynamodb.describe_table import LiveTable
from capacity_guard.evidence.provenance import History
from capacity_guard.handlers.cloudformation_conditions import check_sent_units, check_way_back
from capacity_guard.handlers.live_state import LiveState
from capacity_guard.handlers.live_traffic import LiveTraffic
from capacity_guard.handlers.quota_conditions import check_decrease_quota, check_switch_quota
from capacity_guard.handlers.stack_names import StackNames
from capacity_guard.handlers.table_conditions import check_baseline_age
from capacity_guard.rules import Case
from tests.builders.cases import baseline, case, deployed, findings, flat, on_demand, provisioned, traffic
from tests.handlers.gate_world import STACK_ID, a_plan

NOW = datetime(2026, 7, 9, 16, 0, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
READ, WRITE = Dimension(None, "read"), Dimension(None, "write")
ON_DEMAND = Capacity.on_demand()


def scaled(minimum: int, maximum: int, seed: int | None = None) -> Capacity:
    return Capacity.provisioned(read=100, write=AutoScaling(minimum, maximum, 70, seed))


def fixed(read: int = 100, write: int = 100) -> Capacity:
    return Capacity.provisioned(read=read, write=write)


def transition(
    template: Capacity, declared: Capacity, kind: TableKind = TableKind.GLOBAL_TABLE
) -> Transition:
    return Transition(
        "T", Deployed(template, template, {}, {}, structure=Structure(kind, "id:S HASH")), declared
    )


@pytest.mark.parametrize(
    ("recorded_at", "until", "expected"),
    [
        (NOW - DAY, NOW - DAY, None),
        (NOW - 14 * DAY, NOW - 14 * DAY, None),
        (NOW - 14 * DAY, NOW - 14 * DAY - timedelta(minutes=1), AgeProblem.OLD),
        (NOW + timedelta(minutes=5), NOW - DAY, None),
        (NOW + timedelta(minutes=6), NOW - 15 * DAY, AgeProblem.FUTURE),
    ],
)
def test_age_when_at_its_limits(recorded_at: datetime, until: datetime, expected: AgeProblem | None) -> None:
    assert age_problem(recorded_at, until, NOW, Margins()) is expected


@pytest.mark.parametrize(
    ("declared", "kind", "traffic_units", "expected"),
    [
        (scaled(50, 500, 200), TableKind.GLOBAL_TABLE, 200, None),
        (scaled(50, 500, 200), TableKind.GLOBAL_TABLE, 201, Shortfall(200)),
        (scaled(300, 500, 200), TableKind.GLOBAL_TABLE, 201, None),
        (scaled(300, 500, 200), TableKind.TABLE, 201, Shortfall(200)),
        (scaled(300, 500, 200), TableKind.GLOBAL_TABLE, None, None),
        (scaled(300, 500), TableKind.GLOBAL_TABLE, None, Shortfall(None)),
        (scaled(300, 500), TableKind.TABLE, 301, Shortfall(None)),
        (fixed(write=99), TableKind.GLOBAL_TABLE, 100, Shortfall(99)),
        (ON_DEMAND, TableKind.GLOBAL_TABLE, 100, None),
    ],
)
def test_start_when_the_mode_switches_to_provisioned(
    declared: Capacity, kind: TableKind, traffic_units: float | None, expected: Shortfall | None
) -> None:
    assert start_shortfall(transition(ON_DEMAND, declared, kind), WRITE, traffic_units) == expected
    assert start_shortfall(transition(ON_DEMAND, declared, kind), Dimension("none", "read"), 1) is None


@pytest.mark.parametrize(
    ("template", "declared", "traffic_units", "expected"),
    [
        (scaled(50, 500, 200), ON_DEMAND, 200, None),
        (scaled(50, 500, 200), ON_DEMAND, 201, Shortfall(200)),
        (scaled(50, 500, 200), ON_DEMAND, None, None),
        (scaled(50, 500), ON_DEMAND, None, Shortfall(None)),
        (fixed(write=99), ON_DEMAND, 100, Shortfall(99)),
        (scaled(50, 500), scaled(60, 500), 1_000, None),
        (fixed(), fixed(write=200), 101, Shortfall(100)),
        (Capacity.on_demand(maximum=Units(write=99)), scaled(50, 500, 50), 100, Shortfall(99)),
        (ON_DEMAND, scaled(50, 500, 50), 100, None),
    ],
)
def test_way_back_when_it_re_sends_too_little(
    template: Capacity, declared: Capacity, traffic_units: float | None, expected: Shortfall | None
) -> None:
    assert way_back_shortfall(transition(template, declared), WRITE, traffic_units) == expected
    assert way_back_shortfall(Transition("T", None, declared), WRITE, 1_000) is None


@pytest.mark.parametrize(
    ("kind", "was", "becomes", "expected"),
    [
        (TableKind.TABLE, (100, 500), (200, 500), (1, 1)),
        (TableKind.TABLE, (200, 500), (100, 500), (1, 0)),
        # sent, then raised to the new minimum: a decrease on the way forward, and one on the way back
        (TableKind.TABLE, (100, 500), (200, 600), (1, 1)),
        (TableKind.GLOBAL_TABLE, (100, 500), (200, 500), (0, 1)),
        (TableKind.GLOBAL_TABLE, (100, 500), (100, 600), (0, 0)),
    ],
)
def test_decreases_of_units_that_are_sent_below_the_minimum(
    kind: TableKind, was: tuple[int, int], becomes: tuple[int, int], expected: tuple[int, int]
) -> None:
    template, declared = (
        Capacity.provisioned(read=read, write=AutoScaling(minimum, 1_000, 70, 300))
        for read, minimum in (was, becomes)
    )
    changed = transition(template, declared, kind)
    assert decreases_needed(changed, "table", {"read": was[0], "write": 500}) == expected


def test_switch_when_the_quota_is_spent_is_free_a_day_after_the_first() -> None:
    switched = transition(fixed(), ON_DEMAND)
    times = [NOW - 23 * HOUR, NOW - 3 * HOUR, NOW - 2 * HOUR, NOW - HOUR]
    assert next_free_switch(switched, times, NOW) == NOW + HOUR
    assert next_free_switch(switched, times[1:], NOW) is None
    assert next_free_switch(switched, [NOW - 24 * HOUR, *times[1:]], NOW) is None
    assert next_free_switch(switched, times[-1:], NOW, are_all_known=False) == NOW + 23 * HOUR
    assert next_free_switch(switched, [], NOW, are_all_known=False) is None
    assert next_free_switch(transition(fixed(), fixed(200)), times, NOW) is None


@pytest.mark.parametrize(
    ("template", "declared", "units", "expected"),
    [
        (fixed(), fixed(50), {"read": 100, "write": 100}, (1, 0)),
        (fixed(), fixed(200), {"read": 100, "write": 100}, (0, 1)),
        (fixed(), fixed(50, 200), {"read": 100, "write": 100}, (1, 1)),
        (scaled(50, 500), scaled(50, 400), {"read": 100, "write": 300}, (0, 0)),
        (scaled(50, 500), scaled(50, 200), {"read": 100, "write": 300}, (1, 0)),
        (fixed(), ON_DEMAND, {"read": 100, "write": 100}, (0, 0)),
        (ON_DEMAND, fixed(), {}, (0, 1)),
    ],
)
def test_decreases_when_counted(
    template: Capacity, declared: Capacity, units: Mapping[Any, int], expected: tuple[int, int]
) -> None:
    assert decreases_needed(transition(template, declared), "table", units) == expected


MIDNIGHT = datetime(2026, 7, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("needed", "today", "last", "expected"),
    [
        (0, 30, None, None),
        (1, 3, None, None),
        (2, 3, NOW - DAY, DecreaseWait(MIDNIGHT, True)),
        (1, 4, None, DecreaseWait(NOW + HOUR, False)),
        (1, 4, NOW - timedelta(minutes=20), DecreaseWait(NOW + timedelta(minutes=40), False)),
        (1, 4, NOW - HOUR, None),
        (1, 26, NOW - HOUR, None),
        (1, 27, NOW - HOUR, DecreaseWait(MIDNIGHT, True)),
    ],
)
def test_decrease_when_the_quota_is_spent_waits(
    needed: int, today: int, last: datetime | None, expected: DecreaseWait | None
) -> None:
    assert decrease_wait(needed, today, last, NOW) == expected


# --- rule and gate: the recording and the live table show the same


INDEX_WRITE = Dimension("by_agent", "write")
INDEXED = TableKind.GLOBAL_TABLE


def judged_by_rule(
    template: Capacity, declared: Capacity, units: float, history: History, recorded_at: datetime
) -> Case:
    units_now = {
        key: Units(minimum_of(capacity.read), minimum_of(capacity.write))
        for key, capacity in template.resources()
        if isinstance(capacity, Provisioned)
    }
    was = replace(deployed(template, units=units_now), structure=Structure(INDEXED, "id:S HASH"))
    recorded = baseline(
        was,
        traffic(flat(units), flat(units), flat(units)),
        history=history,
        recording=replace(baseline().recording, at=recorded_at),
    )
    return case(declared, recorded, now=NOW)


def judged_by_gate(judged: Case, switches: tuple[datetime, ...], decreases: int) -> LiveState:
    """The live state that shows what the case recorded."""
    assert judged.recorded is not None
    assert judged.transition is not None
    assert judged.transition.deployed is not None
    assert judged.evidence is not None
    now = judged.transition.deployed
    plan = replace(
        a_plan(),
        transition=judged.transition,
        recorded_at=judged.recorded.recording.at,
        evidence=judged.evidence,
        margins=judged.margins,
    )

    def described(index: str | None) -> dict[str, Any]:
        read, write = (now.provisioned_now(Dimension(index, access)) or 0 for access in ("read", "write"))
        return {
            "ProvisionedThroughput": {
                "ReadCapacityUnits": read,
                "WriteCapacityUnits": write,
                "NumberOfDecreasesToday": decreases,
                **({"LastDecreaseDateTime": NOW} if decreases else {}),
            }
        }

    mode = {"BillingModeSummary": {"BillingMode": now.live.billing_mode.value}}
    index = {"IndexName": "by_agent", "IndexStatus": "ACTIVE", **described("by_agent")}
    table = LiveTable.of(
        {
            "TableName": "t",
            "TableStatus": "ACTIVE",
            **described(None),
            **mode,
            "GlobalSecondaryIndexes": [index],
        }
    )
    minute = NOW - timedelta(minutes=5)
    consumed = {
        dimension: {minute: peak.units * 60}
        for dimension in table.dimensions()
        if (peak := judged.evidence.peak(dimension)) is not None
    }
    flowing = LiveTraffic(NOW, consumed, {dimension: {} for dimension in table.dimensions()})
    return LiveState(plan, NOW, STACK_ID, StackNames("t", {}), table, traffic=flowing, switches=switches)


SWITCHED_NOW = tuple(NOW - minutes * timedelta(minutes=1) for minutes in (50, 40, 30, 20))
SEEDED = AutoScaling(600, 4_000, 70, 1_000)
FREE = on_demand()
PROVISIONED = provisioned(4_000, 4_000, 4_000)

VERDICTS: dict[str, tuple[Any, ...]] = {
    # name: rule, condition of the gate, template, declared, traffic, days since the recording, switches, decreases, refused
    "young": ("CG2", check_baseline_age, FREE, PROVISIONED, 100, 1, (), 0, False),
    "old": ("CG2", check_baseline_age, FREE, PROVISIONED, 100, 15, (), 0, True),
    "of tomorrow": ("CG2", check_baseline_age, FREE, PROVISIONED, 100, -1, (), 0, True),
    "seed that carries": (
        "CG5",
        check_sent_units,
        FREE,
        provisioned(SEEDED, 4_000, 4_000),
        1_000,
        1,
        (),
        0,
        False,
    ),
    "seed too low": (
        "CG5",
        check_sent_units,
        FREE,
        provisioned(replace(SEEDED, seed=900), 4_000, 4_000),
        1_000,
        1,
        (),
        0,
        True,
    ),
    "seed below a minimum that carries": (
        "CG5",
        check_sent_units,
        FREE,
        provisioned(AutoScaling(2_000, 4_000, 70, 900), 4_000, 4_000),
        1_000,
        1,
        (),
        0,
        False,
    ),
    "no seed": (
        "CG5",
        check_sent_units,
        FREE,
        provisioned(replace(SEEDED, seed=None), 4_000, 4_000),
        1_000,
        1,
        (),
        0,
        True,
    ),
    "fixed units too low": (
        "CG5",
        check_sent_units,
        FREE,
        provisioned(900, 4_000, 4_000),
        1_000,
        1,
        (),
        0,
        True,
    ),
    "way back that carries": (
        "CG7",
        check_way_back,
        provisioned(SEEDED, 4_000, 4_000),
        FREE,
        1_000,
        1,
        (),
        0,
        False,
    ),
    "way back too low": (
        "CG7",
        check_way_back,
        provisioned(replace(SEEDED, seed=900), 4_000, 4_000),
        FREE,
        1_000,
        1,
        (),
        0,
        True,
    ),
    "no way back": (
        "CG7",
        check_way_back,
        provisioned(replace(SEEDED, seed=None), 4_000, 4_000),
        FREE,
        1_000,
        1,
        (),
        0,
        True,
    ),
    "switch quota of the way back": (
        "CG7",
        check_switch_quota,
        FREE,
        PROVISIONED,
        100,
        1,
        SWITCHED_NOW,
        0,
        True,
    ),
    "switch quota of the change": (
        "CG7",
        check_switch_quota,
        PROVISIONED,
        FREE,
        100,
        1,
        SWITCHED_NOW,
        0,
        True,
    ),
    "no switch yet": ("CG7", check_switch_quota, FREE, PROVISIONED, 100, 1, (), 0, False),
    "three decreases": (
        "CG7",
        check_decrease_quota,
        PROVISIONED,
        provisioned(3_000, 4_000, 4_000),
        100,
        0,
        (),
        3,
        False,
    ),
    "four decreases": (
        "CG7",
        check_decrease_quota,
        PROVISIONED,
        provisioned(3_000, 4_000, 4_000),
        100,
        0,
        (),
        4,
        True,
    ),
    "no decrease left": (
        "CG7",
        check_decrease_quota,
        PROVISIONED,
        provisioned(3_000, 4_000, 4_000),
        100,
        0,
        (),
        27,
        True,
    ),
    "decrease of the way back of a raise": (
        "CG7",
        check_decrease_quota,
        PROVISIONED,
        provisioned(5_000, 4_000, 4_000),
        100,
        0,
        (),
        4,
        True,
    ),
    "maximum alone": (
        "CG7",
        check_decrease_quota,
        provisioned(AutoScaling(600, 4_000), 4_000, 4_000),
        provisioned(AutoScaling(600, 3_500), 4_000, 4_000),
        100,
        0,
        (),
        27,
        False,
    ),
    "decrease beside an increase": (
        "CG7",
        check_decrease_quota,
        PROVISIONED,
        Capacity.provisioned(read=4_000, write=4_000, indexes={"by_agent": Provisioned(5_000, 3_000)}),
        100,
        0,
        (),
        3,
        True,
    ),
}


@pytest.mark.sampled(every=4)
@pytest.mark.parametrize("name", VERDICTS)
def test_rule_and_gate_when_they_see_the_same_have_the_same_verdict(name: str) -> None:
    rule, condition, template, declared, units, days, switches, decreases, refused = VERDICTS[name]
    history = History(switches[-1] if switches else None, {"table": decreases, "index/by_agent": decreases})
    judged = judged_by_rule(template, declared, units, history, NOW - days * DAY)
    assert bool(findings(judged, rule)) is refused
    assert bool(list(condition(judged_by_gate(judged, switches, decreases)))) is refused
