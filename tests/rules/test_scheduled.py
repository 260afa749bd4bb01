"""Scheduled actions in findings: their text, where they are what throttles, and which cannot be replayed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from capacity_guard.capacity import AutoScaling
from capacity_guard.capacity.scheduled_action import ScheduledAction
from capacity_guard.rules import Case, Level, TemplateFacts, evaluate
from capacity_guard.rules.scheduled import bounds_text, scheduled_text, throttled_by_schedules, unreplayed
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
    on_demand,
    provisioned,
    spike,
    traffic,
)

LOW = ScheduledAction(INDEX_WRITE, "low", "cron(0 20 ? * TUE *)", None, 100, 300)
HIGH = ScheduledAction(INDEX_WRITE, "high", "cron(0 2 ? * WED *)", None, 1_500, 3_000)
SCALED = AutoScaling(1_500, 3_000, seed=1_500)


def evening(
    declared: AutoScaling, *stated: ScheduledAction, recorded: tuple[ScheduledAction, ...] = ()
) -> Case:
    """Lowers the index's writes; on a Tuesday evening they carry 900 a second for an hour and a half."""
    series = spike(flat(150), TUESDAY_EVENING, 90, 900)
    was = replace(deployed(provisioned(SCALED)), schedules=recorded)
    facts = TemplateFacts(structure=STRUCTURE, watched=ALL_WATCHED, schedules=stated)
    return case(provisioned(declared), baseline(was, traffic(series)), template=(facts,))


@pytest.mark.parametrize(
    ("action", "text"),
    [
        (LOW, "cron(0 20 ? * TUE *): minimum 100, maximum 300"),
        (replace(LOW, timezone="Europe/Rome"), "cron(0 20 ? * TUE *) Europe/Rome: minimum 100, maximum 300"),
        (replace(LOW, minimum=None), "cron(0 20 ? * TUE *): maximum 300"),
        (replace(LOW, minimum=None, maximum=None), "cron(0 20 ? * TUE *): no bound"),
    ],
)
def test_text_when_an_action_is_named_has_its_schedule_zone_and_bounds(
    action: ScheduledAction, text: str
) -> None:
    assert bounds_text(action) == text


def test_throttling_when_only_the_declared_bounds_cause_it_expects_no_schedule_blamed() -> None:
    low = replace(SCALED, minimum=100, maximum=300, seed=100)
    assert throttled_by_schedules(evening(low)) == frozenset()
    assert throttled_by_schedules(evening(low, LOW, HIGH)) == frozenset()
    (finding,) = findings(evening(low, LOW, HIGH), "CG5")
    assert finding.deployments


def test_throttling_when_only_scheduled_actions_cause_it_expects_every_rule_to_name_them() -> None:
    judged = evening(replace(SCALED, maximum=2_900), LOW, HIGH)
    assert throttled_by_schedules(judged) == {INDEX_WRITE}
    found = [finding for finding in evaluate(judged) if finding.level is Level.ERROR]
    assert {finding.rule for finding in found} == {"CG5", "CG14"}
    for finding in found:
        assert finding.fix.startswith(
            "raise what its scheduled actions set, up to 1,170 for the busiest hours: low, cron"
        )
        assert finding.deployments == ()


def test_frozen_switch_when_scheduled_actions_hold_the_units_down_expects_them_named_in_the_fix() -> None:
    """CG15, CG14 and CG7: no minimum that is deployed first helps where an action sets a lower one."""
    series = spike(flat(150), TUESDAY_EVENING, 90, 900)
    was = replace(deployed(provisioned(SCALED)), schedules=(LOW, HIGH))
    judged = case(on_demand(), baseline(was, traffic(series)))
    (frozen,) = findings(judged, "CG15")
    assert [figure.value for figure in frozen.figures if figure.label == "provisioned"] == ["300 writes/s"]
    assert "and raise what its scheduled actions set in the hours of the change: low, cron" in frozen.fix
    undisturbed = case(on_demand(), baseline(replace(was, schedules=()), traffic(series)))
    assert findings(undisturbed, "CG15") == []


def test_actions_when_they_are_listed_expect_those_of_the_index_once() -> None:
    judged = evening(SCALED, LOW, recorded=(LOW, HIGH))
    assert scheduled_text(judged, INDEX).count("low, ") == 1
    assert scheduled_text(judged, INDEX, "read") == ""
    assert scheduled_text(judged, None) == ""


def test_actions_when_one_cannot_be_replayed_expect_it_with_the_reason() -> None:
    unknown = replace(LOW, schedule="rate(1 day)")
    assert unreplayed([LOW, unknown]) == {
        unknown: "'rate(1 day)' without a start: when it runs is not recorded"
    }
