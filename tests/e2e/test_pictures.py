"""The pages in Debian's Chromium: on a phone and on a desktop screen, light, dark and printed.

The demo's page is built from the records of one run (`recorded_demo.tar.gz`: `out/demo/raw` after `python -m demo`, packed by
`cd out/demo/raw && tar --sort=name --mtime=@0 --owner=0 --group=0 -cf - * | gzip -n`). The screenshots stay in `out/pictures`.
"""

from __future__ import annotations

import math
import re
import tarfile
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from capacity_guard.capacity import Dimension
from capacity_guard.commands import main as cli
from capacity_guard.evidence.traffic import Traffic
from capacity_guard.rehearsal.report.build import write_page
from capacity_guard.rehearsal.report.records import Records
from capacity_guard.report.plan_html import plan_html
from capacity_guard.report.svg import rate
from stacks.settings import CHANGES, INDEX
from tests.planning.test_plan import cell, incident, plan_with, synthesized

from .browser import CHROMIUM, Browser, Page
from .lab import ROOT
from .page_flaws import page_flaws

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(
        CHROMIUM is None, reason="no Chromium: the pages are not looked at (Debian: apt-get install chromium)"
    ),
]

PICTURES = ROOT / "out" / "pictures"
SCREENS = {"phone": (390, 844), "desk": (1280, 900)}
RECORDED_PEAK = 4_800.0
"""Writes per second of the demo's baseline on its index."""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    assert CHROMIUM is not None
    with Browser(CHROMIUM, tmp_path_factory.mktemp("chromium")) as browser:
        yield browser


@pytest.fixture(scope="module")
def demo_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    with tarfile.open(Path(__file__).parent / "recorded_demo.tar.gz") as archive:
        # The filter came with Python 3.11.4; the archive is this repository's own.
        safely = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        archive.extractall(folder / "raw", **safely)
    return write_page(Records.load(folder / "raw"), folder, RECORDED_PEAK)


@pytest.fixture(scope="module", params=["refused", "right"])
def plan_page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The plans of the refused change and of its fix; each recording has a gap."""
    folder = tmp_path_factory.mktemp("plan")
    recorded = cell() if request.param == "refused" else cell(CHANGES["fixed"])
    traffic = recorded.traffic
    assert traffic is not None
    gaps = {d: array("d", [*series[:-300], *[math.nan] * 300]) for d, series in traffic.consumed.items()}
    with_gap = replace(recorded, traffic=Traffic(traffic.start, gaps, traffic.throttled))
    declared = CHANGES["incident" if request.param == "refused" else "switch"]
    file = synthesized(folder, with_gap, declared.for_indexes([INDEX], "capacity"))
    page = folder / f"plan-{request.param}.html"
    assert cli.main(["plan", str(file), "--html", str(page)]) == (request.param == "refused")
    return page


@pytest.fixture(scope="module")
def named_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The plan of the incident, with the longest names that DynamoDB accepts, without a place for a line break."""
    folder = tmp_path_factory.mktemp("named")
    table = incident(folder)
    named = [
        replace(plan, dimension=Dimension(name, plan.dimension.access))
        for name in ("agent" * 51, "W" * 255)
        for plan in table.dimensions[2:]
    ]
    page = folder / "plan-named.html"
    path = f"{'Production-Europe-West' * 8}/{'N' * 120}"
    changed = replace(table, path=path, dimensions=(*table.dimensions[:2], *named))
    page.write_text(plan_html(plan_with(changed)), encoding="utf-8")
    return page


@pytest.fixture(scope="module")
def fleet_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The plan of several tables: a refused one, one that fits and one that does not change."""
    folder = tmp_path_factory.mktemp("fleet")
    table = incident(folder)
    fits = tuple(replace(d, replays=(), series=None) for d in table.dimensions)
    tables = [
        replace(
            table, path="Shop/Quiet", transition="nothing changes", findings=(), answers=(), dimensions=fits
        ),
        replace(table, path="Shop/Right", findings=(), answers=(), dimensions=fits, way_back=None),
        *(replace(table, path=f"Shop/{'Production' * number}/Conversations") for number in (1, 5)),
    ]
    page = folder / "plan-fleet.html"
    page.write_text(plan_html(plan_with(*tables)), encoding="utf-8")
    return page


@contextmanager
def shown(browser: Browser, file: Path, screen: str, scheme: str = "light") -> Iterator[Page]:
    width, height = SCREENS[screen]
    with browser.open(file, width, height, phone=screen == "phone", scheme=scheme) as page:
        yield page


def test_flaws_when_a_page_has_them_names_each(browser: Browser, tmp_path: Path) -> None:
    many = "".join(f"<p>{i}</p>" for i in range(20))
    labels = "".join(f'<text x="5" y="{20 * i}">label {i}</text>' for i in range(1, 12))
    bad = tmp_path / "bad.html"
    bad.write_text(
        f'<!doctype html><meta charset="utf-8"><body style="background:#fff">{many}'
        '<p style="width:1500px">wide</p><p style="width:9px;white-space:nowrap">cut by its own box</p>'
        '<p style="color:#aaa">faint</p><img src="http://127.0.0.1:9/x.png">'
        f'<svg width="200" height="300">{labels}<text x="8" y="42">touching</text>'
        '<text x="190" y="290">outside</text></svg><script>missing()</script>'
    )
    with shown(browser, bad, "desk") as page:
        found = page_flaws(page)
    assert set(found) == {"wide", "cut", "outside", "touching", "faint", "console", "requests"}
    assert any("touching" in entry for entry in found["touching"])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", SCREENS)
def test_demo_page_when_seen_is_whole_and_legible(
    browser: Browser, demo_page: Path, screen: str, scheme: str
) -> None:
    with shown(browser, demo_page, screen, scheme) as page:
        page.screenshot(PICTURES / f"demo-{screen}-{scheme}.png")
        assert page_flaws(page) == {}


def test_demo_page_when_printed_is_whole_and_dark_on_white(browser: Browser, demo_page: Path) -> None:
    with shown(browser, demo_page, "desk", "dark") as page:
        page.scheme("dark", media="print")
        assert page_flaws(page) == {}
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        page.print_pdf(PICTURES / "demo.pdf")


@pytest.mark.parametrize("screen", SCREENS)
def test_demo_chart_when_seen_names_its_axes_and_units(
    browser: Browser, demo_page: Path, screen: str
) -> None:
    with shown(browser, demo_page, screen) as page:
        for text in chart_texts(page):
            assert "write units per second" in text
            assert "UTC" in text


@pytest.mark.parametrize("screen", SCREENS)
def test_demo_chart_when_pointed_at_shows_the_recorded_values(
    browser: Browser, demo_page: Path, screen: str
) -> None:
    records = Records.load(demo_page.parent / "raw")
    with shown(browser, demo_page, screen) as page:
        x, y = middle_of_chart(page)
        (page.tap if screen == "phone" else page.point)(x, y)
        shown_text = tooltip(page)
        at = re.match(r"\d\d:\d\d", shown_text)
        assert at is not None, shown_text
        minute = next(
            recorded
            for recorded in records.minutes
            if f"{recorded.at:%H:%M}" == at.group() and recorded.dimension == "index/by_agent/write"
        )
        assert f"demand {rate(minute.demand)} served {rate(minute.served)}/s" in shown_text
        assert page_flaws(page) == {}


def test_demo_chart_when_used_by_keyboard_moves_minute_by_minute(browser: Browser, demo_page: Path) -> None:
    with shown(browser, demo_page, "desk") as page:
        page.press("Tab")
        shown_texts = [tooltip(page)]
        for key in ("ArrowRight", "ArrowLeft", "End", "Escape"):
            page.press(key)
            shown_texts.append(tooltip(page))
    assert all(re.match(r"\d\d:\d\d UTC", text) for text in shown_texts[:4]), shown_texts
    assert shown_texts[0] < shown_texts[1] < shown_texts[3]
    assert shown_texts[2] == shown_texts[0]
    assert shown_texts[4] == ""


@pytest.mark.parametrize("screen", SCREENS)
def test_demo_chart_when_its_tables_are_opened_shows_the_recorded_minutes(
    browser: Browser, demo_page: Path, screen: str
) -> None:
    records = Records.load(demo_page.parent / "raw")
    with shown(browser, demo_page, screen) as page:
        open_folds(page)
        assert page_flaws(page) == {}
        tables = page.evaluate(
            '[...document.querySelectorAll("details[data-rows]")].map(d => [d.querySelector("summary").textContent, '
            '[...d.querySelectorAll("tbody tr")].map(r => [...r.cells].map(c => c.textContent))])'
        )
    assert [re.split(" of | as ", name)[1] for name, _ in tables] == [
        "index by_agent, writes",
        "index by_agent, writes",
        "index by_agent, writes",
        "table, writes",
    ]
    watched, whole = ({row[0]: row for row in rows} for _, rows in tables[1:3])
    part = tables[0][1]
    assert 5 < len(part) < len(whole)
    assert all(whole[row[0]] == row for row in part)
    days = sorted({minute.at.date() for minute in records.minutes})
    found = 0
    for day, rows in ((days[0], whole), (days[-1], watched)):
        for minute in records.minutes:
            time = f"{minute.at:%H:%M}"
            if minute.dimension == "index/by_agent/write" and minute.at.date() == day and time in rows:
                assert 0 <= float(rows[time][1].replace(",", "")) - minute.demand + 1e-6 < 1
                assert rows[time][3].endswith(minute.kind)
                found += 1
    assert found == len(whole) + len(watched)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", SCREENS)
def test_plan_page_when_seen_is_whole_and_legible(
    browser: Browser, plan_page: Path, screen: str, scheme: str
) -> None:
    with shown(browser, plan_page, screen, scheme) as page:
        page.screenshot(PICTURES / f"{plan_page.stem}-{screen}-{scheme}.png")
        assert page_flaws(page) == {}


@pytest.mark.parametrize("screen", SCREENS)
def test_plan_chart_when_seen_names_its_axes_and_units(
    browser: Browser, plan_page: Path, screen: str
) -> None:
    with shown(browser, plan_page, screen) as page:
        open_folds(page)
        heat, *series = chart_texts(page)
        assert len(series) == 4
        for text in series:
            assert "units per second" in text
            assert "UTC" in text
        assert heat.split()[0] == "00"
        assert {"Mon", "Sun"} <= set(heat.split())


@pytest.mark.parametrize("screen", SCREENS)
def test_plan_chart_when_pointed_at_shows_the_values_of_the_minute(
    browser: Browser, plan_page: Path, screen: str
) -> None:
    with shown(browser, plan_page, screen) as page:
        x, y = middle_of_chart(page, 1)
        (page.tap if screen == "phone" else page.point)(x, y)
        shown_text = re.match(
            r"\w+,? \d+ \w+,? (\d\d):(\d\d) UTC demand ([\d,.]+) served ([\d,.]+)/s limit ([\d,.]+)/s",
            tooltip(page),
        )
        assert shown_text is not None, tooltip(page)
        charts = page.evaluate('JSON.parse(document.getElementById("data").textContent)')
        chart = charts[1]
        minutes = [chart["start"] // 60_000 + at for at in range(len(chart["limit"]))]
        wanted = int(shown_text[1]) * 60 + int(shown_text[2])
        at = next(i for i, minute in enumerate(minutes) if minute % 1440 == wanted)
        for shown_value, name in zip(shown_text.groups()[2:], ("demand", "served", "limit"), strict=True):
            # a rate is rounded up
            assert -1e-6 <= float(shown_value.replace(",", "")) - chart[name][at] < 1
        assert page_flaws(page) == {}


@pytest.mark.parametrize("screen", SCREENS)
def test_plan_page_when_names_are_long_is_no_wider_than_the_screen(
    browser: Browser, named_page: Path, screen: str
) -> None:
    with shown(browser, named_page, screen) as page:
        page.screenshot(PICTURES / f"{named_page.stem}-{screen}.png")
        assert page_flaws(page) == {}


def test_plan_chart_when_touched_keeps_its_value_off_the_picture(browser: Browser, plan_page: Path) -> None:
    with shown(browser, plan_page, "phone") as page:
        open_folds(page)
        for position in range(5):
            x, y = middle_of_chart(page, position)
            page.tap(x, y)
            assert tooltip(page)
            covered = page.evaluate(
                '(() => {const t = [...document.querySelectorAll(".tip")].find(t => t.getClientRects().length);'
                'const s = [...t.parentElement.querySelectorAll("svg")].find(s => s.getClientRects().length);'
                "const a = t.getBoundingClientRect(), b = s.getBoundingClientRect();"
                "return a.bottom > b.top + 1 && a.top < b.bottom - 1})()"
            )
            assert not covered
            assert page_flaws(page) == {}


_HOUR = r"\w{3} \d\d:00 UTC: (fits, [\d.]+ % throttled|[\d.]+ % throttled|not recorded)"


@pytest.mark.parametrize("screen", SCREENS)
def test_plan_hours_when_pointed_at_or_touched_say_their_share(
    browser: Browser, plan_page: Path, screen: str
) -> None:
    with shown(browser, plan_page, screen) as page:
        for day, hour in ((0, 0), (1, 20), (6, 23)):
            x, y = page.evaluate(
                '(() => {const s = [...document.querySelectorAll("svg.heat")].find(s => s.getClientRects().length);'
                's.scrollIntoView({block: "center"});'
                f"const b = s.querySelectorAll('rect')[{24 * day + hour}].getBoundingClientRect();"
                "return [b.left + b.width / 2, b.top + b.height / 2]})()"
            )
            (page.tap if screen == "phone" else page.point)(x, y)
            shown_text = tooltip(page)
            assert re.fullmatch(_HOUR, shown_text), shown_text
            assert shown_text.startswith(f"{('Mon', 'Tue', 0, 0, 0, 0, 'Sun')[day]} {hour:02}:00 UTC")
            assert page_flaws(page) == {}


def test_plan_hours_when_used_by_keyboard_move_by_hours_and_days(browser: Browser, plan_page: Path) -> None:
    with shown(browser, plan_page, "desk") as page:
        tab_to(page, "svg.heat")
        shown_texts = []
        for key in ("Home", "ArrowRight", "ArrowDown", "ArrowUp", "End", "Escape"):
            page.press(key)
            shown_texts.append(tooltip(page))
        spoken = page.evaluate('document.activeElement.getAttribute("aria-valuetext")')
    starts = [text.split(" UTC")[0] for text in shown_texts]
    assert starts == ["Mon 00:00", "Mon 01:00", "Tue 01:00", "Mon 01:00", "Sun 23:00", ""]
    assert re.fullmatch(_HOUR, spoken)


def test_plan_page_when_printed_is_whole_and_dark_on_white(browser: Browser, plan_page: Path) -> None:
    with shown(browser, plan_page, "desk", "dark") as page:
        page.scheme("dark", media="print")
        assert page_flaws(page) == {}
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", SCREENS)
def test_plan_page_when_its_folds_are_open_is_whole_and_legible(
    browser: Browser, plan_page: Path, screen: str, scheme: str
) -> None:
    with shown(browser, plan_page, screen, scheme) as page:
        open_folds(page)
        page.screenshot(PICTURES / f"{plan_page.stem}-open-{screen}-{scheme}.png")
        assert page_flaws(page) == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", SCREENS)
def test_plan_page_of_a_fleet_when_seen_begins_with_the_overview(
    browser: Browser, fleet_page: Path, screen: str, scheme: str
) -> None:
    with shown(browser, fleet_page, screen, scheme) as page:
        page.screenshot(PICTURES / f"{fleet_page.stem}-{screen}-{scheme}.png")
        assert page_flaws(page) == {}
        first_screen = page.evaluate(
            '[...document.querySelectorAll("h1,table,h2")].slice(0, 3).map(e => [e.tagName, e.getBoundingClientRect().top])'
        )
    assert [name for name, _ in first_screen] == ["H1", "TABLE", "H2"]
    assert first_screen[1][1] < SCREENS[screen][1] / 2


@pytest.mark.parametrize("screen", SCREENS)
def test_plan_page_when_it_opens_has_verdict_and_next_deployment_on_the_first_screen(
    browser: Browser, plan_page: Path, screen: str
) -> None:
    with shown(browser, plan_page, screen) as page:
        tops = page.evaluate(
            '[...document.querySelectorAll("h1,h2")].map(e => [e.textContent, e.getBoundingClientRect().top])'
        )
    names = [name for name, _ in tops]
    assert re.match("Refused: |Safe to deploy: ", names[0])
    assert names[1] == "What to deploy next"
    assert tops[1][1] < SCREENS[screen][1]
    assert [name.split(":")[0] for name in names[2:6]] == [
        "Cost a month",
        "Stages",
        "When the switch itself fits",
        "The worst hour",
    ]


def test_plan_chart_when_its_table_is_opened_by_keyboard_shows_the_same_minutes(
    browser: Browser, plan_page: Path
) -> None:
    with shown(browser, plan_page, "desk") as page:
        tab_to(page, 'details[data-rows="1"] summary')
        page.press("Enter")
        page.evaluate("new Promise(done => setTimeout(done, 100))")  # the browser reports the toggle later
        rows = page.evaluate(
            """[...document.querySelectorAll('details[data-rows="1"] tr')].map(r => [...r.cells].map(c => c.textContent))"""
        )
        chart = page.evaluate('JSON.parse(document.getElementById("data").textContent)')[1]
    assert rows[0] == ["UTC", "demand", "served", "limit", "throttled"]
    assert len(rows) == 1 + len(chart["limit"])
    for at, (_, demand, served, limit, throttled) in enumerate(rows[1:]):
        assert 0 <= float(limit.replace(",", "")) - chart["limit"][at] + 1e-6 < 1
        if chart["demand"][at] is None:
            assert (demand, served, throttled) == ("not recorded", "", "")
            continue
        lost = chart["demand"][at] - chart["served"][at]
        assert (float(throttled.replace(",", "")) > 0) == (lost > 0.15)


def test_plan_code_when_its_button_is_pressed_is_in_the_clipboard(browser: Browser, plan_page: Path) -> None:
    with shown(browser, plan_page, "desk") as page:
        browser.send(
            "Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"]
        )
        open_folds(page)
        codes = page.evaluate('[...document.querySelectorAll(".code code")].map(c => c.textContent)')
        assert codes
        for at, code in enumerate(codes):
            page.evaluate(f'document.querySelectorAll(".code button")[{at}].focus()')
            page.press("Enter")
            page.evaluate("new Promise(done => setTimeout(done, 100))")
            assert page.evaluate("navigator.clipboard.readText()") == code
            label = page.evaluate(f'document.querySelectorAll(".code button")[{at}].textContent')
            assert label == "Copied"
        assert page_flaws(page) == {}


def test_plan_rule_when_its_link_is_followed_is_unfolded(browser: Browser, plan_page: Path) -> None:
    with shown(browser, plan_page, "desk") as page:
        link = page.evaluate('document.querySelector("details.fix a")?.getAttribute("href") ?? null')
        if plan_page.stem == "plan-right":
            assert link is None
            return
        assert not page.evaluate(f"document.querySelector('{link}').checkVisibility()")
        page.evaluate('document.querySelector("details.fix").open = true')
        page.evaluate('document.querySelector("details.fix a").click()')
        page.evaluate("new Promise(done => setTimeout(done, 100))")
        assert page.evaluate(f"document.querySelector('{link}').checkVisibility()")
        top = page.evaluate(f"document.querySelector('{link}').getBoundingClientRect().top")
    assert -1 < top < SCREENS["desk"][1]


def open_folds(page: Page) -> None:
    """Open every fold, and wait until the script has filled the tables."""
    page.evaluate('document.querySelectorAll("details").forEach(d => { d.open = true; })')
    page.evaluate("new Promise(done => setTimeout(done, 100))")


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the element that the selector names has the focus."""
    for _ in range(40):
        page.press("Tab")
        if page.evaluate(f"document.activeElement.matches({selector!r})"):
            return
    raise AssertionError(f"Tab does not reach {selector}")


def chart_texts(page: Page) -> list[str]:
    """The texts of each visible chart."""
    texts: list[str] = page.evaluate(
        '[...document.querySelectorAll("figure svg")].filter(s => s.getClientRects().length)'
        '.map(s => [...s.querySelectorAll("text")].map(t => t.textContent).join(" "))'
    )
    assert texts
    return texts


def middle_of_chart(page: Page, position: int = 0) -> tuple[float, float]:
    """A point in the viewport: the middle of a visible chart."""
    x, y = page.evaluate(
        '(() => {const s = [...document.querySelectorAll("figure svg")].filter(s => s.getClientRects().length)'
        f'[{position}]; s.scrollIntoView({{block: "center"}}); const b = s.getBoundingClientRect();'
        "return [b.left + b.width * 0.55, b.top + b.height * 0.6]})()"
    )
    return float(x), float(y)


def tooltip(page: Page) -> str:
    """The text of the visible tooltip."""
    shown_text = page.evaluate(
        '[...document.querySelectorAll(".tip")].filter(t => t.getClientRects().length).map(t => t.innerText).join("|")'
    )
    return re.sub(r"\s+", " ", str(shown_text))
