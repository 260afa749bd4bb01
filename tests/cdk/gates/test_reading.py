"""What a guard has read of its table."""

from __future__ import annotations

from dataclasses import replace

import pytest

from capacity_guard import Capacity, InputError
from capacity_guard.capacity.structure import TableKind
from capacity_guard.cdk.gates.reading import Reading
from capacity_guard.cloudformation.declared_capacity import DeclaredCapacity

ON_DEMAND = Capacity.on_demand()
DECLARED = DeclaredCapacity(((None, ON_DEMAND),), (), None, TableKind.TABLE)
ERROR = InputError("S: Orders", "is wrong", "Mend it")


@pytest.mark.parametrize(
    ("reading", "is_done"),
    [
        (Reading(), False),
        (
            Reading(capacity=ON_DEMAND),
            False,
        ),  # what the code of a GuardedTable declares, before the template was read
        (Reading(DECLARED, ON_DEMAND), True),
        (Reading(error=ERROR), True),
        (replace(Reading(DECLARED, ON_DEMAND), error=ERROR), True),
    ],
)
def test_reading_is_done_when_a_declaration_or_an_error_was_found(reading: Reading, is_done: bool) -> None:
    assert reading.is_done is is_done
