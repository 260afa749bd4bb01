"""States of AWS in which one thing is wrong, each a function that changes a fake AWS."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.fakes.gate_aws import FakeAws
from tests.handlers.gate_world import (
    ALARM_NAMES,
    INDEX,
    NOW,
    ON_DEMAND,
    a_change,
    a_detail,
    a_plan,
    a_relief,
    a_table_event,
    an_alarm,
    an_aws,
    at,
    refused_preflight,
    run_preflight,
    set_alarm_state,
    set_capacity,
    set_traffic,
    throttle,
)

Wrong = Callable[[FakeAws], None]
Cases = list[tuple[str, Wrong, str]]
"""Name of a case, what is wrong, and a part of the refusal."""


def expect_refusal(monkeypatch: pytest.MonkeyPatch, wrong: Wrong, expected: str) -> None:
    """Preflight of a change refuses with a text, and changes nothing."""
    plan = a_plan()
    aws = an_aws(plan)
    wrong(aws)
    text = refused_preflight(monkeypatch, plan, aws)
    assert expected in text
    assert "nothing was changed" in text
    assert aws.writes() == []


def expect_warning(monkeypatch: pytest.MonkeyPatch, wrong: Wrong, expected: str) -> None:
    """Preflight of a relief passes, and warns with the same text."""
    plan = a_relief()
    aws = an_aws(plan)
    wrong(aws)
    data = run_preflight(monkeypatch, plan, aws)
    assert data["Result"] == "passed"
    assert expected[:60] in data["Warnings"]


def express_mode(aws: FakeAws) -> None:
    aws.stack["DeploymentConfig"] = {"Mode": "EXPRESS"}


def rollback_disabled(aws: FakeAws) -> None:
    aws.stack["DisableRollback"] = True


def rollback_disabled_by_change_set(aws: FakeAws) -> None:
    aws.change_set["OnStackFailure"] = "DO_NOTHING"


def express_mode_of_the_change_set(aws: FakeAws) -> None:
    aws.change_set["DeploymentConfig"] = {"Mode": "EXPRESS"}


def rollback_disabled_by_config(aws: FakeAws) -> None:
    aws.stack["DeploymentConfig"] = {"Mode": "STANDARD", "DisableRollback": True}


def no_change_set(aws: FakeAws) -> None:
    del aws.stack["ChangeSetId"]


def earlier_change_set(aws: FakeAws) -> None:
    """What UpdateStack leaves where a stack goes on naming the change set of an earlier operation."""
    aws.change_set["ExecutionStatus"] = "EXECUTE_COMPLETE"


def failed_change_set(aws: FakeAws) -> None:
    aws.change_set["ExecutionStatus"] = "EXECUTE_FAILED"


def change_set_without_status(aws: FakeAws) -> None:
    del aws.change_set["ExecutionStatus"]


def change_set_of_another_stack(aws: FakeAws) -> None:
    aws.change_set["StackId"] = "arn:aws:cloudformation:eu-west-1:111122223333:stack/Other/1"


def change_set_without_the_gate(aws: FakeAws) -> None:
    aws.changes = aws.changes[:1]


def drift_reverted(aws: FakeAws) -> None:
    aws.change_set["DeploymentMode"] = "REVERT_DRIFT"


def drift_compared(aws: FakeAws) -> None:
    aws.change_set["StackDriftStatus"] = "IN_SYNC"


def live_value_replaced(aws: FakeAws) -> None:
    aws.changes[0]["Details"][0]["Target"]["Drift"] = {"PreviousValue": "10", "ActualValue": "20"}


def time_to_live_changes(aws: FakeAws) -> None:
    aws.changes[0]["Details"].append(a_detail("TimeToLiveSpecification"))


def gate_of_somebody_else(aws: FakeAws) -> None:
    aws.changes.append(a_change("Other", "Custom::CapacityGuardPreflight"))


def removed_gate_of_somebody_else(aws: FakeAws) -> None:
    aws.changes.append(
        a_change("Other", "Custom::CapacityGuardBake", "Remove", PhysicalResourceId="their-gate-1")
    )


def table_replaced(aws: FakeAws) -> None:
    aws.changes[0]["Replacement"] = "True"


def table_imported(aws: FakeAws) -> None:
    aws.changes[0]["Action"] = "Import"


def table_without_details(aws: FakeAws) -> None:
    del aws.changes[0]["Details"]


def index_not_active(aws: FakeAws) -> None:
    aws.resources[INDEX].status = "UPDATING"


def replica_elsewhere(aws: FakeAws) -> None:
    aws.table.more = {"Replicas": [{"RegionName": "eu-west-1"}, {"RegionName": "us-east-1"}]}


def vector_index_added(aws: FakeAws) -> None:
    aws.table.more = {"VectorIndexes": [{"IndexName": "by_meaning", "IndexStatus": "ACTIVE"}]}


def scaling_suspended(aws: FakeAws) -> None:
    aws.targets[0]["SuspendedState"] = {"DynamicScalingOutSuspended": True}


def table_not_active(aws: FakeAws) -> None:
    aws.resources["table"].status = "UPDATING"


def index_writes_throttled(aws: FakeAws) -> None:
    throttle(aws, INDEX, at(-6), 3, 5_120)


def table_reads_throttled(aws: FakeAws) -> None:
    throttle(aws, "table", at(-6), 7, 9, access="Read")


def alarm_in_alarm(aws: FakeAws) -> None:
    set_alarm_state(aws, ALARM_NAMES[INDEX], "ALARM", NOW - timedelta(minutes=4))


def alarm_not_evaluated(aws: FakeAws) -> None:
    aws.alarms[ALARM_NAMES["table"]]["EvaluationState"] = "EVALUATION_FAILURE"


def alarm_without_data(aws: FakeAws) -> None:
    set_alarm_state(aws, ALARM_NAMES["table"], "INSUFFICIENT_DATA", NOW - timedelta(days=2))


def alarm_deleted(aws: FakeAws) -> None:
    del aws.alarms[ALARM_NAMES["table"]]


def index_alarm_on_the_table(aws: FakeAws) -> None:
    aws.alarms[ALARM_NAMES[INDEX]] = an_alarm(ALARM_NAMES[INDEX], "table")


def alarm_of_another_period(aws: FakeAws) -> None:
    aws.alarms[ALARM_NAMES["table"]]["Metrics"][0]["MetricStat"]["Period"] = 300


def alarm_without_writes(aws: FakeAws) -> None:
    aws.alarms[ALARM_NAMES["table"]]["Metrics"][-1]["Expression"] = "FILL(read_throttle, 0)"


def alarm_on_one_metric(aws: FakeAws) -> None:
    del aws.alarms[ALARM_NAMES["table"]]["Metrics"]


def alarm_ignores_missing_data(aws: FakeAws) -> None:
    aws.alarms[ALARM_NAMES["table"]]["TreatMissingData"] = "ignore"


def alarm_of_an_earlier_version(aws: FakeAws) -> None:
    alarm = aws.alarms[ALARM_NAMES["table"]]
    alarm["Metrics"][-1]["Expression"] = (
        "FILL(read_throttle, 0) + FILL(write_throttle, 0) + 0 * (read_consumed + write_consumed)"
    )
    alarm["EvaluationPeriods"] = 3


def alarm_of_other_minutes(aws: FakeAws) -> None:
    aws.alarms[ALARM_NAMES["table"]]["EvaluationPeriods"] = 15


def alarm_of_a_higher_threshold(aws: FakeAws) -> None:
    aws.alarms[ALARM_NAMES["table"]]["Threshold"] = 500.0


def alarm_of_no_number(aws: FakeAws) -> None:
    del aws.alarms[ALARM_NAMES["table"]]["EvaluationPeriods"]


def alarm_not_deployed(aws: FakeAws) -> None:
    del aws.physical["IndexAlarm2"]


def alarm_being_deleted(aws: FakeAws) -> None:
    aws.physical["IndexAlarm2"] = (ALARM_NAMES[INDEX], "DELETE_COMPLETE")


def other_change(aws: FakeAws) -> None:
    aws.changes.append(a_change("Orders", "AWS::DynamoDB::Table", "Modify"))


def other_change_on_page_two(aws: FakeAws) -> None:
    aws.page = 2
    aws.changes.append(a_change("WorkerFunction", "AWS::Lambda::Function", "Add"))


def switches_spent(aws: FakeAws) -> None:
    for hours in (20, 15, 10, 5):
        aws.events.append(a_table_event(aws, NOW - timedelta(hours=hours), "PAY_PER_REQUEST"))
        aws.events.append(a_table_event(aws, NOW - timedelta(hours=hours - 1), None))


def too_few_units(aws: FakeAws) -> None:
    aws.resources[INDEX].units["write"] = 3_200


def other_minimum(aws: FakeAws) -> None:
    aws.targets[0]["MinCapacity"] = 5


def other_target(aws: FakeAws) -> None:
    aws.policies[0]["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] = 50.0


def no_scaling_policy(aws: FakeAws) -> None:
    aws.policies = []


def no_scaling_targets(aws: FakeAws) -> None:
    aws.targets = []


def scaled_where_fixed(aws: FakeAws) -> None:
    for entries in (aws.targets, aws.policies):
        entries.append({**entries[0], "ScalableDimension": "dynamodb:table:ReadCapacityUnits"})


def other_fixed_units(aws: FakeAws) -> None:
    aws.resources["table"].units["read"] = 4_500


def index_missing(aws: FakeAws) -> None:
    del aws.resources[INDEX]


def index_added(aws: FakeAws) -> None:
    aws.resources["index/by_day"] = aws.resources[INDEX]


def switched_to_on_demand(aws: FakeAws) -> None:
    set_capacity(aws, ON_DEMAND)


def peak_far_higher(aws: FakeAws) -> None:
    set_traffic(aws, {"table/read": 3_500}, start=NOW - timedelta(hours=2), minutes=3)


def no_consumed_writes(aws: FakeAws) -> None:
    aws.metrics = {
        key: points for key, points in aws.metrics.items() if key[0] != "ConsumedWriteCapacityUnits"
    }
