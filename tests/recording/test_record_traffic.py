"""The traffic of a recorded table: days, gaps, throttle events, and awkward answers of CloudWatch."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from capacity_guard.commands import main as cli
from capacity_guard.evidence.baseline import Baseline
from capacity_guard.simulator.table_replay import simulate
from tests.fakes.recording_aws import END, NAME, Failure, Services
from tests.recording.record_command import run


@pytest.mark.slow
def test_record_when_days_are_not_given_asks_for_fourteen(services: Services, tmp_path: Path) -> None:
    out = tmp_path / "orders.json"
    services.load(days=14)
    assert cli.main(["record", "--table", NAME, "--out", str(out)]) == 0
    asked = services.operations("GetMetricData")[0]
    assert asked["EndTime"] == END
    assert asked["EndTime"] - asked["StartTime"] == timedelta(days=14)
    traffic = Baseline.load(out).traffic
    assert traffic is not None
    assert traffic.minutes == 20_160


def test_record_when_the_table_is_younger_than_the_days_cuts_the_unrecorded_start(
    services: Services, tmp_path: Path
) -> None:
    out = tmp_path / "orders.json"
    for key, series in services.series.items():
        services.series[key] = {t: v for t, v in series.items() if t >= END - timedelta(minutes=90)}
    assert run("--table", NAME, "--out", str(out)) == 0
    traffic = Baseline.load(out).traffic
    assert traffic is not None
    assert (traffic.minutes, traffic.gaps()) == (90, 0)


def test_record_when_minutes_are_missing_inside_keeps_them_as_gaps(
    services: Services, tmp_path: Path
) -> None:
    out = tmp_path / "orders.json"
    lost = {END - timedelta(minutes=number) for number in range(30, 40)}
    for key, series in services.series.items():
        services.series[key] = {t: v for t, v in series.items() if t not in lost}
    assert run("--table", NAME, "--out", str(out)) == 0
    assert json.loads(out.read_text())["traffic"]["gaps"] == 10


def test_recording_when_minutes_are_missing_states_holes_limits_and_causes(
    services: Services, tmp_path: Path
) -> None:
    services.load_throttle_events()
    for key, series in services.series.items():
        if key[0].startswith("Consumed"):
            services.series[key] = {
                at: value
                for at, value in series.items()
                if not 100 <= (END - at) / timedelta(minutes=1) < 130
            }
    out = tmp_path / "orders.json"
    assert run("--table", NAME, "--out", str(out)) == 0
    data = json.loads(out.read_text())
    assert data["traffic"]["gaps"] == 30
    assert data["traffic"]["holes"] == [
        {"from": "2026-07-09T03:48:00Z", "to": "2026-07-09T04:18:00Z", "minutes": 30}
    ]
    assert data["recorded"]["asked"] == {"from": "2026-07-08T05:57:00Z", "to": "2026-07-09T05:57:00Z"}
    assert (
        "one-minute data is kept for 15 days, five-minute data for 63; the newest 3 minutes are left out"
        in data["recorded"]["source"]
    )
    assert data["recorded"]["throttled_by"] == {
        "table/write": {"ProvisionedThroughput": 80, "KeyRangeThroughput": 40}
    }
    baseline = Baseline.load(out)
    assert baseline.traffic is not None
    assert baseline.deployed is not None
    outcome = simulate(baseline.deployed.live, baseline.traffic)
    assert len(outcome.dimensions) == 4


def test_recording_when_nothing_throttled_asks_for_no_causes(services: Services, tmp_path: Path) -> None:
    assert run("--table", NAME, "--out", str(tmp_path / "orders.json")) == 0
    asked = {
        query["MetricStat"]["Metric"]["MetricName"]
        for call in services.operations("GetMetricData")
        for query in call["MetricDataQueries"]
    }
    assert not any("ProvisionedThroughputThrottle" in name for name in asked)


def test_recording_when_cloudwatch_answers_awkwardly_loads_and_simulates(
    services: Services, tmp_path: Path
) -> None:
    """Pages, series that are partial at first, throttling, points out of order and twice, no value for some metrics."""
    services.load_throttle_events()
    services.points_a_page = 977
    del services.series["ConsumedReadCapacityUnits", "by_day"]
    services.failures["GetMetricData"] = [Failure("Throttling"), Failure("ThrottlingException")]
    asked: list[str] = []

    def awkward(parameters: dict[str, Any]) -> dict[str, Any]:
        answer = services.metric_data(parameters)
        first = not asked
        asked.append("")
        for result in answer["MetricDataResults"]:
            result["Timestamps"] = [*reversed(result["Timestamps"]), *result["Timestamps"][:2]]
            result["Values"] = [*reversed(result["Values"]), *result["Values"][:2]]
            if first and "NextToken" not in answer:
                result["StatusCode"] = "PartialData"
        if "NextToken" not in answer and len(asked) < 20:
            answer["MetricDataResults"][0]["StatusCode"] = "InternalError"
            asked.extend([""] * 20)
        return answer

    services.answers["GetMetricData"] = awkward
    out = tmp_path / "orders.json"
    assert run("--table", NAME, "--out", str(out)) == 0
    assert services.pauses[:2] == [1.0, 2.0]
    baseline = Baseline.load(out)
    assert baseline.traffic is not None
    assert baseline.deployed is not None
    assert baseline.traffic.gaps() == baseline.traffic.minutes  # one metric has no value at all
    assert simulate(baseline.deployed.live, baseline.traffic).throttled_units == 0


def without_values(services: Services) -> None:
    for key in services.series:
        services.series[key] = {}


def test_record_of_a_table_that_was_just_created_has_no_traffic_and_says_so(
    services: Services, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    without_values(services)
    services.table["CreationDateTime"] = END - timedelta(minutes=90, seconds=-20)
    out = tmp_path / "orders.json"
    assert run("--table", NAME, "--out", str(out)) == 0
    baseline = Baseline.load(out)
    assert baseline.traffic is not None
    assert (baseline.traffic.minutes, baseline.traffic.gaps(), baseline.traffic.end) == (90, 90, END)
    assert baseline.recording.note is not None
    assert baseline.recording.note.startswith(
        f"No traffic is known: the table was created {services.table['CreationDateTime']:%Y-%m-%d %H:%M} UTC"
    )
    assert baseline.recording.note in capsys.readouterr().out


@pytest.mark.parametrize("seconds", [1, 200])
def test_record_of_a_table_younger_than_the_newest_complete_minute_has_one_gap(
    services: Services, tmp_path: Path, seconds: int, capsys: pytest.CaptureFixture[str]
) -> None:
    without_values(services)
    services.table["CreationDateTime"] = END + timedelta(seconds=seconds)
    out = tmp_path / "orders.json"
    assert run("--table", NAME, "--out", str(out)) == 0
    traffic = Baseline.load(out).traffic
    assert traffic is not None
    assert (traffic.minutes, traffic.gaps()) == (1, 1)
    assert "(1 minute, 1 with a gap)" in capsys.readouterr().out


def test_record_of_an_older_table_without_traffic_is_refused(
    services: Services, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    without_values(services)
    services.table["CreationDateTime"] = END - timedelta(days=1, minutes=1)
    out = tmp_path / "orders.json"
    assert run("--table", NAME, "--out", str(out)) == 2
    assert "holds no consumed units in these days" in capsys.readouterr().err
    assert not out.exists()
