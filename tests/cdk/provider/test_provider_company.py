"""What companies put on everything of an app: nothing of it may keep the guard from working, or make it warn."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import cloudformation_include as include
from constructs import Construct, IConstruct

from capacity_guard import CapacityGuard, CapacityGuardChecks, GuardEveryTable
from tests.builders import adopted, guarded
from tests.builders.feature_flags import recommended_flags
from tests.builders.guarded import BAKE, PREFLIGHT, Synthesized
from tests.paths import ROOT

STACKS = {
    "Steady": (guarded.PROVISIONED, adopted.PROVISIONED),
    "Changed": (guarded.LOWERED, adopted.LOWERED),
}
"""Capacity of the guarded table and of those that other code declares, by the name of the stack."""
BOUNDARY = "arn:aws:iam::123456789012:policy/company"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1"


def aspect(visit: Callable[[IConstruct], None], **options: Any) -> Callable[[cdk.App], None]:
    """A company that adds one aspect to its app."""

    @jsii.implements(cdk.IAspect)
    class Company:
        def visit(self, node: IConstruct) -> None:
            visit(node)

    return lambda made: cdk.Aspects.of(made).add(Company(), **options)


def overriding(resource_type: str, **properties: Any) -> Callable[[IConstruct], None]:
    def visit(node: IConstruct) -> None:
        if isinstance(node, cdk.CfnResource) and node.cfn_resource_type == resource_type:
            for name, value in properties.items():
                node.add_property_override(name.replace("__", "."), value)

    return visit


def boundary_of_iam(made: cdk.App) -> None:
    iam.PermissionsBoundary.of(made).apply(
        iam.ManagedPolicy.from_managed_policy_arn(made, "Boundary", BOUNDARY)
    )


def sam_function(scope: Construct, id: str) -> None:
    stack = cdk.Stack.of(scope)
    stack.add_transform("AWS::Serverless-2016-10-31")
    cdk.CfnResource(
        stack,
        id,
        type="AWS::Serverless::Function",
        properties={"Runtime": "python3.13", "Handler": "app.main", "InlineCode": "pass"},
    )


def beside(add: Callable[[cdk.Stack], None]) -> Callable[[IConstruct], None]:
    """What a company adds to every stack, once."""

    def visit(node: IConstruct) -> None:
        if isinstance(node, cdk.Stack) and not node.nested and node.node.try_find_child("Company") is None:
            add(node)

    return visit


def nested(stack: cdk.Stack) -> None:
    sns.Topic(cdk.NestedStack(stack, "Company"), "Topic")


def included(stack: cdk.Stack) -> None:
    file = Path(cdk.App.of(stack).outdir) / "company.yaml"  # type: ignore[union-attr]
    file.write_text(
        """
Transform: AWS::Serverless-2016-10-31
Resources:
  CompanyFunction:
    Type: AWS::Serverless::Function
    Properties: {Runtime: python3.13, Handler: app.main, InlineCode: pass}
"""
    )
    include.CfnInclude(stack, "Company", template_file=str(file))


COMPANIES: dict[str, Callable[[cdk.App], None]] = {
    "boundary": boundary_of_iam,
    "boundary by an aspect": aspect(overriding("AWS::IAM::Role", PermissionsBoundary=BOUNDARY)),
    "path of roles": aspect(overriding("AWS::IAM::Role", Path="/company/")),
    "key of logs": aspect(overriding("AWS::Logs::LogGroup", KmsKeyId=KEY, RetentionInDays=365)),
    "key of functions": aspect(overriding("AWS::Lambda::Function", KmsKeyArn=KEY)),
    "tracing": aspect(overriding("AWS::Lambda::Function", TracingConfig={"Mode": "Active"})),
    "reserved concurrency": aspect(overriding("AWS::Lambda::Function", ReservedConcurrentExecutions=10)),
    "tags": lambda made: cdk.Tags.of(made).add("team", "orders"),
    "removal": lambda made: cdk.RemovalPolicies.of(made).retain(),
    "nested stack": aspect(beside(nested)),
    "SAM function": aspect(beside(lambda stack: sam_function(stack, "Company"))),
    "included template of SAM": aspect(beside(included)),
    "mandatory": aspect(overriding("AWS::Lambda::Function", Tags=[]), priority=cdk.AspectPriority.READONLY),
}
CONTEXTS: dict[str, dict[str, Any]] = {
    "boundary": {"@aws-cdk/core:permissionsBoundary": {"name": "company-${Qualifier}"}},
    "flags of cdk init": recommended_flags(),
    "every flag off": {flag: False for flag, value in recommended_flags().items() if value is True},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("baselines")
    for stack in (*STACKS, *(f"Production-{name}" for name in STACKS)):
        file = made / stack / "Every.json"
        file.parent.mkdir()
        adopted.recorded().save(file)
    return made


def declared(scope: Construct, folder: Path) -> None:
    """A table for each kind of guard, in a stack without a transition and in one with."""
    for name, (of_guarded, of_adopted) in STACKS.items():
        stack = cdk.Stack(scope, name)
        guarded.table(stack, capacity=of_guarded)
        CapacityGuard(stack, "Guard", table=adopted.table_v2(stack, of_adopted), baseline=adopted.recorded())
        adopted.table(stack, of_adopted, id="Every")


def synthesized(
    folder: Path, before: Any = None, after: Any = None, context: Any = None
) -> tuple[dict[str, Any], list[str]]:
    made = cdk.App(context={"capacity-guard:now": guarded.NOW, **(context or {})}, analytics_reporting=False)
    if before:
        before(made)
    stage = cdk.Stage(made, "Production")
    every = GuardEveryTable(baselines=folder)
    for scope in (made, stage):
        cdk.Aspects.of(scope).add(every)
        declared(scope, folder)
    if after:
        after(made)
        after(stage)
    cdk.Validations.of(made).add_plugins(CapacityGuardChecks(made))
    assembly = made.synth()
    nested = assembly.get_nested_assembly("assembly-Production")
    report = json.loads((Path(made.outdir) / "validation-report.json").read_text())
    own = [
        f"{found['ruleName']}: {found['description']}"
        for plugin in report["pluginReports"]
        for found in plugin["violations"]
        if "CG" not in found["ruleName"]
    ]
    return {stack.stack_name: stack.template for stack in (*assembly.stacks, *nested.stacks)}, own


def checked(templates: dict[str, Any], own: list[str]) -> None:
    assert sorted(templates) == ["Changed", "Production-Changed", "Production-Steady", "Steady"]
    assert own == []
    for stack, template in templates.items():
        resources = Synthesized(template["Resources"])
        gates = 3 if stack.endswith("Changed") else 0
        assert len(resources.of(PREFLIGHT)) == len(resources.of(BAKE)) == gates
        assert len(resources.of(guarded.ALARM)) == 6


@pytest.mark.sampled(every=16)
@pytest.mark.parametrize(
    ("name", "when"),
    [
        *((name, "before") for name in COMPANIES),
        *((name, "after") for name in ("boundary", "tags", "SAM function")),
    ],
)
def test_company_control_neither_stops_the_guard_nor_makes_it_warn(
    name: str, when: str, folder: Path
) -> None:
    checked(*synthesized(folder, **{when: COMPANIES[name]}))


@pytest.mark.sampled(every=3)
@pytest.mark.parametrize("name", CONTEXTS)
def test_context_of_a_company_neither_stops_the_guard_nor_makes_it_warn(name: str, folder: Path) -> None:
    checked(*synthesized(folder, context=CONTEXTS[name]))


def test_stack_policy_of_the_page_when_compared_names_every_type_that_the_guard_makes() -> None:
    page = (ROOT / "docs" / "iam.md").read_text()
    section = page.partition("## A stack policy")[2].partition("\n## ")[0]
    statement = json.loads(section.partition("```json")[2].partition("```")[0])
    made = guarded.app()
    stack = cdk.Stack(made, "S")
    beside = adopted.table_v2(stack, adopted.LOWERED)
    before = {
        resource.cfn_resource_type
        for resource in stack.node.find_all()
        if isinstance(resource, cdk.CfnResource)
    }
    CapacityGuard(stack, "Guard", table=beside, baseline=adopted.recorded())
    types = {resource["Type"] for resource in guarded.synthesize(made).resources.values()}
    assert statement["Condition"]["StringEquals"]["ResourceType"] == sorted(types - before)
