"""The values that the steps of the demo depend on, and the folder that it writes to; `make demo` runs the steps."""

from __future__ import annotations

import inspect
import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from capacity_guard.capacity.capacity import OnDemand, minimum_of
from capacity_guard.capacity.errors import InputError
from capacity_guard.capacity.evidence import hour_of_week
from capacity_guard.evidence.baseline import Baseline
from capacity_guard.evidence.files import exclusive
from capacity_guard.rehearsal.meter import Ceiling, meter
from capacity_guard.rehearsal.recorded_demand import RecordedDemand
from capacity_guard.rehearsal.report.build import STEPS
from capacity_guard.rehearsal.report.taken_back import ARMED, WATCHED
from capacity_guard.rehearsal.report.verdict import FLOOR, ON_DEMAND, REFUSED, ROLLED_BACK
from demo.commands import ENVIRONMENT, STACK
from demo.story import (
    BASELINE,
    CLOCK_START,
    GROWTH,
    INDEX,
    LONGEST_WATCH,
    PEAK,
    QUIET_HOUR,
    SURGE_TO,
    Demo,
)
from stacks.settings import CHANGES, ROLLOUTS, environments


def test_demand_when_the_demo_starts_exceeds_what_is_provisioned_and_falls_in_time_for_the_switch() -> None:
    demand = RecordedDemand(BASELINE)
    hour = [demand(INDEX.key, CLOCK_START + timedelta(minutes=minute)) for minute in range(60)]
    assert hour[0] > 3_840
    # Preflight adds the largest rise that was recorded for the hour, and the floor is 4,800
    evidence = Baseline.load(BASELINE).evidence(10)
    assert evidence is not None
    assert max(hour) + evidence.rise_in(INDEX, hour_of_week(CLOCK_START)) < 4_800


def test_surge_when_compared_with_the_record_exceeds_it() -> None:
    peak = RecordedDemand(BASELINE).peak(INDEX)
    assert round(peak) == 4_800
    assert peak < 5_000 < SURGE_TO


def test_stack_and_changes_of_the_demo_are_those_of_the_example_app() -> None:
    (cell,) = environments(only=ENVIRONMENT)
    assert (cell.stack_name, cell.baseline) == (STACK, BASELINE)
    assert {"incident", "fixed", "switch", "provisioned", "quiet"} <= set(CHANGES)
    assert len({REFUSED, FLOOR, ON_DEMAND, ROLLED_BACK, ARMED, WATCHED}) == 6


def throttled_minutes(growth: float) -> list[datetime]:
    """Minutes of that day in which the index throttles with the units of the change "quiet"."""
    throughput = CHANGES["quiet"].throughput(INDEX)
    assert throughput is not None
    demand, units = RecordedDemand(BASELINE), minimum_of(throughput)
    ceiling = Ceiling("provisioned", float(units), "ProvisionedThroughput")
    bucket, found = 0.0, []
    for minute in (QUIET_HOUR + timedelta(minutes=count) for count in range(18 * 60)):
        metered = meter(demand(INDEX.key, minute) * growth, 60, ceiling, bucket)
        bucket = metered.bucket
        found += [minute] if metered.throttled else []
    return found


def test_quiet_change_when_traffic_is_as_recorded_carries_it_and_when_it_has_grown_throttles_at_the_peak() -> (
    None
):
    assert throttled_minutes(1.0) == []
    minutes = throttled_minutes(GROWTH)
    assert PEAK < minutes[0] < PEAK + LONGEST_WATCH / 2
    # Until its busiest hour of the day has passed, a change cannot settle, and the watch is on duty.
    evidence = Baseline.load(BASELINE).evidence(10)
    assert evidence is not None
    peak = evidence.peak(INDEX)
    assert peak is not None
    assert (PEAK.hour, PEAK.weekday()) == (peak.at.hour, peak.at.weekday())
    assert minutes[0].hour == PEAK.hour


def test_growth_when_compared_with_rules_and_way_back_is_below_both() -> None:
    demand = RecordedDemand(BASELINE)
    evening = [demand(INDEX.key, PEAK + timedelta(minutes=minute)) * GROWTH for minute in range(60)]
    (index,) = CHANGES["switch"].indexes.values()
    assert isinstance(index, OnDemand)
    assert index.warm is not None
    assert max(evening) < (index.warm.write or 0)
    assert GROWTH < 1.3


def test_quiet_hour_is_in_the_change_window_of_the_change() -> None:
    window = ROLLOUTS["quiet"].change_window
    assert window is not None
    assert QUIET_HOUR in window
    assert QUIET_HOUR + timedelta(hours=1) in window


def test_run_when_it_starts_removes_the_results_of_an_earlier_run_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = [
        "cdk-start/manifest.json",
        "raw/commands.json",
        "baselines/floor.json",
        "index.html",
        "result.json",
    ]
    for name in (*old, "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")

    def no_emulator(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("demo.story.Emulator", no_emulator)
    with pytest.raises(KeyboardInterrupt):
        Demo(tmp_path, 30).run()
    left = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file())
    assert left == [".lock", "notes.txt"]
    assert (tmp_path / "raw").is_dir()


def test_run_when_another_demo_uses_the_folder_is_refused_and_keeps_its_files(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("of the other run")
    with exclusive(tmp_path, "--out"), pytest.raises(InputError, match="is in use by another run"):
        Demo(tmp_path, 30).run()
    assert (tmp_path / "index.html").read_text() == "of the other run"


def test_steps_of_the_console_have_each_number_once_and_are_those_of_the_page() -> None:
    printed = re.findall(r'^ +"Step (\d)",$', inspect.getsource(Demo), re.MULTILINE)
    assert printed == ["1", "2", "3", "4"]
    assert ["before", *printed] == list(dict.fromkeys(label.split()[0] for label in STEPS.values()))
