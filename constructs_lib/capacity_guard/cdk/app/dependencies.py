"""Dependencies between the resources of a synthesized template."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Resources = Mapping[str, Mapping[str, Any]]
"""Resources of a template, by logical id."""


def depends_on(resource: Mapping[str, Any]) -> set[str]:
    """Logical ids that CloudFormation creates before a resource.

    They are read from ``DependsOn``, ``Ref``, ``Fn::GetAtt`` and ``Fn::Sub``; references to parameters are among them.
    """
    explicit = resource.get("DependsOn", [])
    listed = {explicit} if isinstance(explicit, str) else {*explicit}
    return listed | set(_references(resource.get("Properties")))


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _references(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key == "Ref" and isinstance(item, str):
                yield item
            elif key == "Fn::GetAtt":
                yield item.partition(".")[0] if isinstance(item, str) else item[0]
            elif key == "Fn::Sub":
                text = item if isinstance(item, str) else item[0]
                yield from (part.partition("}")[0].partition(".")[0] for part in text.split("${")[1:])
                yield from _references(None if isinstance(item, str) else item[1])
            else:
                yield from _references(item)


def dependency_path(resources: Resources, start: str, target: str) -> list[str] | None:
    """The shortest chain of dependencies from one resource to another.

    Args:
        resources: resources of a template.
        start: logical id of the resource that depends.
        target: logical id of the resource that it may depend on.

    Returns:
        The logical ids from ``start`` to ``target``, ``None`` if ``start`` does not depend on ``target``.
    """
    found_from: dict[str, str | None] = {start: None}
    queue = [start]
    for logical_id in queue:
        for dependency in sorted(depends_on(resources.get(logical_id, {}))):
            if dependency in resources and dependency not in found_from:
                found_from[dependency] = logical_id
                queue.append(dependency)
    if target not in found_from:
        return None
    path: list[str] = []
    step: str | None = target
    while step is not None:
        path.append(step)
        step = found_from[step]
    return path[::-1]


__all__ = ["Resources", "dependency_path", "depends_on"]
