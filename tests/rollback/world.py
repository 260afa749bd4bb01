"""A stack whose table has its way back in the template, as the calls of a rollback see it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from capacity_guard.capacity import Capacity
from capacity_guard.capacity.hold import JOURNALS_ID
from capacity_guard.cloudformation.both_capacities import both_capacities, with_overrides
from capacity_guard.rollback.calls import RollbackAws
from tests.fakes.gate_aws import FakeAws
from tests.fakes.models import check_answer, check_request, client_error
from tests.handlers.gate_world import (
    ON_DEMAND,
    PROVISIONED,
    STACK_ID,
    TABLE,
    TABLE_NAME,
    a_plan,
    an_aws,
    set_capacity,
)

NAME = "Conversations-production"
HOLD = f"/capacity-guard/{NAME}/{TABLE}"
ROLE = "arn:aws:iam::111122223333:role/Conversations-CapacityGuardRollbackRole"
FINGERPRINT = "0123456789"
BAKE = "BakeGate"
NON_TERMINAL = (
    "This stack is currently in a non-terminal [UPDATE_FAILED] state. To update the stack from this state, please use the "
    "disable-rollback parameter with update-stack API. To rollback to the last known good state, use the rollback-stack API"
)
"""As in aws-cdk issue 30546."""
Answer = dict[str, Any]


def table_resource() -> Answer:
    """The table with the declared capacity, on-demand, as its construct makes it."""
    return {
        "Type": "AWS::DynamoDB::GlobalTable",
        "Properties": {
            "BillingMode": "PAY_PER_REQUEST",
            "GlobalSecondaryIndexes": [{"IndexName": "by_agent"}],
            "Replicas": [{"Region": "eu-west-1"}],
        },
    }


def template(fingerprint: str = FINGERPRINT, deployed: Capacity = PROVISIONED) -> Answer:
    """The template with both capacities."""
    resource = table_resource()
    overrides = both_capacities(
        resource, deployed, ON_DEMAND, condition="IsHeld", region="eu-west-1", location="S"
    )
    return {
        "Parameters": {
            "Held": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": HOLD},
            "BootstrapVersion": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/cdk/version"},
        },
        "Conditions": {"IsHeld": {"Fn::Equals": [{"Ref": "Held"}, fingerprint]}},
        "Resources": {
            TABLE: with_overrides(resource, overrides),
            BAKE: {
                "Type": "Custom::CapacityGuardBake",
                "Properties": {
                    "Fingerprint": fingerprint,
                    "Hold": HOLD,
                    "Plan": a_plan(ON_DEMAND, deployed).of_bake().to_property(),
                },
            },
        },
    }


def event(at: datetime, status: str, logical_id: str = "BakeGate") -> Answer:
    """An entry of DescribeStackEvents."""
    return {
        "StackId": STACK_ID,
        "EventId": f"{logical_id}-{status}-{at:%Y%m%dT%H%M%S}",
        "StackName": NAME,
        "Timestamp": at,
        "LogicalResourceId": logical_id,
        "ResourceStatus": status,
        **({"PhysicalResourceId": STACK_ID} if logical_id == NAME else {}),
    }


class World:
    """The stack, the hold and the table.

    Attributes:
        aws: the other services.
        body: the template of the stack.
        status: status of the stack.
        coming: statuses that the next looks find, before ``status``.
        applied: the value of the hold that the stack read last.
        policy: the stack's policy.
        ends: what an update ends in.
        updates: the requests of UpdateStack.
        continue_ends: what a rollback that is continued ends in.
        refusals: messages with which the next updates are refused, or errors that they raise.
        resumes: whether an update is taken in UPDATE_FAILED with DisableRollback, as CloudFormation's message says; otherwise the
            status takes none.
        may_set_policy: whether a policy may be sent for one update; the User Guide asks for cloudformation:SetStackPolicy.
        cells: name of the table of other stacks, by their names.
        cancelled: how many updates were cancelled.
        on_cancel: called when CloudFormation has taken a cancelled update back.
        events: the stack's events, the newest first.
        events_per_page: how many of them a page has; ``None`` for all of them.
        pages_read: how many pages of them were read.
        bake_updated: since when the Bake has its status; ``None`` for now.
        exists: whether the stack exists.
        on_update: called when an update is carried out.
        bake_status: status of the Bake, ``None`` if the stack does not have it.
    """

    def __init__(self) -> None:
        self.aws: FakeAws = an_aws(a_plan(ON_DEMAND), ON_DEMAND)
        self.body: Any = template()
        self.status, self.coming = "UPDATE_COMPLETE", list[str]()
        self.applied = "none"
        self.policy: str | None = None
        self.ends = "UPDATE_COMPLETE"
        self.updates: list[Answer] = []
        self.continued = 0
        self.continue_ends = "UPDATE_ROLLBACK_COMPLETE"
        self.cells: dict[str, str] = {}
        self.cancelled = 0
        self.on_cancel: Callable[[], None] = lambda: None
        self.refusals: list[str | Exception] = []
        self.may_set_policy, self.resumes = True, True
        self.events: list[Answer] = []
        self.events_per_page: int | None = None
        self.pages_read = 0
        self.bake_updated: datetime | None = None
        self.outputs = [{"OutputKey": "CapacityGuardRollbackRoleArnF9E45A26", "OutputValue": ROLE}]
        self.owned, self.exists = True, True
        self.bake_status: str | None = None
        self.on_update: Callable[[], None] = lambda: None
        self.aws.ssm.put_parameter({"Name": HOLD, "Value": "none", "Overwrite": True})

    @property
    def held(self) -> str:
        return str(self.aws.ssm.parameters[HOLD]["Value"])

    def rollback_failed(self) -> None:
        """The rollback of a deployment has failed."""
        for status in ("UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_FAILED"):
            self.events.insert(0, event(self.aws.now, status, NAME))
        self.status = "UPDATE_ROLLBACK_FAILED"

    def restore(self) -> None:
        """What CloudFormation does with the table when the hold has the fingerprint."""
        set_capacity(self.aws, PROVISIONED)

    def calls(self) -> RollbackAws:
        clients: dict[str, Any] = dict(self.aws.clients())
        return RollbackAws({**clients, "cloudformation": _CloudFormation(self)})


class _CloudFormation:
    """The client, which checks requests and answers against the service's model."""

    def __init__(self, world: World) -> None:
        self._world = world

    def __getattr__(self, method: str) -> Callable[..., Any]:
        operation = "".join(part.capitalize() for part in method.split("_"))
        act = getattr(self, f"do_{method}")

        def call(**request: Any) -> Any:
            check_request("cloudformation", operation, request)
            answer = act(request)
            if operation != "GetTemplate":  # botocore makes an object of a body in JSON
                check_answer("cloudformation", operation, answer)
            return answer

        return call

    def do_describe_stack_resources(self, request: Answer) -> Answer:
        if not self._world.owned:
            raise client_error(
                "DescribeStackResources",
                "ValidationError",
                f"Stack for {request['PhysicalResourceId']} does not exist",
                400,
            )
        common = {"StackId": STACK_ID, "Timestamp": self._world.aws.now, "ResourceStatus": "CREATE_COMPLETE"}
        return {
            "StackResources": [
                {
                    **common,
                    "LogicalResourceId": "Role",
                    "PhysicalResourceId": "r",
                    "ResourceType": "AWS::IAM::Role",
                },
                {
                    **common,
                    "LogicalResourceId": TABLE,
                    "PhysicalResourceId": TABLE_NAME,
                    "ResourceType": "AWS::DynamoDB::GlobalTable",
                },
            ]
        }

    def do_describe_stacks(self, request: Answer) -> Answer:
        assert request["StackName"] in (STACK_ID, NAME)
        world = self._world
        if not world.exists:
            raise client_error(
                "DescribeStacks", "ValidationError", f"Stack with id {NAME} does not exist", 400
            )
        status = world.coming.pop(0) if world.coming else world.status
        return {
            "Stacks": [
                {
                    "StackId": STACK_ID,
                    "StackName": NAME,
                    "CreationTime": world.aws.now,
                    "StackStatus": status,
                    "Outputs": world.outputs,
                    "Parameters": [
                        {"ParameterKey": "Held", "ParameterValue": HOLD, "ResolvedValue": world.applied},
                        {
                            "ParameterKey": "BootstrapVersion",
                            "ParameterValue": "/cdk/version",
                            "ResolvedValue": "30",
                        },
                    ],
                }
            ]
        }

    def do_describe_stack_resource(self, request: Answer) -> Answer:
        logical_id = request["LogicalResourceId"]
        status = self._world.bake_status
        if request["StackName"] != STACK_ID:
            return self._of_cell(request["StackName"], logical_id)
        if logical_id == TABLE and self._world.owned:
            physical, status = TABLE_NAME, "UPDATE_COMPLETE"
        elif logical_id == JOURNALS_ID and self._world.owned:
            physical, status = f"Conversations-{JOURNALS_ID}-1", "CREATE_COMPLETE"
        elif logical_id == BAKE and status is not None:
            physical = "bake-gate"
        else:
            raise client_error(
                "DescribeStackResource",
                "ValidationError",
                f"Resource {logical_id} does not exist for stack {NAME}",
                400,
            )
        return {
            "StackResourceDetail": {
                "LogicalResourceId": logical_id,
                "PhysicalResourceId": physical,
                "ResourceType": "T",
                "LastUpdatedTimestamp": self._world.bake_updated or self._world.aws.now,
                "ResourceStatus": status,
            }
        }

    def _of_cell(self, stack: str, logical_id: str) -> Answer:
        if stack not in self._world.cells:
            raise client_error(
                "DescribeStackResource", "ValidationError", f"Stack '{stack}' does not exist", 400
            )
        return {
            "StackResourceDetail": {
                "LogicalResourceId": logical_id,
                "PhysicalResourceId": self._world.cells[stack],
                "ResourceType": "AWS::DynamoDB::GlobalTable",
                "LastUpdatedTimestamp": self._world.aws.now,
                "ResourceStatus": "CREATE_COMPLETE",
            }
        }

    def do_get_template(self, request: Answer) -> Answer:
        del request
        return {"TemplateBody": self._world.body}

    def do_get_stack_policy(self, request: Answer) -> Answer:
        del request
        return {} if self._world.policy is None else {"StackPolicyBody": self._world.policy}

    def do_describe_stack_events(self, request: Answer) -> Answer:
        world = self._world
        world.pages_read += 1
        start = int(request.get("NextToken", "0"))
        end = start + (world.events_per_page or len(world.events) or 1)
        following = {"NextToken": str(end)} if end < len(world.events) else {}
        return {"StackEvents": world.events[start:end], **following}

    def do_update_stack(self, request: Answer) -> Answer:
        world = self._world
        if "StackPolicyDuringUpdateBody" in request and not world.may_set_policy:
            text = f"User: guard is not authorized to perform: cloudformation:SetStackPolicy on resource: {STACK_ID}"
            raise client_error("UpdateStack", "AccessDenied", text, 403)
        if world.refusals:
            refusal = world.refusals.pop(0)
            if isinstance(refusal, Exception):
                raise refusal
            raise client_error("UpdateStack", "ValidationError", refusal, 400)
        if world.status == "UPDATE_FAILED" and not (world.resumes and request.get("DisableRollback")):
            raise client_error("UpdateStack", "ValidationError", NON_TERMINAL, 400)
        if world.applied == world.held:
            raise client_error("UpdateStack", "ValidationError", "No updates are to be performed.", 400)
        world.updates.append(request)
        world.coming += ["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"]
        world.status = world.ends
        if world.ends in ("UPDATE_COMPLETE", "UPDATE_FAILED"):
            world.applied = world.held
            world.restore()
        world.on_update()
        return {"StackId": STACK_ID}

    def do_cancel_update_stack(self, request: Answer) -> Answer:
        assert request == {"StackName": STACK_ID}
        world = self._world
        if world.status != "UPDATE_IN_PROGRESS" or world.coming:
            raise client_error(
                "CancelUpdateStack",
                "ValidationError",
                "CancelUpdateStack cannot be called from current stack status",
                400,
            )
        world.cancelled += 1
        world.coming = ["UPDATE_ROLLBACK_IN_PROGRESS"]
        world.status = "UPDATE_ROLLBACK_COMPLETE"
        world.restore()
        world.on_cancel()
        return {}

    def do_continue_update_rollback(self, request: Answer) -> Answer:
        assert request == {"StackName": STACK_ID}
        self._world.continued += 1
        self._world.status = self._world.continue_ends
        self._world.coming = ["UPDATE_ROLLBACK_IN_PROGRESS"]
        now = self._world.aws.now
        for status in ("UPDATE_ROLLBACK_IN_PROGRESS", self._world.continue_ends):
            self._world.events.insert(0, event(now, status, NAME))
        return {}


__all__ = ["BAKE", "FINGERPRINT", "HOLD", "NAME", "ROLE", "World", "event", "table_resource", "template"]
