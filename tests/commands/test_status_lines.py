"""The screen of a fleet: columns on a terminal, a line for each change of a state in a log, and the document."""

from __future__ import annotations

import json

from capacity_guard.commands.status_lines import fleet_document, fleet_lines, fleet_news
from capacity_guard.deployment.cells import Cell

CELLS = (
    Cell(
        "Prod/Cell-1",
        "111122223333, eu-west-1",
        "Orders-1",
        "watching",
        "3 of 4 dimensions have carried their load",
    ),
    Cell("Prod/Cell-2", "444455556666, us-east-1", None, "no change"),
    Cell("Prod/Cell-3", "777788889999, eu-west-1", None, "unknown", "cannot be read"),
)


def test_fleet_stands_in_columns() -> None:
    assert list(fleet_lines(CELLS)) == [
        "stack        account, Region          table     state",
        "Prod/Cell-1  111122223333, eu-west-1  Orders-1  watching   3 of 4 dimensions have carried their load",
        "Prod/Cell-2  444455556666, us-east-1  -         no change",
        "Prod/Cell-3  777788889999, eu-west-1  -         unknown    cannot be read",
    ]


def test_news_of_a_fleet_have_no_figures_of_the_minute() -> None:
    assert list(fleet_news(CELLS)) == [
        "Prod/Cell-1 Orders-1 is watching",
        "Prod/Cell-2 has no change",
        "Prod/Cell-3 is unknown: cannot be read",
    ]


def test_document_of_a_fleet_has_each_cell() -> None:
    document = json.loads(json.dumps(fleet_document(CELLS)))
    assert document["version"] == 1
    assert document["cells"][0] == {
        "stack": "Prod/Cell-1",
        "place": "111122223333, eu-west-1",
        "table": "Orders-1",
        "state": "watching",
        "detail": "3 of 4 dimensions have carried their load",
        "change": None,
    }


def test_fleet_with_a_hostile_name_has_one_line_for_each_table() -> None:
    cell = Cell("a\n::error::b\x1b[31m", "111122223333, eu-west-1", None, "unknown", "one\ntwo")
    assert list(fleet_lines([cell]))[1:] == [
        "a\\n::error::b\\x1b[31m  111122223333, eu-west-1  -      unknown  one\\ntwo"
    ]
