"""Properties of capacity that an override states are found, and a fix names the override, which precedes its code."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_applicationautoscaling as autoscaling

from capacity_guard import CapacityGuard, CapacityGuardChecks, GuardOptions, Watch
from capacity_guard.findings import Findings
from capacity_guard.nag.overrides import in_force
from capacity_guard.rules.answer_constructs import names_of
from tests.builders.adopted import MAKERS, PROVISIONED, recorded
from tests.builders.guarded import app, table
from tests.nag.test_code_names import case_of

OVERRIDES: dict[str, tuple[str, Any]] = {
    "BillingMode": ("BillingMode", "PAY_PER_REQUEST"),
    "WriteProvisionedThroughputSettings": (
        "WriteProvisionedThroughputSettings.WriteCapacityAutoScalingSettings.MinCapacity",
        5,
    ),
    "GlobalSecondaryIndexes.0.WriteProvisionedThroughputSettings": (
        "GlobalSecondaryIndexes.0.WriteProvisionedThroughputSettings.WriteCapacityAutoScalingSettings.MaxCapacity",
        6_000,
    ),
    "GlobalSecondaryIndexes": ("GlobalSecondaryIndexes", {"Fn::If": ["Small", [], []]}),
    "WarmThroughput": ("WarmThroughput", {"WriteUnitsPerSecond": 9_000}),
    "Replicas.0.ReadProvisionedThroughputSettings": (
        "Replicas.0.ReadProvisionedThroughputSettings.ReadCapacityUnits",
        10,
    ),
}
OVERRIDES_OF_A_TABLE: dict[str, tuple[str, Any]] = {
    "BillingMode": ("BillingMode", "PAY_PER_REQUEST"),
    "ProvisionedThroughput": ("ProvisionedThroughput.WriteCapacityUnits", 5),
    "GlobalSecondaryIndexes.0.ProvisionedThroughput": (
        "GlobalSecondaryIndexes.0.ProvisionedThroughput.ReadCapacityUnits",
        6,
    ),
}


@pytest.mark.sampled(every=8)
@pytest.mark.parametrize(
    ("shape", "name"),
    [
        *((shape, name) for shape in ("TableV2", "CfnGlobalTable") for name in OVERRIDES),
        *((shape, name) for shape in ("Table", "CfnTable") for name in OVERRIDES_OF_A_TABLE),
    ],
)
def test_property_of_capacity_that_an_override_states_is_named(shape: str, name: str) -> None:
    path, value = (OVERRIDES if "Global" in shape or "V2" in shape else OVERRIDES_OF_A_TABLE)[name]

    def build(stack: cdk.Stack, *, overrides: bool) -> None:
        made = MAKERS[shape](stack, PROVISIONED)
        resource: Any = made if isinstance(made, cdk.CfnResource) else made.node.default_child
        if overrides:
            resource.add_property_override(path, value)
            small = cdk.CfnCondition(stack, "Small", expression=cdk.Fn.condition_equals(cdk.Aws.REGION, "r"))
            small.override_logical_id("Small")
        CapacityGuard(stack, "Watchman", table=made, baseline=recorded())

    assert names_of(case_of(lambda stack: build(stack, overrides=True))).overridden == (name,)
    assert names_of(case_of(lambda stack: build(stack, overrides=False))).overridden == ()


def test_guarded_table_names_an_override_too_and_none_where_its_code_states_all() -> None:
    def build(stack: cdk.Stack, *, overrides: bool) -> None:
        made = table(stack)
        if overrides:
            made.guard.resource.add_property_override("BillingMode", "PAY_PER_REQUEST")

    assert names_of(case_of(lambda stack: build(stack, overrides=False))).overridden == ()
    assert names_of(case_of(lambda stack: build(stack, overrides=True))).overridden == ("BillingMode",)


@pytest.mark.parametrize("shape", MAKERS)
def test_override_is_named_with_a_watch_whose_own_ones_are_not(shape: str) -> None:
    is_global = "Global" in shape or "V2" in shape
    path = (
        "WriteProvisionedThroughputSettings.WriteCapacityAutoScalingSettings" if is_global else "MinCapacity"
    )

    def build(stack: cdk.Stack, *, overrides: bool) -> None:
        made = MAKERS[shape](stack, PROVISIONED)
        targets = [each for each in stack.node.find_all() if isinstance(each, autoscaling.CfnScalableTarget)]
        resource: Any = made if isinstance(made, cdk.CfnResource) else made.node.default_child
        if overrides and is_global:
            resource.add_property_override(f"{path}.MinCapacity", 7)
        elif overrides:
            for target in targets:
                target.add_property_override("MinCapacity", 7)
        options = GuardOptions(watch=Watch())
        CapacityGuard(stack, "Watchman", table=made, baseline=recorded(units=5_000), options=options)

    assert names_of(case_of(lambda stack: build(stack, overrides=False))).overridden == ()
    found = names_of(case_of(lambda stack: build(stack, overrides=True))).overridden
    if is_global:
        assert found == ("WriteProvisionedThroughputSettings",)
    else:
        assert found
        assert all(re.fullmatch(r"S/Orders.*Target.*: MinCapacity", name) for name in found)


def test_part_of_a_template_in_force_is_that_of_no_held_change() -> None:
    both = {"a": {"Fn::If": ["Held", 1, {"Ref": "AWS::NoValue"}]}, "b": [{"Fn::If": ["Held", 1, 2]}], "c": 3}
    assert in_force(both, "Held") == {"b": [2], "c": 3}
    assert in_force(both, None) == both
    assert in_force(both["b"], "Other") == both["b"]


def answered(build: Callable[[cdk.Stack], None]) -> list[str]:
    """The code of the first way of each answer to the findings of an app."""
    made = app()
    stack = cdk.Stack(made, "S")
    build(stack)
    cdk.Validations.of(made).add_plugins(CapacityGuardChecks(made))
    with pytest.raises(RuntimeError):
        made.synth()
    (judged,) = Findings.read(made.outdir).tables
    return [step.code for answer in judged.answers for way in answer.alternatives[:1] for step in way.steps]


@pytest.mark.sampled(every=4)
@pytest.mark.parametrize("shape", MAKERS)
def test_fix_of_a_change_by_an_override_removes_the_override_first(shape: str) -> None:
    def build(stack: cdk.Stack) -> None:
        made = MAKERS[shape](stack, PROVISIONED)
        resource: Any = made if isinstance(made, cdk.CfnResource) else made.node.default_child
        resource.add_property_override("BillingMode", "PAY_PER_REQUEST")
        for left in ("ProvisionedThroughput", "WriteProvisionedThroughputSettings"):
            resource.add_property_deletion_override(left)
            resource.add_property_deletion_override(f"GlobalSecondaryIndexes.0.{left}")
        CapacityGuard(stack, "Watchman", table=made, baseline=recorded(units=5_000))

    first, *others = answered(build)
    line = first.splitlines()[0]
    assert line.startswith("# remove the override of BillingMode, ")
    assert "table = " in first
    assert not any("override" in code for code in others)
