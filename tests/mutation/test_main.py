"""``python -m mutation``: the sample, the explained survivors, and what a run keeps."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any, cast

import pytest

from mutation.__main__ import KILLED, PAGE, SURVIVED, Worker, change_of, explained, in_workers, judge, sample
from mutation.mutants import Mutant
from mutation.packages import PACKAGES, mutants_of_package
from mutation.reach import Chosen
from mutation.worker import FAILED, PASSED, TIMED_OUT


def mutants(count: int) -> list[Mutant]:
    return [Mutant("m.py", "f", 1, "constant", str(n), str(n + 1), 0, n, 0) for n in range(count)]


def test_sample_is_the_same_for_the_same_seed_and_another_for_another() -> None:
    drawn = sample(mutants(500), 7, 100)
    assert len(set(drawn)) == 100
    assert drawn == sample(list(reversed(mutants(500))), 7, 100)
    assert drawn != sample(mutants(500), 8, 100)


def test_sample_when_a_mutant_is_gone_keeps_the_others() -> None:
    drawn = sample(mutants(500), 7, 100)
    without = sample([mutant for mutant in mutants(500) if mutant != drawn[3]], 7, 100)
    assert set(drawn) - set(without) == {drawn[3]}


def test_explained_survivors_are_read_from_the_table() -> None:
    page = "| file | function | change | reason |\n|---|---|---|---|\n| `a/b.py` | `C.m` | `x < 1 => x <= 1` | never 1 |\n"
    assert explained(page) == {("a/b.py", "C.m", "x < 1 => x <= 1")}
    assert explained("| `a/b.py` | `C.m` | `x < 1 => x <= 1` | |\n") == set(), "a reason is needed"


@pytest.mark.slow
def test_page_when_read_explains_mutants_that_exist() -> None:
    known = {
        (mutant.path.split("/", 2)[2], mutant.place, change_of(mutant))
        for package in PACKAGES
        for mutant in mutants_of_package(package)
    }
    assert explained(PAGE.read_text(encoding="utf-8")) - known == set()


def test_workers_do_every_item_and_raise_what_one_raised() -> None:
    done: list[int] = []
    lock = threading.Lock()

    def work(_worker: Worker, item: int) -> None:
        if item == 13:
            raise ValueError("thirteen")
        with lock:
            done.append(item)

    in_workers(2, work, range(10))
    assert sorted(done) == list(range(10))
    with pytest.raises(ValueError, match="thirteen"):
        in_workers(2, work, [13])


class Answers:
    """A worker that answers as it is told, and notes whether each job had a mutant, and its limit."""

    def __init__(self, *outcomes: str) -> None:
        self._outcomes = list(outcomes)
        self.jobs: list[tuple[bool, float]] = []

    def run(self, **job: Any) -> dict[str, Any]:
        self.jobs.append((job["mutant"] is not None, job["seconds"]))
        return {"outcome": self._outcomes.pop(0), "seconds": 1.0}


@pytest.mark.parametrize(
    ("outcomes", "judged", "jobs"),
    [
        ([FAILED], KILLED, [(True, 38)]),
        ([PASSED, PASSED], SURVIVED, [(True, 38), (True, 50)]),
        ([PASSED, FAILED], KILLED, [(True, 38), (True, 50)]),
        ([TIMED_OUT, PASSED], KILLED, [(True, 38), (False, 38)]),
        ([TIMED_OUT, TIMED_OUT, FAILED], KILLED, [(True, 38), (False, 38), (True, 152)]),
        (
            [TIMED_OUT, TIMED_OUT, PASSED, PASSED],
            SURVIVED,
            [(True, 38), (False, 38), (True, 152), (True, 50)],
        ),
    ],
)
def test_mutant_is_killed_by_time_where_its_tests_alone_pass_in_that_time(
    outcomes: list[str], judged: str, jobs: list[tuple[bool, float]]
) -> None:
    worker = Answers(*outcomes)
    stages = [Chosen(["a.py"], ["a.py::a"], 2.0), Chosen(["b.py"], ["b.py::b"], 5.0)]
    reach = SimpleNamespace(choose=lambda _: stages)
    assert judge(cast(Any, worker), cast(Any, reach), mutants(1)[0])[0] == judged
    assert worker.jobs == jobs
