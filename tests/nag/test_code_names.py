"""The code of a fix names the constructs of the app: pasted into it, it changes them, and collides with nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_applicationautoscaling as autoscaling
from constructs import Construct

from capacity_guard import (
    Acknowledgment,
    AutoScaling,
    Capacity,
    CapacityGuard,
    CapacityGuardChecks,
    GateTimes,
    GuardEveryTable,
    GuardOptions,
    OnDemand,
    Provisioned,
    ReportEveryTable,
    Rollout,
    Units,
    Watch,
)
from capacity_guard.capacity.structure import TableKind
from capacity_guard.cloudformation.declared_capacity import read_declared_capacity
from capacity_guard.evidence.provenance import TableIdentity
from capacity_guard.findings import Findings
from capacity_guard.rules import Case
from capacity_guard.rules.answer_code import whole_code
from capacity_guard.rules.answer_constructs import names_of
from tests.builders.adopted import MAKERS, ON_DEMAND, PROVISIONED, cfn_table, recorded
from tests.builders.guarded import INDEX, app, table
from tests.rules.test_answer_constructs import NAMES

RAISED = Capacity.provisioned(
    read=100,
    write=AutoScaling(900, 2_500, 70, 950),
    indexes={INDEX: Provisioned(read=AutoScaling(50, 500, 70, 60), write=AutoScaling(700, 2_000, 70, 750))},
)


def case_of(build: Callable[[cdk.Stack], None]) -> Case:
    """The case that the pack judges, with the names of the app."""
    made = app()
    stack = cdk.Stack(made, "S")
    build(stack)
    cases: list[Case] = []

    def keep(judged: Case) -> list[Any]:
        cases.append(judged)
        return []

    cdk.Validations.of(made).add_plugins(CapacityGuardChecks(made, rules=keep))
    made.synth()
    return cases[-1]


def save(folder: Path) -> None:
    """The baseline of the table, where an aspect looks for it."""
    (folder / "S").mkdir()
    replace(recorded(), table=TableIdentity("Orders")).save(folder / "S" / "Orders.json")


def guarded(maker: Any, **properties: Any) -> Callable[[cdk.Stack], None]:
    def build(stack: cdk.Stack) -> None:
        CapacityGuard(stack, "Watchman", table=maker(stack, PROVISIONED), baseline=recorded(), **properties)

    return build


def test_pasted_scaling_of_a_cfn_table_takes_the_place_of_the_scaling_that_it_has() -> None:
    judged = case_of(guarded(cfn_table))
    code, _ = whole_code(judged, RAISED, None, "b.json")
    made = app()
    stack = cdk.Stack(made, "S")
    exec(code, {**NAMES, "self": stack})
    template = made.synth().get_stack_by_name("S").template
    scaling = {
        id: resource["Properties"]
        for id, resource in template["Resources"].items()
        if "ApplicationAutoScaling" in resource["Type"]
    }
    (branch,) = read_declared_capacity(template, "Orders", location="S", account=None, region=None).branches
    assert branch[1] == RAISED
    assert {"OrderstableTarget", "OrderstablePolicy", "OrdersindexTarget", "OrdersindexPolicy"} < set(scaling)
    assert scaling["OrderstablePolicy"]["PolicyName"] == "Orderstable"
    assert "# in place of S/OrderstableTarget" in code


def test_new_scaling_of_a_cfn_table_gets_ids_that_the_scope_does_not_have() -> None:
    def build(stack: cdk.Stack) -> None:
        for other in ("OrdersIndex1ReadTarget", "OrdersIndex1ReadTarget2", "OrdersIndex1ReadPolicy"):
            cdk.CfnResource(stack, other, type="AWS::SNS::Topic")
        guarded(cfn_table)(stack)

    code, _ = whole_code(case_of(build), RAISED, None, "b.json")
    made = app()
    stack = cdk.Stack(made, "S")
    for other in ("OrdersIndex1ReadTarget", "OrdersIndex1ReadTarget2", "OrdersIndex1ReadPolicy"):
        cdk.CfnResource(stack, other, type="AWS::SNS::Topic")
    exec(code, {**NAMES, "self": stack})
    assert '"OrdersIndex1ReadTarget3"' in code
    assert '"OrdersIndex1ReadPolicy2"' in code


def test_scaling_in_another_scope_is_named_by_its_path() -> None:
    def build(stack: cdk.Stack) -> None:
        made = cfn_table(stack, ON_DEMAND)
        made.billing_mode = "PROVISIONED"
        units = {"readCapacityUnits": 100, "writeCapacityUnits": 550}
        made.add_property_override(
            "ProvisionedThroughput", {key[0].upper() + key[1:]: value for key, value in units.items()}
        )
        made.add_property_override(
            "GlobalSecondaryIndexes.0.ProvisionedThroughput",
            {"ReadCapacityUnits": 100, "WriteCapacityUnits": 550},
        )
        target = autoscaling.ScalableTarget(
            cdk.Stack.of(made),
            "Scaling",
            service_namespace=autoscaling.ServiceNamespace.DYNAMODB,
            resource_id=f"table/{made.ref}",
            scalable_dimension="dynamodb:table:WriteCapacityUnits",
            min_capacity=500,
            max_capacity=2_000,
        )
        target.scale_to_track_metric(
            "Tracking",
            target_value=70,
            predefined_metric=autoscaling.PredefinedMetric.DYNAMODB_WRITE_CAPACITY_UTILIZATION,
        )
        CapacityGuard(stack, "Watchman", table=made, baseline=recorded())

    code, _ = whole_code(case_of(build), RAISED, None, "b.json")
    assert "# in place of S/Scaling/Resource\ntable_write_target = CfnScalableTarget(" in code
    assert '    "OrdersWriteTarget",\n' in code
    on_demand, _ = whole_code(case_of(build), ON_DEMAND, None, "b.json")
    assert "# remove S/Scaling/Resource, S/Scaling/Tracking/Resource" in on_demand


@pytest.mark.sampled(every=2)
@pytest.mark.parametrize("shape", MAKERS)
def test_code_names_the_ids_of_table_and_guard_and_what_to_keep(shape: str) -> None:
    options = GuardOptions(
        rollout=Rollout(bake_minutes=20),
        gate_times=GateTimes(query_seconds=30),
        acknowledgments=[Acknowledgment("CG4", "known")],
        watch=Watch(),
    )
    judged = case_of(guarded(MAKERS[shape], options=options, warm={"table": Units(write=5_000)}))
    code, _ = whole_code(judged, ON_DEMAND, "Sun 06-10", "b.json")
    assert '"Orders"' in code
    assert '"Watchman"' in code
    assert "bake_minutes=20" in code
    assert "# and gate_times, acknowledgments and watch, as they are" in code
    without_window, _ = whole_code(judged, ON_DEMAND, None, "b.json")
    # The guard has warm throughput that the capacity does not have: its call is printed without it.
    assert '"Watchman"' in without_window
    assert "warm=" not in without_window
    assert "# and options, as they are" in without_window


def test_code_of_a_guarded_table_names_the_options_to_keep() -> None:
    def build(stack: cdk.Stack) -> None:
        table(stack, gate_times=GateTimes(query_seconds=30))

    code, _ = whole_code(case_of(build), ON_DEMAND, "Sun 06-10", "b.json")
    assert "# and gate_times, as they are" in code


def test_code_for_a_table_of_an_aspect_names_the_guard_that_the_aspect_makes(tmp_path: Path) -> None:
    """A CapacityGuard of this id keeps the logical ids of the alarms."""
    save(tmp_path)

    def build(stack: cdk.Stack) -> None:
        cfn_table(stack, PROVISIONED)
        cdk.Aspects.of(stack).add(GuardEveryTable(baselines=tmp_path))

    judged = case_of(build)
    warm = Capacity.on_demand(warm=Units(write=5_000), indexes={INDEX: OnDemand()})
    assert names_of(judged).guard == "OrdersCapacityGuard"
    assert '"OrdersCapacityGuard"' in whole_code(judged, warm, None, "b.json")[0]


def test_code_for_a_reported_table_names_a_guard_with_a_free_id(tmp_path: Path) -> None:
    save(tmp_path)

    def build(stack: cdk.Stack) -> None:
        cfn_table(stack, PROVISIONED)
        cdk.CfnResource(stack, "OrdersGuard", type="AWS::SNS::Topic")
        cdk.Aspects.of(stack).add(ReportEveryTable(baselines=tmp_path, warn_until=date(2027, 1, 1)))

    judged = case_of(build)
    warm = Capacity.on_demand(warm=Units(write=5_000), indexes={INDEX: OnDemand()})
    assert '"OrdersGuard2"' in whole_code(judged, warm, None, "b.json")[0]


def test_code_for_ids_that_repeat_in_a_stack_has_the_id_and_not_the_path() -> None:
    def build(stack: cdk.Stack) -> None:
        for name in ("A", "B"):
            scope = Construct(stack, name)
            CapacityGuard(scope, "Guard", table=cfn_table(scope, PROVISIONED), baseline=recorded())  # type: ignore[arg-type]

    judged = case_of(build)
    assert judged.table == "S/B/Orders"
    assert '"Orders"' in whole_code(judged, ON_DEMAND, None, "b.json")[0]


@pytest.mark.slow
def test_findings_of_an_app_have_the_code_with_its_names() -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    CapacityGuard(stack, "Watchman", table=cfn_table(stack, ON_DEMAND), baseline=recorded(units=5_000))
    cdk.Validations.of(made).add_plugins(CapacityGuardChecks(made))
    with pytest.raises(RuntimeError):
        made.synth()
    (judged,) = Findings.read(made.outdir).tables
    codes = [
        step.code
        for answer in judged.answers
        for alternative in answer.alternatives
        for step in alternative.steps
    ]
    assert codes
    assert all(code.startswith("# self: the scope of the table") for code in codes)
    assert any('"Watchman"' in code for code in codes)
    assert judged.findings
    assert TableKind.TABLE.value not in codes[0]


def test_scalable_target_beside_a_global_table_is_named_to_be_removed() -> None:
    def build(stack: cdk.Stack) -> None:
        made = MAKERS["TableV2"](stack, PROVISIONED)
        CapacityGuard(stack, "Watchman", table=made, baseline=recorded())
        cdk.CfnResource(
            stack,
            "Scaling",
            type="AWS::ApplicationAutoScaling::ScalableTarget",
            properties={
                "ServiceNamespace": "dynamodb",
                "ResourceId": f"table/{made.table_name}",
                "ScalableDimension": "dynamodb:table:WriteCapacityUnits",
                "MinCapacity": 1,
                "MaxCapacity": 5,
            },
        )

    judged = case_of(build)
    code, _ = whole_code(judged, RAISED, None, "b.json", judged.declared)
    assert "# remove S/Scaling" in code.splitlines()
    after, _ = whole_code(judged, ON_DEMAND, None, "b.json", RAISED)
    assert "# remove S/" not in after
