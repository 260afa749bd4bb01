"""The Lambda code: where it is copied to, without what, and that it is deleted at exit."""

from __future__ import annotations

import atexit
import shutil
from pathlib import Path
from typing import Any

import pytest

from capacity_guard.cdk.provider import lambda_code
from capacity_guard.cdk.provider.lambda_code import PARTS, stage_lambda_code


def test_code_is_copied_without_compiled_files_and_deleted_at_exit(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    package = tmp_path / "made" / "capacity_guard"
    for name in (
        "capacity/a.py",
        "capacity/__pycache__/a.pyc",
        "capacity/b.pyc",
        "dynamodb/c.py",
        "handlers/d.py",
    ):
        file = package / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    for name in ("__init__.py", "other.py", "cdk.py"):
        (package / name).write_text(name)
    registered: list[tuple[Any, ...]] = []
    monkeypatch.setattr(lambda_code, "_PACKAGE", package)
    monkeypatch.setattr(atexit, "register", lambda *call, **options: registered.append((*call, options)))
    folder = Path(stage_lambda_code.__wrapped__())
    files = {
        path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()
    }
    assert files == {
        "capacity_guard/__init__.py": "__init__.py",
        "capacity_guard/capacity/a.py": "capacity/a.py",
        "capacity_guard/dynamodb/c.py": "dynamodb/c.py",
        "capacity_guard/handlers/d.py": "handlers/d.py",
    }
    assert folder.name.startswith("capacity-guard-")
    assert registered == [(shutil.rmtree, folder, {"ignore_errors": True})]
    assert PARTS == ("__init__.py", "capacity", "dynamodb", "handlers")
    shutil.rmtree(folder)


def test_code_is_copied_once_a_process() -> None:
    assert stage_lambda_code() is stage_lambda_code()


def test_files_and_folders_are_copied_in_any_order(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    package = tmp_path / "capacity_guard"
    (package / "part").mkdir(parents=True)
    for name in ("a.py", "b.py", "part/c.py"):
        (package / name).touch()
    monkeypatch.setattr(lambda_code, "_PACKAGE", package)
    for parts in (("part", "a.py", "b.py"), ("a.py", "part", "b.py")):
        monkeypatch.setattr(lambda_code, "PARTS", parts)
        folder = Path(stage_lambda_code.__wrapped__())
        files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
        assert files == {f"capacity_guard/{name}" for name in ("a.py", "b.py", "part/c.py")}
        shutil.rmtree(folder)
