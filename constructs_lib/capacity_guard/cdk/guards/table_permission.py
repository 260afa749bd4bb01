"""``TablePermission``: the permission of a stack's functions on one table, by the name that the table has."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import CfnResource

from ..provider.provider import GuardProvider


class TablePermission:
    """The permission to read a table and to raise its warm throughput, by the table's name.

    A reference to the table would be a circular dependency: the gate needs the permission before the table changes.

    Args:
        provider: the provider of the stack, whose functions get the permission.
        resource: the table's resource.
        name: the name that the code gives it; ``None`` where the code gives none, or only the template states it.
        recorded: the recorded name of the table, ``None`` if it was not recorded.
    """

    def __init__(
        self, provider: GuardProvider, resource: CfnResource, name: str | None, recorded: str | None
    ) -> None:
        self.name = name
        """The table's name; ``None`` where CloudFormation names it, and where the template has not been read yet."""
        self._provider, self._resource, self._recorded = provider, resource, recorded
        self._is_given = False

    def give(self) -> None:
        """Allow the functions to use the table by the name that the code gives it."""
        self._give(self.name)

    def give_by_template(self, stated: Any) -> None:
        """Allow the functions to use the table by the ``TableName`` of the template; ``None`` if it states none."""
        name = stated if isinstance(stated, str) else None
        if not self._is_given or name != self.name:
            self.name = name
            self._give(None if stated is None else cdk.Token.as_string(stated))

    def _give(self, name: str | None) -> None:
        """Allow the functions to use the table; without a name CloudFormation names it ``<stack>-<logical id>-<random>``.

        Source: CloudFormation User Guide, aws-properties-name.
        """
        self._is_given = True
        if name is None:
            self._provider.allow_generated(self._resource, self._recorded)
        else:
            self._provider.allow(name)


__all__ = ["TablePermission"]
