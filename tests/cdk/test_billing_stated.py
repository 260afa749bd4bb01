"""What a template states of a declared capacity."""

from __future__ import annotations

from capacity_guard import AutoScaling, Capacity, OnDemand, Provisioned, Units
from capacity_guard.cdk.billing import stated


def test_provisioned_capacity_is_stated_with_scaled_writes_and_without_warm_throughput() -> None:
    declared = Capacity.provisioned(
        read=10,
        write=20,
        warm=Units(write=9_000),
        indexes={
            "a": Provisioned(AutoScaling(1, 2), AutoScaling(3, 4, 60, 3), warm=Units(read=9_000)),
            "b": Provisioned(5, 6),
        },
    )
    assert stated(declared) == Capacity.provisioned(
        read=10,
        write=AutoScaling(20, 20, 70, 20),
        indexes={
            "a": Provisioned(AutoScaling(1, 2), AutoScaling(3, 4, 60, 3)),
            "b": Provisioned(5, AutoScaling(6, 6, 70, 6)),
        },
    )


def test_on_demand_capacity_is_stated_with_its_maxima_and_without_warm_throughput() -> None:
    declared = Capacity.on_demand(
        maximum=Units(read=1),
        warm=Units(write=9_000),
        indexes={"a": OnDemand(maximum=Units(write=2), warm=Units(read=9_000)), "b": OnDemand()},
    )
    assert stated(declared) == Capacity.on_demand(
        maximum=Units(read=1), indexes={"a": OnDemand(maximum=Units(write=2)), "b": OnDemand()}
    )
