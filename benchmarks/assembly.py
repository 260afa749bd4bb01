"""Checks that both sides synthesized the same tables in the same stacks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.measure import BenchmarkError

TABLE = "AWS::DynamoDB::GlobalTable"
GATES = ("Custom::CapacityGuardPreflight", "Custom::CapacityGuardBake")

Templates = dict[str, dict[str, Any]]


def templates_of(assembly: Path) -> Templates:
    """Resources by logical id of each stack, by the name of the stack.

    Args:
        assembly: folder of the cloud assembly.
    """
    templates: Templates = {}
    for manifest in sorted(assembly.rglob("manifest.json")):
        for name, artifact in json.loads(manifest.read_text())["artifacts"].items():
            if artifact["type"] == "aws:cloudformation:stack":
                properties = artifact["properties"]
                template = json.loads((manifest.parent / properties["templateFile"]).read_text())
                # The id of a stack's artifact is the name of the stack, unless its properties have another name.
                templates[properties.get("stackName", name)] = template["Resources"]
    return templates


def check(guarded: Templates, plain: Templates) -> dict[str, dict[str, int]]:
    """Number of resources of each stack on both sides.

    Args:
        guarded: templates of the app with the guard.
        plain: templates of the app without it.

    Raises:
        BenchmarkError: the tables or stacks of the sides differ; or the guarded side has not exactly one stack in a
            transition; or the plain side has a gate.
    """
    if guarded.keys() != plain.keys():
        raise BenchmarkError(f"different stacks: {sorted(guarded)} guarded, {sorted(plain)} plain")
    for stack in sorted(guarded):
        guarded_tables, plain_tables = tables_of(guarded[stack]), tables_of(plain[stack])
        if guarded_tables != plain_tables or not guarded_tables:
            raise BenchmarkError(f"{stack}: tables differ:\nguarded {guarded_tables}\nplain   {plain_tables}")
    in_transition = {
        "guarded": [
            name for name, resources in guarded.items() if any(map(_is_of_transition, _gates_of(resources)))
        ],
        "plain": [name for name, resources in plain.items() if _gates_of(resources)],
    }
    if len(in_transition["guarded"]) != 1 or in_transition["plain"]:
        raise BenchmarkError(
            f"stacks in a transition: {in_transition}; expected one, on the guarded side alone"
        )
    return {stack: {"guarded": len(guarded[stack]), "plain": len(plain[stack])} for stack in sorted(guarded)}


def tables_of(resources: dict[str, Any]) -> list[str]:
    """Properties of each table of a stack, as JSON text that can be compared."""
    return sorted(
        json.dumps(resource.get("Properties"), sort_keys=True)
        for resource in resources.values()
        if resource["Type"] == TABLE
    )


def _gates_of(resources: dict[str, Any]) -> list[dict[str, Any]]:
    return [resource for resource in resources.values() if resource["Type"] in GATES]


def _is_of_transition(gate: dict[str, Any]) -> bool:
    """Whether a gate stands for a transition. That of a new table, or of one whose baseline cannot be read, does not."""
    return bool(gate.get("Properties", {}).get("Gate") != "unread")
