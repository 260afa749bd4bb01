"""Conditions of Preflight on what CloudFormation sends to the table, in the change and in a rollback.

CloudFormation compares two templates, not the live table (CloudFormation User Guide,
using-cfn-updating-stacks-update-behaviors). So it can send units that replace those that auto scaling had reached,
units that the table has already, and a scaling target that exists already. The last two fail in the middle of the
operation.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from ..capacity.capacity import AutoScaling, BillingMode
from ..capacity.change_conditions import start_shortfall, way_back_shortfall
from ..capacity.dimension import ACCESSES, Dimension, index_of
from ..capacity.structure import TableKind
from ..dynamodb.names import scalable_dimension, scaling_resource_id
from .live_state import LiveState
from .messages import format_number, format_resource


def check_sent_units(live: LiveState) -> Iterator[str]:
    """The units that the change sends carry the live traffic.

    ProvisionedThroughput of a Table has both units of a table or index. When one of them changes, CloudFormation sends
    both, and the other one replaces what auto scaling had reached (API: ProvisionedThroughput).
    """
    if live.table is None or live.traffic is None:
        return
    for dimension in live.table.dimensions():
        traffic = live.traffic.current(dimension)
        short = start_shortfall(live.plan.transition, dimension, traffic)
        if short is None:
            continue
        if short.units is None or traffic is None:
            yield f"{dimension.label}: is auto-scaled without a seed, so CloudFormation cannot switch it: declare a seed"
        else:
            yield (
                f"{dimension.label}: the change sends {format_number(short.units)} provisioned units, less than the live "
                f"traffic of {format_number(traffic)}: declare more, or wait for a quieter hour"
            )


def check_way_back(live: LiveState) -> Iterator[str]:
    """The units that a rollback re-sends carry the live traffic.

    A rollback re-sends the values of the deployed template (``way_back_shortfall``).
    """
    if live.table is None or live.traffic is None:
        return
    template = live.plan.deployed.template
    for dimension in live.table.dimensions():
        traffic = live.traffic.current(dimension)
        short = way_back_shortfall(live.plan.transition, dimension, traffic)
        if short is None:
            continue
        what = "on-demand maximum" if template.is_on_demand else "units"
        if short.units is None or traffic is None:
            yield (
                f"{dimension.label}: the deployed template has no seed, so a rollback to provisioned fails: deploy one first"
            )
        else:
            yield (
                f"{dimension.label}: a rollback would re-send {format_number(short.units)} {what}, less than the live "
                f"traffic of {format_number(traffic)}: deploy a higher floor or seed first"
            )


def check_nothing_new(live: LiveState) -> Iterator[str]:
    """No call sends the units that the live table has already: DynamoDB refuses it (aws/aws-cdk issue 15318)."""
    transition = live.plan.transition
    if not transition.may_be(TableKind.TABLE) or live.table is None:
        return
    if live.table.mode is BillingMode.ON_DEMAND:
        return
    for key, resource in live.table.resources.items():
        sent = {access: transition.units_sent(Dimension(index_of(key), access)) for access in ACCESSES}
        if all(sent[access] is not None and sent[access] == resource.units[access] for access in ACCESSES):
            read, write = (format_number(resource.units[access]) for access in ACCESSES)
            yield (
                f"{format_resource(key)}: the live table already has the {read} read and "
                f"{write} write units that the change sends, and DynamoDB refuses such a call "
                '("The provisioned throughput will not change"): declare one unit more, or go back to the deployed units'
            )


def check_scaling_targets(live: LiveState) -> Iterator[str]:
    """No scaling target exists that CloudFormation would create: "already exists" (aws/aws-cdk issue 16302).

    Scaling targets remain after a switch to on-demand by API (Guide: bp-switching-capacity-modes), and the service has
    been observed to create some. The template of a GlobalTable has no scaling targets.
    """
    transition = live.plan.transition
    if not transition.may_be(TableKind.TABLE) or live.table is None:
        return
    deployed = live.plan.deployed.template
    for dimension in live.table.dimensions():
        declared = transition.declared.throughput(dimension)
        is_deployed = dimension.index is None or dimension.index in deployed.indexes
        if not isinstance(declared, AutoScaling) or (
            is_deployed and isinstance(deployed.throughput(dimension), AutoScaling)
        ):
            continue
        if dimension in live.leftover_targets or dimension in (live.scaling or {}):
            yield (
                f'{dimension.label}: a scaling target exists that the change would create ("already exists"): remove it '
                f"with: aws application-autoscaling deregister-scalable-target --region {shlex.quote(live.region)} "
                "--service-namespace dynamodb "
                f"--resource-id {shlex.quote(scaling_resource_id(live.table.name, dimension.index))} "
                f"--scalable-dimension {scalable_dimension(dimension)}"
            )


__all__ = ["check_nothing_new", "check_scaling_targets", "check_sent_units", "check_way_back"]
