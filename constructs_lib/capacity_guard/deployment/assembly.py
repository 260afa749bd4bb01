"""The stacks of a cloud assembly, in it and in the assemblies of its stages (CDK: cloud-assembly-schema, manifest.json)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..capacity.errors import InputError
from ..cloudformation.intrinsics import parse_template
from ..evidence.files import LARGEST_TEXT, read_limited

SYNTHESIZE = "Synthesize again"
_STACK, _NESTED = "aws:cloudformation:stack", "cdk:cloud-assembly"


@dataclass(frozen=True)
class AssemblyStack:
    """One stack of an app.

    Attributes:
        id: how the CDK CLI names it: ``Prod/Cell`` in a stage.
        name: its name in AWS.
        account: its account; ``None`` where the app does not say.
        region: its Region; ``None`` where the app does not say.
        lookup_role: ARN of the role with which the CDK CLI reads its account; ``None`` if there is none.
        template: file of its template.
        needs: ids of the stacks that are deployed before it.
    """

    id: str
    name: str
    account: str | None
    region: str | None
    lookup_role: str | None
    template: Path
    needs: tuple[str, ...]

    @property
    def place(self) -> str:
        """Its account and Region, in words."""
        return f"{self.account or 'account of the credentials'}, {self.region or 'Region of the profile'}"

    def read_template(self) -> dict[str, Any]:
        """Its template.

        Raises:
            InputError: it cannot be read.
        """
        return parse_template(_json(self.template), str(self.template), SYNTHESIZE)


def read_assembly(folder: Path) -> tuple[AssemblyStack, ...]:
    """The stacks of an assembly and of its stages, in the order of the files.

    Args:
        folder: the assembly.

    Raises:
        InputError: a file of it cannot be read.
    """
    return tuple(_stacks(folder))


def choose(
    stacks: Sequence[AssemblyStack], patterns: Sequence[str], *, everything: bool, alone: bool
) -> tuple[AssemblyStack, ...]:
    """The stacks that are meant, each after those that it needs.

    Args:
        stacks: the stacks of the assembly.
        patterns: ids, with ``*``, ``**`` and ``?``; none where the app has one stack.
        everything: whether every stack is meant.
        alone: whether the stacks that they need are left out.

    Raises:
        InputError: a pattern fits no stack, or nothing says which stacks are meant.
    """
    if everything and patterns:
        raise InputError("--all", "and names of stacks are both given", "Give one of them")
    known = ", ".join(stack.id for stack in stacks) or "none"
    if not stacks:
        raise InputError("the app", "has no stack", "Check the command that runs it")
    if not patterns and not everything:
        if len(stacks) > 1:
            raise InputError("STACK", f"is missing, and the app has several ({known})", "Name some, or --all")
        return tuple(stacks)
    meant = list(stacks) if everything else []
    for pattern in patterns:
        found = [stack for stack in stacks if fits(pattern, stack.id)]
        if not found:
            raise InputError(pattern, f"is not a stack of the app ({known})", "Name one of these")
        meant += found
    by_id = {stack.id: stack for stack in stacks}
    ordered: dict[str, AssemblyStack] = {}
    for stack in meant if alone else _with_needs(meant, by_id):
        ordered[stack.id] = stack
    return tuple(ordered.values())


def fits(pattern: str, stack: str) -> bool:
    """Whether a pattern names a stack, as the CDK CLI reads patterns: ``*`` ends at a slash, ``**`` does not.

    Args:
        pattern: the pattern.
        stack: id of the stack.
    """
    parts = re.split(r"(\*\*|\*|\?)", pattern)
    wild = {"**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.fullmatch("".join(wild.get(part, re.escape(part)) for part in parts), stack) is not None


def _with_needs(
    meant: Iterable[AssemblyStack], by_id: Mapping[str, AssemblyStack]
) -> Iterator[AssemblyStack]:
    for stack in meant:
        yield from _with_needs((by_id[need] for need in stack.needs if need in by_id), by_id)
        yield stack


def _stacks(folder: Path) -> Iterator[AssemblyStack]:
    path = folder / "manifest.json"
    artifacts = _mapping(_json(path), "artifacts", path)
    of_artifact = {
        name: str(artifact.get("displayName") or name)
        for name, artifact in artifacts.items()
        if isinstance(artifact, dict) and artifact.get("type") == _STACK
    }
    for name, artifact in artifacts.items():
        kind = artifact.get("type") if isinstance(artifact, dict) else None
        if kind == _NESTED:
            yield from _stacks(folder / str(_mapping(artifact, "properties", path)["directoryName"]))
        elif kind == _STACK:
            yield _stack(folder, path, name, artifact, of_artifact)


def _stack(
    folder: Path, path: Path, name: str, artifact: Mapping[str, Any], of_artifact: Mapping[str, str]
) -> AssemblyStack:
    properties = _mapping(artifact, "properties", path)
    _, _, place = str(artifact.get("environment", "")).partition("://")
    account, _, region = place.partition("/")
    role = properties.get("lookupRole")
    needed = artifact.get("dependencies") or ()
    return AssemblyStack(
        of_artifact[name],
        str(properties.get("stackName") or name),
        None if account in ("", "unknown-account") else account,
        None if region in ("", "unknown-region") else region,
        str(role["arn"]) if isinstance(role, dict) and isinstance(role.get("arn"), str) else None,
        folder / str(properties.get("templateFile")),
        tuple(of_artifact[need] for need in needed if need in of_artifact),
    )


def _mapping(data: object, name: str, path: Path) -> dict[str, Any]:
    value = data.get(name) if isinstance(data, dict) else None
    if not isinstance(value, dict):
        raise InputError(str(path), f"has no {name}", SYNTHESIZE)
    return value


def _json(path: Path) -> object:
    try:
        return json.loads(read_limited(path, LARGEST_TEXT))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(str(path), f"cannot be read ({error})", SYNTHESIZE) from None


__all__ = ["SYNTHESIZE", "AssemblyStack", "choose", "fits", "read_assembly"]
