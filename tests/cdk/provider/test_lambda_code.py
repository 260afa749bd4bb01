"""The Lambda code: what it contains, that the gates load all of it, and what does not change it."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from capacity_guard.cdk.provider import lambda_code
from capacity_guard.cdk.provider.lambda_code import PARTS, stage_lambda_code

PACKAGE = Path(lambda_code.__file__).parents[2]
LOADED = """
import sys
sys.path.insert(0, {folder!r})
from capacity_guard.handlers import gate
for name in ("preflight", "bake", "unread"):
    gate._gate_module({{"Gate": name}})
gate._takes_hold_out({{"OldResourceProperties": {{"Hold": "/h"}}, "ResourceProperties": {{}}}})
for name, module in list(sys.modules.items()):
    if name.partition(".")[0] == "capacity_guard":
        print(module.__file__)
"""
"""What a function loads before it reads its plan; no module imports another one later but ``gate`` itself."""


def hash_of(folder: str) -> str:
    """Hash of names and contents, from which the CDK makes the key of the asset."""
    found = hashlib.sha256()
    for path in sorted(path for path in Path(folder).rglob("*") if path.is_file()):
        found.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()


def test_lambda_code_has_what_the_gates_need_and_no_construct() -> None:
    folder = Path(stage_lambda_code())
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert "capacity_guard/handlers/gate.py" in names
    assert "capacity_guard/capacity/gate_plan.py" in names
    assert {name.split("/")[1] for name in names} == {"__init__.py", "capacity", "dynamodb", "handlers"}
    assert not [name for name in names if name.endswith(".pyc")]
    assert stage_lambda_code() == stage_lambda_code()


def test_file_of_the_lambda_code_when_looked_for_is_loaded_by_a_gate() -> None:
    folder = stage_lambda_code()
    code = LOADED.format(folder=folder)
    ran = subprocess.run(
        [sys.executable, "-B", "-c", code], capture_output=True, text=True, check=True, cwd=folder
    )
    loaded = {Path(line).relative_to(folder).as_posix() for line in ran.stdout.splitlines()}
    copied = {path.relative_to(folder).as_posix() for path in Path(folder).rglob("*") if path.is_file()}
    assert {name for name in copied if "__pycache__" not in name} == loaded


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A copy of the package, from which the Lambda code is made."""
    copied = tmp_path / PACKAGE.name
    shutil.copytree(PACKAGE, copied, ignore=shutil.ignore_patterns("__pycache__", "*.so", "build"))
    monkeypatch.setattr(lambda_code, "_PACKAGE", copied)
    return copied


ROOMS = sorted(path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__")


@pytest.mark.sampled(every=4)
@pytest.mark.parametrize("room", ROOMS)
def test_comment_in_a_room_changes_the_functions_only_where_it_ships(package: Path, room: str) -> None:
    before = hash_of(stage_lambda_code.__wrapped__())
    for path in (package / room).rglob("*.py"):
        path.write_text(path.read_text(encoding="utf-8") + "# a comment\n", encoding="utf-8")
    assert (hash_of(stage_lambda_code.__wrapped__()) != before) is (room in PARTS)
