"""A check of a template finds what a synthesis of the same app finds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from capacity_guard.capacity import Acknowledgment, Capacity, ChangeWindow, Rollout
from capacity_guard.capacity.errors import InputError
from capacity_guard.checking.check import NOT_JUDGED, Check
from capacity_guard.checking.check_settings import CheckSettings
from capacity_guard.checking.matching import GivenBaseline
from capacity_guard.checking.stack_place import StackPlace
from capacity_guard.checking.template_file import TemplateFile
from capacity_guard.findings import Findings, PlanInput
from capacity_guard.findings.answer_text import steps
from capacity_guard.rules import ALL_RULES, Finding, Level
from tests.builders.adopted import LOWERED, MAKERS, PROVISIONED, RAISED
from tests.builders.adopted import ON_DEMAND as DEMAND
from tests.checking.checked import NOW, ON_DEMAND, Both, provisioned, saved, template, written

FIXED = Capacity.provisioned(read=100, write=1_000)


def check(folder: Path, content: object, *baselines: Path, name: str = "t.json", **options: Any) -> Findings:
    given = [GivenBaseline(file) for file in baselines]
    previous = options.pop("previous", None)
    if previous is not None:
        options["previous"] = TemplateFile.load(written(folder, previous, "previous.json"))
    place = options.pop("place", StackPlace("S", None, "eu-west-1"))
    return Check(TemplateFile.load(written(folder, content, name)), place, NOW, given, **options).findings()


def found(findings: Findings, rule: str) -> list[Finding]:
    return [finding for _, finding in findings.found if finding.rule == rule]


def essence(finding: Finding) -> tuple[object, ...]:
    """What a check and a synthesis must agree in: all but code, which is of another language, and who judges the rest."""
    figures = tuple((figure.label, figure.value) for figure in finding.figures)
    return (
        finding.rule,
        finding.level,
        finding.table,
        finding.dimension,
        finding.title,
        figures,
        finding.deployments,
    )


@pytest.mark.sampled(every=20)
@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize(
    ("declared", "deployed"),
    [
        (DEMAND, PROVISIONED),
        (PROVISIONED, DEMAND),
        (LOWERED, PROVISIONED),
        (RAISED, PROVISIONED),
        (DEMAND, DEMAND),
    ],
    ids=["to on-demand", "to provisioned", "lower", "raise", "nothing changes"],
)
def test_app_is_judged_alike_by_a_synthesis_and_by_a_check_of_its_template(
    maker: str, declared: Capacity, deployed: Capacity, tmp_path: Path
) -> None:
    both = Both(tmp_path, maker, declared, deployed)
    by_synthesis = [essence(f) for _, f in both.by_synthesis.found if f.rule not in NOT_JUDGED]
    assert [essence(f) for _, f in both.by_check.found] == by_synthesis
    assert by_synthesis
    (of_synthesis,), (of_check,) = both.by_synthesis.tables, both.by_check.tables
    assert isinstance(of_check.planned, PlanInput)
    assert of_synthesis.planned is not None
    assert of_check.planned.fingerprint == of_synthesis.planned.fingerprint
    assert of_check.path == both.logical_id


def test_every_rule_but_those_about_the_guard_is_asked() -> None:
    assert {"CG1", "CG8", "CG9", "CG19"} == set(NOT_JUDGED)
    assert set(NOT_JUDGED) < {rule.id for rule in ALL_RULES}


def test_template_by_hand_is_judged_at_the_line_of_its_table(tmp_path: Path) -> None:
    findings = check(tmp_path, template(ON_DEMAND), saved(tmp_path, FIXED))
    assert findings.not_judged == NOT_JUDGED
    (table,) = findings.tables
    assert table.place is not None
    assert table.place.line == 3
    assert table.place.file.endswith("t.json")
    assert found(findings, "CG12")


@pytest.mark.parametrize("write", ["1000", 200])
def test_units_below_the_recorded_traffic_are_refused(write: Any, tmp_path: Path) -> None:
    findings = check(tmp_path, template(provisioned(100, write)), saved(tmp_path, FIXED))
    refused = {finding.rule for _, finding in findings.found if finding.level is Level.ERROR}
    assert bool(refused) is (write == 200)


def test_sam_table_without_throughput_is_judged_as_on_demand(tmp_path: Path) -> None:
    sam = {
        "Transform": "AWS::Serverless-2016-10-31",
        "Resources": {"Orders": {"Type": "AWS::Serverless::SimpleTable"}},
    }
    findings = check(tmp_path, sam, saved(tmp_path, FIXED))
    (table,) = findings.tables
    assert table.planned is not None
    assert table.planned.declared == Capacity.on_demand()
    assert table.planned.declared.is_on_demand
    assert not found(findings, "CG18")


def test_table_whose_units_are_a_parameter_is_a_finding_until_the_parameter_is_given(tmp_path: Path) -> None:
    content = template(
        provisioned(100, {"Ref": "Writes"}), Parameters={"Writes": {"Type": "Number", "Default": 1_000}}
    )
    file = saved(tmp_path, FIXED)
    (unread,) = found(check(tmp_path, content, file), "CG18")
    assert unread.level is Level.ERROR
    assert "--parameter NAME=VALUE" in unread.fix
    assert not check(tmp_path, content, file, parameters={"Writes": "1000"}).errors
    assert check(tmp_path, content, file, parameters={"Writes": "10"}).errors
    with pytest.raises(
        InputError, match=r"--parameter Reads: is not a parameter of the template\. Name one of: Writes"
    ):
        check(tmp_path, content, file, parameters={"Reads": "1"})


def test_unreadable_table_is_a_warning_where_nothing_of_it_changes(tmp_path: Path) -> None:
    content = template(provisioned(100, {"Fn::ImportValue": "units"}))
    (unread,) = found(check(tmp_path, content, saved(tmp_path, FIXED), previous=content), "CG18")
    assert unread.level is Level.WARN
    changed = template(provisioned(101, {"Fn::ImportValue": "units"}))
    (unread,) = found(check(tmp_path, changed, previous=content), "CG18")
    assert unread.level is Level.ERROR
    (unread,) = found(check(tmp_path, content), "CG18")
    assert unread.level is Level.WARN


@pytest.mark.parametrize(
    ("now", "level", "words"),
    [
        (provisioned(), Level.WARN, "none"),
        (provisioned(100, 2_000), Level.WARN, "raises only"),
        (provisioned(100, 900), Level.ERROR, "yes"),
        (ON_DEMAND, Level.ERROR, "yes"),
    ],
)
def test_table_without_a_baseline_is_refused_where_the_previous_template_shows_a_change(
    now: dict[str, Any], level: Level, words: str, tmp_path: Path
) -> None:
    (finding,) = found(check(tmp_path, template(now), previous=template(provisioned())), "CG2")
    assert finding.level is level
    assert finding.figures[-1].value == words
    assert "then --baseline Orders=baselines/Orders.json" in finding.fix
    (unknown,) = found(check(tmp_path, template(now)), "CG2")
    assert (unknown.level, unknown.figures[-1].value) == (Level.WARN, "unknown")


def test_table_that_the_previous_template_does_not_have_is_new(tmp_path: Path) -> None:
    other = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
    findings = check(tmp_path, template(ON_DEMAND), previous=other)
    (finding,) = found(findings, "CG2")
    assert finding.title.startswith("it is declared as new")
    assert not findings.errors


def test_baseline_of_another_template_than_the_deployed_one_is_refused_in_a_change(tmp_path: Path) -> None:
    file = saved(tmp_path, FIXED)
    findings = check(tmp_path, template(ON_DEMAND), file, previous=template(provisioned(100, 700)))
    (outdated,) = found(findings, "CG2")
    assert outdated.level is Level.ERROR
    assert "another template" in outdated.title
    assert not found(check(tmp_path, template(ON_DEMAND), file, previous=template(provisioned())), "CG2")


def test_previous_template_tells_what_else_changes_where_the_baseline_does_not(tmp_path: Path) -> None:
    file = saved(tmp_path, FIXED)
    keys = {**ON_DEMAND, "TableClass": "STANDARD_INFREQUENT_ACCESS"}
    (finding,) = found(check(tmp_path, template(keys), file, previous=template(provisioned())), "CG10")
    assert finding.level is Level.ERROR
    assert "TableClass" in finding.figures[0].value
    (unknown,) = found(check(tmp_path, template(keys), file), "CG10")
    assert unknown.level is Level.WARN
    assert unknown.figures[0].note == "--previous TEMPLATE shows them"


def test_condition_of_a_table_is_decided_by_a_parameter(tmp_path: Path) -> None:
    content = template(
        provisioned(100, 200),
        Parameters={"Stage": {"Type": "String"}},
        Conditions={"Live": {"Fn::Equals": [{"Ref": "Stage"}, "live"]}},
    )
    content["Resources"]["Orders"]["Condition"] = "Live"
    content["Resources"]["Other"] = template(ON_DEMAND)["Resources"]["Orders"]
    file = saved(tmp_path, FIXED)
    (unread,) = found(check(tmp_path, content, file), "CG18")
    assert "exists only under condition Live" in unread.figures[0].note
    live = check(tmp_path, content, file, parameters={"Stage": "live"})
    assert not found(live, "CG18")
    assert live.errors
    test = check(tmp_path, content, parameters={"Stage": "test"})
    assert [table.path for table in test.tables] == ["Other"]


def test_acknowledged_finding_is_a_warning_with_its_reason(tmp_path: Path) -> None:
    file = saved(tmp_path, FIXED)
    content = template(provisioned(100, 200))
    rules = {
        finding.rule for _, finding in check(tmp_path, content, file).found if finding.level is Level.ERROR
    }
    accepted = tuple(Acknowledgment(rule, "the batch job moves away today") for rule in rules)
    findings = check(tmp_path, content, file, settings=CheckSettings(acknowledgments={"Orders": accepted}))
    assert not findings.errors
    assert {f.acknowledged for _, f in findings.found if f.rule in rules} == {
        "the batch job moves away today"
    }
    with pytest.raises(InputError, match="acknowledgments: Other: is not a table of the template"):
        check(tmp_path, content, file, settings=CheckSettings(acknowledgments={"Other": accepted}))


def test_change_window_is_that_of_the_rules_and_of_the_plan(tmp_path: Path) -> None:
    rollout = Rollout(change_window=ChangeWindow("Sun 06-10 Europe/Berlin"))
    findings = check(
        tmp_path, template(ON_DEMAND), saved(tmp_path, FIXED), settings=CheckSettings(rollout=rollout)
    )
    (table,) = findings.tables
    assert table.planned is not None
    assert table.planned.rollout == rollout


def test_break_glass_lets_everything_pass_with_its_reason(tmp_path: Path) -> None:
    findings = check(
        tmp_path, template(provisioned(100, 200)), saved(tmp_path, FIXED), break_glass="incident 7"
    )
    assert not findings.errors
    assert findings.found
    assert {f.acknowledged for _, f in findings.found} == {"break-glass: incident 7"}


def test_other_tables_that_change_too_are_named(tmp_path: Path) -> None:
    content = template(ON_DEMAND)
    content["Resources"]["Others"] = content["Resources"]["Orders"]
    files = [
        saved(tmp_path, FIXED),
        saved(tmp_path, FIXED, "others.json", name="S-Others-1A2B", logical_id="Others"),
    ]
    named = [
        finding.figures[0].value
        for finding in found(check(tmp_path, content, *files), "CG10")
        if "other tables" in finding.title
    ]
    assert named == ["Others", "Orders"]


def test_nested_stack_and_loop_are_named_as_not_judged(tmp_path: Path) -> None:
    content = {
        "Transform": "AWS::LanguageExtensions",
        "Resources": {
            "Nested": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "x"}},
            "Fn::ForEach::Tables": ["X", ["A"], {"T${X}": {"Type": "AWS::DynamoDB::Table"}}],
            "Fn::ForEach::Topics": ["X", ["A"], {"T${X}": {"Type": "AWS::SNS::Topic"}}],
        },
    }
    findings = check(tmp_path, content)
    assert [table.path for table in findings.tables] == ["Nested", "Fn::ForEach::Tables"]
    assert [finding.level for _, finding in findings.found] == [Level.WARN] * 2


def test_scaling_target_that_may_name_the_table_is_a_finding(tmp_path: Path) -> None:
    content = template(ON_DEMAND)
    content["Resources"]["Target"] = {
        "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
        "Properties": {
            "ResourceId": {"Fn::ImportValue": "id"},
            "ScalableDimension": "dynamodb:table:WriteCapacityUnits",
            "MinCapacity": 1,
            "MaxCapacity": 2,
        },
    }
    found_there = [f.figures[0].value for f in found(check(tmp_path, content), "CG18")]
    assert found_there
    assert any("Target" in value or "cannot be read" in value for value in found_there)


def test_template_without_a_table_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no DynamoDB table"):
        check(tmp_path, {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})


def test_fix_of_a_template_says_that_other_properties_stay_and_records_in_the_region_of_the_baseline(
    tmp_path: Path,
) -> None:
    place = StackPlace("S", None, None)
    baseline = saved(tmp_path, FIXED, region="eu-west-1")
    findings = check(tmp_path, template(provisioned(100, 200)), baseline, place=place)
    (table,) = findings.tables
    answers = [answer for answer in table.answers if answer.alternatives]
    assert answers
    for answer in answers:
        for alternative in answer.alternatives:
            assert alternative.record.endswith(" --region eu-west-1")
            for label, text, step in steps(alternative):
                if step is not None:
                    assert label.startswith("deploy")
                    assert "keys, projections and all other properties stay" in text
