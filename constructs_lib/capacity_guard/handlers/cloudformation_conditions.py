"""Conditions of Preflight on what CloudFormation sends to the table, on the way and on the way back.

It compares two templates and never the live table (CloudFormation User Guide,
using-cfn-updating-stacks-update-behaviors). So it sends units that auto scaling has left behind, a call that changes
nothing, and a scaling target that exists already; the last two fail in the middle of the operation.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..capacity.capacity import AutoScaling, BillingMode
from ..capacity.dimension import ACCESSES, Dimension, index_of
from ..capacity.structure import TableKind
from ..dynamodb.names import scalable_dimension, scaling_resource_id
from .live import Live
from .messages import number, resource


def forward(live: Live) -> Iterator[str]:
    """What the change sends carries the live traffic, also where an edit of one unit re-sends the other.

    A Table's ProvisionedThroughput holds both units of a table or an index: when either changes, both are sent and cut
    what auto scaling had reached (API: ProvisionedThroughput).
    """
    if live.table is None or live.traffic is None:
        return
    for dimension in live.table.dimensions():
        sent, now = live.plan.transition.units_sent(dimension), live.traffic.now(dimension)
        if sent is not None and now is not None and sent < now:
            yield (
                f"{dimension.label}: the change sends {number(sent)} provisioned units, less than the live traffic of "
                f"{number(now)}: declare more, or wait for a quieter hour"
            )


def way_back(live: Live) -> Iterator[str]:
    """What a rollback re-sends carries the live traffic: values of the template, not what auto scaling had reached.

    Where nothing is re-sent, auto-scaled units go on from where they are.
    """
    if live.table is None or live.traffic is None:
        return
    template, back = live.plan.deployed.template, live.plan.transition.reverse()
    for dimension in live.table.dimensions():
        now = live.traffic.now(dimension)
        if now is None or (dimension.index is not None and dimension.index not in template.indexes):
            continue
        throughput = template.throughput(dimension)
        what = "on-demand maximum" if throughput is None else "units"
        if throughput is None:
            sent = template.maximum(dimension)
        else:
            sent = back.units_sent(dimension) if isinstance(throughput, AutoScaling) else throughput
        if sent is not None and sent < now:
            yield (
                f"{dimension.label}: a rollback would re-send {number(sent)} {what}, less than the live traffic of "
                f"{number(now)}: deploy a higher floor or seed first"
            )


def nothing_new(live: Live) -> Iterator[str]:
    """No call asks for the units that the live table has already: DynamoDB refuses it (aws/aws-cdk issue 15318)."""
    transition = live.plan.transition
    if transition.kind is not TableKind.TABLE or live.table is None:
        return
    if live.table.mode is BillingMode.ON_DEMAND:
        return
    for key, one in live.table.resources.items():
        sent = {a: transition.units_sent(Dimension(index_of(key), a)) for a in ACCESSES}
        if all(sent[a] is not None and sent[a] == one.units[a] for a in ACCESSES):
            yield (
                f"{resource(key)}: the live table already has the {number(one.units['read'])} read and "
                f"{number(one.units['write'])} write units that the change sends, and DynamoDB refuses such a call "
                '("The provisioned throughput will not change"): declare one unit more, or go back to the deployed units'
            )


def targets_in_the_way(live: Live) -> Iterator[str]:
    """No scaling target exists that CloudFormation is about to create: "already exists" (aws/aws-cdk issue 16302).

    Targets outlive a switch to on-demand that was made by API (Guide: bp-switching-capacity-modes), and the service has
    been seen to make some of its own. A GlobalTable has none of its own in the template.
    """
    transition = live.plan.transition
    if transition.kind is not TableKind.TABLE or live.table is None:
        return
    before = live.plan.deployed.template
    for dimension in live.table.dimensions():
        declared = transition.declared.throughput(dimension)
        known = dimension.index is None or dimension.index in before.indexes
        if not isinstance(declared, AutoScaling) or (
            known and isinstance(before.throughput(dimension), AutoScaling)
        ):
            continue
        if dimension in live.leftovers or dimension in (live.scaling or {}):
            yield (
                f'{dimension.label}: a scaling target exists that the change would create ("already exists"): remove it '
                f"with: aws application-autoscaling deregister-scalable-target --region {live.region} "
                "--service-namespace dynamodb "
                f"--resource-id {scaling_resource_id(live.table.name, dimension.index)} "
                f"--scalable-dimension {scalable_dimension(dimension)}"
            )


__all__ = ["forward", "nothing_new", "targets_in_the_way", "way_back"]
