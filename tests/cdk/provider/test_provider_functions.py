"""The functions behind the gates: one stack of an app is asked for their logical ids, and each further one is looked at."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_lambda as lambda_
from cdk_nag import AwsSolutionsChecks

from capacity_guard import CapacityGuardChecks
from capacity_guard.cdk.provider.provider_functions import ProviderFunctions, arn_of
from tests.builders.calls import CallCounter
from tests.builders.guarded import RAISED, app, table

KNOWN = ProviderFunctions("A", "B", ("C", "D"))


def resources_of(*ids: str, kind: str = "AWS::Lambda::Function") -> dict[str, Any]:
    return {id: {"Type": kind} for id in ids}


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        (resources_of("A", "B", "C", "D", "E"), True),
        (resources_of("A", "B", "C"), False),
        (resources_of("A", "B", "C") | resources_of("D", kind="AWS::IAM::Role"), False),
        ({}, False),
    ],
)
def test_functions_of_a_template_have_the_ids_or_not(resources: dict[str, Any], expected: bool) -> None:
    assert KNOWN.are_in(resources) is expected


def test_ids_are_asked_of_the_cdk_in_one_call() -> None:
    stack = cdk.Stack(app(), "S")
    functions = [
        lambda_.Function(
            stack,
            name,
            runtime=lambda_.Runtime.PYTHON_3_13,
            handler="index.handler",
            code=lambda_.Code.from_inline("x"),
        )
        for name in ("F", "G", "H")
    ]
    asked: list[Any] = []

    def resolve(value: Any) -> Any:
        asked.append(value)
        return stack.resolve(value)

    found = ProviderFunctions.asked(resolve, functions[:2], functions[2:])
    assert len(asked) == 1
    assert found.arns == [stack.resolve(function.function_arn) for function in functions]
    assert found.arns[2] == arn_of(found.waiting[0])


def functions_of(stack: cdk.Stack) -> ProviderFunctions:
    provider: Any = stack.node.find_child("CapacityGuard")
    found: ProviderFunctions = provider.functions
    return found


def test_a_further_stack_is_not_asked() -> None:
    made = app()
    first, second = cdk.Stack(made, "S"), cdk.Stack(made, "T")
    table(first)
    with CallCounter() as calls:
        table(second)
    assert functions_of(second) is functions_of(first)
    alike = calls.count
    other = app()
    with CallCounter() as calls:
        table(cdk.Stack(other, "S"))
    assert calls.count >= alike + 8


def test_a_stack_that_names_its_functions_otherwise_is_asked() -> None:
    known = app()
    table(cdk.Stack(known, "S"))
    stack = known.node.find_child("S")
    assert isinstance(stack, cdk.Stack)
    names = functions_of(stack)
    made = app()
    first, second = cdk.Stack(made, "S"), cdk.Stack(made, "T")
    for index, name in enumerate((names.on_event, names.is_complete, *names.waiting)):
        second.rename_logical_id(name, f"Company{index}")
    table(first, capacity=RAISED)
    table(second, capacity=RAISED)
    cdk.Validations.of(made).add_plugins(CapacityGuardChecks(made), AwsSolutionsChecks(made))
    made.synth()  # raises for a finding that is not acknowledged, and for gates that are not as the guard made them
    assert functions_of(first) == names
    assert functions_of(second) == ProviderFunctions("Company0", "Company1", ("Company2", "Company3"))
