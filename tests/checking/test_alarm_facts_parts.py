"""The guard's alarms in a template, member by member: which can veto, which tell nobody, and the words about the others."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from capacity_guard.checking.facts import read_template_facts
from capacity_guard.rules import TemplateFacts
from tests.builders.rollback_alarm import rollback_alarm
from tests.builders.template_tables import TABLE

ON_DEMAND = {"BillingMode": "PAY_PER_REQUEST", "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}
IMPORT = {"Fn::ImportValue": "x"}
KEPT = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
ALARMS = {"table": "OfTable", "index/by_agent": "OfIndex"}


def template(
    resources: dict[str, Any], properties: dict[str, Any] | None = None, **attributes: Any
) -> dict[str, Any]:
    of_table = {"Type": TABLE, "Properties": {**ON_DEMAND, **(properties or {})}, **attributes}
    return {"Resources": {"Orders": of_table, **resources}}


def facts(
    resources: dict[str, Any],
    alarms: dict[str, str],
    properties: dict[str, Any] | None = None,
    declared: dict[str, tuple[str, ...]] | None = None,
) -> TemplateFacts:
    (found,) = read_template_facts(
        template(resources, properties),
        "Orders",
        alarms=alarms,
        location="S",
        region="eu-west-1",
        **({} if declared is None else {"alarm_actions": declared}),
    )
    return found


def alarm(properties: dict[str, Any], **attributes: Any) -> dict[str, Any]:
    return {"Type": "AWS::CloudWatch::Alarm", "Properties": properties, **attributes}


def fault(resource: Any) -> str | None:
    """Why the alarm of the table does not count; ``None`` if it does."""
    found = facts({"OfTable": resource}, {"table": "OfTable"})
    assert (found.watched == ()) is bool(found.alarm_faults)
    assert found.thresholds.keys() == found.alarm_counts.keys() == set(found.watched)
    return found.alarm_faults.get("table")


def test_alarms_are_read_by_resource_key() -> None:
    resources = {
        "OfTable": alarm(rollback_alarm({"Ref": "Orders"}, Threshold=7, EvaluationPeriods=9)),
        "OfIndex": alarm(rollback_alarm("x", "by_agent", Threshold="2.5", DatapointsToAlarm=None)),
    }
    found = facts(resources, ALARMS, {"TableName": "x"})
    assert found.watched == ("table", "index/by_agent")
    assert found.thresholds == {"table": 7, "index/by_agent": 2.5}
    assert found.alarm_counts == {"table": (9, 2), "index/by_agent": (5, 5)}
    assert found.alarm_faults == {}
    swapped = facts(resources, {"table": "OfIndex", "index/by_agent": "OfTable"}, {"TableName": "x"})
    of_both = "read_throttle has other dimensions; write_throttle has other dimensions"
    assert swapped.alarm_faults == {"table": of_both, "index/by_agent": of_both}


@pytest.mark.parametrize(
    "name",
    [
        "ActionsEnabled",
        "AlarmActions",
        "AlarmDescription",
        "AlarmName",
        "EvaluateLowSampleCountPercentile",
        "InsufficientDataActions",
        "Label",
        "OKActions",
        "Tags",
    ],
)
def test_member_of_an_alarm_that_cannot_keep_it_from_a_veto_is_not_read(name: str) -> None:
    assert fault(alarm(rollback_alarm({"Ref": "Orders"}, **{name: IMPORT}))) is None


@pytest.mark.parametrize(
    "member",
    [
        {"EvaluationWindow": {"Type": "SLIDING"}},
        {"DatapointsToAlarm": "2"},
        {"Threshold": {"Fn::If": ["Yes", 30, 0]}},
    ],
    ids=str,
)
def test_member_of_an_alarm_that_is_as_defined_is_no_fault(member: dict[str, Any]) -> None:
    yes = {"Conditions": {"Yes": {"Fn::Equals": ["a", "a"]}}}
    (found,) = read_template_facts(
        {**template({"OfTable": alarm(rollback_alarm({"Ref": "Orders"}, **member))}), **yes},
        "Orders",
        alarms={"table": "OfTable"},
        location="S",
    )
    assert (found.alarm_faults, found.thresholds) == ({}, {"table": 30})


@pytest.mark.parametrize(
    ("resource", "words"),
    [
        (None, "it is not in the template"),
        ({"Properties": rollback_alarm({"Ref": "Orders"})}, "it is not in the template"),
        (
            {"Type": "AWS::CloudWatch::CompositeAlarm", "Properties": rollback_alarm({"Ref": "Orders"})},
            "it is not in the template",
        ),
        (alarm(rollback_alarm({"Ref": "Orders"}), Condition="Never"), "its condition is false"),
        (
            alarm(rollback_alarm({"Ref": "Orders"}), Condition="Gone"),
            "S: OfTable cannot be read from outside (Condition Gone)",
        ),
        (
            alarm(rollback_alarm({"Ref": "Orders"}, Threshold=IMPORT)),
            "S: OfTable cannot be read from outside (Fn::ImportValue)",
        ),
        (
            alarm(rollback_alarm({"Ref": "Orders"}, Metrics=[[IMPORT]])),
            "S: OfTable cannot be read from outside (Fn::ImportValue)",
        ),
        (
            alarm(rollback_alarm({"Ref": "Orders"}, Metrics=[7])),
            "it is malformed ('int' object has no attribute 'get')",
        ),
        (alarm(rollback_alarm({"Ref": "Orders"}, Metrics=[{"Id": "m"}])), "it is malformed ('MetricStat')"),
        (
            alarm(rollback_alarm({"Ref": "Orders"}, Metrics=7)),
            "it is malformed ('int' object is not iterable)",
        ),
        (
            alarm(rollback_alarm({"Ref": "Orders"}, Threshold="many")),
            "it is malformed (could not convert string to float: 'many')",
        ),
        (
            alarm(rollback_alarm({"Ref": "Other"}, Zebra=1, Ant={"Ref": "AWS::Region"})),
            "read_throttle has other dimensions; write_throttle has other dimensions; Ant is set; Zebra is set",
        ),
        (
            alarm(rollback_alarm({"Ref": "Orders"}, Unit="Seconds")),
            "Unit is set",
        ),
        (
            alarm(rollback_alarm({"Fn::GetAtt": ["Orders", "Arn"]})),
            "read_throttle has other dimensions; write_throttle has other dimensions",
        ),
    ],
)
def test_alarm_that_is_no_veto_is_told_with_the_reason(resource: Any, words: str) -> None:
    never = {"Never": {"Fn::Equals": ["a", "b"]}}
    resources = {} if resource is None else {"OfTable": resource}
    conditioned = {**template(resources, **KEPT), "Conditions": never}
    (found,) = read_template_facts(conditioned, "Orders", alarms={"table": "OfTable"}, location="S")
    assert found.alarm_faults == {"table": words}
    assert (found.watched, found.thresholds, found.alarm_counts) == ((), {}, {})


def test_alarm_without_properties_is_no_veto() -> None:
    assert fault({"Type": "AWS::CloudWatch::Alarm"}) == "it is malformed ('EvaluationPeriods')"


def test_alarm_that_names_its_table_counts_where_the_table_has_that_name() -> None:
    resources = {"OfTable": alarm(rollback_alarm("orders"))}
    named = facts(resources, {"table": "OfTable"}, {"TableName": "orders"})
    assert named.watched == ("table",)
    other = facts(resources, {"table": "OfTable"}, {"TableName": "other"})
    assert other.watched == ()


def in_query(change: Callable[[list[dict[str, Any]]], object]) -> str | None:
    changed = copy.deepcopy(rollback_alarm({"Ref": "Orders"}))
    change(changed["Metrics"])
    return fault(alarm(changed))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda m: m[0].update(Label="x"), None),
        (lambda m: m[2].update(Label="x"), None),
        (lambda m: m[2].update(Period=60), None),
        (lambda m: m[0].update(AccountId=None), None),
        (lambda m: m[2].update(AccountId=None), None),
        (lambda m: m[0]["MetricStat"].update(Unit=None), None),
        (lambda m: m[0].update(Period=60), "read_throttle has Period"),
        (lambda m: m[2].update(MetricStat={}), "throttled has MetricStat"),
        (lambda m: m[2].update(Zebra=1, Ant=2), "throttled has Ant; throttled has Zebra"),
        (lambda m: m[1].update(Zebra=1), "write_throttle has Zebra"),
        (
            lambda m: m[1]["MetricStat"].update(Zebra=1, Ant=2),
            "write_throttle has Ant; write_throttle has Zebra",
        ),
        (
            lambda m: m[0]["MetricStat"]["Metric"].update(Zebra=1, Ant=2),
            "read_throttle has Ant; read_throttle has Zebra",
        ),
    ],
)
def test_member_of_a_query_that_nobody_knows_is_a_fault(
    change: Callable[[list[dict[str, Any]]], object], words: str | None
) -> None:
    assert in_query(change) == words


def muting(declared: tuple[str, ...] = (), **members: Any) -> str | None:
    found = facts(
        {"OfTable": alarm(rollback_alarm({"Ref": "Orders"}, **members))},
        {"table": "OfTable"},
        declared={"table": declared, "index/by_agent": ("OKActions",)},
    )
    assert found.watched == ("table",)
    assert found.alarm_muting.keys() <= {"table"}
    return found.alarm_muting.get("table")


@pytest.mark.parametrize("enabled", [True, "true", "True", None])
def test_alarm_whose_actions_run_is_not_muted(enabled: Any) -> None:
    members = {} if enabled is None else {"ActionsEnabled": enabled}
    assert muting(**members) is None
    assert muting(("AlarmActions",), AlarmActions=["arn"], **members) is None


@pytest.mark.parametrize("enabled", [False, "false", "no"])
def test_alarm_whose_actions_are_disabled_is_muted(enabled: Any) -> None:
    assert muting(ActionsEnabled=enabled) == "ActionsEnabled is false"
    assert muting(("AlarmActions",), ActionsEnabled=enabled) == "ActionsEnabled is false"


@pytest.mark.parametrize(
    ("declared", "members", "words"),
    [
        (("AlarmActions",), {}, "AlarmActions declared, but not in the template"),
        (("AlarmActions",), {"AlarmActions": []}, "AlarmActions declared, but not in the template"),
        (
            ("AlarmActions", "OKActions", "InsufficientDataActions"),
            {"OKActions": ["arn"]},
            "AlarmActions, InsufficientDataActions declared, but not in the template",
        ),
        (("AlarmActions",), {"AlarmActions": "arn"}, "S: OfTable.AlarmActions is not a list"),
        ((), {"ActionsEnabled": IMPORT}, "S: OfTable cannot be read from outside (Fn::ImportValue)"),
        ((), {"AlarmActions": []}, None),
    ],
)
def test_alarm_that_lost_the_actions_of_its_code_is_muted(
    declared: tuple[str, ...], members: dict[str, Any], words: str | None
) -> None:
    assert muting(declared, **members) == words


def test_alarm_that_is_no_veto_is_not_told_to_be_muted_as_well() -> None:
    found = facts(
        {"OfTable": alarm(rollback_alarm({"Ref": "Orders"}, Unit="x", ActionsEnabled=False))},
        {"table": "OfTable"},
    )
    assert (found.alarm_faults, found.alarm_muting) == ({"table": "Unit is set"}, {})
