"""Many tables without the guard, with bare resources like those that it adds: the least that a synthesis with them takes.

    python -m benchmarks.floor_fleet_app stacks.json

Two alarms a table as plain CloudFormation resources; the CDK's provider framework, two functions, a role and a log group a stack.
It imports nothing of ``capacity_guard``, reads no baseline and judges nothing. ``synth_fleet`` writes its input.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import custom_resources
from cdk_nag import AwsSolutionsChecks

from benchmarks.plain_app import table

_LOG_POLICY = "Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
_FOUND = (f"IAM4[{_LOG_POLICY}]", "L1", "SF1", "SF2")
"""What AwsSolutions finds in the provider framework."""


def add_provider(stack: cdk.Stack) -> None:
    """The functions of a guarded stack, without their code and permissions."""
    log = logs.LogGroup(stack, "Log")
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    functions = [
        lambda_.Function(
            stack,
            name,
            runtime=lambda_.Runtime.PYTHON_3_13,
            handler="index.handler",
            code=lambda_.Code.from_inline("def handler(event, context): pass"),
            role=role,
            log_group=log,
        )
        for name in ("OnEvent", "IsComplete")
    ]
    provider = custom_resources.Provider(
        stack,
        "Provider",
        on_event_handler=functions[0],
        is_complete_handler=functions[1],
        log_group=log,
    )
    framework = [provider.node.find_child(f"framework-{name}") for name in ("isComplete", "onTimeout")]
    called = [*functions, *(child for child in framework if isinstance(child, lambda_.Function))]
    names = [name["Fn::GetAtt"][0] for name in stack.resolve([function.function_arn for function in called])]
    found = [*_FOUND, *(f"IAM5[Resource::<{name}.Arn>:*]" for name in names)]
    cdk.Validations.of(stack).acknowledge(
        *(
            cdk.Acknowledgment(id=f"AwsSolutions::AwsSolutions-{rule}", reason="A benchmark.")
            for rule in found
        )
    )


def add_alarms(stack: cdk.Stack, id: str) -> None:
    """Two alarms on a metric."""
    for number in range(2):
        cloudwatch.CfnAlarm(
            stack,
            f"{id}Alarm{number}",
            comparison_operator="GreaterThanThreshold",
            evaluation_periods=5,
            threshold=0,
            namespace="AWS/DynamoDB",
            metric_name="ReadThrottleEvents",
            statistic="Sum",
            period=60,
        )


def main() -> None:
    """Synthesize the stacks of the file."""
    app = cdk.App()
    for stack_input in json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")):
        stack = cdk.Stack(app, stack_input["stack"])
        add_provider(stack)
        for table_input in stack_input["tables"]:
            table(stack, table_input["capacity"], protected=True, id=table_input["id"])
            add_alarms(stack, table_input["id"])
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()


if __name__ == "__main__":
    main()
