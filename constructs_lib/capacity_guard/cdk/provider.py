"""``GuardProvider``: the custom resource provider for the gates of all guarded tables of a stack."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import custom_resources
from constructs import Construct

from ..capacity.errors import InputError
from .duration import duration
from .gate_times import GateTimes
from .lambda_code import stage_lambda_code
from .own_findings import acknowledge_own_findings, acknowledge_table_pattern

_HANDLER = "capacity_guard.handlers.gate"
_FUNCTION_SECONDS = 120

READ_STACK = (
    "cloudformation:DescribeChangeSet",
    "cloudformation:DescribeStackEvents",
    "cloudformation:DescribeStackResource",
    "cloudformation:DescribeStacks",
)
READ_METRICS = (
    "application-autoscaling:DescribeScalableTargets",
    "application-autoscaling:DescribeScalingPolicies",
    "cloudwatch:DescribeAlarms",
    "cloudwatch:GetMetricData",
)
TABLE = ("dynamodb:DescribeTable", "dynamodb:UpdateTable")


class GuardProvider(Construct):
    """Two functions and the CDK's provider framework, shared by the guarded tables of a stack.

    The functions share one role. It may read this stack, alarms and metrics, and read and update the guarded tables;
    ``docs/iam.md`` explains each statement. Without a transition nothing calls the functions.

    Args:
        stack: the stack.
        times: how often a gate runs, and how long it may take.
    """

    ID = "CapacityGuard"

    def __init__(self, stack: cdk.Stack, times: GateTimes) -> None:
        super().__init__(stack, self.ID)
        self.times = times
        self._permissions = iam.PolicyDocument(
            statements=[
                iam.PolicyStatement(
                    sid="ReadThisStack", actions=list(READ_STACK), resources=[cdk.Aws.STACK_ID]
                ),
                iam.PolicyStatement(sid="ReadAlarmsAndMetrics", actions=list(READ_METRICS), resources=["*"]),
            ]
        )
        # Inline: CloudFormation could delete a separate policy before the function that needs it.
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            managed_policies=[
                iam.ManagedPolicy.from_aws_managed_policy_name("service-role/AWSLambdaBasicExecutionRole")
            ],
            inline_policies={"Guard": self._permissions},
        )
        code = lambda_.Code.from_asset(stage_lambda_code())
        on_event = self._function("OnEvent", "on_event", role, code)
        is_complete = self._function("IsComplete", "is_complete", role, code)
        provider = custom_resources.Provider(
            self,
            "Provider",
            on_event_handler=on_event,
            is_complete_handler=is_complete,
            query_interval=duration(times.query_seconds),
            total_timeout=duration(times.longest_seconds),
        )
        self.service_token = provider.service_token
        framework = [provider.node.find_child(f"framework-{name}") for name in ("isComplete", "onTimeout")]
        acknowledge_own_findings(self, [on_event, is_complete, *framework])

    def _function(self, name: str, entry: str, role: iam.Role, code: lambda_.Code) -> lambda_.Function:
        return lambda_.Function(
            self,
            name,
            description=f"capacity-guard: {entry} of the gates",
            runtime=lambda_.Runtime.PYTHON_3_13,
            handler=f"{_HANDLER}.{entry}",
            code=code,
            role=role,
            timeout=duration(_FUNCTION_SECONDS),
            memory_size=256,
        )

    def allow(self, table_arn: str, sid: str) -> None:
        """Allow the functions to describe one table and to raise its warm throughput and that of its indexes.

        Both actions are authorized on the table, not on an index (Service Authorization Reference, Amazon DynamoDB).

        Args:
            table_arn: ARN of the table, or a pattern that matches it. It must not refer to the table: a gate before the
                table would then depend on the table (a circular dependency, for which a synthesis only warns).
            sid: statement id, unique in the stack.
        """
        self._permissions.add_statements(
            iam.PolicyStatement(sid=sid, actions=list(TABLE), resources=[table_arn])
        )
        acknowledge_table_pattern(self, table_arn)

    @staticmethod
    def of(stack: cdk.Stack, times: GateTimes) -> GuardProvider:
        """The provider of a stack. It is created with the first guarded table.

        Args:
            stack: the stack.
            times: how often a gate runs, and how long it may take.

        Raises:
            InputError: another table of the stack has other times, or another construct has the id of the provider.
        """
        found = stack.node.try_find_child(GuardProvider.ID)
        if found is None:
            return GuardProvider(stack, times)
        if not isinstance(found, GuardProvider):
            raise InputError(
                f"{stack.node.path}/{GuardProvider.ID}",
                "is a construct of another kind where the guard puts its provider",
                "Give that construct another id",
            )
        if found.times != times:
            raise InputError(
                "GuardedTable.gate_times",
                f"is {times} here and {found.times} in another table of the stack",
                "Give all guarded tables of a stack the same",
            )
        return found


__all__ = ["READ_METRICS", "READ_STACK", "TABLE", "GuardProvider"]
