"""The section of a table on the page of a plan."""

from __future__ import annotations

from capacity_guard.planning.plan import Stage
from capacity_guard.pricing.cost import Between
from capacity_guard.report.plan_html import plan_html
from capacity_guard.report.plan_section import section
from capacity_guard.rules import Answer
from tests.report.plans import FINDING, TWO_STEPS, money, page_text, plan, refused, safe, unchanged


def test_page_states_the_cost_before_and_after_with_the_difference() -> None:
    text = page_text(plan_html(plan(refused())))
    assert "730.00before the change" in text
    assert "about 365.00 to 547.50after it" in text
    assert "about -365.00 to -182.50difference" in text
    assert "unknownonce, for 2,400 units/s more warm throughput" in text
    halved = refused(money=money(after=Between(0.5, 0.5)))
    assert "-365.00difference, -50 %" in page_text(plan_html(plan(halved)))
    new = refused(money=money(before=None))
    assert "nothingbefore the change" in page_text(plan_html(plan(new)))
    assert "Not known: no traffic was recorded." in page_text(plan_html(plan(refused(money=None))))


def test_stages_begin_where_those_before_them_have_taken_their_longest() -> None:
    stages = (Stage("preflight", 0, 1, "live table"), Stage("change", 5, 14, ""), Stage("bake", 5, 5, ""))
    page = "\n".join(section(safe(stages=stages), None, 2))
    assert "<h2>Stages: 10-20 minutes</h2>" in page
    assert page.count("<li><b>") == 3
    assert '<b>change</b> 5-14 min<span class="bar"><i class="most" style="left:5.00%;width:70.00%">' in page
    assert '<i class="least" style="left:75.00%;width:25.00%">' in page


def test_what_to_deploy_next_is_the_change_itself_or_that_nothing_resolves_it_yet() -> None:
    right = page_text("\n".join(section(safe(), None, 2)))
    assert (
        "This change, as it is declared: the switch itself fits in 168 of 168 recorded hours of the week.cdk deploy"
        in right
    )
    wrong = page_text("\n".join(section(refused(findings=(FINDING,)), None, 2)))
    assert "Nothing yet: no change of the capacity alone resolves the findings below." in wrong
    assert "cdk deploy" not in wrong
    answer = Answer((0,), (TWO_STEPS,), prices="prices of eu-west-1")
    fixed = page_text("\n".join(section(refused(answers=(answer,)), None, 2)))
    assert "What to deploy next Fix for CG4, 2 deploymentsdeploy 1: 12.00 USD a month" in fixed
    assert (
        fixed.index("one()")
        < fixed.index("capacity-guard record")
        < fixed.index("two()")
        < fixed.index("Cost a month")
    )
    assert "deploy next" not in "".join(section(unchanged(), None, 2))
