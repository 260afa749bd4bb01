"""``GuardedTable``: a DynamoDB table with a guard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import CfnResource
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from ..capacity.capacity import Capacity
from ..capacity.dimension import resource_key
from ..capacity.errors import InputError
from ..capacity.settings import Acknowledgment, Margins, Rollout
from ..capacity.structure import TableKind
from ..evidence.baseline import Baseline
from .billing import Index, aws_managed_key, billing, index_properties, stated
from .declared_capacity import DeclaredCapacity
from .gate_times import GateTimes
from .guard import Guard
from .guard_arguments import load_baseline, refuse_nested_stack
from .guard_validation import add_guard_validation
from .late_reading import read_at_synthesis
from .place import place_of
from .registry import register_table


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


class GuardedTable(Guard):
    """A ``TableV2`` with indexes, an alarm on the throttling of each, and gates before and after a change of its capacity.

    Without a transition (the declared capacity is the deployed capacity of the baseline) the stack has the table, its
    alarms and idle functions. In a transition it has two gates too. ``Preflight<fingerprint>`` checks the live table and
    raises warm throughput before CloudFormation changes the table. ``Bake<fingerprint>`` watches the alarms afterwards
    and fails on a veto, so that CloudFormation restores the deployed capacity. ``CapacityGuardChecks``, which the app
    adds to its validations, refuses an unsafe change at synthesis.

    Args:
        scope: a stack, or a construct in one.
        id: construct id; findings name the table by it.
        partition_key: partition key of the table.
        sort_key: sort key of the table, if it has one.
        indexes: its global secondary indexes.
        capacity: the declared capacity of the table and of each index, in units per second.
        baseline: the deployed capacity and recorded traffic: a file that ``capacity-guard record`` wrote, a loaded
            baseline, or ``NewTable(...)`` for a table that does not exist yet. A file that cannot be read is finding
            CG2, not an exception.
        table_name: name of the table, no token. By default CloudFormation names it.
        rollout: bake time, change window and alarms.
        margins: the margins of rules and gates.
        acknowledgments: accepted findings; ``acknowledge`` adds one later.
        gate_times: how often gates run, and how long they may take; the same for all tables of a stack.
        removal_policy: what happens to the table when it is removed from the stack.
        deletion_protection: refuse to delete the table (Guide: WorkingWithTables.Basics, deletion protection).
        point_in_time_recovery: keep 35 days of continuous backups (Guide: Point-in-time-recovery).
        encryption: the encryption key; by default the AWS managed key of DynamoDB, whose use CloudTrail records
            (Guide: EncryptionAtRest).
        time_to_live_attribute: attribute with the expiry of an item.
        stream: view type of its stream, if it has one.
        table_class: storage class.
        tags: tags of the table.

    Raises:
        InputError: a property is invalid or contradicts another.
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
        location = f"GuardedTable {id}"
        # All checks come before the first construct is created.
        names = _index_names(indexes, location)
        declared = _declared_capacity(capacity, names, location)
        loaded_baseline = load_baseline(baseline, f"{location}: baseline")
        if table_name is not None and (cdk.Token.is_unresolved(table_name) or not table_name):
            raise InputError(
                f"{location}: table_name", "is no plain text", "Give the name itself, or leave it out"
            )
        refuse_nested_stack(place_of(scope), location)
        super().__init__(
            scope,
            id,
            label=id,
            dialect="guarded",
            baseline=loaded_baseline,
            table_name=table_name,
            rollout=rollout,
            margins=margins,
            acknowledgments=acknowledgments,
        )
        self.table = dynamodb.TableV2(
            self,
            "Table",
            table_name=table_name,
            partition_key=partition_key,
            sort_key=sort_key,
            billing=billing(declared),
            global_secondary_indexes=[index_properties(index, declared) for index in indexes],
            removal_policy=removal_policy,
            deletion_protection=deletion_protection,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=point_in_time_recovery
            ),
            encryption=encryption or aws_managed_key(),
            time_to_live_attribute=time_to_live_attribute,
            dynamo_stream=stream,
            table_class=table_class,
            tags=None if tags is None else [cdk.CfnTag(key=k, value=v) for k, v in tags.items()],
        )
        resource = self.table.node.default_child
        assert isinstance(resource, CfnResource)
        self.resource = resource
        self._add_alarms(names, self.table.table_name)
        self._use_provider(gate_times)
        self._grant_table_access(table_name)
        self._add_gates(declared)
        read_at_synthesis(self)
        add_guard_validation(self)
        register_table(self)

    def fail_to_read(self, error: InputError) -> None:
        """The stack cannot be rendered in advance: judge what the code declares, if the final template states it."""
        self.declared = self._expected_declaration()
        del error

    def _use_reading(
        self, declared: DeclaredCapacity, capacity: Capacity, scaling: Sequence[CfnResource]
    ) -> None:
        if declared == self._expected_declaration():
            return
        if capacity != self._with_warm(stated(self.capacity)):
            self.code_capacity = self.capacity
        else:
            capacity = self.capacity
        self._remove_gates()
        super()._use_reading(declared, capacity, scaling)

    def _expected_declaration(self) -> DeclaredCapacity:
        """What the template states if nothing but this construct says what the table is."""
        return DeclaredCapacity(((None, stated(self.capacity)),), (), self.table_name, TableKind.GLOBAL_TABLE)

    def _with_warm(self, capacity: Capacity) -> Capacity:
        indexes = {
            name: replace(index, warm=self.capacity.of(name).warm) if name in self.capacity.indexes else index
            for name, index in capacity.indexes.items()
        }
        return replace(
            capacity, table=replace(capacity.table, warm=self.capacity.table.warm), indexes=indexes
        )

    def index(self, name: str) -> IndexReference:
        """One of the table's indexes.

        Raises:
            InputError: the table has no such index.
        """
        alarm = self.rollback_alarms.get(resource_key(name))
        if alarm is None:
            indexes = ", ".join(self.capacity.indexes) or "none"
            raise InputError(
                f"{self.node.id}.index", f"{name!r} is not an index of this table", f"Its indexes: {indexes}"
            )
        return IndexReference(name, f"{self.table.table_arn}/index/{name}", alarm)


def _index_names(indexes: Sequence[Index], location: str) -> tuple[str, ...]:
    names = tuple(index.name for index in indexes)
    duplicate = next((name for name in names if names.count(name) > 1), None)
    if duplicate is not None:
        raise InputError(f"{location}: indexes", f"{duplicate!r} stands there twice", "Name each index once")
    return names


def _declared_capacity(capacity: Capacity, names: Sequence[str], location: str) -> Capacity:
    if not isinstance(capacity, Capacity):
        raise InputError(
            f"{location}: capacity",
            f"is {type(capacity).__name__}",
            "Give Capacity.on_demand(...) or Capacity.provisioned(...)",
        )
    return capacity.for_indexes(names, f"{location}: capacity")


__all__ = ["GuardedTable", "Index", "IndexReference"]
