"""Declared capacity as the properties of a ``TableV2`` and its indexes, without warm throughput."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from aws_cdk import aws_dynamodb as dynamodb

from ..capacity.capacity import AutoScaling, Capacity, OnDemand, ResourceCapacity, Throughput
from ..capacity.limits import SCALING_TARGET_DOCUMENTED_HIGHEST, SCALING_TARGET_DOCUMENTED_LOWEST
from ..capacity.plain_data import number_between

_TARGET = 70
"""Target utilization in percent of auto scaling whose minimum is its maximum; it has no effect."""


@dataclass(frozen=True)
class Index:
    """A global secondary index of a guarded table.

    Args:
        name: its name, which is also the key of its capacity in ``Capacity``.
        partition_key: its partition key.
        sort_key: its sort key, if it has one.
        projection: the projected attributes.
        non_key_attributes: further attributes, with ``ProjectionType.INCLUDE``.
    """

    name: str
    partition_key: dynamodb.Attribute
    sort_key: dynamodb.Attribute | None = None
    projection: dynamodb.ProjectionType = dynamodb.ProjectionType.ALL
    non_key_attributes: tuple[str, ...] = ()


def billing(capacity: Capacity) -> dynamodb.Billing:
    """Billing mode and capacity of the table."""
    table = capacity.table
    if isinstance(table, OnDemand):
        return dynamodb.Billing.on_demand(**_maximum_properties(table))
    return dynamodb.Billing.provisioned(
        read_capacity=_read_capacity(table.read), write_capacity=_write_capacity(table.write)
    )


def index_properties(index: Index, capacity: Capacity) -> dynamodb.GlobalSecondaryIndexPropsV2:
    """Keys, projection and capacity of an index."""
    return dynamodb.GlobalSecondaryIndexPropsV2(
        index_name=index.name,
        partition_key=index.partition_key,
        sort_key=index.sort_key,
        projection_type=index.projection,
        non_key_attributes=list(index.non_key_attributes) or None,
        **_index_capacity(capacity.of(index.name)),
    )


def stated(capacity: Capacity) -> Capacity:
    """The capacity that a template with these properties states: without warm throughput, and with auto-scaled writes."""
    return replace(
        capacity,
        table=_stated(capacity.table),
        indexes={name: _stated(index) for name, index in capacity.indexes.items()},
    )


def _stated(capacity: ResourceCapacity) -> ResourceCapacity:
    if isinstance(capacity, OnDemand):
        return replace(capacity, warm=None)
    return replace(capacity, warm=None, write=_write_scaling(capacity.write))


def _index_capacity(capacity: ResourceCapacity) -> dict[str, Any]:
    if isinstance(capacity, OnDemand):
        return _maximum_properties(capacity)
    return {"read_capacity": _read_capacity(capacity.read), "write_capacity": _write_capacity(capacity.write)}


def _maximum_properties(capacity: OnDemand) -> dict[str, Any]:
    maximum = capacity.maximum
    if maximum is None:
        return {}
    return {"max_read_request_units": maximum.read, "max_write_request_units": maximum.write}


@cache
def aws_managed_key() -> dynamodb.TableEncryptionV2:
    """The default encryption, created once: each creation is a call to the CDK's own process."""
    return dynamodb.TableEncryptionV2.aws_managed_key()


def _read_capacity(throughput: Throughput) -> dynamodb.Capacity:
    return _fixed(throughput) if isinstance(throughput, int) else _auto_scaled(throughput)


def _write_capacity(throughput: Throughput) -> dynamodb.Capacity:
    """Write capacity, which AWS::DynamoDB::GlobalTable accepts as auto scaling alone (CloudFormation User Guide).

    Fixed units become auto scaling with the same minimum, maximum and seed. With the seed, a rollback to provisioned
    mode restores the fixed units.
    """
    return _auto_scaled(_write_scaling(throughput))


def _write_scaling(throughput: Throughput) -> AutoScaling:
    if isinstance(throughput, int):
        return AutoScaling(throughput, throughput, _TARGET, throughput)
    return throughput


@cache
def _fixed(units: int) -> dynamodb.Capacity:
    return dynamodb.Capacity.fixed(units)


@cache
def _auto_scaled(scaling: AutoScaling) -> dynamodb.Capacity:
    low, high = SCALING_TARGET_DOCUMENTED_LOWEST.value, SCALING_TARGET_DOCUMENTED_HIGHEST.value
    number_between(
        scaling.target, "AutoScaling.target", low, high
    )  # else TableV2 raises an error of JavaScript
    return dynamodb.Capacity.autoscaled(
        min_capacity=scaling.minimum,
        max_capacity=scaling.maximum,
        target_utilization_percent=scaling.target,
        seed_capacity=scaling.seed,
    )


__all__ = ["Index", "aws_managed_key", "billing", "index_properties", "stated"]
