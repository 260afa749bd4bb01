"""CG14: a change that throttles more than the budget when it is replayed over recorded traffic."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capacity_guard.capacity import AutoScaling, Capacity, Dimension, Margins, OnDemand, Provisioned, Units
from capacity_guard.capacity.scheduled_action import ScheduledAction
from capacity_guard.evidence.baseline import NewTable
from capacity_guard.rules import Case, Level, TemplateFacts
from capacity_guard.rules.template_facts import TrackingFacts
from capacity_guard.simulator.engine import runner
from capacity_guard.simulator.parameters import Parameters
from capacity_guard.simulator.table_replay import DimensionOutcome
from capacity_guard.simulator.transition_replay import AFTER_MINUTES, simulate_change
from capacity_guard.simulator.worst_hour import can_start
from tests.builders.cases import (
    ALL_WATCHED,
    INDEX,
    INDEX_WRITE,
    STRUCTURE,
    TUESDAY_EVENING,
    baseline,
    case,
    deployed,
    findings,
    flat,
    index_maximum,
    on_demand,
    provisioned,
    spike,
    switch_from_provisioned,
    switch_to_provisioned,
    switch_with_index_peak,
    traffic,
)
from tests.rules.examples import Example, compliant, example_name, other, refused, refused_of, silent
from tests.rules.pasting import declare_fix, deploy_first, for_guarded_table
from tests.simulator.builders import stretches

FROZEN = "auto scaling frozen on a rising morning"


def long_evening(index_becomes: int | AutoScaling, was: int = 3_000) -> Case:
    """Four hours of 900 writes per second on the index; the table is lowered as well, so this is not a relief."""
    series = spike(flat(300), TUESDAY_EVENING, 240, 900)
    return case(provisioned(index_becomes, 900), baseline(deployed(provisioned(was, 1_000)), traffic(series)))


def both_accesses() -> Case:
    """A switch of an index whose reads and writes exceed what it starts with for ten minutes."""
    series = spike(flat(1_000), TUESDAY_EVENING, 10, 14_000)
    seeded = AutoScaling(9_000, 15_000, seed=14_000)
    was = deployed(provisioned(seeded, 15_000, seeded))
    return case(
        on_demand(indexes={INDEX: OnDemand(Units(read=14_500))}), baseline(was, traffic(series, None, series))
    )


EXAMPLES = (
    compliant("a ceiling above the peak", lambda: case(on_demand())),
    refused("an index's ceiling, switched", lambda: switch_with_index_peak(8_000, minutes=10)),
    refused(FROZEN, lambda: switch_from_provisioned(AutoScaling(100, 5_000, seed=2_000), 2_000, minutes=30)),
    refused("an on-demand maximum lowered", lambda: index_maximum(400, was=2_000)),
    refused("fixed units that carry today, but not 1.3 times of it", lambda: long_evening(1_000)),
    refused("auto scaling that comes too late", lambda: long_evening(AutoScaling(400, 4_000))),
    refused(
        "a seed that carries the recording, but not what Preflight admits",
        lambda: case(
            provisioned(AutoScaling(1_000, 6_000, seed=2_000)),
            baseline(deployed(on_demand()), traffic(flat(2_000))),
        ),
    ),
    silent("a minute that burst carries", lambda: switch_from_provisioned(1_000, 1_500)),
    silent("what today's capacity throttles as well", lambda: long_evening(800, was=800)),
    silent(
        "a switch that cannot start, which CG5 refuses",
        lambda: switch_to_provisioned(AutoScaling(2_000, 2_000)),
    ),
    silent("a table that carried nothing yet", lambda: case(on_demand(), NewTable("x"))),
)

OTHERS = (
    other("an index's reads and writes at once", lambda: both_accesses()),
    other("lowered with a seed", lambda: long_evening(AutoScaling(300, 800, seed=500))),
    other(
        "a switch without a seed in a rising morning",
        lambda: switch_from_provisioned(AutoScaling(100, 5_000), 2_000, minutes=30),
    ),
    other(
        "to provisioned with a seed",
        lambda: switch_to_provisioned(AutoScaling(600, 2_500, seed=700), minutes=30),
    ),
)


_rates = st.lists(st.tuples(st.floats(100, 2_500), st.integers(5, 90)), min_size=1, max_size=3)


@settings(deadline=None, max_examples=60)
@given(
    rates=_rates,
    seed=st.floats(1.0, 1.35),
    minimum=st.floats(0.5, 1.0),
    target=st.sampled_from([50, 70, 90]),
    switches=st.booleans(),
)
def test_change_that_is_not_refused_starts_within_the_budget_with_all_that_preflight_admits(
    rates: list[tuple[float, int]], seed: float, minimum: float, target: int, switches: bool
) -> None:
    """Up to four hours of traffic, every minute a start; ``simulate_change`` is the definition."""
    peak = max(rate for rate, _ in rates)
    sent = math.ceil(peak * seed)
    scaled = AutoScaling(math.ceil(peak * minimum), 3 * sent, target, seed=sent)
    carried = traffic(stretches(*rates))
    before = on_demand() if switches else provisioned(3 * sent)
    judged = case(provisioned(scaled), baseline(deployed(before), carried))
    transition, margins = judged.transition, judged.margins
    assert transition is not None
    starts = transition.switches or transition.units_sent(INDEX_WRITE) is not None
    if not starts or not can_start(transition) or findings(judged, "CG14"):
        return
    admitted = Parameters(reaction_minutes=margins.scaling_reaction_minutes, peak_second=1.0)
    written = carried.only([INDEX_WRITE])

    def replayed(at: int) -> DimensionOutcome:
        change = simulate_change(
            transition, written, at, parameters=admitted, factor=margins.live_peak, runner=runner()
        )
        return change.outcome.dimensions[INDEX_WRITE]

    today = replayed(carried.minutes)
    for at in range(carried.minutes):
        span = slice(at, at + margins.switch_minutes * transition.switches + AFTER_MINUTES)
        change = replayed(at)
        added = math.fsum(change.throttled[span]) - math.fsum(today.throttled[span])
        assert added <= margins.throttle_budget * math.fsum(change.demand[span]) + 1e-3


def lowered_maximum(rate: float) -> Case:
    """Twenty minutes of an evening at a rate that the lower maximum carries with the burst of a quiet day alone."""
    carried = traffic(spike(flat(40), TUESDAY_EVENING, 20, rate))
    was = provisioned(AutoScaling(10, 312, 50, seed=312))
    return case(provisioned(AutoScaling(145, 208, 50, seed=208)), baseline(deployed(was), carried))


def test_maximum_that_falls_on_a_plateau_finds_the_burst_used_up() -> None:
    """Settled, the declared capacity carries the evening: only its start in these minutes shows what is missing. The maximum
    of today is enough."""
    assert findings(lowered_maximum(130), "CG14") == []
    (finding,) = findings(lowered_maximum(150), "CG14")
    assert findings(lowered_maximum(150), "CG5") == []
    assert "the change started " in finding.text()
    assert "maximum=312" in finding.fix
    assert declare_fix(lowered_maximum(150), "CG14") == []


def test_lowered_table_is_refused_though_an_index_throttles_it_already() -> None:
    """An index that throttles before and after rejects most of the table's writes, and the table rejects some more."""
    carried = traffic(flat(400), spike(flat(100), TUESDAY_EVENING, 60, 400))
    judged = case(provisioned(100, 300), baseline(deployed(provisioned(100, 1_000)), carried))
    assert [finding.subject for finding in findings(judged, "CG14")] == ["Conversations / table, write"]
    assert [finding.subject for finding in findings(judged, "CG5")] == ["Conversations / table, write"]
    assert declare_fix(judged, "CG14") == []


NIGHT = ScheduledAction(Dimension(None, "write"), "night", "cron(0 20 * * ? *)", None, 20, 40)


def switch_with_schedules(*in_template: ScheduledAction, recorded: tuple[ScheduledAction, ...] = ()) -> Case:
    """A switch to on-demand that carries its traffic, of a table whose auto scaling has scheduled actions."""
    was = replace(deployed(provisioned()), schedules=recorded)
    facts = TemplateFacts(structure=STRUCTURE, watched=ALL_WATCHED, schedules=in_template)
    return case(on_demand(), baseline(was), template=(facts,))


UNKNOWN = replace(NIGHT, schedule="rate(1 day)")
"""When it runs is not recorded, so it cannot be replayed."""


@pytest.mark.parametrize(
    ("judged", "note"),
    [
        (switch_with_schedules(UNKNOWN), "in the template"),
        (switch_with_schedules(recorded=(UNKNOWN,)), "recorded"),
        (switch_with_schedules(UNKNOWN, recorded=(UNKNOWN,)), "recorded, in the template"),
    ],
    ids=["new", "recorded", "both"],
)
def test_scheduled_action_that_cannot_be_replayed_is_told_of_a_dimension_that_changes(
    judged: Case, note: str
) -> None:
    (finding,) = findings(judged, "CG14")
    assert finding.level is Level.WARN
    assert [(figure.label, figure.value, figure.note) for figure in finding.figures] == [
        (
            "table, write: night",
            "rate(1 day): minimum 20, maximum 40",
            f"{note}; 'rate(1 day)' without a start: when it runs is not recorded; "
            "below the recorded peak of 100 writes/s",
        )
    ]


@pytest.mark.parametrize("maximum", [100, None])
def test_scheduled_action_whose_maximum_carries_the_recorded_peak_is_told_without_it(
    maximum: int | None,
) -> None:
    (finding,) = findings(switch_with_schedules(replace(UNKNOWN, maximum=maximum)), "CG14")
    (figure,) = finding.figures
    assert "recorded peak" not in figure.note


@pytest.mark.parametrize("judged", [switch_with_schedules(NIGHT), switch_with_schedules(recorded=(NIGHT,))])
def test_scheduled_action_that_is_replayed_and_carries_what_was_recorded_is_not_told(judged: Case) -> None:
    assert findings(judged, "CG14") == []


@pytest.mark.parametrize(
    ("recorded", "told"),
    [
        ((), ["table, write: night"]),
        ((replace(UNKNOWN, maximum=41),), ["table, write: night"]),
        ((replace(UNKNOWN, name="day"),), ["table, write: night"]),
        ((replace(UNKNOWN, timezone="UTC"),), []),
        ((UNKNOWN,), []),
    ],
    ids=["none", "other bounds", "another", "the default zone", "the same"],
)
@pytest.mark.parametrize(
    "declared",
    [
        provisioned(),
        replace(provisioned(), indexes={INDEX: Provisioned(read=9_000, write=9_000)}),
    ],
    ids=["no transition", "a transition of the index"],
)
def test_scheduled_action_that_was_not_recorded_is_told_also_where_no_capacity_changes(
    declared: Capacity, recorded: tuple[ScheduledAction, ...], told: list[str]
) -> None:
    found = findings(replace(switch_with_schedules(UNKNOWN, recorded=recorded), declared=declared), "CG14")
    assert {finding.level for finding in found} <= {Level.WARN}
    assert [figure.label for finding in found for figure in finding.figures] == told


EVENING = ScheduledAction(INDEX_WRITE, "evening", "cron(0 20 ? * TUE *)", "Europe/Berlin", 100, 300)
AFTER = ScheduledAction(INDEX_WRITE, "after", "cron(0 2 ? * WED *)", "Europe/Berlin", 200, 2_000)


def busy_evening(
    *, recorded: tuple[ScheduledAction, ...] = (), stated: tuple[ScheduledAction, ...] = ()
) -> Case:
    """A maximum of the index's writes is lowered, without harm; on a Tuesday evening it carries 900 writes a second."""
    series = spike(flat(150), TUESDAY_EVENING, 90, 900)
    was = replace(deployed(provisioned(AutoScaling(1_300, 3_000))), schedules=recorded)
    facts = TemplateFacts(structure=STRUCTURE, watched=ALL_WATCHED, schedules=stated)
    declared = provisioned(AutoScaling(1_300, 2_500))
    return case(declared, baseline(was, traffic(series)), template=(facts,))


def test_scheduled_actions_of_the_template_when_they_lower_the_bounds_in_busy_hours_are_refused() -> None:
    assert findings(busy_evening(), "CG14") == []
    (finding,) = findings(busy_evening(stated=(EVENING, AFTER)), "CG14")
    assert (finding.level, finding.dimension) == (Level.ERROR, INDEX_WRITE)
    assert next(figure.value for figure in finding.figures if figure.label == "served then") == "300 writes/s"
    assert finding.fix == (
        "raise what its scheduled actions set, up to 1,170 for the busiest hours: "
        "evening, cron(0 20 ? * TUE *) Europe/Berlin: minimum 100, maximum 300; "
        "after, cron(0 2 ? * WED *) Europe/Berlin: minimum 200, maximum 2,000"
    )
    assert finding.deployments == ()


def test_scheduled_actions_when_today_has_them_too_add_nothing_to_what_today_throttles() -> None:
    assert findings(busy_evening(recorded=(EVENING, AFTER)), "CG14") == []


def test_scheduled_actions_when_no_capacity_changes_and_they_throttle_are_told_with_what_they_throttle() -> (
    None
):
    judged = busy_evening(stated=(EVENING, AFTER))
    assert judged.recorded is not None
    assert judged.recorded.deployed is not None
    (finding,) = findings(replace(judged, declared=judged.recorded.deployed.template), "CG14")
    assert finding.level is Level.WARN
    assert [figure.label for figure in finding.figures] == [
        "by_agent, write: evening",
        "by_agent, write: after",
        "throttled",
    ]


MORNING = ScheduledAction(INDEX_WRITE, "morning", "cron(0 18 ? * TUE *)", "Europe/Berlin", 1_300, 2_000)


def without_its_schedule(*, in_template: bool = True, stated: tuple[ScheduledAction, ...] = ()) -> Case:
    """A maximum that never carries a Tuesday evening by itself: a scheduled action raises it before, as recorded."""
    judged = busy_evening(recorded=(MORNING,), stated=stated)
    assert judged.recorded is not None
    assert judged.recorded.deployed is not None
    scaling = {
        "Target": {
            "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
            "Properties": {"ScheduledActions": [{"ScheduledActionName": "morning"}]},
        }
    }
    was = replace(
        deployed(provisioned(AutoScaling(200, 400))),
        schedules=(MORNING,),
        scaling=scaling if in_template else {},
    )
    return replace(judged, declared=was.template, baseline=replace(judged.recorded, deployed=was))


def test_scheduled_action_that_is_removed_is_named_with_what_throttles_without_it() -> None:
    (finding,) = findings(without_its_schedule(), "CG14")
    assert finding.level is Level.WARN
    assert "without scheduled actions that its template no longer has" in finding.title
    assert [(figure.label, figure.note) for figure in finding.figures][:1] == [
        ("by_agent, write: morning", "deployed, and not in the template")
    ]
    assert finding.fix == "keep them, or raise the minimum of the auto scaling to what they set"


def test_scheduled_action_that_stays_in_the_template_or_never_was_in_one_is_not_named() -> None:
    assert findings(without_its_schedule(stated=(MORNING,)), "CG14") == []
    assert findings(without_its_schedule(in_template=False), "CG14") == []


def test_scheduled_action_is_not_taken_for_removed_where_no_template_is_known() -> None:
    assert findings(replace(without_its_schedule(), template=()), "CG14") == []


def test_scheduled_action_that_is_removed_together_with_a_change_is_no_part_of_its_replay() -> None:
    judged = without_its_schedule()
    higher = replace(judged, declared=provisioned(AutoScaling(201, 401)))
    (finding,) = findings(higher, "CG14")
    assert (finding.level, finding.dimension) == (Level.WARN, INDEX_WRITE)  # a relief: it only raises
    assert findings(replace(higher, template=without_its_schedule(stated=(MORNING,)).template), "CG14") == []


def test_scheduled_action_of_a_dimension_that_stays_is_not_told() -> None:
    judged = switch_with_schedules(NIGHT, recorded=(NIGHT,))
    raised = replace(provisioned(), indexes={INDEX: Provisioned(read=9_000, write=9_000)})
    assert findings(replace(judged, declared=raised), "CG14") == []


def test_scheduled_actions_that_cannot_be_read_are_told() -> None:
    judged = switch_with_schedules()
    (facts,) = judged.template
    unread = replace(facts, schedules_unread="S: Target.MaxCapacity cannot be read")
    (finding,) = findings(replace(judged, template=(unread,)), "CG14")
    assert "not readable  S: Target.MaxCapacity cannot be read" in finding.text()


@pytest.mark.sampled(every=5)
@pytest.mark.parametrize(
    "example",
    [example for example in refused_of(EXAMPLES) if example.name != FROZEN],
    ids=example_name,
)
def test_change_when_its_fix_is_declared_expects_silence(example: Example) -> None:
    assert declare_fix(example.make(), "CG14") == []


def test_frozen_start_when_its_fix_is_deployed_first_expects_silence() -> None:
    (example,) = refused_of(EXAMPLES, FROZEN)
    judged = for_guarded_table(example.make())
    assert findings(deploy_first(judged, findings(judged, "CG14")), "CG14") == []


@pytest.mark.parametrize("declared", [provisioned(), on_demand()])
@pytest.mark.parametrize(
    ("tracking", "said"),
    [
        (TrackingFacts("P", out_seconds=601), ("ScaleOutCooldown", "601 s", "P; replayed: 10 minutes")),
        (TrackingFacts("P", in_seconds=901), ("ScaleInCooldown", "901 s", "P; replayed: 15 minutes")),
        (TrackingFacts("P", only_out=True), ("DisableScaleIn", "true", "P; replayed as if it lowered")),
        (
            TrackingFacts("P", unread="P.ScaleOutCooldown is x"),
            ("not readable", "P.ScaleOutCooldown is x", ""),
        ),
    ],
)
def test_auto_scaling_that_is_not_replayed_as_it_is_set_is_a_warning_with_or_without_a_transition(
    declared: Capacity, tracking: TrackingFacts, said: tuple[str, str, str]
) -> None:
    facts = TemplateFacts(tracking=(tracking,))
    judged = case(declared, template=(facts, facts))
    (found,) = [each for each in findings(judged, "CG14") if "the replay does not model" in each.title]
    assert found.level is Level.WARN
    assert [(figure.label, figure.value, figure.note) for figure in found.figures] == [said]


def test_cooldowns_that_the_replay_covers_are_no_finding() -> None:
    within = TrackingFacts("P", out_seconds=600, in_seconds=900)
    judged = case(provisioned(), template=(TemplateFacts(tracking=(within,)),))
    assert findings(judged, "CG14") == []
    slow = TrackingFacts("P", out_seconds=900)
    margins = Margins(scaling_reaction_minutes=15)
    assert (
        findings(replace(judged, margins=margins, template=(TemplateFacts(tracking=(slow,)),)), "CG14") == []
    )
