"""The plans that the gates read from their properties."""

from __future__ import annotations

import json
from typing import Any

import pytest

from capacity_guard.capacity import (
    Capacity,
    InputError,
)
from capacity_guard.capacity.gate_plan import UnreadPlan, capacity_hash
from capacity_guard.capacity.plan_text import unpack_plan
from tests.handlers.gate_world import (
    ON_DEMAND,
    PROVISIONED,
    RAISED,
    TABLE_NAME,
    WARM,
)
from tests.handlers.unread_plans import a_plan_unread

REASON = "orders are lost, incident 4711"


def test_unread_plan_when_written_and_read_is_the_same() -> None:
    for plan in (a_plan_unread(), a_plan_unread(table_name=TABLE_NAME)):
        assert UnreadPlan.from_property(plan.to_property()) == plan


@pytest.mark.parametrize(
    "change",
    [{"kind": "AWS::S3::Bucket"}, {"declared": {}}, {"table": None}],
)
def test_unread_plan_when_it_is_malformed_is_refused(change: dict[str, Any]) -> None:
    data = {**json.loads(unpack_plan(a_plan_unread().to_property())), **change}
    if change == {"table": None}:
        del data["table"]
    with pytest.raises(InputError, match="gate: "):
        UnreadPlan.from_property(json.dumps(data))
    with pytest.raises(InputError, match="gate: Plan"):
        UnreadPlan.from_property("{not json")


def test_hash_when_the_capacity_differs_differs() -> None:
    assert len({capacity_hash(capacity) for capacity in (PROVISIONED, RAISED, ON_DEMAND, WARM)}) == 4
    assert capacity_hash(PROVISIONED) == capacity_hash(Capacity.from_json(PROVISIONED.to_json(), "x"))
