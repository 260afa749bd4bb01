"""A release: tag, version and changelog agree, and the workflow publishes what it built and attested."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

import capacity_guard
from tests.paths import ROOT

WORKFLOW: dict[str, Any] = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text())
RELEASED = "# Changelog\n\n## [Unreleased]\n\n## [1.2.0] - 2026-12-01\n\n- One.\n\n## [1.1.0] - 2026-11-01\n\n- Old.\n"


@pytest.fixture(scope="module")
def release_notes() -> ModuleType:
    spec = importlib.util.spec_from_file_location("release_notes", ROOT / ".github" / "release_notes.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    package = tmp_path / "constructs_lib" / "capacity_guard"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text('"""A package."""\n\n__version__ = "1.2.0"\n')
    (tmp_path / "CHANGELOG.md").write_text(RELEASED)
    return tmp_path


def test_version_is_read_from_the_package_without_an_import(release_notes: ModuleType) -> None:
    assert release_notes.version() == capacity_guard.__version__


def test_notes_are_the_section_of_the_version(
    release_notes: ModuleType, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert release_notes.main("v1.2.0", repository) == 0
    assert capsys.readouterr().out == "- One.\n"


@pytest.mark.parametrize(
    ("tag", "old", "new", "said"),
    [
        ("v1.2.1", "", "", "the tag is v1.2.1, the package states 1.2.0"),
        ("1.2.0", "", "", "the tag is 1.2.0, the package states 1.2.0"),
        ("v1.2.0", "[Unreleased]\n", "[Unreleased]\n\n### Added\n\n- New.\n", "entries under [Unreleased]"),
        ("v1.2.0", "[1.2.0]", "[1.3.0]", "no section [1.2.0]"),
        ("v1.2.0", "- One.", "", "no section [1.2.0]"),
        ("v1.2.0", " - 2026-12-01", "", "has no date"),
    ],
)
def test_notes_when_something_does_not_agree_stop_the_release(
    release_notes: ModuleType,
    repository: Path,
    capsys: pytest.CaptureFixture[str],
    tag: str,
    old: str,
    new: str,
    said: str,
) -> None:
    (repository / "CHANGELOG.md").write_text(RELEASED.replace(old, new, 1) if old else RELEASED)
    assert release_notes.main(tag, repository) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert said in captured.err
    assert captured.err.count("\n") == 1


def test_release_when_it_publishes_has_built_checked_and_attested_the_same_files() -> None:
    jobs = WORKFLOW["jobs"]
    assert list(WORKFLOW[True]) == ["push"]  # YAML reads the key `on` as true
    assert WORKFLOW[True]["push"] == {"tags": ["v*"]}
    assert (jobs["publish"]["needs"], jobs["announce"]["needs"]) == ("build", "publish")
    scripts = "\n".join(step.get("run", "") for step in jobs["build"]["steps"])
    order = [
        "merge-base --is-ancestor",
        "release_notes.py",
        "make check",
        "make slow",
        "make wheel",
        "cibuildwheel --platform linux",
        "cyclonedx-py environment",
    ]
    assert [scripts.index(part) for part in order] == sorted(scripts.index(part) for part in order)
    uses = [step["uses"].partition("@")[0] for step in jobs["publish"]["steps"]]
    assert uses == [
        "actions/download-artifact",
        "actions/attest-build-provenance",
        "actions/attest-sbom",
        "pypa/gh-action-pypi-publish",
    ]


def test_release_when_it_publishes_uses_no_stored_secret() -> None:
    text = (ROOT / ".github" / "workflows" / "release.yml").read_text()
    assert "secrets." not in text
    assert not re.search("password|token:(?! write)", text)
