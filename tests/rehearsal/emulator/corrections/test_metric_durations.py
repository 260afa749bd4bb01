"""How late metrics and alarms are: ranges, draws, and the second at which alarms are judged."""

from __future__ import annotations

from dataclasses import fields

import pytest

from capacity_guard.rehearsal.emulator.corrections.metric_durations import MetricDurations

DRAWS = [MetricDurations.drawn(str(seed)) for seed in range(60)]


def test_every_duration_has_a_range_that_holds_its_default_and_its_draws() -> None:
    assert MetricDurations.RANGES.keys() == {field.name for field in fields(MetricDurations)}
    for name, (low, high) in MetricDurations.RANGES.items():
        assert all(low <= getattr(one, name) <= high for one in [MetricDurations(), *DRAWS])
    assert len({draw.alarm for draw in DRAWS}) > 40


def test_minute_has_points_before_its_alarm_is_judged_and_not_before_the_judgment_of_the_one_before() -> None:
    for draw in [MetricDurations.quick(), MetricDurations.slow(), *DRAWS]:
        judged = draw.evaluation_second
        first = min(second for second in (judged, judged + 60) if second >= draw.metrics_first)
        assert first == pytest.approx(draw.alarm)


def test_durations_of_metrics_when_set_through_the_environment_replace_the_draw() -> None:
    environment = {"CAPACITY_GUARD_DURATIONS": "slow", "CAPACITY_GUARD_SECONDS_ALARM_SPARSE": "0"}

    durations = MetricDurations.from_environment(environment)

    assert (durations.alarm, durations.evaluation_second, durations.alarm_sparse) == (92.0, 32.0, 0.0)
    assert durations.metrics_complete == 180.0
