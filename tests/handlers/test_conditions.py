"""The table of conditions."""

from __future__ import annotations

from capacity_guard.handlers.aws import GateAws
from capacity_guard.handlers.conditions import CONDITIONS
from capacity_guard.handlers.live_state import LiveState, read_live_state
from capacity_guard.handlers.stack_names import StackNames
from tests.handlers.gate_world import (
    NOW,
    STACK_ID,
    a_plan,
    an_aws,
)


def test_conditions_when_listed_have_names_of_their_own() -> None:
    assert len({condition.name for condition in CONDITIONS}) == len(CONDITIONS)


def test_conditions_when_they_refuse_a_relief_are_those_that_the_service_would_refuse() -> None:
    assert [condition.name for condition in CONDITIONS if condition.is_refused_by_service] == [
        "scaling targets",
        "nothing new",
        "vector indexes",
    ]


def test_conditions_when_everything_agrees_yield_nothing() -> None:
    plan = a_plan()
    live = read_live_state(GateAws(an_aws(plan).clients()), plan, STACK_ID, NOW)
    assert {condition.name: list(condition.check(live)) for condition in CONDITIONS} == {
        condition.name: [] for condition in CONDITIONS
    }


def test_conditions_when_nothing_could_be_read_yield_nothing() -> None:
    plan = a_plan(recorded_at=NOW)
    live = LiveState(plan, NOW, STACK_ID, StackNames(None, {}))
    assert [text for condition in CONDITIONS for text in condition.check(live)] == []


def test_conditions_are_these_the_most_severe_first() -> None:
    """Their names, which the documentation and the log use, the rules that check the same, and those that only warn."""
    assert [(condition.name, condition.rule, condition.only_warns) for condition in CONDITIONS] == [
        ("operation", None, False),
        ("identity", None, False),
        ("armed", None, False),
        ("alone", None, False),
        ("table's properties", None, False),
        ("scaling targets", None, False),
        ("nothing new", None, False),
        ("vector indexes", None, False),
        ("replicas", None, False),
        ("throttling", None, False),
        ("alarms", None, False),
        ("status", None, False),
        ("switch quota", None, False),
        ("decrease quota", None, False),
        ("sent", "CG5", False),
        ("way back", "CG7", False),
        ("equality", None, False),
        ("rise", "CG15", False),
        ("live peak", None, False),
        ("window", None, False),
        ("baseline age", "CG2", False),
        ("warm time", None, False),
        ("travelling", None, True),
        ("shown operation", None, True),
    ]
