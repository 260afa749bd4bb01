"""Cases for the rules' tests: one table with one index, synthetic traffic, every part replaceable."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from capacity_guard.capacity import (
    Acknowledgment,
    AutoScaling,
    Capacity,
    Deployed,
    Dimension,
    InputError,
    Margins,
    Provisioned,
    Rollout,
    Units,
)
from capacity_guard.capacity.evidence import MINUTE
from capacity_guard.evidence.baseline import Baseline
from capacity_guard.evidence.provenance import History, Recording, TableIdentity
from capacity_guard.evidence.traffic import Traffic
from capacity_guard.rules import Case, Finding, evaluate

START = datetime(2026, 6, 25, tzinfo=UTC)
"""First recorded minute: a Thursday."""
DAYS = 14
END = START + timedelta(days=DAYS)
NOW = END + timedelta(hours=15, minutes=40)
INDEX = "by_agent"

TABLE_READ, TABLE_WRITE = Dimension(None, "read"), Dimension(None, "write")
INDEX_READ, INDEX_WRITE = Dimension(INDEX, "read"), Dimension(INDEX, "write")
DIMENSIONS = (TABLE_READ, TABLE_WRITE, INDEX_READ, INDEX_WRITE)


def flat(units: float, days: float = DAYS) -> array[float]:
    """The same units per second in every minute."""
    return array("d", [units * 60]) * round(days * 1440)


def spike(series: array[float], at: datetime, minutes: int, units: float) -> array[float]:
    """The series with ``units`` per second in some minutes from ``at`` on."""
    first = round((at - START) / MINUTE)
    changed = series[:]
    changed[first : first + minutes] = array("d", [units * 60]) * minutes
    return changed


def gap(series: array[float], at: datetime, minutes: int) -> array[float]:
    """The series with some minutes missing."""
    return spike(series, at, minutes, float("nan"))


def traffic(
    index_write: array[float] | None = None,
    table_write: array[float] | None = None,
    reads: array[float] | None = None,
    *,
    start: datetime = START,
) -> Traffic:
    """Recorded traffic: 100 units per second in each dimension that is not given."""
    index_write = flat(100) if index_write is None else index_write
    quiet = flat(100, len(index_write) / 1440)
    consumed = {
        TABLE_READ: quiet if reads is None else reads,
        TABLE_WRITE: quiet if table_write is None else table_write,
        INDEX_READ: quiet if reads is None else reads,
        INDEX_WRITE: index_write,
    }
    return Traffic(start, consumed, {d: array("d", [0.0]) * len(index_write) for d in consumed})


def provisioned(
    index_write: int | AutoScaling = 1_000,
    table_write: int | AutoScaling = 1_000,
    read: int | AutoScaling = 1_000,
) -> Capacity:
    """Provisioned capacity: 1,000 units per second in each dimension that is not given."""
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
    """Deployed capacity whose live table is as its template states it, where nothing else is given."""
    return Deployed(template, live or template, units or {}, warm or {}, previous)


def baseline(was: Deployed | None = None, carried: Traffic | None = None, **given: Any) -> Baseline:
    """A baseline recorded just now: provisioned and quiet, where nothing else is given."""
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
    """Findings of one rule, all rules judging."""
    return [f for f in evaluate(judged) if f.rule == rule]


def accepted(rule: str, **given: Any) -> tuple[Acknowledgment, ...]:
    """An acknowledgment of one rule."""
    return (Acknowledgment(rule, "load test of the night, agreed with the owners", **given),)
