"""Auto scaling that names a guarded table from elsewhere: a warning of CG18, whether a capacity changes or not."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_applicationautoscaling as autoscaling
from constructs import Construct

from capacity_guard import CapacityGuard, CapacityGuardChecks
from capacity_guard.evidence.provenance import TableIdentity
from capacity_guard.findings import Findings
from tests.builders import adopted
from tests.builders.guarded import app

NAME = "S-OrdersA9B65338-1ABCDEFGHIJK"
HERE = cdk.Environment(account="111122223333", region="eu-west-1")
THERE = cdk.Environment(account="444455556666", region="eu-west-1")
Place = Callable[[cdk.App, cdk.Stack], Construct]

PLACES: dict[str, Place] = {
    "another stack": lambda made, _: cdk.Stack(made, "O", env=HERE),
    "another stack of an unknown place": lambda made, _: cdk.Stack(made, "O"),
    "a nested stack": lambda _, stack: cdk.NestedStack(stack, "N"),
    "a stage": lambda made, _: cdk.Stack(cdk.Stage(made, "P"), "O", env=HERE),
}


def its_own(made: cdk.App, stack: cdk.Stack) -> Construct:
    del made
    return stack


def add_target(scope: Construct, resource_id: str) -> None:
    autoscaling.CfnScalableTarget(
        scope,
        "Foreign",
        service_namespace="dynamodb",
        resource_id=resource_id,
        scalable_dimension="dynamodb:table:ReadCapacityUnits",
        min_capacity=1,
        max_capacity=2,
        role_arn="arn:aws:iam::111122223333:role/scaling",
    )


def judged(
    where: Place, resource_id: Callable[[Construct, Any], str], capacity: Any = adopted.PROVISIONED
) -> list[tuple[str, str]]:
    """Level and figures of what CG18 says of auto scaling elsewhere."""
    made = app()
    stack = cdk.Stack(made, "S", env=HERE)
    table = adopted.table(stack, capacity)
    baseline = replace(adopted.recorded(), table=TableIdentity(NAME))
    CapacityGuard(stack, "Guard", table=table, baseline=baseline)
    scope = where(made, stack)
    add_target(scope, resource_id(scope, table))
    cdk.Validations.of(made).add_plugins(CapacityGuardChecks(made))
    with suppress(RuntimeError):  # other rules refuse the change of capacity
        made.synth()
    findings = Findings.read(made.outdir)
    return [
        (finding.level.value, finding.figures[0].value)
        for each in findings.tables
        for finding in each.findings
        if "may scale it" in finding.title
    ]


def by_name(scope: Construct, table: Any) -> str:
    del scope, table
    return f"table/{NAME}"


def by_reference(scope: Construct, table: Any) -> str:
    del scope
    return f"table/{table.table_name}"


def by_parameter(scope: Construct, table: Any) -> str:
    del table
    parameter = cdk.CfnParameter(scope, "TableName", default=NAME)
    return f"table/{parameter.value_as_string}"


@pytest.mark.sampled(every=2)
@pytest.mark.parametrize("capacity", [adopted.PROVISIONED, adopted.RAISED])
@pytest.mark.parametrize("where", PLACES.values(), ids=list(PLACES))
def test_target_that_names_the_table_by_its_name_is_a_warning(where: Place, capacity: Any) -> None:
    ((level, text),) = judged(where, by_name, capacity)
    assert level == "WARN"
    assert text.startswith("Foreign of ")
    assert text.endswith("names it")


@pytest.mark.parametrize("where", ["another stack", "a nested stack"])
def test_target_that_refers_to_the_table_from_another_template_is_a_warning(where: str) -> None:
    ((level, text),) = judged(PLACES[where], by_reference)
    assert (level, text.endswith("names it")) == ("WARN", True)


@pytest.mark.sampled(every=2)
@pytest.mark.parametrize("naming", [by_reference, by_name])
def test_target_of_its_own_stack_that_names_the_table_is_a_part_of_its_capacity(naming: Any) -> None:
    assert judged(its_own, naming) == []


@pytest.mark.parametrize("where", [*PLACES, "its own stack"])
def test_target_whose_parameter_has_the_name_as_its_default_may_name_the_table(where: str) -> None:
    ((level, text),) = judged(PLACES.get(where, its_own), by_parameter)
    assert level == "WARN"
    assert text.endswith("may name it: the synthesis does not know its resource id")


def test_target_of_another_table_or_of_another_account_is_none_of_it() -> None:
    assert judged(PLACES["another stack"], lambda *_: "table/invoices") == []
    assert judged(lambda made, _: cdk.Stack(made, "O", env=THERE), by_name) == []


def test_auto_scaling_of_its_own_stack_by_the_generated_name_waits_for_the_gates() -> None:
    """The deployed template states it too, where the name is known: without it the table would seem to lose its scaling."""
    made = app()
    stack = cdk.Stack(made, "S", env=HERE)
    table = adopted.cfn_table(stack, adopted.LOWERED)
    for construct in stack.node.children:
        if isinstance(construct, autoscaling.CfnScalableTarget):
            index = "/index/by_agent" if "index" in construct.node.id else ""
            construct.resource_id = f"table/{NAME}{index}"
    baseline = replace(adopted.recorded(), table=TableIdentity(NAME))
    guard = CapacityGuard(stack, "Guard", table=table, baseline=baseline)
    resources = made.synth().get_stack_by_name("S").template["Resources"]
    assert guard.capacity == adopted.LOWERED
    (preflight,) = [name for name in resources if "Preflight" in name]
    assert preflight in resources["OrderstableTarget"]["DependsOn"]
