"""A warm interpreter that runs test files in forks: each fork imports the library anew, with one mutant in it.

``python -m mutation.worker`` reads one job a line from its input (``Job``) and writes one answer a line (``Answer``), both as
JSON. What takes long to import (the CDK and its Node process, boto3, pytest) is imported once, before the first fork. The
forks share the Node process of jsii: one fork runs at a time, and after a fork that had to be killed the worker ends, for
the process may hold half a call. The caller starts another.
"""

from __future__ import annotations

import gc
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any

import pytest

from .mutants import MODULE_LEVEL, Mutant, code_of

ROOT = Path(__file__).resolve().parent.parent
LIBRARY = ROOT / "constructs_lib" / "capacity_guard"
CACHE = ROOT / ".cache" / "mutation"

WARM = (
    "aws_cdk",
    "boto3",
    "botocore.stub",
    "cdk_nag",
    "constructs",
    "hypothesis",
    "jsonschema",
    "rich.table",
    "yaml",
)
"""Packages that a fork finds imported."""

PASSED, FAILED, TIMED_OUT = "passed", "failed", "timed out"

_NO_TESTS = 5
"""pytest's exit code where every test was deselected."""


@dataclass(frozen=True, slots=True)
class Job:
    """Test files to run in one fork.

    Attributes:
        files: Test files relative to the repository.
        tests: Node ids of pytest, run in this order until the first failure; none: every test of the files.
        mutant: Fields of the ``Mutant`` in the library; without one the calls into the library are collected.
        seconds: Time after which the fork is killed.
    """

    files: Sequence[str]
    tests: Sequence[str]
    mutant: dict[str, Any] | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a job.

    Attributes:
        outcome: ``PASSED``, ``FAILED`` or ``TIMED_OUT``.
        seconds: Time that the fork took.
        reached: For each test (node id) of a job without a mutant its seconds, and the functions of the library that
            it and its fixtures called, as ``path::qualname``.
    """

    outcome: str
    seconds: float
    reached: Mapping[str, tuple[float, Sequence[str]]] = field(default_factory=dict)


class _MutantFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads one module of the library from changed code; everything else is loaded as ever."""

    def __init__(self, name: str, path: Path, code: CodeType) -> None:
        self._name = name
        self._path = path
        self._code = code

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002 (the interface of a finder)
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self._name:
            return None
        is_package = self._path.name == "__init__.py"
        return importlib.util.spec_from_file_location(
            fullname,
            self._path,
            loader=self,
            submodule_search_locations=[str(self._path.parent)] if is_package else None,
        )

    def exec_module(self, module: ModuleType) -> None:
        exec(self._code, module.__dict__)  # noqa: S102 (the library's own code)


def main() -> None:
    """Answer jobs until the input ends."""
    os.environ.setdefault("CDK_VALIDATION", "false")
    os.environ.setdefault("JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION", "1")
    os.environ.setdefault(
        "PYTEST_VERSION", pytest.__version__
    )  # as pytest does: the CDK looks whether it is tested
    answers = os.fdopen(os.dup(1), "w")
    quiet = os.open(os.environ.get("MUTATION_LOG", os.devnull), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    sys.path[:0] = [str(ROOT)]
    for name in WARM:
        importlib.import_module(name)
    gc.freeze()
    for line in sys.stdin:
        answer = _run(Job(**json.loads(line)))
        print(json.dumps(asdict(answer)), file=answers, flush=True)
        if answer.outcome == TIMED_OUT:
            return


def _run(job: Job) -> Answer:
    reading, writing = os.pipe()
    start = time.monotonic()
    child = os.fork()
    if not child:
        os.close(reading)
        os.setsid()
        _work(job, writing)
    os.close(writing)
    written = b""
    while True:
        left = start + job.seconds - time.monotonic()
        if left <= 0 or not select.select([reading], [], [], left)[0]:
            break
        part = os.read(reading, 1 << 16)
        written += part
        if not part or written.endswith(b"\n"):
            break
    with suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)  # and what the tests left running
    os.waitpid(child, 0)
    os.close(reading)
    seconds = time.monotonic() - start
    if not written.endswith(b"\n"):
        # Nothing was written in time; a fork that died of its mutant was seen by the tests.
        return Answer(TIMED_OUT if seconds >= job.seconds else FAILED, seconds)
    result = json.loads(written)
    return Answer(PASSED if result["code"] in (0, _NO_TESTS) else FAILED, seconds, result["reached"])


class _Order:
    """Plugin of pytest: the wanted tests alone, in the wanted order."""

    def __init__(self, tests: Sequence[str]) -> None:
        self._place = {test: place for place, test in enumerate(tests)}

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        if self._place:
            items[:] = sorted(
                (item for item in items if item.nodeid in self._place),
                key=lambda item: self._place[item.nodeid],
            )


class _Reach:
    """Plugin of pytest: which functions of the library each test calls, its fixtures included."""

    def __init__(self) -> None:
        self.tests: dict[str, tuple[float, list[str]]] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: Any) -> Iterator[None]:
        inside = str(LIBRARY) + os.sep
        seen: set[CodeType] = set()

        def note(frame: FrameType, _event: str, _argument: object) -> None:
            seen.add(frame.f_code)

        start = time.monotonic()
        threading.settrace(note)
        sys.settrace(note)
        try:
            return (yield)
        finally:
            sys.settrace(None)
            threading.settrace(None)
            reached = {
                f"{Path(code.co_filename).relative_to(ROOT).as_posix()}::{place_of(code.co_qualname)}"
                for code in seen
                if code.co_filename.startswith(inside)
            }
            self.tests[item.nodeid] = (time.monotonic() - start, sorted(reached))


def _work(job: Job, writing: int) -> None:
    """Run the tests and end the process, without the clean-up that belongs to the parent."""
    code = 1
    reach = _Reach()
    plugins: list[object] = [_Order(job.tests)]
    try:
        if job.mutant is None:
            plugins.append(reach)
        else:
            mutant = Mutant(**job.mutant)
            path = ROOT / mutant.path
            parts = path.relative_to(LIBRARY.parent).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            sys.meta_path.insert(0, _MutantFinder(name, path, code_of(ROOT, mutant)))
        options = ["-q", "-x", "-p", "no:xdist", "--hypothesis-seed=0", "-o", f"cache_dir={CACHE / 'pytest'}"]
        files = [str(ROOT / file) for file in job.files]
        code = int(pytest.main([*options, "-m", "not e2e", f"--rootdir={ROOT}", *files], plugins))
    finally:
        with os.fdopen(writing, "w") as pipe:
            pipe.write(json.dumps({"code": code, "reached": reach.tests}) + "\n")
        os._exit(0)


def place_of(qualname: str) -> str:
    """The function in which the code of a lambda or a comprehension stands."""
    parts = qualname.split(".<locals>.")
    while parts and parts[-1].startswith("<"):
        parts.pop()
    return ".<locals>.".join(parts) or MODULE_LEVEL


if __name__ == "__main__":
    main()
