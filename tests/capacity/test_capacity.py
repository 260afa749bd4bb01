"""Capacity: validated when it is created, the same after a round trip."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from hypothesis import given

from capacity_guard.capacity import (
    AutoScaling,
    BillingMode,
    Capacity,
    InputError,
    OnDemand,
    Provisioned,
    Units,
)
from capacity_guard.capacity.capacity import MOST_UNITS, maximum_of, minimum_of
from tests.builders.domain import DIMENSIONS, INDEXES, capacities


@given(capacities())
def test_capacity_when_written_and_read_expects_the_same(capacity: Capacity) -> None:
    assert Capacity.from_json(json.loads(json.dumps(capacity.to_json())), "test") == capacity


@given(capacities())
def test_capacity_when_asked_for_dimensions_expects_both_of_each_resource(capacity: Capacity) -> None:
    assert capacity.dimensions() == DIMENSIONS
    assert len({dimension.key for dimension in capacity.dimensions()}) == len(DIMENSIONS)


@given(capacities())
def test_capacity_when_asked_for_throughput_expects_it_in_provisioned_mode_only(capacity: Capacity) -> None:
    for dimension in capacity.dimensions():
        throughput = capacity.throughput(dimension)
        assert (throughput is None) is capacity.is_on_demand
        assert capacity.maximum(dimension) is None or capacity.is_on_demand
        if throughput is not None:
            assert minimum_of(throughput) <= maximum_of(throughput)


def test_capacity_when_assigned_expects_it_frozen() -> None:
    capacity = Capacity.on_demand(indexes={"by_agent": OnDemand(warm=Units(write=5_000))})
    with pytest.raises(FrozenInstanceError):
        capacity.billing_mode = BillingMode.PROVISIONED  # type: ignore[misc]
    with pytest.raises(TypeError):
        capacity.indexes["other"] = OnDemand()  # type: ignore[index]


def test_indexes_when_declared_in_another_order_expects_the_same_capacity() -> None:
    first = Capacity.on_demand(indexes={"a": OnDemand(), "b": OnDemand()})
    assert first == Capacity.on_demand(indexes={"b": OnDemand(), "a": OnDemand()})
    assert first.to_json() == Capacity.on_demand(indexes={"b": OnDemand(), "a": OnDemand()}).to_json()


def test_units_when_given_for_an_index_alone_expect_an_error() -> None:
    """They could be meant as warm throughput, which is charged, or as a maximum, which limits cost."""
    with pytest.raises(InputError, match=r"index/i: is Units .* Give OnDemand\(\.\.\.\)"):
        Capacity.on_demand(indexes={"i": Units(write=5_000)})  # type: ignore[dict-item]


def test_for_indexes_when_on_demand_expects_an_entry_for_each() -> None:
    assert set(Capacity.on_demand().for_indexes(INDEXES, "capacity").indexes) == set(INDEXES)


def test_for_indexes_when_provisioned_and_one_is_missing_expects_an_error() -> None:
    with pytest.raises(InputError, match=r"by_agent.*has no provisioned throughput"):
        Capacity.provisioned(read=1, write=1).for_indexes(["by_agent"], "capacity")


def test_for_indexes_when_one_is_unknown_expects_an_error_with_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"by_agnet.*Use one of its indexes: by_agent"):
        Capacity.on_demand(indexes={"by_agnet": OnDemand()}).for_indexes(["by_agent"], "capacity")


def test_index_when_its_mode_differs_from_the_tables_expects_an_error() -> None:
    with pytest.raises(
        InputError, match=r"index/i.*Provisioned in a table whose billing mode is PAY_PER_REQUEST"
    ):
        Capacity(BillingMode.ON_DEMAND, OnDemand(), {"i": Provisioned(1, 1)})


def test_auto_scaling_when_target_is_left_out_expects_seventy_percent() -> None:
    assert AutoScaling.from_json({"minimum": 1, "maximum": 2}, "x") == AutoScaling(1, 2, 70)


def test_auto_scaling_when_a_file_has_it_wrong_expects_the_files_field_in_the_error() -> None:
    with pytest.raises(InputError) as raised:
        AutoScaling.from_json({"minimum": 9, "maximum": 2}, "a.json: deployed.live.table.read")
    assert raised.value.location == "a.json: deployed.live.table.read.minimum"


@pytest.mark.parametrize(
    ("read", "problem"),
    [
        (0, "0 is not a whole number of at least 1"),
        (1.5, "1.5 is not a whole number of at least 1"),
        (True, "True is not a whole number of at least 1"),
        (MOST_UNITS + 1, "1000000000000001 is more than 1,000,000,000,000,000"),
    ],
)
def test_provisioned_when_its_units_are_wrong_expects_the_field_in_the_error(read: Any, problem: str) -> None:
    with pytest.raises(InputError) as raised:
        Provisioned(read, 1)
    assert (raised.value.location, raised.value.problem) == ("Provisioned.read", problem)
    assert Provisioned(MOST_UNITS, 1).read == MOST_UNITS


@pytest.mark.parametrize(
    ("minimum", "maximum", "target", "seed", "location"),
    [
        (9, 2, 70, None, "AutoScaling.minimum"),
        (1, 2, 9.9, None, "AutoScaling.target"),
        (1, 2, 100.1, None, "AutoScaling.target"),
        (1, 2, float("nan"), None, "AutoScaling.target"),
        (1, 2, True, None, "AutoScaling.target"),
        (1, 2, "70", None, "AutoScaling.target"),
        (1, 2, 70, 0, "AutoScaling.seed"),
    ],
)
def test_auto_scaling_when_out_of_range_expects_an_error(
    minimum: int, maximum: int, target: Any, seed: int | None, location: str
) -> None:
    with pytest.raises(InputError) as raised:
        AutoScaling(minimum, maximum, target, seed)
    assert raised.value.location == location


@pytest.mark.parametrize("seed", [1, 30])
def test_seed_outside_the_bounds_is_kept_as_a_template_may_state_it(seed: int) -> None:
    scaling = AutoScaling(5, 10, 70, seed)
    assert AutoScaling.from_json(scaling.to_json(), "x") == scaling
    assert scaling.seed == seed


@pytest.mark.parametrize(("target", "text"), [(10, "10"), (72.5, "72.5"), (70.0, "70"), (100, "100")])
def test_target_when_it_has_a_fraction_keeps_it_and_a_whole_one_is_written_without(
    target: float, text: str
) -> None:
    scaling = AutoScaling(1, 2, target)
    assert (scaling.target, str(scaling.target)) == (target, text)
    assert json.dumps(scaling.to_json()) == f'{{"minimum": 1, "maximum": 2, "target": {text}}}'
    assert AutoScaling.from_json(scaling.to_json(), "file") == scaling


def test_warm_throughput_when_given_as_a_number_expects_an_error() -> None:
    with pytest.raises(InputError, match=r"OnDemand\.warm: 5000 is not Units"):
        OnDemand(warm=5_000)  # type: ignore[arg-type]


def test_units_when_they_have_no_value_expect_an_error() -> None:
    for make, where in (
        (lambda: OnDemand(maximum=Units()), "OnDemand.maximum"),
        (lambda: OnDemand(warm=Units()), "OnDemand.warm"),
        (lambda: Provisioned(1, 1, warm=Units()), "Provisioned.warm"),
    ):
        with pytest.raises(InputError, match=rf"{where}: has neither read nor write units"):
            make()


@pytest.mark.parametrize("indexes", [["i"], "i", 5, ()])
def test_indexes_when_they_are_no_dictionary_expect_an_error(indexes: Any) -> None:
    for make in (
        lambda: Capacity.on_demand(indexes=indexes),
        lambda: Capacity.provisioned(read=1, write=1, indexes=indexes),
    ):
        with pytest.raises(InputError, match=r"Capacity\.indexes: .* is not a dictionary"):
            make()


@pytest.mark.parametrize("name", ["", None, 5])
def test_indexes_when_a_key_is_no_name_expect_an_error(name: Any) -> None:
    with pytest.raises(InputError, match=r"Capacity\.indexes: .* is not the name of an index"):
        Capacity.on_demand(indexes={name: OnDemand(), "i": OnDemand()})
