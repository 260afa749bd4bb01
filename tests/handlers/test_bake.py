"""Bake: the end is verified, then alarms and metrics are watched; what vetoes, what fails, what a relief answers for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from capacity_guard.capacity import AutoScaling, Capacity, OnDemand, Provisioned, Rollout, Units
from capacity_guard.capacity.gate_plan import GatePlan
from capacity_guard.handlers.messages import GateError
from tests.fakes.gate_aws import FakeAws, client_error
from tests.handlers.gate_world import (
    ALARM_NAMES,
    INDEX,
    NOW,
    ON_DEMAND,
    PROVISIONED,
    RAISED,
    Framework,
    a_plan,
    a_relief,
    a_user_alarm,
    an_aws,
    at,
    have,
    ring,
    throttle,
    use,
)


def baking(monkeypatch: pytest.MonkeyPatch, plan: GatePlan) -> tuple[FakeAws, Framework]:
    """An AWS after the change, and the gate that has not started yet."""
    aws = an_aws(plan)
    have(aws, plan.transition.declared)
    for key, one in plan.transition.declared.resources():
        for access in ("read", "write"):
            target = None if one.warm is None else one.warm.read if access == "read" else one.warm.write
            if target is not None:
                aws.resources[key].warm[access] = target
    use(monkeypatch, aws)
    return aws, Framework(aws, "bake", plan)


def failure(framework: Framework, until: Callable[[], object] | None = None) -> str:
    with pytest.raises(GateError) as failed:
        framework.run(until)
    text = str(failed.value)
    assert text.startswith("Bake ")
    assert len(text) <= 900
    return text


PLANS = [
    a_plan(),
    a_plan(ON_DEMAND),
    a_plan(PROVISIONED, ON_DEMAND),
    a_relief(),
    a_plan(
        Capacity.on_demand(
            maximum=Units(write=9_000), indexes={"by_agent": OnDemand(maximum=Units(read=1_000, write=7_000))}
        )
    ),
]


@pytest.mark.parametrize("plan", PLANS, ids=["warm", "to on-demand", "to provisioned", "relief", "maxima"])
def test_bake_when_everything_stays_quiet_passes_after_its_time(
    monkeypatch: pytest.MonkeyPatch, plan: GatePlan
) -> None:
    aws, framework = baking(monkeypatch, plan)
    judged = "relief" if plan.transition.is_relief else "change"
    assert framework.run() == {"Result": "passed", "Judged": judged, "Warnings": ""}
    assert aws.now - NOW == timedelta(minutes=10)
    assert aws.writes() == []


def test_bake_when_its_time_is_set_lasts_that_long(monkeypatch: pytest.MonkeyPatch) -> None:
    aws, framework = baking(monkeypatch, a_plan(rollout=Rollout(bake_minutes=25)))
    framework.run()
    assert aws.now - NOW == timedelta(minutes=25)


def _still_provisioned(aws: FakeAws) -> None:
    have(aws, PROVISIONED)


def _a_maximum(aws: FakeAws) -> None:
    aws.resources[INDEX].maximum["write"] = 5_000


def _cold(aws: FakeAws) -> None:
    aws.resources[INDEX].warm["write"] = 4_000


def _index_gone(aws: FakeAws) -> None:
    del aws.resources[INDEX]


def _index_more(aws: FakeAws) -> None:
    aws.resources["index/by_day"] = aws.resources[INDEX]


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (_still_provisioned, "billing mode is PROVISIONED, not PAY_PER_REQUEST"),
        (_a_maximum, "by_agent, write: on-demand maximum is 5,000, not none"),
        (_cold, "warm throughput of index by_agent, write 4,000 to 6,240 is not reached"),
        (_index_gone, "index by_agent does not exist"),
        (_index_more, "index by_day is not expected"),
    ],
)
def test_bake_when_the_live_table_differs_from_the_declared_on_demand_capacity_fails(
    monkeypatch: pytest.MonkeyPatch, wrong: Callable[[FakeAws], None], expected: str
) -> None:
    aws, framework = baking(monkeypatch, a_plan())
    wrong(aws)
    text = failure(framework)
    assert text.startswith("Bake failed, the live table is not what was declared: ")
    assert expected in text
    assert timedelta(minutes=2) < aws.now - NOW < timedelta(minutes=3)


def _zero_units(aws: FakeAws) -> None:
    aws.resources["table"].units = {"read": 0, "write": 0}


def _above_maximum(aws: FakeAws) -> None:
    aws.resources[INDEX].units["write"] = 8_001


def _no_scaling(aws: FakeAws) -> None:
    aws.targets = []


def _other_bounds(aws: FakeAws) -> None:
    aws.targets[-1]["MaxCapacity"] = 40_000


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (
            _zero_units,
            "table, read: provisioned 0, not 4,000; table, write: provisioned 0, outside 6,400 to 10,000",
        ),
        (_above_maximum, "by_agent, write: provisioned 8,001, outside 4,800 to 8,000"),
        (_no_scaling, "table, write: has no auto scaling, not 6,400 to 10,000"),
        (_other_bounds, "by_agent, write: scales 4,800 to 40,000, not 4,800 to 8,000"),
        (lambda aws: have(aws, ON_DEMAND), "billing mode is PAY_PER_REQUEST, not PROVISIONED"),
    ],
)
def test_bake_when_the_live_table_differs_from_the_declared_provisioned_capacity_fails(
    monkeypatch: pytest.MonkeyPatch, wrong: Callable[[FakeAws], None], expected: str
) -> None:
    aws, framework = baking(monkeypatch, a_plan(PROVISIONED, ON_DEMAND))
    wrong(aws)
    assert expected in failure(framework)


def test_bake_when_auto_scaling_moves_units_within_its_bounds_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    aws, framework = baking(monkeypatch, a_plan(PROVISIONED, ON_DEMAND))
    aws.resources["table"].units["write"] = 9_999
    framework.run()


def test_bake_when_auto_scaling_needs_half_a_minute_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    aws, framework = baking(monkeypatch, a_relief())
    aws.resources["table"].units["write"] = 6_400

    def until() -> None:
        if aws.now > NOW + timedelta(seconds=40):
            aws.resources["table"].units["write"] = 8_000

    framework.run(until)


def test_bake_when_an_index_settles_late_waits_and_then_verifies(monkeypatch: pytest.MonkeyPatch) -> None:
    aws, framework = baking(monkeypatch, a_plan())
    aws.resources[INDEX].status = "UPDATING"
    _a_maximum(aws)

    def until() -> None:
        if aws.now > NOW + timedelta(minutes=6):
            aws.resources[INDEX].status = "ACTIVE"

    assert "on-demand maximum is 5,000" in failure(framework, until)
    assert aws.now - NOW > timedelta(minutes=6)


@pytest.mark.parametrize("key", ["table", INDEX])
def test_bake_when_something_never_settles_fails(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    aws, framework = baking(monkeypatch, a_plan())
    aws.resources[key].status = "UPDATING"
    text = failure(framework)
    assert "not settled 10 minutes after the change" in text
    assert f"{key.replace('/', ' ')} is UPDATING" in text


def test_bake_when_auto_scaling_updates_the_table_for_a_moment_passes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    aws, framework = baking(monkeypatch, a_plan(PROVISIONED, ON_DEMAND, rollout=Rollout(bake_minutes=15)))

    def until() -> None:
        moving = timedelta(minutes=12) < aws.now - NOW < timedelta(minutes=13)
        aws.resources["table"].status = "UPDATING" if moving else "ACTIVE"

    framework.run(until)


def test_veto_when_the_index_alarm_rings_names_alarm_index_access_and_figures(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    aws, framework = baking(monkeypatch, a_plan())
    throttle(aws, INDEX, at(4), 300, 5_120, 40)

    def until() -> None:
        if aws.now >= at(7):
            ring(aws, ALARM_NAMES[INDEX], "ALARM", at(6, 50))

    framework.interval = 600  # the alarm is seen before the minutes themselves are judged
    aws.now = NOW
    framework.start()
    aws.now = at(7)
    with pytest.raises(GateError) as vetoed:
        framework.go_on(until)
    assert str(vetoed.value) == (
        "Bake vetoed: alarm Conversations-IndexAlarm-B is in ALARM: index by_agent, write, 5,120 throttle events in "
        "the minute 16:05 UTC, 0 allowed"
    )


def test_veto_when_only_the_metrics_show_throttling_does_not_wait_for_the_alarm(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    aws, framework = baking(monkeypatch, a_plan())
    throttle(aws, "table", at(4), 70, 1_000, access="Read")
    text = failure(framework)
    assert text == "Bake vetoed: table, read, 1,000 throttle events in the minute 16:05 UTC, 0 allowed"


def test_veto_when_table_index_and_a_users_alarm_speak_names_all(monkeypatch: pytest.MonkeyPatch) -> None:
    aws, framework = baking(monkeypatch, a_plan(rollout=Rollout(alarms=("checkout-errors",))))
    aws.alarms["checkout-errors"] = a_user_alarm("checkout-errors")
    aws.cloudwatch.composites.add("checkout-errors")
    ring(aws, ALARM_NAMES["table"], "ALARM", NOW)
    ring(aws, "checkout-errors", "ALARM", NOW)
    throttle(aws, INDEX, at(1), 50, 60)
    framework.start()
    aws.now = at(4)
    with pytest.raises(GateError) as vetoed:
        framework.poll()
    text = str(vetoed.value)
    assert "alarm Conversations-TableAlarm-A is in ALARM: table, it is OK" in text
    assert "alarm checkout-errors is in ALARM since 16:00 UTC: it is OK" in text
    assert "index by_agent, write, 60 throttle events in the minute 16:02 UTC, 0 allowed" in text


@pytest.mark.parametrize(
    ("events", "rollout", "vetoed"),
    [
        ((5, 0, 0, 0, 7), Rollout(), False),  # two of three, not two of five
        ((5, 0, 7), Rollout(), True),
        ((5,), Rollout(alarm_datapoints=1), True),
        ((20, 20, 20), Rollout(alarm_threshold=20), False),
        ((21, 0, 21), Rollout(alarm_threshold=20), True),
        ((9, 9, 0, 9, 9), Rollout(alarm_periods=5, alarm_datapoints=4), True),
        ((9, 9, 0, 0, 9, 9), Rollout(alarm_periods=5, alarm_datapoints=4), False),
    ],
)
def test_veto_when_minutes_throttle_follows_the_alarms_own_rule(
    monkeypatch: pytest.MonkeyPatch, events: tuple[float, ...], rollout: Rollout, vetoed: bool
) -> None:
    aws, framework = baking(monkeypatch, a_plan(rollout=rollout))
    throttle(aws, INDEX, at(2), *events)
    if vetoed:
        assert "Bake vetoed: index by_agent, write" in failure(framework)
    else:
        framework.run()


def test_veto_when_throttling_was_over_before_the_bake_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    aws, framework = baking(monkeypatch, a_plan())
    throttle(aws, INDEX, at(-4), 500, 500, 500)
    framework.run()


def test_veto_when_reads_and_writes_together_exceed_the_noise_counts_their_sum(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    aws, framework = baking(monkeypatch, a_plan(rollout=Rollout(alarm_threshold=20)))
    throttle(aws, INDEX, at(2), 15, 15)
    throttle(aws, INDEX, at(2), 15, 15, access="Read")
    assert "30 throttle events in the minute 16:02 UTC, 20 allowed" in failure(framework)


def _alarm_gone(aws: FakeAws) -> None:
    del aws.alarms[ALARM_NAMES[INDEX]]


def _alarm_blind(aws: FakeAws) -> None:
    aws.alarms[ALARM_NAMES[INDEX]]["EvaluationState"] = "PARTIAL_DATA"


def _user_alarm_gone(aws: FakeAws) -> None:
    del aws.alarms["checkout-errors"]


def _no_data(aws: FakeAws) -> None:
    ring(aws, ALARM_NAMES["table"], "INSUFFICIENT_DATA", NOW)


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (_alarm_gone, "alarm Conversations-IndexAlarm-B does not exist any more"),
        (_user_alarm_gone, "alarm checkout-errors does not exist any more"),
        (_alarm_blind, "cannot be evaluated (PARTIAL_DATA), so its OK means nothing"),
        (_no_data, "is INSUFFICIENT_DATA at the end of the bake"),
    ],
)
def test_bake_when_an_alarm_tells_nothing_fails_and_a_relief_passes(
    monkeypatch: pytest.MonkeyPatch, wrong: Callable[[FakeAws], None], expected: str
) -> None:
    for plan in (a_plan(), a_relief()):
        plan = replace(plan, rollout=Rollout(alarms=("checkout-errors",)))
        aws, framework = baking(monkeypatch, plan)
        aws.alarms["checkout-errors"] = a_user_alarm("checkout-errors")

        def until(aws: FakeAws = aws) -> None:
            if aws.now == at(5, 20):
                wrong(aws)

        if plan.transition.is_relief:
            assert expected in framework.run(until)["Warnings"]
        else:
            text = failure(framework, until)
            assert text.startswith("Bake failed, since it cannot see: ")
            assert expected in text


READS = [
    "dynamodb:DescribeTable",
    "cloudwatch:DescribeAlarms",
    "cloudwatch:GetMetricData",
    "application-autoscaling:DescribeScalableTargets",
    "application-autoscaling:DescribeScalingPolicies",
]


@pytest.mark.parametrize("call", READS)
@pytest.mark.parametrize("code", ["AccessDeniedException", "ThrottlingException", "ValidationException"])
def test_bake_when_something_cannot_be_read_fails_and_names_the_call(
    monkeypatch: pytest.MonkeyPatch, call: str, code: str
) -> None:
    aws, framework = baking(monkeypatch, a_plan(PROVISIONED, ON_DEMAND))
    framework.start()
    aws.fail(call, client_error(call.split(":")[1], code, "no"))
    with pytest.raises(GateError, match=f"Bake failed, since it cannot see: {call}"):
        framework.poll()


@pytest.mark.parametrize("call", READS)
def test_bake_when_a_relief_cannot_read_goes_on_and_warns_at_its_end(
    monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    aws, framework = baking(monkeypatch, a_relief())
    framework.start()
    aws.fail(call, *(client_error(call.split(":")[1], "AccessDenied", "no") for _ in range(99)))
    assert f"{call}" in framework.go_on()["Warnings"]


def test_bake_when_a_relief_cannot_be_followed_from_the_start_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    aws, framework = baking(monkeypatch, a_relief())
    aws.fail(
        "cloudformation:DescribeStackResource", client_error("DescribeStackResource", "AccessDenied", "no")
    )
    assert framework.run()["Result"] == "passed"


def test_bake_when_its_alarms_are_not_deployed_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    aws, framework = baking(monkeypatch, a_plan())
    del aws.physical["IndexAlarm2"]
    assert "the stack does not have IndexAlarm2" in failure(framework)


@pytest.fixture
def relief(monkeypatch: pytest.MonkeyPatch) -> tuple[FakeAws, Framework]:
    """A relief that comes while the index throttles and its alarm is on."""
    aws, framework = baking(monkeypatch, a_relief())
    throttle(aws, INDEX, at(-5), 900, 900, 900, 900, 900, 700)
    ring(aws, ALARM_NAMES[INDEX], "ALARM", at(-3))
    return aws, framework


def test_relief_when_what_throttled_before_clears_passes(relief: tuple[FakeAws, Framework]) -> None:
    aws, framework = relief
    throttle(aws, INDEX, at(1), 300, 100)

    def until() -> None:
        if aws.now >= at(6):
            ring(aws, ALARM_NAMES[INDEX], "OK", at(6))

    assert framework.run(until) == {"Result": "passed", "Judged": "relief", "Warnings": ""}


def test_relief_when_what_throttled_before_goes_on_is_not_rolled_back(
    relief: tuple[FakeAws, Framework],
) -> None:
    aws, framework = relief
    throttle(aws, INDEX, at(1), *([800] * 12))
    assert framework.run()["Result"] == "passed"


def test_relief_when_it_throttles_again_after_clearing_is_vetoed(relief: tuple[FakeAws, Framework]) -> None:
    aws, framework = relief
    throttle(aws, INDEX, at(6), 400, 500)

    def until() -> None:
        if at(3) <= aws.now < at(4):
            ring(aws, ALARM_NAMES[INDEX], "OK", at(3))

    assert "index by_agent, write, 500 throttle events in the minute 16:07 UTC" in failure(framework, until)


def test_relief_when_the_alarm_rings_again_is_vetoed(relief: tuple[FakeAws, Framework]) -> None:
    aws, framework = relief

    def until() -> None:
        if aws.now == at(8, 20):
            ring(aws, ALARM_NAMES[INDEX], "ALARM", at(8))

    assert "alarm Conversations-IndexAlarm-B is in ALARM" in failure(framework, until)


def test_relief_when_what_was_quiet_throttles_is_vetoed(relief: tuple[FakeAws, Framework]) -> None:
    aws, framework = relief
    throttle(aws, "table", at(3), 60, 60)
    assert "table, write, 60 throttle events" in failure(framework)


def test_relief_when_the_alarm_comes_late_for_what_happened_before_is_not_vetoed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    aws, framework = baking(monkeypatch, a_relief())
    throttle(aws, INDEX, at(-1), 900, 900)

    def until() -> None:
        if at(1) <= aws.now < at(4):
            ring(aws, ALARM_NAMES[INDEX], "ALARM", at(1))
        elif aws.now >= at(4):
            ring(aws, ALARM_NAMES[INDEX], "OK", at(4))

    assert framework.run(until)["Result"] == "passed"


@pytest.mark.parametrize(("since", "vetoed"), [(at(-9), False), (at(3), True)])
def test_relief_when_a_users_alarm_was_on_counts_only_if_it_rings_again(
    monkeypatch: pytest.MonkeyPatch, since: Any, vetoed: bool
) -> None:
    aws, framework = baking(monkeypatch, a_relief(rollout=Rollout(alarms=("checkout-errors",))))
    aws.alarms["checkout-errors"] = a_user_alarm("checkout-errors", "ALARM", at(-9))
    framework.start()
    aws.now = at(4)
    ring(aws, "checkout-errors", "ALARM", since)
    if vetoed:
        with pytest.raises(GateError, match="alarm checkout-errors is in ALARM since 16:03 UTC"):
            framework.go_on()
    else:
        framework.go_on()


def test_relief_when_the_end_is_not_what_was_declared_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    aws, framework = baking(monkeypatch, a_relief())
    have(aws, PROVISIONED)
    assert "table, write: scales 6,400 to 10,000, not 8,000 to 10,000" in failure(framework)


def test_relief_when_warm_throughput_still_rises_warns(monkeypatch: pytest.MonkeyPatch) -> None:
    aws, framework = baking(
        monkeypatch, a_plan(replace(RAISED, table=replace(RAISED.table, warm=Units(write=9_000))))
    )
    aws.resources["table"].warm["write"] = 4_000
    assert "warm throughput of table, write 4,000 to 9,000 is not reached" in framework.run()["Warnings"]


def test_relief_when_it_only_raised_warm_throughput_must_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    by_agent = replace(PROVISIONED.indexes["by_agent"], warm=Units(write=6_240))
    aws, framework = baking(monkeypatch, a_plan(replace(PROVISIONED, indexes={"by_agent": by_agent})))
    aws.resources[INDEX].warm["write"] = 4_000
    assert "warm throughput of index by_agent, write 4,000 to 6,240 is not reached" in failure(framework)


def test_bake_when_killed_between_any_two_looks_resumes(monkeypatch: pytest.MonkeyPatch) -> None:
    class KilledError(BaseException):
        pass

    aws, framework = baking(monkeypatch, a_plan(PROVISIONED, ON_DEMAND))
    framework.start()
    for call in READS:
        aws.fail(call, KilledError())
        with pytest.raises(KilledError):
            framework.poll()
        aws.now += timedelta(seconds=15)
    throttle(aws, INDEX, at(1), 40, 50)
    with pytest.raises(GateError, match="50 throttle events"):
        framework.go_on()


@pytest.mark.parametrize("indexes", [0, 20])
def test_bake_when_there_are_no_or_twenty_indexes_watches_all(
    monkeypatch: pytest.MonkeyPatch, indexes: int
) -> None:
    each = {f"i{n:02}": Provisioned(100, AutoScaling(200, 400)) for n in range(indexes)}
    declared = Capacity.provisioned(read=4_000, write=6_400, indexes=each)
    before = Capacity.on_demand(indexes={name: OnDemand() for name in each})
    aws, framework = baking(monkeypatch, a_plan(declared, before))
    aws.page = 7
    last = f"index/i{indexes - 1:02}" if indexes else "table"
    throttle(aws, last, at(2), 11, 12)
    assert f"{last.replace('/', ' ')}, write, 12 throttle events" in failure(framework)
