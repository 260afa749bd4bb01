"""The threshold of the rollback alarms where the baseline has no traffic that can be used."""

from __future__ import annotations

from dataclasses import replace

import pytest

from capacity_guard import Rollout
from tests.builders.guarded import ALARM, baseline, template


def thresholds(**given: object) -> set[float]:
    return {alarm["Properties"]["Threshold"] for alarm in template(**given).of(ALARM).values()}


@pytest.mark.parametrize(
    "recorded",
    [replace(baseline(throttled=7), traffic=None), "nowhere/conversations.json"],
    ids=["no traffic", "no baseline"],
)
def test_alarm_threshold_without_usable_traffic_counts_every_throttle_event(recorded: object) -> None:
    assert thresholds(baseline=recorded) == {0}
    assert thresholds(baseline=recorded, rollout=Rollout(alarm_threshold=25)) == {25}


def test_alarm_threshold_of_zero_is_not_replaced_by_the_noise_of_the_baseline() -> None:
    assert thresholds(baseline=baseline(throttled=7), rollout=Rollout(alarm_threshold=0)) == {0}
