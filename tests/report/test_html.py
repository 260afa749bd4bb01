"""The document and the tables that every page shares."""

from __future__ import annotations

import json
import re

import pytest

from capacity_guard.report.html import document, table


def test_document_holds_title_style_body_data_and_script() -> None:
    page = document("Orders & more", ".x{}", "<p>body</p>", {"a": [1, None]}, "const x = 1;")
    assert page.startswith("<!doctype html>\n")
    assert "<title>Orders &amp; more</title>" in page
    assert ".x{}</style>" in page
    assert "<main>\n<p>body</p>\n</main>" in page
    assert "<script>const x = 1;</script>" in page


def test_document_data_cannot_end_its_script_element() -> None:
    data = {"name": "</script><script>alert(1)</script><!--"}
    page = document("t", "", "", data, "")
    (text,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page)
    assert "<" not in text
    assert json.loads(text) == data


def test_document_refuses_data_that_is_no_json() -> None:
    with pytest.raises(ValueError, match="JSON"):
        document("t", "", "", [float("nan")], "")


def test_document_loads_nothing_from_elsewhere() -> None:
    page = document("t", "", "", [], "")
    assert not re.search(r"https?:|src=|href=|@import|url\(", page)


def test_document_is_dark_on_screens_alone() -> None:
    assert "@media screen and (prefers-color-scheme:dark)" in document("t", "", "", [], "")


def test_table_repeats_its_headings_for_cards_and_marks_numbers() -> None:
    text = table(("name", "units <per s>"), [("<b>a</b>", "1"), ("b", "")], numbers={1})
    assert text.startswith(
        '<table class="cards"><thead><tr><th>name</th><th class="n">units &lt;per s&gt;</th>'
    )
    assert '<td data-head="name"><b>a</b></td><td class="n" data-head="units &lt;per s&gt;">1</td>' in text
    assert text.count("<tr>") == 3
