"""The verdict of a plan in one sentence, and the difference in cost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from capacity_guard.planning.plan import Unplanned
from capacity_guard.pricing.cost import Between
from capacity_guard.report.plan_summary import difference_text, fleet_sentence, percent_text, sentence
from tests.report.plans import (
    FINDING,
    WARNING,
    index_write,
    money,
    plan,
    refused,
    safe,
    table_write,
    throttling,
    unchanged,
)

HOUR = 1 / 730


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (
            refused(),
            "Refused: the change of Orders (to on-demand) would throttle 8.6 % of the writes of by_day in the worst hour.",
        ),
        (
            refused(dimensions=(table_write(replays=(throttling(replay="headroom", factor=1.3),)),)),
            "Refused: the change of Orders (to on-demand) would throttle 8.6 % of the writes of the table in the worst hour "
            "with 1.3 times the recorded traffic.",
        ),
        (
            safe(findings=(FINDING,)),
            "Refused: the change of Orders (to on-demand) violates CG4: it serves less than <its> peak.",
        ),
        (
            unchanged(findings=(FINDING,)),
            "Refused: nothing changes in Orders, but the code violates CG4: it serves less than <its> peak.",
        ),
        (
            safe(),
            "Safe to deploy: the change of Orders (to on-demand) throttles at most 0.1 % of an hour more than today in each "
            "replay of 14 days of traffic.",
        ),
        (
            safe(way_back=refused().way_back),
            "Not safe: the change of Orders (to on-demand) cannot be rolled back: no units to go back with.",
        ),
        (
            safe(dimensions=(index_write(peak=None, replays=()),)),
            "Not known: no traffic of Orders was recorded, so nothing was replayed.",
        ),
        (unchanged(findings=(WARNING,)), "Nothing changes in Orders."),
    ],
)
def test_sentence_states_the_verdict(table: object, said: str) -> None:
    assert sentence(table) == said  # type: ignore[arg-type]


def test_sentence_of_a_fleet_counts_what_is_refused_and_adds_the_differences_in_cost() -> None:
    dearer = money(after=Between(3.0, 3.0))
    tables = (refused(money=dearer), safe(money=dearer), safe(money=None), unchanged())
    assert fleet_sentence(plan(*tables)) == (
        "1 of 3 changed tables is refused; +2,920.00 USD a month, not counting 1 table whose cost is not known."
    )
    assert fleet_sentence(plan(safe(money=None), unplanned=(Unplanned("Shop/Bad", (FINDING,)),))) == (
        "1 changed table, none refused; 1 not planned."
    )
    assert fleet_sentence(plan(safe(money=dearer), unchanged(findings=(WARNING,), money=None))) == (
        "1 changed table, none refused; +1,460.00 USD a month."
    )
    assert fleet_sentence(plan(safe(money=None), unchanged(findings=(FINDING,)))) == (
        "1 of 2 tables is refused."
    )
    assert fleet_sentence(plan(unchanged(findings=(WARNING,)), unchanged())) == "Nothing changes in 2 tables."
    assert fleet_sentence(plan(unchanged(), unchanged())) == "Nothing changes in 2 tables."
    assert fleet_sentence(plan(unchanged())) == "Nothing changes in 1 table."
    euros = replace(dearer, prices=replace(dearer.prices, currency="EUR"))
    assert fleet_sentence(plan(refused(), safe(money=euros))) == "1 of 2 changed tables is refused."


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.0, 0.0, "no difference"),
        (0.004, -0.004, "no difference"),
        (12.0, 12.0, "+12.00"),
        (-3_100.25, -3_100.25, "-3,100.25"),
        (-5.0, 7.0, "about -5.00 to +7.00"),
        (0.0, 7.0, "about 0.00 to +7.00"),
    ],
)
def test_difference_has_its_sign(low: float, high: float, said: str) -> None:
    assert difference_text(Between(low * HOUR, high * HOUR)) == said


def test_difference_in_proportion_needs_two_figures_without_a_range() -> None:
    assert percent_text(money(after=Between(0.35, 0.35))) == "-65 %"
    assert percent_text(money(after=Between(1.99, 1.99))) == "+99 %"
    assert percent_text(money(after=Between(18.6, 18.6))) == "18.6 times"
    assert percent_text(money()) == ""
    assert percent_text(money(before=None)) == ""
    assert percent_text(money(before=Between(0.0, 0.0), after=Between(1.0, 1.0))) == ""
