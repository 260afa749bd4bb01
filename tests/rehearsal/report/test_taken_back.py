"""What the watch took back, computed from small raw records; every expectation has a case in which it fails."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from capacity_guard.capacity.errors import InputError
from capacity_guard.rehearsal.report.records import Records
from capacity_guard.rehearsal.report.taken_back import taken_back
from capacity_guard.rehearsal.report.verdict import failures, result
from tests.builders.rehearsal_records import VETO, Raw, alarm, at, event, table


def load(raw: Raw) -> Records:
    return Records.load(raw.write())


def test_result_when_the_watch_took_a_change_back_holds_its_seconds_and_both_capacities(raw: Raw) -> None:
    part = result(load(raw))["taken_back"]
    assert part["seconds"] == {
        "throttled_to_veto": 210.0,
        "veto_to_update": 6.0,
        "update_to_restored": 54.0,
        "throttled_to_restored": 270.0,
    }
    assert part["before"] == part["after"]
    assert part["before"]["billing_mode"] == "PAY_PER_REQUEST"
    assert (part["reason"], part["stack_status"], part["quiet_hours"]) == (VETO, "UPDATE_COMPLETE", 1.4)
    assert [(stage["stage"], stage["passed"]) for stage in part["stages"]] == [
        ("preflight", True),
        ("change", True),
        ("bake", True),
    ]


def test_throttling_before_and_during_the_deployment_is_not_what_the_watch_met(raw: Raw) -> None:
    for minute in raw.minutes[:20]:
        minute["throttle_events"] = 5
    raw.minutes.append({**raw.minutes[-1], "minute": at(120), "throttle_events": 5})
    assert taken_back(load(raw)).throttled.at.isoformat() == at(200)


def test_table_that_leaves_again_counts_as_restored_from_its_return(raw: Raw) -> None:
    raw.tables += [{"at": at(205), "table": table(status="UPDATING")}, {"at": at(207), "table": table()}]
    assert taken_back(load(raw)).seconds.update_to_restored == 204.0


def test_alarm_counts_between_the_first_throttled_minute_and_the_restoration_alone(raw: Raw) -> None:
    raw.alarms += [alarm(199, "ALARM"), alarm(205, "ALARM")]
    assert taken_back(load(raw)).alarm is None
    raw.alarms.append(alarm(203, "ALARM"))
    found = taken_back(load(raw)).alarm
    assert found is not None
    assert found.isoformat() == at(203)


@pytest.mark.parametrize(
    ("without", "named"),
    [
        ("throttling", "shows nothing throttled after step 'watched'"),
        ("veto", "journal.json: has no 'watch vetoed'"),
        ("update", "the stack's UPDATE_IN_PROGRESS after the veto"),
        ("restored", "never shows the table restored after step 'watched'"),
        ("confirmed", "journal.json: has no 'restored, verified'"),
    ],
)
def test_taken_back_when_a_moment_is_missing_names_what_did_not_happen(
    raw: Raw, without: str, named: str
) -> None:
    if without == "throttling":
        raw.minutes = [minute for minute in raw.minutes if minute["minute"] < at(130)]
    elif without == "veto":
        raw.journal = [entry for entry in raw.journal if entry["event"] != "watch vetoed"]
    elif without == "update":
        raw.events = [entry for entry in raw.events if entry["Timestamp"] < at(203)]
    elif without == "restored":
        raw.tables = raw.tables[:-1]
    else:
        raw.journal = raw.journal[:-1]
    with pytest.raises(InputError, match=named):
        taken_back(load(raw))


def _armed_in_vain(raw: Raw) -> None:
    raw.commands[-2]["exit_code"] = 1


def _not_deployed(raw: Raw) -> None:
    raw.commands[-1]["exit_code"] = 1


def _bake_left_out(raw: Raw) -> None:
    raw.events = [
        entry
        for entry in raw.events
        if not ("Bake" in entry["LogicalResourceId"] and entry["Timestamp"] > at(100))
    ]


def _update_failed(raw: Raw) -> None:
    raw.events[-1] = event(205, "stack", "UPDATE_ROLLBACK_COMPLETE")


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (_armed_in_vain, "'armed' was not deployed"),
        (_not_deployed, "'watched' was not deployed"),
        (_bake_left_out, "'watched' did not pass bake"),
        (_update_failed, "left the stack in UPDATE_ROLLBACK_COMPLETE"),
    ],
)
def test_failures_when_an_expectation_of_the_watch_is_not_met_names_it(
    raw: Raw, spoil: Callable[[Raw], None], problem: str
) -> None:
    spoil(raw)
    assert any(problem in line for line in failures(load(raw)))
