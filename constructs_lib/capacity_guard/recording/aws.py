"""Read-only calls to AWS; every failure becomes an error of one line."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from ..capacity.errors import InputError, pip_install
from .journal import Journal

_THROTTLED_CODES = {
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestLimitExceeded",
    "LimitExceededException",
    "TooManyRequestsException",
    "RequestThrottled",
    "RequestThrottledException",
}
_EXPIRED_CODES = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
_REJECTED_CODES = {
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "AuthFailure",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
}
_UNAVAILABLE_CODES = {
    "ServiceUnavailable",
    "ServiceUnavailableException",
    "InternalFailure",
    "InternalServerError",
    "InternalServiceError",
    "InternalServiceException",
    "InternalError",
    # The status that botocore gives as the code if it cannot read the body of an answer.
    "500",
    "502",
    "503",
    "504",
}
STALE_TOKEN_CODES = {"InvalidNextToken", "InvalidNextTokenException"}
"""The service does not accept a page token any more: the pages before it cannot be continued."""
_DENIED_CODES = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "NotAuthorized"}
_PAUSES = (1.0, 2.0, 4.0, 8.0)
"""Seconds between tries of a throttled call. CloudWatch limits data points per second (CloudWatch Guide,
cloudwatch_limits), and the quick retries of the SDK may all fall into the same second."""

_IAM_PREFIX = {
    "dynamodb": "dynamodb",
    "application-autoscaling": "application-autoscaling",
    "cloudformation": "cloudformation",
    "cloudwatch": "cloudwatch",
    "resourcegroupstaggingapi": "tag",
}

_ANSWER_MEMBERS = {
    "describe_table": "Table",
    "describe_scalable_targets": "ScalableTargets",
    "describe_scaling_policies": "ScalingPolicies",
    "describe_scheduled_actions": "ScheduledActions",
    "describe_stack_resources": "StackResources",
    "list_stack_resources": "StackResourceSummaries",
    "get_template": "TemplateBody",
    "describe_stacks": "Stacks",
    "get_metric_data": "MetricDataResults",
    "get_resources": "ResourceTagMappingList",
}
"""The member that every answer of an operation has."""


class CallFailed(InputError):
    """A call without an answer: the service returned an error, or the SDK could not reach it.

    Attributes:
        code: error code of the service, or class name of the SDK's error.
        text: the message.
        retryable: whether the cause may end by itself or with a new sign-in, so that a recording can continue later.
        affects_every_call: whether every other call fails the same way.
    """

    def __init__(
        self,
        location: str,
        problem: str,
        remedy: str,
        code: str = "",
        text: str = "",
        *,
        retryable: bool = False,
        affects_every_call: bool = False,
    ) -> None:
        super().__init__(location, problem, remedy)
        self.code = code
        self.text = text
        self.retryable = retryable
        self.affects_every_call = affects_every_call


class RecordingAws:
    """The calls to AWS that a recording makes.

    Args:
        client: returns the boto3 client of a service.
        pause: waits for a number of seconds; ``None`` waits until then or until ``stop``.
        journal: holds earlier answers and stores new ones; ``None`` stores none.
        on_call: called with the IAM action of each call before it is made.
        stop: once it is set, the next call raises KeyboardInterrupt instead of calling AWS.
        target: Region and endpoint, ``None`` where they were not given.
    """

    def __init__(
        self,
        client: Callable[[str], Any],
        pause: Callable[[float], object] | None = None,
        journal: Journal | None = None,
        on_call: Callable[[str], None] = lambda _: None,
        stop: threading.Event | None = None,
        target: Mapping[str, str | None] | None = None,
    ) -> None:
        self._client = client
        self._clients: dict[str, Any] = {}
        self.stop = stop or threading.Event()
        self.pause = pause or self.stop.wait
        self._journal = journal
        self._on_call = on_call
        self.target = dict(target or {})

    def with_journal(self, journal: Journal, on_call: Callable[[str], None]) -> RecordingAws:
        """The same calls with a journal: it gives the answers that it has and stores the others."""
        return RecordingAws(self._client, self.pause, journal, on_call, self.stop, self.target)

    @staticmethod
    def connect(region: str | None, endpoint_url: str | None) -> RecordingAws:
        """Calls with the credentials that boto3 finds; it looks for them once.

        Args:
            region: AWS Region; ``None``: that of the profile or the environment.
            endpoint_url: another endpoint for all services; ``None``: ``AWS_ENDPOINT_URL``, or AWS.

        Raises:
            InputError: boto3 is not installed.
        """
        try:
            import boto3
            import botocore.session
            from botocore.config import Config
        except ImportError:
            raise InputError(
                "boto3", "is not installed, and reading AWS needs it", f"Run: {pip_install('boto3')}"
            ) from None
        config = Config(retries={"mode": "standard", "max_attempts": 4}, connect_timeout=10, read_timeout=60)

        session_lock = threading.Lock()  # threads may share a client, but not a session
        sessions: list[Any] = []
        clients: dict[str, Any] = {}

        def client(service: str) -> Any:
            with session_lock:
                if not sessions:
                    # Created on first use: for an unknown profile it raises, and `call` reports that as one line.
                    core = botocore.session.get_session()
                    core.get_component("response_parser_factory").set_parser_defaults(
                        timestamp_parser=time_in_utc
                    )
                    sessions.append(boto3.Session(region_name=region, botocore_session=core))
                if service not in clients:
                    clients[service] = sessions[0].client(service, endpoint_url=endpoint_url, config=config)
                return clients[service]

        return RecordingAws(client, target={"region": region, "endpoint": endpoint_url})

    def call(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """Make a call; repeat it after a pause while the service throttles it.

        Args:
            service: boto3's name of the service.
            operation: boto3's name of the operation, for example ``describe_table``.
            parameters: parameters of the operation.

        Raises:
            CallFailed: it got no answer.
            InputError: the answer does not come from AWS.
            KeyboardInterrupt: ``stop`` was set.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        action = f"{_IAM_PREFIX[service]}:{''.join(word.title() for word in operation.split('_'))}"
        question = {"service": service, "operation": operation, "parameters": parameters}
        if self._journal is not None and (stored := self._journal.answer(question)) is not None:
            return stored
        self._on_call(action)
        for wait in (*_PAUSES, None):
            if self.stop.is_set():
                raise KeyboardInterrupt
            try:
                if service not in self._clients:
                    self._clients[service] = self._client(service)
                answer: dict[str, Any] = getattr(self._clients[service], operation)(**parameters)
            except ClientError as error:
                code = str(error.response.get("Error", {}).get("Code", "Unknown"))
                if code in _THROTTLED_CODES and wait is not None:
                    self.pause(wait)
                    continue
                raise _service_error(
                    action, code, _one_line(error.response.get("Error", {}).get("Message", ""))
                ) from None
            except (BotoCoreError, OSError, ValueError) as error:
                raise _client_error(action, error) from None
            except Exception as error:  # botocore's parsers raise various errors if the answer is a web page
                raise _unexpected_answer(action) from error
            if _ANSWER_MEMBERS[operation] not in answer:
                raise _unexpected_answer(action)
            return answer if self._journal is None else self._journal.keep(question, answer)
        raise AssertionError("the last try either answers or raises")

    def pages(
        self, service: str, operation: str, paged_by: str = "NextToken", **parameters: Any
    ) -> Iterator[dict[str, Any]]:
        """Every page of a paged call.

        Args:
            service: boto3's name of the service.
            operation: boto3's name of the operation.
            paged_by: the member that holds the operation's page token.
            parameters: parameters of the operation.

        Raises:
            InputError: as ``call``; or the service returned the same token twice, which would never end.
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


def time_in_utc(value: Any) -> datetime:
    """A time in a response of a service, as a time in UTC.

    botocore converts each time to the zone of the machine, which was more than half of the work of a recording: 14 days of one
    dimension are 20,160 times.

    Args:
        value: seconds since 1970, or a text.

    Raises:
        ValueError: it is no time.
    """
    if isinstance(value, (int, float)):
        return datetime.fromtimestamp(value, UTC)
    from botocore.utils import parse_timestamp

    parsed: datetime = parse_timestamp(value)
    return parsed.astimezone(UTC)


def _service_error(action: str, code: str, text: str) -> CallFailed:
    if code in _EXPIRED_CODES:
        return CallFailed(
            action,
            "the credentials have expired",
            "Sign in again, for example: aws sso login",
            code,
            text,
            retryable=True,
            affects_every_call=True,
        )
    if code in _REJECTED_CODES:
        return CallFailed(
            action,
            f"the credentials are not accepted ({code})",
            "Check profile and Region",
            code,
            text,
            affects_every_call=True,
        )
    if code in _DENIED_CODES:
        return CallFailed(
            action,
            f"is denied ({text})",
            "Allow this action; `capacity-guard docs recording` lists all that are needed",
            code,
            text,
        )
    if code in _THROTTLED_CODES:
        return CallFailed(
            action,
            "is still throttled after five tries",
            "Record again in a few minutes",
            code,
            text,
            retryable=True,
        )
    failed = f"failed: {code} {text}".rstrip()
    if code in _UNAVAILABLE_CODES:
        return CallFailed(action, failed, "Record again in a few minutes", code, text, retryable=True)
    return CallFailed(
        action,
        failed,
        "Record again" if code in STALE_TOKEN_CODES else "See `capacity-guard docs recording`",
        code,
        text,
    )


def _client_error(action: str, error: Exception) -> CallFailed:
    from botocore import exceptions

    code, text = type(error).__name__, _one_line(error)
    if code == "NoRegionError":
        return CallFailed(
            "Region",
            "is not known",
            "Give --region, or set AWS_DEFAULT_REGION",
            code,
            text,
            affects_every_call=True,
        )
    if code == "ProfileNotFound":
        remedy = "Set AWS_PROFILE to a profile that exists"
        return CallFailed("credentials", text, remedy, code, text, affects_every_call=True)
    if code in ("NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError"):
        remedy = "Sign in, for example: aws sso login"
        return CallFailed("credentials", text, remedy, code, text, retryable=True, affects_every_call=True)
    if any(word in code for word in ("Token", "SSO", "Login")):
        problem, remedy = f"have expired ({text})", "Sign in again, for example: aws sso login"
        return CallFailed("credentials", problem, remedy, code, text, retryable=True, affects_every_call=True)
    # A file that the profile names is missing, or the endpoint is not an address.
    if not isinstance(error, exceptions.BotoCoreError):
        remedy = "Check the profile, the files it names, and the endpoint"
        return CallFailed("boto3", text, remedy, code, text, affects_every_call=True)
    return CallFailed(
        action,
        text,
        "Check Region, endpoint and network",
        code,
        text,
        retryable=isinstance(error, exceptions.ConnectionError | exceptions.HTTPClientError),
    )


def _unexpected_answer(action: str) -> InputError:
    return InputError(action, "answered something else than AWS does", "Check endpoint and network")


def _one_line(text: object) -> str:
    return " ".join(str(text).split()).rstrip(".")
