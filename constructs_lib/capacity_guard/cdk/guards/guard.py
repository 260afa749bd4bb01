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
from ...capacity.gate_plan import GatePlan, UnreadPlan, capacity_hash
from ...capacity.settings import Acknowledgment
from ...capacity.structure import TableKind
from ...capacity.transition import Transition
from ...cloudformation.declared_capacity import DeclaredCapacity, read_declared_capacity
from ...evidence.baseline import Baseline
from ...rules import KIND_OF_DIALECT, Case, Dialect
from ..app.break_glass import break_glass_reason, reason_in_context, record_break_glass
from ..app.judgment_time import timely_baseline
from ..app.place import Place, logical_id_token
from ..app.scaling_constructs import scaling_constructs
from ..app.source_location import caller
from ..arguments.code_capacity import CodeCapacity
from ..arguments.guard_arguments import recorded_name
from ..gates.gates import Gates, UnreadGate
from ..gates.guard_alarms import GuardAlarms
from ..gates.guard_plans import gate_plan, unread_plan
from ..gates.unread_declaration import UnreadDeclaration, give_closed_gate
from ..guard_options import GuardOptions
from ..provider.provider import GuardProvider
from ..provider.travelling import Travelling

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
    guards of a stack read what the template states of their tables (``read``): that is judged, and decides about the gates.

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
        self.scope, self.id = scope, id
        self.resource = table.resource
        self.construct_id = table.label
        self.construct = table.construct
        self._resource_path = table.path
        self.dialect = table.dialect
        self.options = options
        self.acknowledgments: list[Acknowledgment] = list(options.acknowledgments)
        """Accepted findings: those of the options, and those of ``acknowledge``."""
        self.table_name = table.name
        """The table's name; ``None`` where CloudFormation names it, and where the template has not been read yet."""
        self.place = place
        self.stack = place.stack
        self.path = place.path_of(id)
        self.now = place.now
        self.caller = caller()
        self.found: Construct | None = None  # the table's construct, where an aspect found it
        self.gates: Gates | UnreadGate | None = None
        """The gates, once the template was read; ``None`` without a transition or under break-glass."""
        self.declared: DeclaredCapacity | None = None
        """What the template of the stack states, as the guard read it; ``None`` before it has."""
        self.error: InputError | None = None
        """Why the table's capacity could not be read, or not be guarded; it fails the synthesis if ``must_be_readable``."""
        self.must_be_readable = True
        self.declaration: UnreadDeclaration | None = None  # what may state a capacity that cannot be read
        self.code_capacity: Capacity | None = None
        """The capacity that the code of a ``GuardedTable`` declares, where its template states another one."""
        self.gated_resources: tuple[CfnResource, ...] = (table.resource,)
        """The table, then its scaling targets and policies: CloudFormation changes them between the gates."""
        self.hold: Hold | None = None
        """The hold of the table; ``None`` where the options ask for no watch."""
        self.way_back: WayBack | None = None
        """What of the template depends on the hold; ``None`` where the way back does not stay in it."""
        self.no_way_back: InputError | None = None
        """Why the way back of this change does not stay in the template, though the options ask for it."""
        self._code = code
        self._capacity = code.whole
        self._final_ids: dict[int, tuple[CfnResource, str]] = {}
        self._has_table_access = False
        self.baseline = timely_baseline(scope, baseline, self.now)
        self.break_glass_names: tuple[str, ...] = (self.path, id.replace("/", "--"))
        """Names by which context ``capacity-guard:break-glass`` may mean this table."""
        self.break_glass = reason_in_context(place.break_glass, lambda: self.break_glass_names)
        if table.construct is not None:
            # The context may name the guard or the table: in an emergency, both must work.
            self.break_glass = self.break_glass or break_glass_reason(table.construct)
            node = table.construct.node
            self.break_glass_names = (*self.break_glass_names, node.path, node.id)
        self.alarms = GuardAlarms(scope, self.stack, table.label, options.rollout, self.baseline)
        self.alarms.add(table.indexes, table.resource)
        self.provider = GuardProvider.of(self.stack, options.gate_times, options.network, place.root)
        self.provider.construct_ids[self.construct_id] += 1
        if code.whole is not None:
            self._allow_table(table.name)

    @property
    def rollback_alarms(self) -> Mapping[str, cloudwatch.Alarm]:
        """The alarm of the table and of each index, by resource key."""
        return self.alarms.by_key

    @property
    def label(self) -> str:
        """Its table in findings and gates: the construct id, or the construct path where the id repeats in the stack."""
        if self.provider.construct_ids[self.construct_id] < 2:
            return self.construct_id
        return self.path if self.construct is None else str(self.construct.node.path)

    @cached_property
    def resource_path(self) -> str:
        """The construct path of the table's resource."""
        return self._resource_path or str(self.resource.node.path)

    @property
    def has_read(self) -> bool:
        """Whether the guard has tried to read its table from the template of the stack."""
        return self.declared is not None or self.error is not None

    def read(self, template: Mapping[str, Any]) -> None:
        """Read the capacity that the template states, and add the gates.

        Args:
            template: the template of the stack, after all other constructs and aspects have changed it.
        """
        try:
            declared = self.read_declared(template)
            deployed = None if isinstance(self.baseline, InputError) else self.baseline.deployed
            capacity = declared.capacity(None if deployed is None else deployed.template, self.path)
        except InputError as error:
            self.error = error
            try:
                give_closed_gate(self, template)
            except InputError as other:
                self.error = other
            return
        try:
            capacity = self._code.complete(capacity, self.path)
            scaling = scaling_constructs(self.resource, self.stack, declared.scaling)
        except InputError as error:
            self.error = error
            return
        try:
            self._use(declared, capacity, scaling)
            self._keep_way_back(template, declared)
        except InputError as error:
            # The table was read, and what guards it is incomplete: whatever its baseline is, that must not pass.
            self.error, self.must_be_readable = error, True

    def _keep_way_back(self, template: Mapping[str, Any], declared: DeclaredCapacity) -> None:
        """Keep the way back of a change in the template, where the options ask for it (``way_back``)."""
        if self.options.watch is None:
            return
        from ..watching.way_back import keep_way_back

        kept = keep_way_back(self, template, declared)
        if isinstance(kept, InputError):
            self.no_way_back = kept
        elif kept is not None:
            self.way_back, self.declared = kept

    def read_declared(self, template: Mapping[str, Any]) -> DeclaredCapacity:
        """What a template of the stack states about the table.

        Raises:
            InputError: it cannot be read.
        """
        return read_declared_capacity(
            template,
            self.logical_id(self.resource),
            location=self.provider.identity.name,
            account=self.provider.identity.account,
            region=self.provider.identity.region,
            recorded=recorded_name(self.baseline),
        )

    def _use(self, declared: DeclaredCapacity, capacity: Capacity, scaling: Sequence[CfnResource]) -> None:
        """Give the table the alarms, the permission and the gates for the capacity that the template states."""
        self.declared = declared
        self._capacity = capacity
        self.__dict__.pop("transition", None)
        self.code_capacity = None if capacity is self._code.whole else self._code.whole
        # Indexes may have been added or removed after the guard was created, also by an override.
        self.alarms.drop_others(capacity.indexes)
        self.alarms.add(capacity.indexes, self.resource)
        self.allow_stated_name(declared.name)
        self.gated_resources = (self.resource, *scaling)
        if self.options.watch is None:
            self._add_gates(capacity)
        else:
            # Loaded where a table is watched alone, as most are not.
            from ..watching.watch_function import watch_table

            watch_table(self, self.options.watch, lambda: self._add_gates(capacity))
        self.travelling.update(self)

    @property
    def capacity(self) -> Capacity:
        """The declared capacity of the table and of each index: what the code declares, then what the template states.

        Raises:
            InputError: it cannot be read, or only the template states it and the app has not been synthesized yet.
        """
        if self.error is not None:
            raise self.error
        if self._capacity is None:
            raise InputError(self.path, "has not read its table yet", "Ask when the app has been synthesized")
        return self._capacity

    def allow_stated_name(self, stated: Any) -> None:
        """Allow the functions to use the table by the ``TableName`` of the template; ``None`` if it states none."""
        name = stated if isinstance(stated, str) else None
        if not self._has_table_access or name != self.table_name:
            self.table_name = name
            self._allow_table(None if stated is None else cdk.Token.as_string(stated))

    def _allow_table(self, table_name: str | None) -> None:
        """Allow the functions of the provider to read the table and to raise its warm throughput.

        Args:
            table_name: the table's name. A reference to the table would be a circular dependency: the gate needs the
                permission before the table changes. ``None`` if CloudFormation names it
                ``<stack>-<logical id>-<random>`` (CloudFormation User Guide, aws-properties-name).
        """
        self._has_table_access = True
        if table_name is not None:
            self.provider.allow(table_name)
            return
        self.provider.allow_generated(self.resource, recorded_name(self.baseline))

    def _add_gates(self, capacity: Capacity) -> None:
        """Add the gates if the capacity of the table changes."""
        transition = self.transition
        if self.break_glass is not None:
            leaves_out = transition is None or transition.is_creation or not transition.is_empty
            record_break_glass(self.scope, self.break_glass if leaves_out else None)
        elif transition is None or transition.is_creation:
            self.add_unread_gate(capacity_hash(capacity))
        elif not transition.is_empty:
            # The plan needs it, and is rendered where an error would end the synthesis without its place.
            assert isinstance(self.baseline, Baseline)
            self.baseline.evidence(self.options.margins.switch_minutes)
            alarms, bakes = self.alarms.resources, not self.case.is_relief
            ids = self.alarm_ids
            self._final_ids.update({id(alarm): (alarm, ids[key]) for key, alarm in alarms.items()})
            if bakes:
                # A relief has no gate that watches them, and must not wait for an alarm.
                self.alarms.refuse_missing(alarms)
            self.gates = Gates(
                self.scope,
                self.provider,
                fingerprint=transition.fingerprint,
                plan=lambda: self.plan,
                vetoing=self.options.rollout.alarms,
                gated_resources=self.gated_resources,
                alarms=alarms,
                logical_id=self.logical_id,
                bakes=bakes,
                hold=self.hold,
                watch=self.options.watch_property,
            )

    def add_unread_gate(self, fingerprint: str) -> None:
        """Add the gate of a table whose deployed or declared capacity is unknown."""
        self.gates = UnreadGate(
            self.scope,
            self.provider,
            fingerprint=fingerprint,
            plan=lambda: self.unread_plan,
            gated_resources=self.gated_resources,
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
        if self.declared is not None:
            return self.declared.kind
        return KIND_OF_DIALECT.get(self.dialect) or TableKind(self.resource.cfn_resource_type)

    @property
    def case(self) -> Case:
        """Input of the rules: declared capacity and baseline, with the acknowledgments given so far."""
        return Case(
            table=self.label,
            indexes=tuple(self.capacity.indexes),
            declared=self.capacity,
            baseline=self.baseline,
            now=self.now,
            rollout=self.options.rollout,
            margins=self.options.margins,
            acknowledgments=tuple(self.acknowledgments),
            account=self.provider.identity.account,
            region=self.provider.identity.region,
            stack=self.provider.identity.name,
            logical_id=self.logical_id(self.resource),
            table_name=self.table_name,
            dialect=self.dialect,
            break_glass=self.break_glass,
            travels_with=self.travelling.others(self),
            kind=self.kind,
            code=self.code_capacity,
            wave=self.options.wave,
        )

    @property
    def alarm_ids(self) -> dict[str, str]:
        """Logical id of the rollback alarm of the table and of each index, by resource key."""
        return self.alarms.ids(final=self.has_read)

    def know_logical_ids(self, table: str, alarms: Mapping[str, str]) -> None:
        """Keep logical ids that are final: those of the table's resource and of the alarms, by resource key."""
        self._final_ids[id(self.resource)] = self.resource, table
        self.alarms.know_ids(alarms)

    def logical_id(self, resource: CfnResource) -> str:
        """Logical id of a resource; until the guard has read its table, ``override_logical_id`` may change it later."""
        known = self._final_ids.get(id(resource))
        if known is None:
            known = resource, str(self.stack.resolve(logical_id_token(resource)))
            if self.has_read:
                self._final_ids[id(resource)] = known
        return known[1]

    @property
    def plan(self) -> GatePlan:
        """The plan in the properties of Preflight and Bake (``gate_plan``)."""
        return gate_plan(self)

    @property
    def unread_plan(self) -> UnreadPlan:
        """The plan in the properties of the gate of a table whose deployed capacity is unknown (``unread_plan``)."""
        return unread_plan(self)


__all__ = ["Guard", "TableToGuard"]
