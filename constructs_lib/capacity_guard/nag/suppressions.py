"""Findings of this pack that somebody suppressed by the CDK's own means without a reason."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from constructs import IConstruct

from ..cdk.names import PACK

_KIND = "aws:cdk:acknowledged-rules"
_RULE = re.compile(rf"{PACK}::(CG\d+)(?:\[.*\])?$")
_ANY = f'"{PACK}::'.encode()


def without_reason(assembly: Path, app: IConstruct) -> list[tuple[str, str]]:
    """Construct path and rule of each ``Acknowledgment`` of the CDK that has an empty reason.

    It holds for the construct and all below. Read from the metadata files that a synthesis leaves beside its templates
    (cloud assembly, ``<stack>.metadata.json``): asking each construct would take a call into the CDK's process apiece.

    Args:
        assembly: folder of the cloud assembly.
        app: its app or stage: what is acknowledged there stands in no file of a stack.
    """
    found = [("", rule) for entry in app.node.metadata for rule in _bare(entry.type, entry.data)]
    for file in sorted(assembly.glob("*.metadata.json")):
        content = file.read_bytes()
        if _ANY in content:
            for path, entries in json.loads(content).items():
                for entry in entries:
                    found += [(path.strip("/"), rule) for rule in _bare(entry.get("type"), entry.get("data"))]
    return found


def rules_at(path: str, suppressed: list[tuple[str, str]]) -> tuple[str, ...]:
    """The rules that are suppressed without a reason for a construct.

    Args:
        path: path of the table's resource.
        suppressed: what ``without_reason`` gave.
    """
    return tuple(dict.fromkeys(rule for at, rule in suppressed if not at or f"{path}/".startswith(f"{at}/")))


def _bare(kind: object, data: object) -> Iterator[str]:
    if kind == _KIND and isinstance(data, dict):
        for id, reason in data.items():
            rule = _RULE.match(id)
            if rule is not None and not str(reason or "").strip():
                yield rule[1]


__all__ = ["rules_at", "without_reason"]
