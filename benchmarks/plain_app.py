"""The example app without the guard: the same stacks with ``TableV2``, beside cdk-nag's AwsSolutions pack as in ``app.py``.

    python -m benchmarks.plain_app environments.json

It imports nothing of ``capacity_guard``, so that this side has no cost of the guard. Its values come from a file that the
benchmark writes before it measures. ``assembly.check`` compares every property of its tables with those of ``app.py``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk.aws_dynamodb import (
    Attribute,
    AttributeType,
    Billing,
    Capacity,
    GlobalSecondaryIndexPropsV2,
    PointInTimeRecoverySpecification,
    ProjectionType,
    TableEncryptionV2,
    TableV2,
)
from cdk_nag import AwsSolutionsChecks

INDEX = "by_agent"


def capacity(throughput: Mapping[str, int]) -> Capacity:
    """Fixed or auto-scaled units per second."""
    if "units" in throughput:
        return Capacity.fixed(throughput["units"])
    return Capacity.autoscaled(
        min_capacity=throughput["minimum"],
        max_capacity=throughput["maximum"],
        target_utilization_percent=throughput["target"],
        seed_capacity=throughput.get("seed"),
    )


def provisioned(resource: Mapping[str, Any]) -> dict[str, Any]:
    """Read and write capacity of the table or of the index; empty in on-demand mode."""
    return {
        f"{access}_capacity": capacity(resource[access]) for access in ("read", "write") if access in resource
    }


def table(
    stack: cdk.Stack, declared: Mapping[str, Any], protected: bool, id: str = "Conversations"
) -> TableV2:
    """The conversations table of an environment."""
    units = provisioned(declared["table"])
    return TableV2(
        stack,
        id,
        partition_key=Attribute(name="conversation_id", type=AttributeType.STRING),
        billing=Billing.provisioned(**units) if units else Billing.on_demand(),
        global_secondary_indexes=[
            GlobalSecondaryIndexPropsV2(
                index_name=INDEX,
                partition_key=Attribute(name="agent_id", type=AttributeType.STRING),
                sort_key=Attribute(name="last_activity", type=AttributeType.STRING),
                projection_type=ProjectionType.ALL,
                **provisioned(declared["indexes"].get(INDEX, {})),
            )
        ],
        removal_policy=cdk.RemovalPolicy.RETAIN if protected else cdk.RemovalPolicy.DESTROY,
        deletion_protection=protected,
        point_in_time_recovery_specification=PointInTimeRecoverySpecification(
            point_in_time_recovery_enabled=True
        ),
        encryption=TableEncryptionV2.aws_managed_key(),
    )


def main() -> None:
    """Synthesize a stack for each environment of the file."""
    app = cdk.App()
    for environment in json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")):
        stack = cdk.Stack(
            app,
            environment["stack"],
            description="Conversations and their index by agent; functions and events live in other stacks",
            env=cdk.Environment(account=environment["account"], region=environment["region"]),
        )
        table(stack, environment["capacity"], environment["protected"])
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()


if __name__ == "__main__":
    main()
