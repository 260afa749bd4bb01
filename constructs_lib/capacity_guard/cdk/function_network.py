"""``FunctionNetwork``: the VPC in which the functions behind the gates run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from ..capacity.errors import InputError


@dataclass(frozen=True, kw_only=True)
class FunctionNetwork:
    """The VPC in which the five functions behind the gates run, for an organization in which every function must.

    The functions call DynamoDB, CloudWatch, Application Auto Scaling, CloudFormation, Lambda, Step Functions, and the bucket of
    CloudFormation that takes the answer of a custom resource. The VPC must let them: by endpoints or by a way out
    (``docs/iam.md``). A function without a way to a service is a gate that refuses.

    Args:
        vpc: the VPC.
        subnets: which of its subnets; those with a way out by default (Lambda gives a function no public address).
        security_groups: what the functions have instead of one group of the guard's own, which lets all go out and nothing in.

    Raises:
        InputError: a value has another type, or there is no security group in the list.
    """

    vpc: ec2.IVpc
    subnets: ec2.SubnetSelection | None = None
    security_groups: Sequence[ec2.ISecurityGroup] | None = None

    def __post_init__(self) -> None:
        if not hasattr(self.vpc, "select_subnets"):
            self._refuse("vpc", self.vpc, "Give an ec2.IVpc, for example ec2.Vpc.from_lookup(...)")
        if self.subnets is not None and not isinstance(self.subnets, ec2.SubnetSelection):
            self._refuse("subnets", self.subnets, "Give ec2.SubnetSelection(...)")
        given: object = self.security_groups
        if given is None:
            return
        groups = list(given) if isinstance(given, Iterable) else []
        if not groups or not all(hasattr(group, "security_group_id") for group in groups):
            self._refuse("security_groups", given, "Give a list of ec2.ISecurityGroup, or leave it out")
        object.__setattr__(self, "security_groups", tuple(groups))

    def _refuse(self, name: str, given: object, remedy: str) -> None:
        said = "is empty" if isinstance(given, list | tuple) and not given else f"is {type(given).__name__}"
        raise InputError(f"FunctionNetwork.{name}", said, remedy)

    def of_functions(self, scope: Construct) -> dict[str, Any]:
        """The properties of ``lambda.Function`` and ``custom_resources.Provider`` for this network.

        Args:
            scope: where the guard's own security group belongs, if it needs one.
        """
        groups = self.security_groups
        if groups is None:
            own = ec2.SecurityGroup(
                scope,
                "Network",
                vpc=self.vpc,
                description="capacity-guard: functions of the gates",
                allow_all_outbound=True,
            )
            groups = [cast(ec2.ISecurityGroup, own)]
        return {"vpc": self.vpc, "vpc_subnets": self.subnets, "security_groups": list(groups)}


__all__ = ["FunctionNetwork"]
