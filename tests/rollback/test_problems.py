"""Errors of a look in words for people, and their trace in the log."""

from __future__ import annotations

import pytest

from capacity_guard.capacity import InputError
from capacity_guard.handlers.aws_error import AwsError
from capacity_guard.rollback.problems import problem_of, trace_of


@pytest.mark.parametrize(
    "error", [AwsError("s:Call", "denied", "no"), InputError("place", "is wrong", "Correct it")]
)
def test_error_whose_text_says_it_all_is_that_text_without_a_trace(error: Exception) -> None:
    assert problem_of(error) == str(error)
    assert trace_of(error) == []


def test_error_that_nobody_foresaw_has_its_type_and_its_trace() -> None:
    try:
        _ = {}["of tomorrow"]  # type: ignore[var-annotated]
    except KeyError as error:
        found = error
    assert problem_of(found) == (
        "KeyError: 'of tomorrow' (a defect, or data that this version does not know: the function's log has more)"
    )
    lines = trace_of(found)
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[-1] == "KeyError: 'of tomorrow'"
