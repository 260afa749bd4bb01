"""FunctionNetwork: the functions behind the gates in a VPC, as an organization may ask of every function."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from cdk_nag import AwsSolutionsChecks

from capacity_guard import FunctionNetwork, GuardedTable, GuardOptions, InputError
from tests.builders.guarded import LOWERED, Synthesized, app, synthesize, table

FUNCTION, GROUP, ROLE = "AWS::Lambda::Function", "AWS::EC2::SecurityGroup", "AWS::IAM::Role"
POLICY = "AWSLambdaVPCAccessExecutionRole"


def vpc_of(stack: cdk.Stack, id: str = "Vpc") -> ec2.IVpc:
    return ec2.Vpc.from_vpc_attributes(
        stack,
        id,
        vpc_id="vpc-1",
        availability_zones=["eu-west-1a", "eu-west-1b"],
        private_subnet_ids=["subnet-a", "subnet-b"],
        isolated_subnet_ids=["subnet-c", "subnet-d"],
    )


def made_in(stack: cdk.Stack, network: FunctionNetwork | None, **given: Any) -> GuardedTable:
    return table(stack, options=GuardOptions(network=network), **given)


def networks(resources: Synthesized) -> list[Any]:
    """Where each function of a stack runs, without repetitions."""
    functions = resources.of(FUNCTION).values()
    assert len(functions) == 5
    found = [function["Properties"].get("VpcConfig") for function in functions]
    return [place for number, place in enumerate(found) if place not in found[:number]]


@pytest.mark.parametrize("capacity", [{}, {"capacity": LOWERED}], ids=["steady", "changed"])
def test_every_function_runs_in_the_vpc_and_its_role_may_make_interfaces(capacity: dict[str, Any]) -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    made_in(stack, FunctionNetwork(vpc=vpc_of(stack)), **capacity)
    resources = synthesize(made)
    (group,) = resources.of(GROUP)
    assert networks(resources) == [
        {"SubnetIds": ["subnet-a", "subnet-b"], "SecurityGroupIds": [{"Fn::GetAtt": [group, "GroupId"]}]}
    ]
    assert resources.only(GROUP)["Properties"]["SecurityGroupEgress"] == [
        {"CidrIp": "0.0.0.0/0", "Description": "Allow all outbound traffic by default", "IpProtocol": "-1"}
    ]
    of_functions = {f["Properties"]["Role"]["Fn::GetAtt"][0] for f in resources.of(FUNCTION).values()}
    for role in of_functions:
        assert POLICY in json.dumps(resources.resources[role]["Properties"]["ManagedPolicyArns"])


def test_subnets_and_groups_when_given_are_those_of_the_functions() -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    group = ec2.SecurityGroup.from_security_group_id(stack, "Group", "sg-1")
    subnets = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
    made_in(stack, FunctionNetwork(vpc=vpc_of(stack), subnets=subnets, security_groups=[group]))
    resources = synthesize(made)
    assert not resources.of(GROUP)
    assert networks(resources) == [{"SubnetIds": ["subnet-c", "subnet-d"], "SecurityGroupIds": ["sg-1"]}]


def test_no_network_leaves_functions_and_role_as_they_are() -> None:
    made = app()
    made_in(cdk.Stack(made, "S"), None)
    resources = synthesize(made)
    assert networks(resources) == [None]
    assert POLICY not in json.dumps(resources.of(ROLE))


def test_guard_in_a_vpc_has_no_finding_of_aws_solutions_and_no_doubt() -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    made_in(stack, FunctionNetwork(vpc=vpc_of(stack)), capacity=LOWERED)
    cdk.Validations.of(made).add_plugins(AwsSolutionsChecks(made))
    made.synth()
    report = json.loads((Path(made.outdir) / "validation-report.json").read_text())
    found = [
        (violation["ruleName"], places["constructPath"])
        for plugin in report["pluginReports"]
        for violation in plugin["violations"]
        for places in violation["violatingConstructs"]
    ]
    assert [entry for entry in found if "/CapacityGuard/" in entry[1] or entry[0] == "gates-in-doubt"] == []


def test_tables_of_a_stack_when_they_share_the_network_share_the_functions() -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    vpc = vpc_of(stack)
    first = made_in(stack, FunctionNetwork(vpc=vpc))
    second = made_in(stack, FunctionNetwork(vpc=vpc), id="Other")
    assert first.guard.provider is second.guard.provider


@pytest.mark.parametrize("given", ["another", "none"])
def test_tables_of_a_stack_when_their_networks_differ_are_refused(given: str) -> None:
    stack = cdk.Stack(app(), "S")
    made_in(stack, FunctionNetwork(vpc=vpc_of(stack)))
    with pytest.raises(InputError) as raised:
        made_in(stack, FunctionNetwork(vpc=vpc_of(stack, "B")) if given == "another" else None, id="Other")
    assert (raised.value.location, raised.value.problem, raised.value.remedy) == (
        "GuardOptions.network",
        "is not that of another table of stack S",
        "Give all guarded tables of a stack the same FunctionNetwork: they share their functions",
    )


@pytest.mark.parametrize(
    ("given", "location", "problem"),
    [
        ({"vpc": "vpc-1"}, "FunctionNetwork.vpc", "is str"),
        ({"vpc": None}, "FunctionNetwork.vpc", "is NoneType"),
        ({"subnets": ["subnet-1"]}, "FunctionNetwork.subnets", "is list"),
        ({"security_groups": []}, "FunctionNetwork.security_groups", "is empty"),
        ({"security_groups": ["sg-1"]}, "FunctionNetwork.security_groups", "is list"),
        ({"security_groups": 5}, "FunctionNetwork.security_groups", "is int"),
    ],
)
def test_network_when_a_value_has_another_type_is_refused(given: Any, location: str, problem: str) -> None:
    with pytest.raises(InputError) as raised:
        FunctionNetwork(**{"vpc": vpc_of(cdk.Stack(app(), "S")), **given})
    assert (raised.value.location, raised.value.problem) == (location, problem)


def test_options_when_given_a_vpc_instead_of_a_network_say_what_to_write() -> None:
    with pytest.raises(InputError) as raised:
        GuardOptions(network="vpc-1")  # type: ignore[arg-type]
    assert raised.value.location == "GuardOptions.network"
    assert raised.value.remedy == "Give FunctionNetwork(vpc=...)"
