"""``TableProperties``: the properties of ``TableV2`` that ``GuardedTable`` passes on, and those that it refuses."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from typing import Any, TypedDict

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis

from ...capacity.errors import InputError
from ..guard_options import OPTION_NAMES, refuse_unknown


class TableProperties(TypedDict, total=False):
    """Properties of ``TableV2`` under the CDK's own names and types.

    A test compares them with the installed ``aws-cdk-lib``. At run time the signature of its ``TableV2`` decides, so a
    property of a newer release is passed on before it is listed here.
    """

    contributor_insights: bool | None
    contributor_insights_specification: dynamodb.ContributorInsightsSpecification | dict[str, Any] | None
    deletion_protection: bool | None
    dynamo_stream: dynamodb.StreamViewType | None
    encryption: dynamodb.TableEncryptionV2 | None
    global_secondary_indexes: Sequence[dynamodb.GlobalSecondaryIndexPropsV2 | dict[str, Any]] | None
    global_table_settings_replication_mode: dynamodb.GlobalTableSettingsReplicationMode | None
    kinesis_stream: kinesis.IStream | None
    local_secondary_indexes: Sequence[dynamodb.LocalSecondaryIndexProps | dict[str, Any]] | None
    multi_region_consistency: dynamodb.MultiRegionConsistency | None
    point_in_time_recovery: bool | None
    point_in_time_recovery_specification: dynamodb.PointInTimeRecoverySpecification | dict[str, Any] | None
    removal_policy: cdk.RemovalPolicy | None
    resource_policy: iam.PolicyDocument | None
    sort_key: dynamodb.Attribute | dict[str, Any] | None
    stream_resource_policy: iam.PolicyDocument | None
    table_class: dynamodb.TableClass | None
    table_name: str | None
    tags: Sequence[cdk.CfnTag | dict[str, Any]] | None
    time_to_live_attribute: str | None
    witness_region: str | None


REFUSED = ("billing", "replicas", "warm_throughput")
"""Properties of ``TableV2`` that state capacity, or add Regions with capacity of their own."""
REFUSED_IN_INDEX = (
    "max_read_request_units",
    "max_write_request_units",
    "read_capacity",
    "warm_throughput",
    "write_capacity",
)
"""Properties of an index of ``TableV2`` that state capacity."""
_CAPITAL = re.compile(r"(?<=[a-z])[A-Z]")
_RENAMED = {"indexes": "global_secondary_indexes", "stream": "dynamo_stream"}
"""Keywords of ``GuardedTable`` before it took the CDK's names."""


@cache
def names_of(construct: type) -> tuple[str, ...]:
    """Names of the keywords that a class of the installed CDK takes."""
    parameters = inspect.signature(construct.__init__).parameters.values()  # type: ignore[misc]
    return tuple(each.name for each in parameters if each.kind is inspect.Parameter.KEYWORD_ONLY)


def check_table_properties(
    given: Mapping[str, Any], location: str
) -> list[dynamodb.GlobalSecondaryIndexPropsV2]:
    """Check the properties that a ``GuardedTable`` is given for its table.

    Args:
        given: the properties.
        location: the construct, for errors.

    Returns:
        Its global secondary indexes.

    Raises:
        InputError: a property states capacity, is unknown, or has a form that cannot be read.
    """
    indexes = _indexes(given.get("global_secondary_indexes"), f"{location}: global_secondary_indexes")
    _refuse_capacity(given, indexes, location)
    known = names_of(dynamodb.TableV2)
    for name in given:
        if name in known:
            continue
        if name in OPTION_NAMES:
            refuse_unknown(given, location)
        if name in _RENAMED:
            new = _RENAMED[name]
            raise InputError(
                f"{location}: {name}", f"is {new} here, as for TableV2", f"Write {new}={_example(new)}"
            )
        near = get_close_matches(name, [*known, "capacity", "baseline", "options"], n=1)
        raise InputError(
            f"{location}: {name}",
            "is not a property of it, and TableV2 of the installed aws-cdk-lib has none of that name",
            f"Is it {near[0]}?" if near else "Take it out",
        )
    table_name = given.get("table_name")
    if table_name is not None and (cdk.Token.is_unresolved(table_name) or not table_name):
        raise InputError(
            f"{location}: table_name", "is not plain text", "Give the name itself, or leave it out"
        )
    if isinstance(given.get("tags"), Mapping):
        raise InputError(
            f"{location}: tags",
            "is a mapping",
            'Write tags=[CfnTag(key="team", value="care")], as for TableV2',
        )
    return indexes


def _example(name: str) -> str:
    if name == "dynamo_stream":
        return "StreamViewType.NEW_IMAGE"
    return "[GlobalSecondaryIndexPropsV2(index_name=..., partition_key=...)]"


def _indexes(given: object, location: str) -> list[dynamodb.GlobalSecondaryIndexPropsV2]:
    """The indexes, those that are a mapping too; each name once."""
    if given is None:
        return []
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise InputError(location, f"is {type(given).__name__}, no list", f"Write {_example('')}")
    indexes = []
    for position, entry in enumerate(given):
        if isinstance(entry, Mapping):
            try:
                # The CDK itself takes a mapping in a list with the names of TypeScript alone.
                given_names = {
                    _CAPITAL.sub(r"_\g<0>", str(key)).lower(): value for key, value in entry.items()
                }
                entry = dynamodb.GlobalSecondaryIndexPropsV2(**given_names)
            except TypeError as error:
                raise InputError(
                    f"{location}[{position}]", f"is not an index ({error})", f"Write {_example('')}"
                ) from None
        if not isinstance(entry, dynamodb.GlobalSecondaryIndexPropsV2):
            raise InputError(f"{location}[{position}]", f"is {type(entry).__name__}", f"Write {_example('')}")
        indexes.append(entry)
    names = [index.index_name for index in indexes]
    duplicate = next((name for name in names if names.count(name) > 1), None)
    if duplicate is not None:
        raise InputError(location, f"{duplicate!r} is there twice", "Name each index once")
    return indexes


def _refuse_capacity(
    given: Mapping[str, Any], indexes: Sequence[dynamodb.GlobalSecondaryIndexPropsV2], location: str
) -> None:
    """One error for everything that would state capacity beside ``capacity``."""
    found = [name for name in REFUSED if given.get(name) is not None]
    for index in indexes:
        found += [
            f'global_secondary_indexes["{index.index_name}"].{name}'
            for name in REFUSED_IN_INDEX
            if getattr(index, name, None) is not None
        ]
    if found:
        raise InputError(
            f"{location}: {', '.join(found)}",
            "would state capacity that no rule judges and no gate watches: a GuardedTable has the capacity of capacity= "
            "alone, in its own Region",
            "Write capacity=Capacity.on_demand(...) or Capacity.provisioned(...), with indexes={...} and warm=Units(...); "
            "a table with replicas needs a TableV2 of its own, without a guard",
        )


__all__ = ["REFUSED", "REFUSED_IN_INDEX", "TableProperties", "check_table_properties", "names_of"]
