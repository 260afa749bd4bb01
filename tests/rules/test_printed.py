"""What a rule prints of its refused examples, letter by letter: figures, their names and notes, and the fix.

A text that changes on purpose is written anew with ``python -m tests.rules.examples CG4 --write``; the difference is reviewed.
"""

from __future__ import annotations

import pytest

from tests.rules import variations
from tests.rules.examples import PRINTED, printed

FILES = sorted(path.stem for path in PRINTED.glob("CG*.txt"))


def test_files_are_those_of_the_first_rules_and_more() -> None:
    assert {f"CG{number}" for number in range(1, 19)} <= set(FILES)


@pytest.mark.sampled(every=5)
@pytest.mark.parametrize("rule", FILES)
def test_rule_prints_what_is_kept_of_it(rule: str) -> None:
    kept = (PRINTED / f"{rule}.txt").read_text(encoding="utf-8")
    assert printed(rule) == kept, f"if this is meant: python -m tests.rules.examples {rule} --write"


def test_variations_are_kept_of_the_same_rules() -> None:
    assert sorted(path.stem for path in variations.KEPT.glob("CG*.txt")) == FILES


@pytest.mark.sampled(every=20)
@pytest.mark.parametrize("rule", FILES)
def test_rule_prints_what_is_kept_of_its_variations(rule: str) -> None:
    kept = (variations.KEPT / f"{rule}.txt").read_text(encoding="utf-8")
    assert variations.printed(rule) == kept, (
        f"if this is meant: python -m tests.rules.variations {rule} --write"
    )
