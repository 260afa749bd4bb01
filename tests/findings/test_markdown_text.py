"""Findings as Markdown: the whole text, its longest size to the byte, and fences."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity_guard.findings import Findings, JudgedTable, SourceLocation, markdown
from capacity_guard.findings.markdown import block, code, plain, row
from capacity_guard.rules import Finding, Level
from tests.builders.findings import FOUND, INDEX, NOW


def test_markdown_is_written_exactly() -> None:
    assert markdown(FOUND) == (
        "## capacity-guard: 1 error, 2 warnings\n"
        "\n"
        "3 tables judged at 2026-07-09 15:40 UTC.\n"
        "\n"
        "| Level | Rule | Table | Finding | Construct | Line of code |\n"
        "| --- | --- | --- | --- | --- | --- |\n"
        "| ERROR | CG4 | Conversations / by\\_agent, write | after the switch it serves less than its recorded peak | "
        "`Stack/Conversations` | `stacks/conversations.py:12` |\n"
        "| WARN | CG2 | Conversations | is 100% stale | `Stack/Conversations` | `stacks/conversations.py:12` |\n"
        "| WARN | CG4 | Orders | is accepted | `Stack/Orders` |  |\n"
        "\n"
        "### ERROR CG4: Conversations / by\\_agent, write\n"
        "\n"
        "After the switch it serves less than its recorded peak. (`Stack/Conversations`, `stacks/conversations.py:12`)\n"
        "\n"
        "| Figure | Value | Note |\n"
        "| --- | ---: | --- |\n"
        "| recorded peak | 4,800 writes/s | Sat 4 Jul 1998 16:31 UTC |\n"
        "| with margin | 6,240 writes/s |  |\n"
        "\n"
        "Fix:\n"
        "\n"
        "```python\n"
        'indexes={"by_agent": OnDemand(warm=Units(write=6_300))}\n'
        "```\n"
        "\n"
        "Why: `capacity-guard rule CG4`\n"
        "\n"
        "### WARN CG2: Conversations\n"
        "\n"
        "Is 100% stale. (`Stack/Conversations`, `stacks/conversations.py:12`)\n"
        "\n"
        "Fix:\n"
        "\n"
        "```text\n"
        "record it again\n"
        "or wait\n"
        "```\n"
        "\n"
        "Why: `capacity-guard rule CG2`\n"
        "\n"
        "### WARN CG4: Orders\n"
        "\n"
        "Is accepted. (`Stack/Orders`)\n"
        "\n"
        "Fix:\n"
        "\n"
        "```text\n"
        "nothing\n"
        "```\n"
        "\n"
        "Acknowledged: load test of 8 July\n"
        "\n"
        "Why: `capacity-guard rule CG4`\n"
    )


def test_details_are_left_out_from_the_first_byte_above_the_longest() -> None:
    whole = markdown(FOUND)
    size = len(whole.encode())
    assert markdown(FOUND, longest=size + 200) == whole
    first_two = whole.partition("### WARN CG4")[0]
    left_out = "Details of 1 more: `capacity-guard findings` prints them.\n"
    assert markdown(FOUND, longest=size + 199) == first_two + left_out
    assert markdown(FOUND, longest=len(first_two.encode()) - 1 + 200) == first_two + left_out
    of_two = markdown(FOUND, longest=len(first_two.encode()) - 2 + 200)
    assert of_two.endswith("Details of 2 more: `capacity-guard findings` prints them.\n")


def sized(size: int) -> Findings:
    """Findings whose Markdown has as many bytes."""

    def with_fix(length: int) -> Findings:
        finding = Finding("CG4", Level.WARN, "T", None, "is", (), "é" + "x" * length)
        return Findings(NOW, (JudgedTable("S", None, (finding,)),))

    return with_fix(size - len(markdown(with_fix(0)).encode()))


def test_longest_text_is_a_million_bytes_with_room_for_the_count() -> None:
    assert len(markdown(sized(999_800)).encode()) == 999_800
    assert "Details of 1 more" in markdown(sized(999_801))


def test_place_and_path_are_code() -> None:
    place = SourceLocation("a`b.py", 1)
    said = markdown(Findings(NOW, (JudgedTable("S|T", place, (INDEX,)),)))
    assert "(`S\\|T`, `` a`b.py:1 ``)" in said
    assert "| `` a`b.py:1 `` |" in said


@given(st.text("`ab\n", max_size=12))
def test_block_is_fenced_by_more_marks_than_the_text_has_in_a_row(text: str) -> None:
    first, *lines, last = block(text)
    assert first == f"{last}text"
    assert set(last) == {"`"}
    assert lines == text.split("\n")
    longest = max(len(run) for run in text.replace("a", "\n").replace("b", "\n").split("\n"))
    assert len(last) == max(3, longest + 1)


@given(st.text("`a|", max_size=12))
def test_code_is_fenced_by_one_mark_more_than_the_text_has_in_a_row(text: str) -> None:
    longest = max(len(run) for run in text.replace("a", "|").split("|"))
    fence = "`" * (longest + 1)
    shown = text.replace("|", "\\|")
    assert code(text) == (f"{fence} {shown} {fence}" if "`" in text else f"`{shown}`")


def test_every_sign_of_markdown_is_escaped() -> None:
    assert plain("\\`*_[]|~") == "\\\\\\`\\*\\_\\[\\]\\|\\~"
    assert plain("a & <b> &lt;") == "a &amp; &lt;b&gt; &amp;lt;"
    assert plain("  two \t lines\n here ") == "two lines here"
    assert plain("\x1b[2J") == "\\\\x1b\\[2J"


def test_code_and_blocks_show_controls() -> None:
    assert code("a\x1bb") == "`a\\x1bb`"
    assert block("a\x1bb\n::error::x") == ["```text", "a\\x1bb", "\\x3a:error::x", "```"]
    assert list(row("a", "b", "c")) == ["| a | b | c |"]


@pytest.mark.parametrize("title", ["is late", "éa", "x"])
def test_first_letter_of_a_title_is_large_in_the_details_alone(title: str) -> None:
    finding = Finding("CG2", Level.WARN, "T", None, title, (), "x")
    said = markdown(Findings(NOW, (JudgedTable("S", None, (finding,)),)))
    assert f"| WARN | CG2 | T | {title} |" in said
    assert f"\n{title[0].upper()}{title[1:]}. (`S`)\n" in said


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ('indexes={"by_agent": OnDemand(warm=Units(write=6_300))}', "python"),
        ("rollout=Rollout(\n    bake=10,\n),\noptions=GuardOptions(),", "python"),
        ("keep", "text"),
        ("capacity-guard record --table Orders --out baselines/Orders.json", "text"),
        ("remove the flag from the deployment, or move the table into a stack of its own", "text"),
        ("after the first deployment: capacity-guard record\nthen baseline=NewTable(...)", "text"),
        ("a pattern such as '\\d' in a sentence", "text"),
    ],
)
def test_block_without_a_language_is_python_where_the_whole_text_is(text: str, language: str) -> None:
    assert block(text)[0] == f"```{language}"
