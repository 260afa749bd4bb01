"""``Place``: what the guards of one scope ask of it, asked once, since each question is a call to the CDK's process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, cast

import aws_cdk as cdk
from constructs import Construct, IConstruct

from .break_glass_reason import CONTEXT
from .judgment_time import NOW_CONTEXT, time_of_context
from .kept import kept_of


@dataclass(frozen=True)
class Place:
    """The scope of guards. Its context is final: the CDK refuses to set it once a scope has children.

    Attributes:
        scope: the construct in which guards are created.
    """

    scope: Construct

    @cached_property
    def _node(self) -> Any:
        return self.scope.node

    @cached_property
    def stack(self) -> cdk.Stack:
        """The stack of the scope."""
        return cdk.Stack.of(self.scope)

    @cached_property
    def nested(self) -> bool:
        """Whether the stack is nested in another one."""
        return self.stack.nested

    @cached_property
    def root(self) -> IConstruct:
        """The root of the construct tree."""
        return cast(IConstruct, self._node.root)

    @cached_property
    def now(self) -> datetime:
        """The time at which the rules judge (``judgment_time``)."""
        return time_of_context(self._node.try_get_context(NOW_CONTEXT))

    @cached_property
    def break_glass(self) -> Any:
        """The value of context ``capacity-guard:break-glass``."""
        return self._node.try_get_context(CONTEXT)

    def path_of(self, id: str) -> str:
        """The construct path of a child, which the constructs library makes of the ids (``Node.path``).

        Args:
            id: construct id of the child.
        """
        own = id.replace("/", "--")
        return f"{self._path}/{own}" if self._path else own

    @cached_property
    def _path(self) -> str:
        return str(self._node.path)


def place_of(scope: Construct) -> Place:
    """The place of a scope. It lives as long as the scope.

    Args:
        scope: the construct in which a guard is created.
    """
    return kept_of(scope, place_of, lambda: Place(scope))


def logical_id_token(resource: cdk.CfnResource) -> str:
    """The token of a resource's logical id, asked once. Its value may still be overridden.

    Args:
        resource: the resource.
    """
    return kept_of(resource, logical_id_token, lambda: resource.logical_id)


def id_in_arn(arn: Mapping[str, Any]) -> str:
    """The logical id of a resource, from its ARN as its template has it.

    Args:
        arn: the ``Fn::GetAtt``.
    """
    return str(arn["Fn::GetAtt"][0])


__all__ = ["Place", "id_in_arn", "logical_id_token", "place_of"]
