"""Durations of the emulated DynamoDB come from the environment."""

from __future__ import annotations

import pytest

from capacity_guard.rehearsal.emulator.corrections.durations import ChangeDurations


def test_seconds_when_set_by_environment_replace_the_default() -> None:
    durations = ChangeDurations.from_environment({"CAPACITY_GUARD_SECONDS_TO_PROVISIONED": "7.5"})

    assert durations.to_provisioned == 7.5
    assert durations.warm_first == 390.0


def test_seconds_when_no_number_name_the_variable() -> None:
    with pytest.raises(ValueError, match="CAPACITY_GUARD_SECONDS_WARM_FIRST='soon'"):
        ChangeDurations.from_environment({"CAPACITY_GUARD_SECONDS_WARM_FIRST": "soon"})
