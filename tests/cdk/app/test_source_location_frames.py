"""The line that a construct remembers, on made-up call stacks."""

from __future__ import annotations

import os
import sysconfig
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from capacity_guard.cdk.app import source_location
from capacity_guard.cdk.app.source_location import caller

LIBRARY = Path(source_location.__file__).resolve().parents[2]
PURELIB = Path(sysconfig.get_paths()["purelib"])
STDLIB = Path(sysconfig.get_paths()["stdlib"])
HERE = Path.cwd()


def called(monkeypatch: pytest.MonkeyPatch, *frames: tuple[object, str | None]) -> tuple[str, int] | None:
    """What ``caller`` says when the frames, the innermost first, call it: file and module name of each; lines from 1."""
    outer: Any = None
    for line, (file, name) in reversed(list(enumerate(frames, 1))):
        outer = SimpleNamespace(
            f_code=SimpleNamespace(co_filename=str(file)),
            f_lineno=line,
            f_globals={} if name is None else {"__name__": name},
            f_back=outer,
        )
    depths: list[int] = []
    fake = SimpleNamespace(_getframe=lambda depth: depths.append(depth) or outer)
    monkeypatch.setattr(source_location, "sys", fake)
    found = caller()
    assert depths == [1]
    return found


USER = (HERE / "stacks" / "orders.py", "stacks.orders")
APP = (HERE / "app.py", "__main__")
OWN = (LIBRARY / "cdk" / "guards" / "guard.py", "capacity_guard.cdk.guards.guard")
INSTALLED = (PURELIB / "theirs" / "construct.py", "theirs.construct")
OTHER_INSTALLED = (PURELIB / "others" / "construct.py", "others.construct")
STANDARD = (STDLIB / "runpy.py", "runpy")
CDK = (HERE / "vendored" / "x.py", "aws_cdk.core")
NO_FILE = ("<string>", "__main__")


@pytest.mark.parametrize(
    ("frames", "found"),
    [
        ((USER,), ("stacks/orders.py", 1)),
        ((USER, APP), ("stacks/orders.py", 1)),
        ((OWN, USER, APP), ("stacks/orders.py", 2)),
        ((OWN, CDK, USER), ("stacks/orders.py", 3)),
        ((OWN, INSTALLED, STANDARD, NO_FILE, APP), ("app.py", 5)),
        ((NO_FILE, USER), ("stacks/orders.py", 2)),
        ((OWN,), None),
        ((OWN, NO_FILE), None),
        ((CDK,), None),
        ((), None),
        ((OWN, INSTALLED, OTHER_INSTALLED), (os.path.relpath(INSTALLED[0]), 2)),
        ((OWN, INSTALLED, OWN), (os.path.relpath(INSTALLED[0]), 2)),
        (((HERE / "a.py", None),), ("a.py", 1)),
        (((HERE / "a.py", "aws_cdk_tools.x"),), ("a.py", 1)),
        (((f"{LIBRARY}_too/a.py", "mine"),), (os.path.relpath(f"{LIBRARY}_too/a.py"), 1)),
    ],
    ids=str,
)
def test_caller_is_the_first_frame_of_the_users_code(
    monkeypatch: pytest.MonkeyPatch, frames: Any, found: tuple[str, int] | None
) -> None:
    assert called(monkeypatch, *frames) == found


@pytest.mark.parametrize("package", ["aws_cdk", "cdk_nag", "constructs", "jsii"])
@pytest.mark.parametrize("module", ["", ".core"])
def test_frames_of_the_cdk_are_passed_over_by_their_name(
    monkeypatch: pytest.MonkeyPatch, package: str, module: str
) -> None:
    between = (HERE / "vendored" / "x.py", f"{package}{module}")
    assert called(monkeypatch, between, APP) == ("app.py", 2)


def test_file_on_another_drive_is_named_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(file: str) -> str:
        raise ValueError("path is on mount 'D:', start on mount 'C:'")

    monkeypatch.setattr(
        source_location,
        "os",
        SimpleNamespace(path=SimpleNamespace(relpath=refuse, abspath=os.path.abspath), sep=os.sep),
    )
    assert called(monkeypatch, USER) == (str(USER[0]), 1)


@pytest.mark.parametrize("name", ["stdlib", "platstdlib", "purelib", "platlib"])
def test_folders_of_installed_code_are_those_of_python(name: str) -> None:
    assert str(Path(sysconfig.get_paths()[name])) in source_location._installed_folders()
