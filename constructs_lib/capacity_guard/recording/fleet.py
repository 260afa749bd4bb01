"""Many tables: which ones, and recording them side by side without one failure losing the others."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Event, Thread

from ..capacity.errors import InputError
from ..evidence.baseline import Baseline
from .aws import RecordingAws, Refused
from .stack_template import stack_resources

_NAME = re.compile(r"[A-Za-z0-9_.-]{3,255}")
"""Letters of a table's name (API: TableName)."""
_TYPES = ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable")
_PARTITIONS = {
    "cn-": "aws-cn",
    "us-gov-": "aws-us-gov",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "eu-isoe-": "aws-iso-e",
    "us-isof-": "aws-iso-f",
    "eusc-": "aws-eusc",
}
"""Partition by the beginning of a Region's name; all others are ``aws`` (botocore: partitions.json)."""


def check_name(name: str, location: str) -> None:
    """Whether a text can be the name of a table.

    Raises:
        InputError: it cannot.
    """
    if not _NAME.fullmatch(name):
        raise InputError(location, f"{name!r} is no table name", "Give a name of 3 to 255 letters")


def tables_from(text: str, location: str) -> list[str]:
    """Table names, one a line; empty lines and what follows a ``#`` are left out, doubles are taken once.

    Args:
        text: of the file.
        location: the file, for errors.

    Raises:
        InputError: a line is no table name, or there is none.
    """
    names: dict[str, None] = {}
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        if name := line.partition("#")[0].strip():
            check_name(name, f"{location}: line {number}")
            names[name] = None
    if not names:
        raise InputError(location, "names no table", "Give one name a line")
    return list(names)


def tables_of_stack(aws: RecordingAws, stack: str) -> list[str]:
    """The DynamoDB tables that a CloudFormation stack owns.

    Args:
        aws: calls to AWS.
        stack: name of the stack.

    Raises:
        InputError: it does not exist, cannot be listed, or owns none.
    """
    found = [
        str(resource["PhysicalResourceId"])
        for resource in stack_resources(aws, stack)
        if resource["ResourceType"] in _TYPES and resource.get("PhysicalResourceId")
    ]
    if not found:
        raise InputError(f"--stack {stack}", "owns no DynamoDB table", "Name another stack")
    return sorted(found)


def tables_of_tags(aws: RecordingAws, tags: Mapping[str, str]) -> list[str]:
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
    stop: Event,
) -> None:
    """Record tables side by side.

    Args:
        names: of the tables.
        record: records one; an ``InputError`` of it is the end of that table alone, unless every other call ends the
            same way.
        parallel: tables at a time.
        done: called with each table as it ends.
        stop: set once no more calls are to be made; ``record`` then ends at its next one.

    Raises:
        Refused: of the first table whose calls failed as all others would.
        KeyboardInterrupt: interrupted. What was under way has ended, unless it was interrupted once more.
    """
    waiting: SimpleQueue[str] = SimpleQueue()
    ended: SimpleQueue[Recorded | BaseException] = SimpleQueue()
    for name in names:
        waiting.put(name)

    def work() -> None:
        while not stop.is_set():
            try:
                name = waiting.get_nowait()
            except Empty:
                return
            try:
                ended.put(Recorded(name, record(name)))
            except BaseException as error:  # noqa: BLE001 - raised again where the others are waited for
                everywhere = isinstance(error, Refused) and error.everywhere
                if isinstance(error, InputError) and not everywhere:
                    ended.put(Recorded(name, error))
                else:
                    ended.put(error)  # before the others are stopped, which is an error of theirs
                    stop.set()

    # Not a pool: the interpreter waits for a pool's threads at its end, whatever has interrupted it.
    threads = [Thread(target=work, daemon=True) for _ in range(min(parallel, len(names)))]
    for thread in threads:
        thread.start()
    try:
        for _ in names:
            one = ended.get()
            if isinstance(one, BaseException):
                raise one
            done(one)
    except BaseException:
        stop.set()  # interrupted here, nobody has set it
        for thread in threads:
            thread.join()
        while not ended.empty():
            one = ended.get()
            if isinstance(one, Recorded) and isinstance(one.result, Baseline):
                done(one)
        raise


def policy(
    tables: Iterable[str] | None, *, region: str | None, stack: str | None, by_tag: bool, by_stack: bool
) -> dict[str, object]:
    """The least that an IAM policy must allow.

    Args:
        tables: names of the tables; ``None``: any.
        region: AWS Region; ``None``: any, in any partition.
        stack: the CloudFormation stack that owns them, its name or its ARN; ``None``: any.
        by_tag: whether tables are found by tag.
        by_stack: whether the stack is named rather than asked for.
    """
    location = region or "*"
    partition = "*" if region is None else _partition(region)
    if stack is not None and stack.startswith("arn:"):
        stacks = stack
    elif stack or by_stack:
        stacks = f"arn:{partition}:cloudformation:{location}:*:stack/{stack or '*'}/*"
    else:
        stacks = "*"
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
                "Resource": [f"arn:{partition}:dynamodb:{location}:*:table/{name}" for name in named],
            },
            {
                "Effect": "Allow",
                "Action": [lookup, "cloudformation:DescribeStacks", "cloudformation:GetTemplate"],
                "Resource": stacks,
            },
            {"Effect": "Allow", "Action": everywhere, "Resource": "*"},
        ],
    }


def _partition(region: str) -> str:
    return next((name for begin, name in _PARTITIONS.items() if region.startswith(begin)), "aws")


__all__ = [
    "Recorded",
    "check_name",
    "policy",
    "record_fleet",
    "tables_from",
    "tables_of_stack",
    "tables_of_tags",
]
