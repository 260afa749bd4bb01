"""Which tests judge a mutant."""

from __future__ import annotations

from typing import Any

import pytest

from mutation import reach
from mutation.mutants import MODULE_LEVEL, Mutant
from mutation.reach import BUDGET, Reach

MODULE = "constructs_lib/capacity_guard/capacity/settings.py"
FUNCTION = f"{MODULE}::Rollout.of"
OTHER = f"{MODULE}::Margins.of"
CALLER = "constructs_lib/capacity_guard/handlers/preflight.py::start"


def mutant(place: str) -> Mutant:
    return Mutant(MODULE, place, 1, "constant", "1", "2", 0, 0, 0)


def a_map(**files: dict[str, tuple[float, list[str]]]) -> Reach:
    named = {
        "mirrored": "tests/capacity/test_settings.py",
        "room": "tests/capacity/test_evidence.py",
        "far": "tests/handlers/test_preflight.py",
    }
    entries: dict[str, Any] = {
        named[name]: {"digest": "", "tests": {f"{name}::{test}": value for test, value in tests.items()}}
        for name, tests in files.items()
    }
    return Reach(entries)


def chosen(of: Reach, place: str) -> list[list[str]]:
    return [list(stage.tests) for stage in of.choose(mutant(place))]


@pytest.mark.slow
def test_tests_of_a_function_are_those_that_call_it_the_mirrored_first_and_the_fast_before_the_slow() -> None:
    of = a_map(
        far={"a": (0.1, [FUNCTION]), "b": (0.2, [FUNCTION]), "c": (0.1, [OTHER])},
        room={"d": (3.0, [FUNCTION]), "e": (2.0, [FUNCTION])},
        mirrored={"f": (2.0, [FUNCTION]), "g": (1.0, [FUNCTION]), "h": (1.0, [OTHER])},
    )
    assert chosen(of, "Rollout.of") == [
        ["mirrored::g", "mirrored::f"],
        ["room::e", "room::d", "far::a", "far::b"],
        ["mirrored::h"],
    ]


@pytest.mark.slow
def test_tests_of_a_file_in_which_one_alone_calls_the_function_are_all_of_it() -> None:
    """It was called for a fixture of the module, or its result was kept."""
    of = a_map(room={"a": (1.0, [FUNCTION]), "b": (0.5, [OTHER])})
    assert chosen(of, "Rollout.of") == [["room::b", "room::a"]]


@pytest.mark.slow
def test_tests_of_the_mirrored_file_judge_what_a_fixture_called_for_the_first_of_them() -> None:
    of = a_map(
        mirrored={"a": (0.1, [FUNCTION]), "b": (0.2, [FUNCTION]), "c": (0.2, []), "d": (0.1, [OTHER])},
        room={"e": (0.1, [FUNCTION]), "f": (0.1, [FUNCTION]), "g": (0.1, [OTHER])},
    )
    assert chosen(of, "Rollout.of") == [
        ["mirrored::a", "mirrored::b"],
        ["room::e", "room::f"],
        ["mirrored::d", "mirrored::c"],
    ]


def test_tests_of_a_constant_are_those_of_its_module_and_of_the_modules_that_import_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reach, "_importers", lambda: {MODULE: {CALLER.partition("::")[0]}})
    of = a_map(
        far={"a": (0.1, [CALLER]), "b": (0.2, [CALLER])},
        room={"c": (1.0, ["elsewhere.py::f"]), "d": (1.0, ["elsewhere.py::f"])},
        mirrored={"e": (1.0, [OTHER]), "f": (1.5, [OTHER]), "g": (2.0, [])},
    )
    assert chosen(of, MODULE_LEVEL) == [["mirrored::e", "mirrored::f", "mirrored::g"], ["far::a", "far::b"]]


@pytest.mark.slow
def test_tests_beyond_the_budget_are_left_out_except_the_mirrored() -> None:
    of = a_map(
        mirrored={"a": (BUDGET, [FUNCTION]), "b": (BUDGET, [FUNCTION])},
        room={"c": (1.0, [FUNCTION]), "d": (BUDGET - 1, [FUNCTION]), "e": (BUDGET, [FUNCTION])},
    )
    assert chosen(of, "Rollout.of") == [["mirrored::a", "mirrored::b"], ["room::c", "room::d"]]


@pytest.mark.slow
def test_importers_are_the_modules_that_name_it() -> None:
    importers = reach._importers()
    assert (
        "constructs_lib/capacity_guard/handlers/conditions.py"
        in importers["constructs_lib/capacity_guard/handlers/alarm_conditions.py"]
    )
