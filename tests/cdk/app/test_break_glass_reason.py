"""The reason of a break-glass change."""

from __future__ import annotations

import pytest

from capacity_guard.capacity import InputError
from capacity_guard.cdk.app.break_glass_reason import REASON_LONGEST, checked_reason


def test_reason_when_it_has_several_lines_expects_one_line() -> None:
    assert checked_reason("  The table\n throttles \tnow ", "context") == "The table throttles now"


@pytest.mark.parametrize("value", [None, True, 7, "", " \n", "false", " True\n", "0", "off", "null"])
def test_reason_when_it_is_not_text_or_blank_or_a_switch_expects_an_error_with_its_place(
    value: object,
) -> None:
    with pytest.raises(InputError) as raised:
        checked_reason(value, "context: capacity-guard:break-glass")
    assert raised.value.location == "context: capacity-guard:break-glass"


def test_reason_when_it_is_longer_than_a_response_may_hold_expects_an_error() -> None:
    assert len(checked_reason("x" * REASON_LONGEST, "context")) == REASON_LONGEST
    with pytest.raises(InputError, match=f"has {REASON_LONGEST + 1} characters"):
        checked_reason("x" * (REASON_LONGEST + 1), "context")
