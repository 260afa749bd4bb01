"""Names and values of holds."""

from __future__ import annotations

import pytest

from capacity_guard.capacity.hold import NONE, hold_name, is_fingerprint


def test_hold_when_named_has_stack_and_table_in_its_name() -> None:
    assert hold_name("Orders-production", "Table1") == "/capacity-guard/Orders-production/Table1"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0123456789", True),
        ("abcdef0123", True),
        (NONE, False),
        ("0123456789\n", False),
        ("", False),
        ("ABCDEF0123", False),
    ],
)
def test_value_when_it_is_a_fingerprint_is_known(value: str, expected: bool) -> None:
    assert is_fingerprint(value) is expected
