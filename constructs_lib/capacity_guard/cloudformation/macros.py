"""Macros of a template: CloudFormation runs them when the template is deployed, so what they make of it is not known before.

A macro in the section ``Transform`` processes the whole template; ``Fn::Transform`` processes the values beside and below it
(CloudFormation User Guide: template-macros-overview, transform-section-structure).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

FUNCTION = "Fn::Transform"
_WITHOUT_EFFECT = (
    "AWS::CodeDeployBlueGreen",
    "AWS::LanguageExtensions",
    "AWS::SecretsManager-",
    "AWS::Serverless-",
    "AWS::ServiceCatalog",
)
"""Beginnings of the names of transforms of AWS that change no table, scaling target, alarm or gate of a template
(CloudFormation Template Reference: transform-reference). AWS::Include is not among them: it inserts what a file in S3 holds."""
_LOOP = "Fn::ForEach::"
_NOT_CAPACITY = ("Metadata", "Tags", "ResourcePolicy")


def find_macros(template: Mapping[str, Any]) -> tuple[str, ...]:
    """The macros of a template that may change any of its resources or add some, each in words.

    Args:
        template: a synthesized template.
    """
    given = template.get("Transform", ())
    named = [_name(macro) for macro in (given if isinstance(given, (list, tuple)) else [given])]
    found = [f"{name} (Transform)" for name in named if not name.startswith(_WITHOUT_EFFECT)]
    sections = (template, *(template.get(name, {}) for name in ("Resources", "Conditions", "Mappings")))
    found += [f"{_name(section[FUNCTION])} ({FUNCTION})" for section in sections if FUNCTION in section]
    found += [f"the loop {name}" for name in template.get("Resources", {}) if name.startswith(_LOOP)]
    return tuple(dict.fromkeys(found))


def changed_by_macro(resource: Mapping[str, Any]) -> bool:
    """Whether a macro may change what a resource states beside its tags and metadata.

    Args:
        resource: a resource of a template.
    """
    return any(_functions(resource))


def _functions(value: Any) -> Iterator[bool]:
    if isinstance(value, list):
        for item in value:
            yield from _functions(item)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if key == FUNCTION:
                yield True
            elif key not in _NOT_CAPACITY:
                yield from _functions(item)


def _name(macro: Any) -> str:
    return str(macro.get("Name")) if isinstance(macro, Mapping) else str(macro)


__all__ = ["changed_by_macro", "find_macros"]
