"""``capacity-guard status --watch`` and the screen of a fleet: what is printed when, and when it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from capacity_guard.commands.main import main
from capacity_guard.deployment.stack_calls import Connections
from capacity_guard.rollback.calls import RollbackAws
from tests.deployment.deploy_world import write_assembly
from tests.deployment.test_cells import cell_world
from tests.fakes.models import client_error
from tests.handlers.gate_world import TABLE_NAME, replace_clock
from tests.rollback.watch_world import FINGERPRINT, HOLD, HOUR, MINUTE, WatchWorld
from tests.rollback.world import NAME

Captured = pytest.CaptureFixture[str]
COMMAND = ["status", TABLE_NAME, "--watch"]


def watched(monkeypatch: pytest.MonkeyPatch, world: WatchWorld, *looks: Callable[[], object]) -> None:
    """What happens between the looks; after the last one the person ends it."""
    left = list(looks)

    def sleep(seconds: float) -> None:
        assert seconds == 30
        if not left:
            raise KeyboardInterrupt
        left.pop(0)()

    replace_clock(monkeypatch, lambda: world.aws.now)
    monkeypatch.setattr("capacity_guard.handlers.clock.sleep", sleep)
    monkeypatch.setattr(RollbackAws, "connect", lambda region, url: world.person())
    monkeypatch.setattr(Connections, "of", lambda self, stack: world.person())


def test_watch_in_a_log_prints_the_first_look_then_what_is_new_and_ends_when_it_has_settled(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    world = cell_world(2)
    watched(monkeypatch, world, lambda: world.pass_time(MINUTE), lambda: world.pass_time(28 * HOUR))
    assert main(COMMAND) == 0
    lines = capsys.readouterr().out.splitlines()
    assert f"change {FINGERPRINT} is watching" in lines[0]
    first = lines.index(next(line for line in lines if line.startswith("  settles not before")))
    # Minutes that have passed are no news; load that was carried is.
    assert f"change {FINGERPRINT} is settled" in lines[first + 1]
    assert "  table, write: has carried its load" in lines[first + 2 :]
    assert len(lines) == len(set(lines))


def test_watch_on_a_terminal_draws_the_screen_anew(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    world = cell_world(2)
    watched(monkeypatch, world, lambda: world.pass_time(MINUTE))
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    assert main(COMMAND) == 130
    out = capsys.readouterr().out
    assert out.count("\x1b[H\x1b[2J") == 2
    assert out.count("settles not before") == 2
    assert "Ctrl-C ends this, and changes nothing" in out


def test_watch_goes_on_through_a_veto_until_the_change_is_taken_back(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    world = cell_world(2)

    def hold() -> None:
        world.aws.ssm.put_parameter({"Name": HOLD, "Value": FINGERPRINT, "Overwrite": True})

    def applied() -> None:
        world.applied = FINGERPRINT

    watched(monkeypatch, world, lambda: world.throttle(5, 6), hold, applied)
    assert main(COMMAND) == 0
    out = capsys.readouterr().out
    states = [line.rpartition(" is ")[2] for line in out.splitlines() if f"change {FINGERPRINT} is" in line]
    assert states == ["watching", "vetoed", "held"]


def test_watch_says_once_what_cannot_be_read_and_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    world = cell_world(2)
    refused = client_error("GetParameter", "AccessDeniedException", "no", 400)

    def denied() -> None:
        world.aws.fail("ssm:GetParameter", refused)

    watched(monkeypatch, world, denied, lambda: None, lambda: None)
    assert main(COMMAND) == 130
    assert capsys.readouterr().err.count("ssm:GetParameter") == 1


def test_watch_as_json_prints_a_line_for_each_change(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    world = cell_world(2)
    watched(monkeypatch, world, lambda: world.pass_time(MINUTE), lambda: world.throttle(5, 6), lambda: None)
    assert main([*COMMAND, "--json"]) == 130
    documents = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [document["state"] for document in documents] == ["watching", "vetoed"]


def fleet(folder: Path, *names: str) -> list[str]:
    write_assembly(folder / "cdk.out", {name: {"Resources": {}} for name in names}, stackName=NAME)
    return ["status", "--assembly", str(folder / "cdk.out")]


def test_fleet_is_one_screen(monkeypatch: pytest.MonkeyPatch, capsys: Captured, tmp_path: Path) -> None:
    world = cell_world(30)
    watched(monkeypatch, world)
    assert main(fleet(tmp_path, "Cell-1", "Cell-2")) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["stack", "Cell-1", "Cell-2"]
    assert all("settled" in line and TABLE_NAME in line for line in lines[1:])
    assert main([*fleet(tmp_path, "Cell-1", "Cell-2"), "--stack", "*-2", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [(cell["stack"], cell["change"]["state"]) for cell in document["cells"]] == [("Cell-2", "settled")]


@pytest.mark.parametrize(("act", "code"), [("throttle", 1), ("deny", 3), ("blind", 3), ("nothing", 0)])
def test_fleet_ends_with_the_code_of_its_worst_cell(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, act: str, code: int
) -> None:
    world = cell_world(2)
    watched(monkeypatch, world)
    if act == "throttle":
        world.throttle(5, 6)
    elif act == "deny":
        world.aws.fail("ssm:GetParameter", client_error("GetParameter", "AccessDeniedException", "no", 400))
    elif act == "blind":
        world.aws.metrics = {}
    assert main(fleet(tmp_path, "Cell-1")) == code


def test_fleet_is_watched_until_every_cell_is_settled(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured, tmp_path: Path
) -> None:
    world = cell_world(2)
    watched(monkeypatch, world, lambda: world.pass_time(MINUTE), lambda: world.pass_time(28 * HOUR))
    assert main([*fleet(tmp_path, "Cell-1"), "--watch"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == f"Cell-1 {TABLE_NAME} is settled"


@pytest.mark.parametrize(
    "wrong",
    [
        ["status", TABLE_NAME, "--assembly", "cdk.out"],
        ["status", TABLE_NAME, "--stack", "A"],
        ["status", TABLE_NAME, "--profile", "p"],
        ["status", "--region", "eu-west-1"],
        ["status", "--assembly", "absent"],
    ],
)
def test_options_of_one_table_and_of_a_fleet_are_not_mixed(wrong: list[str], capsys: Captured) -> None:
    assert main(wrong) == 2
    assert capsys.readouterr().err.startswith("capacity-guard: ")
