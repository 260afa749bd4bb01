"""The pages name every option of a command, and no option that it does not have."""

from __future__ import annotations

import argparse
import re
import shlex
from pathlib import Path

import pytest

from capacity_guard.commands.main import _parser
from tests.paths import ROOT

PAGES = {
    "check": "docs/check.md",
    "deploy": "docs/deploying.md",
    "findings": "docs/ci.md",
    "plan": "docs/plan.md",
    "promote": "docs/waves.md",
    "recommend": "docs/recommend.md",
    "record": "docs/recording.md",
    "accept": "docs/watch.md",
    "pause": "docs/watch.md",
    "rollback": "docs/watch.md",
    "status": "docs/watch.md",
}


def commands() -> dict[str, argparse.ArgumentParser]:
    (subparsers,) = (
        action for action in _parser()._actions if isinstance(action, argparse._SubParsersAction)
    )
    return dict(subparsers.choices)


def options(command: str) -> set[str]:
    return {
        option
        for action in commands()[command]._actions
        for option in action.option_strings
        if option.startswith("--") and option != "--help"
    }


def test_pages_are_those_of_every_command_with_options() -> None:
    assert {name for name in commands() if options(name)} == set(PAGES)


@pytest.mark.parametrize("command", PAGES)
def test_page_of_a_command_has_each_option_and_no_other_in_its_tables(command: str) -> None:
    text = (ROOT / PAGES[command]).read_text(encoding="utf-8")
    assert {option for option in options(command) if option not in text} == set()
    cells = re.findall(r"^\| (`--[^|]*) \|", text, re.MULTILINE)
    others = [options(other) for other, page in PAGES.items() if page == PAGES[command]]
    assert {option for cell in cells for option in re.findall(r"--[a-z-]+", cell)} <= set().union(*others)


_COMMAND = r"(?<![\w/])capacity-guard [a-z].*"


def shown() -> list[tuple[str, str]]:
    """Each `capacity-guard` command in a block of code, with its page."""
    found = []
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), ROOT / "CONTRIBUTING.md"):
        text = page.read_text(encoding="utf-8").replace("\\\n", " ")
        for language, block in re.findall(r"^```([^\n]*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
            for line in block.splitlines() if language in ("", "sh", "yaml") else ():
                # As a value of JSON it ends with its quotation mark.
                pattern = r"(?<=\")capacity-guard [a-z][^\"]*" if '": "capacity' in line else _COMMAND
                command = re.search(pattern, line)
                if command and not line.startswith(("#", "capacity-guard record ──►")):
                    found.append((str(page.relative_to(ROOT)), command[0]))
    return found


@pytest.mark.parametrize(("page", "line"), shown())
def test_command_when_a_page_shows_it_has_options_of_its_parser(page: str, line: str) -> None:
    words = shlex.split(line.split("#")[0].split("||")[0], posix=True)[1:]
    assert words[0] in commands(), (page, line)
    assert {word for word in words if word.startswith("--")} <= options(words[0]), (page, line)


def test_commands_are_found_on_pages() -> None:
    assert {Path(page).name for page, _ in shown()} >= {
        "README.md",
        "check.md",
        "recording.md",
        "tutorial.md",
    }


_WRITTEN = r"--(?:html|json|markdown) ([\w.-]+)/"
"""A file that a command writes, in a folder which it does not make."""


@pytest.mark.parametrize("page", [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))], ids=str)
def test_command_when_it_writes_into_a_folder_comes_after_a_command_that_makes_it(page: Path) -> None:
    lines = page.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        for folder in re.findall(_WRITTEN, line):
            assert folder == "cdk.out" or f"mkdir -p {folder}" in lines[:number], f"{page}: {line}"
