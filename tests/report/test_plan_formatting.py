"""The sentences and figures of a plan."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from capacity_guard.planning.plan import WayBack
from capacity_guard.pricing.cost import Between, WarmRaiseCost
from capacity_guard.report import plan_formatting
from capacity_guard.rules.quiet_hours import QuietHours
from tests.report.plans import (
    FINDING,
    INDEX_WRITE,
    RECORDED,
    START,
    WARNING,
    index_write,
    money,
    nothing,
    plan,
    refused,
    safe,
    series,
    table_write,
    throttling,
    unchanged,
)

WORST = (
    "8.6 % of the writes of an hour in 12 minutes, when the change starts Mon 29 Jun 2026 16:00 UTC (its worst start); "
    "worst 16:27 UTC: 4,711 writes/s asked, 4,000 served at most: on-demand ceiling"
)


def test_moment_is_in_utc_to_the_minute() -> None:
    there = datetime(2026, 7, 7, 23, 41, 59, tzinfo=timezone(timedelta(hours=2)))
    assert plan_formatting.minute_text(there) == "Tue 7 Jul 2026 21:41 UTC"


def test_throttling_details_state_the_worst_hour_and_the_other_replays() -> None:
    assert plan_formatting.throttling_details(refused(), index_write()) == (
        f"{WORST}; after the change 900 writes (800 to 1,000); "
        "after the change at 1.3 times the traffic 1,700 writes (1,600 to 1,800)"
    )


def test_throttling_details_are_empty_where_no_case_throttles() -> None:
    assert plan_formatting.throttling_details(refused(), table_write()) == ""
    assert plan_formatting.throttling_details(refused(), index_write(peak=None)) == ""


def test_throttling_details_when_the_worst_case_alone_throttles_name_the_replay() -> None:
    dimension = index_write(replays=(nothing(high=73.0),))
    assert plan_formatting.throttling_details(refused(), dimension) == plan_formatting.replay_text(
        throttling()
    )


def test_lost_states_units_with_their_range() -> None:
    assert plan_formatting.throttled_units(index_write()) == "42,000 writes (30,000 to 50,000)"
    assert plan_formatting.throttled_units(index_write(peak=None)) == "not recorded"
    assert plan_formatting.throttled_units(table_write()) == "nothing"
    overloaded = index_write(replays=(nothing(high=73.0),))
    assert (
        plan_formatting.throttled_units(overloaded)
        == "nothing more than today (up to 73 writes in the worst case)"
    )


def test_headroom_divides_by_the_peak_and_by_the_peak_with_the_margin() -> None:
    assert plan_formatting.headroom(index_write()) == "0.83 (0.64 of 1.3x)"
    assert plan_formatting.headroom(index_write(peak=None)) == ""


def test_caption_counts_what_its_chart_shades_and_then_what_is_judged() -> None:
    text = plan_formatting.caption(refused(), index_write())
    # The chart shades an hour of 1,000 units/s: its caption counts those, and then what is judged.
    assert text.startswith(
        "3,600,000 writes throttled (red) when the change starts Mon 29 Jun 2026 16:00 UTC (its worst start); "
        "worst 16:27 UTC: 4,711 writes/s asked"
    )
    assert text.endswith(
        "; judged are 42,000: those that today's capacity does not throttle, until an hour after it; "
        "best case to worst case 30,000 to 50,000"
    )
    created = index_write(deployed="none")
    assert "today's capacity" not in plan_formatting.caption(refused(), created)
    after = index_write(replays=(RECORDED,), series=series(5_000.0, 4_990.0, replay="recorded"))
    # Four hours are drawn, and the worst of them is judged: the range would not hold the figure that it follows.
    assert plan_formatting.caption(refused(), after).startswith(
        "36,000 writes throttled (red) after the change"
    )
    assert plan_formatting.caption(refused(), after).endswith(
        "; judged are 900: those of its worst hour; best case to worst case 800 to 1,000"
    )
    alone = replace(RECORDED, units=36_000.0)
    same_hour = index_write(replays=(alone,), series=series(5_000.0, 4_990.0, replay="recorded"))
    assert "judged are" not in plan_formatting.caption(refused(), same_hour)
    same = index_write(replays=(nothing(),))
    assert plan_formatting.caption(refused(), same).endswith(
        "(its worst start); today's capacity throttles all of it too"
    )
    safe_index = index_write(replays=(nothing(),), series=series(3_000.0, 3_000.0))
    assert plan_formatting.caption(safe(), safe_index).startswith(
        "no writes throttled when the change starts"
    )


def test_because_names_the_one_index_that_throttles_the_table() -> None:
    rejected = throttling(cause="an index that throttles")
    table = refused(dimensions=(table_write(replays=(rejected,)), index_write()))
    assert plan_formatting.cause_text(table, table.dimensions[0], rejected) == (
        "4,711 writes/s asked; by_day throttles, and the table with it"
    )
    alone = refused(dimensions=(table_write(replays=(rejected,)),))
    assert plan_formatting.cause_text(alone, alone.dimensions[0], rejected).endswith(
        "asked; an index that throttles"
    )


def test_because_when_the_demand_is_within_the_limit_says_what_exceeds_it() -> None:
    below = throttling(asked=3_000.0)
    assert plan_formatting.cause_text(refused(), index_write(), below).endswith(
        "; single seconds and retries exceed it"
    )
    assert plan_formatting.cause_text(refused(), index_write(), replace(below, replay="headroom")).endswith(
        "; retries exceed it"
    )
    assert plan_formatting.cause_text(refused(), index_write(), replace(below, cause=None)) == (
        "3,000 writes/s asked, 4,000 served at most"
    )


def test_chart_when_it_shows_more_than_the_change_causes_shows_todays_throttling() -> None:
    assert plan_formatting.charts_todays_throttling(index_write(replays=(nothing(),)))
    assert plan_formatting.charts_todays_throttling(
        index_write()
    )  # 45 minutes of 1,000 units/s against 42,000 units
    caused = throttling(units=60 * 60 * 1_000.0)
    assert not plan_formatting.charts_todays_throttling(index_write(replays=(caused,)))
    # 60 minutes of 1,000 units/s are 3.6 million: what is judged may be less by a twentieth, and one unit.
    for units, shown in ((3_599_999 / 1.05, False), (3_599_998 / 1.05, True)):
        judged = index_write(replays=(throttling(units=units),))
        assert plan_formatting.charts_todays_throttling(judged) is shown
    assert not plan_formatting.charts_todays_throttling(index_write(deployed="none"))
    assert not plan_formatting.charts_todays_throttling(index_write(series=series(3_000.0, 3_000.0)))
    assert not plan_formatting.charts_todays_throttling(
        index_write(replays=(RECORDED,), series=replace(series(), replay="recorded"))
    )


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.086, "8.6 %"), (0.0, "0.0 %"), (0.0002, "0.02 %"), (0.001, "0.1 %"), (1.0, "100.0 %")],
)
def test_share_keeps_two_digits_of_small_shares(share: float, text: str) -> None:
    assert plan_formatting.share(share) == text


@pytest.mark.parametrize(("units", "text"), [(0.04, "0"), (7.25, "7.2"), (9.96, "10"), (12_345.6, "12,346")])
def test_count_when_small_has_one_decimal(units: float, text: str) -> None:
    assert plan_formatting.count(units) == text


@pytest.mark.parametrize(
    ("units", "text"), [(0, "0"), (0.01, "0.1"), (7, "7"), (9.96, "10"), (4_710.2, "4,711"), (10.0, "10")]
)
def test_rate_is_rounded_up(units: float, text: str) -> None:
    assert plan_formatting.rate(units) == text


def test_range_is_explained_where_a_range_is_printed() -> None:
    assert plan_formatting.has_range(refused())
    assert not plan_formatting.has_range(safe())


def test_heading_of_a_table_that_does_not_exist_yet_has_no_today() -> None:
    assert plan_formatting.throttling_heading(refused()) == "throttled, beyond today"
    new = refused(dimensions=(table_write(deployed=""), index_write(deployed="none")))
    assert plan_formatting.throttling_heading(new) == "throttled"
    with_new_index = refused(dimensions=(table_write(), index_write(deployed="none")))
    assert plan_formatting.throttling_heading(with_new_index) == "throttled, beyond today"


def test_tables_are_ordered_by_what_a_reader_must_do() -> None:
    warned = unchanged(path="Shop/Warned", findings=(WARNING,))
    tables = plan(unchanged(), warned, safe(), refused())
    assert [table.path for table in plan_formatting.detailed_tables(tables)] == [
        "Shop/Orders",
        "Shop/Safe",
        "Shop/Warned",
    ]
    assert [table.path for table in plan_formatting.one_line_tables(tables)] == ["Shop/Same"]


def test_tone_is_ok_only_where_safety_was_found() -> None:
    assert plan_formatting.tone(refused()) == "no"
    assert plan_formatting.tone(refused(dimensions=(), findings=(FINDING,))) == "no"
    assert plan_formatting.tone(safe()) == "ok"
    assert plan_formatting.tone(unchanged()) == "ok"
    assert plan_formatting.tone(safe(way_back=refused().way_back)) == "warn"
    assert plan_formatting.tone(safe(dimensions=(table_write(peak=None),))) == "warn"


def test_verdict_states_the_worst_replay_the_way_back_and_the_rules() -> None:
    assert plan_formatting.verdict(refused()) == (
        "to on-demand; by_day, write: 8.6 % of the writes of an hour are throttled when the change starts "
        "Mon 29 Jun 2026 16:00 UTC (its worst start), worst 16:27 UTC: 4,711 writes/s asked, 4,000 served at most: "
        "on-demand ceiling; no way back; refused by CG4"
    )
    assert plan_formatting.verdict(unchanged()) == "nothing changes"
    assert plan_formatting.verdict(safe()) == "to on-demand; no replay throttles more than 0.1 % of an hour"


def test_verdict_when_today_throttles_the_same_says_so() -> None:
    overloaded = safe(dimensions=(index_write(replays=(nothing(),)),))
    assert plan_formatting.verdict(overloaded).endswith("of an hour beyond what today's capacity does")


def test_verdict_when_nothing_was_recorded_gives_no_all_clear() -> None:
    unrecorded = safe(dimensions=(table_write(peak=None, replays=()),))
    assert (
        plan_formatting.verdict(unrecorded) == "to on-demand; nothing was recorded, so nothing was replayed"
    )
    idle = safe(dimensions=(table_write(peak=replace(table_write().peak, units=0.0)),))  # type: ignore[type-var]
    assert plan_formatting.verdict(idle) == "to on-demand; no traffic was recorded"


def test_recording_of_less_than_an_hour_is_given_in_minutes() -> None:
    facts = dict(plan_formatting.facts(replace(refused(), days=3 / 1440)))
    assert facts["recorded"].startswith("3 minutes, 30 minutes with a gap; ")


def test_facts_end_with_the_way_back() -> None:
    assert dict(plan_formatting.facts(refused())) == {
        "recorded": "14.0 days, 30 minutes with a gap; baselines/orders.json",
        "change window": "any time; the switch itself fits in 165 of 167 recorded hours of the week; 1 were not recorded",
        "minutes": "preflight 0-1, change 5-16; 5-17 minutes in all",
        "cost": plan_formatting.cost(money()),
        "way back": "no units to go back with",
    }
    assert [name for name, _ in plan_formatting.facts(unchanged())] == ["recorded", "change window"]


def test_facts_of_a_table_without_a_recording_name_no_days() -> None:
    new = replace(refused(), days=0.0, gaps=0, baseline="")
    assert dict(plan_formatting.facts(new))["recorded"] == "nothing yet"


@pytest.mark.parametrize(
    ("quiet", "text"),
    [
        (
            QuietHours("Tue 09-13", "Sun 02-06"),
            "Tue 09-13, the quietest staffed ones; Sun 02-06 is the quietest of all",
        ),
        (
            QuietHours("Tue 09-13", "Tue 09-13"),
            "Tue 09-13, the quietest staffed ones, the quietest of all too",
        ),
        (
            QuietHours(None, "Sun 02-06"),
            "no staffed hour (Mon-Thu 08-17) fits; Sun 02-06 is the quietest of all",
        ),
        (QuietHours(None, None), "none of the week fits"),
    ],
)
def test_facts_when_the_change_can_start_name_the_quiet_hours_staffed_ones_first(
    quiet: QuietHours, text: str
) -> None:
    assert dict(plan_formatting.facts(refused(quiet=quiet)))["quiet hours"] == text


def test_cost_of_a_month_names_warm_throughput_and_the_prices_used() -> None:
    assert plan_formatting.cost(money()) == (
        "730.00 before, about 365.00 to 547.50 after, USD a month, warm throughput raised by 2,400 units/s: charged once, price "
        "unknown: no source has it (--prices gives it) (prices of us-east-1, in place of eu-west-1, oldest 2026-06-01; "
        "reserved capacity and savings plans not counted)"
    )
    priced = money(before=None, warm=WarmRaiseCost({INDEX_WRITE: 2_400}, 12.5))
    assert plan_formatting.cost(priced).startswith(
        "about 365.00 to 547.50 after, USD a month, warm throughput raised by 2,400"
    )
    assert "12.50 USD once" in plan_formatting.cost(priced)


def test_month_when_both_ends_print_alike_is_one_figure() -> None:
    assert plan_formatting.month(Between(1.0, 1.000001)) == "730.00"


def test_way_back_tone_marks_what_is_lost_on_the_way_back() -> None:
    assert plan_formatting.way_back_tone(unchanged()) == ""
    assert plan_formatting.way_back_tone(refused()) == "no"
    assert plan_formatting.way_back_tone(safe(way_back=WayBack(True, {}, 0.5, ""))) == "warn"
    assert plan_formatting.way_back_tone(safe()) == ""


def test_start_name_is_the_switch_where_a_mode_switches() -> None:
    assert plan_formatting.start_name(refused()) == "the switch itself"
    assert plan_formatting.start_name(safe(dimensions=(table_write(change="raised"),))) == "the start"


def test_fitting_hours_are_empty_where_none_was_recorded() -> None:
    assert plan_formatting.fitting_hours(refused(hours=(None,) * 168)) == ""
    assert (
        plan_formatting.fitting_hours(safe())
        == "; the switch itself fits in 168 of 168 recorded hours of the week"
    )


def test_later_throttling_warns_of_replays_after_the_change_alone() -> None:
    assert plan_formatting.later_throttling(refused()).startswith("Whatever the start")
    assert plan_formatting.later_throttling(refused(dimensions=(index_write(replays=(throttling(),)),))) == ""


def test_headline_counts_tables_errors_and_warnings() -> None:
    assert plan_formatting.headline(plan(refused())) == "1 table planned, 1 error, 0 warnings"
    assert (
        plan_formatting.headline(plan(refused(), unchanged(findings=(WARNING,))))
        == "2 tables planned, 1 error, 1 warning"
    )


def test_worst_minute_of_another_day_has_its_date() -> None:
    late = throttling(worst=START + timedelta(days=1))
    assert "; worst Tue 30 Jun 2026 16:00 UTC: " in plan_formatting.throttling_details(
        refused(), index_write(replays=(late,))
    )


def test_chart_when_a_minute_is_missing_still_shows_todays_throttling() -> None:
    shown = series()
    shown.demand[7] = float("nan")
    assert plan_formatting.charts_todays_throttling(index_write(series=shown))
