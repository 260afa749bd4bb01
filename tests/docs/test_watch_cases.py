"""The page of cases names an end and existing tests for each case in which a watch must be sound."""

from __future__ import annotations

import re

import pytest

from tests.paths import ROOT

PAGE = (ROOT / "docs" / "watch-cases.md").read_text(encoding="utf-8")
CASES = (
    "the alarm flaps",
    "the alarm clears early",
    "the alarm fires twice",
    "two alarms at once",
    "the event comes twice",
    "the event comes late",
    "the event never comes",
    "a deployment is under way",
    "the stack is rolling back",
    "the stack's rollback has failed",
    "two tables in transition, one good and one bad",
    "two tables in transition, both bad",
    "the function dies between any two calls",
    "the table is deleted in mid-watch",
    "the guard is removed in mid-watch",
    "a later version reads plan, options, journal and baseline of this one",
    "this version reads the plan of a later one",
    "this version reads the journal of a later one",
    "this version reads the baseline of a later one",
)


def rows() -> dict[str, tuple[str, str]]:
    """End and tests of each case."""
    table = PAGE.split("<!-- cases")[1].split("<!-- end of cases -->")[0]
    found = {}
    for line in table.splitlines():
        if line.startswith("| ") and not line.startswith("| case"):
            case, ends, tests = (cell.strip() for cell in line.strip("|").split(" | "))
            assert case not in found, case
            found[case] = (ends, tests)
    return found


@pytest.mark.parametrize("case", CASES)
def test_case_is_on_the_page(case: str) -> None:
    assert case in rows()


@pytest.mark.parametrize("case", list(rows()))
def test_case_ends_and_names_tests_that_exist(case: str) -> None:
    ends, tests = rows()[case]
    assert ends
    named = 0
    for part in tests.split("; "):
        file, names = re.fullmatch(r"`(tests/[a-z0-9_/]+\.py)`: (.+)", part).groups()  # type: ignore[union-attr]
        code = (ROOT / file).read_text(encoding="utf-8")
        for name in names.split(", "):
            assert re.fullmatch(r"`test_[a-z0-9_]+`", name), name
            assert f"\ndef {name.strip('`')}(" in code, f"{file} has no {name}"
            named += 1
    assert named
