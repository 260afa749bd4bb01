"""Auto scaling at work: it holds live units within the bounds, once after a registration."""

from __future__ import annotations

import pytest

from capacity_guard.rehearsal.emulator import Emulator
from capacity_guard.rehearsal.emulator.corrections import scaling_service
from capacity_guard.rehearsal.emulator.corrections.scaling_targets import ScalableTarget, ScalableTargetKey
from tests.builders.emulated_stack import eventually
from tests.builders.scaled_units import create_table, register, writes


@pytest.fixture
def scaled(emulator: Emulator) -> Emulator:
    create_table(emulator)
    return emulator


@pytest.mark.parametrize(("minimum", "maximum", "expected"), [(300, 400, 300), (1, 40, 40), (50, 200, 100)])
def test_target_when_registered_brings_live_units_between_its_bounds(
    scaled: Emulator, minimum: int, maximum: int, expected: int
) -> None:
    register(scaled, minimum, maximum)
    assert eventually(scaled, lambda: writes(scaled) == expected)


@pytest.mark.parametrize(
    ("live", "suspended", "changed_to", "bounds_are_new"),
    [
        (5, {}, 10, False),
        (90, {}, 50, False),
        (30, {}, None, False),
        (5, {"DynamicScalingOutSuspended": True}, None, True),
        (90, {"DynamicScalingInSuspended": True}, None, True),
        (None, {}, None, True),  # on-demand, or the table is being changed: tried again later
    ],
)
def test_target_is_brought_within_its_bounds_unless_suspended(
    monkeypatch: pytest.MonkeyPatch,
    live: int | None,
    suspended: dict[str, bool],
    changed_to: int | None,
    bounds_are_new: bool,
) -> None:
    key = ScalableTargetKey("000000000000", "eu-west-1", "table/orders", "dynamodb:table:WriteCapacityUnits")
    target = ScalableTarget(key, 10, 50, 0.0, "role", suspended=suspended)
    changes: list[int] = []
    monkeypatch.setattr(scaling_service, "live_units", lambda _: live)
    monkeypatch.setattr(scaling_service, "set_units", lambda _, units, __: changes.append(units) or True)

    scaling_service.hold_within_bounds(target)

    assert changes == ([] if changed_to is None else [changed_to])
    assert target.bounds_are_new is bounds_are_new
