"""Cases for the tests of the rules: one table with one index and synthetic traffic. Every part can be replaced."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from capacity_guard.capacity import (
    Acknowledgment,
    AutoScaling,
    Capacity,
    ChangeWindow,
    Deployed,
    Dimension,
    InputError,
    Margins,
    OnDemand,
    Provisioned,
    Rollout,
    Units,
)
from capacity_guard.capacity.evidence import MINUTE
from capacity_guard.capacity.structure import Structure, TableKind
from capacity_guard.evidence.baseline import Baseline, NewTable
from capacity_guard.evidence.provenance import History, Recording, TableIdentity
from capacity_guard.evidence.traffic import Traffic
from capacity_guard.rules import Case, Finding, TemplateFacts, evaluate

START = datetime(2026, 6, 25, tzinfo=UTC)
"""First recorded minute: a Thursday."""
DAYS = 14
END = START + timedelta(days=DAYS)
NOW = END + timedelta(hours=15, minutes=40)
TUESDAY_EVENING = datetime(2026, 7, 7, 21, 41, tzinfo=UTC)
"""The busiest minute of the cases that have a peak."""
INDEX = "by_agent"

TABLE_READ, TABLE_WRITE = Dimension(None, "read"), Dimension(None, "write")
INDEX_READ, INDEX_WRITE = Dimension(INDEX, "read"), Dimension(INDEX, "write")
DIMENSIONS = (TABLE_READ, TABLE_WRITE, INDEX_READ, INDEX_WRITE)


def flat(units: float, days: float = DAYS) -> array[float]:
    """The same units per second in every minute."""
    return array("d", [units * 60]) * round(days * 1440)


def spike(series: array[float], at: datetime, minutes: int, units: float) -> array[float]:
    """The series with ``units`` per second in a number of minutes, the first of them ``at``."""
    first = round((at - START) / MINUTE)
    changed = series[:]
    changed[first : first + minutes] = array("d", [units * 60]) * minutes
    return changed


def gap(series: array[float], at: datetime, minutes: int) -> array[float]:
    """The series without data in a number of minutes, the first of them ``at``."""
    return spike(series, at, minutes, float("nan"))


def traffic(
    index_write: array[float] | None = None,
    table_write: array[float] | None = None,
    reads: array[float] | None = None,
    *,
    start: datetime = START,
) -> Traffic:
    """Recorded traffic. A dimension without an argument carries 100 units per second."""
    index_write = flat(100) if index_write is None else index_write
    quiet = flat(100, len(index_write) / 1440)
    consumed = {
        TABLE_READ: quiet if reads is None else reads,
        TABLE_WRITE: quiet if table_write is None else table_write,
        INDEX_READ: quiet if reads is None else reads,
        INDEX_WRITE: index_write,
    }
    return _recorded(start, tuple((dimension, series.tobytes()) for dimension, series in consumed.items()))


@lru_cache(maxsize=32)
def _recorded(start: datetime, consumed: tuple[tuple[Dimension, bytes], ...]) -> Traffic:
    """The same object for the same traffic: its digest and windows, which it remembers, are worked out once for many tests."""
    series = {dimension: array("d", content) for dimension, content in consumed}
    return Traffic(start, series, {d: array("d", [0.0]) * len(units) for d, units in series.items()})


def provisioned(
    index_write: int | AutoScaling = 1_000,
    table_write: int | AutoScaling = 1_000,
    read: int | AutoScaling = 1_000,
) -> Capacity:
    """Provisioned capacity. A dimension without an argument has 1,000 units per second."""
    return Capacity.provisioned(
        read=read, write=table_write, indexes={INDEX: Provisioned(read=read, write=index_write)}
    )


def on_demand(**given: Any) -> Capacity:
    """On-demand capacity of the table and its index."""
    return Capacity.on_demand(**given).for_indexes([INDEX], "capacity")


def deployed(
    template: Capacity,
    *,
    live: Capacity | None = None,
    units: Mapping[str, Units] | None = None,
    warm: Mapping[str, Units] | None = None,
    previous: Capacity | None = None,
) -> Deployed:
    """Deployed capacity. Without ``live`` the live table has what the template states."""
    replaced_at = None if previous is None else END - timedelta(days=1)
    return Deployed(template, live or template, units or {}, warm or {}, previous, replaced_at=replaced_at)


def baseline(was: Deployed | None = None, carried: Traffic | None = None, **given: Any) -> Baseline:
    """A baseline recorded at ``END``; by default of a provisioned table with little traffic."""
    return Baseline(
        **{
            "table": TableIdentity("conversations", "111122223333", "eu-west-1", "Chat", "Conversations"),
            "recording": Recording(END, "capacity-guard record", "CloudWatch"),
            "deployed": was or deployed(provisioned()),
            "traffic": carried or traffic(),
            "history": History(),
            "file": "baselines/conversations.json",
            **given,
        }
    )


def case(declared: Capacity, recorded: Baseline | InputError | None = None, **given: Any) -> Case:
    """A case judged at ``NOW``."""
    return Case(
        **{
            "table": "Conversations",
            "indexes": (INDEX,),
            "declared": declared,
            "baseline": recorded or baseline(),
            "now": NOW,
            "rollout": Rollout(),
            "margins": Margins(),
            "acknowledgments": (),
            **given,
        }
    )


def findings(judged: Case, rule: str) -> list[Finding]:
    """Findings of one rule when all rules judge the case."""
    return [finding for finding in evaluate(judged) if finding.rule == rule]


def accepted(rule: str, **given: Any) -> tuple[Acknowledgment, ...]:
    """An acknowledgment of one rule."""
    return (Acknowledgment(rule, "load test of the night, agreed with the owners", **given),)


STRUCTURE = Structure(
    TableKind.GLOBAL_TABLE,
    "conversation_id:S HASH",
    {INDEX: "agent_id:S HASH; ALL"},
    guard="1a7b.zip",
    properties={"TableClass": "0f12aa"},
)
"""Structure of the table of the cases."""
ALL_WATCHED = ("table", f"index/{INDEX}")
"""The resource keys of a table whose table and index each have an alarm."""


def structure_with_indexes(**indexes: str) -> Structure:
    """``STRUCTURE`` with other indexes, by name."""
    return replace(STRUCTURE, indexes=indexes)


def switch_with_structures(declared: Structure, recorded: Structure | None = STRUCTURE) -> Case:
    """A switch to on-demand of a table whose template states one structure and whose baseline another."""
    was = replace(deployed(provisioned()), structure=recorded)
    facts = TemplateFacts(structure=declared, watched=ALL_WATCHED)
    return case(on_demand(), baseline(was), template=(facts,))


def switch_with_index_peak(units: float, minutes: int = 1) -> Case:
    """A switch to on-demand of an index that carried ``units`` writes per second; a switch and a rollback carry it."""
    series = spike(flat(1_000), TUESDAY_EVENING, minutes, units)
    seeded = AutoScaling(5_000, 5_000, seed=5_000)
    was = deployed(provisioned(AutoScaling(10_000, 10_000, seed=10_000), seeded))
    return case(on_demand(), baseline(was, traffic(series)))


def creation_with_index_peak(units: float) -> Case:
    """A new on-demand table whose index is expected to carry ``units`` writes per second."""
    expected = traffic(spike(flat(100), TUESDAY_EVENING, 1, units))
    new = NewTable("conversations")
    return case(on_demand(), Baseline(new.table, new.recording, None, expected))


def switch_to_provisioned(throughput: int | AutoScaling, minutes: int = 10, peak: float = 2_000) -> Case:
    """A switch to provisioned of an index that carried ``peak`` writes per second in a number of minutes."""
    series = spike(flat(500), TUESDAY_EVENING, minutes, peak)
    return case(provisioned(throughput), baseline(deployed(on_demand()), traffic(series)))


def switch_from_provisioned(
    throughput: int | AutoScaling,
    peak: float,
    window: str | None = None,
    minutes: int = 1,
    at: datetime = TUESDAY_EVENING,
) -> Case:
    """A switch to on-demand of an index that carried ``peak`` writes per second in a number of minutes."""
    series = spike(flat(500), at, minutes, peak)
    rollout = Rollout(change_window=None if window is None else ChangeWindow(window))
    return case(on_demand(), baseline(deployed(provisioned(throughput)), traffic(series)), rollout=rollout)


def index_maximum(units: int, was: int | None = None) -> Case:
    """Another on-demand maximum of an index that carried 1,000 writes per second at most."""
    before = on_demand() if was is None else on_demand(indexes={INDEX: OnDemand(maximum=Units(write=was))})
    series = spike(flat(100), TUESDAY_EVENING, 1, 1_000)
    return case(
        on_demand(indexes={INDEX: OnDemand(maximum=Units(write=units))}),
        baseline(deployed(before), traffic(series)),
    )


def throttled_index(minutes: int, events: float = 25) -> Case:
    """A switch to on-demand of an index with ``events`` write throttle events in each of some minutes of 20,160."""
    carried = traffic()
    series = array("d", [events]) * minutes + array("d", [0.0]) * (carried.minutes - minutes)
    throttled = {**carried.throttled, INDEX_WRITE: series}
    return case(on_demand(), baseline(carried=Traffic(carried.start, carried.consumed, throttled)))


def as_table(judged: Case) -> Case:
    """The case with a table of type AWS::DynamoDB::Table."""
    recorded = judged.recorded
    assert recorded is not None
    assert recorded.deployed is not None
    structure = replace(STRUCTURE, kind=TableKind.TABLE)
    return replace(
        judged,
        baseline=replace(recorded, deployed=replace(recorded.deployed, structure=structure)),
        dialect="table",
    )


def table_to_provisioned(throughput: int) -> Case:
    """A switch to provisioned of an AWS::DynamoDB::Table whose index carried 2,000 writes per second for an hour."""
    return as_table(switch_to_provisioned(throughput, minutes=60))


def table_scaling(units: int) -> AutoScaling:
    """Auto scaling of an AWS::DynamoDB::Table; its seed is the ``ProvisionedThroughput`` of the template."""
    return AutoScaling(100, 2_000, seed=units)


def slow_rise() -> array[float]:
    """Every day from 100 to 2,000 units per second within four hours, and down again within ten."""
    day = (
        [100.0] * 600
        + [100 + 1_900 * minute / 240 for minute in range(240)]
        + [2_000 - 1_900 * minute / 600 for minute in range(600)]
    )
    return array("d", [units * 60 for units in day]) * DAYS
