"""Every error code that the gates know, and the sentence of every kind of error."""

from __future__ import annotations

from typing import get_args

import pytest

from capacity_guard.handlers.aws_error import AwsError, ErrorKind, kind_of

CODES: dict[ErrorKind, tuple[str, ...]] = {
    "denied": (
        "AccessDenied",
        "AccessDeniedException",
        "UnauthorizedOperation",
        "UnrecognizedClientException",
        "InvalidClientTokenId",
        "ExpiredToken",
        "ExpiredTokenException",
    ),
    "throttled": ("Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException"),
    "missing": ("ResourceNotFoundException", "ChangeSetNotFound", "ChangeSetNotFoundException"),
    "busy": ("ResourceInUseException", "ConcurrentUpdateException"),
    "limit": ("LimitExceededException",),
    "invalid": (
        "ValidationException",
        "ValidationError",
        "InvalidParameterValue",
        "InvalidParameterCombination",
    ),
    "unavailable": (
        "InternalFailure",
        "InternalServerError",
        "InternalServiceError",
        "InternalServiceException",
        "ServiceUnavailable",
    ),
}
SENTENCES: dict[ErrorKind, tuple[str, bool]] = {
    "denied": ("was denied", False),
    "throttled": ("was throttled", True),
    "missing": ("found nothing", False),
    "busy": ("is being changed", True),
    "limit": ("exceeds a quota", False),
    "invalid": ("refused as invalid", False),
    "silent": ("no answer in time", True),
    "late": ("was not made, since the time of this look is over", True),
    "unavailable": ("failed inside the service", True),
    "malformed": ("cannot be read", False),
    "endless": ("more pages than are read", False),
    "failed": ("failed", False),
}
"""A part of the sentence of each kind, and whether the same call may succeed a little later."""


@pytest.mark.parametrize(("code", "kind"), [(code, kind) for kind, codes in CODES.items() for code in codes])
def test_code_that_is_known_has_its_kind_whatever_the_status(code: str, kind: str) -> None:
    assert kind_of(code, 400) == kind
    assert kind_of(code, 503) == kind


@pytest.mark.parametrize(("status", "kind"), [(499, "failed"), (500, "unavailable"), (501, "unavailable")])
def test_code_that_is_unknown_has_the_kind_of_its_status(status: int, kind: str) -> None:
    assert kind_of("Surprise", status) == kind


@pytest.mark.parametrize("kind", get_args(ErrorKind))
def test_every_kind_has_a_sentence_and_is_transient_or_not(kind: ErrorKind) -> None:
    part, is_transient = SENTENCES[kind]
    error = AwsError("dynamodb:DescribeTable of orders", kind, "in its own words")
    assert str(error).startswith("dynamodb:DescribeTable of orders ")
    assert part in str(error)
    assert str(error).endswith("(in its own words)")
    assert (error.kind, error.detail, error.is_transient) == (kind, "in its own words", is_transient)
