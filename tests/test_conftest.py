"""Which tests a target runs: `make test`, `make slow` and `make e2e` together run each of them."""

from __future__ import annotations

import ast
import re
from itertools import product

import pytest
from _pytest.mark.expression import Expression

from tests.conftest import mark_what_is_not_sampled
from tests.paths import ROOT

TESTS = sorted((ROOT / "tests").rglob("test_*.py"))


class Item:
    """What ``mark_what_is_not_sampled`` sees of a collected test."""

    def __init__(self, nodeid: str, every: int | None) -> None:
        self.nodeid = nodeid
        self.every = every
        self.added: list[str] = []

    def get_closest_marker(self, name: str) -> pytest.Mark | None:
        return (
            pytest.mark.sampled(every=self.every).mark
            if name == "sampled" and self.every is not None
            else None
        )

    def add_marker(self, name: str) -> None:
        self.added.append(name)


def test_sampled_test_keeps_its_first_case_and_every_nth_after_it() -> None:
    items = [
        Item(f"{test}[{n}]", every) for n in range(7) for test, every in (("a", 3), ("b", 2), ("c", None))
    ]
    mark_what_is_not_sampled(items)  # type: ignore[arg-type]
    assert [item.nodeid for item in items if "slow" not in item.added and item.every is not None] == [
        "a[0]",
        "b[0]",
        "b[2]",
        "a[3]",
        "b[4]",
        "a[6]",
        "b[6]",
    ]
    assert not any(item.added for item in items if item.every is None)


def test_targets_together_run_every_test() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    expressions = [
        quoted or word
        for quoted, word in re.findall(r'(?:pytest|PYTEST\)).* -m (?:"([^"]+)"|(\w+)) ', makefile)
    ]
    assert len(expressions) == 3
    for smoke, e2e, slow in product((True, False), repeat=3):
        marks = {"smoke": smoke, "e2e": e2e, "slow": slow}
        runs = [
            Expression.compile(one).evaluate(lambda name, marks=marks, **_: marks[name])
            for one in expressions
        ]
        assert any(runs), marks
        if not smoke:
            assert sum(runs) == 1, marks


def test_ci_runs_every_target() -> None:
    run = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert [line for line in run.splitlines() if line.startswith("make ")] == [
        "make check",
        "make slow",
        "make e2e",
    ]


def test_sampled_tests_say_how_many_they_leave_out() -> None:
    found = 0
    for path in TESTS:
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)) if "mark.sampled" in text else ():
            if not isinstance(node, ast.FunctionDef):
                continue
            marks = [ast.unparse(decorator) for decorator in node.decorator_list]
            for mark in marks:
                if mark.startswith("pytest.mark.sampled"):
                    found += 1
                    assert re.fullmatch(r"pytest\.mark\.sampled\(every=([2-9]|[1-9]\d+)\)", mark), (
                        path,
                        node.name,
                    )
                    assert "pytest.mark.slow" not in marks, (path, node.name)
    assert found > 100
