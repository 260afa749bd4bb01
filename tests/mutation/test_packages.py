"""Rooms that are counted together, and the tests that judge them."""

from __future__ import annotations

from itertools import chain

import pytest

from mutation.packages import LEFT_OUT, LEFT_OUT_FILES, PACKAGES, judging_files, mirrors, mutants_of_package
from mutation.worker import LIBRARY, ROOT


def test_every_room_of_the_library_is_in_one_package_except_the_rehearsal() -> None:
    rooms = {path.name for path in LIBRARY.iterdir() if path.is_dir() and path.name != "__pycache__"}
    counted = list(chain(*PACKAGES.values()))
    assert sorted(counted) == sorted(rooms - {"rehearsal"})


@pytest.mark.sampled(every=6)
@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_has_as_many_mutants_as_a_run_draws(package: str) -> None:
    assert len(mutants_of_package(package)) >= 400


@pytest.mark.slow
def test_room_alone_is_a_part_of_its_package() -> None:
    room = mutants_of_package("dynamodb")
    assert room
    assert set(room) < set(mutants_of_package("handlers"))


def test_what_is_left_out_exists() -> None:
    assert all((ROOT / "tests" / folder).is_dir() for folder in LEFT_OUT)
    assert all((ROOT / name).exists() for name in LEFT_OUT_FILES)
    assert "tests/mutation/test_packages.py" not in judging_files()
    assert "tests/rules/test_cg04.py" in judging_files()


@pytest.mark.parametrize(
    ("test_file", "module", "expected"),
    [
        ("tests/handlers/test_bake.py", "handlers/bake.py", True),
        ("tests/handlers/test_bake_vetoes.py", "handlers/bake_vetoes.py", True),
        ("tests/handlers/test_gate.py", "handlers/gate_plan.py", False),
        ("tests/rules/test_cg04.py", "rules/cg04_index_ceiling.py", True),
        ("tests/rules/test_cg05.py", "rules/cg04_index_ceiling.py", False),
        ("tests/cdk/test_bake.py", "handlers/bake.py", False),
        ("tests/rules/test_printed.py", "rules/fix_code.py", True),
        ("tests/rules/test_printed.py", "capacity/settings.py", False),
    ],
)
def test_mirrored_path_is_that_of_the_room_and_the_module(
    test_file: str, module: str, expected: bool
) -> None:
    assert mirrors(test_file, f"constructs_lib/capacity_guard/{module}") is expected
