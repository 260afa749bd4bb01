"""The function of the watch in the template: one a stack, its policy statement by statement, and asleep without a change."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_sns as sns
from cdk_nag import AwsSolutionsChecks

from capacity_guard import GuardEveryTable, GuardOptions, ReportEveryTable, WatchSettings
from capacity_guard.capacity.hold import is_journals
from capacity_guard.cdk.provider.lambda_code import WATCH_PARTS, stage_lambda_code
from capacity_guard.cdk.watch import Watch
from capacity_guard.cdk.watching.watch_function import HANDLER, NOBODY_NOTIFIED, WatchFunction
from capacity_guard.checking.facts import unguarded_tables
from capacity_guard.rollback.watched_change import WatchedChange, find_watched
from capacity_guard.watch.options import WatchOptions
from tests.builders.guarded import LOWERED, RAISED, app, table

ARN = "arn:aws:sns:eu-west-1:111122223333:on-call"
SETTINGS = WatchSettings(loaded_minutes=7)
WATCHED = GuardOptions(watch=Watch(notify=ARN, settings=SETTINGS, on_veto="page"))


def synthesized(*names: str, change: bool = True, options: GuardOptions = WATCHED) -> dict[str, Any]:
    """A stack with watched tables and one without, synthesized with AwsSolutions, which finds nothing."""
    made = app()
    stack = cdk.Stack(made, "S")
    for name in names:
        table(stack, name, options=options, **({"capacity": LOWERED} if change else {}))
    table(stack, "Plain")
    cdk.Validations.of(made).add_plugins(AwsSolutionsChecks(made))
    found: dict[str, Any] = made.synth().get_stack_by_name("S").template
    return found


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    return synthesized("Orders", "Payments")


def only(template: dict[str, Any], kind: str) -> tuple[str, dict[str, Any]]:
    """The single resource of a type in the construct of the watch."""
    ((logical_id, resource),) = (
        (key, value)
        for key, value in template["Resources"].items()
        if key.startswith(WatchFunction.ID) and value["Type"] == kind
    )
    return logical_id, resource


def statements_of(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    (policy,) = only(template, "AWS::IAM::Role")[1]["Properties"]["Policies"]
    return {statement["Sid"]: statement for statement in policy["PolicyDocument"]["Statement"]}


def rollback_role(template: dict[str, Any]) -> dict[str, Any]:
    (found,) = (key for key in template["Resources"] if key.startswith("CapacityGuardRollbackRole"))
    return {"Fn::GetAtt": [found, "Arn"]}


def own_stack(arn: Any) -> bool:
    text = str(arn)
    return ":cloudformation:" in text and text.rstrip("}]'").endswith(":stack/S/*")


@pytest.mark.slow
def test_function_may_take_back_this_stack_under_the_rollback_role_alone(template: dict[str, Any]) -> None:
    statement = statements_of(template)["TakeBack"]
    assert statement["Action"] == "cloudformation:UpdateStack"
    assert own_stack(statement["Resource"])
    role = rollback_role(template)
    assert statement["Condition"] == {"StringEquals": {"cloudformation:RoleArn": role}}


def test_function_may_pass_the_rollback_role_to_cloudformation_alone(template: dict[str, Any]) -> None:
    statement = statements_of(template)["PassRollbackRole"]
    assert (statement["Action"], statement["Resource"]) == ("iam:PassRole", rollback_role(template))
    assert statement["Condition"] == {"StringEquals": {"iam:PassedToService": "cloudformation.amazonaws.com"}}


def test_function_may_continue_a_rollback_and_read_of_this_stack_alone(template: dict[str, Any]) -> None:
    found = statements_of(template)
    assert found["ContinueRollback"]["Action"] == "cloudformation:ContinueUpdateRollback"
    assert own_stack(found["ContinueRollback"]["Resource"])
    assert found["CancelUpdate"]["Action"] == "cloudformation:CancelUpdateStack"
    assert own_stack(found["CancelUpdate"]["Resource"])
    assert own_stack(found["ReadThisStack"]["Resource"])
    assert all(
        action.split(":")[1].startswith(("Describe", "Get")) for action in found["ReadThisStack"]["Action"]
    )


def test_function_may_read_and_write_the_holds_of_this_stack(template: dict[str, Any]) -> None:
    statement = statements_of(template)["Hold"]
    assert statement["Action"] == ["ssm:GetParameter", "ssm:GetParameters", "ssm:PutParameter"]
    assert ":parameter/capacity-guard/S/*" in str(statement["Resource"])


def test_function_may_read_what_the_other_parameter_of_an_ssm_type_reads(template: dict[str, Any]) -> None:
    statement = statements_of(template)["BootstrapVersion"]
    assert statement["Action"] == ["ssm:GetParameter", "ssm:GetParameters"]
    assert str(statement["Resource"]).endswith(":parameter/cdk-bootstrap/*/version']]}")


def test_function_may_describe_the_watched_tables_and_touch_no_item_of_them(template: dict[str, Any]) -> None:
    found = statements_of(template)
    assert found["ReadTables"]["Action"] == "dynamodb:DescribeTable"
    assert {arn["Fn::GetAtt"][0][:6] for arn in found["ReadTables"]["Resource"]} == {"Orders", "Paymen"}
    journals, _ = only(template, "AWS::DynamoDB::Table")
    assert found["Journal"]["Action"] == ["dynamodb:GetItem", "dynamodb:PutItem"]
    assert found["Journal"]["Resource"] == {"Fn::GetAtt": [journals, "Arn"]}


def test_function_may_read_metrics_and_publish_to_its_topic(template: dict[str, Any]) -> None:
    found = statements_of(template)
    assert found["ReadMetrics"]["Action"] == [
        "application-autoscaling:DescribeScalableTargets",
        "application-autoscaling:DescribeScalingPolicies",
        "cloudwatch:GetMetricData",
    ]
    assert found["Notify"]["Action"] == "sns:Publish"
    assert found["Notify"]["Resource"] == ARN


def test_function_may_put_its_own_events_on_the_default_bus_alone(template: dict[str, Any]) -> None:
    statement = statements_of(template)["Events"]
    assert statement["Action"] == "events:PutEvents"
    assert str(statement["Resource"]).rstrip("}]'").endswith(":event-bus/default")
    assert statement["Condition"] == {"StringEquals": {"events:source": "capacity-guard"}}


def test_function_may_do_nothing_else(template: dict[str, Any]) -> None:
    assert set(statements_of(template)) == {
        "ReadThisStack",
        "TakeBack",
        "ContinueRollback",
        "CancelUpdate",
        "PassRollbackRole",
        "Hold",
        "BootstrapVersion",
        "ReadTables",
        "ReadMetrics",
        "Journal",
        "Events",
        "Notify",
    }
    logical_id, role = only(template, "AWS::IAM::Role")
    (managed,) = role["Properties"]["ManagedPolicyArns"]
    assert "AWSLambdaBasicExecutionRole" in str(managed)
    attached = [
        key
        for key, resource in template["Resources"].items()
        if resource["Type"].startswith("AWS::IAM::")
        and {"Ref": logical_id} in resource["Properties"].get("Roles", [])
    ]
    assert attached == []


def test_policy_without_a_topic_publishes_nothing() -> None:
    template = synthesized("Orders", options=GuardOptions(watch=Watch()))
    assert "Notify" not in statements_of(template)
    variables = only(template, "AWS::Lambda::Function")[1]["Properties"]["Environment"]["Variables"]
    assert set(variables) == {"STACK_ID", "JOURNALS"}


def test_rule_sleeps_without_a_change_and_travels_with_one(template: dict[str, Any]) -> None:
    rule_id, rule = only(template, "AWS::Events::Rule")
    assert rule["Properties"]["State"] == "ENABLED"
    watched = [each for each in find_watched(template) if isinstance(each, WatchedChange)]
    assert len(watched) == 2
    plain = synthesized("Orders", change=False)
    same_id, asleep = only(plain, "AWS::Events::Rule")
    assert same_id == rule_id
    assert asleep["Properties"] == {**rule["Properties"], "State": "DISABLED"}
    one = synthesized("Orders")
    (change,) = find_watched(one)
    assert isinstance(change, WatchedChange)
    assert rule_id in change.plan.travels_with


def test_relief_is_not_watched() -> None:
    made = app()
    table(cdk.Stack(made, "S"), options=WATCHED, capacity=RAISED)
    template = made.synth().get_stack_by_name("S").template
    assert only(template, "AWS::Events::Rule")[1]["Properties"]["State"] == "DISABLED"


def test_rule_calls_at_each_interval_and_at_each_alarm_of_the_stack(template: dict[str, Any]) -> None:
    _, rule = only(template, "AWS::Events::Rule")
    properties = rule["Properties"]
    assert properties["ScheduleExpression"] == "rate(2 minutes)"
    assert properties["EventPattern"]["source"] == ["aws.cloudwatch"]
    assert properties["EventPattern"]["detail"] == {"state": {"value": ["ALARM"]}}
    assert ":alarm:S-" in str(properties["EventPattern"]["resources"])
    function, _ = only(template, "AWS::Lambda::Function")
    (target,) = properties["Targets"]
    assert target["Arn"] == {"Fn::GetAtt": [function, "Arn"]}
    _, permission = only(template, "AWS::Lambda::Permission")
    assert permission["Properties"]["Principal"] == "events.amazonaws.com"
    assert permission["Properties"]["SourceArn"]["Fn::GetAtt"][0] == only(template, "AWS::Events::Rule")[0]


def test_options_reach_the_function_through_bake(template: dict[str, Any]) -> None:
    for change in find_watched(template):
        assert isinstance(change, WatchedChange)
        assert change.options == WatchOptions("page", False, SETTINGS)
        assert change.hold == f"/capacity-guard/S/{change.logical_id}"


def test_function_without_watch_is_not_there() -> None:
    template = synthesized("Orders", options=GuardOptions())
    assert not [key for key in template["Resources"] if key.startswith(WatchFunction.ID)]


def test_tables_of_a_stack_with_two_topics_are_refused() -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    table(stack, "Orders", options=GuardOptions(watch=Watch(notify=sns.Topic(stack, "OnCall"))))
    table(stack, "Payments", options=GuardOptions(watch=Watch()))
    with pytest.raises(Exception, match=r"Watch\.notify: is not that of another table"):
        made.synth()


def test_topic_of_another_region_than_the_stack_is_refused() -> None:
    made = app()
    stack = cdk.Stack(made, "S", env=cdk.Environment(account="111122223333", region="eu-west-1"))
    topic = "arn:aws:sns:us-east-1:111122223333:on-call"
    table(stack, "Orders", options=GuardOptions(watch=Watch(notify=topic)))
    with pytest.raises(Exception, match=r"Watch\.notify: is a topic in us-east-1"):
        made.synth()


def test_journals_are_no_table_of_the_app(template: dict[str, Any]) -> None:
    journals, resource = only(template, "AWS::DynamoDB::Table")
    assert is_journals(journals)
    assert is_journals(f"S-{journals}-1ABCDEFG")
    assert not is_journals("Orders")
    assert journals not in list(unguarded_tables(template, ()))
    assert resource["Properties"]["BillingMode"] == "PAY_PER_REQUEST"
    assert resource["DeletionPolicy"] == "Delete"


def test_journals_when_every_table_is_guarded_or_reported_get_no_guard(tmp_path: Any) -> None:
    from datetime import date

    made = app()
    stack = cdk.Stack(made, "S")
    table(stack, "Orders", options=WATCHED)
    cdk.Aspects.of(made).add(GuardEveryTable(baselines=tmp_path / "none"))
    cdk.Aspects.of(made).add(ReportEveryTable(baselines=tmp_path / "none", warn_until=date(2027, 1, 1)))
    template = made.synth().get_stack_by_name("S").template
    journals, _ = only(template, "AWS::DynamoDB::Table")
    text = str({key: value for key, value in template["Resources"].items() if "Alarm" in value["Type"]})
    assert journals not in text
    alarms = [key for key, value in template["Resources"].items() if value["Type"].endswith("::Alarm")]
    assert len([key for key in alarms if not key.startswith(WatchFunction.ID)]) == 2


def test_function_that_fails_is_told_through_the_topic(template: dict[str, Any]) -> None:
    _, alarm = only(template, "AWS::CloudWatch::Alarm")
    properties = alarm["Properties"]
    function, _ = only(template, "AWS::Lambda::Function")
    assert properties["Dimensions"] == [{"Name": "FunctionName", "Value": {"Ref": function}}]
    assert (properties["Namespace"], properties["MetricName"]) == ("AWS/Lambda", "Errors")
    assert (properties["Period"], properties["EvaluationPeriods"], properties["Threshold"]) == (300, 3, 0)
    assert properties["TreatMissingData"] == "notBreaching"
    assert properties["AlarmActions"] == [ARN]
    alone = synthesized("Orders", options=GuardOptions(watch=Watch()))
    assert not [
        key
        for key, value in alone["Resources"].items()
        if key.startswith(WatchFunction.ID) and value["Type"] == "AWS::CloudWatch::Alarm"
    ]


BLOCKED = """
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("yaml", "aws_cdk", "constructs", "jsii", "numpy", "rich", "cdk_nag"):
            raise ImportError(name)
sys.meta_path.insert(0, Blocked())
sys.path.insert(0, {folder!r})
import os
os.environ |= {{"STACK_ID": "s", "JOURNALS": "j", "AWS_DEFAULT_REGION": "eu-west-1"}}
from importlib import import_module
module, _, name = {handler!r}.rpartition(".")
assert callable(getattr(import_module(module), name))
import_module(module)._watcher()
for name, module in list(sys.modules.items()):
    if name.partition(".")[0] == "capacity_guard":
        print(module.__file__)
"""


@pytest.mark.slow
def test_shipped_code_when_loaded_needs_boto3_alone() -> None:
    folder = stage_lambda_code(WATCH_PARTS)
    ran = subprocess.run(
        [sys.executable, "-B", "-c", BLOCKED.format(folder=folder, handler=HANDLER)],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )
    assert ran.returncode == 0, ran.stderr
    assert all(line.startswith(folder) for line in ran.stdout.splitlines())


def test_function_is_no_new_version_of_the_gates() -> None:
    from capacity_guard.cloudformation.branches import in_each_branch
    from capacity_guard.cloudformation.structure import read_guard_version

    def version(template: dict[str, Any]) -> set[str | None]:
        return {found for _, found in in_each_branch(template, read_guard_version, location="S")}

    plain = synthesized("Orders", change=False, options=GuardOptions())
    assert version(plain) == version(synthesized("Orders", change=False))


def warnings_of(watch: Watch, *, accept: str | None = None, tables: int = 1) -> list[str]:
    """The warnings of a stack with watched tables that the CDK CLI prints."""
    made = app()
    stack = cdk.Stack(made, "S")
    for number in range(tables):
        table(stack, f"Orders{number}", options=GuardOptions(watch=watch))
    if accept is not None:
        cdk.Annotations.of(stack).acknowledge_warning(accept, "the log is read")
    messages = made.synth().get_stack_by_name("S").messages
    return [str(message.entry.data) for message in messages if message.level.name == "WARNING"]


def test_watch_without_a_topic_warns_once_a_stack_that_nobody_is_notified() -> None:
    (warning,) = warnings_of(Watch(), tables=2)
    assert warning == (
        "The watch of stack S has no topic: nobody gets a message when it rolls a change back, leaves a veto to people, or "
        "fails. Its messages are in the log of its function only. Give Watch(notify=topic), or accept it: "
        f'Annotations.of(stack).acknowledge_warning("{NOBODY_NOTIFIED}", reason). [ack: {NOBODY_NOTIFIED}]'
    )


def test_watch_with_a_topic_or_whose_warning_is_accepted_does_not_warn() -> None:
    assert warnings_of(Watch(notify=ARN)) == []
    assert warnings_of(Watch(), accept=NOBODY_NOTIFIED) == []
    assert warnings_of(Watch(), accept="capacity-guard:something-else") != []
