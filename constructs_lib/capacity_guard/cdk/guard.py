"""``Guard``: what every guarded table has, whether the guard makes the table or stands beside it."""

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
from ..rules import Case, Dialect
from .alarms import rollback_alarm
from .break_glass import break_glass_of
from .gates import Gates, GateTimes, UnreadGate
from .judgment_time import judgment_time
from .provider import GuardProvider
from .source_location import caller

# Its Analytics property lists the constructs of the stack, so it changes whenever gates come or go.
_CDK_METADATA = "CDKMetadata"


class Guard(Construct):
    """An alarm on the throttling of a table and of each index, and gates around a change of its capacity.

    ``GuardedTable`` makes its table; ``CapacityGuard`` stands beside one and reads late what that one's code declares.
    Either calls ``_watch`` for the alarms, ``_provide`` and ``_allow``, and ``_add_gates`` once the declared capacity
    is known.

    Args:
        scope: a stack, or a construct in one.
        id: construct id.
        label: what findings, alarms and gates call the table.
        dialect: how the code of the table declares its capacity.
        baseline: the deployed capacity and recorded traffic, or the error met when it was loaded.
        table_name: the table's name, ``None`` where CloudFormation names it.
        rollout: bake time, change window and alarms.
        margins: the margins that rules and gates judge by.
        acknowledgments: findings that somebody accepts.
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
        """The gates; ``None`` without a transition, a single one where the baseline cannot be read."""
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
        self.break_glass = break_glass_of(self)
        self.caller = caller()

    def read(self) -> None:
        """Read what the table's code declares, where the guard does not know it yet."""

    def contradiction(self, template: Mapping[str, Any]) -> InputError | None:
        """What in the final template of the stack contradicts what the guard rests on, ``None`` if nothing does.

        Args:
            template: the template, as it is deployed.
        """
        del template
        return None

    @property
    def capacity(self) -> Capacity:
        """The declared capacity of the table and of each index.

        Raises:
            InputError: it is not known before the app is synthesized.
        """
        if self.error is not None:
            raise self.error
        if self._capacity is None:
            raise InputError(
                self.node.path, "has not read its table yet", "Ask when the app has been synthesized"
            )
        return self._capacity

    def _watch(self, indexes: Iterable[str], table_name: str) -> None:
        """Make the alarms of the table and of some indexes, where they are missing.

        Args:
            indexes: names of indexes.
            table_name: the table's name, or a reference to it: an alarm may stand after the table.
        """
        for name in (None, *indexes):
            if resource_key(name) not in self.rollback_alarms:
                self.rollback_alarms[resource_key(name)] = self._alarm(name, table_name)

    def _provide(self, gate_times: GateTimes | None) -> None:
        """Use the provider of the stack, which the first guard of the stack makes."""
        self._provider = GuardProvider.of(self.stack, gate_times or GateTimes())

    def _allow(self, table_name: str | None) -> None:
        """Let the functions of the provider read the table and raise its warm throughput.

        Args:
            table_name: the table's name, never a reference to the table, which would be a circle with the gate before
                it; ``None`` where CloudFormation names it ``<stack>-<logical id>-<random>`` (CloudFormation User
                Guide, aws-properties-name).
        """
        name = table_name or f"{self.stack.stack_name}-{self.resource.logical_id}-*"
        arn = self.stack.format_arn(service="dynamodb", resource="table", resource_name=name)
        self._provider.allow(arn, "Table" + "".join(c for c in cdk.Names.unique_id(self) if c.isalnum()))

    def _add_gates(self, capacity: Capacity, scaling: Sequence[CfnResource] = ()) -> None:
        """Put gates around the table if its capacity changes.

        Args:
            capacity: the declared capacity, with an entry for each index.
            scaling: further resources that change the table's capacity; the gates stand around them as well.
        """
        self._capacity = capacity
        self._moving = (self.resource, *scaling)
        if self.transition is None:
            self.gates = UnreadGate(
                self,
                self._provider,
                capacity=capacity,
                plan=lambda: self.unread_plan.to_property(),
                moving=self._moving,
            )
        elif not self.transition.is_empty and not self.transition.is_creation:
            self.gates = Gates(
                self,
                self._provider,
                fingerprint=self.transition.fingerprint,
                plan=lambda: self.plan.to_property(),
                moving=self._moving,
                alarms=list(self._alarm_resources.values()),
            )

    @property
    def _alarm_resources(self) -> dict[str, CfnResource]:
        return {key: _resource_of(alarm) for key, alarm in self.rollback_alarms.items()}

    @cached_property
    def transition(self) -> Transition | None:
        """Deployed to declared capacity; ``None`` where the baseline cannot be read."""
        return None if isinstance(self.baseline, InputError) else self.baseline.transition_to(self.capacity)

    @cached_property
    def evidence(self) -> Evidence | None:
        """Digest of the recorded traffic; ``None`` where there is none."""
        return (
            None
            if isinstance(self.baseline, InputError)
            else self.baseline.evidence(self.margins.switch_minutes)
        )

    @property
    def case(self) -> Case:
        """What the rules judge: declared capacity beside the baseline, with the acknowledgments given so far."""
        return Case(
            table=self.label,
            indexes=tuple(self.capacity.indexes),
            declared=self.capacity,
            baseline=self.baseline,
            now=self.now,
            rollout=self.rollout,
            margins=self.margins,
            acknowledgments=tuple(self.acknowledgments),
            account=plain(self.stack.account),
            region=plain(self.stack.region),
            stack=self.stack.stack_name,
            logical_id=self.logical_id(self.resource),
            table_name=self.table_name,
            dialect=self.dialect,
            break_glass=self.break_glass,
        )

    @property
    def alarm_ids(self) -> dict[str, str]:
        """Logical id of the rollback alarm of the table and of each index, by resource key."""
        return {key: self.logical_id(alarm) for key, alarm in self._alarm_resources.items()}

    @property
    def plan(self) -> GatePlan:
        """What the gates are told.

        Raises:
            InputError: there is no transition that a gate could guard.
        """
        baseline, transition = self.baseline, self.transition
        if not isinstance(self.gates, Gates) or transition is None or isinstance(baseline, InputError):
            raise InputError(self.node.path, "is in no transition", "Declare a change first")
        evidence = self.evidence
        if evidence is None:
            raise InputError(self.node.path, "has a baseline without traffic", "Record the baseline again")
        alarms = self.alarm_ids
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
            alarms=alarms,
            travels_with=(
                *map(self.logical_id, self._moving),
                self.logical_id(self.gates.preflight),
                self.logical_id(self.gates.bake),
                *alarms.values(),
                _CDK_METADATA,
            ),
            acknowledgments=tuple(self.acknowledgments),
            break_glass=self.break_glass,
        )

    @property
    def unread_plan(self) -> UnreadPlan:
        """What the gate is told that stands before a table whose baseline cannot be read.

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
            kind=TableKind(self.resource.cfn_resource_type),
            problem=str(self.baseline),
            break_glass=self.break_glass,
        )

    def logical_id(self, resource: CfnResource) -> str:
        """Logical id of a resource, as it is at this moment (an override may still change it)."""
        return str(self.stack.resolve(resource.logical_id))

    def _alarm(self, index: str | None, table_name: str) -> cloudwatch.Alarm:
        return rollback_alarm(
            self,
            "TableThrottled" if index is None else f"{index}Throttled",
            dimensions=metric_dimensions(table_name, index),
            threshold=self._noise(resource_key(index)),
            rollout=self.rollout,
            what=self.label if index is None else f"{self.label} / {index}",
        )

    def _noise(self, resource: str) -> float:
        """Throttle events a minute that the baseline shows on a normal day (not worth a whole digest)."""
        if self.rollout.alarm_threshold is not None:
            return self.rollout.alarm_threshold
        if isinstance(self.baseline, InputError) or self.baseline.traffic is None:
            return 0
        throttled = self.baseline.traffic.throttled
        return sum(
            noise_of(series) for dimension, series in throttled.items() if dimension.resource == resource
        )


def loaded(baseline: Baseline | InputError | str | Path, location: str) -> Baseline | InputError:
    """A baseline from what a construct is given: a file that cannot be read is no exception, but finding CG2.

    Args:
        baseline: a file, a baseline, or the error met when one was loaded.
        location: the property, for errors.

    Raises:
        InputError: it is none of these.
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


def plain(value: str) -> str | None:
    """A text that is known at synthesis, ``None`` for a token."""
    return None if cdk.Token.is_unresolved(value) else value


def not_nested(stack: cdk.Stack, location: str) -> None:
    """Refuse a nested stack.

    Raises:
        InputError: it is one.
    """
    if stack.nested:
        raise InputError(
            location,
            "stands in a nested stack, whose rollback belongs to the parent stack",
            "Put the table into a stack of its own",
        )


def _resource_of(alarm: cloudwatch.Alarm) -> CfnResource:
    child = alarm.node.default_child
    assert isinstance(child, CfnResource)
    return child


__all__ = ["Guard", "loaded", "not_nested", "plain"]
