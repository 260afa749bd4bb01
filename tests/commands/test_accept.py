"""``capacity-guard accept``: what it writes and says, its exit codes, and what it refuses."""

from __future__ import annotations

import pytest

from capacity_guard.commands.main import main
from capacity_guard.rollback.calls import RollbackAws
from capacity_guard.watch.states import Event, State
from tests.fakes.models import client_error
from tests.handlers.gate_world import TABLE_NAME, replace_clock
from tests.rollback.watch_world import FINGERPRINT, HOUR, WatchWorld

Captured = pytest.CaptureFixture[str]
COMMAND = ["accept", TABLE_NAME, "--reason", "seen on Tuesday"]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> WatchWorld:
    made = WatchWorld()
    made.carry(made.deployed(HOUR))
    replace_clock(monkeypatch, lambda: made.aws.now)
    monkeypatch.setattr(RollbackAws, "connect", lambda region, url: made.person())
    monkeypatch.setattr("getpass.getuser", lambda: "ada")
    return made


def test_change_when_accepted_is_so_in_the_journal(world: WatchWorld, capsys: Captured) -> None:
    assert main(COMMAND) == 0
    assert f"change {FINGERPRINT} is accepted" in capsys.readouterr().out
    assert world.journal.state is State.ACCEPTED
    entry = world.journal.entries[-1]
    assert (entry.event, entry.by, entry.reason) == (Event.ACCEPTED, "ada", "seen on Tuesday")


def test_change_when_accepted_twice_stays_accepted(world: WatchWorld) -> None:
    assert main(COMMAND) == 0
    entries = world.journal.entries
    assert main(COMMAND) == 0
    assert world.journal.entries == entries


@pytest.mark.parametrize(
    "arguments",
    [
        ["accept", TABLE_NAME, "--reason", " "],
        [*COMMAND, "--endpoint-url", "localhost"],
    ],
)
def test_argument_that_is_wrong_is_refused(world: WatchWorld, arguments: list[str]) -> None:
    assert main(arguments) == 2
    assert not world.journals.items


def test_call_that_is_denied_is_told(world: WatchWorld, capsys: Captured) -> None:
    world.owned = False
    assert main(COMMAND) == 2
    assert "belongs to no CloudFormation stack" in capsys.readouterr().err
    world.owned = True
    world.journals.refuses = ["AccessDeniedException"]
    assert main(COMMAND) == 3
    assert "could not be written" in capsys.readouterr().err


def test_call_that_fails_ends_with_two(
    world: WatchWorld, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    def refuse(**request: object) -> None:
        raise client_error("GetTemplate", "AccessDenied", "no", 403)

    monkeypatch.setattr(
        "tests.rollback.world._CloudFormation.do_get_template", lambda self, request: refuse()
    )
    assert main(COMMAND) == 2
    assert "cloudformation:GetTemplate" in capsys.readouterr().err


def test_rollback_by_a_person_stands_in_the_journal(world: WatchWorld) -> None:
    assert main(["rollback", TABLE_NAME, "--reason", "INC-1", "--yes"]) == 0
    assert world.journal.state is State.HELD
    assert [(entry.event, entry.by) for entry in world.journal.entries][-1] == (Event.ROLLED_BACK, "ada")


def test_rollback_whose_journal_is_gone_is_done_all_the_same(world: WatchWorld, capsys: Captured) -> None:
    world.journals.refuses = ["ResourceNotFoundException"]
    assert main(["rollback", TABLE_NAME, "--reason", "INC-1", "--yes"]) == 0
    assert "the journal does not have it" in capsys.readouterr().out


def test_reason_that_is_not_utf_8_is_kept_without_what_is_none(world: WatchWorld) -> None:
    assert main(["accept", TABLE_NAME, "--reason", "seen \udcff"]) == 0
    assert world.journal.entries[-1].reason == "seen ?"
