"""A recommendation as printed on a terminal."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from capacity_guard.capacity import Capacity, Dimension
from capacity_guard.evidence.baseline import Baseline
from capacity_guard.planning.recommend import Option, Recommendation
from capacity_guard.pricing.cost import Between, Cost, WarmRaiseCost
from capacity_guard.report.recommendations import recommendation_text
from tests.builders.cases import STRUCTURE, baseline
from tests.report.plans import WARNING, money


def option(capacity: Capacity, low: float, high: float, saving: Between) -> Option:
    return Option(capacity, (Cost({Dimension(None, "write"): Between(low, high)}),), saving)


NONE = Between(0.0, 0.0)
TODAY = option(Capacity.provisioned(read=100, write=100), 2.0, 2.0, NONE)
CHEAPER = option(Capacity.on_demand(), 0.5, 0.75, Between(1.25, 1.5))


def recommendation(**changes: Any) -> Recommendation:
    given: dict[str, Any] = {
        "baseline": baseline(),
        "prices": money().prices,
        "today": TODAY,
        "throttled": (),
        "options": (CHEAPER,),
        "chosen": CHEAPER,
        "final": None,
        "why": "it saves money",
        "findings": (),
        "warm": WarmRaiseCost({}, None),
    }
    return Recommendation(**{**given, **changes})


def lines(**changes: Any) -> list[str]:
    return recommendation_text(recommendation(**changes)).splitlines()


def test_recommendation_to_change_states_evidence_prices_costs_and_code() -> None:
    text = lines()
    assert text[:5] == [
        "conversations: change: it saves money",
        "  evidence     14.0 days, 0 of 20,160 minutes with a gap",
        "  prices       us-east-1, oldest of 2026-06-01; reserved capacity and savings plans not counted; in place of eu-west-1",
        "  today        2.00 USD an hour, 1,460.00 USD a month",
        "  on-demand    about 0.5000 to 0.7500 USD an hour, about 365.00 to 547.50 USD a month",
    ]
    assert "  saves        about 912.50 to 1,095.00 USD a month against today's" in text
    assert text[text.index("  code") - 1] == (
        "  form         unknown: the baseline has no structure, so the code is for a GuardedTable; --form names another"
    )
    assert text[text.index("  code") + 1 :] == [
        f"    {line}" for line in recommendation().code()[0].splitlines()
    ]


def test_recommendation_for_a_table_of_known_structure_says_nothing_of_it() -> None:
    assert not any("structure" in line for line in lines(baseline=structured()))


def structured() -> Baseline:
    recorded = baseline()
    assert recorded.deployed is not None
    return replace(recorded, deployed=replace(recorded.deployed, structure=STRUCTURE))


def test_recommendation_to_keep_says_nothing_of_an_unknown_structure() -> None:
    assert not any("structure" in line for line in lines(chosen=None))


def test_saving_between_fixed_units_is_no_estimate() -> None:
    fixed = option(Capacity.provisioned(read=50, write=50), 1.0, 1.0, Between(1.0, 1.0))
    assert "  saves        730.00 USD a month against today's" in lines(chosen=fixed, options=(fixed,))
    scaled = option(Capacity.on_demand(), 2.0, 2.0, NONE)
    about = lines(chosen=fixed, options=(fixed,), today=scaled)
    assert "  saves        about 730.00 USD a month against today's" in about


def test_recommendation_to_keep_has_no_saving_and_no_code() -> None:
    text = lines(chosen=None, why="nothing saves 10 USD a month")
    assert text[0] == "conversations: keep: nothing saves 10 USD a month"
    assert not [line for line in text if line.startswith(("  saves", "  code", "  model"))]


def test_recommendation_that_costs_more_says_so() -> None:
    dearer = replace(CHEAPER, saving=Between(-1.0, -0.5))
    assert "  costs        about 365.00 to 730.00 USD a month against today's" in lines(chosen=dearer)
    either = replace(CHEAPER, saving=Between(-1.0, 0.5))
    assert any("730.00 more to 365.00 less USD a month" in line for line in lines(chosen=either))


def test_recommendation_when_today_throttles_names_the_dimensions() -> None:
    text = lines(throttled=("table/write", "index/by_agent/read"))
    assert (
        "  throttles    table, write; by_agent, read: with the margin, today's capacity does not carry it"
        in text
    )


def test_recommendation_that_raises_warm_throughput_names_its_price() -> None:
    raised = {Dimension(None, "write"): 2_000, Dimension("by_agent", "write"): 400}
    unknown = lines(warm=WarmRaiseCost(raised, None))
    assert (
        "  warm raise   2,400 units/s, charged once; price unknown: no source has it, --prices gives it"
        in unknown
    )
    assert "  warm raise   2,400 units/s, charged once; 12.50 USD once" in lines(
        warm=WarmRaiseCost(raised, 12.5)
    )


def test_recommendation_of_a_first_step_says_that_more_follows() -> None:
    assert any(line.startswith("  first step   towards the cheapest") for line in lines(final=CHEAPER))
    assert not any(line.startswith("  first step") for line in lines())


def test_recommendation_ends_with_its_findings() -> None:
    text = lines(chosen=None, findings=(WARNING,))
    assert text[-len(WARNING.text().splitlines()) :] == [f"  {line}" for line in WARNING.text().splitlines()]
