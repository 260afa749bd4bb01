"""``Guard``: the alarms, gates and judged case that ``GuardedTable`` and ``CapacityGuard`` have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import aws_cdk as cdk
from aws_cdk import CfnResource
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from ..capacity.capacity import Capacity
from ..capacity.dimension import TABLE, index_of, resource_key
from ..capacity.errors import InputError
from ..capacity.gate_plan import GatePlan, UnreadPlan
from ..capacity.settings import Acknowledgment, Margins, Rollout
from ..capacity.structure import TableKind
from ..capacity.transition import Transition
from ..dynamodb.names import metric_dimensions
from ..evidence.baseline import Baseline
from ..rules import KIND_OF_DIALECT, Case, Dialect
from .alarms import alarm_ids, alarm_resource, alarm_threshold, rollback_alarm
from .break_glass import reason_in_context, record_break_glass
from .declared_capacity import DeclaredCapacity, read_declared_capacity
from .gate_times import GateTimes
from .gates import Gates, UnreadGate
from .guard_arguments import recorded_name
from .judgment_time import timely_baseline
from .place import logical_id_token, place_of
from .provider import GuardProvider
from .scaling_constructs import scaling_constructs
from .source_location import caller
from .travelling import Travelling

# Logical id of the CDK's own metadata resource. Its Analytics property lists the constructs of the stack, so it
# changes whenever gates are added or removed.
_CDK_METADATA = "CDKMetadata"


class Guard(Construct):
    """An alarm on the throttling of a table and of each index, and gates before and after a change of its capacity.

    ``GuardedTable`` creates its table. ``CapacityGuard`` guards a table that other code creates. At the end of a
    synthesis both read what the template of the stack states (``read``): that is judged, and decides about the gates.

    Args:
        scope: a stack, or a construct in one.
        id: construct id.
        label: name of the table in findings, alarms and gates.
        dialect: the construct whose properties declare the capacity; a fix is written for it.
        baseline: the deployed capacity and recorded traffic, or the error met when it was loaded.
        table_name: the table's name, ``None`` where CloudFormation names it.
        rollout: bake time, change window and alarms.
        margins: the margins of rules and gates.
        acknowledgments: accepted findings.
    """

    resource: CfnResource
    """The table's resource in the template."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        label: str,
        dialect: Dialect,
        baseline: Baseline | InputError,
        table_name: str | None,
        rollout: Rollout | None,
        margins: Margins | None,
        acknowledgments: Sequence[Acknowledgment],
    ) -> None:
        super().__init__(scope, id)
        self.label = label
        self.dialect = dialect
        self.rollback_alarms: dict[str, cloudwatch.Alarm] = {}
        """The alarm of the table and of each index, by resource key."""
        self.gates: Gates | UnreadGate | None = None
        """The gates; ``None`` without a transition or under break-glass, one if the deployed capacity is unknown."""
        self.declared: DeclaredCapacity | None = None
        """What the template of the stack states, as the guard read it; ``None`` before it has."""
        self.error: InputError | None = None
        """Why the table's capacity could not be read; it fails the synthesis if ``must_be_readable``."""
        self.must_be_readable = True
        self.code_capacity: Capacity | None = None
        """The capacity that the code of a ``GuardedTable`` declares, where its template states another one."""
        self._capacity: Capacity | None = None
        self._alarm_ids: dict[str, str] = {}
        self._final_ids: dict[int, tuple[CfnResource, str]] = {}
        self._has_table_access = False
        self.table_name = table_name
        self.rollout = rollout or Rollout()
        self.margins = margins or Margins()
        self.acknowledgments = list(acknowledgments)
        self.place = place_of(scope)
        self.stack = self.place.stack
        self.path = self.place.path_of(id)
        self.now = self.place.now
        self.baseline = timely_baseline(self, baseline, self.now)
        self.break_glass_names: tuple[str, ...] = (self.path, id.replace("/", "--"))
        """Names by which context ``capacity-guard:break-glass`` may mean this table."""
        self.break_glass = reason_in_context(self.place.break_glass, lambda: self.break_glass_names)
        self.caller = caller()

    @cached_property
    def resource_path(self) -> str:
        """The construct path of the table's resource."""
        return str(self.resource.node.path)

    @property
    def has_read(self) -> bool:
        """Whether the guard has tried to read its table from the template of the stack."""
        return self.declared is not None or self.error is not None

    def read(self, template: Mapping[str, Any]) -> None:
        """Read the capacity that the template states, and add the gates.

        Args:
            template: the template of the stack, when everything but the guard has had its say.
        """
        try:
            declared = self.read_declared(template)
            deployed = None if isinstance(self.baseline, InputError) else self.baseline.deployed
            capacity = declared.capacity(None if deployed is None else deployed.template, self.path)
            capacity = self._with_warm(capacity)
            scaling = scaling_constructs(self.resource, self.stack, declared.scaling)
        except InputError as error:
            self.error = error
            return
        self.declared = declared
        self._use_reading(declared, capacity, scaling)

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

    def fail_to_read(self, error: InputError) -> None:
        """Note why the template of the stack cannot be rendered, in place of ``read``."""
        self.error = error

    def _use_reading(
        self, declared: DeclaredCapacity, capacity: Capacity, scaling: Sequence[CfnResource]
    ) -> None:
        """Give the table the alarms, the permission and the gates for the capacity that the template states."""
        # Indexes may have been added or removed after the guard was created, also by an override.
        for key in [
            key for key in self.rollback_alarms if key != TABLE and index_of(key) not in capacity.indexes
        ]:
            self.node.try_remove_child(self.rollback_alarms.pop(key).node.id)
            self._alarm_ids.pop(key, None)
        self._add_alarms(capacity.indexes, self.resource.ref)
        name = declared.name if isinstance(declared.name, str) else None
        if not self._has_table_access or name != self.table_name:
            self.table_name = name
            self._grant_table_access(None if declared.name is None else cdk.Token.as_string(declared.name))
        self._add_gates(capacity, scaling)

    def _with_warm(self, capacity: Capacity) -> Capacity:
        """The capacity of a template with the warm throughput that the guard declares: no template states it."""
        raise NotImplementedError

    @property
    def capacity(self) -> Capacity:
        """The declared capacity of the table and of each index.

        Raises:
            InputError: it cannot be read, or the app has not been synthesized yet.
        """
        if self.error is not None:
            raise self.error
        if self._capacity is None:
            raise InputError(self.path, "has not read its table yet", "Ask when the app has been synthesized")
        return self._capacity

    def _add_alarms(self, indexes: Iterable[str], table_name: str) -> None:
        """Create the alarms of the table and of its indexes that do not exist yet.

        Args:
            indexes: names of the indexes.
            table_name: the table's name, or a reference to it: CloudFormation may create an alarm after the table.
        """
        for index in (None, *indexes):
            key = resource_key(index)
            if key not in self.rollback_alarms:
                self.rollback_alarms[key] = self._create_alarm(index, table_name)

    def _use_provider(self, gate_times: GateTimes | None) -> None:
        """Use the provider of the stack. The first guard of the stack creates it."""
        self.provider = GuardProvider.of(self.stack, gate_times or GateTimes())

    def _grant_table_access(self, table_name: str | None) -> None:
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

    def _add_gates(self, capacity: Capacity, scaling: Sequence[CfnResource] = ()) -> None:
        """Add the gates if the capacity of the table changes.

        Args:
            capacity: the declared capacity, with an entry for each index.
            scaling: scaling targets and policies of the table; CloudFormation changes them between the gates too.
        """
        self._capacity = capacity
        self.__dict__.pop("transition", None)
        self.gated_resources = (self.resource, *scaling)
        transition = self.transition
        if self.break_glass is not None:
            leaves_out = transition is None or transition.is_creation or not transition.is_empty
            record_break_glass(self, self.break_glass if leaves_out else None)
        elif transition is None or transition.is_creation:
            self.gates = UnreadGate(
                self,
                self.provider,
                capacity=capacity,
                plan=lambda: self.unread_plan,
                gated_resources=self.gated_resources,
            )
        elif not transition.is_empty:
            self.gates = Gates(
                self,
                self.provider,
                fingerprint=transition.fingerprint,
                plan=lambda: self.plan,
                vetoing=self.rollout.alarms,
                gated_resources=self.gated_resources,
                alarms={key: alarm_resource(alarm) for key, alarm in self.rollback_alarms.items()},
                bakes=not self.case.is_relief,
            )
        self.travelling.update(self)

    @property
    def travelling(self) -> Travelling:
        """The guards of the stack that have gates."""
        return self.provider.travelling

    def _remove_gates(self) -> None:
        """Take back the gates of the capacity that the code declares: the template states another one."""
        if self.gates is None:
            return
        for gate in (self.gates.preflight, getattr(self.gates, "bake", None)):
            if gate is not None and gate.node.scope is not None:
                for resource in self.gated_resources:
                    resource.remove_resource_dependency(gate)
                self.node.try_remove_child(gate.node.scope.node.id)
        self.gates = None
        self.travelling.update(self)

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
            rollout=self.rollout,
            margins=self.margins,
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
        )

    @property
    def alarm_ids(self) -> dict[str, str]:
        """Logical id of the rollback alarm of the table and of each index, by resource key."""
        if not self.has_read:
            return alarm_ids(self.stack, self.rollback_alarms, {})
        self._alarm_ids = alarm_ids(self.stack, self.rollback_alarms, self._alarm_ids)
        return dict(self._alarm_ids)

    def know_logical_ids(self, table: str, alarms: Mapping[str, str]) -> None:
        """Keep logical ids that are final: those of the table's resource and of the alarms, by resource key."""
        self._final_ids[id(self.resource)] = self.resource, table
        self._alarm_ids = dict(alarms)

    @property
    def plan(self) -> GatePlan:
        """The plan in the properties of Preflight and Bake.

        Raises:
            InputError: the table is in no transition, or its baseline has no traffic.
        """
        baseline, transition = self.baseline, self.transition
        if not isinstance(self.gates, Gates) or transition is None or isinstance(baseline, InputError):
            raise InputError(self.path, "is in no transition", "Declare a change first")
        evidence = baseline.evidence(self.margins.switch_minutes)
        if evidence is None:
            raise InputError(self.path, "has a baseline without traffic", "Record the baseline again")
        alarm_ids = self.alarm_ids
        return GatePlan(
            table=self.label,
            logical_id=self.logical_id(self.resource),
            table_name=self.table_name,
            transition=transition.with_schedules(() if self.declared is None else self.declared.schedules),
            evidence=evidence,
            recorded_at=baseline.recording.at,
            account=baseline.table.account,
            region=baseline.table.region,
            rollout=self.rollout,
            margins=self.margins,
            alarms=alarm_ids,
            travels_with=(*map(self.logical_id, self.gates.travelling), _CDK_METADATA),
            acknowledgments=tuple(self.acknowledgments),
            recorded_name=baseline.table.name if baseline.table.is_known_by_name_only else None,
        )

    @property
    def unread_plan(self) -> UnreadPlan:
        """The plan in the properties of the gate of a table whose deployed capacity is unknown.

        Raises:
            InputError: the baseline states it.
        """
        problem = self.baseline if isinstance(self.baseline, InputError) else None
        if isinstance(self.baseline, Baseline) and self.baseline.is_new_table:
            problem = InputError(
                "baseline",
                f"{self.baseline.table.name} is declared as a table that does not exist yet (NewTable)",
                "Once it exists, record it: capacity-guard record --table NAME --out FILE, and give that FILE as baseline=",
            )
        if problem is None:
            raise InputError(self.path, "has a baseline that can be read", "Ask for its plan")
        return UnreadPlan(
            table=self.label,
            logical_id=self.logical_id(self.resource),
            table_name=self.table_name,
            declared=self.capacity,
            kind=self.kind,
            problem=str(problem),
        )

    def logical_id(self, resource: CfnResource) -> str:
        """Logical id of a resource; until the guard has read its table, ``override_logical_id`` may change it later."""
        known = self._final_ids.get(id(resource))
        if known is None:
            known = resource, str(self.stack.resolve(logical_id_token(resource)))
            if self.has_read:
                self._final_ids[id(resource)] = known
        return known[1]

    def _create_alarm(self, index: str | None, table_name: str) -> cloudwatch.Alarm:
        return rollback_alarm(
            self,
            "TableThrottled" if index is None else f"{index}Throttled",
            dimensions=metric_dimensions(table_name, index),
            threshold=alarm_threshold(self.rollout, self.baseline, resource_key(index)),
            rollout=self.rollout,
            subject=self.label if index is None else f"{self.label} / {index}",
        )


__all__ = ["Guard"]
