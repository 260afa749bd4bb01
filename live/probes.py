"""Short checks on the stack of the Table, beside the rounds: a schedule, a direct update, drift, and a busy table.

Each returns whether its hypothesis holds (``None``: not decided) and what was seen. A call that the service refuses leaves the
hypothesis undecided and never fails a run.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from capacity_guard.dynamodb.names import scaling_resource_id

from .account import Clients
from .cleanup import stack_status
from .deployment import LiveError
from .scenario import UNITS_MAXIMUM, UNITS_MINIMUM

Outcome = tuple[bool | None, str]

_WAIT_SECONDS = 900.0
_POLL_SECONDS = 2.0
_LEAD_SECONDS = 180
"""Seconds from the call until the schedule's time: a time that is over when it arrives never comes."""
_WRITES = "dynamodb:table:WriteCapacityUnits"
_FAILING = {
    "LiveHandle": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
    "LiveFailure": {
        "Type": "AWS::CloudFormation::WaitCondition",
        "Properties": {"Handle": {"Ref": "LiveHandle"}, "Timeout": "10", "Count": 1},
    },
}
"""Resources that fail 10 seconds after their creation began: nobody sends the signal that they wait for."""


class Probes:
    """The checks of one run.

    Args:
        aws: clients of the account.
        stack: name of the stack of the Table.
        table: name of the table, which is provisioned.
    """

    def __init__(self, aws: Clients, stack: str, table: str) -> None:
        self._stack, self._table = stack, table
        self._cloudformation = aws.client("cloudformation")
        self._dynamodb = aws.client("dynamodb")
        self._scaling = aws.client("application-autoscaling")

    def scheduled_action(self) -> Outcome:
        """Let a schedule raise the minimum of the table's writes by one, then put the bounds back."""
        of_target = {
            "ServiceNamespace": "dynamodb",
            "ResourceId": scaling_resource_id(self._table, None),
            "ScalableDimension": _WRITES,
        }
        of_action = {**of_target, "ScheduledActionName": "capacity-guard-live"}

        def probe() -> Outcome:
            at = datetime.now(UTC) + timedelta(seconds=_LEAD_SECONDS)
            self._scaling.put_scheduled_action(
                **of_action,
                Schedule=f"at({at:%Y-%m-%dT%H:%M:%S})",
                ScalableTargetAction={"MinCapacity": UNITS_MINIMUM + 1, "MaxCapacity": UNITS_MAXIMUM},
            )
            try:
                moved = _until(lambda: self._minimum(of_target["ResourceId"]) == UNITS_MINIMUM + 1, 420.0)
            finally:
                # first the bounds: the other call is refused where a schedule that ran once is gone by itself
                self._scaling.register_scalable_target(
                    **of_target, MinCapacity=UNITS_MINIMUM, MaxCapacity=UNITS_MAXIMUM
                )
                is_left = self._delete_action(of_action)
            shown = f"{UNITS_MINIMUM + 1} after the schedule's time" if moved else "unchanged for 7 minutes"
            left = "still there" if is_left else "gone"
            return moved, f"DescribeScalableTargets: MinCapacity {shown}; the action was {left}"

        return attempt(probe)

    def change_set_id(self) -> Outcome:
        """Update the stack directly (its tags alone), and look at what DescribeStacks shows meanwhile."""

        def probe() -> Outcome:
            before = self._described()
            tags = [*before.get("Tags", ()), {"Key": "capacity-guard-live-direct", "Value": "yes"}]
            self._cloudformation.update_stack(
                StackName=self._stack, UsePreviousTemplate=True, Tags=tags, **self._unchanged(before)
            )
            shown = self._described().get("ChangeSetId")
            self._wait_for_end()
            if before.get("ChangeSetId") is None:
                return None, "DescribeStacks showed no change set before the update either"
            same = shown == before["ChangeSetId"]
            return (
                not same,
                f"DescribeStacks {'still shows' if same else 'no longer shows'} the change set of before",
            )

        return attempt(probe)

    def drift_rollback(self) -> Outcome:
        """Move the live read units, let a drift-aware change set fail, and look at the units after its rollback."""

        def probe() -> Outcome:
            template_units = self._read_units()
            live = self._move_read_units()
            known = {event["EventId"] for event in self._table_events()}
            shown = self._execute(self._template(), DeploymentMode="REVERT_DRIFT")
            seen: set[int] = set()
            status = self._wait_for_end(lambda: seen.add(self._read_units()))
            after = self._read_units()
            evidence = f"{live} live units before, {after} after the rollback ({status})"
            if shown.get("StackDriftStatus") is not None:
                evidence += f", StackDriftStatus {shown['StackDriftStatus']}"
            if status != "UPDATE_ROLLBACK_COMPLETE":
                return None, evidence
            # the change set does not edit the table: an event of it says that its drift was reverted, however shortly
            if template_units not in seen and not any(
                event["EventId"] not in known for event in self._table_events()
            ):
                return None, f"{evidence}; the change set was not seen to move them"
            return after == live, evidence

        return attempt(probe)

    def busy_table(self) -> Outcome:
        """Change the table just as CloudFormation begins to roll it back."""

        def probe() -> Outcome:
            template = self._template()
            resource = template["Resources"][template["Resources"]["LiveFailure"]["DependsOn"]]
            resource["Properties"]["ProvisionedThroughput"]["ReadCapacityUnits"] += 1
            self._execute(template)
            begun = _until(lambda: "ROLLBACK" in str(stack_status(self._cloudformation, self._stack)))
            if not begun:
                return None, "the update did not fail"
            try:
                self._move_read_units(wait=False)
            except ClientError as error:
                self._wait_for_end()
                return None, f"CloudFormation was first ({error.response['Error']['Code']})"
            status = self._wait_for_end()
            return status == "UPDATE_ROLLBACK_COMPLETE", f"the table was changed at that moment: {status}"

        return attempt(probe)

    def _delete_action(self, of_action: dict[str, str]) -> bool:
        """Delete the scheduled action; whether it was still there."""
        try:
            self._scaling.delete_scheduled_action(**of_action)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ObjectNotFoundException":
                raise
            return False
        return True

    def _table_events(self) -> list[dict[str, Any]]:
        """The newest events of the stack that tell of an updated table."""
        events = self._cloudformation.describe_stack_events(StackName=self._stack)["StackEvents"]
        return [
            event
            for event in events
            if (event["ResourceType"], event.get("ResourceStatus"))
            == ("AWS::DynamoDB::Table", "UPDATE_COMPLETE")
        ]

    def _minimum(self, resource: str) -> int | None:
        answer = self._scaling.describe_scalable_targets(
            ServiceNamespace="dynamodb", ResourceIds=[resource], ScalableDimension=_WRITES
        )
        return next((int(target["MinCapacity"]) for target in answer["ScalableTargets"]), None)

    def _described(self) -> dict[str, Any]:
        stack: dict[str, Any] = self._cloudformation.describe_stacks(StackName=self._stack)["Stacks"][0]
        return stack

    def _unchanged(self, stack: dict[str, Any]) -> dict[str, Any]:
        parameters = [
            {"ParameterKey": parameter["ParameterKey"], "UsePreviousValue": True}
            for parameter in stack.get("Parameters", ())
        ]
        return {"Parameters": parameters, "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"]}

    def _template(self) -> dict[str, Any]:
        """The deployed template with the resources that fail."""
        body = self._cloudformation.get_template(StackName=self._stack)["TemplateBody"]
        template: dict[str, Any] = json.loads(body) if isinstance(body, str) else json.loads(json.dumps(body))
        (table,) = (
            name
            for name, resource in template["Resources"].items()
            if resource["Type"] == "AWS::DynamoDB::Table"
        )
        add_failure(template, table)
        return template

    def _execute(self, template: dict[str, Any], **options: str) -> dict[str, Any]:
        """Make and execute a change set; return its description."""
        name = f"live-{datetime.now(UTC):%H%M%S}"
        of_set = {"StackName": self._stack, "ChangeSetName": name}
        self._cloudformation.create_change_set(
            **of_set,
            TemplateBody=json.dumps(template, separators=(",", ":")),
            **self._unchanged(self._described()),
            **options,
        )

        described: dict[str, Any] = {}

        def is_made() -> bool:
            described.update(self._cloudformation.describe_change_set(**of_set))
            status = described["Status"]
            if status == "FAILED":
                raise LiveError("the change set could not be made")
            return bool(status == "CREATE_COMPLETE")

        if not _until(is_made):
            raise LiveError("the change set was not made in time")
        self._cloudformation.execute_change_set(**of_set)
        _until(lambda: str(stack_status(self._cloudformation, self._stack)).endswith("_IN_PROGRESS"), 60.0)
        return described

    def _wait_for_end(self, look: Callable[[], None] = lambda: None) -> str:
        return end_of_operation(self._cloudformation, self._stack, look)

    def _throughput(self) -> dict[str, Any]:
        table: dict[str, Any] = self._dynamodb.describe_table(TableName=self._table)["Table"]
        return table

    def _read_units(self) -> int:
        return int(self._throughput()["ProvisionedThroughput"]["ReadCapacityUnits"])

    def _move_read_units(self, *, wait: bool = True) -> int:
        """Raise the live read units by one, outside the stack; return the new units."""
        if wait:
            self._wait_until_active()  # auto scaling may be changing the table
        units = self._throughput()["ProvisionedThroughput"]
        read = int(units["ReadCapacityUnits"]) + 1
        self._dynamodb.update_table(
            TableName=self._table,
            ProvisionedThroughput={
                "ReadCapacityUnits": read,
                "WriteCapacityUnits": units["WriteCapacityUnits"],
            },
        )
        if wait:
            self._wait_until_active()
        return read

    def _wait_until_active(self) -> None:
        _until(lambda: self._throughput()["TableStatus"] == "ACTIVE")


def attempt(probe: Callable[[], Outcome]) -> Outcome:
    """The outcome of a check; not decided where a call is refused.

    Args:
        probe: the check.
    """
    try:
        return probe()
    except (ClientError, BotoCoreError, LiveError, KeyError, ValueError) as error:
        return None, " ".join(f"{type(error).__name__}: {error}".split())[:300]


def _until(done: Callable[[], bool], seconds: float = _WAIT_SECONDS) -> bool:
    """Poll a condition; whether it held in time."""
    end = time.time() + seconds
    while not done():
        if time.time() > end:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def end_of_operation(cloudformation: Any, stack: str, look: Callable[[], None] = lambda: None) -> str:
    """Wait for the end of a stack's operation; its status then.

    Args:
        cloudformation: the client.
        stack: name of the stack.
        look: called before each poll.
    """

    def has_ended() -> bool:
        look()
        return not str(stack_status(cloudformation, stack)).endswith("_IN_PROGRESS")

    return str(stack_status(cloudformation, stack)) if _until(has_ended) else "not ended in time"


def add_failure(template: dict[str, Any], table: str) -> None:
    """Add resources to a template that fail once its table was changed.

    Args:
        template: the template.
        table: logical id of the table.
    """
    template["Resources"] |= json.loads(json.dumps(_FAILING))
    template["Resources"]["LiveFailure"]["DependsOn"] = table


__all__ = ["Outcome", "Probes", "add_failure", "attempt", "end_of_operation"]
