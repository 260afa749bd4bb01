"""What the rules make of a template about which nothing is known."""

from __future__ import annotations

from capacity_guard.rules import Level, TemplateFacts, evaluate
from tests.builders.cases import ALL_WATCHED, case, on_demand

UNKNOWN = ("CG10", Level.WARN)
"""The baseline does not tell what else changes."""


def test_facts_when_nothing_is_stated_violate_no_rule_but_the_one_on_alarms() -> None:
    found = evaluate(case(on_demand(), template=(TemplateFacts(),)))
    assert {(finding.rule, finding.level) for finding in found} == {("CG8", Level.ERROR), UNKNOWN}
    watched = evaluate(case(on_demand(), template=(TemplateFacts(watched=ALL_WATCHED),)))
    assert [(finding.rule, finding.level) for finding in watched] == [UNKNOWN]


def test_facts_when_made_twice_share_no_thresholds() -> None:
    assert TemplateFacts().thresholds is not TemplateFacts().thresholds
