"""The table of rooms in docs/architecture.md says what the import contract and the code say."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest

from tests.paths import ROOT

LIBRARY = ROOT / "constructs_lib" / "capacity_guard"
PAGE = ROOT / "docs" / "architecture.md"
ROW = re.compile(r"^\| `(\w+)/` \| ([^|]+) \|([^|]*)\|([^|]*)\|$", re.MULTILINE)


FOLDER_ROW = re.compile(r"^\| `cdk/(\w+)/` \| [^|]+ \|([^|]*)\|[^|]+\|$", re.MULTILINE)


def layers(contract_id: str = "one-way") -> list[set[str]]:
    """What an import contract orders, the lowest first; what is in one layer does not import each other."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (contract,) = [contract for contract in contracts if contract["id"] == contract_id]
    listed = [set(layer.split(" | ")) for layer in reversed(contract["layers"])]
    return [layer for layer in listed if layer != {"(__main__)"}]


def imports_of(room: str) -> tuple[set[str], set[str]]:
    """Other rooms, and packages outside the library and the standard library, that the modules of a room import."""
    rooms: set[str] = set()
    outside: set[str] = set()
    for path in (LIBRARY / room).rglob("*.py"):
        package = path.relative_to(LIBRARY).parts[:-1]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                outside.update(alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                outside.add(str(node.module).partition(".")[0])
            elif isinstance(node, ast.ImportFrom):
                above = package[: len(package) - node.level + 1]
                names = [*above, *(node.module.split(".") if node.module else ())]
                rooms.update([names[0]] if names else [alias.name for alias in node.names])
    known = {path.name for path in LIBRARY.iterdir() if path.is_dir()}
    return (rooms & known) - {room}, outside - sys.stdlib_module_names - {"capacity_guard"}


def named(cell: str) -> set[str]:
    return set(re.findall(r"`([\w-]+)`", cell))


ROWS = {room: (named(rooms), named(packages)) for room, _, rooms, packages in ROW.findall(PAGE.read_text())}


def test_table_when_read_lists_the_rooms_of_the_contract_the_lowest_first() -> None:
    listed = list(ROWS)
    for layer in layers():
        here, listed = listed[: len(layer)], listed[len(layer) :]
        assert set(here) == layer
    assert listed == []


def test_rooms_when_looked_for_are_those_of_the_contract() -> None:
    folders = {path.name for path in LIBRARY.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders == set().union(*layers())


@pytest.mark.parametrize("room", ROWS)
def test_row_when_read_names_what_the_room_imports(room: str) -> None:
    assert ROWS[room] == imports_of(room)


FOLDERS = {folder: named(imports) for folder, imports in FOLDER_ROW.findall(PAGE.read_text())}
"""The folders of ``cdk/`` with the other folders that each imports, as the page lists them."""


def folders_imported(folder: str) -> set[str]:
    """Other folders of ``cdk/`` that the modules of one import."""
    found: set[str] = set()
    for path in (LIBRARY / "cdk" / folder).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level == 2:
                found.add(str(node.module).partition(".")[0])
    return (found & set(FOLDERS)) - {folder}


def test_folders_of_cdk_when_listed_are_those_of_the_contract_the_lowest_first() -> None:
    folders = {
        path.name for path in (LIBRARY / "cdk").iterdir() if path.is_dir() and path.name != "__pycache__"
    }
    assert set(FOLDERS) == folders
    listed = list(FOLDERS)
    for layer in layers("cdk-one-way"):
        here, listed = listed[: len(layer & folders)], listed[len(layer & folders) :]
        assert set(here) == layer & folders
    assert listed == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_row_of_a_folder_of_cdk_when_read_names_the_folders_that_it_imports(folder: str) -> None:
    assert FOLDERS[folder] == folders_imported(folder)


def modules() -> list[Path]:
    return [
        path
        for path in sorted(LIBRARY.rglob("*.py"))
        if path.name not in ("__init__.py", "__main__.py") and "inject" not in path.parts
    ]


def mirrored_tests(module: Path) -> list[Path]:
    """Test files of a module: ``tests/<room>/test_<module>.py`` or ``tests/<room>/test_<module>_<aspect>.py``.

    A rule's test has the rule's number alone: ``tests/rules/test_cg04.py``.
    """
    folder = ROOT / "tests" / module.relative_to(LIBRARY).parent
    name = module.stem.lstrip("_")
    rule = re.match(r"cg\d\d(?=_)", name)
    if rule:
        return [folder / f"test_{rule[0]}.py"] if (folder / f"test_{rule[0]}.py").exists() else []
    return [*folder.glob(f"test_{name}.py"), *folder.glob(f"test_{name}_*.py")]


@pytest.mark.parametrize("module", modules(), ids=lambda path: path.relative_to(LIBRARY).as_posix())
def test_module_when_looked_for_has_a_test_at_the_mirrored_path(module: Path) -> None:
    assert any(
        "def test_" in path.read_text() or "EXAMPLES" in path.read_text() for path in mirrored_tests(module)
    )


@pytest.mark.parametrize("module", modules(), ids=lambda path: path.relative_to(LIBRARY).as_posix())
def test_module_when_measured_is_short_or_says_why_it_is_not(module: Path) -> None:
    text = module.read_text(encoding="utf-8")
    if len(text.splitlines()) > 400:
        assert "lines" in (ast.get_docstring(ast.parse(text)) or ""), "a module above 400 lines says why"


@pytest.mark.parametrize("init", sorted(LIBRARY.rglob("__init__.py")), ids=lambda path: path.parent.name)
def test_package_when_it_defines_a_name_has_no_module_of_that_name(init: Path) -> None:
    # The first import of the module would put itself in the place of what the package defines.
    modules = {path.stem for path in init.parent.iterdir()}
    defined = {
        node.name
        for node in ast.parse(init.read_text()).body
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
    }
    assert not defined & modules
