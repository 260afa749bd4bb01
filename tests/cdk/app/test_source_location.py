"""The line that a construct remembers: of the user's code, not of what is installed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from capacity_guard.cdk.app import source_location as module
from capacity_guard.cdk.app.source_location import caller
from tests.paths import ROOT

Calling = Callable[[Callable[[], object]], object]


def calling(file: Path | str, name: str, then: str = "then()") -> Calling:
    """A function of a module of this name and file that calls what it is given, in its line 3."""
    made = ModuleType(name)
    exec(compile(f"def call(then):\n    # a line\n    return {then}\n", str(file), "exec"), made.__dict__)
    return made.call  # type: ignore[no-any-return]


def test_caller_when_called_from_a_test_is_this_file_and_line() -> None:
    line = sys._getframe().f_lineno + 1
    assert caller() == (Path(__file__).relative_to(Path.cwd()).as_posix(), line)


@pytest.mark.parametrize("name", ["aws_cdk.core", "jsii._runtime", "constructs", "cdk_nag.rules"])
def test_caller_when_the_cdk_lies_between_is_the_code_before_it(name: str, tmp_path: Path) -> None:
    # beside the user's code, as `pip install --target` puts it
    between = calling(tmp_path / "vendored" / "x.py", name)
    found = between(caller)
    assert isinstance(found, tuple)
    assert found[0].endswith("test_source_location.py")


def test_caller_when_the_library_or_an_installed_package_lies_between_is_the_code_before_it() -> None:
    library = calling(Path(module.__file__).parent / "elsewhere.py", "capacity_guard.cdk.elsewhere")
    package = calling(Path(pytest.__file__).parent / "construct.py", "somebodys.construct")
    found = package(lambda: library(caller))
    assert isinstance(found, tuple)
    assert found[0].endswith("test_source_location.py")


def test_caller_when_the_code_lies_in_a_class_of_the_user_is_the_line_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrapper = calling(tmp_path / "shared" / "tables.py", "shared.tables")
    assert str(Path(str(wrapper(caller)[0])).resolve()).endswith("shared/tables.py")  # type: ignore[index]
    monkeypatch.chdir(tmp_path)
    assert wrapper(caller) == ("shared/tables.py", 3)
    (tmp_path / "infra").mkdir()
    monkeypatch.chdir(tmp_path / "infra")
    assert wrapper(caller) == ("../shared/tables.py", 3)


def test_caller_when_nothing_is_a_file_is_unknown_and_when_all_is_installed_is_the_first(
    tmp_path: Path,
) -> None:
    program = "from capacity_guard.cdk.app.source_location import caller\nprint(caller())"
    said = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert said.stdout == "None\n"
    installed = str(Path(pytest.__file__).parent / "app.py")
    program = (
        "from capacity_guard.cdk.app.source_location import caller\n"
        f"exec(compile('def app():\\n    return caller()\\n', {installed!r}, 'exec'))\nprint(app())"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "pytest/app.py', 2)" in said.stdout
