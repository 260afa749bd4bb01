"""What is kept of ``limits``, line by line (``scenarios.py``)."""

from __future__ import annotations

import pytest

from tests.capacity.scenarios import kept, made


@pytest.mark.parametrize("group", ["defaults"])
def test_capacity_says_what_is_kept_of_it(group: str) -> None:
    assert made(group) == kept(group), "if this is meant: python -m tests.kept"
