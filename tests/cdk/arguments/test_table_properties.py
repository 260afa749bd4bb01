"""The properties of GuardedTable are those of the installed TableV2, under the CDK's own names and types."""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis

from capacity_guard import Capacity, GuardedTable, InputError, NewTable
from capacity_guard.cdk.arguments import table_properties
from capacity_guard.cdk.arguments.table_properties import REFUSED, REFUSED_IN_INDEX, TableProperties, names_of
from tests.builders.guarded import GLOBAL_TABLE, app, index, synthesize
from tests.paths import ROOT

KEY = dynamodb.Attribute(name="order_id", type=dynamodb.AttributeType.STRING)


def plain(hint: Any) -> Any:
    """A type without the two spellings that Python has for some (``Dict`` and ``dict``, ``Union`` and ``|``)."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is None:
        return hint
    if origin in (typing.Union, types.UnionType):
        return frozenset(plain(each) for each in arguments)
    return origin, tuple(plain(each) for each in arguments)


def test_properties_are_those_of_the_installed_table_v2_with_their_types() -> None:
    of_cdk = typing.get_type_hints(dynamodb.TableV2.__init__)
    for name in ("scope", "id", "return"):
        of_cdk.pop(name, None)
    of_guard = typing.get_type_hints(TableProperties)
    assert {*of_guard} | {*REFUSED, "partition_key"} == {*of_cdk}
    assert not {*of_guard} & {*REFUSED}
    assert {name: plain(hint) for name, hint in of_guard.items()} == {
        name: plain(of_cdk[name]) for name in of_guard
    }
    assert {*names_of(dynamodb.TableV2)} == {*of_cdk}


def test_properties_of_an_index_state_capacity_or_its_shape() -> None:
    shape = {
        "index_name",
        "non_key_attributes",
        "partition_key",
        "partition_keys",
        "projection_type",
        "sort_key",
        "sort_keys",
    }
    assert {*names_of(dynamodb.GlobalSecondaryIndexPropsV2)} == shape | {*REFUSED_IN_INDEX}


def guarded(stack: cdk.Stack, **given: Any) -> GuardedTable:
    known = {"capacity": Capacity.on_demand(), "baseline": NewTable("orders"), "partition_key": KEY}
    return GuardedTable(stack, "T", **{**known, **given})


SORT = dynamodb.Attribute(name="at", type=dynamodb.AttributeType.NUMBER)
GIVEN: dict[str, Callable[[cdk.Stack], Any]] = {
    "contributor_insights": lambda stack: True,
    "contributor_insights_specification": lambda stack: dynamodb.ContributorInsightsSpecification(
        enabled=True
    ),
    "deletion_protection": lambda stack: False,
    "dynamo_stream": lambda stack: dynamodb.StreamViewType.KEYS_ONLY,
    "encryption": lambda stack: dynamodb.TableEncryptionV2.dynamo_owned_key(),
    "global_secondary_indexes": lambda stack: [
        index("a"),
        {"indexName": "b", "partitionKey": {"name": "b", "type": dynamodb.AttributeType.STRING}},
    ],
    "global_table_settings_replication_mode": lambda stack: dynamodb.GlobalTableSettingsReplicationMode.ALL,
    "kinesis_stream": lambda stack: kinesis.Stream(stack, "Changes"),
    "local_secondary_indexes": lambda stack: [
        dynamodb.LocalSecondaryIndexProps(index_name="l", sort_key=SORT)
    ],
    "multi_region_consistency": lambda stack: dynamodb.MultiRegionConsistency.EVENTUAL,
    "point_in_time_recovery": lambda stack: False,
    "point_in_time_recovery_specification": lambda stack: dynamodb.PointInTimeRecoverySpecification(
        point_in_time_recovery_enabled=True, recovery_period_in_days=7
    ),
    "removal_policy": lambda stack: cdk.RemovalPolicy.DESTROY,
    "resource_policy": lambda stack: policy("dynamodb:GetItem"),
    "sort_key": lambda stack: SORT,
    "stream_resource_policy": lambda stack: policy("dynamodb:GetRecords"),
    "table_class": lambda stack: dynamodb.TableClass.STANDARD_INFREQUENT_ACCESS,
    "table_name": lambda stack: "orders",
    "tags": lambda stack: [cdk.CfnTag(key="team", value="care")],
    "time_to_live_attribute": lambda stack: "expires",
    "witness_region": lambda stack: None,
}
"""A value of each property. A witness needs replicas, so none can be given to a table without them."""


def policy(action: str) -> iam.PolicyDocument:
    statement = iam.PolicyStatement(
        actions=[action], principals=[iam.AccountRootPrincipal()], resources=["*"]
    )
    return iam.PolicyDocument(statements=[statement])


def test_every_property_has_an_example() -> None:
    assert {*GIVEN} == {*typing.get_type_hints(TableProperties)}


@pytest.mark.sampled(every=7)
@pytest.mark.parametrize("name", sorted(GIVEN))
def test_property_when_given_makes_the_table_that_table_v2_makes(name: str) -> None:
    # a local index needs a sort key
    beside = {"sort_key": SORT} if name == "local_secondary_indexes" else {}

    def resource_of(make: Callable[[cdk.Stack, Any], object]) -> dict[str, Any]:
        made = app()
        stack = cdk.Stack(made, "S")
        make(stack, GIVEN[name](stack))
        found: dict[str, Any] = synthesize(made).only(GLOBAL_TABLE)
        found.pop("DependsOn", None)
        return found

    def plain_table(stack: cdk.Stack, value: Any) -> None:
        defaults: dict[str, Any] = {
            "removal_policy": cdk.RemovalPolicy.RETAIN,
            "deletion_protection": True,
            "encryption": dynamodb.TableEncryptionV2.aws_managed_key(),
        }
        if name != "point_in_time_recovery":
            defaults["point_in_time_recovery_specification"] = dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            )
        dynamodb.TableV2(stack, "T", partition_key=KEY, **{**defaults, **beside, name: value})

    of_guard = resource_of(lambda stack, value: guarded(stack, **beside, **{name: value}))
    assert of_guard == resource_of(plain_table)
    assert resource_of(lambda stack, value: guarded(stack, **beside)) != of_guard or name in (
        # the CDK's own defaults
        "multi_region_consistency",
        "witness_region",
    )


def refusal(**given: Any) -> tuple[str, str, str]:
    stack = cdk.Stack(app(), "S")
    with pytest.raises(InputError) as raised:
        guarded(stack, **given)
    assert stack.node.children == [], "refused before anything is made"
    return raised.value.location, raised.value.problem, raised.value.remedy


CAPACITY: dict[str, Any] = {
    "billing": dynamodb.Billing.on_demand(),
    "replicas": [dynamodb.ReplicaTableProps(region="eu-west-3")],
    "warm_throughput": dynamodb.WarmThroughput(read_units_per_second=15_000),
}
IN_INDEX: dict[str, Any] = {
    "max_read_request_units": 5,
    "max_write_request_units": 5,
    "read_capacity": dynamodb.Capacity.fixed(5),
    "warm_throughput": dynamodb.WarmThroughput(read_units_per_second=15_000),
    "write_capacity": dynamodb.Capacity.autoscaled(max_capacity=5),
}
PROBLEM = (
    "would state capacity that no rule judges and no gate watches: a GuardedTable has the capacity of capacity= "
    "alone, in its own Region"
)


@pytest.mark.parametrize("name", REFUSED)
def test_capacity_of_the_table_is_refused_and_capacity_named(name: str) -> None:
    location, problem, remedy = refusal(**{name: CAPACITY[name]})
    assert (location, problem) == (f"GuardedTable T: {name}", PROBLEM)
    assert remedy.startswith("Write capacity=Capacity.on_demand(...) or Capacity.provisioned(...)")


@pytest.mark.parametrize("name", REFUSED_IN_INDEX)
@pytest.mark.parametrize("as_mapping", [False, True])
def test_capacity_in_an_index_is_refused_and_capacity_named(name: str, as_mapping: bool) -> None:
    given = {"index_name": "a", "partition_key": KEY, name: IN_INDEX[name]}
    entry = given if as_mapping else dynamodb.GlobalSecondaryIndexPropsV2(**given)
    location, problem, _ = refusal(global_secondary_indexes=[entry])
    assert (location, problem) == (f'GuardedTable T: global_secondary_indexes["a"].{name}', PROBLEM)


def test_everything_that_states_capacity_is_in_one_error() -> None:
    entry = {"index_name": "a", "partition_key": KEY, "read_capacity": IN_INDEX["read_capacity"]}
    location, _, _ = refusal(**CAPACITY, global_secondary_indexes=[entry])
    assert location == (
        'GuardedTable T: billing, replicas, warm_throughput, global_secondary_indexes["a"].read_capacity'
    )


def test_capacity_that_is_not_given_is_not_refused() -> None:
    stack = cdk.Stack(app(), "S")
    none: dict[str, Any] = dict.fromkeys(REFUSED)
    assert guarded(stack, **none).capacity == Capacity.on_demand()


@pytest.mark.parametrize(
    ("given", "location", "problem", "remedy"),
    [
        (
            {"time_to_live_atribute": "expires"},
            "time_to_live_atribute",
            "is not a property of it, and TableV2 of the installed aws-cdk-lib has none of that name",
            "Is it time_to_live_attribute?",
        ),
        (
            {"x": 1},
            "x",
            "is not a property of it, and TableV2 of the installed aws-cdk-lib has none of that name",
            "Take it out",
        ),
        (
            {"indexes": []},
            "indexes",
            "is global_secondary_indexes here, as for TableV2",
            "Write global_secondary_indexes=[GlobalSecondaryIndexPropsV2(index_name=..., partition_key=...)]",
        ),
        (
            {"stream": dynamodb.StreamViewType.KEYS_ONLY},
            "stream",
            "is dynamo_stream here, as for TableV2",
            "Write dynamo_stream=StreamViewType.NEW_IMAGE",
        ),
        (
            {"tags": {"team": "care"}},
            "tags",
            "is a mapping",
            'Write tags=[CfnTag(key="team", value="care")], as for TableV2',
        ),
        (
            {"global_secondary_indexes": ["a"]},
            "global_secondary_indexes[0]",
            "is str",
            "Write [GlobalSecondaryIndexPropsV2(index_name=..., partition_key=...)]",
        ),
        (
            {"global_secondary_indexes": index("a")},
            "global_secondary_indexes",
            "is GlobalSecondaryIndexPropsV2, no list",
            "Write [GlobalSecondaryIndexPropsV2(index_name=..., partition_key=...)]",
        ),
    ],
)
def test_property_that_table_v2_lacks_is_one_clear_error(
    given: dict[str, Any], location: str, problem: str, remedy: str
) -> None:
    assert refusal(**given) == (f"GuardedTable T: {location}", problem, remedy)


def test_index_that_is_a_mapping_may_have_the_names_of_python_or_typescript() -> None:
    for given in ({"index_name": "a", "partition_key": KEY}, {"indexName": "a", "partitionKey": KEY}):
        made = app()
        guarded(cdk.Stack(made, "S"), global_secondary_indexes=[given])
        properties = synthesize(made).only(GLOBAL_TABLE)["Properties"]
        assert [entry["IndexName"] for entry in properties["GlobalSecondaryIndexes"]] == ["a"]


def test_index_that_is_a_mapping_with_an_unknown_key_names_it() -> None:
    location, problem, _ = refusal(global_secondary_indexes=[{"index_name": "a", "partition_kye": KEY}])
    assert location == "GuardedTable T: global_secondary_indexes[0]"
    assert "partition_kye" in problem


def test_property_that_a_newer_cdk_adds_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    passed: dict[str, Any] = {}

    class Newer(dynamodb.TableV2):
        def __init__(self, scope: Any, id: str, *, of_tomorrow: Any = None, **given: Any) -> None:
            passed["of_tomorrow"] = of_tomorrow
            super().__init__(scope, id, **given)

    known = names_of(dynamodb.TableV2)
    monkeypatch.setattr(table_properties, "names_of", lambda construct: (*known, "of_tomorrow"))
    monkeypatch.setattr("capacity_guard.cdk.guarded_table.dynamodb.TableV2", Newer)
    guarded(cdk.Stack(app(), "S"), of_tomorrow=7)
    assert passed == {"of_tomorrow": 7}


def test_type_checker_reads_the_declarations_that_it_has_to_refuse() -> None:
    """Lines that mypy ignores without a need fail ``make types``; here mypy itself would read its cache once more."""
    (typed,) = (line for line in (ROOT / "Makefile").read_text().splitlines() if line.startswith("TYPED ="))
    assert "tests/cdk/typed_properties.py" in typed
    source = (ROOT / "tests/cdk/typed_properties.py").read_text()
    assert re.findall(r"# type: ignore\[([a-z-]+)\]$", source, re.MULTILINE) == [
        "arg-type",
        "call-arg",
        "call-arg",
    ]
