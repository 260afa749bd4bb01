"""The tables that an app declares, whether a guard stands beside them or not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from aws_cdk import CfnResource
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct, IConstruct

from ..capacity.structure import TableKind
from ..rules import Dialect

_RESOURCES = (dynamodb.CfnTable, dynamodb.CfnGlobalTable)
_CONSTRUCTS = (dynamodb.TableV2, dynamodb.Table)
_KINDS = tuple(kind.value for kind in TableKind)


@dataclass(frozen=True)
class DeclaredTable:
    """A table as its code declares it.

    Attributes:
        resource: its resource in the template.
        construct: the construct that a reader of the code knows: the TableV2 or Table, else the resource.
        dialect: how the code declares the capacity.
    """

    resource: CfnResource
    construct: Construct
    dialect: Dialect

    @property
    def label(self) -> str:
        """What the code calls it: its construct id."""
        return self.construct.node.id


def declared_by(table: object) -> DeclaredTable | None:
    """The table behind a construct: a TableV2, a Table, or a resource of either type, alone or of one of these.

    ``None`` for anything else: another construct, or a reference to a table that is declared elsewhere.
    """
    if isinstance(table, _CONSTRUCTS):
        resource = table.node.default_child
        if isinstance(resource, _RESOURCES):
            dialect: Dialect = "table-v2" if isinstance(table, dynamodb.TableV2) else "table"
            return DeclaredTable(resource, table, dialect)
    if isinstance(table, _RESOURCES):
        parent = table.node.scope
        if isinstance(parent, _CONSTRUCTS):
            child = parent.node.default_child
            # Not `is`: Python may hold more than one object for one construct of the CDK's process.
            if child is not None and child.node.path == table.node.path:
                return declared_by(parent)
    if isinstance(table, _RESOURCES) or (type(table) is CfnResource and table.cfn_resource_type in _KINDS):
        return DeclaredTable(table, table, "l1")
    return None


def tables_below(scope: IConstruct) -> Iterator[DeclaredTable]:
    """Every table that is declared in a construct or below it, each once.

    One call into the CDK's process for the whole tree, and a few for each table.
    """
    for one in scope.node.find_all():
        if isinstance(one, _RESOURCES) or type(one) is CfnResource:
            found = declared_by(one)
            if found is not None:
                yield found


__all__ = ["DeclaredTable", "declared_by", "tables_below"]
