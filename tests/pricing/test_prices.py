"""The price table, and files that replace it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from capacity_guard.capacity import InputError
from capacity_guard.pricing.prices import TABLE, load_prices, prices_of


@pytest.mark.parametrize("region", sorted(TABLE))
def test_table_of_every_region_has_dated_sourced_prices(region: str) -> None:
    prices = TABLE[region]
    assert prices.region == region
    assert prices.warm is None  # no source has it
    for by_access in (prices.on_demand, prices.provisioned):
        for price in by_access.values():
            assert date(2026, 5, 1) <= price.at <= date(2026, 8, 15)
    assert all(source.strip() for source in prices.sources)


@pytest.mark.parametrize("region", sorted(TABLE))
def test_table_of_every_region_has_the_ratio_of_modes_of_the_first(region: str) -> None:
    """Finds a wrong digit: a fully used on-demand unit costs 3.46 times a provisioned unit."""
    prices = TABLE[region]
    for access in ("read", "write"):
        used = prices.on_demand[access].amount * 3_600 / 1e6
        assert used / prices.provisioned[access].amount == pytest.approx(3.46, abs=0.03)


def test_prices_of_a_region_without_its_own_are_another_regions_and_name_it() -> None:
    found = prices_of("ap-southeast-7")
    assert (found.region, found.instead_of) == ("us-east-1", "ap-southeast-7")
    assert prices_of("eu-west-1").instead_of is None
    assert "does not name" in str(prices_of(None).instead_of)


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
    "no JSON": ("{", "prices.json: is not JSON"),
    "a list": ([], "prices.json: is not an object"),
    "not a number": ('{"version": NaN}', "prices.json: is not JSON"),
    "another version": (_with(2, "version"), "prices.json: version: is 2"),
    "unknown field": (_with(1, "price"), "prices.json: price: is not a known field"),
    "no day": (_without("at"), "prices.json: at: None is not a day"),
    "a number for a day": (_with(20260901, "at"), "prices.json: at: 20260901 is not a day"),
    "no regions": (_without("regions"), "prices.json: regions: is missing"),
    "no write price": (
        _without(*REGION, "on_demand", "write"),
        "prices.json: regions.eu-south-1.on_demand.write: is missing",
    ),
    "a negative price": (
        _with(-1, *REGION, "warm", "read"),
        "prices.json: regions.eu-south-1.warm.read: is not a price",
    ),
    "a price beyond any": (
        _with(10**400, *REGION, "warm", "read"),
        "prices.json: regions.eu-south-1.warm.read: 1000000000000000000000000000000000000000 is too large a number",
    ),
    "a text for a price": (
        _with("1", *REGION, "warm", "read"),
        "regions.eu-south-1.warm.read: is not a price",
    ),
    "part of a new region": (
        _without(*REGION, "provisioned"),
        "prices.json: regions.eu-south-1.provisioned: is missing, and the table has none",
    ),
    "no currency": (_with("", "currency"), "prices.json: currency: '' is not text"),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_load_prices_when_malformed_names_file_and_field(case: str, tmp_path: Path) -> None:
    content, expected = MALFORMED[case]
    with pytest.raises(InputError) as raised:
        load_prices(_file(tmp_path, content))
    assert expected in str(raised.value)
    assert raised.value.remedy


def test_load_prices_when_the_file_is_missing_names_it(tmp_path: Path) -> None:
    missing = tmp_path / "none.json"
    with pytest.raises(InputError) as raised:
        load_prices(missing)
    assert str(raised.value).startswith(f"--prices {missing}: cannot be read (No such file or directory). ")


def test_load_prices_when_the_file_is_missing_names_one_of_a_near_name(tmp_path: Path) -> None:
    (tmp_path / "prices.json").touch()
    with pytest.raises(InputError, match=r"directory\); there is .*prices\.json\. "):
        load_prices(tmp_path / "price.json")


def test_load_prices_of_a_region_that_is_no_object_says_what_the_format_is(tmp_path: Path) -> None:
    remedies: list[str] = []
    contents: list[Any] = [[], _with([], *REGION)]
    for content in contents:
        with pytest.raises(InputError) as raised:
            load_prices(_file(tmp_path, content))
        remedies.append(raised.value.remedy)
    assert remedies[1] == remedies[0]
