"""CapacityGuard: what it adds to a stack, and that it changes no existing resource."""

from __future__ import annotations

import json

import aws_cdk as cdk
import pytest
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from capacity_guard import (
    AutoScaling,
    Capacity,
    CapacityGuard,
    CapacityGuardChecks,
    NewTable,
    OnDemand,
    Provisioned,
    Units,
    acknowledge,
)
from capacity_guard.capacity import Change, Dimension, TableKind
from capacity_guard.capacity.plan_text import unpack_plan
from tests.builders.adopted import (
    INDEX_KEY,
    LOWERED,
    MAKERS,
    ON_DEMAND,
    PROVISIONED,
    RAISED,
    SCALING,
    TABLES,
    Maker,
    recorded,
    table,
    table_v2,
    template,
    without_gates,
)
from tests.builders.guarded import INDEX, app, synthesize
from tests.builders.guarded import ON_DEMAND as GUARDED_ON_DEMAND
from tests.builders.guarded import table as guarded_table

EVERY = pytest.mark.parametrize("maker", MAKERS.values(), ids=MAKERS)
NAMED = pytest.mark.parametrize("name", [None, "orders"])


@EVERY
@NAMED
def test_stack_when_capacity_stays_only_gains_resources(maker: Maker, name: str | None) -> None:
    before = template(maker, PROVISIONED, name=name, guard=False).resources
    guarded = template(maker, PROVISIONED, name=name)
    assert {key: guarded.resources[key] for key in before} == before
    assert not guarded.gates
    assert len(guarded.of("AWS::CloudWatch::Alarm")) == 2


@pytest.mark.sampled(every=4)
@EVERY
@NAMED
@pytest.mark.parametrize("capacity", [LOWERED, ON_DEMAND], ids=["lowered", "on-demand"])
def test_stack_in_a_transition_differs_by_gates_and_what_the_tables_code_changed(
    maker: Maker, name: str | None, capacity: Capacity
) -> None:
    alone = template(maker, capacity, name=name, guard=False).resources
    guarded = template(maker, capacity, name=name)
    assert {key: without_gates(guarded.resources[key]) for key in alone} == alone
    (preflight,) = guarded.of("Custom::CapacityGuardPreflight")
    (bake,) = guarded.of("Custom::CapacityGuardBake")
    moving = guarded.of(*TABLES, *SCALING)
    assert moving
    for resource in moving.values():
        assert preflight in resource["DependsOn"]
    assert set(guarded.resources[bake]["DependsOn"]) == {*moving, *guarded.of("AWS::CloudWatch::Alarm")}
    assert preflight not in json.dumps(guarded.resources[preflight].get("DependsOn", []))


@pytest.mark.sampled(every=2)
@EVERY
@NAMED
def test_plan_of_a_gate_has_what_the_tables_code_declares(maker: Maker, name: str | None) -> None:
    guarded = template(maker, RAISED, name=name)
    plan = json.loads(unpack_plan(guarded.only("Custom::CapacityGuardPreflight")["Properties"]["Plan"]))
    assert Capacity.from_json(plan["transition"]["declared"], "plan") == RAISED
    (logical_id,) = guarded.of(*TABLES)
    assert (plan["table"], plan["logical_id"], plan["table_name"]) == ("Orders", logical_id, name)
    assert set(plan["travels_with"]) >= {logical_id, *guarded.of(*SCALING), *guarded.gates}


@pytest.mark.sampled(every=2)
@EVERY
@NAMED
def test_permission_never_refers_to_the_table(maker: Maker, name: str | None) -> None:
    guarded = template(maker, RAISED, name=name)
    (logical_id,) = guarded.of(*TABLES)
    arns = [json.dumps(arn) for arn in guarded.table_arns()]
    assert all(arn.count("Ref") == 3 for arn in arns)  # partition, Region and account
    assert (":table/orders" if name else f":table/S-{logical_id}-*") in arns[0]


@EVERY
def test_alarms_watch_the_table_by_reference_after_it(maker: Maker) -> None:
    guarded = template(maker, PROVISIONED)
    (logical_id,) = guarded.of(*TABLES)
    for alarm in guarded.of("AWS::CloudWatch::Alarm").values():
        metrics = [
            metric["MetricStat"]["Metric"]
            for metric in alarm["Properties"]["Metrics"]
            if "MetricStat" in metric
        ]
        for metric in metrics:
            assert {"Name": "TableName", "Value": {"Ref": logical_id}} in metric["Dimensions"]


def test_scaling_target_whose_limit_changes_is_between_the_gates() -> None:
    guarded = template(table, LOWERED)
    (key,) = (
        name for name, target in guarded.of(SCALING[0]).items() if target["Properties"]["MinCapacity"] == 400
    )
    (preflight,) = guarded.of("Custom::CapacityGuardPreflight")
    (bake,) = guarded.of("Custom::CapacityGuardBake")
    assert preflight in guarded.resources[key]["DependsOn"]
    assert key in guarded.resources[bake]["DependsOn"]


def test_stack_when_several_tables_are_guarded_shares_the_provider_and_gates_what_changes() -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    for id, maker, capacity in (("Orders", table, RAISED), ("Customers", table_v2, PROVISIONED)):
        declared = maker(stack, capacity, None, id)
        CapacityGuard(stack, f"{id}Guard", table=declared, baseline=recorded())
    found = synthesize(made)
    assert len(found.of("AWS::Lambda::Function")) == 5
    assert len(found.of("AWS::CloudWatch::Alarm")) == 4
    (preflight,) = found.of("Custom::CapacityGuardPreflight")
    waiting = {key for key, resource in found.resources.items() if preflight in resource.get("DependsOn", [])}
    assert waiting == {*found.of("AWS::DynamoDB::Table"), *found.of(*SCALING)}


def test_warm_throughput_when_given_is_a_target_of_the_guard_and_in_no_template() -> None:
    warm = {"table": Units(write=5_000), INDEX: Units(read=13_000)}
    guarded = template(table_v2, ON_DEMAND, warm=warm)
    plan = json.loads(unpack_plan(guarded.only("Custom::CapacityGuardPreflight")["Properties"]["Plan"]))
    assert Capacity.from_json(plan["transition"]["declared"], "plan") == Capacity.on_demand(
        warm=Units(write=5_000), indexes={INDEX: OnDemand(warm=Units(read=13_000))}
    )
    assert "WarmThroughput" not in json.dumps(guarded.only(TABLES[1]))


@pytest.mark.slow
def test_pack_judges_an_adopted_table_by_the_name_of_its_construct(
    capsys: pytest.CaptureFixture[str],
) -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    guard = CapacityGuard(stack, "Guard", table=table_v2(stack, ON_DEMAND), baseline=recorded(units=5_000))
    cdk.Validations.of(made).add_plugins(CapacityGuardChecks())
    with pytest.raises(RuntimeError, match="CG3"):
        made.synth()
    assert f"CG4  ERROR  Orders / {INDEX}, write: " in capsys.readouterr().err
    for rule in ("CG3", "CG4", "CG7", "CG15"):
        acknowledge(guard, rule, reason="load test of 8 July")


@pytest.mark.slow
def test_finding_when_acknowledged_on_an_adopted_table_is_listed_as_such() -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    guard = CapacityGuard(stack, "Guard", table=table_v2(stack, ON_DEMAND), baseline=recorded(units=5_000))
    cdk.Validations.of(made).add_plugins(CapacityGuardChecks())
    for number in range(1, 19):
        acknowledge(guard, f"CG{number}", reason="load test of 8 July")
    resources = made.synth().get_stack_by_name("S").template["Resources"]
    (declared,) = (resource for resource in resources.values() if resource["Type"] in TABLES)
    assert set(declared) == {"Type", "Properties", "DependsOn", "DeletionPolicy", "UpdateReplacePolicy"}


def test_table_of_a_guarded_table_when_taken_over_by_a_construct_of_the_same_path_keeps_its_resource() -> (
    None
):
    made = app()
    stack = cdk.Stack(made, "S")
    guarded_table(stack, capacity=GUARDED_ON_DEMAND, baseline=NewTable("Conversations"))
    own = Construct(cdk.Stack(made, "Own"), "Conversations")
    dynamodb.TableV2(
        own,
        "Table",
        partition_key=dynamodb.Attribute(name="conversation_id", type=dynamodb.AttributeType.STRING),
        billing=dynamodb.Billing.on_demand(),
        global_secondary_indexes=[
            dynamodb.GlobalSecondaryIndexPropsV2(index_name=INDEX, partition_key=INDEX_KEY)
        ],
        deletion_protection=True,
        point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
            point_in_time_recovery_enabled=True
        ),
        encryption=dynamodb.TableEncryptionV2.aws_managed_key(),
    )
    assembly = made.synth()
    before, after = (
        next(
            (key, without_gates(resource))
            for key, resource in assembly.get_stack_by_name(name).template["Resources"].items()
            if resource["Type"] in TABLES
        )
        for name in ("S", "Own")
    )
    assert before == after


@pytest.mark.parametrize("named", ["S/Orders", "Orders", "S/Guard", "Guard"])
def test_broken_glass_when_it_names_the_table_or_its_guard_holds_for_both(named: str) -> None:
    made = app(**{"capacity-guard:break-glass": {named: "orders are lost, incident 4711"}})
    stack = cdk.Stack(made, "S")
    guard = CapacityGuard(stack, "Guard", table=table(stack, RAISED), baseline=recorded())
    assert not synthesize(made).gates
    assert guard.guard.case.break_glass == "orders are lost, incident 4711"


@pytest.mark.sampled(every=2)
@pytest.mark.parametrize("name", ["Table", "CfnTable"])
def test_cut_of_a_table_whose_baseline_has_no_structure_is_a_transition_with_gates(name: str) -> None:
    """Auto scaling from 1 to 2,000, at 550 a second: a template that says 1 instead of 550 cuts it to 1."""
    before, after = (
        Capacity.provisioned(
            read=100,
            write=scaling,
            indexes={INDEX: Provisioned(read=100, write=AutoScaling(1, 2_000, 70, 550))},
        )
        for scaling in (AutoScaling(1, 2_000, 70, 550), AutoScaling(1, 2_000, 70, 1))
    )
    baseline = recorded(before)
    assert baseline.deployed is not None
    assert baseline.deployed.structure is None
    found = template(MAKERS[name], after, baseline=baseline)
    assert set(found.of("AWS::DynamoDB::Table")) != set()
    transition = found.plan().transition
    assert transition.kind is TableKind.TABLE
    assert transition.change_of(Dimension(None, "write")) is Change.LOWER
    assert len(found.gates) == 2
    assert not template(MAKERS["CfnGlobalTable"], after, baseline=baseline).gates
