"""The calls on one stack of an app, in its account and Region, and what a deployment reads with them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..capacity.errors import InputError, pip_install
from ..cloudformation.intrinsics import parse_template
from ..handlers.aws_error import AwsError
from ..rollback.calls import RollbackAws
from .assembly import SYNTHESIZE, AssemblyStack

_SESSION = "capacity-guard"


@dataclass(frozen=True)
class Live:
    """A stack as AWS has it.

    Attributes:
        id: its id; its name where it does not exist.
        status: its status; ``None`` where it does not exist.
        template: its template; ``None`` where it does not exist, or has none yet.
        newest: id of its newest event; ``None`` if it has none.
    """

    id: str
    status: str | None
    template: dict[str, Any] | None
    newest: str | None

    @property
    def runs(self) -> bool:
        """Whether an operation runs."""
        return (
            self.status is not None
            and self.status.endswith("_IN_PROGRESS")
            and self.status != "REVIEW_IN_PROGRESS"
        )


def read_live(aws: RollbackAws, name: str) -> Live:
    """Read a stack.

    Args:
        aws: the calls.
        name: its name.

    Raises:
        AwsError: a call failed.
        InputError: its template cannot be read.
    """
    try:
        described = aws.stack(name)
    except AwsError as error:
        if error.kind == "invalid" and "does not exist" in error.detail:
            return Live(name, None, None, None)
        raise
    stack, status = str(described["StackId"]), str(described["StackStatus"])
    events = aws.events(stack, None)
    newest = str(events[-1]["EventId"]) if events else None
    if status == "REVIEW_IN_PROGRESS":
        return Live(stack, status, None, newest)
    return Live(stack, status, parse_template(aws.template(stack), f"template of {name}", SYNTHESIZE), newest)


class Connections:
    """The calls in the account and Region of each stack.

    As the CDK CLI does, they use the role for reading that the stack names, and the credentials of the environment where that
    role may not be assumed and the account is the same (CDK guide: bootstrapping-customizing, LookupRole).

    Args:
        profile: profile of the credentials, ``None`` for that of the environment.
        endpoint_url: another endpoint, ``None`` for AWS.
    """

    def __init__(self, profile: str | None, endpoint_url: str | None) -> None:
        self._profile, self._endpoint_url = profile, endpoint_url
        self._known: dict[tuple[str | None, str | None, str | None], RollbackAws] = {}

    def of(self, stack: AssemblyStack) -> RollbackAws:
        """The calls for a stack.

        Args:
            stack: the stack.

        Raises:
            InputError: the SDK is not installed, or has no credentials for its account.
        """
        key = (stack.account, stack.region, stack.lookup_role)
        if key not in self._known:
            self._known[key] = self._connect(stack)
        return self._known[key]

    def _connect(self, stack: AssemblyStack) -> RollbackAws:
        own = self._session(stack.region)
        if stack.lookup_role is None:
            return self._calls(own)
        sts = own.client("sts", endpoint_url=self._endpoint_url)
        from botocore.exceptions import BotoCoreError, ClientError

        arn = stack.lookup_role.replace("${AWS::Partition}", own.get_partition_for_region(own.region_name))
        try:
            given = sts.assume_role(RoleArn=arn, RoleSessionName=_SESSION)["Credentials"]
        except (BotoCoreError, ClientError) as refused:
            return self._calls(self._of_same_account(own, sts, stack, arn, refused))
        return self._calls(
            self._session(
                stack.region,
                aws_access_key_id=given["AccessKeyId"],
                aws_secret_access_key=given["SecretAccessKey"],
                aws_session_token=given["SessionToken"],
            )
        )

    def _of_same_account(self, own: Any, sts: Any, stack: AssemblyStack, arn: str, refused: Exception) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            account = str(sts.get_caller_identity()["Account"])
        except (BotoCoreError, ClientError) as error:
            raise InputError("AWS", f"cannot be called ({error})", "Check profile and credentials") from None
        if stack.account not in (None, account):
            raise InputError(
                stack.id,
                f"is in account {stack.account}, the credentials are of {account}, and {arn} cannot be assumed ({refused})",
                "Let your credentials assume the role for reading of the bootstrap",
            )
        return own

    def _session(self, region: str | None, **credentials: Any) -> Any:
        try:
            import boto3
            from botocore.exceptions import BotoCoreError
        except ImportError:
            raise InputError(
                "boto3", "is not installed, and reading AWS needs it", f"Run: {pip_install('boto3')}"
            ) from None
        try:
            session = boto3.Session(
                **credentials, region_name=region, profile_name=None if credentials else self._profile
            )
        except (BotoCoreError, ValueError) as error:
            raise InputError("AWS", f"cannot be called ({error})", "Check profile and credentials") from None
        if session.region_name is None:
            raise InputError("AWS", "has no Region", "Set AWS_REGION, or give the stack an env")
        return session

    def _calls(self, session: Any) -> RollbackAws:
        return RollbackAws.of_session(session, self._endpoint_url)


Connect = Callable[[AssemblyStack], RollbackAws]

__all__ = ["Connect", "Connections", "Live", "read_live"]
