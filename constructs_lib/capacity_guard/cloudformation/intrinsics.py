"""Reads values out of a CloudFormation template, as far as it is known what its functions stand for."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..capacity.errors import InputError

NOTHING: Any = None
"""What ``AWS::NoValue`` leaves: the property is not there."""

UNKNOWN = "${"
"""Stands in every text that holds a reference without a value: ``${Table}``. No plain value of a template has it."""


class Undecided(Exception):
    """A condition compares something whose value is not known yet.

    Attributes:
        sides: the two texts it compares, the unknown one first.
    """

    def __init__(self, sides: tuple[str, str]) -> None:
        super().__init__(" = ".join(sides))
        self.sides = sides


Assumed = tuple[tuple[tuple[str, str], bool], ...]
"""What is taken as equal or not: pairs of texts as ``Undecided`` has them."""


def parse_template(body: object, location: str, remedy: str) -> dict[str, Any]:
    """A template body as plain data.

    Args:
        body: what GetTemplate gave: boto3 reads JSON itself, YAML arrives as text.
        location: name of the stack, for errors.
        remedy: what to do about a template that cannot be read, for errors.

    Raises:
        InputError: it is neither JSON nor YAML, or it is YAML and PyYAML is not installed.
    """
    if isinstance(body, str):
        try:
            body = json.loads(body)
        except ValueError:
            body = _yaml(str(body), location, remedy)
    if not isinstance(body, Mapping) or not isinstance(body.get("Resources"), Mapping):
        raise InputError(location, "holds no resources that can be read", remedy)
    return dict(body)


def _yaml(text: str, location: str, remedy: str) -> object:
    try:
        import yaml  # type: ignore[import-untyped,unused-ignore]
    except ImportError:
        raise InputError(
            location, "is YAML, and PyYAML is not installed", "Run: pip install PyYAML"
        ) from None

    class Loader(yaml.SafeLoader):  # type: ignore[misc,unused-ignore]
        """SafeLoader that knows CloudFormation's short forms."""

    def short_form(loader: Any, tag: str, node: Any) -> dict[str, Any]:
        if isinstance(node, yaml.ScalarNode):
            value: Any = loader.construct_scalar(node)
        elif isinstance(node, yaml.SequenceNode):
            value = loader.construct_sequence(node, deep=True)
        else:
            value = loader.construct_mapping(node, deep=True)
        return {tag if tag in ("Ref", "Condition") else f"Fn::{tag}": value}

    Loader.add_multi_constructor("!", short_form)
    try:
        return yaml.load(text, Loader)  # noqa: S506 - a subclass of SafeLoader
    except yaml.YAMLError as error:
        raise InputError(
            location, f"is neither JSON nor YAML ({' '.join(str(error).split())})", remedy
        ) from None


class Intrinsics:
    """Reads properties of one template, resolving the functions whose values are known.

    Read are Ref (of parameters, pseudo parameters, resources), Fn::If with its conditions, Fn::FindInMap, Fn::Join and
    Fn::Sub (CloudFormation template reference, intrinsic functions). Values are resolved only where they are asked for,
    so a function in a property that says nothing of capacity does no harm.

    Args:
        template: the template.
        parameters: values of the stack's parameters; of an SSM-typed one the value it resolved to.
        pseudo: values of pseudo parameters, for example ``AWS::Region``.
        physical: physical ids of the stack's resources by logical id.
        location: name of the stack, for errors.
        remedy: what to do about a value that cannot be read, for errors.
        assumed: for a template that is not deployed yet. A reference without a value then reads as ``${Name}``, and a
            condition that compares one raises ``Undecided``, unless it is assumed here. ``None`` for the template of
            a stack, where every value that matters is known: what is not is an error.
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
        self._open: list[str] = []
        self._functions: dict[str, Callable[[Any, str], Any]] = {
            "Ref": self._ref,
            "Condition": self._condition_of,
            "Fn::If": self._if,
            "Fn::Equals": self._equals,
            "Fn::And": lambda v, p: all(self._truth(one, p) for one in v),
            "Fn::Or": lambda v, p: any(self._truth(one, p) for one in v),
            "Fn::Not": lambda v, p: not self._truth(v[0], p),
            "Fn::FindInMap": self._find_in_map,
            "Fn::Join": lambda v, p: str(v[0]).join(str(self.value(one, p)) for one in self.value(v[1], p)),
            "Fn::Sub": self._sub,
        }
        if assumed is not None:
            self._functions["Fn::GetAtt"] = lambda v, p: self._ref(
                v if isinstance(v, str) else ".".join(v), p
            )

    def value(self, node: Any, path: str) -> Any:
        """A value with the function at its top resolved, ``None`` where it is left out.

        Args:
            node: the value as the template has it.
            path: where it stands, for errors.

        Raises:
            InputError: a function that cannot be read from outside.
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
        """The value under a chain of keys, ``None`` where one of them is absent."""
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
        """The list under a chain of keys, each entry resolved, left-out entries gone; empty where it is absent."""
        found = self.at(node, *keys, path=path)
        path = ".".join((path, *keys))
        if found is NOTHING:
            return []
        if not isinstance(found, Sequence) or isinstance(found, str):
            raise self.wrong(path, "is no list")
        entries = [self.value(one, f"{path}[{number}]") for number, one in enumerate(found)]
        return [one for one in entries if one is not NOTHING]

    def text(self, node: Any, *keys: str, path: str) -> str | None:
        """The text under a chain of keys."""
        found = self.at(node, *keys, path=path)
        if found is NOTHING:
            return None
        if not isinstance(found, str):
            raise self.wrong(
                ".".join((path, *keys)), f"{json.dumps(found, default=str)} cannot be read as text"
            )
        return found

    def number(self, node: Any, *keys: str, path: str) -> int | None:
        """The whole number under a chain of keys; CloudFormation accepts it as text too."""
        found = self.at(node, *keys, path=path)
        if found is NOTHING:
            return None
        try:
            if isinstance(found, (bool, Mapping, list)) or float(found) != int(float(found)):
                raise ValueError
        except (ValueError, OverflowError):
            raise self.wrong(
                ".".join((path, *keys)), f"{json.dumps(found, default=str)} cannot be read as a whole number"
            ) from None
        return int(float(found))

    def exists(self, resource: Mapping[str, Any], path: str) -> bool:
        """Whether a resource's condition holds (always, where it has none)."""
        condition = resource.get("Condition")
        return condition is None or self._condition_of(condition, path)

    def wrong(self, path: str, problem: str) -> InputError:
        """The error for a place in this template."""
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
        if name not in conditions or name in self._open:
            raise self._unreadable(path, f"Condition {name}")
        self._open.append(name)
        try:
            return self._truth(conditions[name], f"Conditions.{name}")
        finally:
            self._open.remove(name)

    def _equals(self, argument: Any, path: str) -> bool:
        left, right = (self._side(one, path) for one in (argument[0], argument[1]))
        if left == right:
            return True
        if self._assumed is None or not (UNKNOWN in left or UNKNOWN in right):
            return False
        sides = (left, right) if UNKNOWN in left else (right, left)
        for pair, equal in self._assumed:
            if pair == sides:
                return equal
            # What equals one plain text equals no other.
            if equal and pair[0] == sides[0] and UNKNOWN not in pair[1] + sides[1]:
                return False
        raise Undecided(sides)

    def _side(self, node: Any, path: str) -> str:
        try:
            return str(self.value(node, path))
        except InputError:
            if self._assumed is None:
                raise
            return f"${{{json.dumps(node, sort_keys=True, default=str)}}}"

    def _truth(self, node: Any, path: str) -> bool:
        found = self.value(node, path)
        if isinstance(found, bool) or found in ("true", "false"):
            return found in (True, "true")
        raise self._unreadable(path, json.dumps(node, default=str))

    def _if(self, argument: Any, path: str) -> Any:
        return self.value(argument[1] if self._condition_of(argument[0], path) else argument[2], path)

    def _find_in_map(self, argument: Any, path: str) -> Any:
        found = self.template["Mappings"]
        for key in argument[:3]:
            found = found[str(self.value(key, path))]
        return found

    def _sub(self, argument: Any, path: str) -> str:
        text, own = (argument[0], argument[1]) if isinstance(argument, list) else (argument, {})

        def one(match: re.Match[str]) -> str:
            name = match.group(1)
            if name.startswith("!"):
                return "${" + name[1:] + "}"
            if name in own:
                return str(self.value(own[name], path))
            return str(self._ref(name, path))

        return re.sub(r"\$\{([^}]+)\}", one, text)
