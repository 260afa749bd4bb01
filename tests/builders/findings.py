"""Findings of a synthesis: an error, warnings, an acknowledged finding, and none."""

from __future__ import annotations

from datetime import UTC, datetime

from capacity_guard.capacity import Capacity, ChangeWindow, Dimension, Margins, Rollout, Units
from capacity_guard.findings import Findings, JudgedTable, PlanInput, SourceLocation
from capacity_guard.rules import Figure, Finding, Level

NOW = datetime(2026, 7, 9, 15, 40, tzinfo=UTC)
INDEX = Finding(
    "CG4",
    Level.ERROR,
    "Conversations",
    Dimension("by_agent", "write"),
    "after the switch it serves less than its recorded peak",
    (
        Figure("recorded peak", "4,800 writes/s", "Sat 4 Jul 1998 16:31 UTC"),
        Figure("with margin", "6,240 writes/s"),
    ),
    'indexes={"by_agent": OnDemand(warm=Units(write=6_300))}',
)


STALE = Finding("CG2", Level.WARN, "Conversations", None, "is 100% stale", (), "record it again\nor wait")


ACCEPTED = Finding("CG4", Level.WARN, "Orders", None, "is accepted", (), "nothing", "load test of 8 July")


FOUND = Findings(
    NOW,
    (
        JudgedTable("Stack/Conversations", SourceLocation("stacks/conversations.py", 12), (STALE, INDEX)),
        JudgedTable("Stack/Calm", SourceLocation("stacks/calm.py", 3), ()),
        JudgedTable("Stack/Orders", None, (ACCEPTED,)),
    ),
)


CALM = Findings(NOW, (JudgedTable("Stack/Calm", SourceLocation("stacks/calm.py", 3), ()),))


PLANNED = PlanInput(
    "Conversations",
    Capacity.on_demand(warm=Units(write=6_240)),
    "stacks/baselines/conversations.json",
    "0123456789",
    Rollout(change_window=ChangeWindow("Sun 06-10"), alarms=("orders-errors",)),
    Margins(headroom=1.5),
    "eu-west-1",
)
