"""Reads what a resolved template states about one table, as plain values for the rules.

A construct's properties do not show overrides, so nothing is read from them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Unpack

from ..capacity.dimension import TABLE, resource_key
from ..capacity.errors import InputError
from ..capacity.hold import is_journals
from ..capacity.structure import TableKind
from ..cloudformation.branches import KnownStack, in_each_branch, recorded_names
from ..cloudformation.capacity import read_capacity
from ..cloudformation.intrinsics import Intrinsics
from ..cloudformation.left_units import read_left_units
from ..cloudformation.macros import find_macros
from ..cloudformation.other_properties import read_other_properties
from ..cloudformation.replica_capacity import read_replica_capacity
from ..cloudformation.schedules import read_scheduled_actions
from ..cloudformation.service_limits import table_excesses
from ..cloudformation.structure import read_structure
from ..cloudformation.tracking import Tracking, read_tracking
from ..rules import TemplateFacts
from ..rules.template_facts import TrackingFacts
from .alarm_facts import find_muting, read_alarm

_TABLE_TYPES = tuple(kind.value for kind in TableKind)
_REPLICA_TYPE = "Custom::DynamoDBReplica"
_RETAINING_POLICIES = ("Retain", "RetainExceptOnCreate")


def read_template_facts(
    template: Mapping[str, Any],
    logical_id: str,
    *,
    alarms: Mapping[str, str],
    alarm_actions: Mapping[str, Collection[str]] = MappingProxyType({}),
    recorded: str | None = None,
    **stack: Unpack[KnownStack],
) -> tuple[TemplateFacts, ...]:
    """What a synthesized template states about one table, once for each combination of its conditions.

    Args:
        template: the resolved template.
        logical_id: the table's logical id.
        alarms: logical id of the guard's alarm, by resource key.
        alarm_actions: the lists of actions that the code gives each of them, by resource key.
        recorded: the recorded name of the table, ``None`` if it was not recorded.
        stack: what is known of its stack.
    """
    try:
        branches = in_each_branch(
            template,
            lambda values: _facts_in_branch(values, logical_id, alarms, alarm_actions),
            recorded=recorded_names(logical_id, recorded),
            **stack,
        )
    except InputError as error:  # more combinations than are evaluated
        return (TemplateFacts(unreadable=str(error)),)
    return tuple(replace(facts, branch=branch) for branch, facts in branches)


def unguarded_tables(template: Mapping[str, Any], guarded: Collection[str]) -> Iterator[str]:
    """Logical ids of the tables of a template without a guard.

    Args:
        template: the resolved template.
        guarded: logical ids of the tables that have one.
    """
    for logical_id, resource in template.get("Resources", {}).items():
        if resource.get("Type") in _TABLE_TYPES and logical_id not in guarded and not is_journals(logical_id):
            yield logical_id


def _facts_in_branch(
    values: Intrinsics,
    logical_id: str,
    alarms: Mapping[str, str],
    alarm_actions: Mapping[str, Collection[str]],
) -> TemplateFacts:
    resources = values.template["Resources"]
    table = resources[logical_id]
    properties = table.get("Properties", {})
    table_and_replicas = [properties, *values.items(properties, "Replicas", path=logical_id)]
    replicators = [
        replicator
        for replicator, resource in resources.items()
        if resource.get("Type") == _REPLICA_TYPE
        and resource.get("Properties", {}).get("TableName") == {"Ref": logical_id}
    ]
    settings, faults, muted = {}, {}, {}
    for key, alarm in alarms.items():
        read = read_alarm(values, alarm, key, logical_id)
        if isinstance(read, str):
            faults[key] = read
            continue
        settings[key] = read
        muting = find_muting(values, alarm, alarm_actions.get(key, ()))
        if muting is not None:
            muted[key] = muting
    facts = TemplateFacts(
        watched=tuple(settings),
        thresholds={key: threshold for key, (threshold, _, _) in settings.items()},
        alarm_counts={key: (periods, datapoints) for key, (_, periods, datapoints) in settings.items()},
        alarm_faults=faults,
        alarm_muting=muted,
        retained=all(
            table.get(policy) in _RETAINING_POLICIES for policy in ("DeletionPolicy", "UpdateReplacePolicy")
        ),
        replicated_by=replicators[0] if replicators else None,
        exceeded=tuple(table_excesses(values, logical_id)),
        macros=find_macros(values.template),
        is_named=properties.get("TableName") is not None,
    )
    try:
        facts = replace(facts, schedules=read_scheduled_actions(values, logical_id))
    except InputError as error:
        facts = replace(facts, schedules_unread=f"{error.location} {error.problem}")
    try:
        facts = replace(facts, tracking=tuple(map(_tracking_facts, read_tracking(values, logical_id))))
        return replace(
            facts,
            capacity=read_capacity(values, logical_id),
            structure=replace(
                read_structure(values, logical_id),
                properties=read_other_properties(table),
                replica_capacity=read_replica_capacity(values, logical_id) or None,
            ),
            left_units=read_left_units(values, logical_id),
            warm_throughput=_warm_throughput(values, table_and_replicas, logical_id),
            deletion_protection=_is_on(
                values, table_and_replicas, ("DeletionProtectionEnabled",), logical_id
            ),
            point_in_time_recovery=_is_on(
                values,
                table_and_replicas,
                ("PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled"),
                logical_id,
            ),
        )
    except InputError as error:
        return replace(facts, unreadable=f"{error.location} {error.problem}")


def _tracking_facts(tracking: Tracking) -> TrackingFacts:
    return TrackingFacts(
        tracking.place,
        tracking.out_seconds or 0,
        tracking.in_seconds or 0,
        tracking.only_out,
        tracking.unread,
    )


def _is_on(values: Intrinsics, table_and_replicas: list[Any], keys: tuple[str, ...], path: str) -> bool:
    """Whether a setting is on in the table (of a Table) or in every replica (of a GlobalTable)."""
    _, *replicas = table_and_replicas
    return all(
        str(values.at(place, *keys, path=path)).lower() == "true" for place in replicas or table_and_replicas
    )


def _warm_throughput(values: Intrinsics, table_and_replicas: list[Any], path: str) -> tuple[str, ...]:
    """Resource keys of the table and the indexes for which warm throughput is stated.

    AWS::DynamoDB::GlobalTable and AWS::DynamoDB::Table have the property on the table and on each index
    (CloudFormation Template Reference). A replica may have it too.
    """
    keys = dict.fromkeys(
        TABLE for place in table_and_replicas if values.at(place, "WarmThroughput", path=path) is not None
    )
    for place in table_and_replicas:
        for index in values.items(place, "GlobalSecondaryIndexes", path=path):
            if values.at(index, "WarmThroughput", path=path) is not None:
                keys[resource_key(str(values.text(index, "IndexName", path=path)))] = None
    return tuple(keys)


__all__ = ["read_template_facts", "unguarded_tables"]
