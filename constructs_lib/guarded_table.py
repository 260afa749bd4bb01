"""``GuardedTable``: a DynamoDB table whose capacity changes like a deployment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import CfnResource
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from .billing import Index, billing, index_properties
from .capacity.baseline import Baseline
from .capacity.capacity import Capacity, resource_key
from .capacity.errors import InputError
from .capacity.evidence import Evidence, noise_of
from .capacity.gate_plan import GatePlan
from .capacity.rollout import Acknowledgment, Margins, Rollout
from .capacity.rules import Case
from .capacity.transition import Transition
from .nag.cycle import watch_for_cycles
from .nag.moment import moment_of
from .nag.registry import register
from .rollout import Gates, GateTimes, GuardProvider, rollback_alarm

# Its Analytics property lists the constructs of the stack, so it changes whenever gates come or go.
_CDK_METADATA = "CDKMetadata"


@dataclass(frozen=True)
class IndexReference:
    """A global secondary index of a guarded table, for policies and dashboards.

    Attributes:
        name: its name.
        arn: its ARN.
        rollback_alarm: the alarm on its throttle events.
    """

    name: str
    arn: str
    rollback_alarm: cloudwatch.Alarm


class GuardedTable(Construct):
    """A ``TableV2`` with indexes, an alarm on the throttling of each, and gates around a change of its capacity.

    Without a transition (declared capacity equals the deployed one in the baseline) the stack holds the table, its
    alarms and idle functions. In a transition two gates stand around the table: ``Preflight<fingerprint>`` checks the
    live table and raises warm throughput before CloudFormation changes it; ``Bake<fingerprint>`` watches afterwards,
    and fails on a veto, so that CloudFormation restores the deployed capacity. What is unsafe is refused at synthesis
    by ``CapacityGuardChecks``, which the app adds to its validations.

    Args:
        scope: a stack, or a construct in one.
        id: construct id; findings call the table by it.
        partition_key: partition key of the table.
        sort_key: sort key of the table, if it has one.
        indexes: its global secondary indexes.
        capacity: the declared capacity of the table and of each index, in units per second.
        baseline: the deployed capacity and recorded traffic: a file (as ``capacity-guard record`` writes it), or one
            already loaded, or ``NewTable(...)`` for a table that does not exist yet. A file that cannot be read is no
            exception but finding CG2, so that it stands among the other findings.
        table_name: name of the table. Leave it out to let CloudFormation name it; give plain text, no token.
        rollout: bake time, change window and alarms.
        margins: the margins that rules and gates judge by.
        acknowledgments: findings that somebody accepts; ``acknowledge`` adds one later.
        gate_times: how often gates look, and how long they may take; the same for all tables of a stack.
        removal_policy: what happens to the table when it leaves the stack.
        deletion_protection: refuse to delete the table (Guide: WorkingWithTables.Basics, deletion protection).
        point_in_time_recovery: keep 35 days of continuous backups (Guide: Point-in-time-recovery).
        encryption: the key it is encrypted with; by default the AWS managed key of DynamoDB, whose use CloudTrail
            records (Guide: EncryptionAtRest).
        time_to_live_attribute: attribute with the expiry of an item.
        stream: what its stream holds, if it has one.
        table_class: storage class.
        tags: tags of the table.

    Raises:
        InputError: a property contradicts another or has no meaning; naming the property and the remedy.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        partition_key: dynamodb.Attribute,
        sort_key: dynamodb.Attribute | None = None,
        indexes: Sequence[Index] = (),
        capacity: Capacity,
        baseline: Baseline | InputError | str | Path,
        table_name: str | None = None,
        rollout: Rollout | None = None,
        margins: Margins | None = None,
        acknowledgments: Sequence[Acknowledgment] = (),
        gate_times: GateTimes | None = None,
        removal_policy: cdk.RemovalPolicy = cdk.RemovalPolicy.RETAIN,
        deletion_protection: bool = True,
        point_in_time_recovery: bool = True,
        encryption: dynamodb.TableEncryptionV2 | None = None,
        time_to_live_attribute: str | None = None,
        stream: dynamodb.StreamViewType | None = None,
        table_class: dynamodb.TableClass | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        where = f"GuardedTable {id}"
        # Everything that can be refused is refused before the first construct exists.
        names = _index_names(indexes, where)
        self.capacity = _declared(capacity, names, where)
        self.baseline = _loaded(baseline, where)
        self.rollout = rollout or Rollout()
        self.margins = margins or Margins()
        if table_name is not None and (cdk.Token.is_unresolved(table_name) or not table_name):
            raise InputError(
                f"{where}: table_name", "is no plain text", "Give the name itself, or leave it out"
            )
        stack = cdk.Stack.of(scope)
        if stack.nested:
            raise InputError(
                where,
                "stands in a nested stack, whose rollback belongs to the parent stack",
                "Put the table into a stack of its own",
            )
        super().__init__(scope, id)
        self.table_name = table_name
        self.stack = stack
        self.now = moment_of(self)
        self.acknowledgments = list(acknowledgments)
        self.table = dynamodb.TableV2(
            self,
            "Table",
            table_name=table_name,
            partition_key=partition_key,
            sort_key=sort_key,
            billing=billing(self.capacity),
            global_secondary_indexes=[index_properties(index, self.capacity) for index in indexes] or None,
            removal_policy=removal_policy,
            deletion_protection=deletion_protection,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=point_in_time_recovery
            ),
            encryption=encryption or dynamodb.TableEncryptionV2.aws_managed_key(),
            time_to_live_attribute=time_to_live_attribute,
            dynamo_stream=stream,
            table_class=table_class,
            tags=None if tags is None else [cdk.CfnTag(key=k, value=v) for k, v in tags.items()],
        )
        resource = self.table.node.default_child
        assert isinstance(resource, CfnResource)
        self.resource = resource
        self.rollback_alarms = {
            resource_key(name): self._alarm(name, self.table.table_name) for name in (None, *names)
        }
        self._provider = GuardProvider.of(stack, gate_times or GateTimes())
        self._provider.allow(self._arn_for_policy(), self._statement_id())
        self._alarm_resources = {key: _resource_of(alarm) for key, alarm in self.rollback_alarms.items()}
        self.gates: Gates | None = None
        if self.transition is not None and not self.transition.is_empty and not self.transition.is_creation:
            self.gates = Gates(
                self,
                self._provider,
                fingerprint=self.transition.fingerprint,
                plan=lambda: self.plan.to_property(),
                table=self.resource,
                alarms=list(self._alarm_resources.values()),
            )
            watch_for_cycles(self)
        register(self)

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

    def index(self, name: str) -> IndexReference:
        """One of the table's indexes.

        Raises:
            InputError: the table has no such index.
        """
        alarm = self.rollback_alarms.get(resource_key(name))
        if alarm is None:
            known = ", ".join(self.capacity.indexes) or "none"
            raise InputError(
                f"{self.node.id}.index", f"{name!r} is not an index of this table", f"Its indexes: {known}"
            )
        return IndexReference(name, f"{self.table.table_arn}/index/{name}", alarm)

    @property
    def case(self) -> Case:
        """What the rules judge: declared capacity beside the baseline, with the acknowledgments given so far."""
        return Case(
            table=self.node.id,
            indexes=tuple(self.capacity.indexes),
            declared=self.capacity,
            baseline=self.baseline,
            now=self.now,
            rollout=self.rollout,
            margins=self.margins,
            acknowledgments=tuple(self.acknowledgments),
            account=_literal(self.stack.account),
            region=_literal(self.stack.region),
            stack=self.stack.stack_name,
            logical_id=self.logical_id(self.resource),
            table_name=self.table_name,
        )

    @property
    def plan(self) -> GatePlan:
        """What the gates are told.

        Raises:
            InputError: there is no transition that a gate could guard.
        """
        baseline, transition = self.baseline, self.transition
        if self.gates is None or transition is None or isinstance(baseline, InputError):
            raise InputError(self.node.path, "is in no transition", "Declare a change first")
        evidence = self.evidence
        if evidence is None:
            raise InputError(self.node.path, "has a baseline without traffic", "Record the baseline again")
        alarms = {key: self.logical_id(alarm) for key, alarm in self._alarm_resources.items()}
        return GatePlan(
            table=self.node.id,
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
                self.logical_id(self.resource),
                self.logical_id(self.gates.preflight),
                self.logical_id(self.gates.bake),
                *alarms.values(),
                _CDK_METADATA,
            ),
            acknowledgments=tuple(self.acknowledgments),
        )

    def logical_id(self, resource: CfnResource) -> str:
        """Logical id of a resource, as it is at this moment (an override may still change it)."""
        return str(self.stack.resolve(resource.logical_id))

    def _alarm(self, index: str | None, table_name: str) -> cloudwatch.Alarm:
        dimensions = {"TableName": table_name}
        if index is not None:
            dimensions["GlobalSecondaryIndexName"] = index
        return rollback_alarm(
            self,
            "TableThrottled" if index is None else f"{index}Throttled",
            dimensions=dimensions,
            threshold=self._noise(resource_key(index)),
            rollout=self.rollout,
            what=self.node.id if index is None else f"{self.node.id} / {index}",
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

    def _arn_for_policy(self) -> str:
        """ARN of the table without a reference to it, which would be a circle with the gate before the table.

        CloudFormation names a table ``<stack>-<logical id>-<random>`` (CloudFormation User Guide,
        aws-properties-name).
        """
        name = self.table_name or f"{self.stack.stack_name}-{self.resource.logical_id}-*"
        return self.stack.format_arn(service="dynamodb", resource="table", resource_name=name)

    def _statement_id(self) -> str:
        return "Table" + "".join(c for c in cdk.Names.unique_id(self) if c.isalnum())


def _index_names(indexes: Sequence[Index], where: str) -> tuple[str, ...]:
    names = tuple(index.name for index in indexes)
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InputError(f"{where}: indexes", f"{twice!r} stands there twice", "Name each index once")
    return names


def _declared(capacity: Capacity, names: Sequence[str], where: str) -> Capacity:
    if not isinstance(capacity, Capacity):
        raise InputError(
            f"{where}: capacity",
            f"is {type(capacity).__name__}",
            "Give Capacity.on_demand(...) or Capacity.provisioned(...)",
        )
    return capacity.for_indexes(names, f"{where}: capacity")


def _loaded(baseline: Baseline | InputError | str | Path, where: str) -> Baseline | InputError:
    if isinstance(baseline, (str, Path)):
        try:
            return Baseline.load(baseline)
        except InputError as error:
            return error
    if not isinstance(baseline, (Baseline, InputError)):
        raise InputError(
            f"{where}: baseline",
            f"is {type(baseline).__name__}",
            "Give a file, Baseline.load(...) or NewTable(...)",
        )
    return baseline


def _resource_of(alarm: cloudwatch.Alarm) -> CfnResource:
    child = alarm.node.default_child
    assert isinstance(child, CfnResource)
    return child


def _literal(value: str) -> str | None:
    return None if cdk.Token.is_unresolved(value) else value


__all__ = ["GuardedTable", "Index", "IndexReference"]
