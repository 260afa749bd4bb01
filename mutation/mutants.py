"""The mutants of a file: which nodes are changed, how a mutant is named, and the code of one."""

from __future__ import annotations

import ast
import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType

from .operators import alternatives

MODULE_LEVEL = "<module>"
"""The place of code that runs when the module is imported: constants, defaults, fields of classes."""

_SHOWN = 110


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one file.

    Attributes:
        path: File relative to the repository.
        place: Function whose body is changed, as ``__qualname__`` has it, or ``MODULE_LEVEL``.
        line: Line of the changed node, from 1; for people alone.
        operator: Name of the operator.
        before: Text of the changed node.
        after: Text of what takes its place.
        repeated: How many times the same text is changed in the same way earlier in the same place.
        node: Number of the node in the walk of the tree.
        alternative: Number of the change among those of the node.
    """

    path: str
    place: str
    line: int
    operator: str
    before: str
    after: str
    repeated: int
    node: int
    alternative: int

    @property
    def name(self) -> str:
        """Stays the same while other lines of the file change."""
        text = "\0".join((self.path, self.place, self.operator, self.before, self.after, str(self.repeated)))
        return hashlib.sha256(text.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class _Site:
    node: ast.AST
    parent: ast.AST
    field: str
    index: int | None
    place: str


def mutants_of(root: Path, path: str) -> list[Mutant]:
    """Every mutant of a file, in the order of its text.

    Args:
        root: Folder of the repository.
        path: The file, relative to ``root``.
    """
    seen: Counter[tuple[str, ...]] = Counter()
    found = []
    for number, site in enumerate(_sites(ast.parse((root / path).read_text(encoding="utf-8")))):
        before = ast.unparse(site.node)
        for index, (operator, node) in enumerate(alternatives(site.node)):
            shown, changed = _difference(before, ast.unparse(ast.fix_missing_locations(node)))
            key = (site.place, operator, shown, changed)
            line = getattr(site.node, "lineno", getattr(site.parent, "lineno", 1))
            found.append(Mutant(path, *key[:1], line, *key[1:], seen[key], number, index))
            seen[key] += 1
    return found


def code_of(root: Path, mutant: Mutant) -> CodeType:
    """The compiled module with the change in it."""
    tree = ast.parse((root / mutant.path).read_text(encoding="utf-8"))
    site = next(site for number, site in enumerate(_sites(tree)) if number == mutant.node)
    _, node = list(alternatives(site.node))[mutant.alternative]
    if "lineno" in site.node._attributes:
        ast.copy_location(node, site.node)
    if site.index is None:
        setattr(site.parent, site.field, node)
    else:
        getattr(site.parent, site.field)[site.index] = node
    return compile(ast.fix_missing_locations(tree), str(root / mutant.path), "exec")


def _difference(before: str, after: str) -> tuple[str, str]:
    """The lines in which two texts differ first, cut to a width."""
    if len(before) <= _SHOWN and "\n" not in before + after:
        return before, after
    old, new = before.splitlines(), after.splitlines()
    place = next((index for index, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), 0)
    one, other = old[place].strip(), new[place].strip()
    start = 0
    if len(one) > _SHOWN:
        first = next((index for index, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), 0)
        start = max(0, first - _SHOWN // 3)
    return one[start : start + _SHOWN], other[start : start + _SHOWN]


def _sites(tree: ast.AST) -> Iterator[_Site]:
    yield from _walk(tree, MODULE_LEVEL, "")


def _walk(parent: ast.AST, place: str, scope: str) -> Iterator[_Site]:
    for field, value in ast.iter_fields(parent):
        if _left_alone(parent, field):
            continue
        for index, node in enumerate(value) if isinstance(value, list) else ((None, value),):
            if not isinstance(node, ast.AST) or _skipped(node, parent):
                continue
            yield _Site(node, parent, field, index, place)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                # Defaults are evaluated where the function is defined.
                yield from _walk(node.args, place, scope)
                body = ast.Module(node.body, [])
                inner = f"{scope}{node.name}"
                for site in _walk(body, inner, f"{inner}.<locals>."):
                    yield (
                        site
                        if site.parent is not body
                        else _Site(site.node, node, "body", site.index, site.place)
                    )
            elif isinstance(node, ast.ClassDef):
                yield from _walk(node, place, f"{scope}{node.name}.")
            else:
                yield from _walk(node, place, scope)


def _left_alone(parent: ast.AST, field: str) -> bool:
    """Annotations and decorators: no behaviour, or one that has no smaller fault than to be absent."""
    return field in ("annotation", "returns", "decorator_list", "type_comment", "ctx") or (
        isinstance(parent, ast.Subscript) and field == "ctx"
    )


def _skipped(node: ast.AST, parent: ast.AST) -> bool:
    match node:
        case ast.Import() | ast.ImportFrom() | ast.Assert():
            return True
        case ast.Expr(value=ast.Constant()):  # a docstring
            return True
        case ast.Constant(value=str()) if isinstance(parent, ast.JoinedStr):  # wording
            return True
        case (
            ast.If(test=ast.Name(id="TYPE_CHECKING")) | ast.If(test=ast.Compare(left=ast.Name(id="__name__")))
        ):
            return True
        case ast.Assign(targets=[ast.Name(id="__all__" | "__version__" | "__slots__")]):
            return True
        case ast.Subscript(value=ast.Name(id="Literal")):  # a type
            return True
        case ast.keyword(arg="encoding"):
            return True
        case ast.Call(func=ast.Name(id="cast" | "TypeVar" | "NewType")):
            return True
        case _:
            return False
