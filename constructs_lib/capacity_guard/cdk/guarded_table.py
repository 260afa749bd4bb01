"""``GuardedTable``: a DynamoDB table with a guard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Unpack, cast

import aws_cdk as cdk
from aws_cdk import CfnResource
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from ..capacity.capacity import Capacity
from ..capacity.dimension import resource_key, unknown_index
from ..capacity.errors import InputError
from ..evidence.baseline import Baseline
from .app.place import place_of
from .arguments.billing import aws_managed_key, billing, index_properties
from .arguments.code_capacity import CodeCapacity
from .arguments.guard_arguments import load_baseline, refuse_nested_stack, refuse_stack_without_assets
from .arguments.table_members import TableMembers
from .arguments.table_properties import TableProperties, check_table_properties
from .attach_guard import attach_guard
from .guard_options import GuardOptions, checked_options
from .guards.guard import Guard, TableToGuard


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


class GuardedTable(TableMembers, Construct):
    """A ``TableV2`` with an alarm on its throttling and that of each index, and gates before and after a change of its capacity.

    Without a transition (the declared capacity is the deployed capacity of the baseline) the stack has the table, its
    alarms and idle functions. In a transition it has two gates too. ``Preflight<fingerprint>`` checks the live table and
    raises warm throughput before CloudFormation changes the table. ``Bake<fingerprint>`` watches the alarms afterwards
    and fails on a veto, so that CloudFormation restores the deployed capacity. ``CapacityGuardChecks``, which the app
    adds to its validations, refuses an unsafe change at synthesis.

    The table is ``table``, a ``TableV2`` at ``<id>/Table``; this construct has the members of ``ITableV2`` as well. Alarms,
    gates and what is judged are those of ``guard``.

    Args:
        scope: a stack, or a construct in one.
        id: construct id; findings name the table by it.
        partition_key: partition key of the table.
        capacity: the declared capacity of the table and of each index, in units per second.
        baseline: the deployed capacity and recorded traffic: a file that ``capacity-guard record`` wrote, a loaded
            baseline, or ``NewTable(...)`` for a table that does not exist yet. A file that cannot be read is finding
            CG2, not an exception.
        options: the settings of the guard.
        properties: every other property of ``TableV2`` under the CDK's own name. ``billing``, ``warm_throughput``, ``replicas``
            and capacity in ``global_secondary_indexes`` are refused: ``capacity`` states it. ``table_name`` must be
            no token. Where nothing is given, the table is kept when it leaves the stack (``removal_policy``), has deletion
            protection (Guide: WorkingWithTables.Basics), 35 days of continuous backups (Guide: Point-in-time-recovery), and the
            AWS managed key of DynamoDB, whose use CloudTrail records (Guide: EncryptionAtRest).

    Raises:
        InputError: a property is invalid or contradicts another; the stack is nested, or publishes no assets.
    """

    table: dynamodb.TableV2
    guard: Guard

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        partition_key: dynamodb.Attribute,
        capacity: Capacity,
        baseline: Baseline | InputError | str | Path,
        options: GuardOptions | None = None,
        **properties: Unpack[TableProperties],
    ) -> None:
        location = f"GuardedTable {id}"
        given = cast(Mapping[str, Any], properties)
        # All checks come before the first construct is created.
        indexes = check_table_properties(given, location)
        names = [index.index_name for index in indexes]
        declared = _declared_capacity(capacity, names, location)
        loaded_baseline = load_baseline(baseline, f"{location}: baseline")
        settings = checked_options(options, location)
        place = place_of(scope)
        refuse_nested_stack(place, location)
        refuse_stack_without_assets(place.stack, location)
        super().__init__(scope, id)
        self.table = dynamodb.TableV2(
            self,
            "Table",
            partition_key=partition_key,
            **{
                **_with_defaults(given),
                "billing": billing(declared),
                "global_secondary_indexes": [index_properties(index, declared) for index in indexes],
            },
        )
        resource = self.table.node.default_child
        assert isinstance(resource, CfnResource)
        self.guard = attach_guard(
            self,
            TableToGuard(
                resource,
                id,
                "guarded",
                names,
                name=given.get("table_name"),
                path=f"{place.path_of(id)}/Table/Resource",
            ),
            place=place,
            id=id,
            baseline=loaded_baseline,
            options=settings,
            code=CodeCapacity.of(declared),
        )

    @property
    def rollback_alarms(self) -> Mapping[str, cloudwatch.Alarm]:
        """The alarm of the table (``"table"``) and of each index (``"index/<name>"``)."""
        return self.guard.rollback_alarms

    @property
    def capacity(self) -> Capacity:
        """The declared capacity: what the code declares; after the synthesis what the template states."""
        return self.guard.capacity

    def index(self, name: str) -> IndexReference:
        """One of the table's indexes.

        Raises:
            InputError: the table has no such index.
        """
        alarm = self.rollback_alarms.get(resource_key(name))
        if alarm is None:
            problem = f"{name!r} is not an index of this table"
            raise unknown_index(f"{self.node.id}.index", self.capacity.indexes, problem)
        return IndexReference(name, f"{self.table.table_arn}/index/{name}", alarm)


def _with_defaults(given: Mapping[str, Any]) -> dict[str, Any]:
    """The properties that are given, and the guard's defaults where they are ``None``."""
    properties = {name: value for name, value in given.items() if value is not None}
    properties.setdefault("removal_policy", cdk.RemovalPolicy.RETAIN)
    properties.setdefault("deletion_protection", True)
    if "point_in_time_recovery" not in properties:
        properties.setdefault(
            "point_in_time_recovery_specification",
            dynamodb.PointInTimeRecoverySpecification(point_in_time_recovery_enabled=True),
        )
    if "encryption" not in properties:
        properties["encryption"] = aws_managed_key()
    return properties


def _declared_capacity(capacity: object, names: list[str], location: str) -> Capacity:
    if not isinstance(capacity, Capacity):
        raise InputError(
            f"{location}: capacity",
            f"is {type(capacity).__name__}",
            "Give Capacity.on_demand(...) or Capacity.provisioned(...)",
        )
    return capacity.for_indexes(names, f"{location}: capacity")


__all__ = ["GuardedTable", "IndexReference"]
