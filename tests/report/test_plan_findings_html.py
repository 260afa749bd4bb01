"""The findings of a plan on a page."""

from __future__ import annotations

import re
from dataclasses import replace

from capacity_guard.planning.plan import Unplanned
from capacity_guard.report.plan_findings_html import answer_html, rule_link
from capacity_guard.report.plan_html import plan_html
from capacity_guard.report.plan_markdown import plan_markdown
from capacity_guard.rules import Answer
from tests.planning.printed import printed
from tests.report.plans import FINDING, TWO_STEPS, WARNING, plan, refused


def test_findings_of_one_fix_are_in_one_fold_with_its_code_and_links_to_their_rules() -> None:
    again = replace(FINDING, rule="CG14", title="it throttles")
    other = replace(FINDING, rule="CG3", fix="warm=Units(write=6_240)")
    answers = (Answer((1, 2), (TWO_STEPS,), prices="prices of eu-west-1"), Answer((3,), text=other.fix))
    page = plan_html(plan(refused(findings=(WARNING, FINDING, again, other), answers=answers)))
    folds = re.findall(r'<details class="fix"><summary>(.*?)</summary>(.*?)</details>', page, re.S)
    assert [re.sub("<[^>]+>", "", head).split(" Orders")[0] for head, _ in folds] == [
        "ERROR CG4 and CG14",
        "ERROR CG3",
        "WARN CG2",
    ]
    head, body = folds[0]
    assert head.endswith("and 1 more with the same fix")
    assert re.findall("<code>(.*?)</code>", body) == []  # printed once, as what to deploy next
    code = re.findall("<code>(.*?)</code>", page.partition(">Findings<")[0])
    assert [each for each in code if each in ("one()", "capacity-guard record", "two()")] == [
        *("one()", "capacity-guard record", "two()")
    ]
    assert re.findall("<code>(.*?)</code>", folds[1][1]) == ["warm=Units(<wbr>write=6_240)"]
    for rule in ("CG2", "CG3", "CG4", "CG14"):
        assert f'<a href="#rule-{rule}">{rule}</a>' in page
        assert page.count(f'id="rule-{rule}"') == 1
    assert "An **index** that is switched to on-demand" in page
    assert "](../glossary.md)" not in page


def test_fix_of_a_table_without_a_plan_is_printed_once_for_all_findings_that_it_resolves() -> None:
    again = replace(FINDING, rule="CG14", title="it throttles")
    answers = (Answer((0, 1), (TWO_STEPS,), prices="prices of eu-west-1"),)
    shown = plan(unplanned=(Unplanned("Shop/Bad", (FINDING, again), answers),))
    for text in (plan_html(shown), plan_markdown(shown), printed(shown)):
        assert text.count("one()") == text.count("two()") == 1
        assert "above" not in text.partition("not planned")[2].partition("one()")[0]
    assert "fix for CG4 and CG14, 2 deployments:" in printed(shown)


def test_ways_of_a_fix_stand_side_by_side_with_their_costs() -> None:
    other = replace(TWO_STEPS, name="in <a> quiet hour", steps=TWO_STEPS.steps[:1])
    text = answer_html(
        Answer((0,), (other, replace(TWO_STEPS, name="a floor")), prices="prices of eu-west-1")
    )
    assert text.count("<div><p><b>") == 2
    assert "<b>A: in &lt;a&gt; quiet hour</b>" in text
    assert "<b>B: a floor</b>" in text
    assert "<b>deploy 1</b>: 12.00 USD a month, 2.00 more than today" in text
    assert text.endswith('<p class="soft">Prices of eu-west-1.</p>')


def test_rule_that_is_not_known_has_no_link() -> None:
    assert rule_link("CG4") == '<a href="#rule-CG4">CG4</a>'
    assert rule_link("CG<999") == "CG&lt;999"
