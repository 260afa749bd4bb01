"""The page of limits is written from ``limits.py``, and what it says of the places is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from capacity_guard.capacity import limits
from capacity_guard.rules import ALL_RULES
from docs.limit_tables import CHECKED, OUT_OF_REACH, PAGE, with_tables

ROOT = Path(__file__).resolve().parents[2]
LIMITS = {name for name, value in vars(limits).items() if isinstance(value, limits.Limit)}
PACKAGE = ROOT / "constructs_lib" / "capacity_guard"
ROOMS = ("rules", "cdk", "cloudformation", "checking", "handlers", "capacity")
CODE = "\n".join(
    path.read_text(encoding="utf-8")
    for room in ROOMS
    for path in (PACKAGE / room).rglob("*.py")
    if path.name != "limits.py"
)
TESTS = "\n".join(
    path.read_text(encoding="utf-8")
    for room in ("cdk", "cloudformation", "framework")
    for path in (ROOT / "tests" / room).rglob("*.py")
)


def test_page_when_a_limit_changed_expects_its_tables_written_again() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text == with_tables(text), "the page is stale: run `make rules` (docs/limit_tables.py)"


def test_page_when_read_expects_each_limit_in_one_table() -> None:
    assert not set(CHECKED) & set(OUT_OF_REACH)
    assert set(CHECKED) | set(OUT_OF_REACH) <= LIMITS
    text = PAGE.read_text(encoding="utf-8")
    assert sum(line.startswith("| ") and line[2].isdigit() for line in text.splitlines()) == len(LIMITS)


@pytest.mark.parametrize("name", CHECKED)
def test_limit_when_said_to_be_checked_expects_code_that_reads_it(name: str) -> None:
    assert re.search(rf"\b{name}\b", CODE)


@pytest.mark.parametrize("name", OUT_OF_REACH)
def test_limit_when_said_to_be_out_of_reach_expects_a_test_that_compares_with_it(name: str) -> None:
    assert re.search(rf"\b{name}\b", TESTS)


@pytest.mark.parametrize("rule", sorted(set(re.findall(r"\[(CG\d+)\]", " ".join(CHECKED.values())))))
def test_rule_when_named_expects_it_to_exist(rule: str) -> None:
    assert rule in {known.id for known in ALL_RULES}


@pytest.mark.parametrize("text", ["", "<!-- checked:begin -->\n", PAGE.read_text(encoding="utf-8") * 2])
def test_page_without_markers_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="checked:begin"):
        with_tables(text)
