"""Limits: each service constant in one place, with unit, source and mark."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from capacity_guard.capacity import limits
from capacity_guard.capacity.limits import Limit, Mark

LIMITS = {name: value for name, value in vars(limits).items() if isinstance(value, Limit)}
FOLDER = Path(limits.__file__).parent
FRAMEWORK = Path(__file__).parents[1] / "framework"
OUT_OF_REACH = Path(__file__).parents[1] / "cdk" / "end_of_synthesis" / "test_guard_validation_limits.py"
"""Proves of some that no app reaches them."""


def test_limits_when_listed_expects_some() -> None:
    assert len(LIMITS) > 20


@pytest.mark.parametrize("name", LIMITS)
def test_limit_when_read_expects_a_unit_a_source_and_a_mark(name: str) -> None:
    limit = LIMITS[name]
    assert limit.value > 0
    assert limit.unit.strip()
    assert limit.source in LIMITS or re.search(r"Guide|quirks|re:Post|API|issue", limit.source)
    assert limit.mark in get_args(Mark)


@pytest.mark.parametrize("name", LIMITS)
def test_limit_when_searched_for_expects_code_that_uses_it(name: str) -> None:
    """A number without a use is not kept correct."""
    package = FOLDER.parent
    paths = [path for path in package.rglob("*.py") if path.name != "limits.py"]
    paths += FRAMEWORK.glob("*.py")  # measures what the gates take of some of them
    paths.append(OUT_OF_REACH)
    assert any(re.search(rf"\b{name}\b", path.read_text()) for path in paths)


@pytest.mark.parametrize("number", ["40_000", "12_000", "4_000", "80_000", "3_600", "300"])
def test_constant_when_searched_for_in_capacity_expects_it_in_one_place(number: str) -> None:
    literal = re.compile(rf"(?<![\w.\"]){number}(?![\w.\"])")
    for path in FOLDER.rglob("*.py"):
        code = re.sub(r'""".*?"""|#.*|f?"[^"\n]*"', "", path.read_text(), flags=re.DOTALL)
        assert path.name == "limits.py" or not literal.search(code), path.name


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ON_DEMAND_INITIAL_READ", 12_000),
        ("ON_DEMAND_INITIAL_WRITE", 4_000),
        ("TABLE_QUOTA", 40_000),
        ("ACCOUNT_QUOTA", 80_000),
        ("BURST_SECONDS", 300),
        ("SWITCHES_TO_ON_DEMAND", 4),
        ("DECREASES_AT_ONCE", 4),
        ("DECREASES_A_DAY", 27),
        ("GATE_SECONDS", 3_600),
        ("ALARM_CALLS_A_SECOND", 9),
        ("TEMPLATE_BYTES", 1_000_000),
        ("EXECUTION_INPUT_BYTES", 262_144),
        ("CAUSE_CHARACTERS", 32_768),
        ("RESPONSE_BYTES", 4_096),
        ("METRIC_RETENTION_DAYS", 15),
    ],
)
def test_limit_when_documented_expects_the_documented_number(name: str, value: int) -> None:
    assert LIMITS[name].value == value
