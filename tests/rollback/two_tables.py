"""A stack in which two tables are in transition: the world of one, and a second table with its own hold, Bake and traffic."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from capacity_guard.rollback.calls import RollbackAws
from tests.handlers.gate_world import ON_DEMAND, PROVISIONED, TABLE, TABLE_NAME, a_plan, set_capacity

from .watch_world import MINUTE, PEAKS, WatchWorld
from .world import BAKE, HOLD, NAME, Answer, _CloudFormation, event, table_resource, template

OTHER, OTHER_NAME, OTHER_BAKE = "OrdersTable7F", "Conversations-ORDERS", "OrdersBakeGate"
OTHER_HOLD = f"/capacity-guard/{NAME}/{OTHER}"
OTHER_PLAN = replace(
    a_plan(ON_DEMAND),
    table="Orders",
    logical_id=OTHER,
    transition=replace(a_plan(ON_DEMAND).transition, table=OTHER_NAME, attempt=2),
)
OTHER_FINGERPRINT = OTHER_PLAN.transition.fingerprint


class TwoTables(WatchWorld):
    """The stack with ``Conversations`` and ``Orders``, both changed from provisioned to on-demand in one deployment.

    Attributes:
        others_applied: the value of the second hold that the stack read last.
    """

    def __init__(self) -> None:
        super().__init__()
        self.others_applied = "none"
        self.aws.guarded = "Conversations-*"
        self.aws.dynamodb.new_table(OTHER_NAME)
        with self.of_other():
            set_capacity(self.aws, ON_DEMAND)
        second = template(OTHER_FINGERPRINT)
        self.body["Parameters"]["HeldOther"] = {**second["Parameters"]["Held"], "Default": OTHER_HOLD}
        self.body["Conditions"]["IsHeldOther"] = {"Fn::Equals": [{"Ref": "HeldOther"}, OTHER_FINGERPRINT]}
        self.body["Resources"][OTHER] = _renamed(second["Resources"][TABLE])
        self.body["Resources"][OTHER_BAKE] = {
            "Type": "Custom::CapacityGuardBake",
            "Properties": {
                "Fingerprint": OTHER_FINGERPRINT,
                "Hold": OTHER_HOLD,
                "Plan": OTHER_PLAN.of_bake().to_property(),
            },
        }
        self.aws.ssm.put_parameter({"Name": OTHER_HOLD, "Value": "none", "Overwrite": True})
        assert table_resource()["Type"] == self.body["Resources"][OTHER]["Type"]

    @contextmanager
    def of_other(self) -> Iterator[None]:
        """What the world does meanwhile is done to the second table; scaling of the first one stays."""
        targets, policies = list(self.aws.targets), list(self.aws.policies)
        self.aws.name = OTHER_NAME
        try:
            yield
            self.aws.targets = [*_not_of(targets, OTHER_NAME), *self.aws.targets]
            self.aws.policies = [*_not_of(policies, OTHER_NAME), *self.aws.policies]
        finally:
            self.aws.name = TABLE_NAME

    def restore(self) -> None:
        """What CloudFormation does with the tables whose hold has the fingerprint."""
        if self.applied == a_plan(ON_DEMAND).transition.fingerprint:
            targets, policies = list(self.aws.targets), list(self.aws.policies)
            super().restore()
            self.aws.targets += _not_of(targets, TABLE_NAME)
            self.aws.policies += _not_of(policies, TABLE_NAME)
        if self.others_applied == OTHER_FINGERPRINT:
            with self.of_other():
                set_capacity(self.aws, PROVISIONED)

    def deployed(self, ago: timedelta) -> datetime:
        """Both changes were deployed some time ago."""
        began = super().deployed(ago)
        self.events += [
            event(began + 10 * MINUTE, "CREATE_COMPLETE", OTHER_BAKE),
            event(began, "CREATE_IN_PROGRESS", OTHER_BAKE),
        ]
        return began

    def carry(self, start: datetime, share: float = 1.0, until: datetime | None = None) -> None:
        """Traffic of both tables."""
        super().carry(start, share, until)
        with self.of_other():
            super().carry(start, share, until)

    def pass_time(self, time: timedelta) -> None:
        """Let time pass, with the traffic that both had."""
        before = self.aws.now
        super().pass_time(time)
        self.aws.now = before
        with self.of_other():
            super().pass_time(time)

    def throttle_other(self, *ago: int) -> None:
        """The second table throttles."""
        with self.of_other():
            self.throttle(*ago)

    @property
    def other_held(self) -> str:
        return str(self.aws.ssm.parameters[OTHER_HOLD]["Value"])

    @property
    def other_mode(self) -> str:
        return self.aws.dynamodb.tables[OTHER_NAME].mode

    def calls(self) -> RollbackAws:
        clients: dict[str, Any] = dict(self.aws.clients())
        return RollbackAws({**clients, "cloudformation": _TwoTables(self)})


class _TwoTables(_CloudFormation):
    def __init__(self, world: TwoTables) -> None:
        super().__init__(world)
        self._both = world

    def do_describe_stacks(self, request: Answer) -> Answer:
        answer = super().do_describe_stacks(request)
        answer["Stacks"][0]["Parameters"].append(
            {
                "ParameterKey": "HeldOther",
                "ParameterValue": OTHER_HOLD,
                "ResolvedValue": self._both.others_applied,
            }
        )
        return answer

    def do_describe_stack_resource(self, request: Answer) -> Answer:
        if request["LogicalResourceId"] != OTHER:
            return super().do_describe_stack_resource(request)
        answer = super().do_describe_stack_resource({**request, "LogicalResourceId": TABLE})
        answer["StackResourceDetail"] |= {"LogicalResourceId": OTHER, "PhysicalResourceId": OTHER_NAME}
        return answer

    def do_update_stack(self, request: Answer) -> Answer:
        world = self._both
        if world.others_applied != world.other_held:
            # The second hold alone is a change, too: the update must not be refused for the first one.
            before, world.applied = world.applied, ""
            world.others_applied, old = world.other_held, world.others_applied
            try:
                answer = super().do_update_stack(request)
            except BaseException:
                world.applied, world.others_applied = before, old
                raise
            if world.ends != "UPDATE_COMPLETE":
                world.applied, world.others_applied = before, old
            return answer
        return super().do_update_stack(request)


def _renamed(resource: Answer) -> Answer:
    """The table's resource under the condition of the second hold."""

    def walk(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: walk(each) for key, each in value.items()}
        if isinstance(value, list):
            return [walk(each) for each in value]
        return "IsHeldOther" if value == "IsHeld" else value

    found: Answer = walk(resource)
    return found


def _not_of(entries: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [entry for entry in entries if f"table/{name}" not in entry["ResourceId"]]


__all__ = ["BAKE", "HOLD", "OTHER", "OTHER_FINGERPRINT", "OTHER_HOLD", "PEAKS", "TwoTables"]
