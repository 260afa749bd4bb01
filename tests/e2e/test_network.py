"""Functions behind the gates that run in a VPC, and the closed gate of a capacity that cannot be read, by the CDK CLI."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from .lab import BAKE_MINUTES, CliResult, Shop, shop_at_noon

pytestmark = pytest.mark.e2e

READS, WRITES = 100, 200


@dataclass
class PlainShop(Shop):
    """The stack with one table of fixed units."""

    app: Path = Path(__file__).parent / "network_app" / "app.py"
    spec: dict[str, Any] = field(
        default_factory=lambda: {
            "baseline": None,
            "bake_minutes": BAKE_MINUTES,
            "reads": READS,
            "writes": WRITES,
            "unreadable": False,
            "vpc": False,
            "hotfix": "",
        }
    )

    def deploy(self, *arguments: str, stack: str | None = None) -> CliResult:
        """Deploy, with a value for the parameter where the template has it."""
        given = ("--parameters", f"Reads={READS}") if self.spec["unreadable"] else ()
        return super().deploy(*given, *arguments, stack=stack)

    def begin(self, **spec: Any) -> None:
        """Deploy the table without a guard, and record it with two weeks of traffic."""
        super().begin(**spec)
        self.publish_history()
        self.record()

    def networks(self) -> list[dict[str, Any]]:
        """The VPC configuration of each deployed function of the guard and of the framework, from the stack's template."""
        client = self.emulator.client("cloudformation")
        body = client.get_template(StackName=self.stack, TemplateStage="Processed")["TemplateBody"]
        functions = [
            resource for resource in body["Resources"].values() if resource["Type"] == "AWS::Lambda::Function"
        ]
        return [function["Properties"].get("VpcConfig") or {} for function in functions]

    def units(self) -> tuple[int, int]:
        """Live read and write units."""
        throughput = self.describe()["ProvisionedThroughput"]
        return throughput["ReadCapacityUnits"], throughput["WriteCapacityUnits"]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[PlainShop]:
    with shop_at_noon(PlainShop, tmp_path) as made:
        yield made


def test_change_when_the_functions_are_in_a_vpc_is_committed(shop: PlainShop) -> None:
    """The emulator makes VPC, subnets and security group, and runs a function without them: whether the VPC of an account lets
    the functions reach the services is seen on AWS alone."""
    shop.begin(vpc=True)
    with shop.player():
        shop.emulator.clock.sleep(600)
        shop.record()
        shop.deploy_well()
        assert shop.gates() == []
        networks = shop.networks()
        assert len(networks) == 5
        assert all(len(network.get("SubnetIds", [])) == 2 for network in networks), networks
        assert len({str(network["SecurityGroupIds"]) for network in networks}) == 1
        groups = shop.emulator.client("ec2").describe_security_groups()["SecurityGroups"]
        assert len([group for group in groups if group["Description"].startswith("capacity-guard")]) == 1

        shop.record()
        shop.spec["writes"] = WRITES - 20
        shop.deploy_well()
    assert len(shop.gates()) == 2
    assert shop.status() == "UPDATE_COMPLETE"
    assert shop.units() == (READS, WRITES - 20)


def test_closed_gate_when_nothing_of_the_capacity_changes_lets_through_and_refuses_an_edit(
    shop: PlainShop,
) -> None:
    shop.begin(unreadable=True)
    adopted = shop.deploy()
    assert adopted.code == 0, adopted.output
    (gate,) = shop.gates()

    shop.spec["hotfix"] = "orders"
    shop.deploy_well()
    assert shop.gates() == [gate], "an app without a change of the capacity is deployed, and its gate stays"

    shop.spec["writes"] = WRITES - 20
    refused = shop.deploy()
    assert refused.code != 0
    said = " ".join(refused.output.split())
    assert "Preflight refused, since the capacity in the template cannot be read" in said, refused.output
    assert shop.status() == "UPDATE_ROLLBACK_COMPLETE"
    assert shop.units() == (READS, WRITES)
    assert shop.gates() == [gate]

    shop.spec["writes"] = WRITES
    shop.spec["hotfix"] = "orders and carts"
    shop.deploy_well()
    assert shop.units() == (READS, WRITES)
