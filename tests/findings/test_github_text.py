"""Findings as workflow commands: the whole text."""

from __future__ import annotations

from pathlib import Path

from capacity_guard.findings import Findings, JudgedTable, SourceLocation, workflow_commands
from tests.builders.findings import FOUND, NOW, STALE


def test_workflow_commands_are_printed_exactly() -> None:
    assert workflow_commands(FOUND, app=Path("/repo/infra"), repository=Path("/repo")) == (
        "::error file=infra/stacks/conversations.py,line=12,title=CG4 Conversations / by_agent%2C write "
        "(Stack/Conversations)::After the switch it serves less than its recorded peak.%0A"
        "recorded peak: 4,800 writes/s (Sat 4 Jul 1998 16:31 UTC)%0A"
        "with margin: 6,240 writes/s%0A"
        'Fix:%0A  indexes={"by_agent": OnDemand(warm=Units(write=6_300))}%0A'
        "Why: capacity-guard rule CG4\n"
        "::warning file=infra/stacks/conversations.py,line=12,title=CG2 Conversations (Stack/Conversations)::"
        "Is 100%25 stale.%0AFix:%0A  record it again%0A  or wait%0AWhy: capacity-guard rule CG2\n"
        "::warning title=CG4 Orders (Stack/Orders)::"
        "Is accepted.%0AFix:%0A  nothing%0AAcknowledged: load test of 8 July%0AWhy: capacity-guard rule CG4"
    )


def test_workflow_command_leaves_the_path_relative_to_the_app_without_a_repository() -> None:
    place = SourceLocation("sub/../stacks/a.py", 7)
    said = workflow_commands(
        Findings(NOW, (JudgedTable("S", place, (STALE,)),)), app=Path("/repo/infra"), repository=None
    )
    assert said.startswith("::warning file=sub/../stacks/a.py,line=7,title=CG2 Conversations (S)::Is 100%25")
