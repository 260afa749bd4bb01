"""The judgment time from the context of the app."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import aws_cdk as cdk
import pytest

from capacity_guard import Baseline, InputError, NewTable
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
    assert guarded.now.isoformat() == expected


@pytest.mark.parametrize("now", ["2020-01-01", "2026-07-07", "2026-07-08T23:54:00Z"])
def test_now_when_it_is_before_the_recording_is_refused_with_one_error(now: str) -> None:
    with pytest.raises(
        InputError,
        match=r"capacity-guard:now: \S+ is before the recording of conversations, 2026-07-09T00:00:00Z",
    ):
        table(cdk.Stack(app(**{"capacity-guard:now": now}), "S"), capacity=WARM)


@pytest.mark.parametrize("now", ["2026-07-09", "2026-07-08T23:56:00Z"])
def test_now_when_it_is_the_day_of_the_recording_or_as_near_as_clocks_are_passes(now: str) -> None:
    assert isinstance(table(cdk.Stack(app(**{"capacity-guard:now": now}), "S")).baseline, Baseline)


def test_recording_when_it_is_still_to_come_by_the_clock_is_no_baseline_and_closes_the_gate() -> None:
    """Without a context nothing of the user's is wrong but the file: a hotfix passes, a change of capacity does not."""
    recorded = baseline()
    later = replace(recorded, recording=replace(recorded.recording, at=datetime(2099, 1, 1, tzinfo=UTC)))
    made = cdk.App(analytics_reporting=False)
    guarded = table(cdk.Stack(made, "S"), capacity=WARM, baseline=later)
    assert isinstance(guarded.baseline, InputError)
    assert "recorded.at: 2099-01-01T00:00:00Z is still to come" in str(guarded.baseline)
    assert len(synthesize(made).gates) == 1


def test_table_that_does_not_exist_yet_has_no_recording_to_compare() -> None:
    new = table(cdk.Stack(app(**{"capacity-guard:now": "2020-01-01"}), "S"), baseline=NewTable("Orders"))
    assert isinstance(new.baseline, Baseline)
