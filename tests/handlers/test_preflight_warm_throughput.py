"""Preflight raises warm throughput: what it requests, how it waits, and what it judges again afterwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from capacity_guard.capacity import (
    Capacity,
    ChangeWindow,
    OnDemand,
    Provisioned,
    Rollout,
    Units,
)
from capacity_guard.handlers.calls import ATTEMPTS
from capacity_guard.handlers.messages import (
    GateError,
)
from capacity_guard.handlers.warm import is_only_change
from tests.fakes.gate_aws import client_error
from tests.handlers.gate_world import (
    ALARM_NAMES,
    INDEX,
    NOW,
    PROVISIONED,
    RAISED,
    TABLE_NAME,
    a_plan,
    at,
    prepare_preflight,
    set_alarm_state,
    set_traffic,
    throttle,
)

BOTH_WARM = Capacity.on_demand(
    warm=Units(read=15_000, write=7_000), indexes={"by_agent": OnDemand(warm=Units(write=6_240))}
)


def test_raise_when_table_and_index_are_below_their_targets_asks_for_both_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = a_plan(BOTH_WARM)
    aws, preflight = prepare_preflight(monkeypatch, plan)
    preflight.start()
    assert aws.calls == [], "the first look does everything"
    assert preflight.poll() is None
    assert aws.writes() == [
        {
            "TableName": TABLE_NAME,
            "WarmThroughput": {"ReadUnitsPerSecond": 15_000, "WriteUnitsPerSecond": 7_000},
        },
        {
            "TableName": TABLE_NAME,
            "GlobalSecondaryIndexUpdates": [
                {"Update": {"IndexName": "by_agent", "WarmThroughput": {"WriteUnitsPerSecond": 6_240}}}
            ],
        },
    ]
    preflight.go_on()
    assert len(aws.writes()) == 2, "a running raise is not asked for again"
    assert aws.resources[INDEX].warm == {"read": 12_000, "write": 6_240}
    assert aws.now - NOW >= timedelta(seconds=aws.raise_seconds)


def test_raise_when_already_warm_asks_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan()
    aws, preflight = prepare_preflight(monkeypatch, plan)
    aws.resources[INDEX].warm = {"read": 12_000, "write": 7_000}
    preflight.run()
    assert aws.writes() == []
    assert aws.now == NOW


def test_raise_when_one_access_is_warmer_than_its_target_never_lowers_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = a_plan(Capacity.on_demand(warm=Units(read=13_000, write=7_000), indexes={"by_agent": OnDemand()}))
    aws, preflight = prepare_preflight(monkeypatch, plan)
    aws.resources["table"].warm = {"read": 20_000, "write": 4_000}
    preflight.run()
    assert [write["WarmThroughput"] for write in aws.writes()] == [{"WriteUnitsPerSecond": 7_000}]
    assert aws.resources["table"].warm == {"read": 20_000, "write": 7_000}


def test_raise_when_one_towards_the_target_is_already_running_waits_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = a_plan()
    aws, preflight = prepare_preflight(monkeypatch, plan)
    index = aws.resources[INDEX]
    index.warm_status, index.rising_to, index.warm_at = (
        "UPDATING",
        {"write": 6_240},
        NOW + timedelta(seconds=300),
    )
    preflight.run()
    assert aws.writes() == []
    assert aws.now - NOW >= timedelta(seconds=300)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("ResourceInUseException", "Attempt to change a resource which is still in use"),
        ("ThrottlingException", "The rate of control plane requests made by this account is too high"),
        ("InternalServerError", "oops"),
    ],
)
def test_raise_when_the_call_meets_a_transient_error_is_repeated(
    monkeypatch: pytest.MonkeyPatch, code: str, message: str
) -> None:
    plan = a_plan()
    aws, preflight = prepare_preflight(monkeypatch, plan)
    aws.fail("dynamodb:UpdateTable", *(client_error("UpdateTable", code, message) for _ in range(3)))
    preflight.run()
    assert aws.count("dynamodb:UpdateTable") == 4
    assert aws.resources[INDEX].warm["write"] == 6_240


@pytest.mark.parametrize(
    ("code", "message", "expected"),
    [
        ("AccessDeniedException", "is not authorized to perform: dynamodb:UpdateTable", "was denied"),
        ("LimitExceededException", "exceeds TableMaxWriteCapacityUnits of the account", "exceeds a quota"),
        ("ValidationException", "One or more parameter values were invalid", "was refused as invalid"),
    ],
)
def test_raise_when_the_call_can_never_succeed_refuses(
    monkeypatch: pytest.MonkeyPatch, code: str, message: str, expected: str
) -> None:
    plan = a_plan()
    aws, preflight = prepare_preflight(monkeypatch, plan)
    aws.fail("dynamodb:UpdateTable", client_error("UpdateTable", code, message))
    with pytest.raises(GateError, match=expected) as refused:
        preflight.run()
    assert "dynamodb:UpdateTable (warm throughput) of Conversations-XYZ, index by_agent" in str(refused.value)


def test_raise_when_time_runs_out_fails_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan()
    aws, preflight = prepare_preflight(monkeypatch, plan)
    aws.raise_seconds = 10_000
    with pytest.raises(GateError) as refused:
        preflight.run()
    text = str(refused.value)
    assert "index by_agent, write 4,000 to 6,240 was not reached in 55 minutes" in text
    assert (
        "aws dynamodb update-table --region eu-west-1 --table-name Conversations-XYZ --global-secondary-index-updates "
        '\'[{"Update":{"IndexName":"by_agent","WarmThroughput":{"WriteUnitsPerSecond":6240}}}]\'' in text
    )
    assert len(text) <= 900
    assert timedelta(seconds=3_300) < aws.now - NOW < timedelta(seconds=3_400), (
        "before the framework gives up"
    )


def test_raise_when_another_raise_never_ends_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan(BOTH_WARM)
    aws, preflight = prepare_preflight(monkeypatch, plan)
    for key, units in (
        ("table", {"read": 15_000, "write": 7_000}),
        (INDEX, {"read": 12_000, "write": 6_240}),
    ):
        aws.resources[key].warm = units
    aws.resources["table"].warm_status = "UPDATING"
    with pytest.raises(GateError, match="warm throughput of table still rises after 55 minutes"):
        preflight.run()


def test_raise_when_somebody_raises_what_is_not_declared_refuses_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = a_plan(Capacity.on_demand(indexes={"by_agent": OnDemand()}))
    aws, preflight = prepare_preflight(monkeypatch, plan)
    aws.resources["table"].warm_status = "UPDATING"
    with pytest.raises(GateError, match="warm throughput of table is being raised, not ACTIVE"):
        preflight.run()
    assert aws.now == NOW


def test_raise_when_the_transition_creates_the_index_leaves_it_out(monkeypatch: pytest.MonkeyPatch) -> None:
    declared = Capacity.provisioned(
        read=4_000,
        write=6_400,
        indexes={"by_agent": Provisioned(2_000, 100, warm=Units(write=5_000))},
    )
    plan = a_plan(declared, Capacity.provisioned(read=4_000, write=6_400))
    aws, preflight = prepare_preflight(monkeypatch, plan)
    preflight.run()
    assert aws.writes() == []


@pytest.mark.parametrize("wrong", ["throttling", "alarm", "rise", "status", "window"])
def test_recheck_when_a_condition_turned_bad_while_warm_throughput_rose_refuses(
    monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    window = ChangeWindow("Thu 15-17") if wrong == "window" else None
    plan = a_plan(rollout=Rollout(change_window=window))
    aws, preflight = prepare_preflight(monkeypatch, plan)
    preflight.start()
    assert preflight.poll() is None
    aws.now = at(8)
    if wrong == "throttling":
        throttle(aws, "table", at(4), 30, 40)
    elif wrong == "alarm":
        set_alarm_state(aws, ALARM_NAMES["table"], "ALARM", at(6))
    elif wrong == "rise":
        set_traffic(aws, {"index/by_agent/write": 4_700}, start=at(2))
        aws.resources[INDEX].units["write"] = 4_750
    elif wrong == "status":
        aws.resources["table"].status = "CREATING"
    else:
        aws.now = at(61)
    with pytest.raises(GateError, match="warm throughput is raised, the table was not changed"):
        preflight.poll()


def test_wait_when_the_raises_are_running_reads_the_table_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan()
    aws, preflight = prepare_preflight(monkeypatch, plan)
    preflight.start()
    preflight.poll()
    aws.now += timedelta(seconds=75)
    aws.calls.clear()
    assert preflight.poll() is None
    assert [call for call, _ in aws.calls] == [
        "cloudformation:DescribeStackResource",
        "dynamodb:DescribeTable",
    ]


def test_look_when_it_finds_its_own_raise_running_a_moment_later_does_not_refuse_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The status of what is being raised may be UPDATING, and the framework hands no state from look to look."""
    plan = a_plan()
    aws, preflight = prepare_preflight(monkeypatch, plan)
    preflight.start()
    preflight.poll()
    aws.resources[INDEX].status = "UPDATING"
    aws.now += timedelta(seconds=15)
    assert preflight.poll() is None
    assert len(aws.writes()) == 1


def test_poll_when_killed_before_and_after_its_write_resumes(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan(BOTH_WARM)
    aws, preflight = prepare_preflight(monkeypatch, plan)

    class KilledError(BaseException):
        pass

    preflight.start()
    preflight.start()  # Lambda's asynchronous invocation is at least once
    preflight.poll()
    aws.resources[INDEX].rising_to = None  # the second raise got lost
    aws.resources[INDEX].warm_status = "ACTIVE"
    for call in ("dynamodb:DescribeTable", "dynamodb:UpdateTable"):
        aws.fail(call, KilledError())
        with pytest.raises(KilledError):
            preflight.poll()
        aws.now += timedelta(seconds=15)
    preflight.go_on()
    assert aws.resources["table"].warm == {"read": 15_000, "write": 7_000}
    assert aws.resources[INDEX].warm["write"] == 6_240


def test_poll_when_describe_table_is_throttled_asks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan()
    aws, preflight = prepare_preflight(monkeypatch, plan)
    preflight.start()
    aws.fail(
        "dynamodb:DescribeTable",
        *[client_error("DescribeTable", "ThrottlingException", "Rate exceeded")] * ATTEMPTS,
    )
    assert preflight.poll() is None
    aws.fail("dynamodb:DescribeTable", client_error("DescribeTable", "AccessDeniedException", "no"))
    with pytest.raises(GateError, match="dynamodb:DescribeTable of Conversations-XYZ was denied"):
        preflight.poll()


def test_poll_when_alarms_are_throttled_at_the_last_look_asks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan(Capacity.on_demand(indexes={"by_agent": OnDemand()}))
    aws, preflight = prepare_preflight(monkeypatch, plan)
    preflight.start()
    aws.fail(
        "cloudwatch:DescribeAlarms",
        *[client_error("DescribeAlarms", "Throttling", "Rate exceeded")] * ATTEMPTS,
    )
    assert preflight.poll() is None
    aws.fail("cloudwatch:DescribeAlarms", client_error("DescribeAlarms", "AccessDenied", "no"))
    with pytest.raises(GateError, match="cloudwatch:DescribeAlarms was denied"):
        preflight.poll()


def test_relief_when_warm_throughput_is_missing_asks_for_it_and_does_not_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    declared = replace(RAISED, table=replace(RAISED.table, warm=Units(write=9_000)))
    plan = a_plan(declared)
    assert plan.transition.only_raises
    aws, preflight = prepare_preflight(monkeypatch, plan)
    data = preflight.run()
    assert len(aws.writes()) == 1
    assert "warm throughput of table is still rising" in data["Warnings"]
    assert aws.now == NOW


def test_relief_when_the_raise_is_denied_warns_and_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan(replace(RAISED, table=replace(RAISED.table, warm=Units(write=9_000))))
    aws, preflight = prepare_preflight(monkeypatch, plan)
    denied = client_error("UpdateTable", "AccessDeniedException", "not authorized")
    aws.fail("dynamodb:UpdateTable", denied, denied)
    assert "still rising" in preflight.run()["Warnings"]


ONLY_WARM = replace(
    PROVISIONED,
    indexes={"by_agent": replace(PROVISIONED.indexes["by_agent"], warm=Units(write=6_240))},
)


def test_relief_when_warm_throughput_is_all_it_raises_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan(ONLY_WARM)
    assert plan.transition.only_raises
    assert is_only_change(plan)
    aws, preflight = prepare_preflight(monkeypatch, plan)
    preflight.run()
    assert aws.now - NOW >= timedelta(seconds=400)


def test_relief_when_warm_throughput_is_all_and_denied_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan(ONLY_WARM)
    aws, preflight = prepare_preflight(monkeypatch, plan)
    aws.fail("dynamodb:UpdateTable", client_error("UpdateTable", "AccessDeniedException", "not authorized"))
    with pytest.raises(GateError, match="was denied"):
        preflight.run()
