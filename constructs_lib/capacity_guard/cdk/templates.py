"""What resolved templates say: overrides and escape hatches included."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk

if TYPE_CHECKING:
    from .guard import Guard

_NESTED = "*.nested.template.json"

Resources = Mapping[str, Mapping[str, Any]]


class Templates:
    """The templates of a synthesis, read once each.

    Args:
        context: what the CDK hands to a validation plugin.
    """

    def __init__(self, context: cdk.IPolicyValidationContext) -> None:
        listed = [Path(path) for path in context.template_paths]
        # Those of nested stacks lie beside them and are not listed.
        nested = [path for folder in {one.parent for one in listed} for path in folder.glob(_NESTED)]
        self._paths = {path.name: path for path in (*listed, *nested)}
        self._read: dict[str, dict[str, Any]] = {}

    def named(self, file: str) -> dict[str, Any]:
        """The template in a file, by the name that ``Stack.template_file`` gives."""
        if file not in self._read:
            self._read[file] = json.loads(self._paths[file].read_bytes())
        return self._read[file]

    def holding(self, text: str) -> list[str]:
        """The files that contain a text: cheaper to find than to read every template of a large app."""
        return [name for name, path in self._paths.items() if text.encode() in path.read_bytes()]

    def of(self, table: Guard) -> Mapping[str, Any]:
        """The template of the stack that holds a table."""
        return self.named(table.stack.template_file)

    def resources_of(self, table: Guard) -> Resources:
        """Resources of the stack that holds a table, by logical id."""
        resources: Resources = self.of(table)["Resources"]
        return resources


def depends_on(resource: Mapping[str, Any]) -> set[str]:
    """Logical ids that a resource waits for: ``DependsOn``, ``Ref``, ``Fn::GetAtt`` and ``Fn::Sub``."""
    explicit = resource.get("DependsOn", [])
    return (
        {explicit}
        if isinstance(explicit, str)
        else {*explicit} | set(_references(resource.get("Properties")))
    )


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _references(one)
    elif isinstance(value, dict):
        for key, one in value.items():
            if key == "Ref" and isinstance(one, str):
                yield one
            elif key == "Fn::GetAtt":
                yield one.partition(".")[0] if isinstance(one, str) else one[0]
            elif key == "Fn::Sub":
                text = one if isinstance(one, str) else one[0]
                yield from (part.partition("}")[0].partition(".")[0] for part in text.split("${")[1:])
                yield from _references(None if isinstance(one, str) else one[1])
            else:
                yield from _references(one)


def path_to(resources: Resources, start: str, target: str) -> list[str] | None:
    """A chain of dependencies from one resource to another, ``None`` if there is none."""
    came_from: dict[str, str | None] = {start: None}
    queue = [start]
    for here in queue:
        for there in sorted(depends_on(resources.get(here, {}))):
            if there in resources and there not in came_from:
                came_from[there] = here
                queue.append(there)
    if target not in came_from:
        return None
    path: list[str] = []
    step: str | None = target
    while step is not None:
        path.append(step)
        step = came_from[step]
    return path[::-1]


__all__ = ["Templates", "depends_on", "path_to"]
