"""Bake: the live table becomes what was declared and stays readable, for changes and for reliefs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from capacity_guard.capacity import (
    AutoScaling,
    Capacity,
    OnDemand,
    Rollout,
    Units,
)
from capacity_guard.capacity.dimension import Dimension
from capacity_guard.capacity.gate_plan import GatePlan
from capacity_guard.capacity.scheduled_action import ScheduledAction
from capacity_guard.handlers.calls import ATTEMPTS
from capacity_guard.handlers.messages import (
    GateError,
)
from tests.fakes.gate_aws import FakeAws, client_error
from tests.handlers import wrong_states
from tests.handlers.gate_world import (
    ALARM_NAMES,
    INDEX,
    LOWERED,
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
    failed_bake,
    prepare_bake,
    replace_aws,
    set_alarm_state,
    set_capacity,
    throttle,
)
from tests.handlers.table_plans import FIXED, SCALED, plan_of_table

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
    aws, framework = prepare_bake(monkeypatch, plan)
    judged = "relief" if plan.transition.only_raises else "change"
    assert framework.run() == {"Result": "passed", "Judged": judged, "Warnings": ""}
    assert aws.now - NOW == timedelta(minutes=10)
    assert aws.writes() == []


def test_bake_when_its_time_is_set_lasts_that_long(monkeypatch: pytest.MonkeyPatch) -> None:
    aws, framework = prepare_bake(monkeypatch, a_plan(rollout=Rollout(bake_minutes=25)))
    framework.run()
    assert aws.now - NOW == timedelta(minutes=25)


def still_provisioned(aws: FakeAws) -> None:
    set_capacity(aws, PROVISIONED)


def with_a_maximum(aws: FakeAws) -> None:
    aws.resources[INDEX].maximum["write"] = 5_000


def not_warm(aws: FakeAws) -> None:
    aws.resources[INDEX].warm["write"] = 4_000


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (still_provisioned, "billing mode is PROVISIONED, not PAY_PER_REQUEST"),
        (with_a_maximum, "by_agent, write: on-demand maximum is 5,000, not none"),
        (not_warm, "warm throughput of index by_agent, write 4,000 to 6,240 is not reached"),
        (wrong_states.index_missing, "index by_agent does not exist"),
        (wrong_states.index_added, "index by_day is not expected"),
    ],
)
def test_bake_when_the_live_table_differs_from_the_declared_on_demand_capacity_fails(
    monkeypatch: pytest.MonkeyPatch, wrong: Callable[[FakeAws], None], expected: str
) -> None:
    aws, framework = prepare_bake(monkeypatch, a_plan())
    wrong(aws)
    text = failed_bake(framework)
    assert text.startswith("Bake failed, the live table is not what was declared: ")
    assert expected in text
    assert timedelta(minutes=2) < aws.now - NOW < timedelta(minutes=3)


def without_units(aws: FakeAws) -> None:
    aws.resources["table"].units = {"read": 0, "write": 0}


def above_the_maximum(aws: FakeAws) -> None:
    aws.resources[INDEX].units["write"] = 8_001


def other_bounds(aws: FakeAws) -> None:
    aws.targets[-1]["MaxCapacity"] = 40_000


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (
            without_units,
            "table, read: provisioned 0, not 4,000; table, write: provisioned 0, outside 6,400 to 10,000",
        ),
        (above_the_maximum, "by_agent, write: provisioned 8,001, outside 4,800 to 8,000"),
        (wrong_states.no_scaling_targets, "table, write: has no auto scaling, not 6,400 to 10,000"),
        (other_bounds, "by_agent, write: scales 4,800 to 40,000, not 4,800 to 8,000"),
        (lambda aws: set_capacity(aws, ON_DEMAND), "billing mode is PAY_PER_REQUEST, not PROVISIONED"),
    ],
)
def test_bake_when_the_live_table_differs_from_the_declared_provisioned_capacity_fails(
    monkeypatch: pytest.MonkeyPatch, wrong: Callable[[FakeAws], None], expected: str
) -> None:
    aws, framework = prepare_bake(monkeypatch, a_plan(PROVISIONED, ON_DEMAND))
    wrong(aws)
    assert expected in failed_bake(framework)


def test_bake_when_auto_scaling_moves_units_within_its_bounds_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    aws, framework = prepare_bake(monkeypatch, a_plan(PROVISIONED, ON_DEMAND))
    aws.resources["table"].units["write"] = 9_999
    framework.run()


def test_bake_when_a_scheduled_action_moved_what_the_change_leaves_alone_passes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The baseline was recorded at night, when the live bounds are not those of the template."""
    night = replace(PROVISIONED.table, write=AutoScaling(20, 40, 70))
    plan = a_plan(LOWERED, live=replace(PROVISIONED, table=night))
    aws, framework = prepare_bake(monkeypatch, plan)
    set_capacity(aws, replace(LOWERED, table=replace(LOWERED.table, write=night.write)))
    framework.run()


def test_bake_when_a_recorded_schedule_fires_in_it_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan(LOWERED)
    actions = (ScheduledAction(Dimension(None, "write"), "night", "cron(0 16 * * ? *)", None, 20, 40),)
    deployed = replace(plan.deployed, schedules=actions)
    plan = replace(plan, transition=replace(plan.transition, deployed=deployed))
    aws, framework = prepare_bake(monkeypatch, plan)

    def at_four() -> None:
        if aws.now > NOW + timedelta(minutes=3) and aws.targets[0]["MinCapacity"] != 20:
            aws.targets[0].update(MinCapacity=20, MaxCapacity=40)
            aws.resources["table"].units["write"] = 40

    framework.run(at_four)
    assert aws.targets[0]["MinCapacity"] == 20


def test_bake_when_bounds_that_the_change_makes_are_others_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan(RAISED)
    aws, framework = prepare_bake(monkeypatch, plan)
    set_capacity(aws, PROVISIONED)
    assert "scales 6,400 to 10,000, not 8,000 to 10,000" in failed_bake(framework)


def test_bake_when_auto_scaling_needs_half_a_minute_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    aws, framework = prepare_bake(monkeypatch, a_relief())
    aws.resources["table"].units["write"] = 6_400

    def until() -> None:
        if aws.now > NOW + timedelta(seconds=40):
            aws.resources["table"].units["write"] = 8_000

    framework.run(until)


def test_bake_when_an_index_settles_late_waits_and_then_verifies(monkeypatch: pytest.MonkeyPatch) -> None:
    aws, framework = prepare_bake(monkeypatch, a_plan())
    aws.resources[INDEX].status = "UPDATING"
    with_a_maximum(aws)

    def until() -> None:
        if aws.now > NOW + timedelta(minutes=6):
            aws.resources[INDEX].status = "ACTIVE"

    assert "on-demand maximum is 5,000" in failed_bake(framework, until)
    assert aws.now - NOW > timedelta(minutes=6)


@pytest.mark.parametrize("key", ["table", INDEX])
def test_bake_when_something_never_settles_fails(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    aws, framework = prepare_bake(monkeypatch, a_plan())
    aws.resources[key].status = "UPDATING"
    text = failed_bake(framework)
    assert "not settled 10 minutes after the change" in text
    assert f"{key.replace('/', ' ')} is UPDATING" in text


def test_bake_when_auto_scaling_updates_the_table_for_a_moment_passes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    aws, framework = prepare_bake(
        monkeypatch, a_plan(PROVISIONED, ON_DEMAND, rollout=Rollout(bake_minutes=15))
    )

    def until() -> None:
        moving = timedelta(minutes=12) < aws.now - NOW < timedelta(minutes=13)
        aws.resources["table"].status = "UPDATING" if moving else "ACTIVE"

    framework.run(until)


def alarm_deleted(aws: FakeAws) -> None:
    del aws.alarms[ALARM_NAMES[INDEX]]


def alarm_not_evaluated(aws: FakeAws) -> None:
    aws.alarms[ALARM_NAMES[INDEX]]["EvaluationState"] = "PARTIAL_DATA"


def user_alarm_deleted(aws: FakeAws) -> None:
    del aws.alarms["checkout-errors"]


def alarm_without_data(aws: FakeAws) -> None:
    set_alarm_state(aws, ALARM_NAMES["table"], "INSUFFICIENT_DATA", NOW)


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (alarm_deleted, "alarm Conversations-IndexAlarm-B does not exist any more"),
        (user_alarm_deleted, "alarm checkout-errors does not exist any more"),
        (alarm_not_evaluated, "cannot be evaluated (PARTIAL_DATA), so its OK means nothing"),
        (alarm_without_data, "is INSUFFICIENT_DATA at the end of the bake"),
    ],
)
def test_bake_when_an_alarm_cannot_veto_fails_and_a_relief_passes(
    monkeypatch: pytest.MonkeyPatch, wrong: Callable[[FakeAws], None], expected: str
) -> None:
    for plan in (a_plan(), a_relief()):
        plan = replace(plan, rollout=Rollout(alarms=("checkout-errors",)))
        aws, framework = prepare_bake(monkeypatch, plan)
        aws.alarms["checkout-errors"] = a_user_alarm("checkout-errors")

        def until(aws: FakeAws = aws) -> None:
            if aws.now == at(5, 20):
                wrong(aws)

        if plan.transition.only_raises:
            assert expected in framework.run(until)["Warnings"]
        else:
            text = failed_bake(framework, until)
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
@pytest.mark.parametrize("code", ["AccessDeniedException", "ValidationException"])
def test_bake_when_something_cannot_be_read_fails_and_names_the_call(
    monkeypatch: pytest.MonkeyPatch, call: str, code: str
) -> None:
    aws, framework = prepare_bake(monkeypatch, a_plan(PROVISIONED, ON_DEMAND))
    framework.start()
    aws.fail(call, client_error(call.split(":")[1], code, "no"))
    with pytest.raises(GateError, match=f"Bake failed, since it cannot see: {call}"):
        framework.poll()


@pytest.mark.parametrize("call", READS)
@pytest.mark.parametrize("minutes", [8, 14])
def test_bake_when_it_cannot_see_for_a_while_is_asked_again_and_passes(
    monkeypatch: pytest.MonkeyPatch, call: str, minutes: int
) -> None:
    aws, framework = prepare_bake(monkeypatch, a_plan(PROVISIONED, ON_DEMAND))
    seen_again = NOW + timedelta(minutes=minutes)

    def until() -> None:
        aws.failures[call] = [client_error(call.split(":")[1], "ThrottlingException", "Rate exceeded")] * (
            ATTEMPTS if aws.now < seen_again else 0
        )

    assert framework.run(until)["Result"] == "passed"
    assert aws.now == max(seen_again, NOW + timedelta(minutes=10))


@pytest.mark.parametrize("call", READS)
def test_bake_when_it_cannot_see_any_more_fails_five_minutes_after_its_end_and_names_the_call(
    monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    aws, framework = prepare_bake(monkeypatch, a_plan(PROVISIONED, ON_DEMAND))
    error = client_error(call.split(":")[1], "ThrottlingException", "Rate exceeded")
    aws.fail(call, *[error] * 1_000)
    assert f"Bake failed, since it cannot see: {call}" in failed_bake(framework)
    assert aws.now == NOW + timedelta(minutes=15)


def test_bake_when_throttling_came_while_it_could_not_see_is_vetoed(monkeypatch: pytest.MonkeyPatch) -> None:
    aws, framework = prepare_bake(monkeypatch, a_plan(PROVISIONED, ON_DEMAND))
    throttle(aws, INDEX, at(2), 700, 800)

    def until() -> None:
        error = client_error("DescribeTable", "ThrottlingException", "Rate exceeded")
        aws.failures["dynamodb:DescribeTable"] = [error] * (ATTEMPTS if aws.now < at(13) else 0)

    assert "800 throttle events in the minute 16:03 UTC" in failed_bake(framework, until)


@pytest.mark.parametrize("judged", ["not judged", "already deployed"])
def test_bake_when_the_change_was_deployed_before_passes_at_once_and_asks_nothing(
    monkeypatch: pytest.MonkeyPatch, judged: str
) -> None:
    aws, framework = prepare_bake(monkeypatch, a_plan())
    framework.judged = judged
    data = framework.run()
    assert (data["Judged"], aws.now, aws.calls) == (judged, NOW, [])
    assert "was deployed before this operation" in data["Warnings"]


@pytest.mark.parametrize("call", READS)
def test_bake_when_a_relief_cannot_read_goes_on_and_warns_at_its_end(
    monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    aws, framework = prepare_bake(monkeypatch, a_relief())
    framework.start()
    aws.fail(call, *(client_error(call.split(":")[1], "AccessDenied", "no") for _ in range(99)))
    assert f"{call}" in framework.go_on()["Warnings"]


def test_relief_when_the_end_is_not_what_was_declared_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    aws, framework = prepare_bake(monkeypatch, a_relief())
    set_capacity(aws, PROVISIONED)
    assert "table, write: scales 6,400 to 10,000, not 8,000 to 10,000" in failed_bake(framework)


def test_relief_when_warm_throughput_still_rises_warns(monkeypatch: pytest.MonkeyPatch) -> None:
    aws, framework = prepare_bake(
        monkeypatch, a_plan(replace(RAISED, table=replace(RAISED.table, warm=Units(write=9_000))))
    )
    aws.resources["table"].warm["write"] = 4_000
    assert "warm throughput of table, write 4,000 to 9,000 is not reached" in framework.run()["Warnings"]


def test_relief_when_it_only_raised_warm_throughput_must_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    by_agent = replace(PROVISIONED.indexes["by_agent"], warm=Units(write=6_240))
    aws, framework = prepare_bake(monkeypatch, a_plan(replace(PROVISIONED, indexes={"by_agent": by_agent})))
    aws.resources[INDEX].warm["write"] = 4_000
    assert "warm throughput of index by_agent, write 4,000 to 6,240 is not reached" in failed_bake(framework)


def test_bake_when_killed_between_any_two_looks_resumes(monkeypatch: pytest.MonkeyPatch) -> None:
    class KilledError(BaseException):
        pass

    aws, framework = prepare_bake(monkeypatch, a_plan(PROVISIONED, ON_DEMAND))
    framework.start()
    for call in READS:
        aws.fail(call, KilledError())
        with pytest.raises(KilledError):
            framework.poll()
        aws.now += timedelta(seconds=15)
    throttle(aws, INDEX, at(1), 40, 50)
    with pytest.raises(GateError, match="50 throttle events"):
        framework.go_on()


def test_bake_when_fixed_units_follow_auto_scaling_waits_for_no_clean_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = plan_of_table(FIXED, SCALED)
    aws = an_aws(plan)
    set_capacity(aws, SCALED)  # CloudFormation deletes the target when everything else is done
    aws.resources["table"].units["write"] = 4_500
    replace_aws(monkeypatch, aws)
    data = Framework(aws, "bake", plan).run()
    assert data["Warnings"] == "table, write: its auto scaling is removed only after the bake"


def without_targets(aws: FakeAws) -> None:
    aws.targets, aws.policies = [], []


def other_table_bounds(aws: FakeAws) -> None:
    aws.targets[0]["MaxCapacity"] = 40_000


def other_table_target(aws: FakeAws) -> None:
    aws.policies[0]["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] = 50.0


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (without_targets, "table, write: has no auto scaling, not 3,500 to 9,000"),
        (other_table_bounds, "table, write: scales 3,500 to 40,000, not 3,500 to 9,000"),
        (other_table_target, "table, write: auto scaling steers to 50 %, not 70 %"),
    ],
)
def test_bake_when_targets_or_policies_are_not_what_was_declared_fails(
    monkeypatch: pytest.MonkeyPatch, wrong: Callable[[FakeAws], None], expected: str
) -> None:
    plan = plan_of_table(SCALED, ON_DEMAND)
    aws = an_aws(plan)
    set_capacity(aws, SCALED)
    replace_aws(monkeypatch, aws)
    assert Framework(aws, "bake", plan).run()["Warnings"] == ""
    aws.now = NOW
    wrong(aws)
    with pytest.raises(GateError, match="not what was declared") as failed:
        Framework(aws, "bake", plan).run()
    assert expected in str(failed.value)
