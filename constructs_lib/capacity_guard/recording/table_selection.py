"""Which tables to record: their names from a file, a CloudFormation stack or tags."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..capacity.errors import InputError
from ..capacity.hold import is_journals
from .aws import RecordingAws
from .stack_template import stack_resources

_NAME = re.compile(r"[A-Za-z0-9_.-]{3,255}")
"""Characters of a table's name (API: TableName)."""
_TYPES = ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable")


def check_name(name: str, location: str) -> None:
    """Check that a text can be the name of a table.

    Args:
        name: the text.
        location: the option or line that holds it, for errors.

    Raises:
        InputError: it cannot.
    """
    if not _NAME.fullmatch(name):
        raise InputError(
            location,
            f"{name!r} is not a table name",
            "Give a name of 3 to 255 characters: letters, digits, '_', '-' and '.'",
        )


def tables_from(text: str, location: str) -> list[str]:
    """Table names, one on each line; empty lines and text after a ``#`` are ignored, a repeated name counts once.

    Args:
        text: content of the file.
        location: the file, for errors.

    Raises:
        InputError: a line is not a table name, or there is none.
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
    names = [
        str(resource["PhysicalResourceId"])
        for resource in stack_resources(aws, stack)
        if resource["ResourceType"] in _TYPES
        and resource.get("PhysicalResourceId")
        and not is_journals(str(resource["LogicalResourceId"]))
    ]
    if not names:
        raise InputError(f"--stack {stack}", "owns no DynamoDB table", "Name another stack")
    return sorted(names)


def tables_of_tags(aws: RecordingAws, tags: Mapping[str, str]) -> list[str]:
    """The tables that have all of these tags (Resource Groups Tagging API: GetResources).

    Args:
        aws: calls to AWS.
        tags: value by key.

    Raises:
        InputError: they cannot be listed, or there is none.
    """
    names = [
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
    names = [name for name in names if not is_journals(name)]
    if not names:
        listed = ", ".join(f"{key}={value}" for key, value in tags.items())
        raise InputError(f"--tag {listed}", "is on no table of this Region", "Check tags and Region")
    return sorted(set(names))


__all__ = ["check_name", "tables_from", "tables_of_stack", "tables_of_tags"]
