"""``python -m mutation``: plant seeded faults in the library and count those that no test sees (docs/mutation.md)."""

from __future__ import annotations

import argparse
import hashlib
import json
import queue
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from .mutants import Mutant
from .packages import PACKAGES, judging_files, mutants_of_package
from .reach import Reach
from .worker import CACHE, FAILED, PASSED, ROOT, TIMED_OUT

PAGE = ROOT / "docs" / "mutation.md"

KILLED, SURVIVED = "killed", "survived"

_JOBS_OF_A_WORKER = 200
"""The Node process of jsii keeps what each fork made in it: a worker is replaced after as many jobs."""


class Worker:
    """One warm interpreter, started again when it ended."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._jobs = 0

    def run(self, **job: Any) -> dict[str, Any]:
        """Run one job (``worker.Job``) and return the fields of its ``Answer``."""
        if self._process is None or self._process.poll() is not None or self._jobs >= _JOBS_OF_A_WORKER:
            self.close()
            self._process = subprocess.Popen(
                [sys.executable, "-m", "mutation.worker"],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            self._jobs = 0
        self._jobs += 1
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        if answer["outcome"] == TIMED_OUT:
            self.close()
        return answer

    def close(self) -> None:
        """End the interpreter."""
        if self._process is not None:
            assert self._process.stdin is not None
            self._process.stdin.close()
            self._process.wait()
            self._process = None


def sample(mutants: Sequence[Mutant], seed: int, count: int) -> list[Mutant]:
    """As many mutants as asked for, drawn by the seed; a change of the code leaves the others in the sample."""

    def drawn(mutant: Mutant) -> bytes:
        return hashlib.sha256(f"{seed}/{mutant.name}".encode()).digest()

    return sorted(mutants, key=drawn)[:count]


def explained(page: str) -> set[tuple[str, str, str]]:
    """Survivors with a reason: path, function and change of each row ``| `path` | `function` | `change` | reason |``."""
    rows = re.findall(r"^\| `([^`]+)` \| `([^`]+)` \| `(.+?)` \| \S.*\|$", page, re.MULTILINE)
    return {(path, place, change.replace("\\|", "|")) for path, place, change in rows}


def change_of(mutant: Mutant) -> str:
    """The change as the page and the report write it."""
    return f"{mutant.before} => {mutant.after}".replace("`", "'")


def judge(worker: Worker, reach: Reach, mutant: Mutant) -> tuple[str, float]:
    """Whether a test fails on a mutant, and the seconds that it took."""
    total = 0.0
    for stage in reach.choose(mutant):
        limit = 30 + 4 * stage.seconds
        while True:
            job = {"files": stage.files, "tests": stage.tests, "seconds": limit}
            answer = worker.run(**job, mutant=asdict(mutant))
            total += answer["seconds"]
            if answer["outcome"] != TIMED_OUT:
                break
            # On a busy machine the tests alone may need as long: then the time says nothing about the mutant.
            alone = worker.run(**job, mutant=None)
            total += alone["seconds"]
            if alone["outcome"] != TIMED_OUT:
                break
            limit *= 4
        if answer["outcome"] in (FAILED, TIMED_OUT):
            return KILLED, total
    return SURVIVED, total


def in_workers(count: int, work: Callable[[Worker, Any], None], items: Sequence[Any]) -> None:
    """Hand each item to one of several workers.

    Raises:
        Exception: The first that ``work`` raised, after every worker ended.
    """
    waiting: queue.SimpleQueue[Any] = queue.SimpleQueue()
    for item in items:
        waiting.put(item)
    errors: list[BaseException] = []

    def serve() -> None:
        worker = Worker()
        try:
            while not errors:
                work(worker, waiting.get_nowait())
        except queue.Empty:
            pass
        except BaseException as error:  # noqa: BLE001 (raised again below, in the main thread)
            errors.append(error)
        finally:
            worker.close()

    threads = [threading.Thread(target=serve) for _ in range(min(count, len(items)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def main(arguments: list[str] | None = None) -> int:
    """Judge the mutants of the packages.

    Returns:
        0; 1 when fewer than ``--at-least`` per cent of a package's mutants were killed; 2 when a test fails without a mutant.
    """
    parser = argparse.ArgumentParser(prog="python -m mutation", description=__doc__)
    parser.add_argument(
        "--package", action="append", help=f"{', '.join(PACKAGES)}, or a room; all packages if absent"
    )
    parser.add_argument("--seed", type=int, default=1, help="draws the mutants (default 1)")
    parser.add_argument("--count", type=int, default=400, help="mutants a package (default 400)")
    parser.add_argument("--workers", type=int, default=2, help="interpreters side by side (default 2)")
    parser.add_argument(
        "--at-least", type=float, default=92, help="per cent that must be killed (default 92)"
    )
    parser.add_argument("--again", action="store_true", help="judge the survivors of an earlier run again")
    parser.add_argument("--match", default="", help="only mutants whose path contains this")
    options = parser.parse_args(arguments)
    lock = threading.Lock()
    reach = Reach.load()
    files = judging_files()
    reach.keep(files)
    broken: list[str] = []

    def map_file(worker: Worker, name: str) -> None:
        answer = worker.run(files=[name], tests=[], mutant=None, seconds=900)
        with lock:
            if answer["outcome"] == PASSED:
                reach.add(name, answer["reached"])
            else:
                broken.append(name)
            print(f"reach: {name} {answer['outcome']} {answer['seconds']:.0f} s", file=sys.stderr)

    in_workers(options.workers, map_file, reach.missing(files))
    if broken:
        print(f"these tests fail without a mutant: {', '.join(sorted(broken))}", file=sys.stderr)
        return 2
    return max(_judge_package(package, options, reach) for package in options.package or PACKAGES)


def _judge_package(package: str, options: argparse.Namespace, reach: Reach) -> int:
    lock = threading.Lock()
    mutants = [mutant for mutant in mutants_of_package(package) if options.match in mutant.path]
    chosen = sample(mutants, options.seed, options.count)
    results_file = CACHE / f"{package}.jsonl"
    results: dict[str, str] = {}
    if results_file.exists():
        for line in results_file.read_text().splitlines():
            result = json.loads(line)
            results[result["name"]] = result["outcome"]
    reasons = explained(PAGE.read_text(encoding="utf-8")) if PAGE.exists() else set()

    def is_open(mutant: Mutant) -> bool:
        outcome = results.get(mutant.name)
        return outcome is None or (options.again and outcome == SURVIVED)

    def work(worker: Worker, mutant: Mutant) -> None:
        outcome, seconds = judge(worker, reach, mutant)
        with lock:
            results[mutant.name] = outcome
            with results_file.open("a") as out:
                print(
                    json.dumps({"name": mutant.name, "outcome": outcome, "seconds": round(seconds, 1)}),
                    file=out,
                )
            if outcome == SURVIVED:
                print(_shown(mutant), flush=True)

    start = time.monotonic()
    todo = [mutant for mutant in chosen if is_open(mutant)]
    in_workers(options.workers, work, todo)
    survivors = [mutant for mutant in chosen if results[mutant.name] == SURVIVED]
    killed = len(chosen) - len(survivors)
    share = 100 * killed / len(chosen)
    print(
        f"\n{package}, seed {options.seed}: {killed} of {len(chosen)} mutants killed, {share:.1f} %", end=""
    )
    print(f" ({len(todo)} judged now, {time.monotonic() - start:.0f} s; {len(mutants)} exist)")
    without = [m for m in survivors if (m.path.split("/", 2)[2], m.place, change_of(m)) not in reasons]
    print(f"{len(survivors)} survivors, {len(without)} of them not in docs/mutation.md:")
    for mutant in sorted(without, key=lambda mutant: (mutant.path, mutant.line)):
        print(_shown(mutant))
    for operator, number in Counter(mutant.operator for mutant in survivors).most_common():
        print(f"  {operator}: {number} of {sum(mutant.operator == operator for mutant in chosen)}")
    return int(share < options.at_least)


def _shown(mutant: Mutant) -> str:
    return (
        f"{mutant.path.split('/', 2)[2]}:{mutant.line} {mutant.place} [{mutant.operator}] {change_of(mutant)}"
    )


if __name__ == "__main__":
    sys.exit(main())
