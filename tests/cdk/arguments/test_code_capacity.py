"""CodeCapacity: the warm throughput of the code in the capacity that a template states."""

from __future__ import annotations

import pytest

from capacity_guard import AutoScaling, Capacity, InputError, OnDemand, Provisioned, Units
from capacity_guard.cdk.arguments.code_capacity import CodeCapacity
from tests.builders.guarded import INDEX, ON_DEMAND, WARM

BESIDE = CodeCapacity({"table": Units(read=1), f"index/{INDEX}": Units(write=2)})


def test_warm_throughput_beside_a_table_is_that_of_table_and_index() -> None:
    assert BESIDE.complete(ON_DEMAND, "S/Guard") == Capacity.on_demand(
        warm=Units(read=1), indexes={INDEX: OnDemand(warm=Units(write=2))}
    )


@pytest.mark.parametrize(
    ("indexes", "remedy"),
    [
        ({}, "Leave it out: the table has no index"),
        ({"a": OnDemand(), "b": OnDemand()}, "Use one of its indexes: a, b"),
    ],
)
def test_warm_throughput_of_an_index_that_the_table_lacks_is_refused(
    indexes: dict[str, OnDemand], remedy: str
) -> None:
    with pytest.raises(InputError) as raised:
        BESIDE.complete(Capacity.on_demand(indexes=indexes), "S/Guard")
    assert (raised.value.location, raised.value.problem, raised.value.remedy) == (
        f'S/Guard: warm["{INDEX}"]',
        "is not an index of this table",
        remedy,
    )


def test_warm_throughput_of_a_guarded_table_is_kept_for_what_the_template_still_has() -> None:
    code = CodeCapacity.of(WARM)
    assert code.warm == {"table": Units(write=5_000), f"index/{INDEX}": Units(write=5_000)}
    template = Capacity.on_demand(indexes={INDEX: OnDemand(), "x": OnDemand(maximum=Units(read=1))})
    assert code.complete(template, "S/T") == Capacity.on_demand(
        warm=Units(write=5_000),
        indexes={INDEX: OnDemand(warm=Units(write=5_000)), "x": OnDemand(maximum=Units(read=1))},
    )
    assert code.complete(Capacity.on_demand(), "S/T") == Capacity.on_demand(warm=Units(write=5_000))


def test_template_that_states_the_code_is_what_the_code_says() -> None:
    declared = Capacity.provisioned(read=10, write=20, indexes={"a": Provisioned(1, 2)})
    code = CodeCapacity.of(declared)
    stated = Capacity.provisioned(
        read=10, write=AutoScaling(20, 20, 70, 20), indexes={"a": Provisioned(1, AutoScaling(2, 2, 70, 2))}
    )
    assert code.complete(stated, "S/T") is declared
    other = Capacity.provisioned(read=11, write=AutoScaling(20, 20, 70, 20))
    assert code.complete(other, "S/T") == other
