"""Names of a stack: the table and the guard's alarms by their logical ids, Region and account from the stack's ARN."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..capacity.dimension import TABLE
from ..capacity.gate_plan import GatePlan
from .aws import GateAws


@dataclass(frozen=True)
class StackNames:
    """Names that only the deployed stack has.

    Attributes:
        table: name of the table, ``None`` if the stack does not have it.
        alarms: names of the guard's own alarms, by resource key.
        missing: logical ids that the stack does not have.
    """

    table: str | None
    alarms: Mapping[str, str]
    missing: tuple[str, ...] = ()

    @staticmethod
    def from_property(value: Mapping[str, Any]) -> StackNames:
        """The names in the property ``Names`` of a Bake, which refers to the table and to its alarms.

        Raises:
            KeyError: a name is missing.
        """
        return StackNames(value["Table"], dict(value["Alarms"]))


def find_names(aws: GateAws, plan: GatePlan, stack_id: str) -> StackNames:
    """Find the names of the table and of the guard's own alarms by their logical ids.

    Raises:
        AwsError: the stack cannot be read.
    """
    missing = []
    table = plan.table_name or aws.physical_id(stack_id, plan.logical_id)
    if table is None:
        missing.append(plan.logical_id)
    alarms = {}
    for key, logical_id in sorted(plan.alarms.items(), key=lambda item: (item[0] != TABLE, item[0])):
        name = aws.physical_id(stack_id, logical_id)
        if name is None:
            missing.append(logical_id)
        else:
            alarms[key] = name
    return StackNames(table, alarms, tuple(missing))


def region_of(arn: str) -> str:
    """The Region in an ARN; empty if the text has none."""
    return _part(arn, 3)


def account_of(arn: str) -> str:
    """The account in an ARN; empty if the text has none."""
    return _part(arn, 4)


def _part(arn: str, position: int) -> str:
    parts = arn.split(":")
    return parts[position] if len(parts) > position else ""


__all__ = ["StackNames", "account_of", "find_names", "region_of"]
