"""Which tests call which function of the library: found once, kept in a file, found again for test files that changed."""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .mutants import MODULE_LEVEL, Mutant
from .packages import mirrors
from .worker import CACHE, LIBRARY, ROOT

FILE = CACHE / "reach.json"

BUDGET = 20.0
"""Seconds of tests, as the map has them, that each later stage of a mutant may take."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Tests of a mutant in the order in which they run.

    Attributes:
        files: Their files.
        tests: Their node ids.
        seconds: What they took without a mutant, with calls traced.
    """

    files: Sequence[str]
    tests: Sequence[str]
    seconds: float


class Reach:
    """The map, as its file has it: for each test file its digest and, for each test, seconds and functions."""

    def __init__(self, files: dict[str, Any]) -> None:
        self._files = files
        self._importers = _importers()

    @classmethod
    def load(cls) -> Reach:
        """The map of an earlier run, or an empty one."""
        return cls(json.loads(FILE.read_text()) if FILE.exists() else {})

    def missing(self, test_files: Iterable[str]) -> list[str]:
        """Test files that are not in the map as they are now."""
        return [name for name in test_files if self._files.get(name, {}).get("digest") != _digest(name)]

    def add(self, test_file: str, reached: dict[str, Any]) -> None:
        """Note what a file's tests reached, and keep the map."""
        self._files[test_file] = {"digest": _digest(test_file), "tests": reached}
        CACHE.mkdir(parents=True, exist_ok=True)
        FILE.write_text(json.dumps(self._files))

    def keep(self, test_files: Sequence[str]) -> None:
        """Forget files that are gone."""
        self._files = {name: entry for name, entry in self._files.items() if name in test_files}

    def choose(self, mutant: Mutant) -> list[Chosen]:
        """Tests of a mutant in up to three stages.

        Those at the mirrored path of its module that reach it, then the others that reach it, then the other tests at the
        mirrored path: a fixture of their module may have reached it for the first of them alone.
        """
        wanted = f"{mutant.path}::{mutant.place}"
        paths = {mutant.path}
        known = mutant.place != MODULE_LEVEL and any(
            wanted in functions for entry in self._files.values() for _, functions in entry["tests"].values()
        )
        if not known:
            # A constant or a default is used wherever the module is, and where it is imported.
            paths |= self._importers.get(mutant.path, set())
        room = Path(mutant.path).parts[2]
        ranked: list[tuple[tuple[int, float], str, list[tuple[float, str]]]] = []
        beside: list[tuple[str, list[tuple[float, str]]]] = []
        for name, entry in self._files.items():
            tests = entry["tests"]
            near = mirrors(name, mutant.path)
            direct = [
                (seconds, test)
                for test, (seconds, functions) in tests.items()
                if (
                    wanted in functions
                    if known
                    else any(one.partition("::")[0] in paths for one in functions)
                )
            ]
            if (len(direct) <= 1 and (direct or near)) or (near and not known):
                # A fixture or a cache: the first test has it made for all. A test of a constant may call nothing.
                direct = [(seconds, test) for test, (seconds, _) in tests.items()]
            if direct:
                direct.sort()
                rank = 0 if near else 1 if name.split("/")[1] == room else 2
                ranked.append(((rank, direct[0][0]), name, direct))
            if near:
                judging = {test for _, test in direct}
                left = sorted((seconds, test) for test, (seconds, _) in tests.items() if test not in judging)
                beside.append((name, left))
        ranked.sort()
        mirrored = [(name, direct) for (rank, _), name, direct in ranked if rank == 0]
        others = [(name, direct) for (rank, _), name, direct in ranked if rank > 0]
        stages = (_within(mirrored, float("inf")), _within(others, BUDGET), _within(beside, BUDGET))
        return [stage for stage in stages if stage.tests]


def _within(files: Sequence[tuple[str, Sequence[tuple[float, str]]]], budget: float) -> Chosen:
    used: list[str] = []
    tests: list[str] = []
    total = 0.0
    for name, timed in files:
        for seconds, test in timed:
            if total + seconds > budget:
                break
            total += seconds
            tests.append(test)
            if name not in used:
                used.append(name)
    return Chosen(used, tests, total)


def _digest(test_file: str) -> str:
    return hashlib.sha256((ROOT / test_file).read_bytes()).hexdigest()[:16]


def _importers() -> dict[str, set[str]]:
    """For each module of the library the modules that import it, by their paths."""
    found: dict[str, set[str]] = {}
    for path in LIBRARY.rglob("*.py"):
        package = path.relative_to(LIBRARY).parts[:-1]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.ImportFrom) or not node.level:
                continue
            base = LIBRARY.joinpath(
                *package[: len(package) - node.level + 1], *(node.module or "").split(".")
            )
            for target in (base.with_suffix(".py"), *(base / f"{alias.name}.py" for alias in node.names)):
                if target.exists():
                    found.setdefault(target.relative_to(ROOT).as_posix(), set()).add(
                        path.relative_to(ROOT).as_posix()
                    )
    return found
