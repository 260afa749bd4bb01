"""Read a synthesized template before its deployment: parameters have no values, and conditions have two sides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Required, TypedDict, TypeVar, Unpack

from ..capacity.errors import InputError
from .intrinsics import UNKNOWN, Assumed, Intrinsics, Undecided

_REMEDY = "State it as a plain value in the table's code"
_MOST_BRANCHES = 32

T = TypeVar("T")


class KnownStack(TypedDict, total=False):
    """What is known of the stack of a synthesized template before its deployment; every reader of a template takes it.

    Attributes:
        location: name of the stack, for errors.
        account: account of the stack, ``None`` where it is not known.
        region: Region of the stack, ``None`` where it is not known.
        parameters: values of parameters that are known.
    """

    location: Required[str]
    account: str | None
    region: str | None
    parameters: Mapping[str, str]


def recorded_names(logical_id: str, recorded: str | None) -> dict[str, str]:
    """The name that CloudFormation has given a table, for ``in_each_branch``.

    Args:
        logical_id: logical id of the table.
        recorded: the recorded name of the table, ``None`` if it was not recorded.
    """
    return {} if recorded is None else {logical_id: recorded}


def in_each_branch(
    template: Mapping[str, Any],
    reader: Callable[[Intrinsics], T],
    *,
    recorded: Mapping[str, str] = MappingProxyType({}),
    **stack: Unpack[KnownStack],
) -> tuple[tuple[str | None, T], ...]:
    """Read a synthesized template once for each possible outcome of the conditions that ``reader`` needs.

    A condition has two outcomes only if ``reader`` evaluates it and it depends on a value that is unknown before the
    deployment, such as a parameter. Conditions that make the same comparison always have the same outcome.

    Args:
        template: the resolved template.
        reader: reads values, for example ``lambda read: read_capacity(read, "Table")``; called once for each branch. A
            reference without a value reads as ``${Name}``; ``Ref`` of a table whose name is stated, or recorded, gives the name.
        recorded: names of tables that CloudFormation has named, by logical id: what names them as plain text is theirs too.
        stack: what is known of the stack.

    Returns:
        For each branch, its assumptions in words (``None`` without assumptions) and the result of ``reader``.

    Raises:
        InputError: there are more than 32 branches, or ``reader`` raised it because it cannot read a value.
    """
    location = stack["location"]
    pseudo = {"AWS::AccountId": stack.get("account"), "AWS::Region": stack.get("region")}
    known = {**stack.get("parameters", {}), **{name: value for name, value in pseudo.items() if value}}
    branches: list[tuple[str | None, T]] = []
    pending: list[Assumed] = [()]
    while pending:
        assumed = pending.pop()
        read = _intrinsics(template, known, location, assumed, recorded)
        try:
            branches.append((_in_words(assumed), reader(read)))
        except Undecided as undecided:
            if len(branches) + len(pending) + 2 > _MOST_BRANCHES:
                raise InputError(
                    location,
                    f"its conditions can turn out in more than {_MOST_BRANCHES} ways",
                    "Let fewer conditions decide what the table is",
                ) from None
            pending += [(*assumed, (undecided.sides, False)), (*assumed, (undecided.sides, True))]
    return tuple(branches)


def _intrinsics(
    template: Mapping[str, Any],
    known: Mapping[str, str],
    location: str,
    assumed: Assumed,
    recorded: Mapping[str, str],
) -> Intrinsics:
    # Ref of a table returns its name, so a stated name is the value of every reference to the table.
    names = {
        logical_id: name
        for logical_id, resource in template["Resources"].items()
        if str(resource.get("Type")).startswith("AWS::DynamoDB::")
        and isinstance(name := resource.get("Properties", {}).get("TableName"), str)
    }
    generated = {
        logical_id: name
        for logical_id, name in recorded.items()
        if "TableName" not in template["Resources"].get(logical_id, {}).get("Properties", {})
    }
    return Intrinsics(template, known, {}, {**generated, **names}, location, remedy=_REMEDY, assumed=assumed)


def _in_words(assumed: Assumed) -> str | None:
    comparisons = [
        f"{_without_braces(left)} {'=' if equal else 'is not'} {_without_braces(right)}"
        for (left, right), equal in assumed
    ]
    return ", ".join(comparisons) or None


def _without_braces(text: str) -> str:
    return text.replace(UNKNOWN, "").replace("}", "") if UNKNOWN in text else text


__all__ = ["KnownStack", "in_each_branch", "recorded_names"]
