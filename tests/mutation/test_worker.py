"""The interpreter that runs tests against a mutant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

import pytest

from mutation.__main__ import Worker
from mutation.mutants import mutants_of
from mutation.worker import FAILED, PASSED, ROOT, TIMED_OUT, place_of

MODULE = "constructs_lib/capacity_guard/rules/rounding.py"
TESTS = "tests/rules/test_rounding.py"


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    worker = Worker()
    yield worker
    worker.close()


@pytest.mark.slow
def test_worker_runs_tests_without_a_mutant_and_tells_what_they_call(worker: Worker) -> None:
    answer = worker.run(files=[TESTS], tests=[], mutant=None, seconds=60)
    assert answer["outcome"] == PASSED
    assert answer["reached"]
    assert all(name.startswith(f"{TESTS}::") for name in answer["reached"])
    called = {function for _, functions in answer["reached"].values() for function in functions}
    assert any(function.startswith(f"{MODULE}::") for function in called)


def test_worker_runs_tests_with_a_mutant_each_time_in_a_library_of_its_own(worker: Worker) -> None:
    mutant = next(mutant for mutant in mutants_of(ROOT, MODULE) if mutant.operator == "return value")
    job = {"files": [TESTS], "tests": [], "seconds": 60}
    assert worker.run(**job, mutant=asdict(mutant))["outcome"] == FAILED
    assert worker.run(**job, mutant=None)["outcome"] == PASSED


def test_worker_runs_the_wanted_tests_alone(worker: Worker) -> None:
    names = list(worker.run(files=[TESTS], tests=[], mutant=None, seconds=60)["reached"])
    answer = worker.run(files=[TESTS], tests=names[:1], mutant=None, seconds=60)
    assert list(answer["reached"]) == names[:1]


@pytest.mark.slow
def test_worker_kills_what_takes_too_long_and_goes_on(worker: Worker) -> None:
    assert worker.run(files=[TESTS], tests=[], mutant=None, seconds=0)["outcome"] == TIMED_OUT
    assert worker.run(files=[TESTS], tests=[], mutant=None, seconds=60)["outcome"] == PASSED


@pytest.mark.parametrize(
    ("qualname", "place"),
    [
        ("<module>", "<module>"),
        ("f", "f"),
        ("C.m", "C.m"),
        ("f.<locals>.<listcomp>", "f"),
        ("C.m.<locals>.g.<locals>.<lambda>", "C.m.<locals>.g"),
        ("<listcomp>", "<module>"),
    ],
)
def test_place_is_the_function_that_holds_the_code(qualname: str, place: str) -> None:
    assert place_of(qualname) == place
