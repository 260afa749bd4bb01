"""What a table's own code declares: its capacity, and the resources that scale it, from the template of its stack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..capacity.capacity import Capacity
from ..capacity.errors import InputError
from ..capacity.structure import TableKind
from ..cloudformation.branches import in_each_branch
from ..cloudformation.capacity import read_capacity
from ..cloudformation.intrinsics import Intrinsics
from ..cloudformation.scaling import scaling_resources

PLAIN_VALUE = "State it as a plain value in the table's code"


@dataclass(frozen=True)
class Declared:
    """What a template states for one table.

    Attributes:
        branches: the capacity for each way in which the template's conditions can turn out, with what the way assumes
            in words (``None`` where nothing has to be assumed).
        scaling: logical ids of the scaling targets and policies of the table; of an AWS::DynamoDB::Table only.
        name: the table's name as the template gives it, ``None`` where CloudFormation names it.
    """

    branches: tuple[tuple[str | None, Capacity], ...]
    scaling: tuple[str, ...]
    name: Any

    def capacity(self, deployed: Capacity | None, location: str) -> Capacity:
        """The one capacity that is declared.

        A template that holds the deployed capacity behind a condition, for the way back, declares the other one.

        Args:
            deployed: the capacity that the deployed template states, if it is known.
            location: the table, for errors.

        Raises:
            InputError: it depends on a value that is known only at the deployment.
        """
        different: list[Capacity] = []
        for _, capacity in self.branches:
            if capacity not in different:
                different.append(capacity)
        if len(different) > 1:
            different = [capacity for capacity in different if capacity != deployed]
        if len(different) == 1:
            return different[0]
        ways = "; ".join(words for words, _ in self.branches if words)
        raise InputError(
            location,
            f"has a capacity that depends on what is known only at the deployment ({ways})",
            PLAIN_VALUE,
        )


def declared_in(
    template: Mapping[str, Any], logical_id: str, *, location: str, account: str | None, region: str | None
) -> Declared:
    """What a synthesized template states for one table.

    Args:
        template: the resolved template.
        logical_id: the table's logical id.
        location: name of the stack, for errors.
        account: the account the stack is deployed to, if it is known at synthesis.
        region: its Region, if it is known at synthesis.

    Raises:
        InputError: a value that matters cannot be read, or the table itself stands behind a condition.
    """
    resource = template["Resources"][logical_id]
    if "Condition" in resource:
        raise InputError(
            f"{location}: {logical_id}",
            f"exists only under condition {resource['Condition']}",
            "Guard a table that its stack always has",
        )

    def look(read: Intrinsics) -> tuple[Capacity, tuple[str, ...]]:
        capacity = read_capacity(read, logical_id)
        if resource["Type"] != TableKind.TABLE.value:
            return capacity, ()
        scaling = scaling_resources(read, logical_id)
        return capacity, (*scaling.targets, *scaling.policies)

    found = in_each_branch(template, look, location=location, account=account, region=region)
    return Declared(
        tuple((words, capacity) for words, (capacity, _) in found),
        tuple(dict.fromkeys(name for _, (_, names) in found for name in names)),
        resource.get("Properties", {}).get("TableName"),
    )


__all__ = ["Declared", "declared_in"]
