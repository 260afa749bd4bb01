"""Text of others in every output: no control, no command of a CI system, no markup."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.console import Console

from capacity_guard.capacity import Dimension, InputError
from capacity_guard.capacity.safe_text import safe_line, visible
from capacity_guard.commands.progress import Progress
from capacity_guard.findings import Findings, JudgedTable, SourceLocation, markdown, text, workflow_commands
from capacity_guard.planning.plan import Unplanned
from capacity_guard.report.plan_html import plan_html
from capacity_guard.report.plan_markdown import plan_markdown
from capacity_guard.report.plan_text import print_plan
from capacity_guard.rules import Figure, Finding, Level
from tests.builders.findings import NOW
from tests.report.plans import index_write, plan, refused

EVIL = "x\n::error title=pwn::boom\x1b[31m<img src=x onerror=alert(1)>`|$(touch ./PWNED)##[error]boom[/red]"
CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
hostile = st.one_of(
    st.text(max_size=30),
    st.lists(
        st.sampled_from(
            [
                "::error::x",
                "##[error]x",
                "\n",
                "\r",
                "\x1b[2J",
                "\x9b1m",
                "<b>",
                "`",
                "|",
                "[/x]",
                "%0A",
                " ",
                "a",
            ]
        ),
        max_size=8,
    ).map("".join),
    st.just(EVIL),
)


def assert_inert(output: str) -> None:
    """No control but line feeds, and no line that a CI system takes for a command."""
    assert not CONTROL.search(output), ascii(output)
    for line in output.split("\n"):
        assert not line.lstrip().startswith("::"), line
        assert "##[" not in line


class Elements(HTMLParser):
    """The elements and attributes of a page, but for the places where a long text may break: they depend on its letters."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, frozenset[str]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "wbr":
            self.found.append((tag, frozenset(name for name, _ in attrs)))


def finding(words: str) -> Finding:
    return Finding(
        "CG4",
        Level.ERROR,
        words,
        Dimension(words, "write") if words else None,
        f"is {words}",
        (Figure(words, words, words),),
        f"Fix({words!r})\n{words}",
        words or None,
    )


def findings(words: str) -> Findings:
    place = SourceLocation(words or "f.py", 1)
    return Findings(NOW, (JudgedTable(words, place, (finding(words),)),))


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (
            "Conversations / by_agent, write: 4,800 writes/s",
            "Conversations / by_agent, write: 4,800 writes/s",
        ),
        ("Größe · 表 🙂", "Größe · 表 🙂"),
        ("a\x1b[31mb\r\n", "a\\x1b[31mb\\r\\n"),
        ("  ::error::x", "  \\x3a:error::x"),
        ("a ::b", "a ::b"),
        ("AWS::DynamoDB::Table", "AWS::DynamoDB::Table"),
        ("a::Error::b", "a\\x3a:Error::b"),
        ("x##[add-path]y", "x\\x23#[add-path]y"),
        ("##vso[task.setvariable]", "\\x23#vso[task.setvariable]"),
        ("evil\u202etxt", "evil\\u202etxt"),
        ("\ud800", "\\ud800"),
    ],
)
def test_safe_line_when_given_a_text_shows_it_without_commands(raw: str, shown: str) -> None:
    assert safe_line(raw) == shown


@given(hostile)
@example(EVIL)
def test_safe_line_when_applied_again_changes_nothing(words: str) -> None:
    assert safe_line(safe_line(words)) == safe_line(words)
    assert "\n" not in safe_line(words)
    assert visible("plain, text") == "plain, text"


@given(hostile)
@example(EVIL)
def test_error_when_it_names_something_hostile_is_one_inert_line(words: str) -> None:
    assert_inert(str(InputError(words, f"is {words}", words)))
    assert "\n" not in str(InputError(words, f"is {words}", words))
    assert InputError(words, "is wrong", "Correct it").location == words


@given(hostile)
@example(EVIL)
def test_findings_when_a_name_is_hostile_are_inert_on_a_terminal(words: str) -> None:
    assert_inert(text(findings(words)))
    assert_inert(finding(words).line())


@given(hostile)
@example(EVIL)
def test_workflow_commands_when_a_name_is_hostile_are_one_command_for_each_finding(words: str) -> None:
    output = workflow_commands(findings(words), app=Path("/app"), repository=None)
    assert output.startswith("::error ")
    assert not CONTROL.search(output)
    assert "\n" not in output
    properties = output.removeprefix("::error ").partition("::")[0]
    assert {part.partition("=")[0] for part in properties.split(",")} == {"file", "line", "title"}


@given(hostile)
@example(EVIL)
def test_markdown_when_a_name_is_hostile_has_the_headings_and_cells_of_a_harmless_one(words: str) -> None:
    for output, harmless in (
        (markdown(findings(words or "a")), markdown(findings("a"))),
        (plan_markdown(hostile_plan(words or "a")), plan_markdown(hostile_plan("a"))),
    ):
        assert_inert(output)
        outside, expected = outside_blocks(output), outside_blocks(harmless)
        assert not [line for line in outside if "<" in SPAN.sub("", line)]
        for start in ("#", "| "):
            assert [cells(line) for line in outside if line.startswith(start)] == [
                cells(line) for line in expected if line.startswith(start)
            ]


SPAN = re.compile(r"(?<![\\`])(`+)(?!`).*?(?<!`)\1(?!`)")


def cells(line: str) -> int:
    """Bars of a line that end a cell: those that no backslash escapes, as GitHub counts them even in code."""
    return len(re.findall(r"(?<!\\)(?:\\\\)*\|", line))


def outside_blocks(output: str) -> list[str]:
    """Lines of Markdown that are in no block of code."""
    lines, fence = [], ""
    for line in output.split("\n"):
        mark = re.match(r" *(`{3,})", line)
        if fence:
            fence = "" if mark and line.strip() == fence else fence
        elif mark:
            fence = mark[1]
        else:
            lines.append(line)
    assert not fence
    return lines


def hostile_plan(words: str):  # type: ignore[no-untyped-def]
    planned = refused(
        table=words,
        dimensions=(index_write(dimension=Dimension(words or "i", "write"), declared=words),),
        path=words,
        place=SourceLocation(words, 1),
        findings=(finding(words),),
    )
    return replace(plan(planned), unplanned=(Unplanned(words, (finding(words),)),))


@given(hostile)
@example(EVIL)
def test_plan_when_a_name_is_hostile_is_inert_on_a_terminal(words: str) -> None:
    stream = io.StringIO()
    print_plan(hostile_plan(words), Console(file=stream, width=120, highlight=False))
    assert_inert(stream.getvalue())


@pytest.mark.slow
@given(hostile)
@example(EVIL)
def test_page_when_a_name_is_hostile_has_the_elements_of_a_harmless_one(words: str) -> None:
    page = plan_html(hostile_plan(words))
    assert not CONTROL.search(page)
    # Without words a finding has no dimension and no reason.
    assert Elements(page).found == Elements(plan_html(hostile_plan("a" if words else ""))).found


@given(hostile)
@example(EVIL)
def test_json_when_a_name_is_hostile_holds_it_as_it_is(words: str) -> None:
    output = findings(words).to_json()
    assert not CONTROL.search(output.replace("\t", ""))
    assert json.loads(output)["findings"][0]["table"] == words
    lines = "".join(hostile_plan(words).json_lines())
    assert not CONTROL.search(lines)
    assert json.loads(lines)["tables"][0]["path"] == words


@given(hostile)
@example(EVIL)
def test_progress_when_a_name_is_hostile_is_one_inert_line(words: str) -> None:
    stream = io.StringIO()
    progress = Progress(stream)
    progress.line(words)
    progress.of(words)(f"continues {words}")
    assert stream.getvalue().count("\n") == 2
    assert_inert(stream.getvalue())
