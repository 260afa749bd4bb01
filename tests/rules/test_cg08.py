"""CG8: a table or an index whose throttling no alarm watches, or whose alarm cannot go to ALARM."""

from __future__ import annotations

from dataclasses import replace

import pytest

from capacity_guard import NewTable
from capacity_guard.capacity import InputError, Rollout
from capacity_guard.rules import Case, Level, TemplateFacts
from tests.builders.cases import (
    ALL_WATCHED,
    STRUCTURE,
    baseline,
    case,
    findings,
    flat,
    on_demand,
    provisioned,
    structure_with_indexes,
    throttled_index,
    traffic,
)
from tests.rules.examples import Example, compliant, example_name, other, refused, refused_of, silent


def switch_watched(*keys: str) -> Case:
    return case(on_demand(), template=(TemplateFacts(structure=STRUCTURE, watched=keys),))


def switch_with_threshold(events: float) -> Case:
    """Table and index carry 100 reads and 100 writes per second: 12,000 units per minute."""
    return case(on_demand(), rollout=Rollout(alarm_threshold=events))


def switch_with_overridden_threshold(events: float) -> Case:
    facts = TemplateFacts(watched=ALL_WATCHED, thresholds={"index/by_agent": events})
    return case(on_demand(), template=(facts,))


def switch_with_counts(periods: int, datapoints: int) -> Case:
    facts = TemplateFacts(watched=ALL_WATCHED, alarm_counts={"table": (periods, datapoints)})
    return case(on_demand(), template=(facts,))


def switch_with_muted_alarm(why: str) -> Case:
    facts = TemplateFacts(watched=ALL_WATCHED, alarm_muting={"index/by_agent": why})
    return case(on_demand(), template=(facts,))


def switch_with_undeclared_index() -> Case:
    structure = structure_with_indexes(by_agent="agent_id:S HASH; ALL", by_day="day:S HASH; ALL")
    return case(on_demand(), template=(TemplateFacts(structure=structure, watched=ALL_WATCHED),))


def switch_with_muted_alarms() -> Case:
    """The table's alarm runs no action, and the index's has none in one branch of two."""
    table = TemplateFacts(watched=ALL_WATCHED, alarm_muting={"table": "runs no action"})
    index = replace(table, alarm_muting={"index/by_agent": "has no action"})
    return case(on_demand(), template=(table, index))


def switch_with_faults() -> Case:
    """Nothing is watched in one branch, and an alarm counts another table's events in both."""
    faults = {"index/by_agent": "counts events of another table"}
    facts = TemplateFacts(branch="Small = yes", structure=STRUCTURE, alarm_faults=faults)
    return case(on_demand(), template=(facts, replace(facts, branch=None, watched=("table",))))


def switch_with_both_thresholds(events: float) -> Case:
    return replace(switch_with_overridden_threshold(events), rollout=Rollout(alarm_threshold=40))


def noisy_with_overridden_threshold(events: float) -> Case:
    """The index has 25 throttle events a minute in two minutes of a hundred."""
    return replace(throttled_index(403), template=switch_with_overridden_threshold(events).template)


def busier_reads(events: float) -> Case:
    """Table and index carry 300 reads and 100 writes per second: 24,000 units per minute."""
    carried = traffic(reads=flat(300))
    return case(on_demand(), baseline(carried=carried), rollout=Rollout(alarm_threshold=events))


BY_AN_OVERRIDE = "an alarm that cannot speak, by an override"

EXAMPLES = (
    compliant("an alarm on each", lambda: switch_watched("table", "index/by_agent")),
    refused("an index without an alarm", lambda: switch_watched("table")),
    refused("an alarm that cannot speak", lambda: switch_with_threshold(12_000)),
    refused("an index past the guard", lambda: switch_with_undeclared_index()),
    refused(BY_AN_OVERRIDE, lambda: switch_with_overridden_threshold(12_000)),
    silent(
        "an alarm that cannot speak beside one that somebody named",
        lambda: replace(
            switch_with_threshold(12_000),
            rollout=Rollout(alarm_threshold=12_000, alarms=("orders-writes",)),
        ),
    ),
    silent("a high threshold that traffic can reach", lambda: switch_with_threshold(11_999)),
    silent("a threshold of no events, by an override", lambda: switch_with_overridden_threshold(0)),
    refused(
        "a raised threshold that traffic can reach, by an override",
        lambda: switch_with_overridden_threshold(40),
    ),
    refused("an alarm that counts other minutes, by an override", lambda: switch_with_counts(5, 5)),
    silent("an alarm that counts the declared minutes", lambda: switch_with_counts(5, 2)),
    silent(
        "at the noise of clients that retry",
        lambda: replace(throttled_index(403, 13_000), rollout=Rollout(alarm_threshold=13_000)),
    ),
    silent(
        "no transition, an alarm on each",
        lambda: replace(switch_watched("table", "index/by_agent"), declared=provisioned()),
    ),
)

OTHERS = (
    other("alarms that tell nobody", lambda: switch_with_muted_alarms()),
    other("an alarm that counts something else", lambda: switch_with_faults()),
    other("alarms that count fewer minutes", lambda: switch_with_counts(4, 2)),
    other("alarms that need one minute", lambda: switch_with_counts(5, 1)),
    other("a threshold at the declared one, by an override", lambda: switch_with_both_thresholds(40)),
    other("a threshold above the declared one, by an override", lambda: switch_with_both_thresholds(40.5)),
    other("a threshold at the noise, by an override", lambda: noisy_with_overridden_threshold(25)),
    other("a threshold above the noise, by an override", lambda: noisy_with_overridden_threshold(26)),
    other("busier reads, and an alarm that cannot speak", lambda: busier_reads(24_000)),
    other("busier reads, and an alarm that could just speak", lambda: busier_reads(23_999)),
)


@pytest.mark.parametrize(
    "example", refused_of(EXAMPLES, "an alarm that cannot speak", BY_AN_OVERRIDE), ids=example_name
)
def test_threshold_when_it_is_left_out_as_the_fix_says_expects_silence(example: Example) -> None:
    judged = example.make()
    assert {finding.fix for finding in findings(judged, "CG8")} == {
        "remove alarm_threshold: the guard then takes the noise in the baseline"
    }
    template = tuple(replace(facts, thresholds={}) for facts in judged.template)
    assert findings(replace(judged, rollout=Rollout(), template=template), "CG8") == []


def test_fix_of_a_large_threshold_states_all_of_its_digits() -> None:
    busy = baseline(carried=traffic(flat(30_000)))
    (finding,) = findings(replace(switch_with_overridden_threshold(1_234_567), baseline=busy), "CG8")
    assert finding.fix == (
        "options=GuardOptions(rollout=Rollout(alarm_threshold=1234567)), without the override"
    )


def test_alarm_that_tells_nobody_is_a_warning_since_it_still_vetoes() -> None:
    (finding,) = findings(switch_with_muted_alarm("ActionsEnabled is false"), "CG8")
    assert finding.level is Level.WARN
    assert "ActionsEnabled is false" in finding.text()


@pytest.mark.parametrize(
    "wrong",
    [
        switch_watched("table"),
        switch_with_threshold(12_000),
        switch_with_overridden_threshold(40),
        switch_with_counts(5, 5),
        switch_with_muted_alarm("ActionsEnabled is false"),
        noisy_with_overridden_threshold(26),
    ],
)
def test_alarm_that_is_wrong_while_no_capacity_changes_is_a_warning(wrong: Case) -> None:
    """It would veto the next change, and calls people until then."""
    assert {each.level for each in findings(replace(wrong, declared=provisioned()), "CG8")} == {Level.WARN}


def test_alarm_that_is_wrong_beside_an_unreadable_baseline_is_a_warning() -> None:
    unread = replace(switch_watched("table"), baseline=InputError("orders.json", "is absent", "Record it"))
    assert [each.level for each in findings(unread, "CG8")] == [Level.WARN]


def test_alarms_of_a_table_that_does_not_exist_yet_are_not_judged() -> None:
    """Whatever the template states is deployed with the table; the first change of capacity finds it."""
    assert findings(replace(switch_watched("table"), baseline=NewTable("orders")), "CG8") == []
