"""A resource's capacity as code of the construct that declares it, where that is not GuardedTable."""

from __future__ import annotations

from collections.abc import Sequence

from ..capacity.capacity import AutoScaling, OnDemand, Provisioned, ResourceCapacity, Throughput, Units
from ..capacity.dimension import Access
from .model import Dialect


def code_in(dialect: Dialect, index: str | None, capacity: ResourceCapacity) -> str:
    """What to write for the table (``index=None``) or an index, in the words of its construct.

    Args:
        dialect: the construct; not ``guarded``.
        index: name of the index.
        capacity: the capacity to declare, in units per second.
    """
    parts = {"table-v2": _table_v2, "table": _table, "l1": _l1}[dialect](index, capacity)
    warm = (
        []
        if capacity.warm is None
        else [f'CapacityGuard(..., warm={{"{index or "table"}": {_units(capacity.warm)}}})']
    )
    return "; ".join((*parts, *warm))


def _units(units: Units) -> str:
    given = [f"{a}={v:_}" for a, v in (("read", units.read), ("write", units.write)) if v is not None]
    return f"Units({', '.join(given)})"


def _maxima(capacity: OnDemand) -> list[str]:
    maximum = capacity.maximum or Units()
    given = (("read", maximum.read), ("write", maximum.write))
    return [f"max_{access}_request_units={value:_}" for access, value in given if value is not None]


def _both(capacity: Provisioned) -> Sequence[tuple[Access, Throughput]]:
    return (("read", capacity.read), ("write", capacity.write))


def _table_v2(index: str | None, capacity: ResourceCapacity) -> list[str]:
    if isinstance(capacity, OnDemand):
        arguments = _maxima(capacity)
        mode = "on_demand"
        if index is not None and not arguments:
            return []
    else:
        mode = "provisioned"
        arguments = [f"{access}_capacity={_capacity_v2(one, access)}" for access, one in _both(capacity)]
    if index is None:
        return [f"billing=Billing.{mode}({', '.join(arguments)})"]
    return [f"GlobalSecondaryIndexPropsV2(index_name={_quoted(index)}, ..., {', '.join(arguments)})"]


def _capacity_v2(throughput: Throughput, access: Access) -> str:
    if isinstance(throughput, int):
        if access == "read":
            return f"Capacity.fixed({throughput:_})"
        # writes of a TableV2 are always auto scaled: bounds that are equal do not move
        throughput = AutoScaling(throughput, throughput, seed=throughput)
    given = [f"min_capacity={throughput.minimum:_}", f"max_capacity={throughput.maximum:_}"]
    if throughput.target != AutoScaling.target:
        given.append(f"target_utilization_percent={throughput.target}")
    if throughput.seed is not None:
        given.append(f"seed_capacity={throughput.seed:_}")
    return f"Capacity.autoscaled({', '.join(given)})"


def _table(index: str | None, capacity: ResourceCapacity) -> list[str]:
    if isinstance(capacity, OnDemand):
        given = _maxima(capacity)
        if index is None:
            return [", ".join(["billing_mode=BillingMode.PAY_PER_REQUEST", *given])]
        return (
            [f"table.add_global_secondary_index(index_name={_quoted(index)}, ..., {', '.join(given)})"]
            if given
            else []
        )
    stated = ", ".join(f"{access}_capacity={_stated(one):_}" for access, one in _both(capacity))
    method = "table.auto_scale_" if index is None else "table.auto_scale_global_secondary_index_"
    name = "" if index is None else f"{_quoted(index)}, "
    scaled = [
        f"{method}{access}_capacity({name}min_capacity={one.minimum:_}, max_capacity={one.maximum:_})"
        f".scale_on_utilization(target_utilization_percent={one.target})"
        for access, one in _both(capacity)
        if isinstance(one, AutoScaling)
    ]
    if index is None:
        return [f"billing_mode=BillingMode.PROVISIONED, {stated}", *scaled]
    return [f"table.add_global_secondary_index(index_name={_quoted(index)}, ..., {stated})", *scaled]


def _l1(index: str | None, capacity: ResourceCapacity) -> list[str]:
    """Property names of CloudFormation: both resource types use them, each in its own place."""
    location = "" if index is None else f"index {index}: "
    if isinstance(capacity, OnDemand):
        maximum = capacity.maximum or Units()
        given = (("MaxReadRequestUnits", maximum.read), ("MaxWriteRequestUnits", maximum.write))
        parts = [f"{name} {value:_}" for name, value in given if value is not None]
        return (
            [location + ", ".join(["BillingMode PAY_PER_REQUEST"] * (index is None) + parts)]
            if parts or index is None
            else []
        )
    return [
        f"{location}{access}: "
        + (
            f"{access.title()}CapacityUnits {one:_}"
            if isinstance(one, int)
            else f"MinCapacity {one.minimum:_}, MaxCapacity {one.maximum:_}, TargetValue {one.target}"
            + (
                ""
                if one.seed is None
                else f", SeedCapacity (of a Table its ProvisionedThroughput) {one.seed:_}"
            )
        )
        for access, one in _both(capacity)
    ]


def _stated(throughput: Throughput) -> int:
    if isinstance(throughput, int):
        return throughput
    return throughput.minimum if throughput.seed is None else throughput.seed


def _quoted(name: str) -> str:
    return f'"{name}"'


__all__ = ["code_in"]
