"""The deployments that resolve findings, taken from the findings themselves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..capacity.capacity import Capacity
from ..rules import Finding


@dataclass(frozen=True)
class Remedy:
    """Deployments that resolve some findings of a table.

    Attributes:
        rules: ids of the rules of these findings.
        deployments: capacities of the table, to be deployed in this order and recorded after each (``Finding.deployments``).
    """

    rules: tuple[str, ...]
    deployments: tuple[Capacity, ...]


def remedies(findings: Iterable[Finding]) -> tuple[Remedy, ...]:
    """Each different sequence of deployments, in the order of the findings; none of findings that no capacity resolves.

    Args:
        findings: findings of one table.
    """
    found: list[tuple[tuple[Capacity, ...], list[str]]] = []
    for finding in findings:
        if not finding.deployments:
            continue
        rules = next((rules for deployments, rules in found if deployments == finding.deployments), None)
        if rules is None:
            rules = []
            found.append((finding.deployments, rules))
        if finding.rule not in rules:
            rules.append(finding.rule)
    return tuple(Remedy(tuple(rules), deployments) for deployments, rules in found)


__all__ = ["Remedy", "remedies"]
