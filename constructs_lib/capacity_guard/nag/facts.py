"""What the resolved templates state, as plain facts for the rules: never from a construct's properties, which do not show
overrides."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

from ..capacity.dimension import TABLE, index_of, resource_key
from ..capacity.errors import InputError
from ..capacity.structure import TableKind
from ..cloudformation.branches import in_each_branch
from ..cloudformation.capacity import read_capacity
from ..cloudformation.intrinsics import Intrinsics
from ..cloudformation.structure import read_structure
from ..dynamodb.alarm_definition import EXPRESSION
from ..dynamodb.names import NAMESPACE, THROTTLE_EVENTS, metric_dimensions
from ..rules import TemplateFacts

_KINDS = tuple(kind.value for kind in TableKind)
_REPLICA = "Custom::DynamoDBReplica"
_KEPT = ("Retain", "RetainExceptOnCreate")
_THROTTLED = set(THROTTLE_EVENTS.values())


def template_facts(
    template: Mapping[str, Any],
    logical_id: str,
    *,
    alarms: Mapping[str, str],
    location: str,
    account: str | None = None,
    region: str | None = None,
) -> tuple[TemplateFacts, ...]:
    """What a synthesized template states of one table, for each way in which its conditions can turn out.

    Args:
        template: the resolved template.
        logical_id: the table's logical id.
        alarms: logical id of the guard's alarm, by resource key.
        location: name of the stack, for errors.
        account: the account the stack is deployed to, if it is known at synthesis.
        region: its Region, if it is known at synthesis.
    """
    try:
        found = in_each_branch(
            template,
            lambda read: _facts(read, logical_id, alarms),
            location=location,
            account=account,
            region=region,
        )
    except InputError as error:  # more branches than can be looked at
        return (TemplateFacts(unreadable=str(error)),)
    return tuple(replace(facts, branch=words) for words, facts in found)


def unguarded(
    template: Mapping[str, Any], guarded: Collection[str]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Logical id and resource of each table of a template that no guard stands beside."""
    for logical_id, resource in template.get("Resources", {}).items():
        if resource.get("Type") in _KINDS and logical_id not in guarded:
            yield logical_id, resource


def _facts(read: Intrinsics, logical_id: str, alarms: Mapping[str, str]) -> TemplateFacts:
    resource = read.template["Resources"][logical_id]
    properties = resource.get("Properties", {})
    parts = [properties, *read.items(properties, "Replicas", path=logical_id)]
    replicated = [
        name
        for name, one in read.template["Resources"].items()
        if one.get("Type") == _REPLICA and _refers(one.get("Properties", {}).get("TableName"), logical_id)
    ]
    watched = {
        key: _number(read.template["Resources"][alarm]["Properties"].get("Threshold"))
        for key, alarm in alarms.items()
        if _watches(read, alarm, key, logical_id)
    }
    facts = TemplateFacts(
        vetoes=tuple(watched),
        thresholds={key: threshold for key, threshold in watched.items() if threshold is not None},
        retained=all(resource.get(name) in _KEPT for name in ("DeletionPolicy", "UpdateReplacePolicy")),
        replicated_by=replicated[0] if replicated else None,
    )
    try:
        return replace(
            facts,
            capacity=read_capacity(read, logical_id),
            structure=read_structure(read, logical_id),
            warm=_warm(read, parts, logical_id),
            deletion_protection=_on(read, parts, ("DeletionProtectionEnabled",), logical_id),
            point_in_time_recovery=_on(
                read,
                parts,
                ("PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled"),
                logical_id,
            ),
        )
    except InputError as error:
        return replace(facts, unreadable=f"{error.location} {error.problem}")


def _on(read: Intrinsics, parts: list[Any], keys: tuple[str, ...], path: str) -> bool:
    """Whether a switch is on in the table (of a Table) or in each replica (of a GlobalTable)."""
    places = parts if len(parts) == 1 else parts[1:]
    return all(str(read.at(part, *keys, path=path)).lower() == "true" for part in places)


def _warm(read: Intrinsics, parts: list[Any], path: str) -> tuple[str, ...]:
    """Resource keys of table and indexes for which warm throughput is stated.

    AWS::DynamoDB::GlobalTable and AWS::DynamoDB::Table have the property on the table and on each index
    (CloudFormation Template Reference); a replica may repeat it.
    """
    found = dict.fromkeys(TABLE for part in parts if read.at(part, "WarmThroughput", path=path) is not None)
    for part in parts:
        for index in read.items(part, "GlobalSecondaryIndexes", path=path):
            if read.at(index, "WarmThroughput", path=path) is not None:
                found[resource_key(str(read.text(index, "IndexName", path=path)))] = None
    return tuple(found)


def _watches(read: Intrinsics, alarm: str, key: str, logical_id: str) -> bool:
    """Whether an alarm of the template counts the throttle events of a resource, reads and writes, each minute.

    An alarm with wrong dimensions raises no error and never fires (Guide: Monitoring-metrics-creating-cloudwatch-alarms).
    """
    resource = read.template["Resources"].get(alarm)
    if resource is None or resource.get("Type") != "AWS::CloudWatch::Alarm":
        return False
    expected = metric_dimensions(read.value({"Ref": logical_id}, logical_id), index_of(key))
    counted = set()
    properties = resource.get("Properties", {})
    if properties.get("ComparisonOperator") != "GreaterThanThreshold":
        return False
    try:
        for query in read.items(properties, "Metrics", path=alarm):
            metric = read.at(query, "MetricStat", "Metric", path=alarm)
            if metric is None:
                if query.get("Expression") != EXPRESSION:
                    return False
                continue
            dimensions = {
                str(read.text(one, "Name", path=alarm)): read.value(one.get("Value"), alarm)
                for one in read.items(metric, "Dimensions", path=alarm)
            }
            if dimensions == expected and read.text(metric, "Namespace", path=alarm) == NAMESPACE:
                counted.add(read.text(metric, "MetricName", path=alarm))
    except InputError:
        return False
    return bool(counted >= _THROTTLED)


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None


def _refers(value: Any, logical_id: str) -> bool:
    return bool(value == {"Ref": logical_id})


__all__ = ["template_facts", "unguarded"]
