"""Facts of a template, part by part: where each is read, and the words about what cannot be read."""

from __future__ import annotations

from typing import Any

import pytest

from capacity_guard.capacity import Capacity, Units
from capacity_guard.checking.facts import read_template_facts, unguarded_tables
from capacity_guard.rules import TemplateFacts
from tests.builders.rollback_alarm import rollback_alarm
from tests.builders.template_tables import GLOBAL_TABLE, PROVISIONED, TABLE, template_of

ON_DEMAND = {"BillingMode": "PAY_PER_REQUEST", "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}
IMPORT = {"Fn::ImportValue": "x"}
KEPT = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}


def template(
    properties: dict[str, Any] | None = None,
    kind: str = TABLE,
    resources: dict[str, Any] | None = None,
    **attributes: Any,
) -> dict[str, Any]:
    table = {"Type": kind, "Properties": {**ON_DEMAND, **(properties or {})}, **attributes}
    return {"Resources": {"Orders": table, **(resources or {})}}


def facts(
    properties: dict[str, Any] | None = None,
    kind: str = TABLE,
    resources: dict[str, Any] | None = None,
    *,
    alarms: dict[str, str] | None = None,
    **attributes: Any,
) -> TemplateFacts:
    (found,) = read_template_facts(
        template(properties, kind, resources, **attributes),
        "Orders",
        alarms=alarms or {},
        location="S",
        region="eu-west-1",
    )
    return found


def alarm(properties: dict[str, Any], **attributes: Any) -> dict[str, Any]:
    return {"Type": "AWS::CloudWatch::Alarm", "Properties": properties, **attributes}


@pytest.mark.parametrize(
    ("name", "is_named"), [("orders", True), ({"Fn::Sub": "${Stage}-orders"}, True), (None, False)], ids=str
)
def test_table_is_named_where_its_name_is_stated_even_if_only_the_deployment_knows_it(
    name: object, is_named: bool
) -> None:
    assert facts({} if name is None else {"TableName": name}).is_named is is_named


@pytest.mark.parametrize("first", ["Retain", "RetainExceptOnCreate", "Delete", "Snapshot", None])
@pytest.mark.parametrize("second", ["Retain", "RetainExceptOnCreate", "Delete", "Snapshot", None])
def test_table_is_retained_if_both_policies_retain_it(first: str | None, second: str | None) -> None:
    policies = {"DeletionPolicy": first, "UpdateReplacePolicy": second}
    stated = {name: value for name, value in policies.items() if value is not None}
    retaining = ("Retain", "RetainExceptOnCreate")
    assert facts(**stated).retained is (first in retaining and second in retaining)


FLAGS = [(True, True), ("true", True), ("TRUE", True), (False, False), ("false", False), (None, False)]


@pytest.mark.parametrize(("value", "is_on"), FLAGS)
def test_protection_of_a_table_is_read_from_the_table(value: object, is_on: bool) -> None:
    protected = facts({"DeletionProtectionEnabled": value})
    assert (protected.deletion_protection, protected.point_in_time_recovery) == (is_on, False)
    recovered = facts({"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": value}})
    assert (recovered.deletion_protection, recovered.point_in_time_recovery) == (False, is_on)


@pytest.mark.parametrize(("first", "second"), [(True, True), (True, False), (False, True)])
def test_protection_of_a_global_table_is_on_if_it_is_in_every_replica(first: bool, second: bool) -> None:
    def of(name: str, flag: Any) -> dict[str, Any]:
        replicas = [{"Region": "eu-west-1", name: flag(first)}, {"Region": "us-east-1", name: flag(second)}]
        return {name: flag(True), "Replicas": replicas}

    found = facts(of("DeletionProtectionEnabled", bool), GLOBAL_TABLE)
    assert found.deletion_protection is (first and second)
    specified = of("PointInTimeRecoverySpecification", lambda on: {"PointInTimeRecoveryEnabled": on})
    assert facts(specified, GLOBAL_TABLE).point_in_time_recovery is (first and second)


def index(name: str, **properties: Any) -> dict[str, Any]:
    return {"IndexName": name, "KeySchema": [], "Projection": {"ProjectionType": "ALL"}, **properties}


WARM = {"WarmThroughput": {"ReadUnitsPerSecond": 1}}


@pytest.mark.parametrize(
    ("properties", "keys"),
    [
        ({}, ()),
        (WARM, ("table",)),
        ({"WarmThroughput": {"Ref": "AWS::NoValue"}}, ()),
        ({"GlobalSecondaryIndexes": [index("a"), index("b", **WARM)]}, ("index/b",)),
        ({**WARM, "GlobalSecondaryIndexes": [index("a", **WARM)]}, ("table", "index/a")),
        ({"Replicas": [{"Region": "eu-west-1", **WARM}]}, ("table",)),
        ({**WARM, "Replicas": [{"Region": "eu-west-1", **WARM}]}, ("table",)),
        (
            {
                "GlobalSecondaryIndexes": [index("a"), index("b", **WARM)],
                "Replicas": [
                    {"Region": "eu-west-1", "GlobalSecondaryIndexes": [{"IndexName": "a", **WARM}]},
                    {"Region": "us-east-1", **WARM},
                ],
            },
            ("table", "index/b", "index/a"),
        ),
    ],
)
def test_warm_throughput_is_found_wherever_it_is_stated(properties: dict[str, Any], keys: Any) -> None:
    kind = GLOBAL_TABLE if "Replicas" in properties else TABLE
    assert facts(properties, kind).warm_throughput == keys


@pytest.mark.parametrize(
    ("resource", "replicated"),
    [
        ({"Type": "Custom::DynamoDBReplica", "Properties": {"TableName": {"Ref": "Orders"}}}, "R"),
        ({"Type": "Custom::DynamoDBReplica", "Properties": {"TableName": {"Ref": "Other"}}}, None),
        ({"Type": "Custom::DynamoDBReplica", "Properties": {"TableName": "Orders"}}, None),
        ({"Type": "Custom::DynamoDBReplica"}, None),
        ({"Type": "Custom::Other", "Properties": {"TableName": {"Ref": "Orders"}}}, None),
        ({"Properties": {"TableName": {"Ref": "Orders"}}}, None),
    ],
)
def test_custom_resource_replicates_the_table_that_it_refers_to(
    resource: dict[str, Any], replicated: str | None
) -> None:
    second = {**resource, "Type": resource.get("Type", "None")}
    assert facts(resources={"R": resource, "S": second}).replicated_by == replicated


@pytest.mark.parametrize(
    ("properties", "unreadable"),
    [
        ({"BillingMode": IMPORT}, "S: Orders.BillingMode cannot be read from outside (Fn::ImportValue)"),
        ({"BillingMode": "FREE"}, "S: Orders.BillingMode is 'FREE'"),
        ({"KeySchema": IMPORT}, "S: Orders.KeySchema cannot be read from outside (Fn::ImportValue)"),
        (
            {"WarmThroughput": IMPORT},
            "S: Orders.WarmThroughput cannot be read from outside (Fn::ImportValue)",
        ),
        (
            {"DeletionProtectionEnabled": IMPORT},
            "S: Orders.DeletionProtectionEnabled cannot be read from outside (Fn::ImportValue)",
        ),
        (
            {"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": IMPORT}},
            "S: Orders.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled cannot be read from outside "
            "(Fn::ImportValue)",
        ),
    ],
)
def test_table_that_cannot_be_read_is_told_with_the_place_and_keeps_the_other_facts(
    properties: dict[str, Any], unreadable: str
) -> None:
    found = facts(
        properties,
        resources={"OfTable": alarm(rollback_alarm({"Ref": "Orders"}))},
        alarms={"table": "OfTable"},
        **KEPT,
    )
    assert found.unreadable == unreadable
    assert (found.capacity, found.structure, found.watched, found.retained) == (None, None, ("table",), True)
    assert found.branch is None


def test_table_with_too_many_branches_is_one_fact_without_a_capacity() -> None:
    names = [f"C{number}" for number in range(9)]
    either = [{"Fn::If": [name, index(name), {"Ref": "AWS::NoValue"}]} for name in names]
    conditioned = template({"GlobalSecondaryIndexes": either})
    conditioned["Conditions"] = {name: {"Fn::Equals": [{"Ref": name}, "yes"]} for name in names}
    (found,) = read_template_facts(conditioned, "Orders", alarms={}, location="S")
    assert found.unreadable == (
        "S: its conditions can turn out in more than 32 ways. Let fewer conditions decide what the table is."
    )
    assert found == TemplateFacts(unreadable=found.unreadable)


def test_facts_of_each_branch_name_it_and_account_and_region_are_known() -> None:
    here = {
        "Home": {"Fn::Equals": [{"Ref": "AWS::Region"}, "eu-west-1"]},
        "Mine": {"Fn::Equals": [{"Ref": "AWS::AccountId"}, "1"]},
        "Big": {"Fn::Equals": [{"Ref": "Size"}, "big"]},
    }
    maxima = {
        "MaxReadRequestUnits": {"Fn::If": ["Big", {"Fn::If": ["Home", {"Fn::If": ["Mine", 3, 4]}, 2]}, 1]}
    }
    conditioned = {**template({"OnDemandThroughput": maxima}), "Conditions": here}
    found = read_template_facts(
        conditioned, "Orders", alarms={}, location="S", account="1", region="eu-west-1"
    )
    assert {one.branch: one.capacity for one in found} == {
        "Size = big": Capacity.on_demand(maximum=Units(read=3)),
        "Size is not big": Capacity.on_demand(maximum=Units(read=1)),
    }
    unknown = read_template_facts(conditioned, "Orders", alarms={}, location="S")
    assert len(unknown) == 4


def test_tables_without_a_guard_are_those_of_either_type() -> None:
    resources = {
        "A": {"Type": TABLE},
        "B": {"Type": GLOBAL_TABLE},
        "C": {"Type": "AWS::DynamoDB::Other"},
        "D": {},
    }
    assert list(unguarded_tables({"Resources": resources}, ())) == ["A", "B"]
    assert list(unguarded_tables({"Resources": resources}, ("A",))) == ["B"]


def test_facts_have_the_macros_of_the_template() -> None:
    template = template_of(PROVISIONED, Transform=["AWS::LanguageExtensions", "Company"])
    (facts,) = read_template_facts(template, "Orders", alarms={}, location="S")
    assert facts.macros == ("Company (Transform)",)
