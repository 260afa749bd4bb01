"""Read-only calls to AWS whose every failure becomes one clear line."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..capacity.errors import InputError
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
_UNAVAILABLE = {
    "ServiceUnavailable",
    "ServiceUnavailableException",
    "InternalFailure",
    "InternalServerError",
    "InternalServiceError",
    "InternalServiceException",
    "InternalError",
    # What botocore takes for a code where an answer has no body that it can read.
    "500",
    "502",
    "503",
    "504",
}
STALE = {"InvalidNextToken", "InvalidNextTokenException"}
"""A page token that the service does not take any more: what was read before it cannot be gone on with."""
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


_HOLDS = {
    "describe_table": "Table",
    "describe_scalable_targets": "ScalableTargets",
    "describe_scaling_policies": "ScalingPolicies",
    "describe_stack_resources": "StackResources",
    "list_stack_resources": "StackResourceSummaries",
    "get_template": "TemplateBody",
    "describe_stacks": "Stacks",
    "get_metric_data": "MetricDataResults",
    "get_resources": "ResourceTagMappingList",
}
"""What the answer of each operation holds, whatever else it does."""


class Refused(InputError):
    """A call without an answer: the service refused it, or it did not come through.

    Attributes:
        code: the service's error code, or the kind of the SDK's error.
        text: the message.
        passes: whether it may pass by itself or with a new sign-in, so that a recording can go on later.
        everywhere: whether every other call ends the same way.
    """

    def __init__(
        self,
        location: str,
        problem: str,
        remedy: str,
        code: str = "",
        text: str = "",
        *,
        passes: bool = False,
        everywhere: bool = False,
    ) -> None:
        super().__init__(location, problem, remedy)
        self.code = code
        self.text = text
        self.passes = passes
        self.everywhere = everywhere


class RecordingAws:
    """Calls to AWS.

    Args:
        client: gives the boto3 client of a service.
        pause: waits for a number of seconds; ``None`` waits no longer than until ``stop``.
        journal: what was answered before, and where answers are kept; ``None`` keeps none.
        told: called with each operation that is about to be asked.
        stop: once it is set, the next call raises KeyboardInterrupt in place of asking.
        place: Region and endpoint that are asked, where they were given.
    """

    def __init__(
        self,
        client: Callable[[str], Any],
        pause: Callable[[float], object] | None = None,
        journal: Journal | None = None,
        told: Callable[[str], None] = lambda _: None,
        stop: threading.Event | None = None,
        place: Mapping[str, str | None] | None = None,
    ) -> None:
        self._client = client
        self._clients: dict[str, Any] = {}
        self.stop = stop or threading.Event()
        self.pause = pause or self.stop.wait
        self._journal = journal
        self._told = told
        self.place = dict(place or {})

    def keeping(self, journal: Journal, told: Callable[[str], None]) -> RecordingAws:
        """The same calls, their answers kept in a journal and taken from it where it has them."""
        return RecordingAws(self._client, self.pause, journal, told, self.stop, self.place)

    @staticmethod
    def connect(region: str | None, endpoint_url: str | None) -> RecordingAws:
        """Calls with the credentials that boto3 finds, looked for once however many calls there are.

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

        one_at_a_time = threading.Lock()  # clients may be shared between threads, a session may not
        sessions: list[Any] = []
        clients: dict[str, Any] = {}

        def client(service: str) -> Any:
            with one_at_a_time:
                if not sessions:
                    # Made on first use: it raises for an unknown profile, and `call` turns that into a line.
                    sessions.append(boto3.Session(region_name=region))
                if service not in clients:
                    clients[service] = sessions[0].client(service, endpoint_url=endpoint_url, config=config)
                return clients[service]

        return RecordingAws(client, place={"region": region, "endpoint": endpoint_url})

    def call(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """One call, repeated after a pause while the service throttles it.

        Args:
            service: boto3's name of the service.
            operation: boto3's name of the operation, for example ``describe_table``.
            parameters: of the operation.

        Raises:
            Refused: it got no answer.
            InputError: it got one that no service of AWS gives.
            KeyboardInterrupt: ``stop`` was set.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        action = f"{_IAM_PREFIX[service]}:{''.join(word.title() for word in operation.split('_'))}"
        question = {"service": service, "operation": operation, "parameters": parameters}
        if self._journal is not None and (known := self._journal.answer(question)) is not None:
            return known
        self._told(action)
        for wait in (*_PAUSES, None):
            if self.stop.is_set():
                raise KeyboardInterrupt
            try:
                if service not in self._clients:
                    self._clients[service] = self._client(service)
                answer: dict[str, Any] = getattr(self._clients[service], operation)(**parameters)
            except ClientError as error:
                code = str(error.response.get("Error", {}).get("Code", "Unknown"))
                if code in THROTTLED and wait is not None:
                    self.pause(wait)
                    continue
                raise _refused(
                    action, code, _line(error.response.get("Error", {}).get("Message", ""))
                ) from None
            except (BotoCoreError, OSError, ValueError) as error:
                raise _failed(action, error) from None
            except Exception as error:  # what botocore's parsers raise where the answer is somebody's page
                raise _strange(action) from error
            if _HOLDS[operation] not in answer:
                raise _strange(action)
            return answer if self._journal is None else self._journal.note(question, answer)
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
            action,
            "the credentials have expired",
            "Sign in again, for example: aws sso login",
            code,
            text,
            passes=True,
            everywhere=True,
        )
    if code in _REJECTED:
        return Refused(
            action,
            f"the credentials are not accepted ({code})",
            "Check profile and Region",
            code,
            text,
            everywhere=True,
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
            action,
            "is still throttled after five tries",
            "Record again in a few minutes",
            code,
            text,
            passes=True,
        )
    failed = f"failed: {code} {text}".rstrip()
    if code in _UNAVAILABLE:
        return Refused(action, failed, "Record again in a few minutes", code, text, passes=True)
    return Refused(action, failed, "Record again" if code in STALE else "See docs/recording.md", code, text)


def _failed(action: str, error: Exception) -> Refused:
    from botocore import exceptions

    kind, text = type(error).__name__, _line(error)
    if kind == "NoRegionError":
        return Refused(
            "Region", "is not known", "Give --region, or set AWS_DEFAULT_REGION", kind, text, everywhere=True
        )
    if kind == "ProfileNotFound":
        remedy = "Set AWS_PROFILE to a profile that exists"
        return Refused("credentials", text, remedy, kind, text, everywhere=True)
    if kind in ("NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError"):
        remedy = "Sign in, for example: aws sso login"
        return Refused("credentials", text, remedy, kind, text, passes=True, everywhere=True)
    if any(word in kind for word in ("Token", "SSO", "Login")):
        problem, remedy = f"have expired ({text})", "Sign in again, for example: aws sso login"
        return Refused("credentials", problem, remedy, kind, text, passes=True, everywhere=True)
    # A file that the profile names is missing, or an endpoint is no address.
    if not isinstance(error, exceptions.BotoCoreError):
        remedy = "Check the profile, the files it names, and the endpoint"
        return Refused("boto3", text, remedy, kind, text, everywhere=True)
    return Refused(
        action,
        text,
        "Check Region, endpoint and network",
        kind,
        text,
        passes=isinstance(error, exceptions.ConnectionError | exceptions.HTTPClientError),
    )


def _strange(action: str) -> InputError:
    return InputError(action, "answered something else than AWS does", "Check endpoint and network")


def _line(text: object) -> str:
    return " ".join(str(text).split()).rstrip(".")
