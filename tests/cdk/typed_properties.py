"""What a type checker knows of the properties of ``GuardedTable``: ``make types`` checks this file, and nothing runs it.

Each ignored line is an error that mypy has to find: an ignore that suppresses nothing is an error too (``strict``).
"""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk.aws_dynamodb import Attribute, AttributeType, Billing

from capacity_guard import Capacity, GuardedTable, NewTable, Rollout

KEY = Attribute(name="id", type=AttributeType.STRING)
ANY = Capacity.on_demand()


def declare(stack: Stack) -> None:
    new = NewTable("a")
    GuardedTable(stack, "A", partition_key=KEY, capacity=ANY, baseline=new, deletion_protection=True)
    GuardedTable(stack, "B", partition_key=KEY, capacity=ANY, baseline=new, deletion_protection="")  # type: ignore[arg-type]
    GuardedTable(stack, "C", partition_key=KEY, capacity=ANY, baseline=new, billing=Billing.on_demand())  # type: ignore[call-arg]
    GuardedTable(stack, "D", partition_key=KEY, capacity=ANY, baseline=new, rollout=Rollout())  # type: ignore[call-arg]


__all__ = ["declare"]
