"""Limits of the services in a template: at the limit nothing is found, one above it one excess is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from capacity_guard.capacity import limits
from capacity_guard.capacity.limits import Excess, Limit
from capacity_guard.cloudformation.service_limits import (
    section_excesses,
    table_excesses,
    template_excesses,
)
from tests.builders.template_tables import GLOBAL_TABLE, TABLE, deployed, template_of

MEDIUM = 1_000
Made = Callable[[int], dict[str, Any]]


def resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Resources": {"Made": {"Type": kind, "Properties": properties}}}


def alarm(**properties: Any) -> dict[str, Any]:
    return resource("AWS::CloudWatch::Alarm", **properties)


def function(**properties: Any) -> dict[str, Any]:
    return resource("AWS::Lambda::Function", **properties)


def some(count: int) -> list[dict[str, str]]:
    return [{"Ref": f"Thing{number}"} for number in range(count)]


def named(count: int, value: Any = "x") -> dict[str, Any]:
    return {f"Name{number}": value for number in range(count)}


METRIC = {"MetricStat": {"Stat": "Sum"}}
SECTIONS: dict[str, tuple[Limit, Made]] = {
    "Resources": (limits.TEMPLATE_RESOURCES, lambda count: {"Resources": named(count, {"Type": "X"})}),
    "Parameters": (limits.TEMPLATE_PARAMETERS, lambda count: {"Parameters": named(count)}),
    "Outputs": (limits.TEMPLATE_OUTPUTS, lambda count: {"Outputs": named(count)}),
    "Mappings": (limits.TEMPLATE_MAPPINGS, lambda count: {"Mappings": named(count, {})}),
}
IN_TEMPLATE: dict[str, tuple[Limit, Made]] = {
    **SECTIONS,
    "Description": (limits.DESCRIPTION_BYTES, lambda count: {"Description": "x" * count}),
    "Mappings.Rates": (limits.MAPPING_ATTRIBUTES, lambda count: {"Mappings": {"Rates": named(count)}}),
    **{
        f"a name in {section}, {'x' * 40}...": (
            limits.NAME_CHARACTERS,
            lambda count, section=section: {section: {"x" * count: {}}},
        )
        for section in SECTIONS
    },
    "Made.AlarmName": (limits.ALARM_NAME_CHARACTERS, lambda count: alarm(AlarmName="x" * count)),
    "Made.AlarmDescription": (
        limits.ALARM_DESCRIPTION_CHARACTERS,
        lambda count: alarm(AlarmDescription="x" * count),
    ),
    **{
        f"Made.{actions}": (
            limits.ALARM_ACTIONS,
            lambda count, actions=actions: alarm(**{actions: some(count)}),
        )
        for actions in ("AlarmActions", "OKActions", "InsufficientDataActions")
    },
    "Made.Metrics": (
        limits.ALARM_METRICS,
        lambda count: alarm(Metrics=[{"Expression": "SUM(METRICS())"}, *[METRIC] * count]),
    ),
    "Made.FunctionName": (limits.FUNCTION_NAME_CHARACTERS, lambda count: function(FunctionName="x" * count)),
    "Made.Timeout": (limits.FUNCTION_SECONDS_MOST, lambda count: function(Timeout=count)),
    "Made.Environment": (
        limits.FUNCTION_ENVIRONMENT_BYTES,
        lambda count: function(Environment={"Variables": {"A": "x" * (count - 2), "B": {"Ref": "Late"}}}),
    ),
    "Made.Layers": (limits.FUNCTION_LAYERS, lambda count: function(Layers=some(count))),
    "Made.VpcConfig.SubnetIds": (
        limits.FUNCTION_SUBNETS,
        lambda count: function(VpcConfig={"SubnetIds": some(count)}),
    ),
    "Made.VpcConfig.SecurityGroupIds": (
        limits.FUNCTION_SECURITY_GROUPS,
        lambda count: function(VpcConfig={"SecurityGroupIds": some(count)}),
    ),
    "Made.RoleName": (
        limits.ROLE_NAME_CHARACTERS,
        lambda count: resource("AWS::IAM::Role", RoleName="x" * count),
    ),
    "Made.ManagedPolicyArns": (
        limits.MANAGED_POLICIES_OF_ROLE,
        lambda count: resource("AWS::IAM::Role", ManagedPolicyArns=some(count)),
    ),
    "Made.StateMachineName": (
        limits.STATE_MACHINE_NAME_CHARACTERS,
        lambda count: resource("AWS::StepFunctions::StateMachine", StateMachineName="x" * count),
    ),
    "Made.ScheduledActions": (
        limits.SCHEDULED_ACTIONS,
        lambda count: resource("AWS::ApplicationAutoScaling::ScalableTarget", ScheduledActions=[{}] * count),
    ),
}
TAGGED = (
    "AWS::CloudWatch::Alarm",
    "AWS::Lambda::Function",
    "AWS::IAM::Role",
    "AWS::Logs::LogGroup",
    "AWS::DynamoDB::Table",
    "AWS::StepFunctions::StateMachine",
)


def found(template: dict[str, Any], written: int = MEDIUM) -> list[Excess]:
    return list(template_excesses(template, written))


@pytest.mark.parametrize("place", IN_TEMPLATE)
def test_template_when_at_a_limit_expects_nothing_and_above_it_one_excess(place: str) -> None:
    limit, made = IN_TEMPLATE[place]
    assert found(made(limit.value)) == []
    (excess,) = found(made(limit.value + 1))
    assert (excess.place, excess.number, excess.limit) == (place, limit.value + 1, limit)
    assert excess.remedy
    assert excess.adjustable == (limit is limits.MANAGED_POLICIES_OF_ROLE)


@pytest.mark.parametrize("kind", TAGGED)
def test_tags_when_one_above_the_limit_expects_an_excess(kind: str) -> None:
    most = limits.TAGS.value
    assert found(resource(kind, Tags=some(most))) == []
    assert [excess.place for excess in found(resource(kind, Tags=some(most + 1)))] == ["Made.Tags"]


def test_template_when_its_file_is_one_byte_too_long_expects_an_excess() -> None:
    most = limits.TEMPLATE_BYTES.value
    assert found({}, most) == []
    (excess,) = found({}, most + 1)
    assert excess.limit is limits.TEMPLATE_BYTES
    assert "suppressTemplateIndentation" in excess.remedy


@pytest.mark.parametrize("place", SECTIONS)
def test_sections_when_asked_for_alone_expects_them_alone(place: str) -> None:
    limit, made = SECTIONS[place]
    template = {**made(limit.value + 1), "Description": "x" * 2_000}
    assert [excess.place for excess in section_excesses(template)] == [place]


@pytest.mark.parametrize(
    "entry",
    [{"Fn::If": ["Loud", {"Ref": "Topic"}, {"Ref": "AWS::NoValue"}]}, {"Ref": "AWS::NoValue"}],
)
def test_entry_when_a_condition_may_take_it_away_expects_it_not_counted(entry: dict[str, Any]) -> None:
    assert found(alarm(AlarmActions=[*some(5), entry])) == []


@pytest.mark.parametrize(
    "template",
    [
        {"Resources": {"A": "text"}, "Outputs": []},
        {"Resources": {"A": {"Type": "AWS::CloudWatch::Alarm", "Properties": "text"}}},
        alarm(
            AlarmActions={"Fn::Split": [",", {"Ref": "Actions"}]}, Metrics="text", AlarmName={"Ref": "Name"}
        ),
        function(Timeout="900", Environment={"Variables": {"Fn::Transform": {}}}, VpcConfig="none"),
        {"Resources": {"Loop": {"Fn::ForEach::Tables": []}}},
    ],
    ids=str,
)
def test_template_when_not_plain_expects_no_guess(template: dict[str, Any]) -> None:
    assert found(template) == []


def attributes(count: int) -> dict[str, Any]:
    return {"Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": [f"a{n}" for n in range(count)]}}


def indexes(*counts: int) -> dict[str, Any]:
    return {
        "GlobalSecondaryIndexes": [
            {"IndexName": f"by_{number}", **attributes(count)} for number, count in enumerate(counts)
        ]
    }


OF_TABLE: dict[str, tuple[Limit, Made]] = {
    "TableName": (limits.TABLE_NAME_CHARACTERS, lambda count: {"TableName": "x" * count}),
    "GlobalSecondaryIndexes.0.IndexName": (
        limits.TABLE_NAME_CHARACTERS,
        lambda count: {"GlobalSecondaryIndexes": [{"IndexName": "x" * count}]},
    ),
    "LocalSecondaryIndexes.0.IndexName": (
        limits.TABLE_NAME_CHARACTERS,
        lambda count: {"LocalSecondaryIndexes": [{"IndexName": "x" * count}]},
    ),
    "LocalSecondaryIndexes": (
        limits.LOCAL_INDEXES,
        lambda count: {"LocalSecondaryIndexes": [{"IndexName": f"by_{n}"} for n in range(count)]},
    ),
    "GlobalSecondaryIndexes.0.Projection": (limits.PROJECTED_ATTRIBUTES_OF_INDEX, indexes),
    "the projections of all indexes": (
        limits.PROJECTED_ATTRIBUTES,
        lambda count: {
            **indexes(20, 20, 20, 20),
            "LocalSecondaryIndexes": [{"IndexName": "by_l", **attributes(15)}, {**attributes(count - 95)}],
        },
    ),
}


@pytest.mark.parametrize("kind", [TABLE, GLOBAL_TABLE])
@pytest.mark.parametrize("place", OF_TABLE)
def test_table_when_at_a_limit_expects_nothing_and_above_it_one_excess(place: str, kind: str) -> None:
    limit, made = OF_TABLE[place]
    assert list(table_excesses(deployed(template_of(made(limit.value), kind)), "Orders")) == []
    (excess,) = table_excesses(deployed(template_of(made(limit.value + 1), kind)), "Orders")
    assert (excess.place, excess.number, excess.limit) == (place, limit.value + 1, limit)


def test_table_when_a_part_cannot_be_read_expects_the_rest_judged() -> None:
    properties = {"TableName": {"Fn::GetAtt": ["A", "B"]}, **indexes(21)}
    properties["GlobalSecondaryIndexes"].append(
        {"IndexName": "by_z", "Projection": {"Fn::GetAtt": ["A", "B"]}}
    )
    (excess,) = table_excesses(deployed(template_of(properties)), "Orders")
    assert excess.place == "GlobalSecondaryIndexes.0.Projection"


@pytest.mark.parametrize(
    ("service", "shape", "limit"),
    [
        ("cloudwatch", "AlarmName", limits.ALARM_NAME_CHARACTERS),
        ("cloudwatch", "AlarmDescription", limits.ALARM_DESCRIPTION_CHARACTERS),
        ("cloudwatch", "ResourceList", limits.ALARM_ACTIONS),
        ("cloudwatch", "Dimensions", limits.METRIC_DIMENSIONS),
        ("dynamodb", "TableName", limits.TABLE_NAME_CHARACTERS),
        ("dynamodb", "IndexName", limits.TABLE_NAME_CHARACTERS),
        ("dynamodb", "NonKeyAttributeNameList", limits.PROJECTED_ATTRIBUTES_OF_INDEX),
        ("lambda", "SubnetIds", limits.FUNCTION_SUBNETS),
        ("lambda", "SecurityGroupIds", limits.FUNCTION_SECURITY_GROUPS),
        ("iam", "roleNameType", limits.ROLE_NAME_CHARACTERS),
        ("iam", "tagListType", limits.TAGS),
        ("stepfunctions", "Name", limits.STATE_MACHINE_NAME_CHARACTERS),
        ("stepfunctions", "SensitiveData", limits.EXECUTION_INPUT_BYTES),
        ("stepfunctions", "SensitiveCause", limits.CAUSE_CHARACTERS),
    ],
    ids=str,
)
def test_limit_when_the_model_of_the_service_states_it_expects_the_same(
    service: str, shape: str, limit: Limit
) -> None:
    """What AWS states in the models that botocore ships. A limit that is raised there is raised here."""
    import botocore.session

    model = botocore.session.get_session().get_service_model(service)
    assert model.shape_for(shape).metadata["max"] == limit.value
