"""A table with one index, an alarm and two gates: what the emulator's own tests deploy. Settings come as context."""

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from aws_cdk import custom_resources


def capacity(minimum: int, seed: int) -> dynamodb.Capacity:
    return dynamodb.Capacity.autoscaled(max_capacity=10_000, min_capacity=minimum, seed_capacity=seed)


def main() -> None:
    app = cdk.App()
    stack = cdk.Stack(
        app, app.node.try_get_context("stack") or "Scratch", synthesizer=cdk.DefaultStackSynthesizer()
    )
    provisioned = app.node.try_get_context("mode") != "on-demand"
    minimum = int(app.node.try_get_context("minimum") or 100)
    gate_id = app.node.try_get_context("gates")

    table = dynamodb.TableV2(
        stack,
        "Table",
        partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
        billing=dynamodb.Billing.provisioned(
            read_capacity=dynamodb.Capacity.fixed(50), write_capacity=capacity(minimum, 400)
        )
        if provisioned
        else dynamodb.Billing.on_demand(max_write_request_units=9_000),
        removal_policy=cdk.RemovalPolicy.DESTROY,
    )
    index_key = dynamodb.Attribute(name="gsi", type=dynamodb.AttributeType.STRING)
    if provisioned:
        table.add_global_secondary_index(
            index_name="by_gsi",
            partition_key=index_key,
            read_capacity=dynamodb.Capacity.fixed(20),
            write_capacity=capacity(minimum, 300),
        )
    else:
        table.add_global_secondary_index(
            index_name="by_gsi", partition_key=index_key, max_write_request_units=8_000
        )

    def metric(name: str) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace="AWS/DynamoDB",
            metric_name=name,
            dimensions_map={"TableName": table.table_name},
            statistic="Sum",
            period=cdk.Duration.minutes(1),
        )

    cloudwatch.MathExpression(
        expression="throttle + 0 * consumed",
        using_metrics={
            "throttle": metric("WriteThrottleEvents"),
            "consumed": metric("ConsumedWriteCapacityUnits"),
        },
        period=cdk.Duration.minutes(1),
    ).create_alarm(
        stack,
        "Throttled",
        threshold=10,
        evaluation_periods=3,
        datapoints_to_alarm=2,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
    )

    code = lambda_.Code.from_asset("functions")

    def function(name: str) -> lambda_.Function:
        return lambda_.Function(
            stack,
            name,
            runtime=lambda_.Runtime.PYTHON_3_13,
            handler=f"gates.{'on_event' if name == 'OnEvent' else 'is_complete'}",
            code=code,
            timeout=cdk.Duration.seconds(60),
        )

    provider = custom_resources.Provider(
        stack,
        "Gates",
        on_event_handler=function("OnEvent"),
        is_complete_handler=function("IsComplete"),
        query_interval=cdk.Duration.seconds(10),
        total_timeout=cdk.Duration.minutes(30),
    )
    if gate_id:
        wait = app.node.try_get_context("wait") or "60"
        before = cdk.CustomResource(
            stack,
            f"Before{gate_id}",
            service_token=provider.service_token,
            service_timeout=cdk.Duration.minutes(40),
            properties={"WaitSeconds": wait},
        )
        after = cdk.CustomResource(
            stack,
            f"After{gate_id}",
            service_token=provider.service_token,
            service_timeout=cdk.Duration.minutes(40),
            properties={"WaitSeconds": wait, "Outcome": app.node.try_get_context("outcome") or "pass"},
        )
        table.node.add_dependency(before)
        after.node.add_dependency(table)
    cdk.CfnOutput(stack, "TableName", value=table.table_name)
    app.synth()


main()
