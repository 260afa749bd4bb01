"""Plain technical English: words that a reader with English as a second language has to guess are in no text of the library.

CONTRIBUTING.md, "English", has the rules. Each word below has the one to write instead.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.paths import ROOT

LIBRARY = ROOT / "constructs_lib" / "capacity_guard"
INSTEAD = {
    r"reckon\w*": "calculate, count",
    r"told|tells?|telling": "report, show, state, notify",
    r"speaks?|spoke|spoken": "state; of an alarm: go to ALARM",
    r"harsh\w*": "worst case, stricter",
    r"lies|laid": "be, be in, be stored",
    r"comes? again|came again": "repeat",
    r"stands?|stood": "be, be in; `stands for`: mean",
    r"go(es)? on|went on": "continue",
    r"ha[ds] (had )?(its|their) say": "has changed it",
    r"thereof|whither|hence|thus|whilst|lest|shall": "plain words",
    r"nobody (knows|says|sets|told)": "it is not known, not set",
    r"(is|are) nobody's business": "does not matter",
    r"dear(er|est)": "more expensive",
    r"in silence": "without a finding",
    r"is no more|are no more": "does not exist any more",
}
ALLOWED = re.compile(r"""[Ss]tand-ins?|stand in for|(["'`]+)\w+\1|[\w}]\.\w+|^\s*\w+:""")
"""No words of a text: other words, and names of fields and functions."""
WORDS = re.compile(rf"\b({'|'.join(INSTEAD)})\b", re.IGNORECASE)
PAGES = sorted(
    [
        *(ROOT / name for name in ("README.md", "SECURITY.md", "CHANGELOG.md")),
        *(page for page in (ROOT / "docs").rglob("*.md") if page.parent.name != "adr"),
        *(ROOT / "examples").rglob("*.md"),
    ]
)
MODULES = sorted(LIBRARY.rglob("*.py"))


def found(text: str) -> Iterator[str]:
    """Each word that is not to be written, with the ones to write instead."""
    for match in WORDS.finditer(ALLOWED.sub("", text)):
        (instead,) = {new for old, new in INSTEAD.items() if re.fullmatch(old, match[0], re.IGNORECASE)}
        yield f"{match[0]!r}: write {instead}"


def texts(module: Path) -> Iterator[tuple[int, str]]:
    """Line and text of each comment, docstring and literal of a module."""
    for token in tokenize.generate_tokens(io.StringIO(module.read_text(encoding="utf-8")).readline):
        if token.type in (tokenize.COMMENT, tokenize.STRING) or token.type == getattr(
            tokenize, "FSTRING_MIDDLE", -1
        ):
            for number, line in enumerate(token.string.split("\n")):
                yield token.start[0] + number, line


def in_prose(page: str) -> Iterator[tuple[int, str]]:
    """Line and text of a page, without its blocks of code, and without names in code."""
    is_code = False
    for number, line in enumerate(page.split("\n"), start=1):
        if line.lstrip().startswith("```"):
            is_code = not is_code
        elif not is_code:
            yield number, re.sub(r"`[^`]*`|\]\([^)]*\)", "", line)


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.relative_to(LIBRARY).as_posix())
def test_module_has_plain_words_in_comments_docstrings_and_messages(module: Path) -> None:
    wrong = [f"line {number}: {word}" for number, line in texts(module) for word in found(line)]
    assert wrong == [], "CONTRIBUTING.md, English"


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_page_has_plain_words(page: Path) -> None:
    lines = in_prose(page.read_text(encoding="utf-8"))
    wrong = [f"line {number}: {word}" for number, line in lines for word in found(line)]
    assert wrong == [], "CONTRIBUTING.md, English"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("the alarm speaks", "'speaks': write state; of an alarm: go to ALARM"),
        ("It was Told", "'Told': write report, show, state, notify"),
        ("a kind or harsh case", "'harsh': write worst case, stricter"),
    ],
)
def test_word_is_found_with_the_one_to_write_instead(text: str, said: str) -> None:
    assert list(found(text)) == [said]


def test_words_that_only_contain_one_are_not_found() -> None:
    assert list(found("understand, standard, a stand-in, relies, supplies, bespoke, intellect")) == []
