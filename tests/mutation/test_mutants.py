"""The mutants of a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mutation.mutants import MODULE_LEVEL, Mutant, code_of, mutants_of

TEXT = '''"""A module of two words."""

from __future__ import annotations

LIMIT = 10


class Counter:
    """Counts."""

    start: int = 0

    def within(self, count: int, most: int = LIMIT) -> bool:
        """Whether it is."""
        def more(by: int) -> int:
            return count + by
        return any(more(by) < most for by in (1, 2))


def told(count: int) -> str:
    assert count >= 0
    return f"{count + 1} things"
'''


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "module.py").write_text(TEXT)
    return tmp_path


def find(root: Path, **wanted: Any) -> Mutant:
    (mutant,) = [
        mutant
        for mutant in mutants_of(root, "module.py")
        if all(getattr(mutant, name) == value for name, value in wanted.items())
    ]
    return mutant


def run(root: Path, mutant: Mutant) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(code_of(root, mutant), names)
    return names


def test_mutants_when_listed_leave_docstrings_annotations_assertions_and_wording_alone(root: Path) -> None:
    changes = {(mutant.place, mutant.before, mutant.after) for mutant in mutants_of(root, "module.py")}
    assert changes == {
        (MODULE_LEVEL, "10", "11"),
        (MODULE_LEVEL, "0", "1"),
        ("Counter.within", "return any((more(by) < most for by in (1, 2)))", "return None"),
        (
            "Counter.within",
            "any((more(by) < most for by in (1, 2)))",
            "all((more(by) < most for by in (1, 2)))",
        ),
        ("Counter.within", "more(by) < most", "more(by) <= most"),
        ("Counter.within", "more(by) < most", "more(by) >= most"),
        ("Counter.within", "1", "2"),
        ("Counter.within", "2", "3"),
        ("Counter.within.<locals>.more", "return count + by", "return None"),
        ("Counter.within.<locals>.more", "count + by", "count - by"),
        ("told", "return f'{count + 1} things'", "return None"),
        ("told", "count + 1", "count - 1"),
        ("told", "1", "2"),
    }


def test_code_when_compiled_has_the_one_change(root: Path) -> None:
    assert run(root, find(root, before="10"))["LIMIT"] == 11
    boundary = run(root, find(root, operator="boundary"))["Counter"]()
    assert boundary.within(9)
    assert not boundary.within(10)
    assert run(root, find(root, place="told", before="1"))["told"](1) == "3 things"


def test_name_when_other_lines_change_stays_the_same(root: Path) -> None:
    before = find(root, operator="boundary")
    (root / "module.py").write_text(TEXT.replace("LIMIT = 10", "# A comment.\nOTHER = 3\nLIMIT = 10"))
    after = find(root, operator="boundary")
    assert after.line == before.line + 2
    assert after.name == before.name


def test_name_of_the_same_change_twice_in_a_function_differs(root: Path) -> None:
    (root / "module.py").write_text("def f(a):\n    return a + 1 if a else a + 1\n")
    names = [mutant.name for mutant in mutants_of(root, "module.py")]
    assert len(set(names)) == len(names)
