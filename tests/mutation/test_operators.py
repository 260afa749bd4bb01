"""The changes of a syntax tree."""

from __future__ import annotations

import ast

import pytest

from mutation.operators import alternatives


def changed(text: str) -> set[str]:
    """The texts that one change anywhere in a statement leads to."""
    tree = ast.parse(text)
    found = set()
    for parent in ast.walk(tree):
        for field, value in ast.iter_fields(parent):
            for index, node in enumerate(value) if isinstance(value, list) else ((None, value),):
                if not isinstance(node, ast.AST):
                    continue
                for _, other in alternatives(node):
                    _put(parent, field, index, other)
                    found.add(ast.unparse(ast.fix_missing_locations(tree)))
                    _put(parent, field, index, node)
    assert ast.unparse(tree) == ast.unparse(ast.parse(text)), "the tree is as it was"
    return found


def _put(parent: ast.AST, field: str, index: int | None, node: ast.AST) -> None:
    if index is None:
        setattr(parent, field, node)
    else:
        getattr(parent, field)[index] = node


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a < b", {"a <= b", "a >= b"}),
        ("a >= b", {"a > b", "a < b"}),
        ("a < b < c", {"a <= b < c", "a >= b < c", "a < b <= c", "a < b >= c"}),
        ("a is not b", {"a is b"}),
        ("a not in b", {"a in b"}),
        ("a + b", {"a - b"}),
        ("a // b", {"a / b"}),
        ("a and b", {"a or b", "a", "b"}),
        ("not a", {"a"}),
        ("a if b else c", {"a if True else c", "a if False else c"}),
        ("[a for a in b if c]", {"[a for a in b]"}),
        ("x = True", {"x = False"}),
        ("x = 3", {"x = 4"}),
        ("x = 'name'", {"x = 'nameX'"}),
        ("x = 'a sentence'", set()),
        ("x += y", {"x -= y", "pass"}),
        ("f(a)", {"pass"}),
        ("x = f(a, b)", {"x = f(b, a)"}),
        ("x = f(a, k=b)", {"x = f(a)"}),
        ("x = max(a, b)", {"x = min(a, b)"}),
        ("raise E(a)", {"pass", "raise ZeroDivisionError(a)"}),
        ("while a:\n    b", {"while False:\n    b"}),
        ("x.y = a", {"pass"}),
        ("x = a", set()),
    ],
)
def test_alternatives_of_a_node_are_the_faults_that_its_kind_invites(text: str, expected: set[str]) -> None:
    assert changed(text) == expected


def test_alternatives_of_a_handler_catch_less() -> None:
    text = "try:\n    pass\nexcept {}:\n    pass"
    assert changed(text.format("(A, B)")) == {text.format("(B,)"), text.format("(A,)")}
    assert changed(text.format("A")) == {text.format("()")}


def test_alternatives_of_a_return_are_nothing_but_not_for_nothing() -> None:
    assert changed("def f():\n    return a") == {"def f():\n    return None"}
    assert changed("def f():\n    return None") == set()
