"""Names of AWS and the services' constants stand once in the whole package: names in dynamodb/names.py, numbers in limits.py."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from capacity_guard.capacity import limits
from capacity_guard.rehearsal import meter
from capacity_guard.rehearsal.emulator.corrections import target_tracking
from tests.paths import ROOT

LIBRARY = ROOT / "constructs_lib" / "capacity_guard"
NAMES = "dynamodb/names.py"
EMULATOR = "rehearsal/emulator/"
"""Speaks for the services, so it has their names in its own answers and messages; its numbers come from limits.py too."""
NAME = re.compile(
    r"CapacityUnits|RequestUnits|UnitsPerSecond|ThrottleEvents|ThrottledRequests|CapacityUtilization|AWS/DynamoDB\b"
    r"|GlobalSecondaryIndexName\b|dynamodb:(table|index):|TargetTrackingScaling\b"
)
"""Parts of the names of metrics, of their dimensions, of members that hold units, and of scalable dimensions."""
MODELS = ("simulator/", EMULATOR, "rehearsal/meter.py", "planning/", "rules/", "capacity/", "handlers/")
WINDOWS = {limits.BURST_SECONDS.value, limits.TABLE_QUOTA.value}
"""Numbers that mean one thing wherever traffic is calculated: 300 seconds of burst, and 40,000 units per second."""
OTHER_MEANING = {
    ("handlers/bake.py", 300): "seconds in which a Bake that cannot see is asked again",
    ("simulator/on_demand_replay.py", 15): "minutes of a block of on-demand traffic",
    ("simulator/parameters.py", 15): "minutes after which the slowest auto scaling has raised",
}
SCALING = (limits.SCALE_IN_MINUTES.value, limits.SCALE_IN_BELOW_TARGET.value)
"""15 minutes and 20 points, in the modules that follow auto scaling."""
SCALES = ("simulator/", "rehearsal/emulator/corrections/target_tracking.py", "rehearsal/meter.py")


def modules() -> list[Path]:
    return sorted(LIBRARY.rglob("*.py"))


def named(path: Path) -> str:
    return path.relative_to(LIBRARY).as_posix()


def constants(path: Path) -> Iterator[ast.Constant]:
    """Constants of a module, and the constant parts of its f-strings; docstrings and texts below a constant are left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    texts = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in texts:
            yield node


def is_number(constant: ast.Constant, numbers: set[int]) -> bool:
    return not isinstance(constant.value, (bool, str)) and constant.value in numbers


@pytest.mark.parametrize("path", modules(), ids=named)
def test_module_when_read_has_no_name_of_a_metric_or_member_of_its_own(path: Path) -> None:
    if named(path) == NAMES or named(path).startswith(EMULATOR):
        return
    found = [c.value for c in constants(path) if isinstance(c.value, str) and NAME.search(c.value)]
    assert found == [], f"take them from {NAMES}"


@pytest.mark.parametrize("path", modules(), ids=named)
def test_module_when_read_has_no_number_of_limits_of_its_own(path: Path) -> None:
    name = named(path)
    if name == "capacity/limits.py" or not name.startswith(MODELS):
        return
    found = {
        c.value for c in constants(path) if is_number(c, WINDOWS) and (name, c.value) not in OTHER_MEANING
    }
    if name.startswith(SCALES):
        scaling = {c.value for c in constants(path) if is_number(c, set(SCALING))}
        found |= {number for number in scaling if (name, number) not in OTHER_MEANING}
    assert found == set(), "take them from capacity/limits.py"


def test_exceptions_when_looked_for_are_still_there() -> None:
    for name, number in OTHER_MEANING:
        assert any(is_number(c, {number}) for c in constants(LIBRARY / name))


def test_emulator_and_meter_when_read_share_the_constants_of_the_simulator() -> None:
    assert target_tracking.HIGH_MINUTES == limits.SCALE_OUT_MINUTES.value == 2
    assert target_tracking.LOW_MINUTES == limits.SCALE_IN_MINUTES.value == 15
    assert target_tracking.LOW_MARGIN_PERCENT == limits.SCALE_IN_BELOW_TARGET.value == 20
    assert meter.BURST_SECONDS == limits.BURST_SECONDS.value == 300
    assert meter.TABLE_QUOTA == limits.TABLE_QUOTA.value == 40_000


@pytest.mark.parametrize(
    ("code", "refused"),
    [
        ('metric = "ReadThrottleEvents"', True),
        ('member = f"Max{access}RequestUnits"', True),
        ('"""A module about ReadThrottleEvents."""', False),
        ("metric = THROTTLE_EVENTS[access]", False),
    ],
)
def test_name_when_it_is_a_part_of_a_text_is_seen(tmp_path: Path, code: str, refused: bool) -> None:
    path = tmp_path / "m.py"
    path.write_text(code)
    found = [c.value for c in constants(path) if isinstance(c.value, str) and NAME.search(c.value)]
    assert bool(found) is refused
