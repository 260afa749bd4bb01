"""Read a synthesized template before its deployment: parameters have no values, and conditions have two sides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from ..capacity.errors import InputError
from .intrinsics import UNKNOWN, Assumed, Intrinsics, Undecided

_REMEDY = "State it as a plain value in the table's code"
_MOST_BRANCHES = 32

T = TypeVar("T")


def in_each_branch(
    template: Mapping[str, Any],
    reader: Callable[[Intrinsics], T],
    *,
    location: str,
    account: str | None = None,
    region: str | None = None,
    recorded: Mapping[str, str] = MappingProxyType({}),
    parameters: Mapping[str, str] = MappingProxyType({}),
) -> tuple[tuple[str | None, T], ...]:
    """Read a synthesized template once for each possible outcome of the conditions that ``reader`` needs.

    A condition has two outcomes only if ``reader`` evaluates it and it depends on a value that is unknown before the
    deployment, such as a parameter. Conditions that make the same comparison always have the same outcome.

    Args:
        template: the resolved template.
        reader: reads values, for example ``lambda read: read_capacity(read, "Table")``; called once for each branch. A
            reference without a value reads as ``${Name}``; ``Ref`` of a table whose name is stated, or recorded, gives the name.
        location: name of the stack, for errors.
        account: account of the stack, if it is known at synthesis.
        region: Region of the stack, if it is known at synthesis.
        recorded: names of tables that CloudFormation has named, by logical id: what names them as plain text is theirs too.
        parameters: values of parameters that are known before the deployment.

    Returns:
        For each branch, its assumptions in words (``None`` without assumptions) and the result of ``reader``.

    Raises:
        InputError: there are more than 32 branches, or ``reader`` raised it because it cannot read a value.
    """
    pseudo = {name: value for name, value in (("AWS::AccountId", account), ("AWS::Region", region)) if value}
    branches: list[tuple[str | None, T]] = []
    pending: list[Assumed] = [()]
    while pending:
        assumed = pending.pop()
        read = _intrinsics(template, {**parameters, **pseudo}, location, assumed, recorded)
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


__all__ = ["in_each_branch"]
