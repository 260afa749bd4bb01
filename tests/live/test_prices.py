"""The estimate of a run: below one dollar, with the source of every price."""

from __future__ import annotations

import pytest

from live.prices import PRICES, estimate


@pytest.mark.parametrize("warm", [False, True])
def test_estimate_when_shown_is_below_one_dollar_and_names_its_pages(warm: bool) -> None:
    shown = estimate(warm)
    assert 0 < shown.dollars < 1
    assert len(shown.lines) == len(PRICES) - (not warm)
    assert all(price.source in str(shown) for price in PRICES.values())


def test_estimate_when_warm_is_asked_for_costs_more_and_says_the_price_is_assumed() -> None:
    assert estimate(True).dollars > estimate(False).dollars
    assert "(price assumed)" in str(estimate(True))
    assert "(price assumed)" not in str(estimate(False))
