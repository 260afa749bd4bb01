"""The line of the user's code that makes a table which an aspect found: the call of its construct with its id.

An aspect meets a table when the app is synthesized, long after the call that made it. Neither the CDK nor jsii keeps Python's
call stack by default (jsii does with ``JSII_HOST_STACK_TRACES``). So the call is looked up in the source of the app's modules.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import ModuleType

from constructs import IConstruct

from ..app.source_location import is_users_file, relative

_LARGEST = 2**20
"""Bytes of a source file that is searched; a longer one is generated."""


@dataclass(frozen=True)
class _Call:
    """A call in a source file.

    Attributes:
        file: path of the file.
        line: its line.
        name: name of what is called, without the modules before it.
        id: the construct id that it gives; ``None`` where the id is not plain text.
        classes: the classes around the call.
    """

    file: str
    line: int
    name: str
    id: str | None
    classes: tuple[str, ...]


def table_location(table: IConstruct) -> tuple[str, int] | None:
    """The file and line that make a table.

    Args:
        table: the construct in the user's code.

    Returns:
        As ``caller`` returns it; ``None`` where no call, or more than one, may be the one that made it.
    """
    node = table.node
    names = {cls.__name__ for cls in type(table).__mro__}
    calls = [call for file in _user_files() for call in _calls(file) if call.name in names]
    around = {type(scope).__name__ for scope in node.scopes}
    with_id = [call for call in calls if call.id == node.id]
    computed = [call for call in calls if call.id is None]
    # A call in a class around the table has made it. Any other one may be in code that this app has not run, so it counts only
    # where nothing else can have made the table: neither a second one nor a call that computes its id.
    found = [call for call in with_id or computed if around.intersection(call.classes)]
    if not found and not computed:
        found = with_id
    return (relative(found[0].file), found[0].line) if len(found) == 1 else None


def _user_files() -> Iterator[str]:
    """Source files of the modules that are no part of this library, the CDK, or what is installed."""
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None) if isinstance(module, ModuleType) else None
        if isinstance(file, str) and file.endswith(".py") and is_users_file(file, name):
            yield file


@lru_cache(maxsize=1024)
def _calls(file: str) -> tuple[_Call, ...]:
    """The calls of a file that give a construct id: as the second argument, or by name."""
    path = Path(file)
    try:
        if path.stat().st_size > _LARGEST:
            return ()
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return ()
    return tuple(_calls_below(tree, file, ()))


def _calls_below(node: ast.AST, file: str, classes: tuple[str, ...]) -> Iterator[_Call]:
    if isinstance(node, ast.ClassDef):
        classes = (*classes, node.name)
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        by_name = [keyword.value for keyword in node.keywords if keyword.arg == "id"]
        given = [*node.args[1:2], *by_name]
        if given:
            value = given[0].value if isinstance(given[0], ast.Constant) else None
            yield _Call(file, node.lineno, name, value if isinstance(value, str) else None, classes)
    for child in ast.iter_child_nodes(node):
        yield from _calls_below(child, file, classes)


__all__ = ["table_location"]
