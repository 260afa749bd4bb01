"""Read values from a CloudFormation template and resolve its intrinsic functions, as far as their values are known."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..capacity.errors import InputError, pip_install

NOTHING: Any = None
"""Value of ``AWS::NoValue``: the property is absent."""

UNKNOWN = "${"
"""Part of every text with a reference that has no value: ``${Table}``. No plain value of a template contains it."""


_MOST_VALUES = 500_000
"""Values in a YAML template: CloudFormation takes 1 MB of text, in which each value has two letters at least."""


class Undecided(Exception):
    """A condition compares a value that is not known yet.

    Attributes:
        sides: the two texts that the condition compares, the unknown text first.
    """

    def __init__(self, sides: tuple[str, str]) -> None:
        super().__init__(" = ".join(sides))
        self.sides = sides


Assumed = tuple[tuple[tuple[str, str], bool], ...]
"""Assumptions of a branch: pairs of texts (``Undecided.sides``), and whether they are equal."""


def parse_template(body: object, location: str, remedy: str) -> dict[str, Any]:
    """Read a template body as plain data.

    Args:
        body: the body from GetTemplate: an object (boto3 parses JSON), or text (YAML).
        location: name of the stack, for errors.
        remedy: what to do about a template that cannot be read, for errors.

    Raises:
        InputError: the body is neither JSON nor YAML, is nested too deeply, or has no resources, or parameters or conditions that
            are no objects; or it is YAML and PyYAML is not installed.
    """
    if isinstance(body, str):
        try:
            try:
                body = json.loads(body)
            except ValueError:
                body = _parse_yaml(str(body), location, remedy)
        except RecursionError:
            raise InputError(location, "is nested too deeply to be read", remedy) from None
    if not isinstance(body, Mapping) or not isinstance(body.get("Resources"), Mapping):
        raise InputError(location, "holds no resources that can be read", remedy)
    for section in ("Parameters", "Conditions"):
        if not isinstance(body.get(section, {}), Mapping):
            raise InputError(location, f"holds {section} that cannot be read", remedy)
    return dict(body)


def _parse_yaml(text: str, location: str, remedy: str) -> object:
    try:
        import yaml  # type: ignore[import-untyped,unused-ignore]
    except ImportError:
        raise InputError(
            location, "is YAML, and PyYAML is not installed", f"Run: {pip_install('PyYAML')}"
        ) from None

    class Loader(yaml.SafeLoader):  # type: ignore[misc,unused-ignore]
        """SafeLoader for templates with short forms of intrinsic functions. A repeated key is an error, as in JSON."""

        def compose_mapping_node(self, anchor: Any) -> Any:
            node, seen = super().compose_mapping_node(anchor), set()
            for key, _ in node.value:
                if not isinstance(key, yaml.ScalarNode):
                    continue
                if key.value in seen:
                    raise yaml.composer.ComposerError(
                        None, None, f"{key.value[:100]!r} is there twice", key.start_mark
                    )
                seen.add(key.value)
            return node

    def short_form(loader: Any, tag: str, node: Any) -> dict[str, Any]:
        if isinstance(node, yaml.ScalarNode):
            value: Any = loader.construct_scalar(node)
        elif isinstance(node, yaml.SequenceNode):
            value = loader.construct_sequence(node)
        else:
            value = loader.construct_mapping(node)
        return {tag if tag in ("Ref", "Condition") else f"Fn::{tag}": value}

    Loader.add_multi_constructor("!", short_form)
    try:
        loaded = yaml.load(text, Loader)  # noqa: S506 - a subclass of SafeLoader
    except yaml.YAMLError as error:
        raise InputError(
            location, f"is neither JSON nor YAML ({' '.join(str(error).split())})", remedy
        ) from None
    if _is_larger(loaded, _MOST_VALUES):
        raise InputError(location, "grows without end where its aliases are followed", remedy)
    return loaded


def _is_larger(data: object, most: int) -> bool:
    """Whether data hold more values than a number. An alias of YAML counts as all that it repeats, also as itself."""
    found, pending = 0, [data]
    while pending:
        value = pending.pop()
        found += 1
        if found + len(pending) > most:
            return True
        if isinstance(value, Mapping):
            pending += value.values()
        elif isinstance(value, list):
            pending += value
    return False


class Intrinsics:
    """Reads properties of one template and resolves the functions whose values are known.

    These are Ref (of parameters, pseudo parameters, resources), Fn::If with its conditions, Fn::FindInMap, Fn::Join and
    Fn::Sub (CloudFormation template reference, intrinsic functions). A value is resolved only when a method reads it,
    so a function in a property that is never read causes no error.

    Args:
        template: the template.
        parameters: values of the stack's parameters; for a parameter of an SSM type, the resolved value.
        pseudo: values of pseudo parameters, for example ``AWS::Region``.
        physical: physical ids of the stack's resources by logical id.
        location: name of the stack, for errors.
        remedy: what to do about a value that cannot be read, for errors.
        assumed: assumptions for a template that is not deployed yet: a reference without a value then reads as
            ``${Name}``, and a condition that compares it raises ``Undecided`` if there is no assumption about it.
            ``None`` for the template of a stack: a reference without a value is then an error.
    """

    def __init__(
        self,
        template: Mapping[str, Any],
        parameters: Mapping[str, str],
        pseudo: Mapping[str, str],
        physical: Mapping[str, str],
        location: str,
        *,
        remedy: str,
        assumed: Assumed | None = None,
    ) -> None:
        self.template = template
        self._references = {**physical, **parameters, **pseudo}
        self.location = location
        self._remedy = remedy
        self._assumed = assumed
        self._conditions_in_evaluation: list[str] = []
        self._functions: dict[str, Callable[[Any, str], Any]] = {
            "Ref": self._ref,
            "Condition": self._condition_of,
            "Fn::If": self._if,
            "Fn::Equals": self._equals,
            "Fn::And": lambda operands, path: all(self._is_true(operand, path) for operand in operands),
            "Fn::Or": lambda operands, path: any(self._is_true(operand, path) for operand in operands),
            "Fn::Not": lambda operands, path: not self._is_true(operands[0], path),
            "Fn::FindInMap": self._find_in_map,
            "Fn::Join": self._join,
            "Fn::Sub": self._sub,
        }
        if assumed is not None:
            self._functions["Fn::GetAtt"] = lambda names, path: self._ref(
                names if isinstance(names, str) else ".".join(names), path
            )

    def value(self, node: Any, path: str) -> Any:
        """Resolve the function at the top of a node; ``None`` if the value is ``AWS::NoValue``.

        Args:
            node: a value in the template.
            path: place of the node in the template, for errors.

        Raises:
            InputError: the value of the function is not known.
            Undecided: a condition compares a value that is not known yet, and nothing is assumed about it.
        """
        if not isinstance(node, Mapping) or len(node) != 1:
            return node
        function, argument = next(iter(node.items()))
        if function not in self._functions:
            if str(function).startswith("Fn::"):
                raise self._unreadable(path, str(function))
            return node
        if function == "Condition" and not isinstance(argument, str):
            return node
        try:
            return self._functions[function](argument, path)
        except (IndexError, KeyError, TypeError, AttributeError):
            raise self._unreadable(path, json.dumps(node, default=str)) from None

    def at(self, node: Any, *keys: str, path: str) -> Any:
        """The resolved value under a chain of keys, ``None`` if one of the keys is absent."""
        for key in keys:
            node = self.value(node, path)
            if node is NOTHING:
                return NOTHING
            if not isinstance(node, Mapping):
                raise self.wrong(path, f"is {json.dumps(node, default=str)}, not an object")
            path = f"{path}.{key}"
            node = node.get(key)
        return self.value(node, path)

    def items(self, node: Any, *keys: str, path: str) -> list[Any]:
        """The list under a chain of keys with resolved entries, without absent entries; empty if the list is absent."""
        found = self.at(node, *keys, path=path)
        path = ".".join((path, *keys))
        if found is NOTHING:
            return []
        if not isinstance(found, Sequence) or isinstance(found, str):
            raise self.wrong(path, "is not a list")
        entries = [self.value(entry, f"{path}[{position}]") for position, entry in enumerate(found)]
        return [entry for entry in entries if entry is not NOTHING]

    def text(self, node: Any, *keys: str, path: str) -> str | None:
        """The text under a chain of keys, ``None`` if it is absent."""
        found = self.at(node, *keys, path=path)
        if found is NOTHING:
            return None
        if not isinstance(found, str):
            raise self.wrong(
                ".".join((path, *keys)), f"{json.dumps(found, default=str)} cannot be read as text"
            )
        return found

    def name(self, node: Any, key: str, *, path: str) -> str | None:
        """The text under a key as a name; one that only the deployment knows is an error, for it names nothing else."""
        found = self.text(node, key, path=path)
        if found is not None and UNKNOWN in found:
            raise self._unreadable(f"{path}.{key}", found)
        return found

    def number(self, node: Any, *keys: str, path: str) -> int | None:
        """The whole number under a chain of keys, ``None`` if it is absent; CloudFormation also accepts numbers as text."""
        number = self._number(node, keys, path, "a whole number")
        if number is not None and number != int(number):
            raise self._no_number(self.at(node, *keys, path=path), keys, path, "a whole number")
        return None if number is None else int(number)

    def fraction(self, node: Any, *keys: str, path: str) -> float | None:
        """As ``number``, of a property that may have a fraction."""
        return self._number(node, keys, path, "a number")

    def _number(self, node: Any, keys: tuple[str, ...], path: str, kind: str) -> float | None:
        found = self.at(node, *keys, path=path)
        if found is NOTHING:
            return None
        try:
            number = math.nan if isinstance(found, (bool, Mapping, list)) else float(found)
        except (ValueError, OverflowError):
            number = math.nan
        if not math.isfinite(number):
            raise self._no_number(found, keys, path, kind)
        return number

    def _no_number(self, found: Any, keys: tuple[str, ...], path: str, kind: str) -> InputError:
        return self.wrong(
            ".".join((path, *keys)), f"{json.dumps(found, default=str)} cannot be read as {kind}"
        )

    def exists(self, resource: Mapping[str, Any], path: str) -> bool:
        """Whether the condition of a resource is true; always for a resource without a condition."""
        condition = resource.get("Condition")
        return condition is None or self._condition_of(condition, path)

    def wrong(self, path: str, problem: str) -> InputError:
        """The error for a place in this template.

        Args:
            path: the place.
            problem: what is wrong, as a clause.
        """
        return InputError(f"{self.location}: {path}", problem, self._remedy)

    def _unreadable(self, path: str, what: str) -> InputError:
        return self.wrong(path, f"cannot be read from outside ({what})")

    def _ref(self, name: Any, path: str) -> Any:
        if name == "AWS::NoValue":
            return NOTHING
        if name not in self._references:
            if self._assumed is not None:
                return f"${{{name}}}"
            raise self._unreadable(path, f"Ref {name}")
        return self._references[name]

    def _condition_of(self, name: Any, path: str) -> bool:
        conditions = self.template.get("Conditions", {})
        if name not in conditions or name in self._conditions_in_evaluation:
            raise self._unreadable(path, f"Condition {name}")
        self._conditions_in_evaluation.append(name)
        try:
            return self._is_true(conditions[name], f"Conditions.{name}")
        finally:
            self._conditions_in_evaluation.remove(name)

    def _equals(self, argument: Any, path: str) -> bool:
        left, right = (self._comparable(operand, path) for operand in (argument[0], argument[1]))
        if left == right:
            return True
        if self._assumed is None or not (UNKNOWN in left or UNKNOWN in right):
            return False
        sides = (left, right) if UNKNOWN in left else (right, left)
        for pair, equal in self._assumed:
            if pair == sides:
                return equal
            # A value that equals one plain text equals no other plain text.
            if equal and pair[0] == sides[0] and UNKNOWN not in pair[1] + sides[1]:
                return False
        raise Undecided(sides)

    def _comparable(self, node: Any, path: str) -> str:
        try:
            return str(self.value(node, path))
        except InputError:
            if self._assumed is None:
                raise
            return f"${{{json.dumps(node, sort_keys=True, default=str)}}}"

    def _is_true(self, node: Any, path: str) -> bool:
        found = self.value(node, path)
        if isinstance(found, bool) or found in ("true", "false"):
            return found in (True, "true")
        raise self._unreadable(path, json.dumps(node, default=str))

    def _if(self, argument: Any, path: str) -> Any:
        return self.value(argument[1] if self._condition_of(argument[0], path) else argument[2], path)

    def _find_in_map(self, argument: Any, path: str) -> Any:
        mapping = self.template["Mappings"]
        for key in argument[:3]:
            mapping = mapping[str(self.value(key, path))]
        return mapping

    def _join(self, argument: Any, path: str) -> str:
        return str(argument[0]).join(str(self.value(part, path)) for part in self.value(argument[1], path))

    def _sub(self, argument: Any, path: str) -> str:
        text, variables = (argument[0], argument[1]) if isinstance(argument, list) else (argument, {})

        def substitute(match: re.Match[str]) -> str:
            name = match.group(1)
            if name.startswith("!"):
                return "${" + name[1:] + "}"
            if name in variables:
                return str(self.value(variables[name], path))
            return str(self._ref(name, path))

        return re.sub(r"\$\{([^}]+)\}", substitute, text)


__all__ = ["NOTHING", "UNKNOWN", "Assumed", "Intrinsics", "Undecided", "parse_template"]
