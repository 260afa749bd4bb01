"""Statements of IAM policies as a template has them, which CloudFormation accepts as one object or as a list."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping
from typing import Any


def covers(statement: Mapping[str, Any], actions: Iterable[str]) -> bool:
    """Whether a statement is about one of some actions.

    Args:
        statement: the statement; names of actions may have ``*`` and ``?`` in them, in any case of letters.
        actions: names such as ``dynamodb:UpdateTable``.
    """

    def matches(name: str, action: str) -> bool:
        patterns = [str(pattern).lower() for pattern in listed(statement.get(name))]
        return any(fnmatch.fnmatchcase(action.lower(), pattern) for pattern in patterns)

    if "NotAction" in statement:
        return any(not matches("NotAction", action) for action in actions)
    return any(matches("Action", action) for action in actions)


def statements(document: Any) -> list[Mapping[str, Any]]:
    """The statements of a policy document, or of a list of inline policies.

    Args:
        document: the value of ``PolicyDocument`` or of a role's ``Policies``; anything else has no statement.
    """
    if isinstance(document, list):
        return [found for policy in document for found in statements(mapping(policy).get("PolicyDocument"))]
    if not isinstance(document, Mapping):
        return []
    return [found for found in listed(document.get("Statement")) if isinstance(found, Mapping)]


def mapping(value: Any) -> Mapping[str, Any]:
    """An object of a template; an empty one for anything else.

    Args:
        value: a value of a template.
    """
    return value if isinstance(value, Mapping) else {}


def listed(value: Any) -> list[Any]:
    """What IAM takes as one value or as a list of them, as a list.

    Args:
        value: a value of a template; ``None`` is an empty list.
    """
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


__all__ = ["covers", "listed", "mapping", "statements"]
