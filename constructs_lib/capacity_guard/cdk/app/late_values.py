"""Texts and lists whose content is known only when the template is final.

A guard renders the stack to read its table, before the last gates are made. The CDK keeps what a stable producer gave at that
time, so these values are produced anew at each rendering.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import aws_cdk as cdk
import jsii


@jsii.implements(cdk.IStringProducer)
class _Text:
    def __init__(self, text: Callable[[], str]) -> None:
        self._text = text

    def produce(self, context: cdk.IResolveContext) -> str:
        del context
        return self._text()


@jsii.implements(cdk.IListProducer)
class _List:
    def __init__(self, values: list[str]) -> None:
        self._values = values

    def produce(self, context: cdk.IResolveContext) -> list[str]:
        del context
        return self._values


def late_text(text: Callable[[], str]) -> str:
    """A token for a text.

    Args:
        text: returns the text; called at each rendering.
    """
    return cdk.Lazy.uncached_string(_Text(text))


class Plan(Protocol):
    """The plan of a gate."""

    def to_property(self) -> str: ...


def text_of(plan: Callable[[], Plan]) -> Callable[[], str]:
    """The text of a plan. It is made when the plan has changed: the CDK asks for the same text eight times in a synthesis.

    Args:
        plan: returns the plan as it is at the time of the call.
    """
    kept: tuple[Plan, str] | None = None

    def text() -> str:
        nonlocal kept
        current = plan()
        if kept is None or kept[0] != current:
            kept = current, current.to_property()
        return kept[1]

    return text


def late_list(values: list[str]) -> list[str]:
    """A token for a list that may grow until the template is written."""
    return cdk.Lazy.uncached_list(_List(values))


__all__ = ["late_list", "late_text", "text_of"]
