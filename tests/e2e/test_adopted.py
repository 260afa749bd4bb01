"""Tables with data that were deployed without a guard get one: changes are committed or vetoed, and the guard is removed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from capacity_guard.capacity import AutoScaling, Capacity, OnDemand, Provisioned, Units
from capacity_guard.evidence.baseline import Baseline
from capacity_guard.rehearsal.emulator import Emulator

from .adopted import INDEX_KEY, Adopted, on_demand, provisioned
from .lab import BAKE_MINUTES, INDEX, REGION

pytestmark = pytest.mark.e2e

Adopt = Callable[[str], Adopted]


@pytest.fixture
def adopt(tmp_path: Path, adopted_state: Path) -> Iterator[Adopt]:
    """Start from the deployed tables, and add a guard to one of them."""
    with ExitStack() as stack:

        def start(name: str) -> Adopted:
            emulator = stack.enter_context(Emulator(speed=60, restore=adopted_state, region=REGION))
            table = Adopted(emulator, tmp_path, stack=name)
            table.adopt()
            return table

        yield start


@pytest.mark.parametrize("stack", ["PlainProvisioned", "GlobalProvisioned"])
def test_adopted_table_when_switched_to_on_demand_is_committed_and_can_be_left_alone_again(
    adopt: Adopt, stack: str
) -> None:
    table = adopt(stack)
    table.assert_live(provisioned())
    with table.users():
        changed = table.change(on_demand())
    assert changed.code == 0, changed.output
    assert len(table.gates()) == 2
    table.assert_live(on_demand())
    table.unguard()
    table.assert_live(on_demand())
    # Nothing remains that would affect a later change of capacity.
    later = table.change(provisioned())
    assert later.code == 0, later.output
    table.assert_live(provisioned())
    table.assert_full()


@pytest.mark.parametrize("stack", ["PlainOnDemand", "GlobalOnDemand"])
def test_adopted_table_when_the_switch_to_provisioned_throttles_is_on_demand_again(
    adopt: Adopt, stack: str
) -> None:
    table = adopt(stack)
    with table.surge_once_table_updated():
        vetoed = table.change(provisioned())
    assert vetoed.code != 0
    assert "veto" in vetoed.output.lower(), vetoed.output
    assert table.status() == "UPDATE_ROLLBACK_COMPLETE"
    assert table.gates() == []
    table.assert_live(on_demand(maximum=20_000))
    table.assert_full()


def test_adopted_plain_table_when_switched_to_provisioned_is_committed_with_its_scaling(adopt: Adopt) -> None:
    table = adopt("PlainOnDemand")
    with table.users():
        changed = table.change(provisioned())
    assert changed.code == 0, changed.output
    table.assert_live(provisioned())
    # With a new recording there is no transition: the gates are removed, and the table is unchanged.
    table.record()
    settled = table.deploy_table()
    assert settled.code == 0, settled.output
    assert table.gates() == []
    table.unguard()
    later = table.change(provisioned(minimum=520))
    assert later.code == 0, later.output
    table.assert_live(provisioned(minimum=520))
    table.assert_full()


def test_adopted_plain_table_when_the_switch_to_on_demand_throttles_has_its_scaling_again(
    adopt: Adopt,
) -> None:
    table = adopt("PlainProvisioned")
    capped = Capacity.on_demand(maximum=Units(write=700), indexes={INDEX: OnDemand(maximum=Units(write=600))})
    with table.surge_once_table_updated(factor=4, keys=(INDEX_KEY,)):
        vetoed = table.change(capped)
    assert vetoed.code != 0
    assert "veto" in vetoed.output.lower(), vetoed.output
    assert table.status() == "UPDATE_ROLLBACK_COMPLETE"
    table.assert_live(provisioned())
    table.assert_full()


@pytest.mark.parametrize("stack", ["PlainProvisioned", "GlobalProvisioned"])
def test_adopted_table_when_lower_limits_throttle_has_the_old_ones_again(adopt: Adopt, stack: str) -> None:
    table = adopt(stack)
    lowered = Capacity.provisioned(
        read=100,
        write=AutoScaling(490, 1_000, seed=550),
        indexes={INDEX: Provisioned(read=100, write=AutoScaling(290, 1_000, seed=350))},
    )
    with table.surge_once_table_updated():
        vetoed = table.change(lowered)
    assert vetoed.code != 0
    assert "veto" in vetoed.output.lower(), vetoed.output
    assert table.status() == "UPDATE_ROLLBACK_COMPLETE"
    table.assert_live(provisioned())
    table.assert_full()


@pytest.mark.parametrize("stack", ["PlainProvisioned", "GlobalProvisioned"])
def test_adopted_table_while_a_committed_change_waits_for_its_recording_is_deployed_whatever_is_edited(
    adopt: Adopt, stack: str
) -> None:
    """Its gates are updated, made anew, or left out; none of them judges a change that is deployed already."""
    table = adopt(stack)
    lowered = provisioned(minimum=490)
    with table.users():
        committed = table.change(lowered)
        assert committed.code == 0, committed.output
        gates = table.gates()
        assert len(gates) == 2

        def deploy(*arguments: str, **edits: Any) -> None:
            """Deploy edited settings together with a hotfix, while people use the table."""
            table.table_spec.update(edits, hotfix=f"{table.table_spec['hotfix']} and another")
            before = table.units()
            deployed = table.deploy_table(*arguments)
            assert deployed.code == 0, deployed.output
            assert table.status() == "UPDATE_COMPLETE"
            assert table.units() == before
            table.assert_live(lowered)

        deploy(bake_minutes=BAKE_MINUTES + 2)
        deploy(margins={"live_peak": 1.5}, acknowledgments={"CG12": "A table of a test"})
        # what was deployed before the change, with the traffic of today
        was = Baseline.load(table.table_spec["baseline"])
        today = table.record()
        replace(today, deployed=was.deployed).save(table.table_spec["baseline"])
        deploy()
        assert table.gates() == gates

        deploy("-c", "capacity-guard:break-glass=orders are lost, incident 4711")
        assert table.gates() == []
        deploy()
        assert table.gates() == gates
        deploy("-c", "names-its-gates-otherwise=1")
        assert len(table.gates()) == 2
        assert not {*table.gates()} & {*gates}

        table.record()
        deploy()
        assert table.gates() == []


@pytest.mark.parametrize("stack", ["PlainProvisioned", "GlobalProvisioned"])
def test_adopted_table_when_a_committed_relief_is_none_by_an_edited_margin_gets_a_bake_that_passes(
    adopt: Adopt, stack: str
) -> None:
    table = adopt(stack)
    with table.users():
        switched = table.change(on_demand())
        assert switched.code == 0, switched.output
        table.record()
        returned = table.change(provisioned())
        assert returned.code == 0, returned.output
        (preflight,) = table.gates()
        table.table_spec.update(margins={"return_days": 0}, hotfix="one")
        edited = table.deploy_table()
    assert edited.code == 0, edited.output
    assert len(table.gates()) == 2
    assert preflight in table.gates()
    assert table.properties_of("Bake")["Judged"] == "not judged"
    table.assert_live(provisioned())
