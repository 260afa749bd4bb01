"""The public names of the package: ``__all__``, the imports for type checkers, and what ``import *`` gives agree."""

from __future__ import annotations

import ast
import gc
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import capacity_guard

SOURCE = Path(capacity_guard.__file__).read_text()


def imports_for_type_checkers() -> dict[str, str]:
    """Name to module, from the imports under ``if TYPE_CHECKING``."""
    (block,) = (
        node
        for node in ast.parse(SOURCE).body
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    )
    return {
        alias.name: f".{node.module}"
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def test_public_names_are_those_that_type_checkers_see_each_once() -> None:
    assert sorted(imports_for_type_checkers()) == sorted(capacity_guard.__all__)
    assert len(set(capacity_guard.__all__)) == len(capacity_guard.__all__)


@pytest.mark.parametrize("name", capacity_guard.__all__)
def test_public_name_is_the_object_that_type_checkers_see(name: str) -> None:
    module = importlib.import_module(imports_for_type_checkers()[name], "capacity_guard")
    assert getattr(capacity_guard, name) is getattr(module, name)


def test_modules_are_those_of_the_imports() -> None:
    assert imports_for_type_checkers() == capacity_guard._MODULES


def test_star_import_gives_every_public_name_and_no_other() -> None:
    names: dict[str, object] = {}
    exec("from capacity_guard import *", names)
    assert set(names) - {"__builtins__"} == set(capacity_guard.__all__)


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'capacity_guard' has no attribute 'Nothing'"):
        _ = capacity_guard.Nothing  # type: ignore[attr-defined]


def test_names_without_the_cdk_load_where_it_is_not_installed() -> None:
    program = """
import sys
sys.modules.update(dict.fromkeys(["aws_cdk", "cdk_nag", "constructs", "jsii"]))
from capacity_guard import Baseline, Capacity, Rollout
print(Capacity.__name__, Baseline.__name__, Rollout.__name__)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "Capacity Baseline Rollout\n"


@pytest.mark.parametrize("collects", [True, False])
def test_a_name_leaves_the_garbage_collector_as_it_was(collects: bool) -> None:
    before = gc.isenabled()
    try:
        (gc.enable if collects else gc.disable)()
        assert capacity_guard.Capacity.__name__ == "Capacity"
        assert gc.isenabled() is collects
    finally:
        (gc.enable if before else gc.disable)()


def test_a_name_loads_what_it_uses_and_rules_no_answers() -> None:
    program = """
import sys
from capacity_guard import Capacity, Waves
from capacity_guard.rules import evaluate
unused = ["capacity_guard.cdk", "capacity_guard.watch.settings", "capacity_guard.rules.answers", "zoneinfo"]
print([name for name in unused if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
