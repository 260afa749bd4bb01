"""The stages of a rollout and their minutes."""

from __future__ import annotations

from pathlib import Path

import pytest

from capacity_guard.capacity import Capacity, Margins, OnDemand, Rollout, Units
from capacity_guard.capacity.transition import Transition
from capacity_guard.planning.stages import stages
from stacks.settings import INDEX
from tests.builders.cases import (
    TABLE_READ,
    TABLE_WRITE,
    baseline,
    deployed,
    flat,
    on_demand,
    provisioned,
    traffic,
)
from tests.planning.plans import plan_of


def test_plan_when_a_created_index_is_to_be_warm_promises_no_pre_warm(tmp_path: Path) -> None:
    carried = traffic(flat(100)).only([TABLE_READ, TABLE_WRITE])
    declared = on_demand(indexes={INDEX: OnDemand(warm=Units(write=6_000))})
    table = plan_of(tmp_path, baseline(deployed(Capacity.on_demand()), carried), declared)
    assert [stage.name for stage in table.stages] == ["preflight", "change", "bake"]
    assert table.money is not None
    assert not table.money.warm.units


def to(declared: Capacity, before: Capacity | None = None) -> Transition:
    return Transition("conversations", None if before is None else deployed(before), declared)


@pytest.mark.parametrize(
    ("transition", "expected"),
    [
        (to(provisioned(), provisioned()), []),
        (to(on_demand(), provisioned()), [("preflight", 1), ("change", 7), ("bake", 20)]),
        (to(provisioned(2_000), provisioned()), [("preflight", 1), ("change", 1), ("bake", 20)]),
        (to(on_demand()), [("preflight", 1), ("change", 1)]),
        (
            to(on_demand(indexes={INDEX: OnDemand(warm=Units(write=6_000))}), provisioned()),
            [("preflight", 1), ("pre-warm", 9), ("change", 7), ("bake", 20)],
        ),
    ],
    ids=["nothing changes", "switch", "raise", "creation", "pre-warm"],
)
def test_stages_of_a_transition_are_in_their_order_with_their_longest_minutes(
    transition: Transition, expected: list[tuple[str, float]]
) -> None:
    found = list(stages(transition, Margins(switch_minutes=7), Rollout(bake_minutes=20)))
    assert [(stage.name, stage.longest) for stage in found] == expected
    assert all(stage.shortest <= stage.longest for stage in found)
