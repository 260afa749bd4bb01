"""``LogicalIds``: the logical ids of a stack's resources, each asked of the CDK's process once when it is final."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import CfnResource

from .place import logical_id_token


class LogicalIds:
    """The logical ids of resources of a stack.

    Args:
        stack: the stack.
    """

    def __init__(self, stack: cdk.Stack) -> None:
        self._stack = stack
        self._final: dict[int, tuple[CfnResource, str]] = {}
        """The resource is kept as well: as long as it is, no other one has its identity."""

    def know(self, resource: CfnResource, logical_id: str) -> None:
        """Keep a logical id that is final."""
        self._final[id(resource)] = resource, logical_id

    def of(self, resource: CfnResource, *, final: bool) -> str:
        """The logical id of a resource.

        Args:
            resource: the resource.
            final: whether ``override_logical_id`` cannot change it any more.
        """
        known = self._final.get(id(resource))
        if known is not None:
            return known[1]
        found = str(self._stack.resolve(logical_id_token(resource)))
        if final:
            self.know(resource, found)
        return found


__all__ = ["LogicalIds"]
