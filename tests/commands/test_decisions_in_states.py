"""What `rollback`, `accept`, `pause`, `status` and `retry` answer in every state of a change, as docs/watch.md says it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from capacity_guard.commands.main import main
from capacity_guard.rollback.calls import RollbackAws
from capacity_guard.rollback.people import Decision, decide, find_watched_table
from capacity_guard.watch.states import Event, State
from tests.builders.guarded import baseline
from tests.handlers.gate_world import TABLE, TABLE_NAME, replace_clock
from tests.paths import ROOT
from tests.rollback.watch_world import BAKE, FINGERPRINT, HOLD, HOUR, WatchWorld

Captured = pytest.CaptureFixture[str]
COMMANDS: Mapping[str, list[str]] = {
    "rollback": ["rollback", TABLE_NAME, "--reason", "INC-1", "--yes"],
    "accept": ["accept", TABLE_NAME, "--reason", "seen"],
    "pause": ["pause", TABLE_NAME, "--reason", "a client", "--for", "4h"],
    "pause --end": ["pause", TABLE_NAME, "--reason", "a client", "--end"],
    "status": ["status", TABLE_NAME],
    "retry": ["retry", "baseline.json"],
}
Answer = tuple[int, str]
TAKEN_BACK: Answer = (0, "have the capacity of before the change")
ACCEPTED: Answer = (0, f"change {FINGERPRINT} is accepted")
PAUSED: Answer = (0, f"the watch of change {FINGERPRINT} is paused until")
NOT_PAUSED: Answer = (0, f"the watch of change {FINGERPRINT} is not paused")
RETRIED: Answer = (0, "attempt 1 -> 2")
NO_WAY_BACK: Answer = (2, "has no way back in the template")
NO_CHANGE: Answer = (2, "has no change that is watched")
WITH_GATES: Answer = (1, "is still with its gates")
IS_HELD: Answer = (1, "is held: it was taken back. Let it be tried again: capacity-guard retry BASELINE.json")


def decided(world: WatchWorld, event: Event, pause: timedelta | None = None) -> None:
    aws = world.person()
    decide(aws, find_watched_table(aws, TABLE_NAME), Decision(event, "ada", "seen", world.aws.now, pause))


def no_change(world: WatchWorld) -> None:
    for name in ("Conditions", "Parameters"):
        world.body[name] = {}
    del world.body["Resources"][BAKE]


def with_gates(world: WatchWorld) -> None:
    world.events, world.coming = [], ["UPDATE_IN_PROGRESS"] * 3


def watching(world: WatchWorld) -> None:
    world.carry(world.deployed(HOUR))


def paused(world: WatchWorld) -> None:
    watching(world)
    decided(world, Event.PAUSED, 2 * HOUR)


def vetoed(world: WatchWorld) -> None:
    watching(world)
    world.throttle(5, 6)


def unproven(world: WatchWorld) -> None:
    world.carry(world.deployed(169 * HOUR), share=0.1)
    world.look()
    assert world.journal.state is State.UNPROVEN


def settled(world: WatchWorld) -> None:
    world.carry(world.deployed(30 * HOUR))
    world.look()
    assert world.journal.state is State.SETTLED


def accepted(world: WatchWorld) -> None:
    watching(world)
    decided(world, Event.ACCEPTED)


def held(world: WatchWorld) -> None:
    """The hold is written; the stack has not read it, and the journal does not know it."""
    watching(world)
    world.aws.ssm.put_parameter({"Name": HOLD, "Value": FINGERPRINT, "Overwrite": True})


def restored(world: WatchWorld) -> None:
    held(world)
    world.applied = FINGERPRINT
    world.restore()


def vetoed_by_bake(world: WatchWorld) -> None:
    no_change(world)
    world.aws.ssm.put_parameter({"Name": HOLD, "Value": FINGERPRINT, "Overwrite": True})
    world.status = "UPDATE_ROLLBACK_COMPLETE"


def rollback_failed(world: WatchWorld) -> None:
    watching(world)
    world.status = "UPDATE_ROLLBACK_FAILED"


STATES: Mapping[str, tuple[Callable[[WatchWorld], None], tuple[Answer, ...]]] = {
    "planned": (no_change, (NO_WAY_BACK, NO_CHANGE, NO_CHANGE, NO_CHANGE, NO_WAY_BACK, RETRIED)),
    "preflight, changing, baking": (
        with_gates,
        (TAKEN_BACK, WITH_GATES, WITH_GATES, WITH_GATES, (0, "is changing"), RETRIED),
    ),
    "watching": (watching, (TAKEN_BACK, ACCEPTED, PAUSED, NOT_PAUSED, (0, "is watching"), RETRIED)),
    "watching, paused": (paused, (TAKEN_BACK, ACCEPTED, PAUSED, NOT_PAUSED, (0, "paused   until"), RETRIED)),
    "watching, throttled": (vetoed, (TAKEN_BACK, ACCEPTED, PAUSED, NOT_PAUSED, (1, "is vetoed"), RETRIED)),
    "unproven": (unproven, (TAKEN_BACK, ACCEPTED, PAUSED, NOT_PAUSED, (1, "is unproven"), RETRIED)),
    "settled": (
        settled,
        (
            TAKEN_BACK,
            (1, "is settled: it needs nobody's word. Record it: capacity-guard record --settled"),
            (1, "is settled: its watch is over. Record it: capacity-guard record --settled"),
            (1, "is settled: its watch is over"),
            (0, "is settled"),
            RETRIED,
        ),
    ),
    "accepted": (
        accepted,
        (
            TAKEN_BACK,
            ACCEPTED,
            (1, "is accepted: its watch is over. Record it: capacity-guard record --accepted REASON"),
            (1, "is accepted: its watch is over"),
            (0, "is accepted"),
            RETRIED,
        ),
    ),
    "held, not restored yet": (
        held,
        (TAKEN_BACK, IS_HELD, PAUSED, NOT_PAUSED, (0, "has not read the hold yet"), RETRIED),
    ),
    "held, restored": (
        restored,
        ((0, "was taken back before"), IS_HELD, PAUSED, NOT_PAUSED, (0, "is held"), RETRIED),
    ),
    "held by Bake": (
        vetoed_by_bake,
        (
            (
                2,
                f"change {FINGERPRINT} is held already. Let it be tried again: capacity-guard retry BASELINE.json",
            ),
            NO_CHANGE,
            NO_CHANGE,
            NO_CHANGE,
            (2, f"change {FINGERPRINT} is held already"),
            RETRIED,
        ),
    ),
    "the stack is UPDATE_ROLLBACK_FAILED": (
        rollback_failed,
        (TAKEN_BACK, ACCEPTED, PAUSED, NOT_PAUSED, (0, "UPDATE_ROLLBACK_FAILED"), RETRIED),
    ),
}
CASES = [
    (state, command, answer)
    for state, (_, answers) in STATES.items()
    for command, answer in zip(COMMANDS, answers, strict=True)
]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> WatchWorld:
    made = WatchWorld()
    replace_clock(monkeypatch, lambda: made.aws.now)
    monkeypatch.chdir(tmp_path)
    baseline(attempt=1).save(tmp_path / "baseline.json")
    monkeypatch.setattr(RollbackAws, "connect", lambda region, url: made.person())
    monkeypatch.setattr("getpass.getuser", lambda: "ada")
    return made


@pytest.mark.sampled(every=12)
@pytest.mark.parametrize(("state", "command", "answer"), CASES)
def test_command_in_a_state_gives_its_answer_and_its_exit_code(
    world: WatchWorld, state: str, command: str, answer: Answer, capsys: Captured
) -> None:
    STATES[state][0](world)
    code = main(COMMANDS[command])
    said = "".join(capsys.readouterr())
    assert (code, answer[1] in said) == (answer[0], True), said


@pytest.mark.sampled(every=2)
@pytest.mark.parametrize("state", STATES)
def test_command_that_is_refused_changes_neither_hold_nor_journal(world: WatchWorld, state: str) -> None:
    STATES[state][0](world)
    for command, answer in zip(COMMANDS, STATES[state][1], strict=True):
        if answer[0] == 0 or command == "status":
            continue
        before = (world.held, world.journals.items.get(TABLE), list(world.updates))
        world.coming = ["UPDATE_IN_PROGRESS"] * 3 if world.coming else []
        assert main(COMMANDS[command]) == answer[0]
        assert (world.held, world.journals.items.get(TABLE), world.updates) == before, command


def test_page_has_the_exit_code_of_each_command_in_each_state() -> None:
    text = (ROOT / "docs" / "watch.md").read_text(encoding="utf-8")
    table = text.partition("## What each command answers in each state")[2]
    rows = re.findall(r"^\| (?!---|state)(.*) \|$", table.partition("\n## ")[0], re.MULTILINE)
    cells = {row.split(" | ")[0]: row.split(" | ")[1:] for row in rows}
    assert set(cells) == set(STATES)
    for state, (_, answers) in STATES.items():
        assert [cell.partition(":")[0] for cell in cells[state]] == [str(code) for code, _ in answers], state
