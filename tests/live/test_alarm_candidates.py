"""The candidates of a live run: their verdicts name the reading under which the emulator's engine was run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from capacity_guard.rehearsal.emulator.corrections.metric_readings import Reading, all_readings
from live.alarm_candidates import CANDIDATES, CLEARS_WITHIN, Observed, verdicts
from tests.builders.alarm_worlds import DELAYS, THROTTLING, fired_and_cleared
from tests.rehearsal.emulator.corrections.test_metric_readings import alarm, states

READINGS = [replace(reading, extra_periods=extra) for reading in all_readings((0,)) for extra in (0, 5)]


def observe(reading: Reading, delay: float) -> dict[str, Observed]:
    """What a run would see under a reading: writes throttle, reads do not."""
    observed = {}
    for candidate in CANDIDATES:
        judged = alarm(candidate.expression, candidate.datapoints, candidate.periods)
        judged["Threshold"] = candidate.threshold
        fired, cleared = fired_and_cleared(
            lambda judged=judged: states(judged, THROTTLING["provisioned, writes"], delay, reading)  # type: ignore[misc]
        )
        observed[candidate.name] = Observed(fired, cleared)
    return observed


@pytest.mark.sampled(every=3)
@pytest.mark.parametrize("reading", READINGS, ids=str)
def test_verdicts_of_a_run_name_the_reading_that_holds(reading: Reading) -> None:
    for delay in DELAYS:
        lines = dict(line.split(": ", 1) for line in verdicts(observe(reading, delay), CLEARS_WITHIN))
        assert "yes: fired after" in lines["guard"]
        assert lines["arithmetic"].endswith(f"arithmetic={reading.arithmetic}")
        assert lines["fill"].endswith(f"fill_of_nothing={reading.fill_of_nothing}")
        assert lines["sparse"].endswith(f"missing_data={reading.missing_data}")
        assert "yes: fired after" in lines["constant"]


def test_verdicts_when_nothing_fired_or_the_run_was_short_do_not_decide() -> None:
    nothing = {candidate.name: Observed() for candidate in CANDIDATES}
    lines = dict(line.split(": ", 1) for line in verdicts(nothing, CLEARS_WITHIN))
    assert "NO: it never fired" in lines["guard"]
    assert "undecided" in lines["arithmetic"]
    assert "undecided" in lines["sparse"]
    fired = {candidate.name: Observed(250.0) for candidate in CANDIDATES}
    lines = dict(line.split(": ", 1) for line in verdicts(fired, 60))
    assert "undecided: watched for 60 s" in lines["guard"]
    assert "undecided: watched for 60 s" in lines["sparse"]


def test_verdicts_when_an_alarm_is_refused_or_was_not_measured_say_so() -> None:
    lines = list(verdicts({"constant": Observed(refused="Unsupported function")}, 0))
    assert lines[0].endswith("not measured")
    assert lines[-1].endswith("CloudWatch refused the alarm: Unsupported function")
