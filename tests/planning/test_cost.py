"""Prices and what capacity costs by them: the table, a file in its place, hours, months and warm throughput."""

from __future__ import annotations

import json
import math
from array import array
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from capacity_guard.capacity import Capacity, Deployed, Dimension, InputError, OnDemand, Units
from capacity_guard.capacity.transition import Transition
from capacity_guard.planning.cost import Between, cost, unit_hours, warm_raise
from capacity_guard.planning.prices import TABLE, Price, Prices, load_prices, prices_of

START = datetime(2026, 7, 1, tzinfo=UTC)
READ, WRITE = Dimension(None, "read"), Dimension(None, "write")
INDEX_WRITE = Dimension("by_agent", "write")
US = TABLE["us-east-1"]


def outcome(**series: tuple[Sequence[float], Sequence[float], Sequence[float]]) -> Any:
    """An outcome of the simulator: demand, served and limit of each dimension."""
    names = {"read": READ, "write": WRITE, "index_write": INDEX_WRITE}
    return SimpleNamespace(
        start=START,
        dimensions={
            names[name]: SimpleNamespace(demand=demand, served=served, limit=limit)
            for name, (demand, served, limit) in series.items()
        },
    )


def constant(value: float, minutes: int = 120) -> array[float]:
    return array("d", [value]) * minutes


@pytest.mark.parametrize("region", sorted(TABLE))
def test_table_of_every_region_has_dated_sourced_prices(region: str) -> None:
    prices = TABLE[region]
    assert prices.region == region
    assert prices.warm is None  # no source has it
    assert date(2026, 1, 1) < prices.oldest <= date(2026, 12, 31)
    assert all(source.strip() for source in prices.sources)


@pytest.mark.parametrize("region", sorted(TABLE))
def test_table_of_every_region_has_the_ratio_of_modes_of_the_first(region: str) -> None:
    """A slip of a digit shows here: on-demand is 3.46 times the price of a fully used provisioned unit."""
    prices = TABLE[region]
    for access in ("read", "write"):
        used = prices.on_demand[access].amount * 3_600 / 1e6
        assert used / prices.provisioned[access].amount == pytest.approx(3.46, abs=0.03)


def test_prices_of_a_region_without_its_own_are_another_regions_and_say_so() -> None:
    found = prices_of("ap-southeast-7")
    assert (found.region, found.instead_of) == ("us-east-1", "ap-southeast-7")
    assert prices_of("eu-west-1").instead_of is None
    assert "does not name" in str(prices_of(None).instead_of)


def test_cost_of_provisioned_units_that_move_pays_for_what_was_provisioned() -> None:
    """100 units in the first hour; in the second, 30 minutes of 100 and 30 of 400."""
    limit = constant(100, 90) + constant(400, 30)
    load = constant(60)
    found = cost(Capacity.provisioned(read=1, write=1), [outcome(write=(load, load, limit))], US).dimensions[
        WRITE
    ]
    assert found.low == pytest.approx(175 * 0.00065)
    assert found.high == pytest.approx(250 * 0.00065)


def test_cost_of_on_demand_pays_for_served_units_of_recorded_minutes() -> None:
    """Of two hours one was recorded: 60 units a minute served are 3,600 an hour."""
    demand = constant(90, 60) + constant(math.nan, 60)
    served = constant(60, 60) + constant(0, 60)
    found = cost(Capacity.on_demand(), [outcome(write=(demand, served, constant(4_000)))], US)
    assert found.hour.low == found.hour.high == pytest.approx(3_600 * 0.625e-6)


def test_cost_of_an_index_adds_to_the_tables() -> None:
    load = constant(60)
    both = outcome(write=(load, load, constant(10)), index_write=(load, load, constant(20)))
    found = cost(Capacity.provisioned(read=1, write=1), [both], US)
    assert found.hour.high == pytest.approx(30 * 0.00065)
    assert found.month.high == pytest.approx(30 * 0.00065 * 730)


def test_cost_of_several_outcomes_spans_them() -> None:
    load = constant(60)
    low, high = (outcome(read=(load, load, constant(units))) for units in (10, 30))
    found = cost(Capacity.provisioned(read=1, write=1), [high, low], US)
    assert found.hour.low == pytest.approx(10 * 0.00013)
    assert found.hour.high == pytest.approx(30 * 0.00013)


def test_cost_of_a_dimension_never_recorded_is_nothing_on_demand() -> None:
    gap = constant(math.nan)
    found = cost(Capacity.on_demand(), [outcome(read=(gap, constant(0), constant(12_000)))], US)
    assert found.hour == Between(0.0, 0.0)


def test_unit_hours_when_the_first_hour_is_cut_weighs_it_by_its_minutes() -> None:
    start = datetime(2026, 7, 1, 0, 50, tzinfo=UTC)
    found = unit_hours([100.0] * 9 + [200.0] + [10.0] * 60, start)
    assert found.high == pytest.approx((200 * 10 + 10 * 60) / 70)
    assert found.low == pytest.approx((100 * 9 + 200 + 600) / 70)
    assert unit_hours([], start) == Between(0.0, 0.0)


def _deployed() -> Deployed:
    live = Capacity.on_demand(indexes={"by_agent": OnDemand()})
    return Deployed(live, live, {}, {"table": Units(12_000, 4_000), "index/by_agent": Units(12_000, 4_000)})


DECLARED = Capacity.on_demand(warm=Units(write=6_000), indexes={"by_agent": Units(write=5_000, read=12_000)})


def test_warm_raise_without_a_price_says_units_and_no_amount() -> None:
    found = warm_raise(Transition("t", _deployed(), DECLARED), US)
    assert dict(found.units) == {WRITE: 2_000, INDEX_WRITE: 1_000}
    assert found.price is None


def test_warm_raise_with_a_price_charges_what_is_raised() -> None:
    warm = {
        "read": Price(0.001, "contract", date(2026, 9, 1)),
        "write": Price(0.01, "contract", date(2026, 9, 1)),
    }
    prices = Prices("eu-west-1", US.on_demand, US.provisioned, warm)  # type: ignore[arg-type]
    assert warm_raise(Transition("t", _deployed(), DECLARED), prices).price == pytest.approx(30.0)


def test_warm_raise_when_nothing_rises_costs_nothing() -> None:
    assert warm_raise(Transition("t", _deployed(), Capacity.on_demand()), US).price == 0.0
    assert warm_raise(Transition("t", None, DECLARED), US).price == 0.0


PRICES = {
    "version": 1,
    "currency": "EUR",
    "source": "contract 7",
    "at": "2026-09-01",
    "regions": {
        "eu-south-1": {
            "on_demand": {"read": 0.14, "write": 0.7},
            "provisioned": {"read": 0.00014, "write": 0.0007},
            "warm": {"read": 0.001, "write": 0.01},
        }
    },
}


def _file(folder: Path, content: Any) -> Path:
    file = folder / "prices.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return file


def test_load_prices_gives_the_files_prices_with_its_source(tmp_path: Path) -> None:
    given = load_prices(_file(tmp_path, PRICES))
    found = prices_of("eu-south-1", given)
    assert found.currency == "EUR"
    assert found.warm is not None
    assert found.warm["write"].amount == 0.01
    assert found.sources == ("contract 7, 2026-09-01",)


def test_load_prices_of_a_known_region_keeps_what_the_file_leaves_out(tmp_path: Path) -> None:
    content = {
        "version": 1,
        "at": "2026-09-01",
        "regions": {"eu-west-1": {"warm": {"read": 0.001, "write": 0.01}}},
    }
    found = prices_of("eu-west-1", load_prices(_file(tmp_path, content)))
    assert found.on_demand == TABLE["eu-west-1"].on_demand
    assert found.warm is not None
    assert found.warm["read"].source == "prices.json"


def _without(*path: str) -> Any:
    data = json.loads(json.dumps(PRICES))
    here = data
    for name in path[:-1]:
        here = here[name]
    del here[path[-1]]
    return data


def _with(value: Any, *path: str) -> Any:
    data = json.loads(json.dumps(PRICES))
    here = data
    for name in path[:-1]:
        here = here[name]
    here[path[-1]] = value
    return data


REGION = ("regions", "eu-south-1")
MALFORMED: dict[str, tuple[Any, str]] = {
    "no JSON": ("{", "prices.json: is no JSON"),
    "a list": ([], "prices.json: is no object"),
    "not a number": ('{"version": NaN}', "prices.json: is no JSON"),
    "another version": (_with(2, "version"), "prices.json: version: is 2"),
    "unknown field": (_with(1, "price"), "prices.json: price: is not a known field"),
    "no day": (_without("at"), "prices.json: at: None is no day"),
    "a moment for a day": (_with(20260901, "at"), "prices.json: at: 20260901 is no day"),
    "no regions": (_without("regions"), "prices.json: regions: is missing"),
    "no write price": (
        _without(*REGION, "on_demand", "write"),
        "prices.json: regions.eu-south-1.on_demand.write: is missing",
    ),
    "a negative price": (
        _with(-1, *REGION, "warm", "read"),
        "prices.json: regions.eu-south-1.warm.read: is no price",
    ),
    "a price beyond any": (
        _with(10**400, *REGION, "warm", "read"),
        "prices.json: regions.eu-south-1.warm.read: is no price",
    ),
    "a text for a price": (_with("1", *REGION, "warm", "read"), "regions.eu-south-1.warm.read: is no price"),
    "half of a new region": (
        _without(*REGION, "provisioned"),
        "prices.json: regions.eu-south-1.provisioned: is missing, and the table has none",
    ),
    "no currency": (_with("", "currency"), "prices.json: currency: '' is no text"),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_load_prices_when_malformed_names_file_and_field(case: str, tmp_path: Path) -> None:
    content, expected = MALFORMED[case]
    with pytest.raises(InputError) as raised:
        load_prices(_file(tmp_path, content))
    assert expected in str(raised.value)
    assert raised.value.remedy


def test_load_prices_when_the_file_is_missing_names_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        load_prices(tmp_path / "none.json")
