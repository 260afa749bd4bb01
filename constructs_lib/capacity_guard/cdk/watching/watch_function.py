"""The function of the watch: one a stack, with its role, its schedule, and the table of its journals (ADR 0014, ADR 0017)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import aws_cdk as cdk
from aws_cdk import CfnResource
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from ...capacity.errors import InputError
from ...capacity.hold import PREFIX
from ...capacity.reasons import Reason, runbook
from ...capacity.safe_text import safe_line
from ...watch.events import SOURCE
from ..app.declared_tables import JOURNALS_PATH
from ..app.duration import duration
from ..app.late_values import late_list
from ..gates.gates import Gates, UnreadGate
from ..gates.hold import Hold, add_hold
from ..provider.lambda_code import WATCH_PARTS, stage_lambda_code
from ..provider.own_findings import (
    LOG_POLICY,
    NETWORK_POLICY,
    acknowledge_bootstrap_version,
    acknowledge_network,
    acknowledge_watch,
)
from ..provider.provider import FUNCTION_SECONDS, LOG_RETENTION, GuardProvider
from ..watch import Watch
from .rollback_role import BOOTSTRAP_VERSION, allow_rollback

HANDLER = "capacity_guard.rollback.function.handler"
EVERY = "rate(2 minutes)"
"""How often the function looks while a change is watched (EventBridge User Guide: eb-scheduled-rule-pattern). An alarm of the
guard calls it at once."""
READ_STACK = (
    "cloudformation:DescribeStackEvents",
    "cloudformation:DescribeStackResource",
    "cloudformation:DescribeStacks",
    "cloudformation:GetStackPolicy",
    "cloudformation:GetTemplate",
)
READ_METRICS = (
    "application-autoscaling:DescribeScalableTargets",
    "application-autoscaling:DescribeScalingPolicies",
    "cloudwatch:GetMetricData",
)
HOLD_ACTIONS = ("ssm:GetParameter", "ssm:GetParameters", "ssm:PutParameter")
EVENT_ACTION = "events:PutEvents"
JOURNAL_ACTIONS = ("dynamodb:GetItem", "dynamodb:PutItem")
FAILING_SECONDS, FAILING_PERIODS = 300, 3
"""Periods in a row, each with a failed call of the function, after which the alarm notifies people. After a single failure the
next look does the work."""
_MEMORY = 256
NOBODY_NOTIFIED = "capacity-guard:watch-notifies-nobody"
"""Id of the warning of a watch without a topic, for ``Annotations.acknowledge_warning``."""


class WatchFunction(Construct):
    """The function of a stack. It is called by a rule that is enabled while a table of the stack is in transition.

    Args:
        provider: the provider of the stack.
        watch: gives the topic.
        rollback_role: ARN of the role under which CloudFormation takes a change back.
    """

    ID = JOURNALS_PATH[0]

    def __init__(self, provider: GuardProvider, watch: Watch, rollback_role: str) -> None:
        stack = cdk.Stack.of(provider)
        super().__init__(stack, self.ID)
        self.topic = watch.topic
        self.tables: list[str] = []
        """ARNs of the tables, which may grow until the template is written."""
        self.journals = dynamodb.CfnTable(
            self,
            JOURNALS_PATH[1],
            attribute_definitions=[
                dynamodb.CfnTable.AttributeDefinitionProperty(attribute_name="table", attribute_type="S")
            ],
            key_schema=[dynamodb.CfnTable.KeySchemaProperty(attribute_name="table", key_type="HASH")],
            billing_mode="PAY_PER_REQUEST",
            point_in_time_recovery_specification=dynamodb.CfnTable.PointInTimeRecoverySpecificationProperty(
                point_in_time_recovery_enabled=True
            ),
        )
        self.journals.apply_removal_policy(cdk.RemovalPolicy.DESTROY)
        this_stack = stack.format_arn(
            service="cloudformation", resource="stack", resource_name=f"{provider.stack_name}/*"
        )
        holds = stack.format_arn(
            service="ssm", resource="parameter", resource_name=f"{PREFIX[1:]}{provider.stack_name}/*"
        )
        bootstrap = stack.format_arn(service="ssm", resource="parameter", resource_name=BOOTSTRAP_VERSION)
        function = self._function(provider, self._statements(this_stack, holds, bootstrap, rollback_role))
        alarms = stack.format_arn(
            service="cloudwatch",
            resource="alarm",
            resource_name=f"{provider.stack_name}-",
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
        self.rule = events.CfnRule(
            self,
            "Rule",
            description="capacity-guard: enabled while a change of capacity is watched",
            schedule_expression=EVERY,
            # CloudFormation begins the names of the alarms with that of their stack (CloudFormation User Guide:
            # aws-properties-name). An alarm of the app in the same stack only makes one look more.
            event_pattern={
                "source": ["aws.cloudwatch"],
                "detail-type": ["CloudWatch Alarm State Change"],
                "resources": [{"prefix": alarms}],
                "detail": {"state": {"value": ["ALARM"]}},
            },
            state="DISABLED",
            targets=[events.CfnRule.TargetProperty(arn=function.function_arn, id="Watch")],
        )
        lambda_.CfnPermission(
            self,
            "Permission",
            action="lambda:InvokeFunction",
            function_name=function.function_arn,
            principal="events.amazonaws.com",
            source_arn=self.rule.attr_arn,
        )
        if self.topic is not None:
            self._tell_of_failures(function, self.topic)
        else:
            cdk.Annotations.of(self).add_warning_v2(NOBODY_NOTIFIED, safe_line(_nobody(stack)))
        acknowledge_watch(self, stack.resolve(this_stack), holds)
        acknowledge_bootstrap_version(self, bootstrap)
        if provider.network is not None:
            acknowledge_network(self)

    def _statements(
        self, this_stack: str, holds: str, bootstrap: str, rollback_role: str
    ) -> list[iam.PolicyStatement]:
        """The statements of its policy; ``docs/iam.md`` says why each is there."""

        def allow(
            sid: str, actions: Any, resources: list[str], conditions: dict[str, Any] | None = None
        ) -> iam.PolicyStatement:
            return iam.PolicyStatement(
                sid=sid, actions=list(actions), resources=resources, conditions=conditions
            )

        bus = cdk.Stack.of(self).format_arn(service="events", resource="event-bus", resource_name="default")
        with_role = {"StringEquals": {"cloudformation:RoleArn": rollback_role}}
        to_cloudformation = {"StringEquals": {"iam:PassedToService": "cloudformation.amazonaws.com"}}
        found = [
            allow("ReadThisStack", READ_STACK, [this_stack]),
            allow("TakeBack", ["cloudformation:UpdateStack"], [this_stack], with_role),
            allow("ContinueRollback", ["cloudformation:ContinueUpdateRollback"], [this_stack]),
            allow("CancelUpdate", ["cloudformation:CancelUpdateStack"], [this_stack]),
            allow("PassRollbackRole", ["iam:PassRole"], [rollback_role], to_cloudformation),
            allow("Hold", HOLD_ACTIONS, [holds]),
            # CloudFormation reads every parameter of an SSM type again at an update, the BootstrapVersion of the CDK too, perhaps
            # with the rights of its caller: the CDK gives its deploy role this permission (bootstrap template: ReadVersion).
            allow("BootstrapVersion", ["ssm:GetParameter", "ssm:GetParameters"], [bootstrap]),
            allow("ReadTables", ["dynamodb:DescribeTable"], late_list(self.tables)),
            allow("ReadMetrics", READ_METRICS, ["*"]),
            allow("Journal", JOURNAL_ACTIONS, [self.journals.attr_arn]),
            allow("Events", [EVENT_ACTION], [bus], {"StringEquals": {"events:source": SOURCE}}),
        ]
        if self.topic is not None:
            found.append(allow("Notify", ["sns:Publish"], [self.topic]))
        return found

    def _function(self, provider: GuardProvider, statements: list[iam.PolicyStatement]) -> lambda_.Function:
        managed = LOG_POLICY if provider.network is None else NETWORK_POLICY
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            managed_policies=[iam.ManagedPolicy.from_aws_managed_policy_name(f"service-role/{managed}")],
            inline_policies={"Watch": iam.PolicyDocument(statements=statements)},
        )
        self.log = logs.LogGroup(
            self, "Log", retention=LOG_RETENTION, removal_policy=cdk.RemovalPolicy.DESTROY
        )
        return lambda_.Function(
            self,
            "Function",
            # Not that of the gates (``GUARD_DESCRIPTION``): it does not judge a change, so another one is no new guard for CG10.
            description="capacity-guard's watch: looks at changes of capacity after their deployment",
            runtime=lambda_.Runtime.PYTHON_3_13,
            handler=HANDLER,
            code=lambda_.Code.from_asset(stage_lambda_code(WATCH_PARTS)),
            role=self.role,
            timeout=duration(FUNCTION_SECONDS),
            memory_size=_MEMORY,
            log_group=self.log,
            environment={
                "STACK_ID": cdk.Aws.STACK_ID,
                "JOURNALS": self.journals.ref,
                **({} if self.topic is None else {"TOPIC_ARN": self.topic}),
            },
            **provider.placed,
        )

    def _tell_of_failures(self, function: lambda_.Function, topic: str) -> None:
        """An alarm on the function: one that cannot run reports nothing (Lambda Developer Guide: monitoring-metrics-types)."""
        cloudwatch.CfnAlarm(
            self,
            "Failing",
            alarm_description="capacity-guard: the function of the watch fails, so changes of capacity are not watched"
            + runbook([Reason.NOT_WATCHED]),
            namespace="AWS/Lambda",
            metric_name="Errors",
            dimensions=[
                cloudwatch.CfnAlarm.DimensionProperty(name="FunctionName", value=function.function_name)
            ],
            statistic="Sum",
            period=FAILING_SECONDS,
            evaluation_periods=FAILING_PERIODS,
            threshold=0,
            comparison_operator="GreaterThanThreshold",
            # Nothing calls the function at rest.
            treat_missing_data="notBreaching",
            alarm_actions=[topic],
        )

    def look_at(self, gates: Gates | UnreadGate | None) -> None:
        """Enable the rule if a table has a change with a Bake, and let the rule change in the same operation.

        Args:
            gates: the gates of the table.
        """
        if isinstance(gates, Gates) and gates.bake is not None:
            self.rule.state = "ENABLED"
            gates.travelling = (*gates.travelling, self.rule)


def _nobody(stack: cdk.Stack) -> str:
    return (
        f"The watch of stack {stack.node.path} has no topic: nobody gets a message when it rolls a change back, leaves a veto to "
        "people, or fails. Its messages are in the log of its function only. Give Watch(notify=topic), or accept it: "
        f'Annotations.of(stack).acknowledge_warning("{NOBODY_NOTIFIED}", reason).'
    )


class TableToWatch(Protocol):
    """What is asked of a table that is watched (``Guard``)."""

    scope: Construct
    path: str
    provider: GuardProvider
    gates: Gates | UnreadGate | None
    hold: Hold | None

    @property
    def resource(self) -> CfnResource:
        """The table's resource in the template."""

    def logical_id(self, resource: CfnResource) -> str:
        """Logical id of a resource."""


def watch_table(table: TableToWatch, watch: Watch, add_gates: Callable[[], None]) -> None:
    """Let the function of a stack watch a table, and give the table a hold and gates. The function is created with the first one.

    Args:
        table: the guard of the table.
        watch: what the table asks of its watch.
        add_gates: adds the gates, which read and write the hold.

    Raises:
        InputError: another table of the stack names another topic, or the topic is in another Region.
    """
    provider = table.provider
    watch.check_region(cdk.Stack.of(provider), f"{table.path}: Watch.notify")
    table.hold = add_hold(table.scope, provider, table.logical_id(table.resource))
    role = allow_rollback(provider, table.resource)
    found = cdk.Stack.of(provider).node.try_find_child(WatchFunction.ID)
    function = WatchFunction(provider, watch, role.role_arn) if found is None else found
    assert isinstance(function, WatchFunction)
    if function.topic != watch.topic:
        raise InputError(
            f"{table.path}: Watch.notify",
            "is not that of another table of the stack",
            "Give all watched tables of a stack the same: one function watches them",
        )
    function.tables.append(cdk.Token.as_string(table.resource.get_att("Arn")))
    add_gates()
    function.look_at(table.gates)


__all__ = [
    "EVENT_ACTION",
    "EVERY",
    "HANDLER",
    "HOLD_ACTIONS",
    "JOURNAL_ACTIONS",
    "NOBODY_NOTIFIED",
    "READ_METRICS",
    "READ_STACK",
    "WatchFunction",
    "watch_table",
]
