"""A CloudFormation template in a file: read, checked in its outline, with the tables of SAM as what SAM makes of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ..capacity.errors import InputError
from ..capacity.limits import TEMPLATE_BYTES
from ..capacity.structure import TableKind
from ..cloudformation.intrinsics import parse_template
from ..cloudformation.service_limits import section_excesses
from ..evidence.files import displayed_path, near_text, read_limited
from ..evidence.strict_json import json_from
from .simple_table import SIMPLE_TABLE, as_table

_REMEDY = "Give a template of CloudFormation in JSON or YAML"
_SECTIONS = ("Conditions", "Mappings", "Outputs", "Parameters")
_LARGEST = 4 * 2**20
"""Bytes of a file that is read: CloudFormation takes 1,000,000, and what deploys a template may take its indentation out."""
_KINDS = tuple(kind.value for kind in TableKind)
_NESTED = ("AWS::CloudFormation::Stack", "AWS::Serverless::Application")
_GATES = ("Custom::CapacityGuardPreflight", "Custom::CapacityGuardBake")
_UNREAD_TABLES = ("AWS::DynamoDB::", SIMPLE_TABLE)


@dataclass(frozen=True)
class TemplateFile:
    """A template.

    Attributes:
        path: its file.
        content: the template: each ``AWS::Serverless::SimpleTable`` is the ``AWS::DynamoDB::Table`` that SAM makes of it.
        text: the text of the file.
    """

    path: Path
    content: Mapping[str, Any]
    text: str

    @staticmethod
    def load(path: Path) -> TemplateFile:
        """Read a template.

        Args:
            path: its file, JSON or YAML, or the answer of ``aws cloudformation get-template``.

        Raises:
            InputError: it cannot be read, is larger than a template can be, or is not a template.
        """
        name = displayed_path(path)
        try:
            raw = read_limited(path, _LARGEST)
        except FileNotFoundError:
            raise InputError(
                name,
                f"is missing{near_text(path)}",
                "Synthesize first (cdk synth), or name the file of the template",
            ) from None
        except OSError as error:
            raise InputError(name, f"cannot be read ({error.strerror})", _REMEDY) from None
        try:
            text = raw.decode()
        except UnicodeDecodeError as error:
            raise InputError(name, f"is not text in UTF-8 ({error})", _REMEDY) from None
        body: object = text
        if text.lstrip().startswith("{"):
            body = json_from(raw, name, _REMEDY)
            if isinstance(body, dict) and "Resources" not in body:
                # What the AWS CLI prints of GetTemplate: a template in YAML is a text in it (API: GetTemplate, TemplateBody).
                body = body.get("TemplateBody", body)
        elif len(raw) > TEMPLATE_BYTES.value:
            raise _too_large(name, len(raw))
        content = dict(parse_template(body, name, _REMEDY))
        _check_outline(content, name)
        for excess in section_excesses(content):
            raise InputError(
                name,
                f"holds {excess.number:,} {excess.place.lower()}, and CloudFormation takes {excess.limit.value}",
                "Divide it into several stacks",
            )
        content["Resources"] = {
            str(id): _plain_resource(str(id), resource, name) for id, resource in content["Resources"].items()
        }
        found = TemplateFile(path, content, text)
        size = len(json.dumps(content, separators=(",", ":"), default=str))
        if size > TEMPLATE_BYTES.value:
            raise _too_large(name, size)
        return found

    @property
    def name(self) -> str:
        """The file as errors name it."""
        return displayed_path(self.path)

    @property
    def resources(self) -> Mapping[str, Mapping[str, Any]]:
        """Its resources, by logical id."""
        found: Mapping[str, Mapping[str, Any]] = self.content["Resources"]
        return found

    @cached_property
    def tables(self) -> tuple[str, ...]:
        """Logical ids of its tables."""
        return tuple(id for id, resource in self.resources.items() if resource.get("Type") in _KINDS)

    @property
    def has_gates(self) -> bool:
        """Whether a synthesis has put a gate of a guard into it."""
        return any(resource.get("Type") in _GATES for resource in self.resources.values())

    @property
    def hidden_tables(self) -> Iterator[tuple[str, str]]:
        """What may hold tables that another file or a loop declares: its logical id, and what it is."""
        for id, resource in self.resources.items():
            if resource.get("Type") in _NESTED:
                yield id, "a nested stack"
            elif id.startswith("Fn::ForEach::") and any(
                name in json.dumps(resource, default=str) for name in _UNREAD_TABLES
            ):
                yield id, "a loop"

    def label(self, logical_id: str) -> str:
        """The name of a table in findings: its construct id where the CDK has left it and no other table has the same."""
        labels = {id: _construct_id(self.resources[id]) or id for id in self.tables}
        own = labels[logical_id]
        return own if list(labels.values()).count(own) == 1 else logical_id

    def line(self, logical_id: str) -> int:
        """The line that begins a resource; the first one of the file where none is found."""
        found = re.search(rf"""^[ \t]*["']?{re.escape(logical_id)}["']?[ \t]*:""", self.text, re.MULTILINE)
        return 1 if found is None else self.text.count("\n", 0, found.start()) + 1


def _too_large(name: str, size: int) -> InputError:
    return InputError(
        name,
        f"takes {size:,} bytes without indentation, and CloudFormation takes {TEMPLATE_BYTES.value:,}",
        "Divide it into several stacks",
    )


def _check_outline(content: Mapping[str, Any], name: str) -> None:
    for section in _SECTIONS:
        if not isinstance(content.get(section, {}), Mapping):
            raise InputError(f"{name}: {section}", "is not an object", _REMEDY)


def _plain_resource(id: str, resource: Any, name: str) -> Mapping[str, Any]:
    if id.startswith("Fn::"):
        return {id: resource}  # a macro or a loop in the place of a resource
    if not isinstance(resource, Mapping) or not isinstance(resource.get("Type"), str):
        raise InputError(f"{name}: Resources.{id}", "is not a resource with a Type", _REMEDY)
    if not isinstance(resource.get("Properties", {}), Mapping):
        raise InputError(f"{name}: Resources.{id}.Properties", "is not an object", _REMEDY)
    return as_table(resource, f"{name}: Resources.{id}") if resource["Type"] == SIMPLE_TABLE else resource


def _construct_id(resource: Mapping[str, Any]) -> str | None:
    metadata = resource.get("Metadata")
    path = metadata.get("aws:cdk:path") if isinstance(metadata, Mapping) else None
    if not isinstance(path, str):
        return None
    above, _, last = path.rpartition("/")
    return above.rpartition("/")[2] if last == "Resource" else last


__all__ = ["TemplateFile"]
