"""Public bug reports as small apps: what happened to others on AWS is named at the synthesis, with what to do.

Each test names its source. ``tests/public_reports/apps.py`` has what they share.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_applicationautoscaling as autoscaling
from aws_cdk import aws_dynamodb as dynamodb

from capacity_guard import AutoScaling, Capacity, CapacityGuard, GuardEveryTable, NewTable, ReportEveryTable
from tests.builders.feature_flags import recommended_flags
from tests.builders.guarded import ALARM, BAKE, PREFLIGHT, app
from tests.public_reports.apps import ON_DEMAND, SCALED, Answer, Declare, guarded, key, recorded, table

FUNCTION = "AWS::Lambda::Function"


def on_demand(*indexes: str, **properties: Any) -> Declare:
    def declare(stack: cdk.Stack) -> dynamodb.Table:
        made = table(stack, **ON_DEMAND, **properties)
        for name in indexes:
            made.add_global_secondary_index(index_name=name, partition_key=key(name))
        return made

    return declare


def provisioned(units: int = 100, **properties: Any) -> Declare:
    return lambda stack: table(stack, read_capacity=100, write_capacity=units, **properties)


def scaled(units: int = 100, target: float = 70) -> Declare:
    def declare(stack: cdk.Stack) -> dynamodb.Table:
        made = table(stack, read_capacity=100, write_capacity=units)
        writes = made.auto_scale_write_capacity(min_capacity=100, max_capacity=1_000)
        writes.scale_on_utilization(target_utilization_percent=target)
        return made

    return declare


def as_iam_reads(value: Any) -> Any:
    """A value of a template with the references in it resolved."""
    if isinstance(value, list):
        return [as_iam_reads(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    if "Fn::Join" in value:
        return "".join(map(as_iam_reads, value["Fn::Join"][1]))
    if "Ref" in value:
        return {"AWS::Partition": "aws"}[value["Ref"]]
    return {name: as_iam_reads(entry) for name, entry in value.items()}


FIXED = Capacity.provisioned(read=100, write=100)
OF_INDEXES = {name: Capacity.on_demand().table for name in ("by_day", "by_hour")}


@pytest.mark.sampled(every=3)
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((), ("by_day", "by_hour")),
        (("by_day",), ("by_hour",)),
        (("by_day", "by_hour"), ()),
    ],
    ids=["two are created", "one is created and one deleted", "two are deleted"],
)
def test_two_index_changes_in_one_update(before: tuple[str, ...], after: tuple[str, ...]) -> None:
    """*Cannot perform more than one GSI creation or deletion in a single update*.

    https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/229,
    https://github.com/aws/aws-cdk/issues/14920, https://github.com/convox/console-app/issues/9
    """
    was = Capacity.on_demand(indexes={name: OF_INDEXES[name] for name in before})  # type: ignore[misc]
    answer = guarded(on_demand(*after), recorded(was, on_demand(*before)))
    assert answer.of("CG10") == [
        (
            "CG10",
            "fatal",
            "CG10 Orders: it creates or deletes 2 indexes in one operation, and CloudFormation refuses more than one",
        )
    ]


@pytest.mark.parametrize(
    ("was", "severity"),
    [(FIXED, "fatal"), (Capacity.on_demand(), "warning")],
    ids=["a switch", "nothing changes"],
)
def test_billing_mode_overridden_while_the_units_stay(was: Capacity, severity: str) -> None:
    """A deployment with PAY_PER_REQUEST and units of 1/1 or 5/5 fails, one with 0/0 succeeds.

    https://github.com/aws-cloudformation/cfn-lint/pull/4524
    """

    def overridden(stack: cdk.Stack) -> dynamodb.Table:
        made = table(stack, read_capacity=100, write_capacity=100)
        resource = made.node.default_child
        assert isinstance(resource, cdk.CfnResource)
        resource.add_property_override("BillingMode", "PAY_PER_REQUEST")
        return made

    answer = guarded(overridden, recorded(was, on_demand() if was.is_on_demand else provisioned()))
    (found,) = answer.of("CG18")
    assert found[1] == severity
    assert "still states provisioned units" in found[2]


def test_units_left_in_an_index_of_an_on_demand_table() -> None:
    """*ProvisionedThroughput should not be specified for index ... when BillingMode is PAY_PER_REQUEST*.

    https://github.com/awslabs/aws-lambda-redshift-loader/issues/192
    """

    def plain(stack: cdk.Stack) -> dynamodb.CfnTable:
        return dynamodb.CfnTable(
            stack,
            "Orders",
            table_name="orders",
            billing_mode="PAY_PER_REQUEST",
            key_schema=[{"attributeName": "id", "keyType": "HASH"}],
            attribute_definitions=[{"attributeName": n, "attributeType": "S"} for n in ("id", "status")],
            global_secondary_indexes=[
                {
                    "indexName": "by_status",
                    "keySchema": [{"attributeName": "status", "keyType": "HASH"}],
                    "projection": {"projectionType": "ALL"},
                    "provisionedThroughput": {"readCapacityUnits": 1, "writeCapacityUnits": 5},
                }
            ],
        )

    (found,) = guarded(plain, NewTable("orders")).of("CG18")
    assert found[1] == "fatal"
    assert "DynamoDB refuses the deployment" in found[2]


@pytest.mark.sampled(every=4)
@pytest.mark.parametrize("scope", ["app", "stage"])
@pytest.mark.parametrize("aspect", ["guard", "report"])
def test_tables_of_a_stage(
    scope: str, aspect: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An aspect of the app did not visit the stacks of a stage, and nothing said so (*false-green*).

    https://github.com/aws-solutions-library-samples/guidance-for-aws-deepracer-event-management/issues/205,
    https://github.com/cdklabs/cdk-nag/issues/637
    """
    made = app()
    stage = cdk.Stage(made, "Prod")
    on_demand()(cdk.Stack(stage, "S"))
    folder = tmp_path / "Prod-S"
    folder.mkdir()
    recorded(Capacity.on_demand(), on_demand()).save(folder / "Orders.json")
    adding = (
        GuardEveryTable(baselines=tmp_path)
        if aspect == "guard"
        else ReportEveryTable(baselines=tmp_path, warn_until=date(2026, 12, 31))
    )
    cdk.Aspects.of(made if scope == "app" else stage).add(adding)
    answer = Answer(made)
    is_guarded = aspect == "guard" and scope == "stage"
    assert bool(answer.of("CG1")) is not is_guarded
    (template,) = (found for name, found in answer.templates.items() if name.startswith("Prod"))
    alarms = [name for name, found in template["Resources"].items() if found["Type"] == ALARM]
    assert len(alarms) == (1 if is_guarded else 0)
    told = "does not reach the tables of stages below what it was added to (Prod)"
    assert (told in capsys.readouterr().err) is (aspect == "guard" and scope == "app")


@pytest.mark.slow
def test_many_tables_of_one_stack() -> None:
    """*Maximum policy size of 10240 bytes exceeded*: a role's inline policies with a statement for each resource.

    https://github.com/aws/aws-cdk/issues/18457
    """
    made = app()
    stack = cdk.Stack(made, "S", env=cdk.Environment(account="123456789012", region="eu-west-1"))
    for number in range(120):
        name = f"CustomerOrders{number:03d}"
        declared = dynamodb.Table(stack, name, partition_key=key("id"), **ON_DEMAND)
        CapacityGuard(stack, f"{name}Guard", table=declared, baseline=NewTable(name))
    answer = Answer(made)
    assert not answer.error
    inline, *managed = answer.resources.policy_documents()
    sizes = [
        len(json.dumps(as_iam_reads(document), separators=(",", ":"))) for document in (inline, *managed)
    ]
    assert sizes[0] <= 10_240
    assert managed, "the inline policy alone does not hold so many tables"
    assert all(size <= 6_144 for size in sizes[1:])
    assert len(answer.resources.table_arns()) == 120


@pytest.mark.sampled(every=3)
@pytest.mark.parametrize(
    "properties",
    [
        {"time_to_live_attribute": "expires_at"},
        {"table_class": dynamodb.TableClass.STANDARD_INFREQUENT_ACCESS},
        {"stream": dynamodb.StreamViewType.NEW_IMAGE},
    ],
    ids=["time to live", "table class", "stream"],
)
def test_capacity_together_with_what_cannot_be_taken_back_at_any_time(properties: dict[str, Any]) -> None:
    """*Time to live has been modified multiple times within a fixed interval*: a rollback that cannot take it back.

    https://github.com/aws/aws-cdk/issues/13720
    """
    answer = guarded(on_demand(**properties), recorded(FIXED, provisioned()))
    (found,) = answer.of("CG10")
    assert (found[1], "changes more than its capacity" in found[2]) == ("fatal", True)


def test_log_groups_under_the_flags_of_cdk_init() -> None:
    """*Resource of type AWS::Logs::LogGroup with identifier ... already exists*, for a function that was called before.

    https://github.com/aws/aws-cdk/issues/34612
    """
    answer = guarded(provisioned(), recorded(FIXED, provisioned()), **recommended_flags())
    assert len(answer.resources.of("AWS::Logs::LogGroup")) == 1
    names = [
        group["Properties"].get("LogGroupName")
        for group in answer.resources.of("AWS::Logs::LogGroup").values()
    ]
    assert names == [None], "CloudFormation names it, so it cannot exist before"


@pytest.mark.parametrize(
    ("units", "severity", "said"), [(90, "fatal", "is edited while"), (110, "warning", "is raised while")]
)
def test_units_of_a_scaled_table_edited(units: int, severity: str, said: str) -> None:
    """*The provisioned throughput for the table will not change*: units that auto scaling has moved are sent again.

    https://github.com/aws/aws-cdk/issues/15318
    """
    was = Capacity.provisioned(read=100, write=SCALED)
    (found,) = guarded(scaled(units), recorded(was, scaled(), units=60)).of("CG18")
    assert found[1] == severity
    assert f"ProvisionedThroughput {said} auto scaling moves it" in found[2]


@pytest.mark.parametrize(("target", "is_told"), [(10, True), (72.5, False)])
def test_target_utilization_of_ten_percent(target: float, is_told: bool) -> None:
    """A target of 10 %, which the service took although its documentation begins at 20; and one with a fraction.

    https://github.com/cloudposse/terraform-aws-dynamodb/issues/8
    """
    was = Capacity.provisioned(read=100, write=AutoScaling(100, 1_000, target, seed=100))
    answer = guarded(scaled(target=target), recorded(was, scaled(target=target), units=10))
    assert not answer.error
    assert [found[1] for found in answer.of("CG5")] == (["warning"] if is_told else [])
    assert not answer.resources.gates


def test_second_policy_for_one_metric() -> None:
    """*Only one TargetTrackingScaling policy for a given metric specification is allowed*.

    https://github.com/hashicorp/terraform-provider-aws/issues/41179
    """

    def twice(stack: cdk.Stack) -> dynamodb.Table:
        made = scaled()(stack)
        (target,) = (c for c in made.node.find_all() if isinstance(c, autoscaling.CfnScalableTarget))
        autoscaling.CfnScalingPolicy(
            stack,
            "Second",
            policy_name="second",
            policy_type="TargetTrackingScaling",
            scaling_target_id=target.ref,
            target_tracking_scaling_policy_configuration={
                "targetValue": 50,
                "predefinedMetricSpecification": {"predefinedMetricType": "DynamoDBWriteCapacityUtilization"},
            },
        )
        return made

    answer = guarded(twice, recorded(Capacity.provisioned(read=100, write=SCALED), scaled(), units=60))
    (found,) = answer.of("capacity-unread")
    assert "tracks what OrdersWriteScalingTargetTracking" in found[2]
    assert "the service takes one of them" in found[2]


@pytest.mark.parametrize("what", ["never stated", "taken out of an on-demand table"])
def test_neither_billing_mode_nor_units(what: str) -> None:
    """*Property ProvisionedThroughput cannot be empty*: a template without BillingMode is one in provisioned mode.

    https://github.com/aws-cloudformation/cfn-lint/issues/4651, https://github.com/go-to-k/cdkd/issues/1586
    """

    def bare(stack: cdk.Stack) -> dynamodb.CfnTable:
        return dynamodb.CfnTable(
            stack,
            "Orders",
            table_name="orders",
            key_schema=[{"attributeName": "id", "keyType": "HASH"}],
            attribute_definitions=[{"attributeName": "id", "attributeType": "S"}],
        )

    is_new = what == "never stated"
    answer = guarded(bare, NewTable("orders") if is_new else recorded(Capacity.on_demand(), on_demand()))
    (found,) = answer.of("capacity-unread")
    assert "Orders: states no read throughput" in found[2]


def test_indexes_whose_names_differ_in_signs_alone() -> None:
    """Alarms of indexes whose names collide once signs are taken out of them.

    https://github.com/cdklabs/cdk-monitoring-constructs/issues/628
    """
    names = ("by.day", "by-day", "by_day", "byday")
    was = Capacity.on_demand(indexes=dict.fromkeys(names, Capacity.on_demand().table))  # type: ignore[arg-type]
    answer = guarded(on_demand(*names), recorded(was, on_demand(*names)))
    assert not answer.error
    metrics = json.dumps(answer.resources.of(ALARM))
    assert len(answer.resources.of(ALARM)) == 1 + len(names)
    assert all(f'"{name}"' in metrics for name in names)


@pytest.mark.slow
def test_every_table_of_a_stack_to_on_demand() -> None:
    """Twenty-four tables of one stack in one change.

    https://github.com/serverless/serverless/issues/2622
    """
    made = app()
    stack = cdk.Stack(made, "S")
    was = recorded(FIXED, provisioned())
    for number in range(24):
        declared = dynamodb.Table(stack, f"T{number}", partition_key=key("id"), **ON_DEMAND)
        CapacityGuard(stack, f"Guard{number}", table=declared, baseline=was)
    answer = Answer(made)
    assert not [found for found in answer.found if found[0] == "too-much-at-once"]
    assert len(answer.resources.of(PREFLIGHT)) == len(answer.resources.of(BAKE)) == 24
    assert len([found for found in answer.of("CG10") if "one veto takes all of them back" in found[2]]) == 24


def test_table_v2_in_provisioned_mode_whose_index_states_nothing() -> None:
    """*No provisioned throughput specified for the global secondary index*, by a TableV2: its indexes take the table's.

    https://github.com/aws/aws-cdk/issues/32080
    """

    def declare(stack: cdk.Stack) -> dynamodb.TableV2:
        return dynamodb.TableV2(
            stack,
            "Orders",
            table_name="orders",
            partition_key=key("id"),
            billing=dynamodb.Billing.provisioned(
                read_capacity=dynamodb.Capacity.fixed(5),
                write_capacity=dynamodb.Capacity.autoscaled(max_capacity=10, seed_capacity=5),
            ),
            global_secondary_indexes=[
                dynamodb.GlobalSecondaryIndexPropsV2(index_name="by_status", partition_key=key("status"))
            ],
        )

    made = app()
    stack = cdk.Stack(made, "S")
    guard = CapacityGuard(stack, "Guard", table=declare(stack), baseline=NewTable("orders"))
    Answer(made)
    expected = AutoScaling(1, 10, 70, seed=5)
    assert guard.capacity == Capacity.provisioned(
        read=5,
        write=expected,
        indexes={"by_status": Capacity.provisioned(read=5, write=expected).table},  # type: ignore[dict-item]
    )
