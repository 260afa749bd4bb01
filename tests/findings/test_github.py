"""Findings as workflow commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from capacity_guard.findings import Findings, JudgedTable, SourceLocation, workflow_commands
from capacity_guard.rules import Finding, Level
from tests.builders.findings import CALM, FOUND, INDEX, NOW


def test_workflow_commands_when_printed_name_file_and_line_with_errors_first() -> None:
    first, second, third = workflow_commands(FOUND, app=Path("/repo"), repository=Path("/repo")).split("\n")
    assert first.startswith(
        "::error file=stacks/conversations.py,line=12,title=CG4 Conversations / by_agent%2C write "
        "(Stack/Conversations)::After the switch it serves less than its recorded peak.%0A"
        "recorded peak: 4,800 writes/s (Sat 4 Jul 1998 16:31 UTC)%0A"
    )
    assert 'Fix:%0A  indexes={"by_agent": OnDemand(warm=Units(write=6_300))}%0A' in first
    assert second.startswith(
        "::warning file=stacks/conversations.py,line=12,title=CG2 Conversations (Stack/Conversations)::Is 100%25 stale."
    )
    assert "Fix:%0A  record it again%0A  or wait%0A" in second
    # no place known: the annotation stands on the run
    assert third.startswith("::warning title=CG4 Orders (Stack/Orders)::")
    assert "Acknowledged: load test of 8 July" in third


def test_workflow_commands_when_the_app_runs_in_a_folder_name_the_file_from_the_root_of_the_checkout() -> (
    None
):
    deep = workflow_commands(FOUND, app=Path("/repo/infra"), repository=Path("/repo"))
    assert "file=infra/stacks/conversations.py,line=12," in deep
    shared = Findings(NOW, (JudgedTable("S/T", SourceLocation("../shared/tables.py", 4), (INDEX,)),))
    assert "file=shared/tables.py,line=4," in workflow_commands(
        shared, app=Path("/repo/infra"), repository=Path("/repo")
    )
    assert "file=../shared/tables.py," in workflow_commands(shared, app=Path("/repo/infra"), repository=None)


def parsed(command: str) -> tuple[str, dict[str, str], str]:
    """A workflow command as the runner reads it (actions/runner, ActionCommand.TryParseV2)."""
    name, _, rest = command.removeprefix("::").partition("::")[0].partition(" ")
    data = command.removeprefix("::").partition("::")[2]
    properties = dict(part.split("=", 1) for part in rest.split(",") if part)

    def unescaped(value: str, *more: tuple[str, str]) -> str:
        for code, sign in (("%0D", "\r"), ("%0A", "\n"), *more, ("%25", "%")):
            value = value.replace(code, sign)
        return value

    return (
        name,
        {key: unescaped(value, ("%3A", ":"), ("%2C", ",")) for key, value in properties.items()},
        unescaped(data),
    )


@pytest.mark.parametrize("awkward", ["a,b:c", "100%", "%0A", "two\nlines\r", "::error::x", "%252C,"])
def test_workflow_command_when_text_is_awkward_gives_the_runner_the_same_text(awkward: str) -> None:
    finding = Finding("CG4", Level.ERROR, awkward, None, f"is {awkward}", (), "x")
    place = SourceLocation(f"{awkward.strip()}.py", 1)
    command = workflow_commands(
        Findings(NOW, (JudgedTable("S", place, (finding,)),)), app=Path("/"), repository=None
    )
    assert "\n" not in command
    assert "\r" not in command
    name, properties, data = parsed(command)
    assert name == "error"
    assert properties == {"file": place.file, "line": "1", "title": f"CG4 {awkward} (S)"}
    assert data.startswith(f"Is {awkward}.")


def test_workflow_commands_when_stacks_share_a_line_of_code_name_the_construct() -> None:
    place = SourceLocation("shop/data_stack.py", 52)
    staging, production = (
        JudgedTable(f"{stage}/Carts", place, (INDEX,)) for stage in ("staging", "production")
    )
    said = workflow_commands(Findings(NOW, (staging, production)), app=Path("/"), repository=None).split("\n")
    assert [parsed(each)[1]["title"] for each in said] == [
        "CG4 Conversations / by_agent, write (staging/Carts)",
        "CG4 Conversations / by_agent, write (production/Carts)",
    ]


def test_workflow_commands_when_nothing_was_found_say_so_in_a_notice() -> None:
    said = workflow_commands(CALM, app=Path("/"), repository=None)
    assert said == "::notice title=capacity-guard::nothing found; 1 table judged at 2026-07-09 15:40 UTC"
