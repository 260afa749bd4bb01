"""The calls with which a change is taken back: reads of the stack, and four writes to CloudFormation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from ..capacity.errors import InputError, pip_install
from ..capacity.limits import CALL_SECONDS
from ..handlers.aws import GateAws
from ..handlers.aws_error import AwsError, reading
from ..handlers.calls import Calls, run_in_thread
from ..handlers.hold_store import HoldStore
from .journal_store import JournalStore

_SERVICES = ("dynamodb", "cloudwatch", "cloudformation", "application-autoscaling", "ssm")
NOTHING_TO_DO = "No updates are to be performed"
"""Message of UpdateStack where neither template nor parameters differ from what is deployed (API: UpdateStack)."""


class _Client(Protocol):
    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]: ...


class RollbackAws:
    """The calls. Each raises ``AwsError`` if it fails or if its answer cannot be read.

    Args:
        clients: boto3 clients by name, as for ``GateAws``, and ``ssm``.
        calls: how a call is made and repeated.
    """

    def __init__(self, clients: Mapping[str, _Client], calls: Calls | None = None) -> None:
        self._clients = clients
        self._client = clients["cloudformation"]
        self._calls = calls or Calls()
        self.table = GateAws(clients, self._calls)
        """Reads of the live table."""
        self.holds = HoldStore(clients["ssm"], self._calls)

    @staticmethod
    def connect(region: str | None, endpoint_url: str | None) -> RollbackAws:
        """Clients of the credentials and the Region of the environment.

        Args:
            region: AWS Region, ``None`` for that of the profile or the environment.
            endpoint_url: another endpoint, ``None`` for AWS.

        Raises:
            InputError: the SDK is not installed, or has no Region or profile.
        """
        try:
            import boto3
            from botocore.exceptions import BotoCoreError
        except ImportError:
            raise InputError(
                "boto3", "is not installed, and reading AWS needs it", f"Run: {pip_install('boto3')}"
            ) from None
        try:
            return RollbackAws.of_session(boto3.Session(region_name=region), endpoint_url)
        except (BotoCoreError, ValueError) as error:
            raise InputError(
                "AWS", f"cannot be called ({error})", "Check --region, profile and credentials"
            ) from None

    @staticmethod
    def of_session(session: Any, endpoint_url: str | None) -> RollbackAws:
        """Clients of a session of boto3.

        Args:
            session: the session.
            endpoint_url: another endpoint, ``None`` for AWS.
        """
        from botocore.config import Config

        config = Config(retries={"mode": "standard", "total_max_attempts": 1})
        clients: dict[str, Any] = {
            name: session.client(name, endpoint_url=endpoint_url, config=config) for name in _SERVICES
        }
        return RollbackAws({**clients, "dynamodb-update": clients["dynamodb"]})

    @staticmethod
    def of_runtime() -> RollbackAws:
        """Clients of the role and the Region of a function (``GateAws.of_runtime``)."""
        import boto3
        from botocore.config import Config

        config = Config(
            connect_timeout=3,
            read_timeout=CALL_SECONDS.value,
            retries={"mode": "standard", "total_max_attempts": 1},
        )
        clients: dict[str, Any] = {name: boto3.client(name, config=config) for name in _SERVICES}
        return RollbackAws({**clients, "dynamodb-update": clients["dynamodb"]}, Calls(run=run_in_thread))

    def look(self) -> RollbackAws:
        """The same clients for one look: every call of it shares a new deadline."""
        return RollbackAws(self._clients, self._calls.from_now())

    def journals(self, table: str) -> JournalStore:
        """The journals in a DynamoDB table.

        Args:
            table: its name.
        """
        return JournalStore(self._clients["dynamodb"], table, self._calls)

    def owner(self, table: str) -> tuple[str, str] | None:
        """DescribeStackResources: id of the stack that owns a table, and its logical id; ``None`` if no stack does."""
        call = f"cloudformation:DescribeStackResources of {table}"
        try:
            answer = self._call(call, "describe_stack_resources", PhysicalResourceId=table)
        except AwsError as error:
            if error.kind == "invalid" and "does not exist" in error.detail:
                return None
            raise
        with reading(call):
            for resource in answer["StackResources"]:
                if resource.get("PhysicalResourceId") == table and resource["ResourceType"].startswith(
                    "AWS::DynamoDB::"
                ):
                    return str(resource["StackId"]), str(resource["LogicalResourceId"])
        return None

    def stack(self, stack: str) -> dict[str, Any]:
        """DescribeStacks: one stack, with the members that are read of it."""
        described = self.table.describe_stack(stack)
        with reading("cloudformation:DescribeStacks"):
            if len(str(described["StackId"]).split(":", 5)) < 6:
                raise ValueError(f"StackId {described['StackId']!r}")
            _ = described["StackName"], described["StackStatus"]
            _ = [(output["OutputKey"], output["OutputValue"]) for output in described.get("Outputs") or ()]
            _ = [parameter["ParameterKey"] for parameter in described.get("Parameters") or ()]
        return {**described, **{name: described.get(name) or [] for name in ("Outputs", "Parameters")}}

    def template(self, stack: str) -> Any:
        """GetTemplate: the template as it was processed."""
        call = f"cloudformation:GetTemplate of {stack}"
        answer = self._call(call, "get_template", StackName=stack, TemplateStage="Processed")
        with reading(call):
            return answer["TemplateBody"]

    def policy(self, stack: str) -> str | None:
        """GetStackPolicy: the stack's policy, ``None`` if it has none."""
        call = f"cloudformation:GetStackPolicy of {stack}"
        return self._call(call, "get_stack_policy", StackName=stack).get("StackPolicyBody") or None

    def newest_events(self, stack: str, since: datetime | None = None) -> Iterator[dict[str, Any]]:
        """DescribeStackEvents: the events since a time, the newest first; a page is read when it is needed.

        All events of an operation have the token of its request (API: UpdateStack, ClientRequestToken).

        Args:
            stack: id of the stack.
            since: the time, UTC; ``None`` for all events.
        """
        for page in self.table.event_pages(stack):
            for event in _whole(page):
                if since is not None and event["Timestamp"] < since:
                    return
                yield event

    def events(self, stack: str, after: str | None) -> list[dict[str, Any]]:
        """DescribeStackEvents: the events after one, the oldest first.

        Args:
            stack: id of the stack.
            after: id of the event; ``None`` for the newest page of events.
        """
        if after is None:
            return _whole(next(self.table.event_pages(stack), []))[::-1]
        found: list[dict[str, Any]] = []
        for event in self.newest_events(stack):
            if event["EventId"] == after:
                break
            found.append(event)
        return found[::-1]

    def running_events(self, stack: str) -> list[dict[str, Any]] | None:
        """DescribeStackEvents: the events of the update that runs, the oldest first; ``None`` if none shows that one began.

        All events of an operation have the token of its request (API: UpdateStack, ClientRequestToken). A request without one
        leaves them without, so the order decides: everything after the newest event of the stack itself. An event with another
        token is left out.

        Args:
            stack: id of the stack.
        """
        found: list[dict[str, Any]] = []
        for event in self.newest_events(stack):
            found.append(event)
            if event.get("PhysicalResourceId") != event["StackId"]:
                continue
            if event.get("ResourceStatus") != "UPDATE_IN_PROGRESS":
                return None
            own = (None, "", event.get("ClientRequestToken"))
            return [
                each
                for each in found[::-1]
                if each.get("ClientRequestToken") in own or not event.get("ClientRequestToken")
            ]
        return None

    def status_of(self, stack: str, logical_id: str) -> tuple[str, datetime] | None:
        """DescribeStackResource: status of a resource and since when it has it, UTC; ``None`` if the stack does not have it.

        *LastUpdatedTimestamp: Time the status was updated* (API: StackResourceDetail).
        """
        call = f"cloudformation:DescribeStackResource of {logical_id}"
        try:
            answer = self._call(
                call, "describe_stack_resource", StackName=stack, LogicalResourceId=logical_id
            )
        except AwsError as error:
            if error.kind == "invalid" and "does not exist" in error.detail:
                return None
            raise
        with reading(call):
            detail = answer["StackResourceDetail"]
            return str(detail["ResourceStatus"]), detail["LastUpdatedTimestamp"].astimezone(UTC)

    def failures(self, stack: str) -> list[str]:
        """DescribeStackEvents: why resources of the newest operation failed, the newest event first; one page of them."""
        call = f"cloudformation:DescribeStackEvents of {stack}"
        answer = self._call(call, "describe_stack_events", StackName=stack)
        with reading(call):
            return [
                f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'no reason given')}"
                for event in answer["StackEvents"]
                if str(event.get("ResourceStatus")).endswith("_FAILED")
            ]

    def update(self, stack: str, **request: Any) -> bool:
        """UpdateStack with the template that the stack has.

        Returns:
            Whether an update was started; ``False`` if the stack is as the request asks already.
        """
        call = f"cloudformation:UpdateStack of {stack}"
        try:
            self._write(call, "update_stack", StackName=stack, UsePreviousTemplate=True, **request)
        except AwsError as error:
            if NOTHING_TO_DO in error.detail:
                return False
            raise
        return True

    def cancel_update(self, stack: str) -> None:
        """CancelUpdateStack: end the update that runs; CloudFormation rolls it back."""
        self._write(f"cloudformation:CancelUpdateStack of {stack}", "cancel_update_stack", StackName=stack)

    def continue_rollback(self, stack: str) -> None:
        """ContinueUpdateRollback: continue a rollback that failed, with the role that the stack has."""
        self._write(
            f"cloudformation:ContinueUpdateRollback of {stack}", "continue_update_rollback", StackName=stack
        )

    def _call(self, call: str, method: str, **parameters: Any) -> dict[str, Any]:
        return self._calls.make(call, lambda: getattr(self._client, method)(**parameters), repeats=True)

    def _write(self, call: str, method: str, **parameters: Any) -> dict[str, Any]:
        return self._calls.make(call, lambda: getattr(self._client, method)(**parameters), repeats=False)


def _whole(page: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Events that have the members which are read of each, with their times in UTC."""
    with reading("cloudformation:DescribeStackEvents"):
        return [
            {
                **event,
                **{name: event[name] for name in ("EventId", "LogicalResourceId", "StackId")},
                "Timestamp": event["Timestamp"].astimezone(UTC),
            }
            for event in page
        ]


__all__ = ["NOTHING_TO_DO", "RollbackAws"]
