"""Rules are found by the names of their modules; a module that is not a valid rule is refused."""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from capacity_guard.rules import ALL_RULES, Rule
from capacity_guard.rules.discovery import RuleModuleError, discover_rules
from tests.paths import ROOT

PACKAGE = "rules_of_a_test"
Discover = Callable[[], tuple[Rule, ...]]


def rule_source(number: int) -> str:
    return (
        "from capacity_guard.rules import Level, Rule\n"
        f"RULE = Rule(id='CG{number}', level=Level.WARN, title='t', refuses='r', needs='n', "
        "condition=lambda case: ())\n"
    )


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """An empty package."""
    folder = tmp_path / PACKAGE
    folder.mkdir()
    (folder / "__init__.py").touch()
    return folder


@pytest.fixture
def discover(package: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Discover]:
    """Discovers the rules of the package."""
    monkeypatch.syspath_prepend(package.parent)
    yield lambda: discover_rules(PACKAGE, [str(package)])
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


def test_rules_of_the_library_when_discovered_are_all_its_rule_files() -> None:
    files = (ROOT / "constructs_lib" / "capacity_guard" / "rules").glob("cg*.py")
    assert [rule.condition.__module__.rpartition(".")[2] for rule in ALL_RULES] == sorted(
        file.stem for file in files
    )


def test_rules_when_discovered_are_in_the_order_of_their_numbers(package: Path, discover: Discover) -> None:
    for number in (100, 7, 20):
        (package / f"cg{number:02}_name.py").write_text(rule_source(number))
    (package / "model.py").write_text("raise AssertionError('imported')")
    (package / "cgx_name.py").write_text("raise AssertionError('imported')")
    assert [rule.id for rule in discover()] == ["CG7", "CG20", "CG100"]


def test_rules_in_a_zip_archive_are_discovered(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"{PACKAGE}_zipped"
    archive = package.parent / "library.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr(f"{name}/__init__.py", "")
        zipped.writestr(f"{name}/cg03_name.py", rule_source(3))
    monkeypatch.syspath_prepend(archive)
    assert [rule.id for rule in discover_rules(name, [f"{archive}/{name}"])] == ["CG3"]


@pytest.mark.parametrize("source", ["", "RULE = 'CG3'\n"], ids=["none", "another value"])
def test_module_without_a_rule_is_refused(source: str, package: Path, discover: Discover) -> None:
    (package / "cg03_name.py").write_text(source)
    with pytest.raises(RuleModuleError, match=rf"{PACKAGE}\.cg03_name has no RULE: .*CG3"):
        discover()


def test_rule_with_another_number_than_its_module_is_refused(package: Path, discover: Discover) -> None:
    (package / "cg03_name.py").write_text(rule_source(4))
    with pytest.raises(RuleModuleError, match=r"cg03_name has the rule CG4: .*CG3"):
        discover()


def test_two_modules_with_one_number_are_refused(package: Path, discover: Discover) -> None:
    (package / "cg03_name.py").write_text(rule_source(3))
    (package / "cg03_other.py").write_text(rule_source(3))
    with pytest.raises(RuleModuleError, match=r"cg03_name\.py and cg03_other\.py have the same number"):
        discover()
