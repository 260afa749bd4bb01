"""Gates, alarms and provider in the template: when they are there, what they depend on, what they may do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cloudwatch as cloudwatch

from capacity_guard import ChangeWindow, InputError, NewTable, Rollout
from capacity_guard.capacity.break_glass import CONTEXT
from capacity_guard.capacity.gate_plan import GatePlan, UnreadPlan
from capacity_guard.cdk.acknowledge import acknowledge
from capacity_guard.cdk.asset import staged_code
from capacity_guard.cdk.gates import GateTimes
from capacity_guard.cdk.templates import path_to
from tests.builders.guarded import (
    INDEX,
    PROVISIONED,
    RAISED,
    WARM,
    Synthesized,
    app,
    baseline,
    synthesize,
    table,
    template,
)
from tests.paths import ROOT

TABLE = "AWS::DynamoDB::GlobalTable"
ALARM = "AWS::CloudWatch::Alarm"
PREFLIGHT = "Custom::CapacityGuardPreflight"
BAKE = "Custom::CapacityGuardBake"


def plan_of(made: Synthesized, gate: str = PREFLIGHT) -> GatePlan:
    return GatePlan.from_property(made.one(gate)["Properties"]["Plan"])


def without_alarms(made: Synthesized) -> int:
    return len(made.resources) - len(made.of(ALARM))


def test_stack_without_a_transition_holds_no_gate_and_at_most_twenty_resources() -> None:
    made = template()
    assert not made.gates
    assert not made.one(TABLE).get("DependsOn")
    assert len(made.of(ALARM)) == 2
    assert without_alarms(made) <= 20


def test_new_table_holds_no_gate() -> None:
    assert not template(baseline=NewTable("t")).gates


def test_unreadable_baseline_holds_one_gate_before_the_table_that_knows_what_is_declared() -> None:
    made = template(baseline="nowhere/conversations.json")
    ((name, gate),) = made.gates.items()
    assert gate["Type"] == PREFLIGHT
    assert made.one(TABLE)["DependsOn"] == [name]
    assert gate["Properties"]["Gate"] == "unread"
    plan = UnreadPlan.from_property(gate["Properties"]["Plan"])
    assert plan.declared == PROVISIONED
    assert plan.kind.value == TABLE
    assert "nowhere/conversations.json: is missing" in plan.problem
    assert plan.break_glass is None


def test_unreadable_baseline_has_another_gate_for_another_capacity_alone() -> None:
    (first,) = template(baseline="nowhere/conversations.json").gates
    (again,) = template(baseline="elsewhere/conversations.json").gates
    (other,) = template(baseline="nowhere/conversations.json", capacity=RAISED).gates
    assert again == first
    assert other != first


def test_bake_is_handed_what_preflight_took_the_transition_for() -> None:
    made = template(capacity=RAISED)
    ((preflight, _),) = made.of(PREFLIGHT).items()
    assert made.one(BAKE)["Properties"]["Judged"] == {"Fn::GetAtt": [preflight, "Judged"]}
    assert "Judged" not in made.one(PREFLIGHT)["Properties"]


@pytest.mark.parametrize(
    "context",
    ["orders are  lost\n", {"S/Conversations": "orders are lost"}, {"Conversations": "orders are lost"}],
)
def test_break_glass_travels_with_its_reason_in_the_plan(context: Any) -> None:
    made = app(**{CONTEXT: context})
    guarded = table(cdk.Stack(made, "S"), capacity=RAISED)
    assert guarded.case.break_glass == "orders are lost"
    gates = synthesize(made)
    for kind in (PREFLIGHT, BAKE):
        assert plan_of(gates, kind).break_glass == "orders are lost"
    assert set(gates.gates) == set(template(capacity=RAISED).gates), "it is the same transition"


def test_break_glass_of_another_table_is_nothing() -> None:
    made = app(**{CONTEXT: {"Orders": "orders are lost"}})
    assert table(cdk.Stack(made, "S"), capacity=RAISED).plan.break_glass is None


@pytest.mark.parametrize("context", ["", "  ", 7, ["lost"], {"Orders": ""}, "x" * 251])
def test_break_glass_without_a_reason_is_refused_wherever_it_stands(context: Any) -> None:
    made = app(**{CONTEXT: context})
    with pytest.raises(InputError, match=f"context {CONTEXT}"):
        table(cdk.Stack(made, "S"))


def test_break_glass_with_an_unreadable_baseline_stands_in_that_gates_plan() -> None:
    made = app(**{CONTEXT: "orders are lost"})
    table(cdk.Stack(made, "S"), baseline="nowhere/conversations.json")
    (gate,) = synthesize(made).gates.values()
    assert UnreadPlan.from_property(gate["Properties"]["Plan"]).break_glass == "orders are lost"


def test_transition_adds_two_gates_and_nothing_else() -> None:
    before, after = template(), template(capacity=RAISED)
    assert set(before.resources) < set(after.resources)
    added = set(after.resources) - set(before.resources)
    assert added == set(after.gates)
    assert len(added) == 2


def test_further_table_adds_at_most_six_resources() -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    table(stack, "First", capacity=RAISED)
    one = without_alarms(Synthesized(cdk.assertions.Template.from_stack(stack).to_json()["Resources"]))
    other = app()
    both = cdk.Stack(other, "S")
    table(both, "First", capacity=RAISED)
    table(both, "Second", capacity=RAISED)
    two = synthesize(other)
    assert without_alarms(two) - one <= 6
    assert len(two.gates) == 4
    assert len(two.of("AWS::Lambda::Function")) == 5


def test_preflight_stands_before_the_table_and_bake_after_table_and_alarms() -> None:
    made = template(capacity=RAISED)
    (preflight,), (bake,) = made.of(PREFLIGHT), made.of(BAKE)
    (guarded,) = made.of(TABLE)
    assert made.resources[guarded]["DependsOn"] == [preflight]
    assert set(made.resources[bake]["DependsOn"]) == {guarded, *made.of(ALARM)}
    assert path_to(made.resources, preflight, guarded) is None


def test_gate_has_type_stage_fingerprint_plan_and_timeout() -> None:
    made = app()
    guarded = table(cdk.Stack(made, "S"), capacity=RAISED)
    assert guarded.transition is not None
    fingerprint = guarded.transition.fingerprint
    resources = synthesize(made)
    for kind, stage in ((PREFLIGHT, "preflight"), (BAKE, "bake")):
        ((name, gate),) = resources.of(kind).items()
        properties = gate["Properties"]
        assert f"{stage.capitalize()}{fingerprint}" in name
        assert properties["Gate"] == stage
        assert properties["Fingerprint"] == fingerprint
        assert properties["ServiceTimeout"] == "3600"
        assert GatePlan.from_property(properties["Plan"]).transition.fingerprint == fingerprint


def test_gates_when_the_plan_or_its_attempt_changes_have_other_ids_and_else_the_same() -> None:
    first = set(template(capacity=RAISED).gates)
    assert set(template(capacity=RAISED, baseline=baseline(units=400)).gates) == first
    assert not set(template(capacity=RAISED, baseline=baseline(attempt=2)).gates) & first
    assert not set(template(capacity=WARM).gates) & first


def test_plan_names_what_the_stack_holds() -> None:
    rollout = Rollout(bake_minutes=12, change_window=ChangeWindow("Sun 06-10"), alarms=("users-see-errors",))
    made = template(capacity=RAISED, rollout=rollout)
    plan = plan_of(made)
    (guarded,) = made.of(TABLE)
    assert plan.logical_id == guarded
    assert plan.table == "Conversations"
    assert plan.table_name is None
    assert set(plan.alarms) == {"table", f"index/{INDEX}"}
    assert set(plan.alarms.values()) == set(made.of(ALARM))
    assert set(plan.travels_with) == {guarded, *made.gates, *made.of(ALARM), "CDKMetadata"}
    assert plan.rollout == rollout
    assert plan.transition.declared == RAISED
    assert plan.deployed.template == PROVISIONED
    assert plan == plan_of(made, BAKE)


def test_plan_when_a_logical_id_is_overridden_afterwards_carries_the_new_one() -> None:
    made = app()
    guarded = table(cdk.Stack(made, "S"), capacity=RAISED)
    guarded.resource.override_logical_id("Kept")
    resources = synthesize(made)
    assert plan_of(resources).logical_id == "Kept"
    assert "table/S-Kept-*" in json.dumps(resources.of("AWS::IAM::Role"))


def test_plan_carries_acknowledgments_given_after_construction() -> None:
    made = app()
    guarded = table(cdk.Stack(made, "S"), capacity=RAISED)
    acknowledge(guarded, "CG4", reason="measured by hand")
    assert [a.rule for a in plan_of(synthesize(made)).acknowledgments] == ["CG4"]


def test_plan_without_a_transition_is_refused() -> None:
    with pytest.raises(InputError, match="is in no transition"):
        _ = table(cdk.Stack(app(), "S")).plan


def _statements(made: Synthesized) -> dict[str, dict[str, Any]]:
    roles = [r for name, r in made.of("AWS::IAM::Role").items() if name.startswith("CapacityGuardRole")]
    (policy,) = roles[0]["Properties"]["Policies"]
    assert len(roles) == 1
    return {one["Sid"]: one for one in policy["PolicyDocument"]["Statement"]}


def _arn(name: str) -> dict[str, Any]:
    parts = [
        "arn:",
        {"Ref": "AWS::Partition"},
        ":dynamodb:",
        {"Ref": "AWS::Region"},
        ":",
        {"Ref": "AWS::AccountId"},
    ]
    return {"Fn::Join": ["", [*parts, f":table/{name}"]]}


def test_policy_when_the_name_is_generated_holds_these_statements_and_no_other() -> None:
    made = template(capacity=RAISED)
    (guarded,) = made.of(TABLE)
    statements = _statements(made)
    (sid,) = set(statements) - {"ReadThisStack", "ReadAlarmsAndMetrics"}
    assert statements == {
        "ReadThisStack": {
            "Sid": "ReadThisStack",
            "Effect": "Allow",
            "Action": [
                "cloudformation:DescribeChangeSet",
                "cloudformation:DescribeStackEvents",
                "cloudformation:DescribeStackResource",
                "cloudformation:DescribeStacks",
            ],
            "Resource": {"Ref": "AWS::StackId"},
        },
        "ReadAlarmsAndMetrics": {
            "Sid": "ReadAlarmsAndMetrics",
            "Effect": "Allow",
            "Action": [
                "application-autoscaling:DescribeScalableTargets",
                "application-autoscaling:DescribeScalingPolicies",
                "cloudwatch:DescribeAlarms",
                "cloudwatch:GetMetricData",
            ],
            "Resource": "*",
        },
        sid: {
            "Sid": sid,
            "Effect": "Allow",
            "Action": ["dynamodb:DescribeTable", "dynamodb:UpdateTable"],
            "Resource": _arn(f"S-{guarded}-*"),
        },
    }


def test_policy_when_the_name_is_given_names_that_table_alone() -> None:
    made = template(capacity=RAISED, table_name="conversations")
    resources = [s["Resource"] for s in _statements(made).values() if s["Sid"].startswith("Table")]
    assert resources == [_arn("conversations")]
    assert plan_of(made).table_name == "conversations"
    assert path_to(made.resources, next(iter(made.of(PREFLIGHT))), next(iter(made.of(TABLE)))) is None


def test_policy_when_a_stack_has_two_tables_has_one_statement_each() -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    table(stack, "First")
    table(stack, "Second", table_name="second")
    sids = [sid for sid in _statements(synthesize(made)) if sid.startswith("Table")]
    assert len(sids) == 2
    assert all(sid.isalnum() for sid in sids)


def test_policies_of_the_framework_call_the_guards_functions_and_its_own_alone() -> None:
    made = template(capacity=RAISED)
    functions = set(made.of("AWS::Lambda::Function"))
    machines = set(made.of("AWS::StepFunctions::StateMachine"))
    for policy in made.of("AWS::IAM::Policy").values():
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            actions = statement["Action"]
            assert (
                {actions}
                if isinstance(actions, str)
                else set(actions)
                <= {
                    "lambda:InvokeFunction",
                    "lambda:GetFunction",
                    "states:StartExecution",
                }
            )
            text = json.dumps(statement["Resource"])
            assert any(name in text for name in functions | machines)
            assert '"*"' not in text


def test_functions_share_one_asset_of_the_parts_without_the_cdk() -> None:
    made = template()
    ours = [
        f for f in made.of("AWS::Lambda::Function").values() if f["Properties"]["Runtime"] == "python3.13"
    ]
    assert {f["Properties"]["Handler"] for f in ours} == {
        "capacity_guard.handlers.gate.on_event",
        "capacity_guard.handlers.gate.is_complete",
    }
    assert len({json.dumps(f["Properties"]["Code"]) for f in ours}) == 1


def test_asset_when_staged_holds_what_the_gates_need_and_nothing_of_the_constructs() -> None:
    names = {str(p.relative_to(staged_code())) for p in Path(staged_code()).rglob("*") if p.is_file()}
    assert "capacity_guard/handlers/gate.py" in names
    assert "capacity_guard/capacity/gate_plan.py" in names
    assert {name.split("/")[1] for name in names} == {"__init__.py", "capacity", "dynamodb", "handlers"}
    assert not [name for name in names if name.endswith(".pyc")]
    assert staged_code() == staged_code()


def test_gate_times_when_given_reach_the_state_machine() -> None:
    made = template(gate_times=GateTimes(query_seconds=30, longest_seconds=1_800))
    definition = json.dumps(made.one("AWS::StepFunctions::StateMachine"))
    assert '\\"IntervalSeconds\\":30,\\"MaxAttempts\\":60' in definition


def test_alarm_counts_throttle_events_of_table_and_of_index_by_the_clock_of_consumed_units() -> None:
    made = template(capacity=RAISED)
    (guarded,) = made.of(TABLE)
    name = {"Name": "TableName", "Value": {"Ref": guarded}}
    index = {"Name": "GlobalSecondaryIndexName", "Value": INDEX}
    seen = []
    for alarm in made.of(ALARM).values():
        properties = alarm["Properties"]
        expression, *metrics = properties["Metrics"]
        assert expression["Expression"] == (
            "FILL(read_throttle, 0) + FILL(write_throttle, 0) + 0 * (read_consumed + write_consumed)"
        )
        assert expression["ReturnData"] is True
        assert {m["Id"]: m["MetricStat"]["Metric"]["MetricName"] for m in metrics} == {
            "read_throttle": "ReadThrottleEvents",
            "write_throttle": "WriteThrottleEvents",
            "read_consumed": "ConsumedReadCapacityUnits",
            "write_consumed": "ConsumedWriteCapacityUnits",
        }
        assert all(m["ReturnData"] is False for m in metrics)
        assert {(m["MetricStat"]["Stat"], m["MetricStat"]["Period"]) for m in metrics} == {("Sum", 60)}
        assert {m["MetricStat"]["Metric"]["Namespace"] for m in metrics} == {"AWS/DynamoDB"}
        (dimensions,) = {json.dumps(m["MetricStat"]["Metric"]["Dimensions"]) for m in metrics}
        seen.append(json.loads(dimensions))
        assert properties["ComparisonOperator"] == "GreaterThanThreshold"
        assert (properties["EvaluationPeriods"], properties["DatapointsToAlarm"]) == (3, 2)
        assert properties["TreatMissingData"] == "notBreaching"
        assert properties["Threshold"] == 0
    assert sorted(seen, key=len) == [[name], [index, name]]


def test_alarm_threshold_is_the_noise_of_the_baseline_unless_given() -> None:
    noisy = template(baseline=baseline(throttled=7))
    assert {a["Properties"]["Threshold"] for a in noisy.of(ALARM).values()} == {7}
    rollout = Rollout(alarm_threshold=25, alarm_periods=5, alarm_datapoints=4)
    given = template(baseline=baseline(throttled=7), rollout=rollout)
    for alarm in given.of(ALARM).values():
        properties = alarm["Properties"]
        assert (properties["Threshold"], properties["EvaluationPeriods"]) == (25, 5)
        assert properties["DatapointsToAlarm"] == 4


def test_alarm_is_an_ordinary_object() -> None:
    guarded = table(cdk.Stack(app(), "S"))
    assert all(isinstance(alarm, cloudwatch.Alarm) for alarm in guarded.rollback_alarms.values())


@pytest.mark.parametrize("given", [{"capacity": RAISED}, {"baseline": "nowhere/conversations.json"}])
def test_gate_that_would_wait_for_its_table_fails_the_synthesis(given: dict[str, Any]) -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    guarded = table(stack, **given)
    assert guarded.gates is not None
    # what a well-meant escape hatch does: the exact ARN in the functions' environment
    function = stack.node.find_child("CapacityGuard").node.find_child("OnEvent").node.default_child
    assert isinstance(function, cdk.CfnResource)
    function.add_property_override("Environment.Variables.TABLE", guarded.table.table_arn)
    with pytest.raises(RuntimeError, match="its gate would wait for the table that waits for the gate"):
        made.synth()


@pytest.mark.parametrize("location", ["DependsOn", "Ref", "Sub", "Join"])
def test_path_between_resources_is_found_through_every_kind_of_reference(location: str) -> None:
    reference: dict[str, Any] = {
        "DependsOn": {"DependsOn": "Table"},
        "Ref": {"Properties": {"A": [{"Ref": "Table"}]}},
        "Sub": {"Properties": {"A": {"Fn::Sub": "x-${Table.Arn}"}}},
        "Join": {"Properties": {"A": {"Fn::Join": ["", [{"Fn::GetAtt": "Table.Arn"}]]}}},
    }[location]
    resources = {"Gate": {"Properties": {"A": {"Fn::GetAtt": ["F", "Arn"]}}}, "F": reference, "Table": {}}
    assert path_to(resources, "Gate", "Table") == ["Gate", "F", "Table"]
    assert path_to(resources, "Table", "Gate") is None


def test_page_on_permissions_names_every_statement_and_action() -> None:
    page = (ROOT / "docs" / "iam.md").read_text()
    for sid, statement in _statements(template()).items():
        assert (sid if not sid.startswith("Table") else "`Table...`") in page
        assert all(action in page or f"`{action.split(':')[1]}`" in page for action in statement["Action"])
