"""``Guard``: the alarms, gates and judged case of one table. ``GuardedTable`` and ``CapacityGuard`` each have one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
from aws_cdk import CfnResource
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from ...capacity.capacity import Capacity
from ...capacity.errors import InputError
from ...capacity.gate_plan import GatePlan, UnreadPlan
from ...capacity.settings import Acknowledgment
from ...capacity.structure import TableKind
from ...capacity.transition import Transition
from ...cloudformation.declared_capacity import DeclaredCapacity, read_declared_capacity
from ...evidence.baseline import Baseline
from ...rules import KIND_OF_DIALECT, Case, Dialect
from ..app.break_glass import break_glass_of
from ..app.judgment_time import timely_baseline
from ..app.logical_ids import LogicalIds
from ..app.place import Place
from ..app.source_location import caller
from ..arguments.code_capacity import CodeCapacity
from ..arguments.guard_arguments import recorded_name
from ..gates.gates import Gates, UnreadGate
from ..gates.guard_alarms import GuardAlarms
from ..gates.guard_plans import gate_plan, unread_plan
from ..gates.reading import Reading
from ..guard_options import GuardOptions
from ..provider.provider import GuardProvider
from ..provider.travelling import Travelling
from .table_permission import TablePermission

if TYPE_CHECKING:
    from ..gates.hold import Hold
    from ..watching.way_back import WayBack


@dataclass(frozen=True)
class TableToGuard:
    """A table as the construct that guards it knows it when it is made.

    Attributes:
        resource: its resource in the template.
        label: its construct id.
        dialect: the construct whose properties declare its capacity; a fix is written for it.
        indexes: names of the indexes that it has by now.
        name: its name where the code of a ``GuardedTable`` gives it.
        construct: the construct of a table that other code declares; break-glass may name it too.
        path: the construct path of its resource, where the caller knows it.
    """

    resource: CfnResource
    label: str
    dialect: Dialect
    indexes: Sequence[str]
    name: str | None = None
    construct: Construct | None = None
    path: str | None = None


class Guard:
    """An alarm on the throttling of a table and of each index, and gates before and after a change of its capacity.

    ``attach_guard`` makes one, which is all that a construct has to do. It has alarms at once. At the end of a synthesis the
    guards of a stack read what the template states of their tables (``read_table``): that is judged, and decides about the gates.

    A guard is not a construct: alarms and gates are in the construct that has it, so their logical ids begin with its id.

    Args:
        scope: the construct that has the guard.
        table: the table.
        place: the place of the construct.
        id: its id.
        baseline: the deployed capacity and recorded traffic, or the error met when it was loaded.
        options: the settings.
        code: what the code declares beside the template.
    """

    def __init__(
        self,
        scope: Construct,
        table: TableToGuard,
        *,
        place: Place,
        id: str,
        baseline: Baseline | InputError,
        options: GuardOptions,
        code: CodeCapacity,
    ) -> None:
        self.scope, self.id, self.place, self.table = scope, id, place, table
        self.options, self.code = options, code
        self.path = place.path_of(id)
        self.caller = caller()
        self.of_aspect = False  # whether an aspect found the table
        self.must_be_readable = True
        """Whether a capacity that cannot be read fails the synthesis."""
        self.acknowledgments: list[Acknowledgment] = list(options.acknowledgments)
        """Accepted findings: those of the options, and those of ``acknowledge``."""
        self.baseline = timely_baseline(scope, baseline, place.now)
        self.break_glass = break_glass_of(place, id, table.construct)
        self.alarms = GuardAlarms(scope, place.stack, table.label, options.rollout, self.baseline)
        self.alarms.add(table.indexes, table.resource)
        self.provider = GuardProvider.of(place.stack, options.gate_times, options.network, place.root)
        self.provider.construct_ids[table.label] += 1
        self.permission = TablePermission(
            self.provider, table.resource, table.name, recorded_name(self.baseline)
        )
        if code.whole is not None:
            self.permission.give()
        self._logical_ids = LogicalIds(place.stack)
        # What follows is set when the template was read (``read_table``).
        self._reading = Reading(capacity=code.whole)
        self.gates: Gates | UnreadGate | None = None
        """The gates; ``None`` without a transition or under break-glass."""
        self.gated_resources: tuple[CfnResource, ...] = (table.resource,)
        """The table, then its scaling targets and policies: CloudFormation changes them between the gates."""
        self.hold: Hold | None = None
        """The hold of the table; ``None`` where the options ask for no watch."""
        self.way_back: WayBack | InputError | None = None
        """What of the template depends on the hold; why the way back does not stay in it; ``None`` where nothing asks for it."""

    @property
    def reading(self) -> Reading:
        """What the guard has read of its table."""
        return self._reading

    @reading.setter
    def reading(self, reading: Reading) -> None:
        self._reading = reading
        self.__dict__.pop("transition", None)

    @property
    def resource(self) -> CfnResource:
        """The table's resource in the template."""
        return self.table.resource

    @property
    def stack(self) -> cdk.Stack:
        """The stack of the table."""
        return self.place.stack

    @property
    def rollback_alarms(self) -> Mapping[str, cloudwatch.Alarm]:
        """The alarm of the table and of each index, by resource key."""
        return self.alarms.by_key

    @property
    def label(self) -> str:
        """Its table in findings and gates: the construct id, or the construct path where the id repeats in the stack."""
        if self.provider.construct_ids[self.table.label] < 2:
            return self.table.label
        return self.path if self.table.construct is None else str(self.table.construct.node.path)

    @cached_property
    def resource_path(self) -> str:
        """The construct path of the table's resource."""
        return self.table.path or str(self.resource.node.path)

    @property
    def table_name(self) -> str | None:
        """The table's name; ``None`` where CloudFormation names it, and where the template has not been read yet."""
        return self.permission.name

    @property
    def capacity(self) -> Capacity:
        """The declared capacity of the table and of each index: what the code declares, then what the template states.

        Raises:
            InputError: it cannot be read, or only the template states it and the app has not been synthesized yet.
        """
        if self.reading.error is not None:
            raise self.reading.error
        if self.reading.capacity is None:
            raise InputError(self.path, "has not read its table yet", "Ask when the app has been synthesized")
        return self.reading.capacity

    def read_declared(self, template: Mapping[str, Any]) -> DeclaredCapacity:
        """What a template of the stack states about the table.

        Raises:
            InputError: it cannot be read.
        """
        identity = self.provider.identity
        return read_declared_capacity(
            template,
            self.logical_id(self.resource),
            location=identity.name,
            account=identity.account,
            region=identity.region,
            recorded=recorded_name(self.baseline),
        )

    @property
    def travelling(self) -> Travelling:
        """The guards of the stack that have gates."""
        return self.provider.travelling

    @cached_property
    def transition(self) -> Transition | None:
        """Deployed to declared capacity; ``None`` if the baseline cannot be read."""
        if isinstance(self.baseline, InputError):
            return None
        return self.baseline.transition_to(self.capacity, self.kind)

    @property
    def kind(self) -> TableKind:
        """Resource type of the table in the template."""
        if self.reading.declared is not None:
            return self.reading.declared.kind
        return KIND_OF_DIALECT.get(self.table.dialect) or TableKind(self.resource.cfn_resource_type)

    @property
    def case(self) -> Case:
        """Input of the rules: declared capacity and baseline, with the acknowledgments given so far."""
        identity = self.provider.identity
        return Case(
            table=self.label,
            indexes=tuple(self.capacity.indexes),
            declared=self.capacity,
            baseline=self.baseline,
            now=self.place.now,
            rollout=self.options.rollout,
            margins=self.options.margins,
            acknowledgments=tuple(self.acknowledgments),
            account=identity.account,
            region=identity.region,
            stack=identity.name,
            logical_id=self.logical_id(self.resource),
            table_name=self.table_name,
            dialect=self.table.dialect,
            aspect="GuardEveryTable" if self.of_aspect else None,
            break_glass=self.break_glass.reason,
            travels_with=self.travelling.others(self),
            kind=self.kind,
            code=self.reading.code_capacity,
            wave=self.options.wave,
        )

    @property
    def alarm_ids(self) -> dict[str, str]:
        """Logical id of the rollback alarm of the table and of each index, by resource key."""
        return self.alarms.ids(final=self.reading.is_done)

    def know_logical_ids(self, table: str, alarms: Mapping[str, str]) -> None:
        """Keep logical ids that are final: those of the table's resource and of the alarms, by resource key."""
        self._logical_ids.know(self.resource, table)
        self.alarms.know_ids(alarms)

    def know_alarms(self) -> None:
        """Keep the logical ids of the alarms for the gates, which ask for those of all their resources."""
        ids = self.alarm_ids
        for key, alarm in self.alarms.resources.items():
            self._logical_ids.know(alarm, ids[key])

    def logical_id(self, resource: CfnResource) -> str:
        """Logical id of a resource; until the guard has read its table, ``override_logical_id`` may change it later."""
        return self._logical_ids.of(resource, final=self.reading.is_done)

    @property
    def plan(self) -> GatePlan:
        """The plan in the properties of Preflight and Bake (``gate_plan``)."""
        return gate_plan(self)

    @property
    def unread_plan(self) -> UnreadPlan:
        """The plan in the properties of the gate of a table whose deployed capacity is unknown (``unread_plan``)."""
        return unread_plan(self)


__all__ = ["Guard", "TableToGuard"]
