"""The documentation site builds without a warning, and every page of the repository is in it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import capacity_guard
from tests.paths import ROOT


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = ["-m", "sphinx", "--quiet", "--fail-on-warning", "--keep-going", "--builder", "html"]
    done = subprocess.run(
        [sys.executable, *command, "--doctree-dir", str(folder / "doctrees"), "docs", str(folder / "html")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder / "html"


@pytest.mark.slow
def test_site_has_each_page_and_lists_it_for_programs(site: Path) -> None:
    pages = [page.relative_to(ROOT / "docs").with_suffix(".html") for page in (ROOT / "docs").rglob("*.md")]
    assert len(pages) > 40
    listed = (site / "llms.txt").read_text(encoding="utf-8")
    for page in pages:
        assert (site / page).is_file(), page
        assert f"({page.as_posix()})" in listed


@pytest.mark.slow
@pytest.mark.parametrize("name", capacity_guard.__all__)
def test_site_documents_each_public_name(site: Path, name: str) -> None:
    assert f'id="capacity_guard.{name}"' in (site / "python-api.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_site_shows_pages_outside_its_folder_with_links_that_lead_into_it(site: Path) -> None:
    readme = (site / "readme.html").read_text(encoding="utf-8")
    assert 'href="gates.html"' in readme
    assert 'href="contributing.html"' in readme
    assert 'href="../contributing.html#add-a-rule"' in (site / "rules" / "README.html").read_text(
        encoding="utf-8"
    )


WORDS = (
    "arm",
    "baseline",
    "dimension",
    "floor",
    "pre-warm",
    "relief",
    "seed",
    "transition",
    "veto",
    "way back",
)
"""Words of this library that a reader cannot look up at AWS."""


def test_glossary_defines_each_word_and_pages_that_use_one_link_it() -> None:
    glossary = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    assert [word for word in WORDS if f"\n{word}\n  " not in glossary] == []
    used = re.compile(rf"\b({'|'.join(WORDS)})s?\b", re.IGNORECASE)
    pages = [*(ROOT / "docs").glob("*.md"), *(ROOT / "docs" / "rules").glob("*.md"), ROOT / "README.md"]
    without = [
        page.relative_to(ROOT).as_posix()
        for page in pages
        if page.name not in ("glossary.md", "index.md", "mutation.md")  # the seed of a sample
        and used.search(page.read_text(encoding="utf-8"))
        and "glossary.md" not in page.read_text(encoding="utf-8")
    ]
    assert without == []
