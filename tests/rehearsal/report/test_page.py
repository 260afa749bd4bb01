"""The page: it shows what the records hold, needs nothing from outside and says what it is."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path

from capacity_guard.rehearsal.report.build import STEPS, write_page
from capacity_guard.rehearsal.report.chart import LABEL
from capacity_guard.rehearsal.report.records import Records
from capacity_guard.rehearsal.report.timeline import Timeline, timeline
from tests.builders.rehearsal_records import INDEX, REASON, START, VETO, Raw, at


def read(raw: Raw) -> tuple[Records, Timeline]:
    records = Records.load(raw.write())
    return records, timeline(records, STEPS)


def test_page_when_written_holds_figures_reason_and_values_and_nothing_from_outside(
    raw: Raw, tmp_path: Path
) -> None:
    records, _ = read(raw)
    html = write_page(records, tmp_path, peak=4_800).read_text()
    assert not re.search(r"https?://(?!www\.w3\.org)|<link|@import|url\(|<img|src=", html)
    assert REASON in html
    assert html.count(LABEL) >= 4
    for figure in ("300 s", "120 s", "540 s", "4,800 writes/s", "CG15 ERROR", "UPDATE_ROLLBACK_COMPLETE"):
        assert figure in html
    found = re.search(r'id="data">(.*?)</script>', html, re.DOTALL)
    assert found is not None
    lanes = {lane["key"]: lane["values"] for lane in json.loads(found.group(1))}
    minute = str(int((START + timedelta(minutes=65)).timestamp() * 1000))
    assert lanes[f"index/{INDEX}/write"][minute] == [6000.0, 5000.0, 5000.0, 60000.0, "provisioned"]


def test_page_when_a_reason_holds_markup_shows_it_as_text(raw: Raw, tmp_path: Path) -> None:
    for event in raw.events:
        if event["ResourceStatus"] == "CREATE_FAILED":
            event["ResourceStatusReason"] = "<script>alert(1)</script>"
    records, _ = read(raw)
    html = write_page(records, tmp_path, peak=4_800).read_text()
    assert "<script>alert(1)" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_page_when_the_bake_was_faster_than_the_alarm_says_so(raw: Raw, tmp_path: Path) -> None:
    raw.alarms[1]["Timestamp"] = at(69.1)
    records, rehearsal = read(raw)
    html = write_page(records, tmp_path, peak=4_800).read_text()
    figures = re.findall(r"<b>([\d,-]+) s</b><span>([^<:]+)", html)[:4]
    assert figures == [
        ("420", "from the change to the rollback"),
        ("6", "from there to the alarm"),
        ("120", "from the rollback to table and index as before"),
        ("540", "from the change to restored, seconds of the rehearsal clock"),
    ]
    assert "just before the alarm did" in html
    assert re.findall(r'<li class="(\w+)"><b>(\w)</b>', html) == [
        ("change", "A"),
        ("rollback", "B"),
        ("alarm", "C"),
        ("restored", "D"),
        ("change", "E"),
        ("alarm", "F"),
        ("rollback", "G"),
        ("restored", "H"),
        ("confirmed", "I"),
    ]
    assert [mark.kind for mark in rehearsal.marks][:4] == ["change", "rollback", "alarm", "restored"]


def test_page_when_read_tells_the_refusal_then_the_right_change_then_the_rollback(
    raw: Raw, tmp_path: Path
) -> None:
    records, _ = read(raw)
    html = write_page(records, tmp_path, peak=4_800).read_text()
    assert f"<h1>For everyone who writes to {INDEX}: " in html
    assert [heading.split(":")[0] for heading in re.findall("<h2>(.*?)</h2>", html)] == [
        "Step 1. Refused",
        "Step 2. Committed",
        "Step 3. Rolled back",
        "Step 4. Taken back by the watch",
        "Steps 1 to 3 in one chart",
        "What the commands cost",
        "How this was measured",
    ]


def test_steps_when_numbered_have_each_number_once(raw: Raw) -> None:
    _, rehearsal = read(raw)
    assert [span.label.split()[0] for span in rehearsal.steps] == ["before", "1", "2", "3", "4"]


def test_page_when_the_watch_took_a_change_back_holds_its_seconds_and_its_journal(
    raw: Raw, tmp_path: Path
) -> None:
    records, _ = read(raw)
    html = write_page(records, tmp_path, peak=4_800).read_text()
    section = html.partition("Taken back by the watch")[2].partition("<h2>")[0]
    assert re.findall(r"<b>([\d,]+ s)</b>", section) == ["210 s", "6 s", "54 s", "270 s"]
    assert f"<pre>{VETO}</pre>" in section
    assert "was in effect for 1 hours. Then demand rose to 5,500 writes/s" in section
    assert '<span class="ok">equal</span>' in section
    assert "<td>bake</td>" in re.sub(" data-head=[^>]*", "", section)


def test_page_data_when_hours_were_skipped_has_the_minutes_of_the_charts_alone(
    raw: Raw, tmp_path: Path
) -> None:
    for minute in range(132, 180):
        raw.minutes.append({**raw.minutes[-1], "minute": at(minute)})
    records, _ = read(raw)
    html = write_page(records, tmp_path, peak=4_800).read_text()
    found = re.search(r'id="data">(.*?)</script>', html, re.DOTALL)
    assert found is not None
    (lane,) = [lane for lane in json.loads(found.group(1)) if lane["key"] == "table/write"]
    minutes = [(int(time) / 1000 - START.timestamp()) / 60 for time in lane["values"]]
    assert set(range(81)) <= set(minutes)
    assert not {minute for minute in minutes if 90 <= minute < 179}


def test_page_when_a_table_is_on_demand_shows_no_units(raw: Raw, tmp_path: Path) -> None:
    records, _ = read(raw)
    html = write_page(records, tmp_path, peak=4_800).read_text()
    rows = [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in re.findall("<tr>(.*?)</tr>", html)]
    found = [row[3:5] for row in rows if len(row) == 7 and row[2] == "on-demand"]
    assert found
    assert {units for row in found for units in row} == {"on-demand"}
    assert "PAY_PER_REQUEST" not in html


def test_page_when_the_reason_holds_a_stack_trace_leaves_it_out(raw: Raw, tmp_path: Path) -> None:
    for event in raw.events:
        if event["ResourceStatus"] == "CREATE_FAILED":
            event["ResourceStatusReason"] = (
                f"{REASON}\n\nLogs: /aws/lambda/x\n\n    at f (/tmp/a.js:2:6)\n    at g (b.js:1)"
            )
    records, _ = read(raw)
    html = write_page(records, tmp_path, peak=4_800).read_text()
    assert f"<pre>{REASON}\n\nLogs: /aws/lambda/x</pre>" in html
    assert "a.js" not in html
