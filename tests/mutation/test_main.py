"""``python -m mutation``: the sample, the explained survivors, and what a run keeps."""

from __future__ import annotations

import threading

import pytest

from mutation.__main__ import PAGE, Worker, change_of, explained, in_workers, sample
from mutation.mutants import Mutant
from mutation.packages import PACKAGES, mutants_of_package


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
