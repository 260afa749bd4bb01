"""The DynamoDB tables that an app declares, with or without a guard."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from aws_cdk import CfnResource
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct, IConstruct

from ...capacity.structure import TableKind
from ...rules import Dialect

_RESOURCES = (dynamodb.CfnTable, dynamodb.CfnGlobalTable)
_CONSTRUCTS = (dynamodb.TableV2, dynamodb.Table)
_RESOURCE_TYPES = tuple(kind.value for kind in TableKind)
SIMPLE_TABLE = "AWS::Serverless::SimpleTable"
"""Type of a table of SAM. CloudFormation makes an ``AWS::DynamoDB::Table`` of it when the template is deployed."""


@dataclass(frozen=True)
class DeclaredTable:
    """A table that an app declares.

    Attributes:
        resource: its resource in the template.
        construct: the construct in the user's code: the TableV2 or Table, otherwise the resource.
        dialect: the construct whose properties declare the capacity.
    """

    resource: CfnResource
    construct: Construct
    dialect: Dialect

    @property
    def label(self) -> str:
        """Its construct id; findings name the table by it."""
        return self.construct.node.id


JOURNALS_PATH = ("CapacityGuardWatch", "Journals")
"""Construct ids of the table of the watch's journals, in the stack; its logical id begins with both (``is_journals``)."""


def declared_by(table: object) -> DeclaredTable | None:
    """The table that a construct declares.

    Args:
        table: any construct.

    Returns:
        The table of a TableV2, of a Table, or of a resource of either type (also the resource inside a TableV2 or a
        Table). ``None`` for another construct, for a reference to a table that is declared elsewhere, and for the guard's own
        table of journals.
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
            # Paths, not `is`: Python may have several objects for one construct of the CDK's process.
            if child is not None and child.node.path == table.node.path:
                return declared_by(parent)
    if isinstance(table, _RESOURCES) or (
        type(table) is CfnResource and table.cfn_resource_type in _RESOURCE_TYPES
    ):
        return None if _is_journals(table) else DeclaredTable(table, table, "l1")
    return None


def _is_journals(table: CfnResource) -> bool:
    """Whether a table is that of the watch's journals."""
    return table.node.id == JOURNALS_PATH[1] and table.node.path.endswith("/".join(("", *JOURNALS_PATH)))


def tables_below(scope: IConstruct) -> Iterator[DeclaredTable]:
    """Every table that a construct or its descendants declare, each once.

    It takes one call into the CDK's process for the tree, and a few for each table.
    """
    for construct in scope.node.find_all():
        if isinstance(construct, _RESOURCES) or type(construct) is CfnResource:
            table = declared_by(construct)
            if table is not None:
                yield table


def simple_tables_below(scope: IConstruct) -> Iterator[DeclaredTable]:
    """Every ``AWS::Serverless::SimpleTable`` below a construct. No guard can read its capacity.

    It takes a call into the CDK's process for each resource, so ask only where a template has one.
    """
    for construct in scope.node.find_all():
        if isinstance(construct, CfnResource) and construct.cfn_resource_type == SIMPLE_TABLE:
            yield DeclaredTable(construct, construct, "l1")


__all__ = ["SIMPLE_TABLE", "DeclaredTable", "declared_by", "simple_tables_below", "tables_below"]
