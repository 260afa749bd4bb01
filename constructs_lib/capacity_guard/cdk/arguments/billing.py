"""Declared capacity as the properties of a ``TableV2`` and its indexes, without warm throughput."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

from aws_cdk import aws_dynamodb as dynamodb

from ...capacity.capacity import AutoScaling, Capacity, OnDemand, ResourceCapacity, Throughput
from ...capacity.errors import InputError
from ...capacity.limits import SCALING_TARGET_DOCUMENTED_HIGHEST, SCALING_TARGET_DOCUMENTED_LOWEST
from ...capacity.plain_data import number_between
from .table_properties import names_of

_TARGET = 70
"""Target utilization in percent of auto scaling whose minimum is its maximum; it has no effect."""


def billing(capacity: Capacity) -> dynamodb.Billing:
    """Billing mode and capacity of the table."""
    table = capacity.table
    if isinstance(table, OnDemand):
        return dynamodb.Billing.on_demand(**_maximum_properties(table))
    return dynamodb.Billing.provisioned(
        read_capacity=_read_capacity(table.read), write_capacity=_write_capacity(table.write)
    )


def index_properties(
    index: dynamodb.GlobalSecondaryIndexPropsV2, capacity: Capacity
) -> dynamodb.GlobalSecondaryIndexPropsV2:
    """An index with its capacity.

    Args:
        index: its keys and projection.
        capacity: the capacity of the table and of each index.
    """
    given = {name: getattr(index, name) for name in names_of(dynamodb.GlobalSecondaryIndexPropsV2)}
    return dynamodb.GlobalSecondaryIndexPropsV2(**{**given, **_index_capacity(capacity.of(index.index_name))})


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
    if scaling.seed is not None and scaling.seed > scaling.maximum:
        raise InputError(
            "AutoScaling.seed", f"{scaling.seed} exceeds the maximum {scaling.maximum}", "Lower the seed"
        )
    return dynamodb.Capacity.autoscaled(
        min_capacity=scaling.minimum,
        max_capacity=scaling.maximum,
        target_utilization_percent=scaling.target,
        seed_capacity=scaling.seed,
    )


__all__ = ["aws_managed_key", "billing", "index_properties", "stated"]
