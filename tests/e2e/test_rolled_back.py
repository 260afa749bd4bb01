"""A veto during bake restores the table and every index, also when the guard's functions fail or are missing."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from capacity_guard.capacity import Capacity, OnDemand, Units
from capacity_guard.rehearsal.emulator import Emulator

from .lab import BAKE_MINUTES, INDEX, Lab, on_demand, provisioned

pytestmark = pytest.mark.e2e

LOWERED = provisioned(table=490, index=390)
TABLE_KEY, INDEX_KEY = "table/write", f"index/{INDEX}/write"


@pytest.mark.parametrize(("key", "named"), [(TABLE_KEY, "table"), (INDEX_KEY, INDEX)])
def test_bake_when_it_throttles_restores_table_and_index(lab: Lab, key: str, named: str) -> None:
    with lab.player() as player, lab.once_table_updated(lambda: player.surge(6, keys=[key])):
        vetoed = lab.change_to(LOWERED)
    assert vetoed.code != 0
    assert "veto" in vetoed.output.lower(), vetoed.output
    assert named in vetoed.output
    assert lab.status() == "UPDATE_ROLLBACK_COMPLETE"
    lab.assert_has(provisioned())
    assert lab.gates() == []


def test_bake_when_a_named_alarm_fires_restores_table_and_index(lab: Lab) -> None:
    without_own_alarms = {"bake_minutes": BAKE_MINUTES, "alarms": ["orders-writes"], "alarm_threshold": 1e9}
    lab.declare(provisioned(), user_alarms={"orders-writes": lab.table_name}, rollout=without_own_alarms)
    assert lab.deploy(stack="UserAlarms").code == 0
    assert lab.deploy().code == 0
    with lab.player() as player, lab.once_table_updated(lambda: player.surge(6, keys=[TABLE_KEY])):
        vetoed = lab.change_to(LOWERED)
    assert vetoed.code != 0
    assert "orders-writes" in vetoed.output, vetoed.output
    assert lab.status() == "UPDATE_ROLLBACK_COMPLETE"
    lab.assert_has(provisioned())


def test_bake_when_provisioned_throttles_returns_to_on_demand_with_the_maximum_of_the_index(
    start_from: Callable[[Path, Capacity], Lab], on_demand_state: Path
) -> None:
    lab = start_from(on_demand_state, on_demand())
    bounded = on_demand(maximum=Units(write=20_000))
    with lab.player():
        assert lab.change_to(bounded).code == 0
        lab.assert_has(bounded)
        lab.record()
        lab.emulator.clock.jump(60)
    with lab.player() as player, lab.once_table_updated(lambda: player.surge(6)):
        vetoed = lab.change_to(provisioned())
    assert vetoed.code != 0
    assert lab.status() == "UPDATE_ROLLBACK_COMPLETE"
    lab.assert_has(bounded)


def _archive(source: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("capacity_guard/__init__.py", "")
        archive.writestr("capacity_guard/handlers/__init__.py", "")
        archive.writestr("capacity_guard/handlers/gate.py", source)
    return buffer.getvalue()


def raise_at_import(emulator: Emulator, name: str) -> None:
    emulator.client("lambda").update_function_code(
        FunctionName=name, ZipFile=_archive("raise RuntimeError('broken')")
    )


def exit_at_import(emulator: Emulator, name: str) -> None:
    emulator.client("lambda").update_function_code(
        FunctionName=name, ZipFile=_archive("import os\nos._exit(1)\n")
    )


def deny_every_call(emulator: Emulator, name: str) -> None:
    source = "def on_event(*_):\n    raise PermissionError('AccessDenied')\n\nis_complete = on_event\n"
    emulator.client("lambda").update_function_code(FunctionName=name, ZipFile=_archive(source))


def delete_function(emulator: Emulator, name: str) -> None:
    emulator.client("lambda").delete_function(FunctionName=name)


@pytest.mark.parametrize(
    "break_function", [raise_at_import, deny_every_call, exit_at_import, delete_function]
)
def test_way_back_when_the_functions_fail_restores_all_the_same(
    lab: Lab, break_function: Callable[[Emulator, str], None]
) -> None:
    names = lab.functions()
    assert len(names) == 2

    def break_functions() -> None:
        for name in names:
            break_function(lab.emulator, name)

    with lab.player(), lab.once_table_updated(break_functions):
        failed = lab.change_to(LOWERED)
    assert failed.code != 0, failed.output
    assert lab.status() == "UPDATE_ROLLBACK_COMPLETE", failed.output
    lab.assert_has(provisioned())


def test_on_demand_switch_when_it_throttles_returns_to_the_seeds(lab: Lab) -> None:
    capped = Capacity.on_demand(maximum=Units(write=700), indexes={INDEX: OnDemand(maximum=Units(write=600))})
    with lab.player() as player, lab.once_table_updated(lambda: player.surge(4, keys=[INDEX_KEY])):
        vetoed = lab.change_to(capped)
    assert vetoed.code != 0, vetoed.output
    assert "veto" in vetoed.output.lower(), vetoed.output
    assert lab.status() == "UPDATE_ROLLBACK_COMPLETE"
    lab.assert_has(provisioned())
