"""Texts and lists whose content is known only when the template is final.

A guard renders the stack to read its table, before the last gates are made. The CDK keeps what a stable producer gave at that
time, so these values are produced anew at each rendering.
"""

from __future__ import annotations

from collections.abc import Callable

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


def late_list(values: list[str]) -> list[str]:
    """A token for a list that may grow until the template is written."""
    return cdk.Lazy.uncached_list(_List(values))


__all__ = ["late_list", "late_text"]
