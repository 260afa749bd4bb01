"""What is kept of transitions, their ways back and their reliefs, and of defaults (``scenarios.py``)."""

from __future__ import annotations

import pytest

from tests.capacity.scenarios import GROUPS, kept, made


@pytest.mark.parametrize("group", GROUPS)
def test_capacity_says_what_is_kept_of_it(group: str) -> None:
    assert made(group) == kept(group), "if this is meant: python -m tests.capacity.scenarios --write"
