"""The role under which CloudFormation takes a change back: it may change the capacity of the guarded tables, and no more."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import CfnResource
from aws_cdk import aws_iam as iam
from constructs import Construct

from ...capacity.hold import PREFIX
from ..app.late_values import late_list
from ..provider.own_findings import acknowledge_rollback_role
from ..provider.provider import GuardProvider
from ..provider.table_access import TABLE_ACTIONS

READ_TABLE = (
    "dynamodb:DescribeContinuousBackups",
    "dynamodb:DescribeContributorInsights",
    "dynamodb:DescribeKinesisStreamingDestination",
    "dynamodb:DescribeTableReplicaAutoScaling",
    "dynamodb:DescribeTimeToLive",
    "dynamodb:GetResourcePolicy",
    "dynamodb:ListTagsOfResource",
)
"""What CloudFormation reads of a table beside its description (``aws cloudformation describe-type``, handlers of
AWS::DynamoDB::GlobalTable and AWS::DynamoDB::Table). Not yet run on AWS."""
SCALE = (
    "application-autoscaling:DeleteScalingPolicy",
    "application-autoscaling:DeleteScheduledAction",
    "application-autoscaling:DeregisterScalableTarget",
    "application-autoscaling:PutScalingPolicy",
    "application-autoscaling:PutScheduledAction",
    "application-autoscaling:RegisterScalableTarget",
)
"""A GlobalTable scales itself with the rights of its caller, a Table by targets of its stack. These actions are authorized on no
single table."""
READ_SCALING = (
    "application-autoscaling:DescribeScalableTargets",
    "application-autoscaling:DescribeScalingActivities",
    "application-autoscaling:DescribeScalingPolicies",
    "application-autoscaling:DescribeScheduledActions",
    "cloudwatch:DescribeAlarms",
)
"""Reads, which have neither a resource nor a condition key: a condition on the namespace would deny them (Service Authorization
Reference, AWS Application Auto Scaling)."""
SCALING_ALARMS = ("cloudwatch:DeleteAlarms", "cloudwatch:PutMetricAlarm")
"""A scaling policy makes its alarms, and its caller needs the permissions (Application Auto Scaling User Guide:
security_iam_id-based-policy-examples, target services and CloudWatch)."""
BOOTSTRAP_VERSION = "cdk-bootstrap/*/version"
"""Pattern of the name of the SSM parameter that the CDK's BootstrapVersion reads; the qualifier is a setting of the app."""
ALARM_PREFIX = "TargetTracking-table/"
"""Beginning of the names of these alarms (DynamoDB Developer Guide: AutoScaling.CLI)."""
SCALING_SERVICE = "application-autoscaling.amazonaws.com"
SCALING_ROLE = (
    "aws-service-role/dynamodb.application-autoscaling.amazonaws.com/"
    "AWSServiceRoleForApplicationAutoScaling_DynamoDBTable"
)
"""The role of auto scaling for DynamoDB (Application Auto Scaling User Guide: application-auto-scaling-service-linked-roles).
The CDK names it in the scaling targets of a Table, so whoever registers them passes it."""
DENIED = (
    "dynamodb:BatchGetItem",
    "dynamodb:BatchWriteItem",
    "dynamodb:CreateTable",
    "dynamodb:CreateTableReplica",
    "dynamodb:DeleteItem",
    "dynamodb:DeleteTable",
    "dynamodb:DeleteTableReplica",
    "dynamodb:GetItem",
    "dynamodb:PartiQLDelete",
    "dynamodb:PartiQLInsert",
    "dynamodb:PartiQLSelect",
    "dynamodb:PartiQLUpdate",
    "dynamodb:PutItem",
    "dynamodb:Query",
    "dynamodb:RestoreTableFromBackup",
    "dynamodb:RestoreTableToPointInTime",
    "dynamodb:Scan",
    "dynamodb:UpdateItem",
)


class RollbackRole(Construct):
    """The role of a stack, and an output with its ARN. It is beside the provider, whose resources run behind the gates.

    The role comes after the tables, so it may refer to them.

    Args:
        provider: the provider of the stack.
    """

    ID = "CapacityGuardRollback"

    def __init__(self, provider: GuardProvider) -> None:
        stack = cdk.Stack.of(provider)
        super().__init__(stack, self.ID)
        self.tables: list[str] = []
        """ARNs of the tables, which may grow until the template is written."""
        holds = stack.format_arn(
            service="ssm", resource="parameter", resource_name=f"{PREFIX[1:]}{provider.stack_name}/*"
        )
        bootstrap = stack.format_arn(service="ssm", resource="parameter", resource_name=BOOTSTRAP_VERSION)
        alarms = stack.format_arn(
            service="cloudwatch",
            resource="alarm",
            resource_name=f"{ALARM_PREFIX}*",
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
        scaling_role = stack.format_arn(service="iam", region="", resource="role", resource_name=SCALING_ROLE)
        statements = [
            iam.PolicyStatement(
                sid="Tables",
                actions=[*TABLE_ACTIONS, *READ_TABLE],
                resources=late_list(self.tables),
            ),
            iam.PolicyStatement(
                sid="Scaling",
                actions=list(SCALE),
                resources=["*"],
                conditions={"StringEquals": {"application-autoscaling:service-namespace": "dynamodb"}},
            ),
            iam.PolicyStatement(sid="ReadScaling", actions=list(READ_SCALING), resources=["*"]),
            iam.PolicyStatement(sid="ScalingAlarms", actions=list(SCALING_ALARMS), resources=[alarms]),
            iam.PolicyStatement(
                sid="PassScalingRole",
                actions=["iam:PassRole"],
                resources=[scaling_role],
                conditions={"StringEquals": {"iam:PassedToService": SCALING_SERVICE}},
            ),
            iam.PolicyStatement(
                sid="Hold", actions=["ssm:GetParameter", "ssm:GetParameters"], resources=[holds]
            ),
            # CloudFormation reads every parameter of an SSM type again at an update, the BootstrapVersion of the CDK too
            # (User Guide: cloudformation-supplied-parameter-types). No document states with whose rights; the bootstrap template
            # of the CDK implies those of the caller, so the function of the watch has the same statement.
            iam.PolicyStatement(
                sid="BootstrapVersion",
                actions=["ssm:GetParameter", "ssm:GetParameters"],
                resources=[bootstrap],
            ),
            iam.PolicyStatement(
                sid="NeverItems", effect=iam.Effect.DENY, actions=list(DENIED), resources=["*"]
            ),
        ]
        role = iam.Role(
            self,
            "Role",
            description="capacity-guard: takes changes of capacity back",
            assumed_by=iam.ServicePrincipal("cloudformation.amazonaws.com"),
            inline_policies={"Rollback": iam.PolicyDocument(statements=statements)},
        )
        self.role_arn = role.role_arn
        cdk.CfnOutput(
            self,
            "RoleArn",
            value=role.role_arn,
            description="capacity-guard: the role under which a change of capacity is taken back",
        )
        acknowledge_rollback_role(self, holds, bootstrap, alarms)


def allow_rollback(provider: GuardProvider, table: CfnResource) -> RollbackRole:
    """Allow the rollback role of a stack to restore the capacity of a table. The role is created with the first one.

    Args:
        provider: the provider of the stack.
        table: the table's resource.

    Returns:
        The role.
    """
    found = cdk.Stack.of(provider).node.try_find_child(RollbackRole.ID)
    role = RollbackRole(provider) if found is None else found
    assert isinstance(role, RollbackRole)
    role.tables.append(cdk.Token.as_string(table.get_att("Arn")))
    return role


__all__ = [
    "BOOTSTRAP_VERSION",
    "DENIED",
    "READ_SCALING",
    "READ_TABLE",
    "SCALE",
    "SCALING_ALARMS",
    "RollbackRole",
    "allow_rollback",
]
