"""The CDK app of a run: a TableV2 of a GuardedTable, and a Table with a CapacityGuard. Context `spec` names its file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aws_cdk import App, Environment, RemovalPolicy, Stack, Tags, Validations
from aws_cdk import aws_dynamodb as dynamodb

from capacity_guard import (
    Acknowledgment,
    CapacityGuard,
    CapacityGuardChecks,
    GuardedTable,
    GuardOptions,
    Margins,
    NewTable,
    Rollout,
    Units,
)

from .scenario import (
    BAKE_MINUTES,
    GLOBAL,
    INDEX,
    INDEX_KEY,
    KEY,
    ON_DEMAND,
    ON_DEMAND_MAXIMUM,
    PLAIN,
    bounds,
    capacity,
    stack_name,
)

_KEY = dynamodb.Attribute(name=KEY, type=dynamodb.AttributeType.STRING)
_INDEX_KEY = dynamodb.Attribute(name=INDEX_KEY, type=dynamodb.AttributeType.STRING)
# A table that is minutes old has no week of traffic.
_MARGINS = Margins(baseline_shortest_days=0)
_ACKNOWLEDGED = (
    Acknowledgment("CG12", "A table of a live run: it holds nothing of worth and must be removable"),
)

_LOWERED = Acknowledgment(
    "CG18",
    "The forced rollback lowers a scaled table's own units, so that it throttles for certain; nobody depends on it",
)


def _options(declared: dict[str, Any], acknowledgments: Sequence[Acknowledgment]) -> GuardOptions:
    return GuardOptions(
        rollout=Rollout(bake_minutes=BAKE_MINUTES + declared["extra_bake"]),
        margins=_MARGINS,
        acknowledgments=acknowledgments,
    )


def global_table(stack: Stack, declared: dict[str, Any]) -> dynamodb.ITable:
    """Declare the TableV2 with its guard.

    Args:
        stack: its stack.
        declared: mode, turn, warm and baseline of the table, from the spec file.
    """
    guarded = GuardedTable(
        stack,
        "Live",
        partition_key=_KEY,
        global_secondary_indexes=[
            dynamodb.GlobalSecondaryIndexPropsV2(index_name=INDEX, partition_key=_INDEX_KEY)
        ],
        capacity=capacity(declared["mode"], declared["turn"], declared["warm"]),
        baseline=declared["baseline"] or NewTable("Live"),
        options=_options(declared, _ACKNOWLEDGED),
        removal_policy=RemovalPolicy.DESTROY,
        deletion_protection=False,
        point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
            point_in_time_recovery_enabled=False
        ),
    )
    return guarded.table


def plain_table(stack: Stack, declared: dict[str, Any]) -> dynamodb.ITable:
    """Declare the Table and a CapacityGuard for it; arguments as those of ``global_table``."""
    maximum = ON_DEMAND_MAXIMUM if declared["turn"] else None
    if declared["mode"] == ON_DEMAND:
        table = dynamodb.Table(
            stack,
            "Live",
            partition_key=_KEY,
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            max_write_request_units=maximum,
            removal_policy=RemovalPolicy.DESTROY,
        )
        table.add_global_secondary_index(
            index_name=INDEX, partition_key=_INDEX_KEY, max_write_request_units=maximum
        )
    else:
        minimum, most = bounds(declared["turn"])
        table = dynamodb.Table(
            stack,
            "Live",
            partition_key=_KEY,
            read_capacity=minimum,
            write_capacity=minimum,
            removal_policy=RemovalPolicy.DESTROY,
        )
        table.add_global_secondary_index(
            index_name=INDEX,
            partition_key=_INDEX_KEY,
            read_capacity=minimum,
            write_capacity=minimum,
        )
        table.auto_scale_write_capacity(min_capacity=minimum, max_capacity=most).scale_on_utilization(
            target_utilization_percent=70
        )
        table.auto_scale_global_secondary_index_write_capacity(
            INDEX, min_capacity=minimum, max_capacity=most
        ).scale_on_utilization(target_utilization_percent=70)
    of_table = capacity(declared["mode"], declared["turn"], declared["warm"]).table
    target: Units | None = getattr(of_table, "warm", None)
    CapacityGuard(
        stack,
        "Guard",
        table=table,
        baseline=declared["baseline"] or NewTable("Live"),
        warm=None if target is None else {"table": target, INDEX: target},
        options=_options(declared, (*_ACKNOWLEDGED, _LOWERED)),
    )
    return table


def main() -> None:
    """Synthesize the tables of the spec file."""
    app = App()
    spec = json.loads(Path(app.node.get_context("spec")).read_text(encoding="utf-8"))
    Tags.of(app).add("capacity-guard-live", spec["run"])
    env = Environment(account=spec["account"], region=spec["region"])
    for kind, declared in spec["tables"].items():
        stack = Stack(app, stack_name(spec["run"], kind), env=env)
        {GLOBAL: global_table, PLAIN: plain_table}[kind](stack, declared)
    Validations.of(app).add_plugins(CapacityGuardChecks())
    app.synth()


if __name__ == "__main__":
    main()
