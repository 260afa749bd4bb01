"""Many tables: which ones, and recording them side by side without one failure losing the others."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

from constructs_lib.capacity.baseline import Baseline
from constructs_lib.capacity.errors import InputError

from .aws import Aws

_NAME = re.compile(r"[A-Za-z0-9_.-]{3,255}")
"""Letters of a table's name (API: TableName)."""
_TYPES = ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable")


def tables_from(text: str, where: str) -> list[str]:
    """Table names, one a line; empty lines and what follows a ``#`` are left out, doubles are taken once.

    Args:
        text: of the file.
        where: the file, for errors.

    Raises:
        InputError: a line is no table name, or there is none.
    """
    names: dict[str, None] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        name = line.partition("#")[0].strip()
        if name and not _NAME.fullmatch(name):
            raise InputError(f"{where}: line {number}", f"{name!r} is no table name", "Give one name a line")
        if name:
            names[name] = None
    if not names:
        raise InputError(where, "names no table", "Give one name a line")
    return list(names)


def tables_of_stack(aws: Aws, stack: str) -> list[str]:
    """The DynamoDB tables that a CloudFormation stack owns.

    Args:
        aws: calls to AWS.
        stack: name of the stack.

    Raises:
        InputError: it cannot be listed, or owns none.
    """
    found = [
        str(resource["PhysicalResourceId"])
        for page in aws.pages("cloudformation", "list_stack_resources", StackName=stack)
        for resource in page["StackResourceSummaries"]
        if resource["ResourceType"] in _TYPES and resource.get("PhysicalResourceId")
    ]
    if not found:
        raise InputError(f"--stack {stack}", "owns no DynamoDB table", "Name another stack")
    return sorted(found)


def tables_of_tags(aws: Aws, tags: Mapping[str, str]) -> list[str]:
    """The tables that carry all of these tags (Resource Groups Tagging API: GetResources).

    Args:
        aws: calls to AWS.
        tags: value by key.

    Raises:
        InputError: they cannot be listed, or there is none.
    """
    found = [
        str(resource["ResourceARN"]).rpartition(":table/")[2]
        for page in aws.pages(
            "resourcegroupstaggingapi",
            "get_resources",
            "PaginationToken",
            ResourceTypeFilters=["dynamodb:table"],
            TagFilters=[{"Key": key, "Values": [value]} for key, value in tags.items()],
        )
        for resource in page["ResourceTagMappingList"]
    ]
    if not found:
        said = ", ".join(f"{key}={value}" for key, value in tags.items())
        raise InputError(f"--tag {said}", "is on no table of this Region", "Check tags and Region")
    return sorted(set(found))


@dataclass(frozen=True)
class Recorded:
    """What became of one table: its baseline, or the error."""

    name: str
    result: Baseline | InputError


def record_fleet(
    names: Sequence[str],
    record: Callable[[str], Baseline],
    parallel: int,
    done: Callable[[Recorded], None],
) -> tuple[Recorded, ...]:
    """Record tables side by side.

    Args:
        names: of the tables.
        record: records one; an ``InputError`` of it is kept, anything else ends the fleet.
        parallel: tables at a time.
        done: called with each table as it ends.

    Returns:
        What became of each, in the order of the names.
    """

    def one(name: str) -> Recorded:
        try:
            return Recorded(name, record(name))
        except InputError as error:
            return Recorded(name, error)

    found: dict[str, Recorded] = {}
    pool = ThreadPoolExecutor(max_workers=parallel)
    try:
        for future in as_completed([pool.submit(one, name) for name in names]):
            ended = future.result()
            found[ended.name] = ended
            done(ended)
    finally:
        # An interrupt leaves what is being read to its journals; nothing new begins.
        pool.shutdown(wait=True, cancel_futures=True)
    return tuple(found[name] for name in names)


def policy(
    tables: Iterable[str] | None, *, region: str | None, stack: str | None, by_tag: bool, by_stack: bool
) -> dict[str, object]:
    """The least that an IAM policy must allow.

    Args:
        tables: names of the tables; ``None``: any.
        region: AWS Region; ``None``: any.
        stack: the CloudFormation stack that owns them; ``None``: any.
        by_tag: whether tables are found by tag.
        by_stack: whether the stack is named rather than asked for.
    """
    where = region or "*"
    named = list(tables) if tables is not None else ["*"]
    lookup = "cloudformation:ListStackResources" if by_stack else "cloudformation:DescribeStackResources"
    everywhere = [
        "application-autoscaling:DescribeScalableTargets",
        "application-autoscaling:DescribeScalingPolicies",
        "cloudwatch:GetMetricData",
        *(["tag:GetResources"] if by_tag else []),
    ]
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "dynamodb:DescribeTable",
                "Resource": [f"arn:aws:dynamodb:{where}:*:table/{name}" for name in named],
            },
            {
                "Effect": "Allow",
                "Action": [lookup, "cloudformation:DescribeStacks", "cloudformation:GetTemplate"],
                "Resource": f"arn:aws:cloudformation:{where}:*:stack/{stack or '*'}/*"
                if stack or by_stack
                else "*",
            },
            {"Effect": "Allow", "Action": everywhere, "Resource": "*"},
        ],
    }


__all__ = [
    "Recorded",
    "policy",
    "record_fleet",
    "tables_from",
    "tables_of_stack",
    "tables_of_tags",
]
