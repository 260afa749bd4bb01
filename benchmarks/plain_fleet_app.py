"""Many tables without the guard: ``TableV2`` in stacks, beside cdk-nag's AwsSolutions pack.

    python -m benchmarks.plain_fleet_app stacks.json

It imports nothing of ``capacity_guard``. ``synth_fleet`` writes its input.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks

from benchmarks.plain_app import table


def main() -> None:
    """Synthesize the stacks of the file."""
    app = cdk.App()
    for stack_input in json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")):
        stack = cdk.Stack(app, stack_input["stack"])
        for table_input in stack_input["tables"]:
            table(stack, table_input["capacity"], protected=True, id=table_input["id"])
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()


if __name__ == "__main__":
    main()
