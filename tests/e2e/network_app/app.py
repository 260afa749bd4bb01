"""An app with one table, whose functions may run in a VPC, or whose read units may be a parameter's, which nobody can read.

Context `spec` names the file that describes it.
"""

from __future__ import annotations

import json
from pathlib import Path

from aws_cdk import App, CfnParameter, CfnResource, Environment, RemovalPolicy, Stack, Validations
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_sns as sns

from capacity_guard import CapacityGuard, CapacityGuardChecks, FunctionNetwork, GuardOptions, Rollout

app = App()
# What the CDK CLI would look up and keep in cdk.context.json.
app.node.set_context("availability-zones:account=000000000000:region=eu-west-1", ["eu-west-1a", "eu-west-1b"])
spec = json.loads(Path(app.node.get_context("spec")).read_text())
stack = Stack(app, "Shop", env=Environment(account="000000000000", region="eu-west-1"))
table = dynamodb.Table(
    stack,
    "Orders",
    partition_key=dynamodb.Attribute(name="order_id", type=dynamodb.AttributeType.STRING),
    read_capacity=spec["reads"],
    write_capacity=spec["writes"],
    removal_policy=RemovalPolicy.RETAIN,
)
if spec["unreadable"]:
    resource = table.node.default_child
    assert isinstance(resource, CfnResource)
    units = CfnParameter(stack, "Reads", type="Number")
    resource.add_property_override("ProvisionedThroughput.ReadCapacityUnits", units.value_as_number)
network = None
if spec["vpc"]:
    subnet = ec2.SubnetConfiguration(
        name="functions", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=24
    )
    zones = [f"eu-west-1{letter}" for letter in "ab"]
    vpc = ec2.Vpc(stack, "Network", availability_zones=zones, nat_gateways=0, subnet_configuration=[subnet])
    isolated = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
    network = FunctionNetwork(vpc=vpc, subnets=isolated)
if spec["baseline"]:
    rollout = Rollout(bake_minutes=spec["bake_minutes"])
    CapacityGuard(
        stack,
        "OrdersGuard",
        table=table,
        baseline=spec["baseline"],
        options=GuardOptions(rollout=rollout, network=network),
    )
if spec["hotfix"]:
    sns.Topic(stack, "Hotfix", display_name=spec["hotfix"])
Validations.of(app).add_plugins(CapacityGuardChecks(app))
app.synth()
