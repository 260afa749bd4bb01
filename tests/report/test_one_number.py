"""One number for one question: findings, plan, chart and caption of the same table agree in every figure.

Each finding that a replay makes (CG5, CG14, CG15) is looked for in the plan of the same synthesis, over all examples of these
rules and the cells of the example application.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

import pytest

from capacity_guard.capacity import AutoScaling
from capacity_guard.evidence.baseline import Baseline
from capacity_guard.planning.plan import DimensionPlan, TablePlan, Throttling
from capacity_guard.report import plan_formatting
from capacity_guard.report.plan_chart import series_chart
from capacity_guard.report.plan_html import plan_html
from capacity_guard.report.plan_markdown import plan_markdown
from capacity_guard.rules import Case, Finding, Level
from tests.builders.cases import (
    NOW,
    TUESDAY_EVENING,
    baseline,
    case,
    deployed,
    flat,
    index_maximum,
    on_demand,
    provisioned,
    spike,
    traffic,
)
from tests.planning.plans import done_right, incident, plan_case, plan_with
from tests.planning.printed import printed
from tests.rules.examples import Example, examples_of
from tests.rules.variations import cut

RULES = ("CG5", "CG14", "CG15")


def replayed(case: Case) -> bool:
    return (
        case.transition is not None
        and isinstance(case.baseline, Baseline)
        and case.baseline.deployed is not None
        and case.baseline.traffic is not None
    )


@lru_cache(maxsize=1)
def samples() -> tuple[tuple[str, Example], ...]:
    found = [
        (f"{rule} {example.name}", example)
        for rule in RULES
        for example in examples_of(rule)
        if example.kind == "refused" and replayed(example.make())
    ]
    assert len(found) >= 15
    return tuple(found)


SAMPLES = [pytest.param(example, id=name) for name, example in samples()]


@pytest.fixture(params=SAMPLES, scope="module")
def table(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> TablePlan:
    example: Example = request.param
    return plan_case(tmp_path_factory.mktemp("plan"), cut(example.make()))


def figures_of(finding: Finding) -> dict[str, tuple[str, str]]:
    return {figure.label: (figure.value, figure.note) for figure in finding.figures}


def dimension_of(table: TablePlan, finding: Finding) -> DimensionPlan:
    (found,) = [dimension for dimension in table.dimensions if dimension.dimension == finding.dimension]
    return found


def judged(table: TablePlan, rule: str) -> Iterator[tuple[Finding, DimensionPlan]]:
    for finding in table.findings:
        if finding.rule == rule and finding.dimension is not None and finding.level is Level.ERROR:
            yield finding, dimension_of(table, finding)


def the_replay(dimension: DimensionPlan, title: str, note: str) -> Throttling:
    """The replay of the plan that a finding of CG14 is about."""
    multiple = re.search(r"throttles ([\d.]+) times", title)
    factor = 1.0 if multiple is None else float(multiple[1])
    (found,) = [
        replay
        for replay in dimension.replays
        if replay.factor == factor and (replay.started is not None) == ("the change started" in note)
    ]
    return found


def test_plan_has_every_figure_of_cg14(table: TablePlan) -> None:
    for finding, dimension in judged(table, "CG14"):
        figures = figures_of(finding)
        minute, note = figures["worst minute"]
        replay = the_replay(dimension, finding.title, note)
        access = dimension.dimension.access
        assert minute == f"{plan_formatting.rate(replay.asked)} {access}s/s"
        assert note.startswith(plan_formatting.minute_text(replay.worst))
        if replay.started is not None:
            assert note.endswith(f"the change started {plan_formatting.minute_text(replay.started)}")
        assert figures["served then"][0] == f"{plan_formatting.rate(replay.limit)} {access}s/s"
        assert figures["throttled"][0] == f"{replay.units:,.0f} {access}s"
        span = f"in {replay.minutes} minute{'' if replay.minutes == 1 else 's'}"
        assert figures["throttled"][1].startswith(
            f"{span}: {plan_formatting.share(replay.share)} of the demand"
        )
        assert figures["best/worst case"][0] == f"{replay.low:,.0f} to {replay.high:,.0f}"
        assert not replay.within
        assert table.refused
        details = plan_formatting.throttling_details(table, dimension)
        assert f"{replay.units:,.0f}" in details + plan_formatting.throttled_units(dimension)


def test_plan_has_what_cg5_found_on_the_declared_capacity(table: TablePlan) -> None:
    for finding, dimension in judged(table, "CG5"):
        not_carried = figures_of(finding).get("not carried")
        if not_carried is None:
            continue
        (replay,) = [replay for replay in dimension.replays if replay.replay == "recorded"]
        assert not_carried[0] == f"{replay.units:,.0f} {dimension.dimension.access}s"
        assert f"worst {plan_formatting.minute_text(replay.worst)}" in not_carried[1]
        assert not_carried[1].endswith(f"with {plan_formatting.rate(replay.limit)} provisioned")


def test_frozen_units_of_cg15_are_those_of_a_start_in_the_plan(table: TablePlan) -> None:
    """CG15 looks at the hour of the largest share above frozen units, a replay at the most units: the same units where both
    look at one start."""
    for finding, dimension in judged(table, "CG15"):
        provisioned, note = figures_of(finding)["provisioned"]
        assert provisioned.endswith(f" {dimension.dimension.access}s/s")
        starts = [replay for replay in dimension.replays if replay.started is not None]
        same = [
            replay
            for replay in starts
            if note.startswith("today")
            or plan_formatting.minute_text(replay.worst) in figures_of(finding)["recorded"][1]
        ]
        for replay in same:
            if replay.cause == "provisioned throughput":
                assert provisioned == f"{plan_formatting.rate(replay.limit)} {dimension.dimension.access}s/s"


def test_caption_and_chart_show_the_numbers_of_the_replay_that_the_table_states(table: TablePlan) -> None:
    for dimension in table.dimensions:
        series, worst = dimension.series, dimension.worst
        if series is None or worst is None or not worst.share:
            continue
        assert series.replay == worst.replay
        caption = plan_formatting.caption(table, dimension)
        limit = f"{plan_formatting.rate(worst.limit)} served at most"
        details = plan_formatting.throttling_details(table, dimension)
        assert (limit in caption) == (limit in details)
        at = int((worst.worst - series.start).total_seconds() / 60)
        if worst.cause != "an index that throttles":
            assert plan_formatting.rate(series.limit[at]) == plan_formatting.rate(worst.limit)
        drawn = series_chart(series, 1040, 230, access=dimension.dimension.access, label="")
        labels = set(re.findall(r"limit ([\d,.]+)/s", drawn))
        assert labels <= {plan_formatting.rate(limit) for limit in series.limit}


def test_no_text_has_a_share_above_one_hundred_percent(table: TablePlan) -> None:
    texts = [
        plan_html(plan_with(table)),
        plan_markdown(plan_with(table)),
        *(f.text() for f in table.findings),
    ]
    texts += [plan_formatting.verdict(table)]
    shares = [float(number) for text in texts for number in re.findall(r"([\d.]+) ?%", text)]
    assert shares
    assert max(shares) <= 100
    assert all(replay.share <= 1 for dimension in table.dimensions for replay in dimension.replays)
    assert all(share is None or share <= 1 for share in table.hours)


def test_hours_of_the_week_refuse_a_start_where_a_rule_does(table: TablePlan) -> None:
    """The heat map and CG14 judge the same starts: those of the recorded traffic and of what Preflight admits."""
    for finding, dimension in judged(table, "CG14"):
        replay = the_replay(dimension, finding.title, figures_of(finding)["worst minute"][1])
        if replay.started is None:
            continue
        hour = table.hours[replay.started.weekday() * 24 + replay.started.hour]
        assert hour is not None
        assert hour >= replay.share > table.budget


PEAK = 4_892.04
"""Units per second: 4,892 where a text rounds to the nearest, 4,893 where it rounds up, as every text has to."""


def changes_at_the_peak() -> Iterator[Case]:
    """Changes that each rule with a recorded peak has something to say about."""
    was = AutoScaling(1_000, 9_000, seed=2_000)
    series = spike(flat(900), TUESDAY_EVENING, 30, PEAK)
    for before, after in (
        (provisioned(was), on_demand()),
        (provisioned(9_000), on_demand()),
        (on_demand(), provisioned(was)),
        (on_demand(), provisioned(2_000)),
        (provisioned(9_000), provisioned(2_000)),
        (provisioned(AutoScaling(6_000, 9_000)), provisioned(was)),
        (on_demand(), index_maximum(2_000).declared),
    ):
        yield case(after, baseline(deployed(before), traffic(series)))
    returning = case(provisioned(3_000), baseline(deployed(provisioned(9_000)), traffic(series)))
    assert returning.recorded is not None
    assert returning.recorded.deployed is not None
    recent = replace(
        returning.recorded.deployed, previous=provisioned(3_000), replaced_at=NOW - timedelta(hours=16)
    )
    carried = traffic(spike(flat(900), (NOW - timedelta(hours=20)).replace(minute=0), 30, PEAK))
    yield replace(returning, baseline=replace(returning.recorded, deployed=recent, traffic=carried))


@pytest.mark.sampled(every=8)
@pytest.mark.parametrize("number", range(8))
def test_recorded_peak_is_the_same_number_in_every_text(number: int, tmp_path: Path) -> None:
    judged = list(changes_at_the_peak())[number]
    table = plan_case(tmp_path, judged)
    plan = plan_with(table)
    texts = [finding.text() for finding in table.findings]
    texts += [printed(plan, 120), plan_html(plan), plan_markdown(plan)]
    numbers = {found for text in texts for found in re.findall(r"(?<![\d,.])4,89[23](?![\d,])", text)}
    assert numbers == {"4,893"}


@pytest.mark.sampled(every=2)
@pytest.mark.parametrize("make", [incident, done_right])
def test_example_application_has_one_number_for_one_question(make: object, tmp_path: Path) -> None:
    table: TablePlan = make(tmp_path)  # type: ignore[operator]
    test_plan_has_every_figure_of_cg14(table)
    test_plan_has_what_cg5_found_on_the_declared_capacity(table)
    test_caption_and_chart_show_the_numbers_of_the_replay_that_the_table_states(table)
    test_no_text_has_a_share_above_one_hundred_percent(table)
    test_hours_of_the_week_refuse_a_start_where_a_rule_does(table)
