"""What capacity costs: one dated table, with the source of every price, and a file in its place.

Prices are those of the Standard table class, without tax, free tier and reserved capacity. Where a Region has no sourced
price the table does not guess: `prices_of` says so and hands out those of another Region, or those of a file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ..capacity.dimension import ACCESSES, Access
from ..capacity.errors import InputError

HOURS_A_MONTH = 730
"""Hours that a month is reckoned with: 8,760 a year by 12."""

FALLBACK_REGION = "us-east-1"
"""Region whose prices stand in for one without: modes compare alike there, since their ratio hardly differs."""

_LIST_2026_08 = "AWS price list, quoted by public repositories"
_PRICE_API = "price-list API, quoted by a public repository"
_GRAPHRAG = "awslabs/graphrag-toolkit pull request 439"
_CLOUDRIFT = "AWS Price List Bulk API, quoted in elleVas/cloudrift pull request 83"
_HIGHEST = 1_000_000
_FORMAT = "docs/recommend.md shows the format"


@dataclass(frozen=True)
class Price:
    """One price.

    Attributes:
        amount: in the currency of its table, for one unit of what it prices.
        source: where it comes from.
        at: the day on which the source gave it.
    """

    amount: float
    source: str
    at: date


@dataclass(frozen=True)
class Prices:
    """Prices of one Region.

    Attributes:
        region: the Region they are of.
        on_demand: per MILLION request units, reads and writes.
        provisioned: per capacity unit and HOUR, reads and writes.
        warm: once, per unit per second that warm throughput is raised by; ``None`` where no source has it. That it is
            charged is documented (Guide: warm-throughput), its amount is not.
        currency: what the amounts are in.
        instead_of: the Region asked for, where these stand in for its own.
    """

    region: str
    on_demand: Mapping[Access, Price]
    provisioned: Mapping[Access, Price]
    warm: Mapping[Access, Price] | None = None
    currency: str = "USD"
    instead_of: str | None = None

    def __post_init__(self) -> None:
        for name in ("on_demand", "provisioned", "warm"):
            if (given := getattr(self, name)) is not None:
                object.__setattr__(self, name, MappingProxyType(dict(given)))

    @property
    def oldest(self) -> date:
        """Day of the oldest price in use."""
        return min(one.at for one in self._all())

    @property
    def sources(self) -> tuple[str, ...]:
        """Every source, each with its day: ``<source>, 2026-08-15``."""
        return tuple(dict.fromkeys(f"{one.source}, {one.at.isoformat()}" for one in self._all()))

    def _all(self) -> list[Price]:
        groups = (self.on_demand, self.provisioned, self.warm or {})
        return [one for group in groups for one in group.values()]


def _both(read: float, write: float, source: str, at: date) -> dict[Access, Price]:
    return {"read": Price(read, source, at), "write": Price(write, source, at)}


TABLE: Mapping[str, Prices] = MappingProxyType(
    {
        one.region: one
        for one in (
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
"""Prices by Region. A price without its day in the source bears the first of that month."""


def prices_of(region: str | None, given: Mapping[str, Prices] = MappingProxyType({})) -> Prices:
    """Prices of a Region.

    Args:
        region: the Region; ``None`` where a baseline does not tell.
        given: prices of a file; they come before the table's.

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
    """Prices by Region from a JSON file: one's own contract, another Region, or the price of warm throughput.

    Args:
        path: the file; docs/recommend.md shows its format.

    Raises:
        InputError: naming file and field, and the remedy.
    """
    path = Path(path)
    try:
        data = json.loads(path.read_bytes().decode("utf-8-sig"), parse_constant=_refuse)
    except OSError as error:
        raise InputError(
            f"--prices {path}", f"cannot be read ({error.strerror or error})", "Check the path"
        ) from None
    except (ValueError, RecursionError) as error:
        raise InputError(path.name, f"is no JSON ({error})", _FORMAT) from None
    data = _object(data, path.name, "version", "currency", "source", "at", "regions", joint=": ")
    if data.get("version") != 1:
        raise InputError(f"{path.name}: version", f"is {data.get('version')!r}", "Write 1")
    currency, source = (
        _text(data.get(name, default), f"{path.name}: {name}")
        for name, default in (("currency", "USD"), ("source", path.name))
    )
    at = _day(data.get("at"), f"{path.name}: at")
    regions = _object(data.get("regions"), f"{path.name}: regions")
    return {
        region: _region(region, one, f"{path.name}: regions.{region}", currency, source, at)
        for region, one in regions.items()
    }


def _region(region: str, value: object, location: str, currency: str, source: str, at: date) -> Prices:
    data = _object(value, location, "on_demand", "provisioned", "warm")
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
        here = _object(data[name], f"{location}.{name}", *ACCESSES)
        groups[name] = {
            a: Price(_amount(here.get(a), f"{location}.{name}.{a}"), source, at) for a in ACCESSES
        }
    on_demand, provisioned = groups["on_demand"], groups["provisioned"]
    assert on_demand is not None
    assert provisioned is not None
    return Prices(region, on_demand, provisioned, groups["warm"], currency)


def _object(value: object, location: str, *known: str, joint: str = ".") -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InputError(location, "is missing" if value is None else "is no object", _FORMAT)
    for name in value:
        if known and name not in known:
            raise InputError(f"{location}{joint}{name}", "is not a known field", f"Use {', '.join(known)}")
    return value


def _text(value: object, location: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise InputError(location, f"{value!r} is no text", _FORMAT)
    return value


def _day(value: object, location: str) -> date:
    try:
        return date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        raise InputError(location, f"{value!r} is no day", "Write it like 2026-08-15") from None


def _amount(value: object, location: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < _HIGHEST:
        problem = "is missing" if value is None else f"is no price from 0 to {_HIGHEST:,}"
        raise InputError(location, problem, _FORMAT)
    return float(value)


def _refuse(text: str) -> float:
    raise ValueError(f"{text} is no number")
