"""What messages may name: packages by one function, and nothing that a user of the wheel does not have.

A message is each literal of the library that is no docstring.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from capacity_guard.rules.pages import page_titles
from tests.paths import ROOT

LIBRARY = ROOT / "constructs_lib" / "capacity_guard"
MODULES = {path.relative_to(LIBRARY).as_posix(): path for path in sorted(LIBRARY.rglob("*.py"))}
INSTALLING = re.compile(r"pip install|capacity-guard\[|\bextra\b")
"""How a message would name a package without ``pip_install``, or the name that is not published."""
PAGE = re.compile(r"docs/[\w-]+\.md|docs/adr|\b[A-Z]{4,}\.md")
"""How a message would name a page by its file in the repository, which a wheel does not have there."""
COMMAND = re.compile(r"capacity-guard docs ([\w-]+)")


def messages(source: str) -> Iterator[tuple[int, str]]:
    """Line and text of each literal of a module without its docstrings; of an f-string, each part."""
    tree = ast.parse(source)
    docstrings = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.lineno, node.value


@pytest.mark.parametrize("module", MODULES)
def test_message_that_asks_for_a_package_names_it_by_the_one_function(module: str) -> None:
    found = [
        f"line {line}: {text}"
        for line, text in messages(MODULES[module].read_text(encoding="utf-8"))
        if INSTALLING.search(text)
    ]
    assert len(found) == (module == "capacity/errors.py"), found


@pytest.mark.parametrize("module", MODULES)
def test_message_that_names_a_page_names_the_command_that_prints_it(module: str) -> None:
    found = list(messages(MODULES[module].read_text(encoding="utf-8")))
    assert [f"line {line}: {text}" for line, text in found if PAGE.search(text)] == []
    named = {name for _, text in found for name in COMMAND.findall(text)} - {"for"}  # "docs for a list"
    assert named <= set(page_titles())


def test_messages_name_pages() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in MODULES.values())
    assert {"simulator", "recording", "watch", "iam", "waves"} <= set(COMMAND.findall(source))


def test_messages_are_literals_and_parts_of_f_strings_without_docstrings() -> None:
    source = 'def f(x):\n    """Docstring."""\n    return f"a {x} b", "c"\n'
    assert list(messages(source)) == [(3, "c"), (3, "a "), (3, " b")]
