"""Finds the rules: every module ``cgNN_<name>.py`` of a package defines one as ``RULE``."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterable

from .model import Rule

_RULE_MODULE = re.compile(r"cg(\d+)_\w+")


class RuleModuleError(ImportError):
    """A module of the package is named like a rule and is not a valid one. The message names the module."""


def discover_rules(package: str, path: Iterable[str]) -> tuple[Rule, ...]:
    """The rules of a package, in the order of their numbers.

    Args:
        package: name of the package, its ``__name__``.
        path: where its modules are, its ``__path__``; also inside a zip archive.

    Raises:
        RuleModuleError: a module ``cgNN_<name>.py`` has no ``RULE``, or the id of its rule has another number than the
            module; or two modules have the same number.
    """
    rules: dict[int, Rule] = {}
    modules: dict[int, str] = {}
    for name in sorted(module.name for module in pkgutil.iter_modules(path)):
        match = _RULE_MODULE.fullmatch(name)
        if match is None:
            continue
        number = int(match[1])
        if number in modules:
            raise RuleModuleError(
                f"{package}: {modules[number]}.py and {name}.py have the same number: give one of them the next free one"
            )
        modules[number] = name
        rules[number] = _rule_in(f"{package}.{name}", number)
    return tuple(rules[number] for number in sorted(rules))


def _rule_in(module: str, number: int) -> Rule:
    rule = getattr(importlib.import_module(module), "RULE", None)
    if not isinstance(rule, Rule):
        raise RuleModuleError(f"{module} has no RULE: end it with RULE = Rule(id='CG{number}', ...)")
    if rule.id != f"CG{number}":
        raise RuleModuleError(
            f"{module} has the rule {rule.id}: its number must be that of the file, CG{number}"
        )
    return rule


__all__ = ["RuleModuleError", "discover_rules"]
