"""Findings as text for a terminal: the whole text."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from capacity_guard.findings import Findings, JudgedTable, SourceLocation, text
from capacity_guard.rules import Figure, Finding, Level
from tests.builders.findings import FOUND, NOW, STALE


def test_text_is_printed_exactly() -> None:
    assert text(FOUND) == (
        "Stack/Conversations  stacks/conversations.py:12\n"
        "\n"
        "CG4  ERROR  Conversations / by_agent, write: after the switch it serves less than its recorded peak\n"
        "  recorded peak  4,800 writes/s  Sat 4 Jul 1998 16:31 UTC\n"
        "  with margin    6,240 writes/s\n"
        '  fix            indexes={"by_agent": OnDemand(warm=Units(write=6_300))}\n'
        "  why            capacity-guard rule CG4\n"
        "\n"
        "CG2  WARN   Conversations: is 100% stale\n"
        "  fix  record it again\n"
        "       or wait\n"
        "  why  capacity-guard rule CG2\n"
        "\n"
        "Stack/Orders\n"
        "\n"
        "CG4  WARN   Orders: is accepted\n"
        "  fix           nothing\n"
        "  acknowledged  load test of 8 July\n"
        "  why           capacity-guard rule CG4\n"
        "\n"
        "capacity-guard: 1 error, 2 warnings; 3 tables judged at 2026-07-09 15:40 UTC"
    )


def test_path_and_line_of_a_table_are_safe_on_a_terminal() -> None:
    found = Findings(NOW, (JudgedTable("S/\x1b[2J", SourceLocation("a\nb.py", 1), (STALE,)),))
    assert text(found).startswith("S/\\x1b[2J  a\\nb.py:1\n\n")


def unguarded(name: str, line: int) -> JudgedTable:
    finding = Finding(
        "CG1",
        Level.WARN,
        name,
        None,
        "it has no guard",
        (Figure("table", f"{name}1", "in stack Shop"), Figure("of", "all")),
        f"Guard({name!r})\nor one for all",
    )
    return JudgedTable(f"Shop/{name}", SourceLocation("app.py", line), (finding,))


def test_warning_of_three_tables_is_shown_once_with_what_differs() -> None:
    found = Findings(NOW, (unguarded("A", 1), *FOUND.tables, unguarded("B", 2), unguarded("C", 3)))
    said = text(found)
    assert said.endswith(
        "\n\nCG1  WARN   3 tables, each: it has no guard\n"
        "  Shop/A  app.py:1\n"
        "    table  A1  in stack Shop\n"
        "    fix    Guard('A')\n"
        "  Shop/B  app.py:2\n"
        "    table  B1  in stack Shop\n"
        "    fix    Guard('B')\n"
        "  Shop/C  app.py:3\n"
        "    table  C1  in stack Shop\n"
        "    fix    Guard('C')\n"
        "  of   all\n"
        "  fix  or one for all\n"
        "  why  capacity-guard rule CG1\n"
        "\n"
        "capacity-guard: 1 error, 5 warnings; 6 tables judged at 2026-07-09 15:40 UTC"
    )
    assert said.startswith("Stack/Conversations  stacks/conversations.py:12\n\nCG4  ERROR")


def test_warnings_of_two_tables_or_with_a_reason_and_errors_stay_with_their_tables() -> None:
    two = text(Findings(NOW, (unguarded("A", 1), unguarded("B", 2))))
    assert two.count("CG1  WARN") == 2
    three = [unguarded(name, 1) for name in "ABC"]
    for change in ({"acknowledged": "known"}, {"level": Level.ERROR}):
        tables = tuple(
            replace(table, findings=(replace(table.findings[0], **change),))  # type: ignore[arg-type]
            for table in three
        )
        assert "tables, each" not in text(Findings(NOW, tables))


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["x", "y"]),
            st.lists(st.sampled_from("abc"), max_size=3),
            st.sampled_from("pq\nr"),
        ),
        min_size=3,
        max_size=5,
    )
)
def test_nothing_is_lost_where_warnings_are_shown_together(made: list[tuple[str, list[str], str]]) -> None:
    tables = tuple(
        JudgedTable(
            f"S/T{number}",
            None,
            (
                Finding(
                    "CG1",
                    Level.WARN,
                    f"T{number}",
                    None,
                    "t",
                    tuple(Figure(label, value) for label in labels),
                    fix,
                ),
            ),
        )
        for number, (value, labels, fix) in enumerate(made)
    )
    said = text(Findings(NOW, tables))
    head, *rows = said.split("\n\n")[0].split("\n")
    assert head == f"CG1  WARN   {len(made)} tables, each: t"
    places = [number for number, row in enumerate(rows) if row.startswith("  S/T")]
    common = [
        row.split() for row in rows[places[-1] :] if row.startswith("  ") and not row.startswith("    ")
    ][1:]
    for table, start, end in zip(tables, places, [*places[1:], len(rows)], strict=True):
        own = [row.split() for row in rows[start + 1 : end] if row.startswith("    ")]
        (finding,) = table.findings
        for figure in finding.figures:
            assert [figure.label, figure.value] in own + common
        for line in finding.fix.split("\n"):
            assert any(row[-1:] == line.split()[-1:] or not line for row in own + common)
