"""Find scaling targets and policies in all templates of a synthesis that name a table, or may name it.

A table may be scaled by a resource that does not refer to it: by its name as plain text, by a parameter, from another stack or a
nested one. What names a table is resolved as far as the templates state it; a part that they do not state may be anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_TYPES = tuple(f"AWS::ApplicationAutoScaling::{name}" for name in ("ScalableTarget", "ScalingPolicy"))
NESTED = ".nested.template.json"
"""How the CDK ends the file name of a nested stack's template."""
_TABLE_TYPES = "AWS::DynamoDB::"
_SCALED = "dynamodb:"
_UNKNOWN = "\0"
"""A part of a text that no template states. No text of a template contains it."""
_MOST_TEXTS = 16
_DEEPEST = 20
Template = Mapping[str, Any]


@dataclass(frozen=True)
class ScalingElsewhere:
    """A scaling target or policy of a DynamoDB table in some template.

    Attributes:
        file: file name of the template.
        logical_id: its logical id.
        texts: what its resource id may be.
    """

    file: str
    logical_id: str
    texts: tuple[str, ...]

    def names(self, tables: Iterable[str]) -> bool | None:
        """Whether it scales a table: ``True``, ``False``, or ``None`` if it may.

        Args:
            tables: names by which it may mean the table (``table_mark`` for a reference to it).
        """
        ids = [f"table/{table}" for table in tables]
        found = [text for text in self.texts if any(_fits(text, table_id) for table_id in ids)]
        if not found:
            return False
        return True if len(self.texts) == 1 and _UNKNOWN not in found[0] else None


def table_mark(file: str, logical_id: str) -> str:
    """The text that replaces a reference to a table of a synthesis.

    Args:
        file: file name of its template.
        logical_id: its logical id.
    """
    return f"\1{file}\1{logical_id}\1"


def find_scaling(templates: Mapping[str, Template]) -> list[ScalingElsewhere]:
    """The scaling targets and policies of DynamoDB tables in the templates of a synthesis.

    Args:
        templates: all templates that hold one or that another may refer to, by file name.
    """
    resolver = _Resolver(templates)
    found = []
    for file, template in templates.items():
        for logical_id, resource in _resources(template).items():
            if resource.get("Type") not in _TYPES:
                continue
            properties = resource.get("Properties", {})
            given = properties.get("ResourceId")
            if given is None and isinstance(properties.get("ScalingTargetId"), str):
                # The id of a target: "table/orders|dynamodb:table:WriteCapacityUnits|dynamodb" (Template Reference, Ref).
                given, _, rest = properties["ScalingTargetId"].partition("|")
                scaled: Any = rest
            else:
                scaled = properties.get("ScalableDimension", properties.get("ServiceNamespace"))
            if given is None or not any(
                text.startswith((_SCALED, "dynamodb", _UNKNOWN)) for text in resolver.texts(file, scaled)
            ):
                continue
            found.append(ScalingElsewhere(file, logical_id, tuple(resolver.texts(file, given))))
    return found


class _Resolver:
    """Resolves values of the templates of a synthesis, also from one template to another."""

    def __init__(self, templates: Mapping[str, Template]) -> None:
        self._templates = templates
        self._exports = {
            output["Export"]["Name"]: (file, output.get("Value"))
            for file, template in templates.items()
            for output in template.get("Outputs", {}).values()
            if isinstance(output, Mapping) and isinstance(output.get("Export", {}).get("Name"), str)
        }

    def texts(self, file: str, value: Any, depth: int = 0) -> list[str]:
        """What a value may be, each text once; parts that no template states are unknown."""
        found = list(dict.fromkeys(self._texts(file, value, depth)))
        return found if len(found) <= _MOST_TEXTS else [_UNKNOWN]

    def _texts(self, file: str, value: Any, depth: int) -> Iterator[str]:
        if isinstance(value, (str, int, float)):
            yield str(value)
            return
        if not isinstance(value, Mapping) or len(value) != 1 or depth > _DEEPEST:
            yield _UNKNOWN
            return
        ((function, argument),) = value.items()
        if function == "Ref" and isinstance(argument, str):
            yield from self._reference(file, argument, depth)
        elif (
            function == "Fn::Join"
            and isinstance(argument, list)
            and len(argument) == 2
            and isinstance(argument[1], list)
        ):
            yield from self._joined(file, str(argument[0]), argument[1], depth)
        elif function == "Fn::Sub":
            text, variables = (
                argument if isinstance(argument, list) and len(argument) == 2 else (argument, {})
            )
            parts: list[Any] = []
            for position, part in enumerate(re.split(r"\$\{([^}]+)\}", str(text))):
                if position % 2 == 0:
                    parts.append(part)
                elif part.startswith("!"):
                    parts.append("${" + part[1:] + "}")
                else:
                    parts.append(variables.get(part, {"Ref": part}))
            yield from self._joined(file, "", parts, depth)
        elif function == "Fn::If" and isinstance(argument, list) and len(argument) == 3:
            for branch in argument[1:]:
                yield from self.texts(file, branch, depth + 1)
        elif function == "Fn::ImportValue":
            for name in self.texts(file, argument, depth + 1):
                where = self._exports.get(name)
                yield from [_UNKNOWN] if where is None else self.texts(*where, depth + 1)
        else:
            yield _UNKNOWN

    def _joined(self, file: str, separator: str, parts: list[Any], depth: int) -> Iterator[str]:
        texts: list[str] = [""]
        for position, part in enumerate(parts):
            before = separator if position else ""
            texts = [f"{text}{before}{end}" for text in texts for end in self.texts(file, part, depth + 1)]
            if len(texts) > _MOST_TEXTS:
                texts = [_UNKNOWN]
        yield from texts

    def _reference(self, file: str, name: str, depth: int) -> Iterator[str]:
        template = self._templates[file]
        resource = _resources(template).get(name)
        parameter = template.get("Parameters", {}).get(name)
        if resource is not None and str(resource.get("Type")).startswith(_TABLE_TYPES):
            stated = resource.get("Properties", {}).get("TableName")
            if stated is None:
                yield table_mark(file, name)
            else:
                yield from self.texts(file, stated, depth + 1)
        elif parameter is not None:
            given = [*self._given(file, name, depth)]
            yield from given
            if not given:
                # A deployment may give another value than the default.
                if isinstance(parameter.get("Default"), str):
                    yield parameter["Default"]
                yield _UNKNOWN
        else:
            yield _UNKNOWN

    def _given(self, file: str, parameter: str, depth: int) -> Iterator[str]:
        """What stacks give the parameter of a nested stack: each that gives one of this name to some nested stack."""
        if not file.endswith(NESTED):
            return
        for parent, template in self._templates.items():
            for resource in _resources(template).values():
                if resource.get("Type") == "AWS::CloudFormation::Stack":
                    value = resource.get("Properties", {}).get("Parameters", {}).get(parameter)
                    if value is not None:
                        yield from self.texts(parent, value, depth + 1)


def _resources(template: Template) -> Mapping[str, Any]:
    # A macro or a loop may replace a resource.
    return {name: item for name, item in template.get("Resources", {}).items() if isinstance(item, Mapping)}


def _fits(text: str, table_id: str) -> bool:
    """Whether a text, whose unknown parts may be anything, may be the id of a table or of one of its indexes."""
    pattern = ".*".join(map(re.escape, text.split(_UNKNOWN)))
    if re.fullmatch(pattern, table_id):
        return True
    if text.startswith(f"{table_id}/index/"):
        return True
    # The unknown part may be the table, what follows it an index.
    head, index, _ = text.partition("/index/")
    return bool(index) and re.fullmatch(".*".join(map(re.escape, head.split(_UNKNOWN))), table_id) is not None


__all__ = ["ScalingElsewhere", "find_scaling", "table_mark"]
