"""Many guarded tables: ``GuardedTable`` in stacks, beside cdk-nag's AwsSolutions pack and the rules of the guard.

    python -m benchmarks.guarded_fleet_app stacks.json

``synth_fleet`` writes its input.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import aws_cdk as cdk
from aws_cdk.aws_dynamodb import Attribute, AttributeType, GlobalSecondaryIndexPropsV2
from cdk_nag import AwsSolutionsChecks

from capacity_guard import Capacity, CapacityGuardChecks, GuardedTable
from stacks.settings import INDEX


def main() -> None:
    """Synthesize the stacks of the file."""
    app = cdk.App()
    for stack_input in json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")):
        stack = cdk.Stack(app, stack_input["stack"])
        for table_input in stack_input["tables"]:
            GuardedTable(
                stack,
                table_input["id"],
                partition_key=Attribute(name="conversation_id", type=AttributeType.STRING),
                global_secondary_indexes=[
                    GlobalSecondaryIndexPropsV2(
                        index_name=INDEX,
                        partition_key=Attribute(name="agent_id", type=AttributeType.STRING),
                        sort_key=Attribute(name="last_activity", type=AttributeType.STRING),
                    )
                ],
                capacity=Capacity.from_json(table_input["capacity"], table_input["id"]),
                baseline=Path(table_input["baseline"]),
                deletion_protection=True,
                removal_policy=cdk.RemovalPolicy.RETAIN,
            )
    cdk.Validations.of(app).add_plugins(CapacityGuardChecks(app), AwsSolutionsChecks(app))
    app.synth()


if __name__ == "__main__":
    main()
