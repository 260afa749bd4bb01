"""Which acknowledgment turns the refusals of a condition into warnings, and whether what is sent at the live rate carries it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from capacity_guard.capacity import AutoScaling, Capacity, Provisioned
from capacity_guard.handlers.aws import GateAws
from capacity_guard.handlers.cloudformation_conditions import check_way_back
from capacity_guard.handlers.conditions import CONDITIONS
from capacity_guard.handlers.live_state import read_live_state
from capacity_guard.rules import ALL_RULES
from tests.handlers.gate_world import NOW, ON_DEMAND, PROVISIONED, STACK_ID, a_plan, an_aws, set_traffic


def test_conditions_that_a_rule_checks_too_name_that_rule() -> None:
    named = {condition.name: condition.rule for condition in CONDITIONS if condition.rule is not None}
    assert named == {**named, "sent": "CG5", "way back": "CG7", "rise": "CG15", "baseline age": "CG2"}
    assert set(named.values()) <= {rule.id for rule in ALL_RULES}


@pytest.mark.parametrize(("live", "refused"), [(1_000, False), (1_001, True)])
def test_way_back_that_sends_exactly_the_live_traffic_carries_it(live: float, refused: bool) -> None:
    template: Capacity = replace(
        PROVISIONED, indexes={"by_agent": Provisioned(2_000, AutoScaling(1_000, 8_000, 70, seed=1_000))}
    )
    plan = a_plan(ON_DEMAND, template)
    aws = an_aws(plan)
    set_traffic(aws, {"index/by_agent/write": live})
    state = read_live_state(GateAws(aws.clients()), plan, STACK_ID, NOW)
    found = [text for text in check_way_back(state) if text.startswith("by_agent, write")]
    assert bool(found) is refused
