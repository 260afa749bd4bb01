"""Each condition of Preflight: passes, refuses with figures, and only warns for a relief."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from capacity_guard.capacity import AutoScaling, Capacity, ChangeWindow, OnDemand, Provisioned, Rollout, Units
from capacity_guard.capacity.gate_plan import GatePlan
from capacity_guard.handlers.conditions import CONDITIONS
from capacity_guard.handlers.messages import GateError
from tests.fakes.gate_aws import FakeAws, client_error
from tests.handlers.gate_world import (
    ALARM_NAMES,
    CHANGE_SET,
    INDEX,
    NOW,
    ON_DEMAND,
    PROVISIONED,
    TABLE,
    WARM,
    Framework,
    a_change,
    a_plan,
    a_relief,
    a_table_event,
    a_user_alarm,
    an_alarm,
    an_aws,
    at,
    have,
    ring,
    throttle,
    traffic,
    use,
)

Wrong = Callable[[FakeAws], None]


def attempt(monkeypatch: pytest.MonkeyPatch, plan: GatePlan, aws: FakeAws) -> dict[str, Any]:
    use(monkeypatch, aws)
    return Framework(aws, "preflight", plan).run()


def refusal(monkeypatch: pytest.MonkeyPatch, plan: GatePlan, aws: FakeAws) -> str:
    use(monkeypatch, aws)
    with pytest.raises(GateError) as refused:
        Framework(aws, "preflight", plan).run()
    text = str(refused.value)
    assert text.startswith("Preflight refused (")
    assert len(text) <= 900
    return text


@pytest.mark.parametrize(
    "plan",
    [
        a_plan(),
        a_plan(ON_DEMAND),
        a_plan(PROVISIONED, ON_DEMAND),
        a_plan(replace(PROVISIONED, table=Provisioned(3_000, AutoScaling(6_400, 10_000, 70, seed=6_400)))),
        a_relief(),
    ],
    ids=["warm", "to on-demand", "to provisioned", "lower", "relief"],
)
def test_preflight_when_everything_agrees_passes_without_a_warning(
    monkeypatch: pytest.MonkeyPatch, plan: GatePlan
) -> None:
    judged = "relief" if plan.transition.is_relief else "change"
    expected = {"Result": "passed", "Judged": judged, "Warnings": ""}
    assert attempt(monkeypatch, plan, an_aws(plan)) == expected


def _express(aws: FakeAws) -> None:
    aws.stack["DeploymentConfig"] = {"Mode": "EXPRESS"}


def _rollback_disabled(aws: FakeAws) -> None:
    aws.stack["DisableRollback"] = True


def _rollback_disabled_by_config(aws: FakeAws) -> None:
    aws.stack["DeploymentConfig"] = {"Mode": "STANDARD", "DisableRollback": True}


def _direct(aws: FakeAws) -> None:
    del aws.stack["ChangeSetId"]


def _index_not_active(aws: FakeAws) -> None:
    aws.resources[INDEX].status = "UPDATING"


def _table_not_active(aws: FakeAws) -> None:
    aws.resources["table"].status = "UPDATING"


def _throttling(aws: FakeAws) -> None:
    throttle(aws, INDEX, at(-6), 3, 5_120)


def _throttled_reads(aws: FakeAws) -> None:
    throttle(aws, "table", at(-6), 7, 9, access="Read")


def _alarm_on(aws: FakeAws) -> None:
    ring(aws, ALARM_NAMES[INDEX], "ALARM", NOW - timedelta(minutes=4))


def _alarm_blind(aws: FakeAws) -> None:
    aws.alarms[ALARM_NAMES["table"]]["EvaluationState"] = "EVALUATION_FAILURE"


def _alarm_without_data(aws: FakeAws) -> None:
    ring(aws, ALARM_NAMES["table"], "INSUFFICIENT_DATA", NOW - timedelta(days=2))


def _alarm_deleted(aws: FakeAws) -> None:
    del aws.alarms[ALARM_NAMES["table"]]


def _alarm_of_the_table_alone(aws: FakeAws) -> None:
    aws.alarms[ALARM_NAMES[INDEX]] = an_alarm(ALARM_NAMES[INDEX], "table")


def _alarm_of_another_period(aws: FakeAws) -> None:
    aws.alarms[ALARM_NAMES["table"]]["Metrics"][0]["MetricStat"]["Period"] = 300


def _alarm_expression_without_writes(aws: FakeAws) -> None:
    aws.alarms[ALARM_NAMES["table"]]["Metrics"][-1]["Expression"] = "FILL(read_throttle, 0)"


def _alarm_on_one_plain_metric(aws: FakeAws) -> None:
    del aws.alarms[ALARM_NAMES["table"]]["Metrics"]


def _alarm_keeps_missing_data(aws: FakeAws) -> None:
    aws.alarms[ALARM_NAMES["table"]]["TreatMissingData"] = "ignore"


def _alarm_not_deployed(aws: FakeAws) -> None:
    del aws.physical["IndexAlarm2"]


def _alarm_leaving(aws: FakeAws) -> None:
    aws.physical["IndexAlarm2"] = (ALARM_NAMES[INDEX], "DELETE_COMPLETE")


def _stranger(aws: FakeAws) -> None:
    aws.changes.append(a_change("Orders", "AWS::DynamoDB::Table", "Modify"))


def _stranger_on_page_two(aws: FakeAws) -> None:
    aws.page = 2
    aws.changes.append(a_change("WorkerFunction", "AWS::Lambda::Function", "Add"))


def _switches_spent(aws: FakeAws) -> None:
    for hours in (20, 15, 10, 5):
        aws.events.append(a_table_event(aws, NOW - timedelta(hours=hours), "PAY_PER_REQUEST"))
        aws.events.append(a_table_event(aws, NOW - timedelta(hours=hours - 1), None))


def _frozen(aws: FakeAws) -> None:
    aws.resources[INDEX].units["write"] = 3_200


def _other_minimum(aws: FakeAws) -> None:
    aws.targets[0]["MinCapacity"] = 5


def _other_target(aws: FakeAws) -> None:
    aws.policies[0]["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] = 50.0


def _no_policy(aws: FakeAws) -> None:
    aws.policies = []


def _no_scaling(aws: FakeAws) -> None:
    aws.targets = []


def _scaled_where_fixed(aws: FakeAws) -> None:
    aws.targets.append({**aws.targets[0], "ScalableDimension": "dynamodb:table:ReadCapacityUnits"})


def _other_fixed_units(aws: FakeAws) -> None:
    aws.resources["table"].units["read"] = 4_500


def _index_gone(aws: FakeAws) -> None:
    del aws.resources[INDEX]


def _index_more(aws: FakeAws) -> None:
    aws.resources["index/by_day"] = aws.resources[INDEX]


def _already_on_demand(aws: FakeAws) -> None:
    have(aws, ON_DEMAND)


def _peak_far_higher(aws: FakeAws) -> None:
    traffic(aws, {"table/read": 3_500}, start=NOW - timedelta(hours=2), minutes=3)


def _no_metrics(aws: FakeAws) -> None:
    aws.metrics = {
        key: points for key, points in aws.metrics.items() if key[0] != "ConsumedWriteCapacityUnits"
    }


WRONG: list[tuple[str, Wrong, str]] = [
    ("express", _express, "express mode"),
    ("no rollback", _rollback_disabled, "rollback is disabled"),
    ("no rollback by config", _rollback_disabled_by_config, "rollback is disabled"),
    ("direct update", _direct, "has no change set"),
    ("index moving", _index_not_active, "index by_agent is UPDATING, not ACTIVE"),
    ("table moving", _table_not_active, "table is UPDATING, not ACTIVE"),
    (
        "writes throttled",
        _throttling,
        "index by_agent, write: throttling, 5,120 throttle events in the minute 15:55 UTC",
    ),
    (
        "reads throttled",
        _throttled_reads,
        "table, read: throttling, 9 throttle events in the minute 15:55 UTC, 0 allowed",
    ),
    ("alarm on", _alarm_on, "alarm Conversations-IndexAlarm-B is in ALARM"),
    (
        "alarm blind",
        _alarm_blind,
        "alarm Conversations-TableAlarm-A cannot be evaluated (EVALUATION_FAILURE)",
    ),
    ("alarm without data", _alarm_without_data, "is INSUFFICIENT_DATA, not OK"),
    ("alarm deleted", _alarm_deleted, "alarm Conversations-TableAlarm-A does not exist"),
    ("alarm of the table", _alarm_of_the_table_alone, "does not watch the throttle events of index by_agent"),
    ("alarm of 5 minutes", _alarm_of_another_period, "does not watch the throttle events of table"),
    ("alarm without writes", _alarm_expression_without_writes, "does not watch the throttle events of table"),
    ("plain alarm", _alarm_on_one_plain_metric, "does not watch the throttle events of table"),
    ("alarm keeps missing data", _alarm_keeps_missing_data, "does not treat missing data as notBreaching"),
    ("alarm not deployed", _alarm_not_deployed, "does not have IndexAlarm2 yet: deploy the guard first"),
    ("alarm leaving", _alarm_leaving, "does not have IndexAlarm2 yet: deploy the guard first"),
    ("stranger", _stranger, "Orders (AWS::DynamoDB::Table) would change in the same operation"),
    ("stranger on page two", _stranger_on_page_two, "WorkerFunction (AWS::Lambda::Function) would change"),
    (
        "switches spent",
        _switches_spent,
        "4 of 4 switches to on-demand in 24 hours are spent and this change needs one",
    ),
    (
        "frozen",
        _frozen,
        "by_agent, write: 3,200 provisioned, and frozen while the mode switches; live traffic 3,000",
    ),
    ("other minimum", _other_minimum, "table, write: scales 5 to 10,000, not 6,400 to 10,000"),
    ("other target", _other_target, "table, write: auto scaling steers to 50 %, not 70 %"),
    ("no policy", _no_policy, "table, write: auto scaling steers to no target, not 70 %"),
    ("no scaling", _no_scaling, "table, write: has no auto scaling, not 6,400 to 10,000"),
    ("scaled where fixed", _scaled_where_fixed, "table, read: is auto scaled, not fixed at 4,000"),
    ("other fixed units", _other_fixed_units, "table, read: provisioned 4,500, not 4,000"),
    ("index gone", _index_gone, "index by_agent does not exist"),
    ("index more", _index_more, "index by_day is not expected"),
    (
        "live peak",
        _peak_far_higher,
        "table, read: live peak 3,500 a second in the last 3 hours, more than 1.2 x",
    ),
    ("no metrics", _no_metrics, "table, write: CloudWatch has no consumed units of the last 3 hours"),
]


@pytest.mark.parametrize(("wrong", "expected"), [w[1:] for w in WRONG], ids=[w[0] for w in WRONG])
def test_preflight_when_one_thing_is_wrong_refuses_and_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, wrong: Wrong, expected: str
) -> None:
    plan = a_plan()
    aws = an_aws(plan)
    wrong(aws)
    text = refusal(monkeypatch, plan, aws)
    assert expected in text
    assert "nothing was changed" in text
    assert aws.writes() == []


MORE = ("other target", "scaled where fixed", "other fixed units")  # than the relief declares
RELIEVED = [w for w in WRONG if w[0] not in ("switches spent", "frozen", *MORE)]  # a raise switches no mode


@pytest.mark.parametrize(("wrong", "expected"), [w[1:] for w in RELIEVED], ids=[w[0] for w in RELIEVED])
def test_preflight_when_a_relief_meets_the_same_warns_and_passes(
    monkeypatch: pytest.MonkeyPatch, wrong: Wrong, expected: str
) -> None:
    plan = a_relief()
    aws = an_aws(plan)
    wrong(aws)
    data = attempt(monkeypatch, plan, aws)
    assert data["Result"] == "passed"
    assert expected[:60] in data["Warnings"]


MISTAKEN = [w for w in WRONG if w[0] in MORE]
MISTAKEN.append(("other mode", _already_on_demand, "billing mode is PAY_PER_REQUEST, not PROVISIONED"))


@pytest.mark.parametrize(("wrong", "expected"), [w[1:] for w in MISTAKEN], ids=[w[0] for w in MISTAKEN])
def test_preflight_when_a_raise_of_the_baseline_lowers_the_live_table_refuses_it(
    monkeypatch: pytest.MonkeyPatch, wrong: Wrong, expected: str
) -> None:
    plan = a_relief()
    assert plan.transition.is_relief
    aws = an_aws(plan)
    wrong(aws)
    text = refusal(monkeypatch, plan, aws)
    assert "the baseline calls this a raise, but the live table has more (" in text
    assert expected in text


def test_preflight_when_the_live_table_was_switched_by_hand_lets_the_code_catch_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = a_plan(ON_DEMAND)
    aws = an_aws(plan)
    _already_on_demand(aws)
    data = attempt(monkeypatch, plan, aws)
    assert data["Judged"] == "relief"
    assert "billing mode is PAY_PER_REQUEST, not PROVISIONED" in data["Warnings"]


def test_preflight_when_several_things_are_wrong_reports_all_the_gravest_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = replace(a_plan(), recorded_at=NOW - timedelta(days=15), account="999999999999")
    aws = an_aws(plan)
    for wrong in (_rollback_disabled, _alarm_on, _other_fixed_units):
        wrong(aws)
    text = refusal(monkeypatch, plan, aws)
    assert "(5 reasons; nothing was changed)" in text
    places = [
        text.index(part) for part in ("rollback is", "account 9999", "in ALARM", "differs", "15.0 days old")
    ]
    assert places == sorted(places)


def test_preflight_when_everything_is_wrong_keeps_its_reason_short(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = replace(a_plan(), recorded_at=NOW - timedelta(days=15), account="999999999999", region="us-east-1")
    aws = an_aws(plan)
    for wrong in (
        _express,
        _alarm_on,
        _throttling,
        _stranger,
        _switches_spent,
        _index_more,
        _frozen,
        _no_metrics,
    ):
        wrong(aws)
    text = refusal(monkeypatch, plan, aws)
    assert text.endswith("more, see the function's log")
    assert "days old" in capsys.readouterr().out, "the log has what the reason had no room for"


@pytest.mark.parametrize(
    ("part", "changes"),
    [
        ("baseline is of account 999999999999, this is 111122223333", {"account": "999999999999"}),
        ("baseline is of Region us-east-1, this is eu-west-1", {"region": "us-east-1"}),
        ("baseline is 14.5 days old, 14 are allowed", {"recorded_at": NOW - timedelta(days=14.5)}),
        (
            "it is Thu 16:00 UTC, outside the change window Sun 06-10",
            {"rollout": Rollout(change_window=ChangeWindow("Sun 06-10"))},
        ),
    ],
)
def test_preflight_when_the_plan_does_not_fit_the_moment_refuses(
    monkeypatch: pytest.MonkeyPatch, part: str, changes: dict[str, Any]
) -> None:
    plan = a_plan(**changes)
    assert part in refusal(monkeypatch, plan, an_aws(plan))
    relief = a_relief(**changes)
    assert part in attempt(monkeypatch, relief, an_aws(relief))["Warnings"]


def test_preflight_when_the_baseline_names_no_account_and_region_passes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = a_plan(account=None, region=None)
    assert attempt(monkeypatch, plan, an_aws(plan))["Warnings"] == ""


def test_preflight_when_inside_the_change_window_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan(ON_DEMAND, rollout=Rollout(change_window=ChangeWindow("Mon-Fri 15-17")))
    assert attempt(monkeypatch, plan, an_aws(plan))["Warnings"] == ""


@pytest.mark.parametrize(
    ("rule", "wrong"), [("CG15", _frozen), ("CG2", None), ("CG7", None)], ids=["CG15", "CG2", "CG7"]
)
def test_preflight_when_the_rule_is_acknowledged_warns(
    monkeypatch: pytest.MonkeyPatch, rule: str, wrong: Wrong | None
) -> None:
    changes: dict[str, Any] = {"recorded_at": NOW - timedelta(days=30)} if rule == "CG2" else {}
    template = PROVISIONED
    if rule == "CG7":
        template = replace(PROVISIONED, table=Provisioned(4_000, AutoScaling(6_400, 10_000, 70, seed=2_000)))
    plan = a_plan(ON_DEMAND, template, acknowledge=(rule,), **changes)
    aws = an_aws(plan)
    if wrong is not None:
        wrong(aws)
    assert attempt(monkeypatch, plan, aws)["Warnings"] != ""
    plain = replace(plan, acknowledgments=())
    aws = an_aws(plain)
    if wrong is not None:
        wrong(aws)
    refusal(monkeypatch, plain, aws)


def test_throttling_when_within_the_recorded_noise_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan(rollout=Rollout(alarm_threshold=20))
    aws = an_aws(plan)
    throttle(aws, INDEX, at(-6), 20, 19, 20)
    attempt(monkeypatch, plan, aws)


def test_throttling_when_a_single_minute_stands_out_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan()
    aws = an_aws(plan)
    throttle(aws, INDEX, at(-6), 40)
    attempt(monkeypatch, plan, aws)


def test_throttling_when_it_ended_a_while_ago_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan()
    aws = an_aws(plan)
    throttle(aws, INDEX, at(-30), 400, 500, 600)
    attempt(monkeypatch, plan, aws)


@pytest.mark.parametrize("state", ["ALARM", "INSUFFICIENT_DATA", None])
@pytest.mark.parametrize("composite", [False, True])
def test_alarms_when_the_users_alarm_is_not_ok_refuses(
    monkeypatch: pytest.MonkeyPatch, state: str | None, composite: bool
) -> None:
    plan = a_plan(rollout=Rollout(alarms=("checkout-errors",)))
    aws = an_aws(plan)
    if state is not None:
        aws.alarms["checkout-errors"] = a_user_alarm("checkout-errors", state)
    if composite:
        aws.cloudwatch.composites.add("checkout-errors")
    assert "checkout-errors" in refusal(monkeypatch, plan, aws)


def test_alarms_when_there_are_more_than_a_page_reads_all(monkeypatch: pytest.MonkeyPatch) -> None:
    names = tuple(f"alarm-{i}" for i in range(120))
    plan = a_plan(rollout=Rollout(alarms=names))
    aws = an_aws(plan)
    aws.page = 30
    aws.alarms.update({name: a_user_alarm(name) for name in names})
    attempt(monkeypatch, plan, aws)
    ring(aws, "alarm-119", "ALARM", NOW)
    assert "alarm-119" in refusal(monkeypatch, plan, aws)


def test_alarms_when_just_created_waits_until_they_have_a_state(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan(ON_DEMAND)
    aws = an_aws(plan)
    name = ALARM_NAMES["table"]
    aws.alarms[name]["AlarmConfigurationUpdatedTimestamp"] = NOW - timedelta(seconds=20)
    ring(aws, name, "INSUFFICIENT_DATA", NOW - timedelta(seconds=20))
    use(monkeypatch, aws)
    framework = Framework(aws, "preflight", plan)
    framework.start()
    assert framework.poll() is None
    aws.now += timedelta(minutes=3)
    ring(aws, name, "OK", aws.now)
    assert framework.poll() is not None


def test_alarms_when_just_created_and_never_evaluated_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan(ON_DEMAND)
    aws = an_aws(plan)
    name = ALARM_NAMES["table"]
    aws.alarms[name]["AlarmConfigurationUpdatedTimestamp"] = NOW
    ring(aws, name, "INSUFFICIENT_DATA", NOW)
    assert "is INSUFFICIENT_DATA, not OK" in refusal(monkeypatch, plan, aws)
    assert aws.now - NOW >= timedelta(minutes=10)


@pytest.mark.parametrize(
    "change",
    [
        a_change("CDKMetadata", "AWS::CDK::Metadata", "Modify"),
        a_change("PreflightOld123", "Custom::CapacityGuardPreflight", "Remove"),
        a_change("BakeOld123", "Custom::CapacityGuardBake", "Remove"),
        a_change("IndexAlarm2", "AWS::CloudWatch::Alarm", "Modify"),
        a_change(
            "ReaderPolicy",
            "AWS::IAM::Policy",
            "Modify",
            Details=[
                {
                    "Evaluation": "Dynamic",
                    "ChangeSource": "ResourceAttribute",
                    "CausingEntity": f"{TABLE}.Arn",
                    "Target": {"Attribute": "Properties", "Name": "PolicyDocument"},
                }
            ],
        ),
    ],
    ids=["metadata", "old preflight", "old bake", "own alarm", "only refers to the table"],
)
def test_alone_when_it_belongs_to_the_transition_passes(
    monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]
) -> None:
    plan = a_plan(ON_DEMAND)
    aws = an_aws(plan)
    aws.changes.append(change)
    attempt(monkeypatch, plan, aws)


def test_alone_when_a_policy_changes_by_itself_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan(ON_DEMAND)
    aws = an_aws(plan)
    detail = {
        "Evaluation": "Static",
        "ChangeSource": "DirectModification",
        "Target": {"Attribute": "Properties"},
    }
    aws.changes.append(a_change("ReaderPolicy", "AWS::IAM::Policy", "Modify", Details=[detail]))
    assert "ReaderPolicy (AWS::IAM::Policy)" in refusal(monkeypatch, plan, aws)


def test_alone_when_the_change_set_is_gone_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan(ON_DEMAND)
    aws = an_aws(plan)
    aws.fail(
        "cloudformation:DescribeChangeSet",
        client_error("DescribeChangeSet", "ChangeSetNotFound", f"ChangeSet [{CHANGE_SET}] does not exist"),
    )
    assert "cloudformation:DescribeChangeSet found nothing" in refusal(monkeypatch, plan, aws)


def _events(aws: FakeAws, *modes: tuple[float, str | None]) -> None:
    for hours, mode in modes:
        aws.events.append(a_table_event(aws, NOW - timedelta(hours=hours), mode))


OD, PROV = "PAY_PER_REQUEST", None


@pytest.mark.parametrize(
    ("modes", "last_hours_ago", "spent"),
    [
        ([], None, 0),
        ([(26, OD), (25, PROV)], 26, 0),
        ([(26, OD), (23, PROV), (22, OD)], 21.9, 1),
        ([(20, OD), (20, OD), (19, OD)], 19.9, 1),  # several events of one switch, and an unrelated update
        ([(20, OD), (19, PROV), (18, OD), (17, PROV), (16, OD)], 15.9, 3),
        ([(20, OD), (19, PROV), (18, OD), (17, PROV)], 2, 3),  # the last one was made by hand
        ([(20, OD), (19, PROV), (18, OD), (17, PROV), (16, OD), (15, PROV), (2, OD)], 1.9, 4),
        ([(20, OD), (19, PROV), (18, OD), (17, PROV), (16, OD), (15, PROV)], 2, 4),
    ],
)
def test_switch_quota_when_counted_leaves_room_below_four(
    monkeypatch: pytest.MonkeyPatch,
    modes: list[tuple[float, str | None]],
    last_hours_ago: float | None,
    spent: int,
) -> None:
    plan = a_plan(ON_DEMAND)
    aws = an_aws(plan)
    _events(aws, *modes)
    aws.last_switch = None if last_hours_ago is None else NOW - timedelta(hours=last_hours_ago)
    aws.page = 2
    if spent < 4:
        attempt(monkeypatch, plan, aws)
    else:
        assert "4 of 4 switches" in refusal(monkeypatch, plan, aws)


def test_switch_quota_when_the_way_back_needs_the_last_one_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan(PROVISIONED, ON_DEMAND)
    aws = an_aws(plan)
    _events(aws, *((h, m) for h in (20, 15, 10, 5) for m in (PROV,)), *((h - 1, OD) for h in (20, 15, 10, 5)))
    text = refusal(monkeypatch, plan, aws)
    assert "the way back needs one: the next is free at 2026-07-09 21:00 UTC" in text


def test_switch_quota_when_no_mode_changes_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_relief()
    aws = an_aws(plan)
    attempt(monkeypatch, plan, aws)
    assert aws.count("cloudformation:DescribeStackEvents") == 0


def test_switch_quota_when_events_cannot_be_parsed_skips_them(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan(ON_DEMAND)
    aws = an_aws(plan)
    aws.events.append({**a_table_event(aws, NOW - timedelta(hours=1), OD), "ResourceProperties": "{cut"})
    aws.events.append({**a_table_event(aws, NOW - timedelta(hours=1), OD), "LogicalResourceId": "Orders"})
    attempt(monkeypatch, plan, aws)


LOWERED = replace(PROVISIONED, table=Provisioned(3_000, AutoScaling(6_400, 10_000, 70, seed=6_400)))
LOWER_AND_RAISE = Capacity.provisioned(
    read=3_000,
    write=6_500,
    indexes={"by_agent": Provisioned(2_000, AutoScaling(4_800, 8_000, 70))},
)
FIXED = Capacity.provisioned(
    read=4_000,
    write=6_400,
    indexes={"by_agent": Provisioned(2_000, AutoScaling(4_800, 8_000, 70))},
)


@pytest.mark.parametrize(
    ("plan", "today", "minutes_ago", "expected"),
    [
        (a_plan(LOWERED), 3, 5, None),
        (a_plan(LOWERED), 4, 61, None),
        (a_plan(LOWERED), 4, 17 * 60, None),  # yesterday's count
        (a_plan(LOWERED), 4, 50, "table: 4 decreases of provisioned throughput today"),
        (a_plan(LOWERED), 27, 300, "possible at 2026-07-10 00:00 UTC"),
        (a_plan(LOWER_AND_RAISE, FIXED), 2, 5, None),
        (a_plan(LOWER_AND_RAISE, FIXED), 3, 300, "the change and the way back need 2"),
        (a_plan(PROVISIONED, ON_DEMAND), 4, 30, "the way back needs 1: possible at 2026-07-09 16:30 UTC"),
        (a_plan(ON_DEMAND), 9, 5, None),
    ],
)
def test_decrease_quota_when_it_leaves_no_room_refuses(
    monkeypatch: pytest.MonkeyPatch, plan: GatePlan, today: int, minutes_ago: float, expected: str | None
) -> None:
    aws = an_aws(plan)
    aws.resources["table"].decreases = today
    aws.resources["table"].last_decrease = NOW - timedelta(minutes=minutes_ago)
    if expected is None:
        attempt(monkeypatch, plan, aws)
    else:
        assert expected in refusal(monkeypatch, plan, aws)


def test_decrease_quota_when_an_index_is_spent_refuses_for_the_index_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lower = replace(
        PROVISIONED, indexes={"by_agent": Provisioned(1_500, AutoScaling(4_800, 8_000, 70, seed=4_800))}
    )
    plan = a_plan(lower)
    aws = an_aws(plan)
    aws.resources["table"].decreases = aws.resources[INDEX].decreases = 4
    aws.resources["table"].last_decrease = aws.resources[INDEX].last_decrease = NOW - timedelta(minutes=1)
    text = refusal(monkeypatch, plan, aws)
    assert "index by_agent: 4 decreases" in text
    assert "table: 4" not in text


@pytest.mark.parametrize(
    ("template", "declared", "expected"),
    [
        (PROVISIONED, ON_DEMAND, None),
        (
            replace(
                PROVISIONED,
                indexes={"by_agent": Provisioned(2_000, AutoScaling(4_800, 8_000, 70, seed=2_900))},
            ),
            ON_DEMAND,
            "by_agent, write: a rollback would re-send 2,900 units, less than the live traffic of 3,000",
        ),
        (
            Capacity.provisioned(read=400, write=6_400, indexes=PROVISIONED.indexes),  # type: ignore[arg-type]
            Capacity.provisioned(read=300, write=6_400, indexes=PROVISIONED.indexes),  # type: ignore[arg-type]
            "table, read: a rollback would re-send 400 units, less than the live traffic of 500",
        ),
        (  # auto-scaled units are not re-sent where the mode stays
            replace(PROVISIONED, table=Provisioned(4_000, AutoScaling(1_000, 10_000, 70, seed=6_400))),
            replace(PROVISIONED, table=Provisioned(3_000, AutoScaling(1_000, 10_000, 70, seed=6_400))),
            None,
        ),
        (
            Capacity.on_demand(maximum=Units(write=2_000), indexes={"by_agent": OnDemand()}),
            PROVISIONED,
            "table, write: a rollback would re-send 2,000 on-demand maximum, less than the live traffic of 3,000",
        ),
    ],
)
def test_way_back_when_what_is_re_sent_carries_less_than_the_live_traffic_refuses(
    monkeypatch: pytest.MonkeyPatch, template: Capacity, declared: Capacity, expected: str | None
) -> None:
    plan = a_plan(declared, template)
    aws = an_aws(plan)
    if not template.is_on_demand:
        aws.resources["table"].units["write"] = 6_400
    if expected is None:
        attempt(monkeypatch, plan, aws)
    else:
        assert expected in refusal(monkeypatch, plan, aws)


def test_equality_when_auto_scaling_has_moved_units_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan(ON_DEMAND)
    aws = an_aws(plan)
    aws.resources["table"].units["write"] = 9_000
    attempt(monkeypatch, plan, aws)


def test_equality_when_scaled_units_do_not_carry_the_traffic_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan(LOWERED)
    aws = an_aws(plan)
    aws.resources["table"].units["write"] = 2_900
    assert "table, write: 2,900 provisioned, less than the live traffic of 3,000" in refusal(
        monkeypatch, plan, aws
    )


def test_equality_when_an_on_demand_maximum_differs_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan(PROVISIONED, ON_DEMAND)
    aws = an_aws(plan)
    aws.resources[INDEX].maximum["write"] = 5_000
    assert "by_agent, write: on-demand maximum is 5,000, not none" in refusal(monkeypatch, plan, aws)


def test_equality_when_a_removed_maximum_still_shows_minus_one_passes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = a_plan(PROVISIONED, ON_DEMAND)
    aws = an_aws(plan)
    aws.resources[INDEX].maximum["write"] = -1
    attempt(monkeypatch, plan, aws)


def test_equality_when_bounds_are_equal_ignores_the_target(monkeypatch: pytest.MonkeyPatch) -> None:
    template = replace(PROVISIONED, table=Provisioned(4_000, AutoScaling(6_400, 6_400, 70, seed=6_400)))
    plan = a_plan(ON_DEMAND, template)
    aws = an_aws(plan)
    aws.policies = [one for one in aws.policies if one["ResourceId"] != f"table/{aws.name}"]
    attempt(monkeypatch, plan, aws)


@pytest.mark.parametrize(
    ("live", "units", "refused"),
    [
        (3_000, 3_499, True),  # 3,000 and a rise of 500
        (3_000, 3_500, False),
        (4_900, 5_399, True),
        (4_900, 5_400, False),
    ],
)
def test_rise_when_live_traffic_and_rise_exceed_what_is_provisioned_refuses(
    monkeypatch: pytest.MonkeyPatch, live: float, units: int, refused: bool
) -> None:
    template = replace(
        PROVISIONED, indexes={"by_agent": Provisioned(2_000, AutoScaling(1_000, 8_000, 70, seed=6_000))}
    )
    plan = a_plan(ON_DEMAND, template)
    aws = an_aws(plan)
    traffic(aws, {"index/by_agent/write": live})
    aws.resources[INDEX].units["write"] = units
    if refused:
        assert f"by_agent, write: {units:,} provisioned" in refusal(monkeypatch, plan, aws)
    else:
        attempt(monkeypatch, plan, aws)


def test_live_peak_when_a_quiet_dimension_is_touched_by_hand_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan(ON_DEMAND)
    quiet = replace(plan.evidence.dimensions[next(iter(plan.evidence.dimensions))], peak=None)
    first = next(iter(plan.evidence.dimensions))
    plan = replace(
        plan, evidence=replace(plan.evidence, dimensions={**plan.evidence.dimensions, first: quiet})
    )
    aws = an_aws(plan)
    traffic(aws, {first.key: 8})
    attempt(monkeypatch, plan, aws)


def test_preflight_when_the_table_has_no_index_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan(Capacity.on_demand(), Capacity.provisioned(read=4_000, write=6_400))
    attempt(monkeypatch, plan, an_aws(plan))


def test_preflight_when_the_table_has_twenty_indexes_reads_every_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    each = {f"i{n:02}": Provisioned(100, AutoScaling(200, 400)) for n in range(20)}
    plan = a_plan(LOWERED_TWENTY, Capacity.provisioned(read=4_000, write=6_400, indexes=each))
    aws = an_aws(plan)
    aws.page = 7
    for key in aws.resources:
        if key != "table":
            traffic(aws, {f"{key}/read": 10, f"{key}/write": 20})
    attempt(monkeypatch, plan, aws)
    aws.targets[13]["MaxCapacity"] = 999
    assert "i13, write: scales 200 to 999, not 200 to 400" in refusal(monkeypatch, plan, aws)


LOWERED_TWENTY = Capacity.provisioned(
    read=3_000, write=6_400, indexes={f"i{n:02}": Provisioned(100, AutoScaling(200, 400)) for n in range(20)}
)


def test_conditions_when_listed_have_names_of_their_own() -> None:
    assert len({condition.name for condition in CONDITIONS}) == len(CONDITIONS)


def test_preflight_when_the_runtimes_sdk_is_too_old_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    from capacity_guard.handlers.aws import GateAws

    plan = a_plan(ON_DEMAND)
    monkeypatch.setattr(GateAws, "shows_express_mode", lambda self: False)
    assert "too old to show express mode" in attempt(monkeypatch, plan, an_aws(plan))["Warnings"]


def test_preflight_when_the_plan_gives_the_tables_name_asks_no_stack_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = a_plan(WARM, table_name="Conversations-XYZ")
    aws = an_aws(plan)
    del aws.physical[TABLE]
    attempt(monkeypatch, plan, aws)
