"""Which rooms of the library are counted together, and which tests may judge them."""

from __future__ import annotations

from pathlib import Path

from .mutants import Mutant, mutants_of
from .worker import LIBRARY, ROOT

PACKAGES: dict[str, tuple[str, ...]] = {
    "capacity": ("capacity", "evidence", "simulator", "rules"),
    "handlers": ("handlers", "dynamodb", "watch", "rollback"),
    "cdk": ("cdk",),
    "nag": ("nag", "cloudformation", "findings", "checking"),
    "planning": ("planning", "pricing", "report"),
    "recording": ("recording", "commands", "deployment"),
}
"""Rooms of a package. ``rehearsal`` is none: it stands in for AWS in tests, and its own tests start an emulator each."""

LEFT_OUT = ("e2e", "rehearsal", "conformance", "live", "demo", "benchmarks", "mutation", "stacks")
"""Folders of tests that judge no mutant: what they run is outside the interpreter, or no room of a package."""

LEFT_OUT_FILES = ("tests/test_packaging.py", "tests/test_architecture.py", "tests/test_import_contract.py")
"""They read the files of the library, which a mutant leaves as they are."""


def mutants_of_package(package: str) -> list[Mutant]:
    """Every mutant of a package; of one room where ``package`` is the name of a room alone."""
    rooms = PACKAGES.get(package, (package,))
    return [
        mutant
        for room in rooms
        for path in sorted((LIBRARY / room).rglob("*.py"))
        for mutant in mutants_of(ROOT, path.relative_to(ROOT).as_posix())
    ]


def judging_files() -> list[str]:
    """Test files that may judge a mutant."""
    found = (path.relative_to(ROOT) for path in sorted((ROOT / "tests").rglob("test_*.py")))
    return [
        path.as_posix()
        for path in found
        if path.parts[1] not in LEFT_OUT and path.as_posix() not in LEFT_OUT_FILES
    ]


def mirrors(test_file: str, path: str) -> bool:
    """Whether a test file is at the mirrored path of a module (CONTRIBUTING.md)."""
    test, module = Path(test_file), Path(path)
    name = module.stem[:4] if module.parent.name == "rules" and module.stem.startswith("cg") else module.stem
    stem = test.stem.removeprefix("test_")
    if module.parts[2] == "rules" and test.as_posix() == "tests/rules/test_printed.py":
        return True  # what every rule prints, a test for each
    return test.parts[1] == module.parts[2] and (stem == name or stem.startswith(f"{name}_"))
