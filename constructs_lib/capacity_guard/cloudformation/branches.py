"""A synthesized template, which no stack has yet: names and parameters without a value, both sides of a condition."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ..capacity.errors import InputError
from .intrinsics import UNKNOWN, Assumed, Intrinsics, Undecided

_REMEDY = "State it as a plain value in the table's code"
_MOST_BRANCHES = 32

T = TypeVar("T")


def in_each_branch(
    template: Mapping[str, Any],
    look: Callable[[Intrinsics], T],
    *,
    location: str,
    account: str | None = None,
    region: str | None = None,
) -> tuple[tuple[str | None, T], ...]:
    """What a synthesized template states, for every way in which the conditions that matter can turn out.

    Only the conditions that ``look`` meets are tried both ways, and only what depends on a parameter or another value
    that is not known before the deployment. Two conditions that ask for the same thing are never taken apart.

    Args:
        template: the resolved template.
        look: reads what it needs, for example ``lambda read: read_capacity(read, "Table")``; called once a branch. A
            reference without a value reads as ``${Name}``; ``Ref`` of a table that has a name gives the name.
        location: name of the stack, for errors.
        account: the account the stack is deployed to, if it is known at synthesis.
        region: its Region, if it is known at synthesis.

    Returns:
        For each branch what it assumes in words (``None`` where nothing had to be assumed) and what ``look`` gave.

    Raises:
        InputError: there are more than 32 branches, or ``look`` raised it: a value that it needs cannot be read.
    """
    pseudo = {name: value for name, value in (("AWS::AccountId", account), ("AWS::Region", region)) if value}
    found: list[tuple[str | None, T]] = []
    todo: list[Assumed] = [()]
    while todo:
        assumed = todo.pop()
        read = _reader(template, pseudo, location, assumed)
        try:
            found.append((_words(assumed), look(read)))
        except Undecided as question:
            if len(found) + len(todo) + 2 > _MOST_BRANCHES:
                raise InputError(
                    location,
                    f"its conditions can turn out in more than {_MOST_BRANCHES} ways",
                    "Let fewer conditions decide what the table is",
                ) from None
            todo += [(*assumed, (question.sides, False)), (*assumed, (question.sides, True))]
    return tuple(found)


def _reader(
    template: Mapping[str, Any], pseudo: Mapping[str, str], location: str, assumed: Assumed
) -> Intrinsics:
    # Ref of a table gives its name, so a name that the code gives is known wherever the template refers to it.
    names = {
        logical_id: given
        for logical_id, resource in template["Resources"].items()
        if str(resource.get("Type", "")).startswith("AWS::DynamoDB::")
        and isinstance(given := resource.get("Properties", {}).get("TableName"), str)
    }
    return Intrinsics(template, {}, pseudo, names, location, remedy=_REMEDY, assumed=assumed)


def _words(assumed: Assumed) -> str | None:
    return (
        ", ".join(f"{_plain(a)} {'=' if equal else 'is not'} {_plain(b)}" for (a, b), equal in assumed)
        or None
    )


def _plain(text: str) -> str:
    return text.replace(UNKNOWN, "").replace("}", "") if UNKNOWN in text else text


__all__ = ["in_each_branch"]
