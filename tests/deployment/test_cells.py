"""A fleet: each state of a table, stacks without one, and what cannot be read, each as a line of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from capacity_guard.capacity import InputError
from capacity_guard.deployment.assembly import AssemblyStack
from capacity_guard.deployment.cells import Cell, read_cells
from capacity_guard.rollback.calls import RollbackAws
from capacity_guard.rollback.people import Decision, decide, find_watched_table
from capacity_guard.watch.states import Event
from tests.fakes.models import client_error
from tests.handlers.gate_world import TABLE_NAME, replace_clock
from tests.rollback.watch_world import FINGERPRINT, HOLD, HOUR, WatchWorld
from tests.rollback.world import BAKE, NAME

from .deploy_world import PREFLIGHT, declared


def cell_world(ago: float = 1, share: float = 1.0) -> WatchWorld:
    """A stack whose change was deployed some hours ago."""
    made = WatchWorld()
    made.body["Resources"][PREFLIGHT] = declared()["Resources"][PREFLIGHT]
    made.carry(made.deployed(ago * HOUR), share=share)
    return made


def stack(name: str) -> AssemblyStack:
    return AssemblyStack(name, NAME, "111122223333", "eu-west-1", None, Path("x"), ())


def read(worlds: Mapping[str, WatchWorld], monkeypatch: pytest.MonkeyPatch) -> dict[str, Cell]:
    """The cells, by stack."""
    first = next(iter(worlds.values()))
    replace_clock(monkeypatch, lambda: first.aws.now)

    def connect(one: AssemblyStack) -> RollbackAws:
        return worlds[one.id].person()

    cells = read_cells([stack(name) for name in worlds], connect, first.aws.now, is_later_wave=False)
    return {cell.stack: cell for cell in cells}


def accepted(world: WatchWorld) -> None:
    aws = world.person()
    decide(aws, find_watched_table(aws, TABLE_NAME), Decision(Event.ACCEPTED, "ada", "seen", world.aws.now))


def paused(world: WatchWorld) -> None:
    aws = world.person()
    decision = Decision(Event.PAUSED, "ada", "a client", world.aws.now, 4 * HOUR)
    decide(aws, find_watched_table(aws, TABLE_NAME), decision)


def held(world: WatchWorld) -> None:
    world.aws.ssm.put_parameter({"Name": HOLD, "Value": FINGERPRINT, "Overwrite": True})


def changing(world: WatchWorld) -> None:
    world.events, world.status = [], "UPDATE_IN_PROGRESS"


def not_baked(world: WatchWorld) -> None:
    world.events = []


def without_change(world: WatchWorld) -> None:
    world.body = {"Resources": {}}


def without_watch(world: WatchWorld) -> None:
    for gate in (PREFLIGHT, BAKE):
        del world.body["Resources"][gate]["Properties"]["Hold"]


def blind(world: WatchWorld) -> None:
    world.aws.metrics = {}


def table_gone(world: WatchWorld) -> None:
    world.owned = False


def denied(world: WatchWorld) -> None:
    world.aws.fail("ssm:GetParameter", client_error("GetParameter", "AccessDeniedException", "no", 400))


@pytest.mark.parametrize(
    ("act", "state", "detail"),
    [
        (
            lambda world: None,
            "watching",
            "0 of 4 dimensions have carried their load; not before Fri 10 Jul 03:00 UTC",
        ),
        (lambda world: world.throttle(5, 6), "vetoed", "throttles: index/by_agent; 0 of 4 dimensions"),
        (accepted, "accepted", ""),
        (paused, "watching", "paused until Thu 09 Jul 20:00 UTC"),
        (held, "held", "the stack has not read the hold yet"),
        (changing, "changing", ""),
        (not_baked, "not deployed", ""),
        (without_change, "no change", ""),
        (without_watch, "not watched", "its options have no watch"),
        (blind, "watching", "no metrics of table"),
        (table_gone, "unknown", "the stack does not have the table"),
        (denied, "unknown", "ssm:GetParameter"),
    ],
)
def test_cell_says_where_it_is_and_what_is_to_come(
    act: Callable[[WatchWorld], None], state: str, detail: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = cell_world()
    replace_clock(monkeypatch, lambda: world.aws.now)
    act(world)
    cell = read({"Cell": world}, monkeypatch)["Cell"]
    assert cell.state == state
    assert detail in cell.detail


def test_cell_that_has_carried_its_load_has_settled_and_one_that_has_not_is_unproven(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cells = read({"A": cell_world(30), "B": cell_world(7 * 24 + 1, share=0.1)}, monkeypatch)
    assert (cells["A"].state, cells["A"].detail) == ("settled", "4 of 4 dimensions have carried their load")
    assert cells["B"].state == "unproven"


def test_cell_that_does_not_exist_or_cannot_be_reached_hides_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    missing, other = cell_world(), cell_world()
    missing.exists = False
    worlds = {"Missing": missing, "Refused": cell_world(), "Other": other}

    def connect(one: AssemblyStack) -> RollbackAws:
        if one.id == "Refused":
            raise InputError("Refused", "is in account 2", "Let your credentials assume the role")
        return worlds[one.id].person()

    replace_clock(monkeypatch, lambda: other.aws.now)
    seen: list[tuple[int, int]] = []
    cells = list(
        read_cells(
            map(stack, worlds),
            connect,
            other.aws.now,
            is_later_wave=False,
            progress=lambda number, total: seen.append((number, total)),
        )
    )
    assert seen == [(number, len(worlds)) for number in range(len(worlds) + 1)]
    assert [(cell.stack, cell.state) for cell in cells] == [
        ("Missing", "not deployed"),
        ("Refused", "unknown"),
        ("Other", "watching"),
    ]
    assert "is in account 2" in cells[1].detail


def test_cells_that_are_read_at_once_stand_in_the_order_of_the_stacks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    worlds = {f"Cell-{number}": cell_world() for number in range(12)}
    for number in (3, 7):
        worlds[f"Cell-{number}"].exists = False
    cells = read(worlds, monkeypatch)
    assert list(cells) == list(worlds)
    assert {name for name, cell in cells.items() if cell.state == "not deployed"} == {"Cell-3", "Cell-7"}
