"""Read-only calls to AWS whose every failure becomes one clear line."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from constructs_lib.capacity.errors import InputError

from .journal import Journal

THROTTLED = {
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestLimitExceeded",
    "LimitExceededException",
    "TooManyRequestsException",
    "RequestThrottled",
    "RequestThrottledException",
}
_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
_REJECTED = {
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "AuthFailure",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
}
_DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "NotAuthorized"}
_PAUSES = (1.0, 2.0, 4.0, 8.0)
"""Seconds between tries of a throttled call. CloudWatch's quota of data points is one per second (CloudWatch Guide,
cloudwatch_limits), and the SDK's own quick retries may all fall into the same second."""

_IAM_PREFIX = {
    "dynamodb": "dynamodb",
    "application-autoscaling": "application-autoscaling",
    "cloudformation": "cloudformation",
    "cloudwatch": "cloudwatch",
    "resourcegroupstaggingapi": "tag",
}


class Refused(InputError):
    """A call that the service refused.

    Attributes:
        code: the service's error code.
        text: the service's message.
    """

    def __init__(self, where: str, problem: str, remedy: str, code: str, text: str) -> None:
        super().__init__(where, problem, remedy)
        self.code = code
        self.text = text

    @property
    def passes(self) -> bool:
        """Whether it may pass by itself or with a new sign-in, so that a recording can go on later."""
        return self.code in THROTTLED or self.code in _EXPIRED


class Aws:
    """Calls to AWS.

    Args:
        client: gives the boto3 client of a service.
        pause: waits for a number of seconds.
        journal: what was answered before, and where answers are kept; ``None`` keeps none.
        told: called with each operation that is about to be asked.
    """

    def __init__(
        self,
        client: Callable[[str], Any],
        pause: Callable[[float], None] = time.sleep,
        journal: Journal | None = None,
        told: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._client = client
        self._clients: dict[str, Any] = {}
        self.pause = pause
        self._journal = journal
        self._told = told

    def keeping(self, journal: Journal, told: Callable[[str], None]) -> Aws:
        """The same calls, their answers kept in a journal and taken from it where it has them."""
        return Aws(self._client, self.pause, journal, told)

    @staticmethod
    def connect(region: str | None, endpoint_url: str | None) -> Aws:
        """Calls with the credentials that boto3 finds.

        Args:
            region: AWS Region; ``None`` takes the one of the profile or the environment.
            endpoint_url: address of another endpoint than AWS, for all services; ``None`` for AWS, or for what
                ``AWS_ENDPOINT_URL`` names.

        Raises:
            InputError: boto3 is not installed.
        """
        try:
            import boto3
            from botocore.config import Config
        except ImportError:
            raise InputError(
                "boto3",
                "is not installed, and reading AWS needs it",
                "Run: pip install 'capacity-guard[record]'",
            ) from None
        config = Config(retries={"mode": "standard", "max_attempts": 4}, connect_timeout=10, read_timeout=60)

        def client(service: str) -> Any:
            # boto3.Session is made on first use: it raises for an unknown profile, and `call` turns that into a line.
            session = boto3.Session(region_name=region)
            return session.client(service, endpoint_url=endpoint_url, config=config)

        return Aws(client)

    def call(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """One call, repeated after a pause while the service throttles it.

        Args:
            service: boto3's name of the service.
            operation: boto3's name of the operation, for example ``describe_table``.
            parameters: of the operation.

        Raises:
            Refused: the service refused it; other problems (no Region, no credentials, no connection) are plain
                ``InputError``.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        action = f"{_IAM_PREFIX[service]}:{''.join(word.title() for word in operation.split('_'))}"
        question = {"service": service, "operation": operation, "parameters": parameters}
        if self._journal is not None and (known := self._journal.answer(question)) is not None:
            return known
        self._told(action)
        for wait in (*_PAUSES, None):
            try:
                if service not in self._clients:
                    self._clients[service] = self._client(service)
                answer: dict[str, Any] = getattr(self._clients[service], operation)(**parameters)
                return answer if self._journal is None else self._journal.note(question, answer)
            except ClientError as error:
                code = str(error.response.get("Error", {}).get("Code", "Unknown"))
                if code in THROTTLED and wait is not None:
                    self.pause(wait)
                    continue
                raise _refused(
                    action, code, _line(error.response.get("Error", {}).get("Message", ""))
                ) from None
            except BotoCoreError as error:
                raise _failed(action, error) from None
        raise AssertionError("the last try either answers or raises")

    def pages(
        self, service: str, operation: str, paged_by: str = "NextToken", **parameters: Any
    ) -> Iterator[dict[str, Any]]:
        """Every page of a call that is paged by a token.

        Args:
            service: boto3's name of the service.
            operation: boto3's name of the operation.
            paged_by: what the operation calls its token.
            parameters: of the operation.

        Raises:
            InputError: as ``call``; or the same token came twice, which would never end.
        """
        token = None
        while True:
            page = self.call(service, operation, **parameters, **({} if token is None else {paged_by: token}))
            yield page
            following = page.get(paged_by)
            if not following:
                return
            if following == token:
                raise InputError(f"{service} {operation}", "gave the same page token twice", "Record again")
            token = following


def _refused(action: str, code: str, text: str) -> Refused:
    if code in _EXPIRED:
        return Refused(
            action, "the credentials have expired", "Sign in again, for example: aws sso login", code, text
        )
    if code in _REJECTED:
        return Refused(
            action, f"the credentials are not accepted ({code})", "Check profile and Region", code, text
        )
    if code in _DENIED:
        return Refused(
            action,
            f"is denied ({text})",
            "Allow this action; docs/recording.md lists all that are needed",
            code,
            text,
        )
    if code in THROTTLED:
        return Refused(
            action, "is still throttled after five tries", "Record again in a few minutes", code, text
        )
    return Refused(action, f"failed: {code} {text}".rstrip(), "See docs/recording.md", code, text)


def _failed(action: str, error: Exception) -> InputError:
    kind = type(error).__name__
    if kind == "NoRegionError":
        return InputError("Region", "is not known", "Give --region, or set AWS_REGION")
    if kind in (
        "NoCredentialsError",
        "PartialCredentialsError",
        "CredentialRetrievalError",
        "ProfileNotFound",
    ):
        return InputError("credentials", _line(error), "Sign in, for example: aws sso login")
    if "Token" in kind or "SSO" in kind:
        return InputError(
            "credentials", f"have expired ({_line(error)})", "Sign in again, for example: aws sso login"
        )
    return InputError(action, _line(error), "Check Region, endpoint and network")


def _line(text: object) -> str:
    return " ".join(str(text).split()).rstrip(".")
