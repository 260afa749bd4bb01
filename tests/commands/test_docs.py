"""``capacity-guard docs`` prints the documentation pages, and each page that a message names."""

from __future__ import annotations

import re

import pytest

from capacity_guard.commands.main import main
from capacity_guard.rules.pages import page_titles
from tests.paths import ROOT

NAMED = sorted(
    {
        "".join(name)
        for module in (ROOT / "constructs_lib" / "capacity_guard").rglob("*.py")
        for name in re.findall(
            r"docs/([a-z0-9-]+)\.md|capacity-guard docs (?!for )([a-z0-9-]+)",
            module.read_text(encoding="utf-8"),
        )
    }
)
"""The pages that messages and docstrings name."""


@pytest.mark.parametrize("named", NAMED)
def test_page_that_a_message_names_is_printed(named: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["docs", named]) == 0
    printed = capsys.readouterr().out
    file = f"docs/{named}.md"
    assert printed == (ROOT / file).read_text(encoding="utf-8")
    assert main(["docs", file]) == 0
    assert capsys.readouterr().out == printed


def test_docs_without_a_page_lists_each_with_its_title(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["docs"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(maxsplit=1)[0] for line in lines] == list(page_titles())
    assert {"recording", "watch", "iam"} <= set(page_titles())
    assert "changelog" not in page_titles()  # stands for a file outside the folder
    assert all(title.strip() for title in page_titles().values())


@pytest.mark.parametrize("name", ["nothing", "", "../README", "rules/CG4", "changelog", "docs/x\n.md"])
def test_page_that_does_not_exist_is_bad_input(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["docs", name]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.endswith("is not a page. Run capacity-guard docs for a list.\n")
    assert printed.err.count("\n") == 1
