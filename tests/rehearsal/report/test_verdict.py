"""The verdict of the demo, computed from small raw records; every expectation has a case in which it fails."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from capacity_guard.capacity.errors import InputError
from capacity_guard.rehearsal.report.records import Records
from capacity_guard.rehearsal.report.verdict import (
    RollbackSeconds,
    failures,
    findings,
    result,
    rollback,
    stages,
)
from tests.builders.rehearsal_records import ALARM, REASON, Raw, alarm, at, event, table


def load(raw: Raw) -> Records:
    return Records.load(raw.write())


def test_result_when_everything_happened_holds_the_three_parts(raw: Raw) -> None:
    verdict = result(load(raw))
    assert verdict["refused"] == {
        "exit_code": 1,
        "findings": [
            "CG4 ERROR Conversations / by_agent, write: after the switch it serves less",
            "CG15 ERROR Conversations / by_agent, write: frozen during the switch",
        ],
    }
    provisioned = {"read": 3840, "write": 3840, "maximum_read": None, "maximum_write": None}
    on_demand = {"read": 0, "write": 0, "maximum_read": None, "maximum_write": None}
    committed = verdict["committed"]
    assert committed["before"] == {
        "billing_mode": "PROVISIONED",
        "table": provisioned,
        "index/by_agent": provisioned,
    }
    assert committed["after"]["index/by_agent"] == on_demand
    assert [
        (stage["deployment"], stage["stage"], stage["seconds"], stage["passed"])
        for stage in committed["stages"]
    ] == [
        ("floor", "preflight", 120.0, True),
        ("floor", "change", 120.0, True),
        ("floor", "bake", 600.0, True),
        ("on-demand", "preflight", 120.0, True),
        ("on-demand", "pre-warm", 90.0, True),
        ("on-demand", "change", 120.0, True),
        ("on-demand", "bake", 600.0, True),
    ]
    rolled_back = verdict["rolled_back"]
    assert rolled_back["before"] == rolled_back["after"] == committed["after"]
    assert (rolled_back["alarm"], rolled_back["reason"], rolled_back["stack_status"]) == (
        ALARM,
        REASON,
        "UPDATE_ROLLBACK_COMPLETE",
    )
    assert rolled_back["seconds"] == {
        "change_to_alarm": 300.0,
        "alarm_to_rollback": 120.0,
        "rollback_to_restored": 120.0,
        "change_to_restored": 540.0,
    }
    assert failures(load(raw)) == []
    json.dumps(verdict)


def test_seconds_when_rounded_change_to_restored_is_the_sum_of_its_parts(raw: Raw) -> None:
    raw.alarms = [alarm(66.7511, "ALARM")]
    seconds = rollback(load(raw)).seconds
    parts = (seconds.change_to_alarm, seconds.alarm_to_rollback, seconds.rollback_to_restored)
    assert seconds.change_to_restored == round(sum(parts), 1)


def test_rollback_when_the_index_lags_counts_until_the_index_is_back(raw: Raw) -> None:
    (last,) = [observation for observation in raw.tables if observation["at"] == at(71)]
    last["at"] = at(73)
    assert rollback(load(raw)).seconds.rollback_to_restored == 240.0


def test_rollback_when_the_table_leaves_again_counts_from_its_return(raw: Raw) -> None:
    raw.tables += [
        {"at": at(72), "table": table(status="UPDATING")},
        {"at": at(74), "table": table()},
    ]
    assert rollback(load(raw)).seconds.rollback_to_restored == 300.0


def test_rollback_when_an_alarm_was_on_before_the_change_takes_the_one_after_it(raw: Raw) -> None:
    raw.alarms = [alarm(20, "ALARM", "earlier"), alarm(66, "OK"), alarm(67, "ALARM")]
    assert rollback(load(raw)).alarm.alarm == ALARM


def test_rollback_when_the_bake_saw_it_before_the_alarm_says_so_with_a_negative_part(raw: Raw) -> None:
    raw.alarms = [alarm(69.1, "ALARM")]
    seconds = rollback(load(raw)).seconds
    assert seconds.alarm_to_rollback == -6.0
    assert seconds.change_to_restored == 540.0


def test_seconds_that_are_shown_add_up() -> None:
    shown = RollbackSeconds(310.6, 8.6, 5.3).whole
    assert (shown.change_to_alarm, shown.alarm_to_rollback, shown.rollback_to_restored) == (311, 8, 6)
    assert shown.change_to_restored == 325


def test_alarm_after_a_quick_rollback_is_that_of_the_step_and_a_later_one_is_not(raw: Raw) -> None:
    raw.alarms = [alarm(84.9, "ALARM")]  # the deployment ended in minute 80
    assert rollback(load(raw)).alarm.alarm == ALARM
    raw.alarms = [alarm(85.1, "ALARM")]
    with pytest.raises(InputError, match="shows no alarm"):
        rollback(load(raw))


@pytest.mark.parametrize(
    ("without", "named"),
    [
        ("alarm", "alarm-history.json"),
        ("rollback", "UPDATE_ROLLBACK_IN_PROGRESS"),
        ("reason", "CREATE_FAILED"),
        ("restored", "never shows the table restored"),
    ],
)
def test_rollback_when_a_moment_is_missing_names_what_did_not_happen(
    raw: Raw, without: str, named: str
) -> None:
    if without == "alarm":
        raw.alarms = [change for change in raw.alarms if "ALARM" not in change["HistoryData"]]
    elif without == "restored":
        raw.tables = [observation for observation in raw.tables if observation["at"] != at(71)]
    else:
        status = "UPDATE_ROLLBACK_IN_PROGRESS" if without == "rollback" else "CREATE_FAILED"
        raw.events = [entry for entry in raw.events if entry["ResourceStatus"] != status]
    with pytest.raises(InputError, match=named):
        rollback(load(raw))


def _not_refused(raw: Raw) -> None:
    raw.commands[1]["exit_code"] = 0


def _without_cg15(raw: Raw) -> None:
    raw.outputs["refused"] = raw.outputs["refused"].replace("CG15", "CG2")


def _not_committed(raw: Raw) -> None:
    raw.commands[2]["exit_code"] = 1


def _bake_left_out(raw: Raw) -> None:
    raw.events = [
        entry
        for entry in raw.events
        if not ("Bake" in entry["LogicalResourceId"] and entry["Timestamp"] < at(60))
    ]


def _never_warmed(raw: Raw) -> None:
    raw.tables = [observation for observation in raw.tables if observation["at"] != at(32)]


def _still_provisioned(raw: Raw) -> None:
    for observation in raw.tables:
        observation["table"]["BillingModeSummary"]["BillingMode"] = "PROVISIONED"


def _deployed_after_all(raw: Raw) -> None:
    raw.commands[4]["exit_code"] = 0


def _rollback_failed(raw: Raw) -> None:
    raw.events[-1] = event(72, "stack", "UPDATE_ROLLBACK_FAILED")


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (_not_refused, "not refused at synth"),
        (_without_cg15, "CG15 is not among"),
        (_not_committed, "'floor' was not committed"),
        (_bake_left_out, "did not pass bake"),
        (_never_warmed, "did not pass pre-warm"),
        (_still_provisioned, "not on-demand"),
        (_deployed_after_all, "ended with exit code 0"),
        (_rollback_failed, "UPDATE_ROLLBACK_FAILED"),
    ],
)
def test_failures_when_an_expectation_is_not_met_names_it(
    raw: Raw, spoil: Callable[[Raw], None], problem: str
) -> None:
    spoil(raw)
    assert any(problem in line for line in failures(load(raw)))


def test_result_when_the_way_back_loses_a_maximum_is_not_restored(raw: Raw) -> None:
    for observation in raw.tables:
        if at(35) < observation["at"] < at(62):
            observation["table"] = table(maximum=9000)
    with pytest.raises(InputError, match="never shows the table restored"):
        result(load(raw))


def test_findings_when_a_line_is_a_warning_or_prose_leaves_it_out() -> None:
    assert findings("CG9  WARN  T: shown\nsee CG4 for ERROR\nno finding here") == []


def test_stages_when_the_bake_failed_shows_it_and_the_rollback(raw: Raw) -> None:
    found = {stage.name: stage.passed for stage in stages(load(raw), "rolled-back")}
    assert found == {"preflight": True, "change": True, "bake": False, "rollback": True}
