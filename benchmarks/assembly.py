"""Whether the two sides synthesized what the comparison claims."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.measure import BenchmarkError

TABLE = "AWS::DynamoDB::GlobalTable"
GATES = ("Custom::CapacityGuardPreflight", "Custom::CapacityGuardBake")

Templates = dict[str, dict[str, Any]]


def templates_of(assembly: Path) -> Templates:
    """Resources by logical id, of each stack by its name."""
    found: Templates = {}
    for manifest in sorted(assembly.rglob("manifest.json")):
        for name, artifact in json.loads(manifest.read_text())["artifacts"].items():
            if artifact["type"] == "aws:cloudformation:stack":
                properties = artifact["properties"]
                template = json.loads((manifest.parent / properties["templateFile"]).read_text())
                # A stack's artifact is called like the stack, unless it names another.
                found[properties.get("stackName", name)] = template["Resources"]
    return found


def check(guarded: Templates, plain: Templates) -> dict[str, dict[str, int]]:
    """Resources of each stack on both sides.

    Raises:
        BenchmarkError: the sides do not hold the same tables in the same stacks; or not exactly one guarded stack is
            in a transition; or the plain side holds a gate.
    """
    if guarded.keys() != plain.keys():
        raise BenchmarkError(f"different stacks: {sorted(guarded)} guarded, {sorted(plain)} plain")
    for stack in sorted(guarded):
        ours, theirs = tables_of(guarded[stack]), tables_of(plain[stack])
        if ours != theirs or not ours:
            raise BenchmarkError(f"{stack}: tables differ:\nguarded {ours}\nplain   {theirs}")
    moving = {
        side: [name for name, resources in each.items() if _gates(resources)]
        for side, each in (("guarded", guarded), ("plain", plain))
    }
    if len(moving["guarded"]) != 1 or moving["plain"]:
        raise BenchmarkError(f"stacks in a transition: {moving}; expected one, on the guarded side alone")
    return {stack: {"guarded": len(guarded[stack]), "plain": len(plain[stack])} for stack in sorted(guarded)}


def tables_of(resources: dict[str, Any]) -> list[str]:
    """Properties of each table of a stack, as comparable text."""
    return sorted(
        json.dumps(resource.get("Properties"), sort_keys=True)
        for resource in resources.values()
        if resource["Type"] == TABLE
    )


def _gates(resources: dict[str, Any]) -> int:
    types = Counter(resource["Type"] for resource in resources.values())
    return sum(types[gate] for gate in GATES)
