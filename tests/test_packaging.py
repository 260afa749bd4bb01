"""The wheel holds what the repository holds: code, Lambda code, schemas, rule pages, the clock."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import capacity_guard
from tests.paths import ROOT

LIBRARY = ROOT / "constructs_lib" / "capacity_guard"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    # From a copy: setuptools leaves build/ and an egg-info beside the sources that it reads.
    source = tmp_path_factory.mktemp("source")
    ignore = shutil.ignore_patterns("__pycache__", "*.pyc", "*.egg-info", "*.so")
    shutil.copytree(ROOT / "constructs_lib", source / "constructs_lib", ignore=ignore)
    shutil.copytree(ROOT / "docs", source / "docs", ignore=ignore)
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    target = tmp_path_factory.mktemp("wheel")
    pip("wheel", str(source), "--no-build-isolation", "--wheel-dir", str(target))
    (built,) = target.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("installed")
    pip("install", str(wheel), "--target", str(target))
    return target


def pip(command: str, *arguments: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "pip", command, "--quiet", "--no-deps", "--no-index", *arguments],
        check=True,
        capture_output=True,
        text=True,
    )


def run(installed: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=installed,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )


def files_below(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_wheel_when_built_holds_every_file_of_the_library_and_every_page(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    library = {f"capacity_guard/{name}" for name in files_below(LIBRARY)}
    pages = {
        (Path("capacity_guard/pages") / folder / page.name).as_posix()
        for folder in (".", "rules", "runbooks")
        for page in (ROOT / "docs" / folder).glob("*.md")
    }
    some = {"py.typed", "pages/recording.md", "pages/rules/CG4.md", "pages/runbooks/bake-throttled.md"}
    assert {f"capacity_guard/{name}" for name in some} <= library | pages
    built = {name for name in packed | library if name.endswith(".so")}  # where there is a C compiler
    assert packed - built == (library | pages) - built


def test_wheel_when_built_is_capacity_guard_with_command_and_extras(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        text = {
            part: archive.read(next(name for name in names if name.endswith(f".dist-info/{part}"))).decode()
            for part in ("METADATA", "entry_points.txt")
        }
    # It holds the compiled twin of the simulator, where there was a C compiler.
    assert re.fullmatch(r"capacity_guard-0\.1\.0-cp3\d+-cp3\d+-\w+\.whl", wheel.name)
    assert "capacity-guard = capacity_guard.commands.main:main" in text["entry_points.txt"]
    assert "License-Expression: Apache-2.0" in text["METADATA"]
    required = [line for line in text["METADATA"].splitlines() if line.startswith("Requires-Dist:")]
    always = {re.split(r"[<>=]", line.split()[1])[0] for line in required if "extra ==" not in line}
    assert always == {"aws-cdk-lib", "cdk-nag", "constructs"}
    assert any(line.startswith("Requires-Dist: ministack==") for line in required)


def test_installed_wheel_when_imported_elsewhere_finds_its_version_schemas_and_pages(installed: Path) -> None:
    program = """
import json
from importlib.resources import files
import capacity_guard, capacity_guard.capacity
print(json.dumps({
    "home": capacity_guard.__file__,
    "version": capacity_guard.__version__,
    "schemas": [json.loads(f.read_text())["$schema"] for f in files("capacity_guard.evidence").joinpath("schemas").iterdir()],
    "page": files("capacity_guard").joinpath("pages", "rules", "CG4.md").read_text()[:200],
    "runbook": files("capacity_guard").joinpath("pages", "runbooks", "held.md").read_text()[:200],
}))
"""
    result = run(installed, "-c", program)
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert Path(found["home"]).is_relative_to(installed)
    assert found["version"] == capacity_guard.__version__
    assert found["schemas"]
    assert "CG4" in found["page"]
    assert "Code `held`" in found["runbook"]


def test_version_when_named_elsewhere_is_that_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["dynamic"] == ["version"]
    assert metadata.version("capacity-guard") == capacity_guard.__version__
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *(ROOT / "examples" / "ci").iterdir()]
    named = {found for page in pages for found in re.findall(r"capacity_guard-(\S+?)-py3", page.read_text())}
    assert named == {capacity_guard.__version__}


def test_installed_command_when_asked_for_help_answers(installed: Path) -> None:
    result = run(installed, str(installed / "bin" / "capacity-guard"), "record", "--help")
    assert result.returncode == 0, result.stderr
    assert "--table" in result.stdout


def test_extras_when_they_name_a_pinned_tool_name_the_version_that_was_tested() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pins = dict(
        line.split("==")
        for name in ("requirements.txt", "requirements-dev.txt")
        for line in (ROOT / name).read_text().splitlines()
        if "==" in line
    )
    exact = [
        requirement.split("==")
        for requirements in project["optional-dependencies"].values()
        for requirement in requirements
        if "==" in requirement
    ]
    assert exact
    assert all(pins[name] == version for name, version in exact)


def test_requirements_when_read_pin_every_package_exactly_with_all_that_it_needs() -> None:
    lines = [
        line
        for name in ("requirements.txt", "requirements-dev.txt")
        for line in (ROOT / name).read_text().splitlines()
        if line and not line.startswith(("#", "-r ", "-e "))
    ]
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.]*", line)] == []
    pins = {canonicalize_name(line.split("==")[0]): line.split("==")[1] for line in lines}
    needed = {
        canonicalize_name(requirement.name)
        for name in pins
        for requirement in map(Requirement, metadata.requires(name) or [])
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""})
    }
    assert needed - pins.keys() == set()
    assert {name: metadata.version(name) for name in pins} == pins


@pytest.mark.skipif(sys.platform != "linux", reason="manylinux is of Linux")
def test_wheel_with_the_compiled_simulator_when_audited_is_a_manylinux_wheel(
    wheel: Path, tmp_path: Path
) -> None:
    """As `make wheel` does it: any Linux with that C library and this Python can install it."""
    audited = subprocess.run(
        [sys.executable, "-m", "auditwheel", "repair", "--wheel-dir", str(tmp_path), str(wheel)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert audited.returncode == 0, audited.stderr
    (named,) = tmp_path.iterdir()
    assert re.fullmatch(
        r"capacity_guard-0\.1\.0-cp3\d+-cp3\d+-manylinux\w+(\.manylinux\w+)*\.whl", named.name
    )
    with zipfile.ZipFile(named) as archive:
        assert any(re.search(r"simulator/_compiled.*\.so$", name) for name in archive.namelist())


def test_release_builds_a_wheel_for_each_supported_python() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    built = settings["tool"]["cibuildwheel"]["build"].split()
    lowest = re.fullmatch(r">=3\.(\d+)", settings["project"]["requires-python"])
    assert lowest is not None
    versions = [int(re.fullmatch(r"cp3(\d+)-manylinux_x86_64", each)[1]) for each in built]  # type: ignore[index]
    assert versions == list(range(int(lowest[1]), max(versions) + 1))
    assert max(versions) >= 14


@pytest.mark.parametrize(
    "script",
    [
        ROOT / "Makefile",
        ROOT / ".ci" / "run",
        *sorted((ROOT / ".github" / "workflows").iterdir()),
        *sorted((ROOT / "examples" / "ci").iterdir()),
    ],
    ids=lambda script: script.name,
)
def test_script_when_it_pipes_reads_the_whole_output(script: Path) -> None:
    """A reader that stops early makes the writer fail, and with pipefail the whole pipe with it."""
    early = re.findall(r"\|\s*(?:grep -\w*q|head\b).*", script.read_text(encoding="utf-8"))
    assert early == []
