"""Rules of this pack that are suppressed with the CDK's own ``Acknowledgment`` and an empty reason."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from constructs import IConstruct

from ..cdk.end_of_synthesis.validation_names import PACK_NAME

_METADATA_TYPE = "aws:cdk:acknowledged-rules"
_RULE_ID = re.compile(rf"{PACK_NAME}::(CG\d+)(?:\[.*\])?$")
_PREFIX = f'"{PACK_NAME}::'.encode()


@dataclass(frozen=True)
class Suppression:
    """A rule that is suppressed without a reason.

    Attributes:
        path: path of the construct, ``""`` for the app or stage. The suppression also holds for all constructs below it.
        rule: id of the rule.
    """

    path: str
    rule: str


def suppressions_without_reason(assembly: Path, app: IConstruct) -> list[Suppression]:
    """The ``Acknowledgment``s of the CDK that have an empty reason, in the order of the stacks.

    They are read from the metadata files beside the templates (cloud assembly, ``<stack>.metadata.json``): to ask each
    construct would take a call into the CDK's process for every one.

    Args:
        assembly: folder of the cloud assembly.
        app: its app or stage, whose own metadata is in no file of a stack.

    """
    found = [Suppression("", rule) for entry in app.node.metadata for rule in _rules(entry.type, entry.data)]
    for file in sorted(assembly.glob("*.metadata.json")):
        content = file.read_bytes()
        if _PREFIX not in content:
            continue  # parsing every file would take time in a large app
        for path, entries in json.loads(content).items():
            for entry in entries:
                found += [
                    Suppression(path.strip("/"), rule)
                    for rule in _rules(entry.get("type"), entry.get("data"))
                ]
    return found


def rules_at(path: str, suppressions: Iterable[Suppression]) -> tuple[str, ...]:
    """Ids of the rules that are suppressed for a construct, each once.

    Args:
        path: path of the table's resource.
        suppressions: the suppressions of the app.
    """
    return tuple(
        dict.fromkeys(
            suppression.rule
            for suppression in suppressions
            if not suppression.path or f"{path}/".startswith(f"{suppression.path}/")
        )
    )


def _rules(metadata_type: object, data: object) -> Iterator[str]:
    if metadata_type == _METADATA_TYPE and isinstance(data, dict):
        for id, reason in data.items():
            match = _RULE_ID.match(id)
            if match is not None and not str(reason or "").strip():
                yield match[1]


__all__ = ["Suppression", "rules_at", "suppressions_without_reason"]
