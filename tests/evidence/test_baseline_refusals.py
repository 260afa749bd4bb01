"""What the reader says of each field that is left out, of another type or out of range (``tests/evidence/kept_refusals.py``)."""

from __future__ import annotations

import pytest

from tests.evidence.kept_refusals import kept, made


@pytest.mark.slow
def test_each_changed_field_expects_what_is_kept_of_it() -> None:
    assert made("baseline") == kept("baseline"), (
        "if this is meant: python -m tests.evidence.kept_refusals --write"
    )
