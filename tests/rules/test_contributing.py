"""The rule that CONTRIBUTING.md adds as an example works as it is written there."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from capacity_guard import rules
from capacity_guard.rules import ALL_RULES, Level, judge
from tests.paths import ROOT
from tests.rules.examples import refused_of
from tests.rules.test_every_rule import SECTIONS

SECTION = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## Add a rule\n")[2]
RULE_SOURCE, TEST_SOURCE = re.findall(r"^```python\n(.*?)^```$", SECTION, re.DOTALL | re.MULTILINE)
(PAGE,) = re.findall(r"^````markdown\n(.*?)^````$", SECTION, re.DOTALL | re.MULTILINE)


def load(name: str, file: Path, source: str) -> ModuleType:
    file.write_text(source, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[ModuleType, ModuleType]]:
    """The module of the rule, among the rules of the library, and its test module."""
    names = ("capacity_guard.rules.cg_of_contributing", "test_cg_of_contributing")
    rule = load(names[0], tmp_path / "rule.py", RULE_SOURCE)
    others = tuple(other for other in ALL_RULES if other.id != rule.RULE.id)
    monkeypatch.setattr(rules, "ALL_RULES", (*others, rule.RULE))
    yield rule, load(names[1], tmp_path / "test.py", TEST_SOURCE)
    for name in names:
        del sys.modules[name]


def test_rule_when_pasted_refuses_its_refused_examples_alone(loaded: tuple[ModuleType, ModuleType]) -> None:
    rule, test = loaded
    assert {example.kind for example in test.EXAMPLES} == {"compliant", "refused", "silent"}
    for example in test.EXAMPLES:
        found = judge(example.make(), [rule.RULE])
        expected = [Level.ERROR] if example.kind == "refused" else []
        assert [finding.level for finding in found] == expected, example.name


def test_test_when_pasted_passes(loaded: tuple[ModuleType, ModuleType]) -> None:
    _, test = loaded
    for example in refused_of(test.EXAMPLES):
        test.test_window_when_its_fix_is_set_expects_silence(example)


def test_page_when_copied_has_the_title_and_every_section(loaded: tuple[ModuleType, ModuleType]) -> None:
    rule, _ = loaded
    assert PAGE.startswith(f"# {rule.RULE.id} · {rule.RULE.title}\n")
    assert re.findall(r"^## (.*)$", PAGE, re.MULTILINE) == SECTIONS
