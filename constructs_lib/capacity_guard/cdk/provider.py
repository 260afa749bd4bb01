"""The one provider of a stack that serves the gates of all its guarded tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import custom_resources
from constructs import Construct, IConstruct

from ..capacity.errors import InputError
from ..capacity.limits import GATE_SECONDS
from .alarms import duration
from .asset import staged_code

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


@dataclass(frozen=True)
class GateTimes:
    """How often a gate looks, and how long it may take.

    Args:
        query_seconds: seconds between two looks of a waiting gate.
        longest_seconds: seconds after which a gate that is not done counts as failed; a multiple of
            ``query_seconds``, below the hour that CloudFormation gives one operation of a custom resource
            (CloudFormation User Guide, AWS::CloudFormation::CustomResource, ServiceTimeout).

    Raises:
        InputError: a number is out of range, or the one is no multiple of the other.
    """

    query_seconds: int = 15
    longest_seconds: int = 3_540

    def __post_init__(self) -> None:
        for name in ("query_seconds", "longest_seconds"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise InputError(
                    f"GateTimes.{name}", f"{value!r} is no whole number of seconds", "Give at least 1"
                )
        if self.longest_seconds >= GATE_SECONDS.value:
            raise InputError(
                "GateTimes.longest_seconds",
                f"{self.longest_seconds} leaves a gate no time to say why it failed",
                f"Stay below {GATE_SECONDS.value}",
            )
        if self.longest_seconds % self.query_seconds:
            raise InputError(
                "GateTimes.longest_seconds",
                f"{self.longest_seconds} is no multiple of query_seconds ({self.query_seconds})",
                f"Take {self.longest_seconds // self.query_seconds * self.query_seconds or self.query_seconds}",
            )


class GuardProvider(Construct):
    """Two functions and the CDK's provider framework, shared by the guarded tables of a stack.

    The functions hold one role. It reads this stack, alarms and metrics, and reads and updates the guarded tables;
    see ``docs/iam.md`` for each statement. They stay idle without a transition.

    Args:
        stack: the stack.
        times: how often a gate looks, and how long it may take.
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
        # The permissions are part of the role: a policy of its own could be deleted before the function that needs it.
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            managed_policies=[
                iam.ManagedPolicy.from_aws_managed_policy_name("service-role/AWSLambdaBasicExecutionRole")
            ],
            inline_policies={"Guard": self._permissions},
        )
        code = lambda_.Code.from_asset(staged_code())
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
        _acknowledge_own_findings(self, [on_event, is_complete, *framework])

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
        """Let the functions describe one table and raise its warm throughput and that of its indexes.

        Args:
            table_arn: ARN of the table, or a pattern of it. It must not refer to the table: a gate before the table
                would then wait for the table (a circular dependency, which a synthesis only warns of).
            sid: statement id, unique in the stack.

        Both actions are authorized on the table; an index is no resource of theirs (Service Authorization Reference,
        Amazon DynamoDB).
        """
        self._permissions.add_statements(
            iam.PolicyStatement(sid=sid, actions=list(TABLE), resources=[table_arn])
        )
        written = _as_nag_writes(cdk.Stack.of(self).resolve(table_arn))
        if written.endswith("*"):
            reason = (
                "CloudFormation names the table; its exact name would be a reference to it before it exists."
            )
            _acknowledge(self, {f"IAM5[Resource::{written}]": reason})

    @staticmethod
    def of(stack: cdk.Stack, times: GateTimes) -> GuardProvider:
        """The provider of a stack, made with its first guarded table.

        Raises:
            InputError: another table of the stack asks for other times; one provider cannot have both.
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


_NAG = "AwsSolutions::AwsSolutions-"
_BASIC = "Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
_REASONS = {
    f"IAM4[{_BASIC}]": "The functions write their own log with the policy that AWS maintains for this, no more.",
    "IAM5[Resource::*]": (
        "DescribeAlarms, GetMetricData and the reading of scaling targets and policies: reads that the services "
        "authorize on no single table; see docs/iam.md."
    ),
    "L1": "The runtimes are those that this library and the CDK's provider framework are tested with.",
    "SF1": "The CDK's provider framework owns the state machine; the functions log each decision themselves.",
    "SF2": "The CDK's provider framework owns the state machine; a gate's log is its trace.",
}


def _acknowledge_own_findings(scope: Construct, functions: Sequence[IConstruct]) -> None:
    """Acknowledge what AwsSolutions finds in the guard's own resources, each with its reason.

    The namespace leaves a trace of each in the validation report. cdk-nag wants the exact finding, and a finding on a
    function's versions (``<function>.Arn:*``) names the function by its logical id.
    """
    children = [function.node.default_child for function in functions]
    # All at once: each is a call to the CDK's process.
    names = cdk.Stack.of(scope).resolve(
        [child.logical_id for child in children if isinstance(child, cdk.CfnResource)]
    )
    assert len(names) == len(functions)
    for_versions = "The CDK's provider framework calls any version of this function."
    reasons = _REASONS | {f"IAM5[Resource::<{name}.Arn>:*]": for_versions for name in names}
    _acknowledge(scope, reasons)


def _acknowledge(scope: Construct, reasons: Mapping[str, str]) -> None:
    rules = [cdk.Acknowledgment(id=f"{_NAG}{rule}", reason=reason) for rule, reason in reasons.items()]
    cdk.Validations.of(scope).acknowledge(*rules)


def _as_nag_writes(value: Any) -> str:
    """A resolved text in the form in which cdk-nag names it in a finding: references in angle brackets."""
    if not isinstance(value, dict):
        return str(value)
    if "Fn::Join" in value:
        return "".join(map(_as_nag_writes, value["Fn::Join"][1]))
    if "Fn::GetAtt" in value:
        return f"<{'.'.join(value['Fn::GetAtt'])}>"
    return f"<{value['Ref']}>" if "Ref" in value else str(value)


__all__ = ["READ_METRICS", "READ_STACK", "TABLE", "GateTimes", "GuardProvider"]
