"""Errors of calls to AWS, each turned into one sentence that names the call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Literal

ErrorKind = Literal[
    "denied",
    "throttled",
    "missing",
    "busy",
    "limit",
    "invalid",
    "silent",
    "late",
    "unavailable",
    "malformed",
    "endless",
    "failed",
]

_KIND_OF_CODE: Mapping[str, ErrorKind] = {
    "AccessDenied": "denied",
    "AccessDeniedException": "denied",
    "UnauthorizedOperation": "denied",
    "UnrecognizedClientException": "denied",
    "InvalidClientTokenId": "denied",
    "ExpiredToken": "denied",
    "ExpiredTokenException": "denied",
    "Throttling": "throttled",
    "ThrottlingException": "throttled",
    "RequestLimitExceeded": "throttled",
    "TooManyRequestsException": "throttled",
    "ResourceNotFoundException": "missing",
    "ParameterNotFound": "missing",
    "ChangeSetNotFound": "missing",
    "ChangeSetNotFoundException": "missing",
    "ResourceInUseException": "busy",
    "ConcurrentUpdateException": "busy",
    "LimitExceededException": "limit",
    "ValidationException": "invalid",
    "ValidationError": "invalid",
    "InvalidParameterValue": "invalid",
    "InvalidParameterCombination": "invalid",
    "InternalFailure": "unavailable",
    "InternalServerError": "unavailable",
    "InternalServiceError": "unavailable",
    "InternalServiceException": "unavailable",
    "ServiceUnavailable": "unavailable",
}
_TEXT_OF_KIND: Mapping[ErrorKind, str] = {
    "denied": "was denied: the guard's role may not do it",
    "throttled": "was throttled, also when repeated",
    "missing": "found nothing",
    "busy": "met a resource that is being changed",
    "limit": "exceeds a quota",
    "invalid": "was refused as invalid",
    "silent": "got no answer in time",
    "late": "was not made, since the time of this look is over",
    "unavailable": "failed inside the service",
    "malformed": "was answered in a form that cannot be read",
    "endless": "was answered with more pages than are read",
    "failed": "failed",
}
_TRANSIENT: tuple[ErrorKind, ...] = ("throttled", "busy", "silent", "late", "unavailable")


class AwsError(Exception):
    """A call to AWS failed, or its response could not be read.

    Attributes:
        kind: what went wrong.
        detail: message of the service.
    """

    def __init__(self, call: str, kind: ErrorKind, detail: str) -> None:
        self.kind = kind
        self.detail = detail
        text = f"{call} {_TEXT_OF_KIND[kind]}"
        super().__init__(f"{text} ({detail[:240]})" if detail else text)

    @property
    def is_transient(self) -> bool:
        """Whether the same call may succeed a little later."""
        return self.kind in _TRANSIENT


def kind_of(code: str, status: int) -> ErrorKind:
    """The kind of an error response.

    Args:
        code: error code of the service, for example ``ThrottlingException``.
        status: HTTP status code.
    """
    return _KIND_OF_CODE.get(code, "unavailable" if status >= 500 else "failed")


@contextmanager
def reading(call: str) -> Iterator[None]:
    """Raise an ``AwsError`` if reading a response raises what a malformed response causes.

    Args:
        call: the call that was answered, for the sentence.
    """
    try:
        yield
    except (
        KeyError,
        TypeError,
        ValueError,
        AttributeError,
        IndexError,
        OverflowError,
        RecursionError,
    ) as error:
        raise AwsError(call, "malformed", repr(error)) from error


__all__ = ["AwsError", "ErrorKind", "kind_of", "reading"]
