"""Prices of capacity: a table with the date and the source of every price, and files that replace it.

Prices are those of the Standard table class, without tax, free tier and reserved capacity. For a Region without a sourced
price `prices_of` returns the prices of another Region and names the Region asked for, or it takes those of a file.
"""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType

from ..capacity.dimension import ACCESSES, Access
from ..capacity.errors import InputError
from ..capacity.plain_data import read_object
from ..evidence.files import LARGEST_TEXT, read_limited, unreadable_text
from ..evidence.strict_json import json_from

HOURS_A_MONTH = 730
"""Hours of a month: 8,760 hours of a year divided by 12."""

FALLBACK_REGION = "us-east-1"
"""Region whose prices replace missing ones: the price ratio of the two modes is nearly the same in all Regions."""

_LIST_2026_08 = "AWS price list, quoted by public repositories"
_PRICE_API = "price-list API, quoted by a public repository"
_GRAPHRAG = "awslabs/graphrag-toolkit pull request 439"
_CLOUDRIFT = "AWS Price List Bulk API, quoted in elleVas/cloudrift pull request 83"
_HIGHEST = 1_000_000
"""Amount below which a price is plausible."""
_FIELDS = ("version", "currency", "source", "at", "regions")
_FORMAT = "`capacity-guard docs recommend` shows the format"


@dataclass(frozen=True)
class Price:
    """One price.

    Attributes:
        amount: price of one unit, in the currency of ``Prices``.
        source: source of the price.
        at: day of the price in the source.
    """

    amount: float
    source: str
    at: date


@dataclass(frozen=True)
class Prices:
    """Prices of one Region.

    Attributes:
        region: the Region.
        on_demand: per MILLION request units, reads and writes.
        provisioned: per capacity unit and HOUR, reads and writes.
        warm: one-time price per unit per second by which warm throughput is raised; ``None`` where no source has it. The
            charge is documented (Guide: warm-throughput), its amount is not.
        currency: currency of the amounts.
        instead_of: the Region asked for, where these prices replace its own.
    """

    region: str
    on_demand: Mapping[Access, Price]
    provisioned: Mapping[Access, Price]
    warm: Mapping[Access, Price] | None = None
    currency: str = "USD"
    instead_of: str | None = None

    def __post_init__(self) -> None:
        for name in ("on_demand", "provisioned", "warm"):
            if (prices := getattr(self, name)) is not None:
                object.__setattr__(self, name, MappingProxyType(dict(prices)))

    @property
    def oldest(self) -> date:
        """Day of the oldest price in use."""
        return min(price.at for price in self._all())

    @property
    def sources(self) -> tuple[str, ...]:
        """Every source with its day: ``<source>, 2026-08-15``."""
        return tuple(dict.fromkeys(f"{price.source}, {price.at.isoformat()}" for price in self._all()))

    def _all(self) -> list[Price]:
        groups = (self.on_demand, self.provisioned, self.warm or {})
        return [price for group in groups for price in group.values()]


def _both(read: float, write: float, source: str, at: date) -> dict[Access, Price]:
    return {"read": Price(read, source, at), "write": Price(write, source, at)}


TABLE: Mapping[str, Prices] = MappingProxyType(
    {
        prices.region: prices
        for prices in (
            Prices(
                "us-east-1",
                _both(0.125, 0.625, _LIST_2026_08, date(2026, 8, 15)),
                _both(0.00013, 0.00065, _GRAPHRAG, date(2026, 7, 30)),
            ),
            Prices(
                "us-east-2",
                _both(0.125, 0.625, _PRICE_API, date(2026, 5, 1)),
                _both(0.00013, 0.00065, _PRICE_API, date(2026, 5, 1)),
            ),
            Prices(
                "eu-west-1",
                _both(0.1415, 0.705, _LIST_2026_08, date(2026, 8, 15)),
                _both(0.000147, 0.000735, _CLOUDRIFT, date(2026, 7, 28)),
            ),
            Prices(
                "eu-central-1",
                _both(0.1525, 0.7625, _LIST_2026_08, date(2026, 8, 15)),
                _both(0.0001586, 0.000793, _CLOUDRIFT, date(2026, 7, 28)),
            ),
        )
    }
)
"""Prices by Region. A price whose source gives no day has the first day of the month."""


def prices_of(region: str | None, given: Mapping[str, Prices] = MappingProxyType({})) -> Prices:
    """Prices of a Region.

    Args:
        region: the Region; ``None`` where the baseline does not name it.
        given: prices by Region from a file; they take precedence over the table.

    Returns:
        Its own prices, or those of ``FALLBACK_REGION`` with ``instead_of`` set.
    """
    for table in (given, TABLE):
        if region is not None and region in table:
            return table[region]
    found = given.get(FALLBACK_REGION, TABLE[FALLBACK_REGION])
    return Prices(
        found.region,
        found.on_demand,
        found.provisioned,
        found.warm,
        found.currency,
        instead_of=region or "a Region that the baseline does not name",
    )


def load_prices(path: str | Path) -> Mapping[str, Prices]:
    """Prices by Region from a JSON file: of a contract, of another Region, or of warm throughput.

    Args:
        path: the file; docs/recommend.md shows its format.

    Raises:
        InputError: the file cannot be read, or a field is missing or wrong; it names the field and the remedy.
    """
    path = Path(path)
    try:
        content = read_limited(path, LARGEST_TEXT)
    except OSError as error:
        raise InputError(f"--prices {path}", unreadable_text(path, error), "Check the path") from None
    data = read_object(
        json_from(content.removeprefix(codecs.BOM_UTF8), path.name, _FORMAT), path.name, remedy=_FORMAT
    )
    for name in data:
        if name not in _FIELDS:
            raise InputError(f"{path.name}: {name}", "is not a known field", f"Use {', '.join(_FIELDS)}")
    if data.get("version") != 1:
        raise InputError(f"{path.name}: version", f"is {data.get('version')!r}", "Write 1")
    currency, source = (
        _text(data.get(name, default), f"{path.name}: {name}")
        for name, default in (("currency", "USD"), ("source", path.name))
    )
    at = _day(data.get("at"), f"{path.name}: at")
    regions = read_object(data.get("regions"), f"{path.name}: regions", remedy=_FORMAT)
    return {
        region: _region(region, described, f"{path.name}: regions.{region}", currency, source, at)
        for region, described in regions.items()
    }


def _region(region: str, value: object, location: str, currency: str, source: str, at: date) -> Prices:
    data = read_object(value, location, "on_demand", "provisioned", "warm", remedy=_FORMAT)
    known = TABLE.get(region) if currency == "USD" else None
    groups: dict[str, Mapping[Access, Price] | None] = {}
    for name in ("on_demand", "provisioned", "warm"):
        of_table: Mapping[Access, Price] | None = None if known is None else getattr(known, name)
        if name not in data:
            if of_table is None and name != "warm":
                raise InputError(
                    f"{location}.{name}", "is missing, and the table has none for this Region", _FORMAT
                )
            groups[name] = of_table
            continue
        amounts = read_object(data[name], f"{location}.{name}", *ACCESSES, remedy=_FORMAT)
        groups[name] = {
            access: Price(_amount(amounts.get(access), f"{location}.{name}.{access}"), source, at)
            for access in ACCESSES
        }
    on_demand, provisioned = groups["on_demand"], groups["provisioned"]
    assert on_demand is not None
    assert provisioned is not None
    return Prices(region, on_demand, provisioned, groups["warm"], currency)


def _text(value: object, location: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise InputError(location, f"{value!r} is not text", _FORMAT)
    return value


def _day(value: object, location: str) -> date:
    try:
        return date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        raise InputError(location, f"{value!r} is not a day", "Write it like 2026-08-15") from None


def _amount(value: object, location: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < _HIGHEST:
        problem = "is missing" if value is None else f"is not a price from 0 to {_HIGHEST:,}"
        raise InputError(location, problem, _FORMAT)
    return float(value)


__all__ = ["FALLBACK_REGION", "HOURS_A_MONTH", "TABLE", "Price", "Prices", "load_prices", "prices_of"]
