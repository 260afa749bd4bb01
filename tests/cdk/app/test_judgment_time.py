"""The judgment time from the context of the app."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from capacity_guard import Baseline, CapacityGuardChecks, InputError, NewTable
from capacity_guard.cdk.app.judgment_time import frozen_time, origin_of_time
from tests.builders.adopted import ON_DEMAND, table_v2
from tests.builders.guarded import WARM, app, baseline, synthesize, table


@pytest.mark.parametrize("now", ["soon", "2026-07-09T15:40:00", "2026-13-01", 5])
def test_now_when_it_is_no_time_is_refused(now: object) -> None:
    with pytest.raises(InputError, match="capacity-guard:now"):
        table(cdk.Stack(app(**{"capacity-guard:now": now}), "S"))


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-07-09", "2026-07-09T00:00:00+00:00"),
        ("2026-07-09T17:40:00+02:00", "2026-07-09T15:40:00+00:00"),
        ("2026-07-09T15:40:00Z", "2026-07-09T15:40:00+00:00"),
    ],
)
def test_now_when_given_is_that_time_in_utc(now: str, expected: str) -> None:
    guarded = table(cdk.Stack(app(**{"capacity-guard:now": now}), "S"))
    assert guarded.guard.place.now.isoformat() == expected


@pytest.mark.parametrize("now", ["2020-01-01", "2026-07-07", "2026-07-08T23:54:00Z"])
def test_now_when_it_is_before_the_recording_is_refused_with_one_error(now: str) -> None:
    with pytest.raises(
        InputError,
        match=r"capacity-guard:now: \S+ is before the recording of conversations, 2026-07-09T00:00:00Z",
    ):
        table(cdk.Stack(app(**{"capacity-guard:now": now}), "S"), capacity=WARM)


@pytest.mark.parametrize("now", ["2026-07-09", "2026-07-08T23:56:00Z"])
def test_now_when_it_is_the_day_of_the_recording_or_as_near_as_clocks_are_passes(now: str) -> None:
    assert isinstance(table(cdk.Stack(app(**{"capacity-guard:now": now}), "S")).guard.baseline, Baseline)


def test_recording_when_it_is_still_to_come_by_the_clock_is_no_baseline_and_closes_the_gate() -> None:
    """Without a context nothing of the user's is wrong but the file: a hotfix passes, a change of capacity does not."""
    recorded = baseline()
    later = replace(recorded, recording=replace(recorded.recording, at=datetime(2099, 1, 1, tzinfo=UTC)))
    made = cdk.App(analytics_reporting=False)
    guarded = table(cdk.Stack(made, "S"), capacity=WARM, baseline=later)
    assert isinstance(guarded.guard.baseline, InputError)
    assert "recorded.at: 2099-01-01T00:00:00Z is still to come" in str(guarded.guard.baseline)
    assert len(synthesize(made).gates) == 1


def test_table_that_does_not_exist_yet_has_no_recording_to_compare() -> None:
    new = table(cdk.Stack(app(**{"capacity-guard:now": "2020-01-01"}), "S"), baseline=NewTable("Orders"))
    assert isinstance(new.guard.baseline, Baseline)


NOW = "capacity-guard:now"
CLOCK = datetime(2026, 7, 9, 15, 40, tzinfo=UTC)
"""Where the clock of the machine stands in these tests (``machine_clock``)."""


@pytest.mark.parametrize(
    ("offset", "warns"),
    [
        ({"hours": 0}, False),
        ({"hours": -23}, False),
        ({"hours": 23}, False),
        ({"hours": -25}, True),
        ({"hours": 25}, True),
        ({"days": 365}, True),
    ],
    ids=str,
)
def test_now_when_it_is_far_from_the_clock_is_told(offset: dict[str, int], warns: bool) -> None:
    text = frozen_time(CLOCK + timedelta(**offset))
    assert ("is more than a day from the clock" in (text or "")) is warns


@pytest.mark.parametrize(
    ("name", "content", "warns"),
    [
        ("cdk.json", {"context": {NOW: "2026-07-09"}}, True),
        ("cdk.context.json", {NOW: "2026-07-09"}, True),
        ("cdk.json", {"context": {"change": "incident"}}, False),
        ("cdk.json", {NOW: "no context, so the CLI does not take it"}, False),
        ("cdk.json", ["no object"], False),
        ("cdk.json", {"context": "no object"}, False),
    ],
    ids=str,
)
def test_now_when_a_file_gives_it_to_every_synthesis_is_told_though_it_is_near(
    name: str, content: object, warns: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_text(json.dumps(content), encoding="utf-8")
    text = frozen_time(CLOCK)
    assert (f"is set in {name}" in (text or "")) is warns


def reported(**context: str) -> list[dict[str, Any]]:
    """What the checks of every app report of the judgment time, in an app without a transition and without a pack."""
    made = cdk.App(context=context, analytics_reporting=False)
    table(cdk.Stack(made, "S"))
    made.synth()
    report = Path(made.outdir, "validation-report.json")
    plugins = json.loads(report.read_text(encoding="utf-8"))["pluginReports"] if report.exists() else []
    return [
        found for plugin in plugins for found in plugin["violations"] if found["ruleName"] == "judgment-time"
    ]


def test_app_when_its_now_is_pinned_expects_a_warning_in_the_report() -> None:
    (found,) = reported(**{NOW: "2026-07-11"})
    assert found["severity"] == "warning"
    assert "judged at 2026-07-11T00:00:00Z" in found["description"]


def test_app_when_it_goes_by_the_clock_expects_no_warning() -> None:
    assert reported() == []


@pytest.mark.slow
def test_app_without_a_guard_when_its_now_is_pinned_expects_a_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    made = app(**{NOW: "2026-07-11"})
    table_v2(cdk.Stack(made, "S"), ON_DEMAND)
    cdk.Validations.of(made).add_plugins(CapacityGuardChecks())
    made.synth()
    assert (
        "capacity-guard: context capacity-guard:now is more than a day from the clock"
        in capsys.readouterr().err
    )


def test_origin_of_the_time_names_the_context_only_where_it_was_given() -> None:
    assert origin_of_time(app(**{"capacity-guard:now": "2026-07-09"})) == "context capacity-guard:now"
    by_clock = cdk.App()
    assert origin_of_time(by_clock).startswith("the midnight before now; ")
