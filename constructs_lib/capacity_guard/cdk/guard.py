"""``Guard``: the alarms, gates and judged case that ``GuardedTable`` and ``CapacityGuard`` have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import CfnResource
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from ..capacity.capacity import Capacity
from ..capacity.dimension import resource_key
from ..capacity.errors import InputError
from ..capacity.evidence import Evidence
from ..capacity.gate_plan import GatePlan, UnreadPlan
from ..capacity.settings import Acknowledgment, Margins, Rollout
from ..capacity.structure import TableKind
from ..capacity.transition import Transition
from ..dynamodb.names import metric_dimensions
from ..evidence.baseline import Baseline
from ..evidence.digest import noise_of
from ..rules import KIND_OF_DIALECT, Case, Dialect
from .alarms import rollback_alarm
from .break_glass import break_glass_reason
from .gate_times import GateTimes
from .gates import Gates, UnreadGate
from .judgment_time import judgment_time
from .provider import GuardProvider
from .source_location import caller

# Logical id of the CDK's own metadata resource. Its Analytics property lists the constructs of the stack, so it
# changes whenever gates are added or removed.
_CDK_METADATA = "CDKMetadata"


class Guard(Construct):
    """An alarm on the throttling of a table and of each index, and gates before and after a change of its capacity.

    ``GuardedTable`` creates its table. ``CapacityGuard`` guards a table that other code creates, and reads its declared
    capacity at synthesis. Both call ``_add_alarms``, ``_use_provider`` and ``_grant_table_access``, and ``_add_gates``
    when the declared capacity is known.

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
        """The gates; ``None`` without a transition, a single gate if the baseline cannot be read."""
        self.error: InputError | None = None
        """Why the table's capacity could not be read; it fails the synthesis."""
        self._capacity: Capacity | None = None
        self.baseline = baseline
        self.table_name = table_name
        self.rollout = rollout or Rollout()
        self.margins = margins or Margins()
        self.acknowledgments = list(acknowledgments)
        self.stack = cdk.Stack.of(self)
        self.now = judgment_time(self)
        self.break_glass = break_glass_reason(self)
        self.caller = caller()

    def read(self) -> None:
        """Read the declared capacity from the template of the stack, if the guard does not know it yet."""

    def contradiction(self, template: Mapping[str, Any]) -> InputError | None:
        """Why the final template of the stack is not the one that the guard judged, ``None`` if it is.

        Args:
            template: the template that is deployed.
        """
        del template
        return None

    @property
    def capacity(self) -> Capacity:
        """The declared capacity of the table and of each index.

        Raises:
            InputError: it cannot be read, or the app has not been synthesized yet.
        """
        if self.error is not None:
            raise self.error
        if self._capacity is None:
            raise InputError(
                self.node.path, "has not read its table yet", "Ask when the app has been synthesized"
            )
        return self._capacity

    def _add_alarms(self, indexes: Iterable[str], table_name: str) -> None:
        """Create the alarms of the table and of its indexes that do not exist yet.

        Args:
            indexes: names of the indexes.
            table_name: the table's name, or a reference to it: CloudFormation may create an alarm after the table.
        """
        for index in (None, *indexes):
            if resource_key(index) not in self.rollback_alarms:
                self.rollback_alarms[resource_key(index)] = self._create_alarm(index, table_name)

    def _use_provider(self, gate_times: GateTimes | None) -> None:
        """Use the provider of the stack. The first guard of the stack creates it."""
        self._provider = GuardProvider.of(self.stack, gate_times or GateTimes())

    def _grant_table_access(self, table_name: str | None) -> None:
        """Allow the functions of the provider to read the table and to raise its warm throughput.

        Args:
            table_name: the table's name. A reference to the table would be a circular dependency: the gate needs the
                permission before the table changes. ``None`` if CloudFormation names it
                ``<stack>-<logical id>-<random>`` (CloudFormation User Guide, aws-properties-name).
        """
        name = table_name or f"{self.stack.stack_name}-{self.resource.logical_id}-*"
        arn = self.stack.format_arn(service="dynamodb", resource="table", resource_name=name)
        self._provider.allow(arn, "Table" + "".join(filter(str.isalnum, cdk.Names.unique_id(self))))

    def _add_gates(self, capacity: Capacity, scaling: Sequence[CfnResource] = ()) -> None:
        """Add the gates if the capacity of the table changes.

        Args:
            capacity: the declared capacity, with an entry for each index.
            scaling: scaling targets and policies of the table; CloudFormation changes them between the gates too.
        """
        self._capacity = capacity
        self._gated_resources = (self.resource, *scaling)
        if self.transition is None:
            self.gates = UnreadGate(
                self,
                self._provider,
                capacity=capacity,
                plan=lambda: self.unread_plan.to_property(),
                gated_resources=self._gated_resources,
            )
        elif not self.transition.is_empty and not self.transition.is_creation:
            self.gates = Gates(
                self,
                self._provider,
                fingerprint=self.transition.fingerprint,
                plan=lambda: self.plan.to_property(),
                gated_resources=self._gated_resources,
                alarms=list(self._alarm_resources.values()),
            )

    @property
    def _alarm_resources(self) -> dict[str, CfnResource]:
        return {key: _resource_of_alarm(alarm) for key, alarm in self.rollback_alarms.items()}

    @cached_property
    def transition(self) -> Transition | None:
        """Deployed to declared capacity; ``None`` if the baseline cannot be read."""
        if isinstance(self.baseline, InputError):
            return None
        return self.baseline.transition_to(self.capacity, self.kind)

    @cached_property
    def kind(self) -> TableKind:
        """Resource type of the table in the template."""
        return KIND_OF_DIALECT.get(self.dialect) or TableKind(self.resource.cfn_resource_type)

    @cached_property
    def evidence(self) -> Evidence | None:
        """Digest of the recorded traffic; ``None`` if there is no recorded traffic."""
        return (
            None
            if isinstance(self.baseline, InputError)
            else self.baseline.evidence(self.margins.switch_minutes)
        )

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
            account=text_or_none(self.stack.account),
            region=text_or_none(self.stack.region),
            stack=self.stack.stack_name,
            logical_id=self.logical_id(self.resource),
            table_name=self.table_name,
            dialect=self.dialect,
            break_glass=self.break_glass,
            kind=self.kind,
        )

    @property
    def alarm_ids(self) -> dict[str, str]:
        """Logical id of the rollback alarm of the table and of each index, by resource key."""
        return {key: self.logical_id(alarm) for key, alarm in self._alarm_resources.items()}

    @property
    def plan(self) -> GatePlan:
        """The plan in the properties of Preflight and Bake.

        Raises:
            InputError: the table is in no transition, or its baseline has no traffic.
        """
        baseline, transition = self.baseline, self.transition
        if not isinstance(self.gates, Gates) or transition is None or isinstance(baseline, InputError):
            raise InputError(self.node.path, "is in no transition", "Declare a change first")
        evidence = self.evidence
        if evidence is None:
            raise InputError(self.node.path, "has a baseline without traffic", "Record the baseline again")
        alarm_ids = self.alarm_ids
        return GatePlan(
            table=self.label,
            logical_id=self.logical_id(self.resource),
            table_name=self.table_name,
            transition=transition,
            evidence=evidence,
            recorded_at=baseline.recording.at,
            account=baseline.table.account,
            region=baseline.table.region,
            rollout=self.rollout,
            margins=self.margins,
            alarms=alarm_ids,
            travels_with=(
                *map(self.logical_id, self._gated_resources),
                self.logical_id(self.gates.preflight),
                self.logical_id(self.gates.bake),
                *alarm_ids.values(),
                _CDK_METADATA,
            ),
            acknowledgments=tuple(self.acknowledgments),
            break_glass=self.break_glass,
        )

    @property
    def unread_plan(self) -> UnreadPlan:
        """The plan in the properties of the gate of a table whose baseline cannot be read.

        Raises:
            InputError: the baseline can be read.
        """
        if not isinstance(self.baseline, InputError):
            raise InputError(self.node.path, "has a baseline that can be read", "Ask for its plan")
        return UnreadPlan(
            table=self.label,
            logical_id=self.logical_id(self.resource),
            table_name=self.table_name,
            declared=self.capacity,
            kind=self.kind,
            problem=str(self.baseline),
            break_glass=self.break_glass,
        )

    def logical_id(self, resource: CfnResource) -> str:
        """Logical id of a resource at the time of the call; ``override_logical_id`` may change it later."""
        return str(self.stack.resolve(resource.logical_id))

    def _create_alarm(self, index: str | None, table_name: str) -> cloudwatch.Alarm:
        return rollback_alarm(
            self,
            "TableThrottled" if index is None else f"{index}Throttled",
            dimensions=metric_dimensions(table_name, index),
            threshold=self._alarm_threshold(resource_key(index)),
            rollout=self.rollout,
            subject=self.label if index is None else f"{self.label} / {index}",
        )

    def _alarm_threshold(self, resource: str) -> float:
        """Throttle events a minute that do not count: ``alarm_threshold``, by default the noise of the baseline."""
        if self.rollout.alarm_threshold is not None:
            return self.rollout.alarm_threshold
        if isinstance(self.baseline, InputError) or self.baseline.traffic is None:
            return 0
        throttled = self.baseline.traffic.throttled
        return sum(
            noise_of(series) for dimension, series in throttled.items() if dimension.resource == resource
        )


def load_baseline(baseline: Baseline | InputError | str | Path, location: str) -> Baseline | InputError:
    """Load the baseline that a construct is given. A file that cannot be read is finding CG2, not an exception.

    Args:
        baseline: a file, a baseline, or the error that loading one raised.
        location: the property, for errors.

    Returns:
        The baseline, or the error that loading it raised.

    Raises:
        InputError: ``baseline`` has another type.
    """
    if isinstance(baseline, (str, Path)):
        try:
            return Baseline.load(baseline)
        except InputError as error:
            return error
    if not isinstance(baseline, (Baseline, InputError)):
        raise InputError(
            location, f"is {type(baseline).__name__}", "Give a file, Baseline.load(...) or NewTable(...)"
        )
    return baseline


def text_or_none(value: str) -> str | None:
    """A text that is known at synthesis, ``None`` for a token."""
    return None if cdk.Token.is_unresolved(value) else value


def refuse_nested_stack(stack: cdk.Stack, location: str) -> None:
    """Refuse a nested stack.

    Args:
        stack: the stack of the table.
        location: the property, for errors.

    Raises:
        InputError: the stack is nested.
    """
    if stack.nested:
        raise InputError(
            location,
            "stands in a nested stack, whose rollback belongs to the parent stack",
            "Put the table into a stack of its own",
        )


def _resource_of_alarm(alarm: cloudwatch.Alarm) -> CfnResource:
    child = alarm.node.default_child
    assert isinstance(child, CfnResource)
    return child


__all__ = ["Guard", "load_baseline", "refuse_nested_stack", "text_or_none"]
