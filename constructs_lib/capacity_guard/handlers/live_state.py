"""The live state that Preflight judges: table, traffic, alarms and the operation, each read once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from ..capacity.capacity import BillingMode
from ..capacity.dimension import Dimension
from ..capacity.gate_plan import GatePlan
from ..capacity.structure import TableKind
from ..dynamodb.describe_table import LiveTable
from ..dynamodb.live_scaling import LiveScaling
from .aws import GateAws
from .aws_error import AwsError
from .change_set import ChangeSet, read_change_set
from .live_alarms import LiveAlarm, read_alarms
from .live_table import read_scaling, read_scaling_targets, read_table
from .live_traffic import PEAK_HOURS, LiveTraffic, read_traffic
from .stack_names import StackNames, account_of, find_names, region_of
from .switch_history import read_switches

_OLD_SDK = "the runtime's SDK is too old to show express mode"
_NO_DRIFT = "the runtime's SDK is too old to show whether the operation reverts drift (--revert-drift)"

T = TypeVar("T")


@dataclass(frozen=True)
class LiveState:
    """Everything that Preflight judges.

    A part is ``None`` if it was not read, or if its read failed; ``read_errors`` has a sentence for each failed read.

    Attributes:
        plan: the plan of the gate.
        at: time of the reads, UTC.
        stack_id: ARN of the stack.
        names: names found in the stack.
        table: the table; its auto scaling is ``None`` if that could not be read.
        alarms: the guard's own alarms and those that the user names, by name.
        traffic: consumed units and throttle events.
        leftover_targets: dimensions that have a scaling target although the table is on-demand; read for
            AWS::DynamoDB::Table only.
        stack: DescribeStacks.
        change_set: the change set that the stack names; ``None`` also if it names none.
        switches: times of switches to on-demand in the hours of the quota, UTC.
        read_errors: sentences about what could not be read.
        errors_are_transient: whether all that could not be read may be readable a little later.
        notes: what these reads cannot show.
    """

    plan: GatePlan
    at: datetime
    stack_id: str
    names: StackNames
    table: LiveTable | None = None
    alarms: Mapping[str, LiveAlarm] | None = None
    traffic: LiveTraffic | None = None
    leftover_targets: frozenset[Dimension] = frozenset()
    stack: Mapping[str, Any] | None = None
    change_set: ChangeSet | None = None
    switches: tuple[datetime, ...] | None = None
    read_errors: tuple[str, ...] = ()
    errors_are_transient: bool = False
    notes: tuple[str, ...] = ()

    @property
    def scaling(self) -> Mapping[Dimension, LiveScaling] | None:
        """Auto scaling of the table, by dimension; ``None`` if table or auto scaling was not read."""
        return None if self.table is None else self.table.scaling

    @property
    def changes(self) -> tuple[Mapping[str, Any], ...]:
        """Resource changes of the operation; none if its change set was not read or is of another operation."""
        if self.change_set is None or self.change_set.foreign(self.stack_id) is not None:
            return ()
        return self.change_set.changes

    @property
    def region(self) -> str:
        """Region of the stack, from its ARN."""
        return region_of(self.stack_id)

    @property
    def account(self) -> str:
        """Account of the stack, from its ARN."""
        return account_of(self.stack_id)

    def with_read_error(self, error: AwsError) -> LiveState:
        """The same with one more thing that could not be read."""
        transient = error.is_transient and (self.errors_are_transient or not self.read_errors)
        return replace(self, read_errors=(*self.read_errors, str(error)), errors_are_transient=transient)


class _Reader:
    """Collects the errors of reads, so that a gate reports all of them."""

    def __init__(self) -> None:
        self.errors: list[str] = []
        self.errors_are_transient = True

    def attempt(self, read: Callable[[], T]) -> T | None:
        """The result of a read. If the read fails, the result is ``None`` and ``errors`` has its sentence."""
        try:
            return read()
        except AwsError as error:
            self.errors.append(str(error))
            self.errors_are_transient = self.errors_are_transient and error.is_transient
            return None


def read_live_state(aws: GateAws, plan: GatePlan, stack_id: str, now: datetime) -> LiveState:
    """Read everything that Preflight judges. A failed read is reported in the result, not raised."""
    reader = _Reader()
    names = reader.attempt(lambda: find_names(aws, plan, stack_id)) or StackNames(plan.table_name, {})
    table_name = names.table
    table = None if table_name is None else reader.attempt(lambda: read_table(aws, table_name))
    alarms = reader.attempt(lambda: read_alarms(aws, plan, names))
    traffic = switches = change_set = None
    leftover_targets: frozenset[Dimension] = frozenset()
    if table is not None:
        unscaled = table
        traffic = reader.attempt(lambda: read_traffic(aws, unscaled, now - timedelta(hours=PEAK_HOURS), now))
        table = reader.attempt(lambda: read_scaling(aws, unscaled)) or unscaled
        if plan.transition.may_be(TableKind.TABLE) and table.mode is BillingMode.ON_DEMAND:
            targets = reader.attempt(lambda: read_scaling_targets(aws, unscaled))
            leftover_targets = frozenset(targets or ())
    stack = reader.attempt(lambda: aws.describe_stack(stack_id))
    change_set_id = None if stack is None else stack.get("ChangeSetId")
    if change_set_id:
        change_set = reader.attempt(lambda: read_change_set(aws, str(change_set_id), stack_id))
    if plan.transition.switches_to_on_demand or plan.transition.switches_to_provisioned:
        found = reader.attempt(lambda: read_switches(aws, plan, table, stack_id, now))
        switches = None if found is None else tuple(found)
    return LiveState(
        plan,
        now,
        stack_id,
        names,
        table,
        alarms,
        traffic,
        leftover_targets,
        stack,
        change_set,
        switches,
        tuple(reader.errors),
        reader.errors_are_transient,
        tuple(
            note
            for note, is_shown in ((_OLD_SDK, aws.shows_express_mode()), (_NO_DRIFT, aws.shows_drift()))
            if not is_shown
        ),
    )


__all__ = ["LiveState", "read_live_state"]
