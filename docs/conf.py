"""Sphinx settings of the documentation site: `make docs` builds it, and every warning is an error."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import capacity_guard

if TYPE_CHECKING:
    from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parents[1]
_PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

project = _PROJECT["name"]
release = version = capacity_guard.__version__
author = "the authors of capacity-guard"

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
html_theme = "furo"
html_title = f"capacity-guard {release}"
html_show_copyright = False
myst_heading_anchors = 4

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"

# Pages of the repository that stand outside this folder: the site has a copy of each under this name.
_OUTSIDE = {
    "README.md": "readme",
    "CONTRIBUTING.md": "contributing",
    "SECURITY.md": "security",
    "CHANGELOG.md": "changelog",
    "examples/ci/README.md": "ci-examples",
    "tests/conformance/README.md": "conformance-rows",
}
_LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)(#[^)\s]*)?\)")


def _link_to_the_site(_: Sphinx, page: str, content: list[str]) -> None:
    """Let a link to a page outside this folder lead to the copy of it in the site."""
    outside = {name: source for source, name in _OUTSIDE.items()}
    folder = (ROOT / outside[page]).parent if page in outside else (ROOT / "docs" / page).parent
    if page in outside:
        content[0] = (ROOT / outside[page]).read_text(encoding="utf-8")
    up = "../" * page.count("/")

    def link(match: re.Match[str]) -> str:
        target = (folder / match[1]).resolve().relative_to(ROOT).as_posix()
        anchor = match[2] or ""
        if target in _OUTSIDE:
            return f"]({up}{_OUTSIDE[target]}.md{anchor})"
        if page in outside:
            return f"](../{target}{anchor})" if not target.startswith("docs/") else f"]({target[5:]}{anchor})"
        return match[0]

    content[0] = _LINK.sub(link, content[0])


def _write_llms_txt(app: Sphinx, error: Exception | None) -> None:
    """Write llms.txt (https://llmstxt.org): each page with its title, for readers that are programs."""
    if error is not None:
        return
    pages = (f"- [{app.env.titles[page].astext()}]({page}.html)" for page in sorted(app.env.found_docs))
    lines = [f"# {project}", "", f"> {_PROJECT['description']}", "", "## Pages", "", *pages]
    (Path(app.outdir) / "llms.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Register the two steps of this file."""
    app.connect("source-read", _link_to_the_site)
    app.connect("build-finished", _write_llms_txt)
