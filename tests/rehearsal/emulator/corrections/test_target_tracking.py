"""Target tracking: units follow consumption."""

from __future__ import annotations

import pytest

from capacity_guard.rehearsal.emulator import Emulator
from capacity_guard.rehearsal.emulator.corrections.target_tracking import LOW_MINUTES, new_units
from capacity_guard.rehearsal.player import Player
from tests.builders.emulated_stack import eventually
from tests.builders.scaled_units import create_table, follow, register, writes


def test_policy_when_consumption_stays_above_its_target_raises_units(emulator: Emulator) -> None:
    create_table(emulator)
    register(emulator, 100, 1_000)
    follow(emulator)
    metrics = emulator.client("cloudwatch")
    minute = emulator.clock.seconds() // 60 * 60
    metrics.put_metric_data(
        Namespace="AWS/DynamoDB",
        MetricData=[
            {
                "MetricName": "ConsumedWriteCapacityUnits",
                "Dimensions": [{"Name": "TableName", "Value": "table"}],
                "Timestamp": minute + 60 * ahead,
                "Value": 90.0 * 60,
            }
            for ahead in range(-5, 6)
        ],
    )
    assert eventually(emulator, lambda: writes(emulator) == 180)


@pytest.mark.slow
def test_policy_when_minutes_are_published_in_parts_judges_whole_ones(emulator: Emulator) -> None:
    create_table(emulator)
    register(emulator, 100, 1_000)
    follow(emulator)
    with Player.of(emulator, "table", lambda key, _: 90.0 if key.endswith("/write") else 0.0):
        assert eventually(emulator, lambda: writes(emulator) != 100)

    assert writes(emulator) == 180


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        ([60.0, 80.0, 90.0], 180),  # two minutes above 100 x 50 %: the last of them divided by the target
        ([90.0, 40.0, 90.0], None),  # not two running
        ([90.0, None, 90.0], None),  # a gap is no evidence
    ],
)
def test_new_units_when_minutes_are_high_follows_the_last(
    last: list[float | None], expected: int | None
) -> None:
    assert new_units([40.0] * (LOW_MINUTES - 3) + last, 100, 50) == expected


def test_new_units_when_a_quarter_of_an_hour_is_low_lowers_to_its_highest_minute() -> None:
    low: list[float | None] = [10.0] * (LOW_MINUTES - 1) + [20.0]
    assert new_units(low, 100, 50) == 40
    assert new_units(low, 100, 50, scale_in=False) is None
    assert new_units([None, *low[1:]], 100, 50) is None


@pytest.mark.parametrize(("late", "expected"), [(0, 10), (2, 10), (3, None)])
def test_units_when_the_last_minutes_are_late_are_lowered_on_those_before(
    late: int, expected: int | None
) -> None:
    consumed: list[float | None] = [5.0] * LOW_MINUTES + [5.0] * 2
    consumed[len(consumed) - late :] = [None] * late

    assert new_units(consumed, 100, 50.0) == expected
