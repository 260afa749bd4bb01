"""Errors of calls to AWS: their kinds, their sentences, and which of them are transient."""

from __future__ import annotations

import pytest

from capacity_guard.handlers.aws_error import AwsError, kind_of, reading


@pytest.mark.parametrize(
    ("code", "status", "kind", "is_transient"),
    [
        ("AccessDeniedException", 400, "denied", False),
        ("ThrottlingException", 400, "throttled", True),
        ("ResourceInUseException", 400, "busy", True),
        ("LimitExceededException", 400, "limit", False),
        ("ValidationError", 400, "invalid", False),
        ("NeverSeen", 503, "unavailable", True),
        ("NeverSeen", 400, "failed", False),
    ],
)
def test_error_when_it_has_a_code_has_a_kind_and_may_be_transient(
    code: str, status: int, kind: str, is_transient: bool
) -> None:
    found = kind_of(code, status)
    assert found == kind
    assert AwsError("dynamodb:DescribeTable", found, "").is_transient is is_transient


def test_error_when_shown_names_the_call_and_a_short_detail() -> None:
    assert str(AwsError("dynamodb:DescribeTable", "missing", "")) == "dynamodb:DescribeTable found nothing"
    text = str(AwsError("dynamodb:DescribeTable", "failed", "x" * 1_000))
    assert text == f"dynamodb:DescribeTable failed ({'x' * 240})"


@pytest.mark.parametrize("error", [KeyError, TypeError, ValueError, AttributeError, IndexError])
def test_reading_when_a_response_is_malformed_raises_a_malformed_error(error: type[Exception]) -> None:
    with (
        pytest.raises(AwsError, match="DescribeTable was answered in a form") as raised,
        reading("DescribeTable"),
    ):
        raise error("Table")
    assert raised.value.kind == "malformed"
    with pytest.raises(ZeroDivisionError), reading("DescribeTable"):
        raise ZeroDivisionError
