"""``capacity-guard status``: what it says in each state, as text and as JSON, and its exit codes."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from capacity_guard.capacity.safe_text import safe_line
from capacity_guard.commands.main import main
from capacity_guard.rollback.calls import RollbackAws
from tests.fakes.models import client_error
from tests.handlers.gate_world import TABLE_NAME, replace_clock
from tests.rollback.test_status import HOUR, MINUTE, carry, deployed
from tests.rollback.watch_world import WatchWorld
from tests.rollback.world import FINGERPRINT, HOLD, World

Captured = pytest.CaptureFixture[str]
COMMAND = ["status", TABLE_NAME]
FIRST = f"{TABLE_NAME}, stack Conversations-production (UPDATE_COMPLETE): change {FINGERPRINT} is"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    made = World()
    replace_clock(monkeypatch, lambda: made.aws.now)
    monkeypatch.setattr(RollbackAws, "connect", lambda region, url: made.calls())
    return made


def test_status_when_the_change_has_settled_says_so(world: World, capsys: Captured) -> None:
    carry(world, deployed(world, 30 * HOUR))
    assert main(COMMAND) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{FIRST} settled"
    assert "  table, write: has carried its load" in lines


def test_status_when_load_is_missing_says_what_for_each_dimension(world: World, capsys: Captured) -> None:
    carry(world, deployed(world, 2 * HOUR), share=0.6)
    assert main(COMMAND) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"{FIRST} watching")
    assert (
        "by_agent, read: 0 of 3 minutes in a row at 80% of it; its busiest hour of the day passes at" in out
    )
    assert "settles not before" in out


def test_status_when_the_table_throttles_ends_with_one_and_names_the_command(
    world: World, capsys: Captured
) -> None:
    carry(world, deployed(world, HOUR))
    for minutes in (10, 11):
        world.aws.put("WriteThrottleEvents", "table", world.aws.now - minutes * MINUTE, 100)
    assert main(COMMAND) == 1
    out = capsys.readouterr().out
    assert out.startswith(f"{FIRST} vetoed")
    assert "veto: table throttled from" in out
    assert f"capacity-guard rollback {TABLE_NAME} --reason TEXT" in out


def test_status_when_seven_days_are_over_ends_with_one(world: World, capsys: Captured) -> None:
    carry(world, deployed(world, timedelta(days=7, hours=1)), share=0.1)
    assert main(COMMAND) == 1
    assert capsys.readouterr().out.startswith(f"{FIRST} unproven")


def test_status_when_metrics_are_missing_ends_with_three(world: World, capsys: Captured) -> None:
    deployed(world, HOUR)
    world.aws.metrics = {}
    assert main(COMMAND) == 3
    assert "no metrics of table in the last minutes: unknown whether it throttles" in capsys.readouterr().out


def test_status_when_the_change_is_held_says_whether_the_stack_knows(world: World, capsys: Captured) -> None:
    deployed(world, HOUR)
    world.aws.ssm.put_parameter({"Name": HOLD, "Value": FINGERPRINT, "Overwrite": True})
    assert main(COMMAND) == 0
    assert "the stack has not read the hold yet" in capsys.readouterr().out
    world.applied = FINGERPRINT
    assert main(COMMAND) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"{FIRST} held")
    assert "not read" not in out


@pytest.mark.parametrize(
    ("status", "state"), [("UPDATE_IN_PROGRESS", "changing"), ("UPDATE_COMPLETE", "not deployed")]
)
def test_status_before_the_bake_has_passed_says_so(
    world: World, capsys: Captured, status: str, state: str
) -> None:
    world.status = status
    assert main(COMMAND) == 0
    assert f"is {state}" in capsys.readouterr().out


def test_status_as_json_has_every_dimension(world: World, capsys: Captured) -> None:
    carry(world, deployed(world, 30 * HOUR))
    assert main([*COMMAND, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["version"], document["state"], document["fingerprint"]) == (1, "settled", FINGERPRINT)
    assert document["dimensions"]["index/by_agent/write"]["settled"] is True
    assert (document["vetoed"], document["blind"]) == ([], [])


def test_status_of_a_later_wave_needs_two_hours(world: World, capsys: Captured) -> None:
    carry(world, deployed(world, 30 * HOUR))
    assert main([*COMMAND, "--json", "--later-wave"]) == 0
    later = json.loads(capsys.readouterr().out)
    assert main([*COMMAND, "--json"]) == 0
    first = json.loads(capsys.readouterr().out)
    assert later["settles_not_before"] < first["settles_not_before"]


def test_status_when_a_call_is_denied_or_an_option_is_wrong_ends_with_two(
    world: World, capsys: Captured
) -> None:
    world.aws.fail("ssm:GetParameter", client_error("GetParameter", "AccessDeniedException", "no", 400))
    assert main(COMMAND) == 2
    assert main([*COMMAND, "--endpoint-url", "localhost"]) == 2
    assert "ssm:GetParameter" in capsys.readouterr().err


def test_status_when_a_person_paused_or_accepted_says_who_and_why(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    world = WatchWorld()
    world.carry(world.deployed(HOUR))
    replace_clock(monkeypatch, lambda: world.aws.now)
    monkeypatch.setattr(RollbackAws, "connect", lambda region, url: world.person())
    monkeypatch.setattr("getpass.getuser", lambda: "ada")
    assert main(["pause", TABLE_NAME, "--for", "4h", "--reason", "a client"]) == 0
    capsys.readouterr()
    assert main(COMMAND) == 0
    out = capsys.readouterr().out
    assert f"  paused   until {world.aws.now + 4 * HOUR:%Y-%m-%d %H:%M} UTC" in out
    assert "paused by a person, ada: a client" in out
    assert main(["accept", TABLE_NAME, "--reason", "seen on Tuesday"]) == 0
    capsys.readouterr()
    assert main(COMMAND) == 0
    assert "is accepted" in capsys.readouterr().out.splitlines()[0]
    assert main([*COMMAND, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["state"] == "accepted"
    assert document["journal"]["entries"][-1]["by"] == "ada"


def test_status_when_the_journal_cannot_be_read_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    world = WatchWorld()
    world.carry(world.deployed(HOUR))
    replace_clock(monkeypatch, lambda: world.aws.now)
    monkeypatch.setattr(RollbackAws, "connect", lambda region, url: world.person())
    world.journals.refuses = ["AccessDeniedException"]
    assert main(COMMAND) == 0
    assert "journal  could not be read: " in capsys.readouterr().out


@pytest.mark.parametrize(
    "reason", ["::error::x", "a::Error::b", "##vso[task.x]", "##[group]", "a\n::error::\x7f\x1b[31m"]
)
def test_status_as_json_when_a_reason_is_hostile_has_it_as_it_is_and_no_command(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured, reason: str
) -> None:
    world = WatchWorld()
    world.carry(world.deployed(HOUR))
    replace_clock(monkeypatch, lambda: world.aws.now)
    monkeypatch.setattr(RollbackAws, "connect", lambda region, url: world.person())
    assert main(["pause", TABLE_NAME, "--for", "4h", "--reason", reason]) == 0
    capsys.readouterr()
    assert main([*COMMAND, "--json"]) == 0
    out = capsys.readouterr().out
    assert json.loads(out)["journal"]["entries"][-1]["reason"] == reason
    assert all(safe_line(line) == line for line in out.splitlines())


def test_status_when_a_pause_is_over_does_not_say_paused(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    world = WatchWorld()
    world.carry(world.deployed(HOUR))
    replace_clock(monkeypatch, lambda: world.aws.now)
    monkeypatch.setattr(RollbackAws, "connect", lambda region, url: world.person())
    assert main(["pause", TABLE_NAME, "--for", "1h", "--reason", "a client"]) == 0
    world.pass_time(HOUR)
    capsys.readouterr()
    assert main(COMMAND) == 0
    assert "  paused   until" not in capsys.readouterr().out
    assert main([*COMMAND, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["journal"]["paused_until"] is None


def test_status_when_the_hold_is_gone_says_how_to_write_it_anew(world: World, capsys: Captured) -> None:
    carry(world, deployed(world, 2 * HOUR))
    del world.aws.ssm.parameters[HOLD]
    assert main(COMMAND) == 0
    assert f"aws ssm put-parameter --name {HOLD} --type String --value none" in capsys.readouterr().out
