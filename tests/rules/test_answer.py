"""The values of an answer: each is its own value, and nothing of it changes."""

from __future__ import annotations

import dataclasses

import pytest

from capacity_guard.capacity import Capacity
from capacity_guard.rules.answer import Alternative, Answer, Step, StepCost


def test_values_are_compared_by_value_and_cannot_be_changed() -> None:
    step = Step(Capacity.on_demand(), "capacity=Capacity.on_demand(),", "python", StepCost("USD", None, None))
    answer = Answer((0, 2), (Alternative("", (step,), "capacity-guard record"),))
    assert answer == dataclasses.replace(answer)
    assert answer != dataclasses.replace(answer, findings=(0,))
    with pytest.raises(dataclasses.FrozenInstanceError):
        answer.text = "other"  # type: ignore[misc]
