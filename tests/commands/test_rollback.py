"""``capacity-guard rollback``: what it says before it acts, its exit codes, and what it refuses."""

from __future__ import annotations

import pytest

from capacity_guard.commands.main import main
from capacity_guard.rollback.calls import RollbackAws
from tests.fakes.models import client_error
from tests.handlers.gate_world import TABLE_NAME, replace_clock
from tests.rollback.watch_world import HOUR, WatchWorld
from tests.rollback.world import FINGERPRINT, World

Captured = pytest.CaptureFixture[str]
COMMAND = ["rollback", TABLE_NAME, "--reason", "INC-1: throttled"]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    made = World()
    replace_clock(monkeypatch, lambda: made.aws.now)
    monkeypatch.setattr(RollbackAws, "connect", lambda region, url: made.calls())
    monkeypatch.setattr("getpass.getuser", lambda: "ada")
    return made


def test_rollback_when_it_is_told_to_says_what_it_does_and_does_it(world: World, capsys: Captured) -> None:
    assert main([*COMMAND, "--yes"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{TABLE_NAME}, stack Conversations-production: change {FINGERPRINT} is taken back"
    assert "  table, write: on-demand -> 6,400 to 10,000/s at 70 %, seed 6,400" in lines
    assert "have the capacity of before the change" in lines[-1]
    assert world.held == FINGERPRINT


def test_rollback_when_nobody_can_be_asked_changes_nothing(world: World, capsys: Captured) -> None:
    assert main(COMMAND) == 2
    assert "--yes: is missing" in capsys.readouterr().err
    assert world.held == "none"


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("yes", 0), ("", 1), ("n", 1)])
def test_rollback_when_a_person_is_asked_does_what_the_person_says(
    world: World, monkeypatch: pytest.MonkeyPatch, answer: str, code: int
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda prompt: answer)
    assert main(COMMAND) == code
    assert (world.held == FINGERPRINT) is (code == 0)


def test_rollback_when_the_table_is_not_shown_to_be_restored_ends_with_three(
    world: World, capsys: Captured
) -> None:
    world.status = "DELETE_FAILED"
    assert main([*COMMAND, "--yes"]) == 3
    assert "Run the same command again to continue" in capsys.readouterr().out


def test_rollback_when_a_call_is_denied_ends_with_two(world: World, capsys: Captured) -> None:
    world.aws.fail("ssm:GetParameter", client_error("GetParameter", "AccessDeniedException", "no", 400))
    assert main([*COMMAND, "--yes"]) == 2
    assert "ssm:GetParameter" in capsys.readouterr().err


def test_rollback_when_there_is_no_way_back_ends_with_two(world: World, capsys: Captured) -> None:
    world.body["Conditions"] = {}
    assert main([*COMMAND, "--yes"]) == 2
    assert "has no way back in the template" in capsys.readouterr().err


@pytest.mark.parametrize(
    "wrong",
    [["--reason", " "], ["--wait", "0"], ["--wait", "241"], ["--endpoint-url", "localhost"]],
)
def test_rollback_when_an_option_is_wrong_calls_nobody(world: World, wrong: list[str]) -> None:
    assert main([*COMMAND, "--yes", *wrong]) == 2
    assert world.held == "none"


def test_rollback_when_the_reason_is_not_utf_8_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    world = WatchWorld()
    world.carry(world.deployed(HOUR))
    replace_clock(monkeypatch, lambda: world.aws.now)
    monkeypatch.setattr(RollbackAws, "connect", lambda region, url: world.person())
    monkeypatch.setattr("getpass.getuser", lambda: "ada")
    assert main(["rollback", TABLE_NAME, "--yes", "--reason", "seen \udcff"]) == 0
    assert len(world.updates) == 1
    assert world.journal.entries[-1].reason == "seen ?"


def test_rollback_by_a_user_without_a_name_is_done(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> str:
        raise KeyError("getpwuid(): uid not found: 1000730000")

    monkeypatch.setattr("getpass.getuser", fails)
    assert main([*COMMAND, "--yes"]) == 0
    assert world.held == FINGERPRINT


def test_rollback_when_the_input_ends_changes_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def ends(prompt: str) -> str:
        raise EOFError

    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", ends)
    assert main(COMMAND) == 1
    assert world.held == "none"
