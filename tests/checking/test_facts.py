"""The rules on each construct that can declare a table: facts of its resolved template, and fixes with its properties."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb

from capacity_guard import Baseline, Capacity, CapacityGuard, Rollout
from capacity_guard.capacity import OnDemand, Provisioned, Units
from capacity_guard.checking.facts import read_template_facts, unguarded_tables
from capacity_guard.rules import Case, Finding, Level, TemplateFacts, evaluate
from tests.builders.adopted import LOW, MAKERS, ON_DEMAND, PROVISIONED, recorded
from tests.builders.guarded import INDEX, app, with_options

Override = Callable[[cdk.CfnResource], None]
SHAPES = tuple(MAKERS)
GLOBAL = ("TableV2", "CfnGlobalTable")


def nothing(_resource: cdk.CfnResource) -> None:
    """No override."""


class Judged:
    """One adopted table, synthesized and judged."""

    def __init__(
        self,
        shape: str,
        declared: Capacity = ON_DEMAND,
        override: Override = nothing,
        *,
        baseline: Baseline | None = None,
        alarms: Override = nothing,
        **properties: Any,
    ) -> None:
        made = app()
        stack = cdk.Stack(made, "S")
        table = MAKERS[shape](stack, declared)
        self.resource = table if isinstance(table, cdk.CfnResource) else table.node.default_child
        assert isinstance(self.resource, cdk.CfnResource)
        override(self.resource)
        guard = CapacityGuard(
            stack, "Guard", table=table, baseline=baseline or recorded(), **with_options(properties)
        )
        for construct in guard.node.find_all():
            if isinstance(construct, cloudwatch.CfnAlarm):
                alarms(construct)
        self.template: Mapping[str, Any] = made.synth().get_stack_by_name("S").template
        self.logical_id = guard.guard.logical_id(guard.guard.resource)
        self.facts = read_template_facts(
            self.template, self.logical_id, alarms=guard.guard.alarm_ids, location="S"
        )
        self.case: Case = replace(guard.guard.case, template=self.facts)
        self.findings = evaluate(self.case)

    def by(self, rule: str) -> list[Finding]:
        return [finding for finding in self.findings if finding.rule == rule]

    @property
    def only_facts(self) -> TemplateFacts:
        """The facts of a template in which nothing depends on a condition."""
        (facts,) = self.facts
        return facts


def structured(judged: Judged, **changed: Any) -> Baseline:
    """A recording with the structure that the judged template has."""
    was = recorded()
    assert was.deployed is not None
    assert judged.only_facts.structure is not None
    structure = replace(judged.only_facts.structure, **changed)
    return replace(was, deployed=replace(was.deployed, structure=structure))


@pytest.mark.sampled(every=4)
@pytest.mark.parametrize("shape", SHAPES)
def test_template_when_nothing_is_overridden_expects_what_the_code_declares(shape: str) -> None:
    for declared in (PROVISIONED, ON_DEMAND):
        judged = Judged(shape, declared)
        assert judged.only_facts.branch is None
        assert judged.only_facts.unreadable is None
        assert judged.only_facts.capacity == declared
        assert judged.only_facts.watched == ("table", f"index/{INDEX}")
        assert dict(judged.only_facts.thresholds) == {"table": 0, f"index/{INDEX}": 0}
        assert judged.only_facts.warm_throughput == ()
        assert judged.only_facts.structure is not None
        assert tuple(judged.only_facts.structure.indexes) == (INDEX,)
        (unknown,) = judged.by("CG10") if declared == ON_DEMAND else (None,)  # the recording has no structure
        assert unknown is None or unknown.level is Level.WARN
        for rule in ("CG1", "CG8", "CG11", "CG13", "CG16", "CG17", "CG18"):
            assert judged.by(rule) == [], rule


@pytest.mark.sampled(every=4)
@pytest.mark.parametrize("shape", SHAPES)
def test_protection_when_overridden_expects_cg12_with_the_properties_of_the_construct(shape: str) -> None:
    def protect(resource: cdk.CfnResource) -> None:
        pitr = "PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled"
        home = "Replicas.0." if shape in GLOBAL else ""
        resource.add_property_override(f"{home}DeletionProtectionEnabled", True)
        resource.add_property_override(f"{home}{pitr}", True)
        resource.apply_removal_policy(cdk.RemovalPolicy.RETAIN)

    (found,) = Judged(shape).by("CG12")
    assert found.level is Level.WARN
    stated = {
        "CfnTable": "table.deletion_protection_enabled = True",
        "CfnGlobalTable": "DeletionProtectionEnabled true",
    }
    assert stated.get(shape, "deletion_protection=True") in found.fix
    assert Judged(shape, override=protect).by("CG12") == []

    def destroy(resource: cdk.CfnResource) -> None:
        protect(resource)
        resource.apply_removal_policy(cdk.RemovalPolicy.DESTROY)

    (found,) = Judged(shape, override=destroy).by("CG12")
    assert [figure.value for figure in found.figures][:1] == ["retention"]


@pytest.mark.sampled(every=8)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("Metrics.1.MetricStat.Metric.Dimensions.0.Value", "another-table"),
        ("Metrics.1.MetricStat.Metric.Namespace", "Mine"),
        ("Metrics.0.Expression", "0 * read_throttle"),
        ("ComparisonOperator", "LessThanThreshold"),
    ],
)
def test_alarm_when_overridden_expects_cg8(shape: str, path: str, value: str) -> None:
    def override(alarm: cdk.CfnResource) -> None:
        if INDEX in alarm.node.path:
            alarm.add_property_override(path, value)

    judged = Judged(shape, alarms=override)
    (found,) = judged.by("CG8")
    assert found.level is Level.ERROR
    assert found.subject == f"Orders / {INDEX}, write"
    (unchanged,) = Judged(shape, PROVISIONED, alarms=override).by("CG8")
    assert unchanged.level is Level.WARN, "without a transition"


@pytest.mark.parametrize("shape", ["TableV2", "Table"])
def test_threshold_when_overridden_beyond_all_traffic_expects_cg8(shape: str) -> None:
    def override(alarm: cdk.CfnResource) -> None:
        alarm.add_property_override("Threshold", 1_000_000)

    found = Judged(shape, alarms=override).by("CG8")
    assert {finding.subject.split(", ")[0] for finding in found} == {"Orders / table", f"Orders / {INDEX}"}
    assert all("1,000,000 events a minute" in finding.text() for finding in found)
    assert all("in the template" in finding.text() for finding in found)


@pytest.mark.sampled(every=4)
@pytest.mark.parametrize("shape", SHAPES)
def test_structure_when_something_else_changes_expects_cg10(shape: str) -> None:
    known = Judged(shape)
    assert Judged(shape, baseline=structured(known)).by("CG10") == []

    def stream(resource: cdk.CfnResource) -> None:
        resource.add_property_override("StreamSpecification.StreamViewType", "KEYS_ONLY")

    was = structured(known)
    (found,) = Judged(shape, override=stream, baseline=was).by("CG10")
    assert found.level is Level.ERROR
    assert "becomes KEYS_ONLY" in found.text()
    assert Judged(shape, PROVISIONED, stream, baseline=was).by("CG10") == []
    (found,) = Judged(shape, baseline=structured(known, guard="another.zip")).by("CG10")
    assert "the guard itself changes" in found.title


@pytest.mark.parametrize("shape", SHAPES)
def test_warm_throughput_when_stated_by_an_override_expects_cg17_with_the_argument_of_the_guard(
    shape: str,
) -> None:
    def warm(resource: cdk.CfnResource) -> None:
        resource.add_property_override("GlobalSecondaryIndexes.0.WarmThroughput.WriteUnitsPerSecond", 9_000)

    (found,) = Judged(shape, override=warm).by("CG17")
    assert INDEX in found.text()
    assert 'warm={"table": Units(...)}' in found.fix


@pytest.mark.parametrize("shape", GLOBAL)
def test_replicas_when_added_by_an_override_expects_cg18(shape: str) -> None:
    made = app()
    stack = cdk.Stack(made, "S", env=cdk.Environment(account="1" * 12, region="eu-west-1"))
    table = MAKERS[shape](stack, ON_DEMAND)
    resource = table if isinstance(table, cdk.CfnResource) else table.node.default_child
    assert isinstance(resource, cdk.CfnResource)
    resource.add_property_override("Replicas.0.Region", "eu-west-1")
    resource.add_property_override("Replicas.1", {"Region": "us-east-1"})
    guard = CapacityGuard(stack, "Guard", table=table, baseline=recorded())
    template = made.synth().get_stack_by_name("S").template
    facts = read_template_facts(
        template,
        guard.guard.logical_id(guard.guard.resource),
        alarms=guard.guard.alarm_ids,
        location="S",
        account="1" * 12,
        region="eu-west-1",
    )
    found = [
        finding for finding in evaluate(replace(guard.guard.case, template=facts)) if finding.rule == "CG18"
    ]
    assert [finding.level for finding in found] == [Level.ERROR]
    assert "us-east-1" in found[0].text()


def test_replicas_of_a_table_when_made_by_its_custom_resource_expects_cg18() -> None:
    made = app()
    stack = cdk.Stack(made, "S", env=cdk.Environment(account="1" * 12, region="eu-west-1"))
    table = dynamodb.Table(
        stack,
        "Orders",
        partition_key=dynamodb.Attribute(name="order_id", type=dynamodb.AttributeType.STRING),
        billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
        replication_regions=["us-east-1"],
    )
    resource = table.node.default_child
    assert isinstance(resource, dynamodb.CfnTable)
    template = made.synth().get_stack_by_name("S").template
    logical_id = stack.resolve(resource.logical_id)
    (facts,) = read_template_facts(template, logical_id, alarms={}, location="S", region="eu-west-1")
    assert facts.replicated_by is not None
    assert template["Resources"][facts.replicated_by]["Type"] == "Custom::DynamoDBReplica"


def edited(seed: int) -> Capacity:
    """The declared capacity with other units in a Table's ProvisionedThroughput, and with a lower maximum."""
    table, index = PROVISIONED.of(None), PROVISIONED.of(INDEX)
    assert isinstance(table, Provisioned)
    assert isinstance(index, Provisioned)
    return Capacity.provisioned(
        read=table.read,
        write=replace(LOW, maximum=1_900, seed=seed),
        indexes={INDEX: replace(index, write=LOW)},
    )


@pytest.mark.parametrize("shape", ["Table", "CfnTable"])
def test_units_of_a_scaled_table_when_edited_expects_cg18_with_both_fixes(shape: str) -> None:
    was = structured(Judged(shape, PROVISIONED))
    (found,) = Judged(shape, edited(seed=560), baseline=was).by("CG18")
    assert found.level is Level.ERROR
    assert "capacity-guard docs table-to-tablev2" in found.fix
    assert "keep its deployed units" in found.fix
    assert Judged(shape, edited(seed=550), baseline=was).by("CG18") == []


@pytest.mark.parametrize("shape", GLOBAL)
def test_seed_of_a_global_table_when_edited_expects_silence(shape: str) -> None:
    """CloudFormation sends no seed within provisioned mode."""
    was = structured(Judged(shape, PROVISIONED))
    assert Judged(shape, edited(seed=560), baseline=was).by("CG18") == []


@pytest.mark.sampled(every=2)
@pytest.mark.parametrize("shape", SHAPES)
def test_maximum_when_below_the_peak_expects_cg11_and_a_fix_of_the_construct(shape: str) -> None:
    known = Judged(shape)
    case = replace(
        known.case,
        declared=Capacity.on_demand(maximum=Units(write=10), indexes={INDEX: OnDemand()}),
        baseline=recorded(ON_DEMAND),
        template=(),
    )
    (found,) = [finding for finding in evaluate(case) if finding.rule == "CG11"]
    code = {
        "TableV2": "billing=Billing.on_demand(max_write_request_units=",
        "Table": "billing_mode=BillingMode.PAY_PER_REQUEST, max_write_request_units=",
        "CfnTable": "MaxWriteRequestUnits",
        "CfnGlobalTable": "MaxWriteRequestUnits",
    }
    assert code[shape] in found.fix


@pytest.mark.parametrize("shape", SHAPES)
def test_step_when_more_than_half_expects_cg6(shape: str) -> None:
    table, index = PROVISIONED.of(None), PROVISIONED.of(INDEX)
    assert isinstance(table, Provisioned)
    assert isinstance(index, Provisioned)
    lower = Capacity.provisioned(
        read=table.read,
        write=replace(LOW, minimum=200, maximum=900),
        indexes={INDEX: index},
    )
    (found,) = Judged(shape, lower).by("CG6")
    assert found.level is Level.WARN
    code = {
        "TableV2": "write_capacity=Capacity.autoscaled(min_capacity=250, max_capacity=1_000, seed_capacity=550)",
        "Table": "table.auto_scale_write_capacity(min_capacity=250, max_capacity=1_000)",
        "CfnTable": "MinCapacity 250, MaxCapacity 1_000, TargetValue 70",
        "CfnGlobalTable": "MinCapacity 250, MaxCapacity 1_000, TargetValue 70",
    }
    assert code[shape] in found.fix


@pytest.mark.sampled(every=4)
@pytest.mark.parametrize("shape", SHAPES)
def test_noise_when_the_recording_throttles_expects_cg16_and_its_fix_silences_it_and_cg8(shape: str) -> None:
    noisy = recorded(throttled=25)
    found = Judged(shape, baseline=noisy).by("CG16")
    assert {finding.level for finding in found} == {Level.ERROR}
    mended = Judged(shape, baseline=noisy, rollout=Rollout(alarm_threshold=25))
    assert mended.by("CG16") == mended.by("CG8") == []


def test_condition_when_a_property_depends_on_it_expects_both_branches() -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    parameter = cdk.CfnParameter(stack, "Small", default="no")
    cdk.CfnCondition(stack, "IsSmall", expression=cdk.Fn.condition_equals(parameter.value_as_string, "yes"))
    table = MAKERS["CfnTable"](stack, ON_DEMAND)
    assert isinstance(table, dynamodb.CfnTable)
    protected = {"Fn::If": ["IsSmall", False, True]}
    table.add_property_override("DeletionProtectionEnabled", protected)
    guard = CapacityGuard(stack, "Guard", table=table, baseline=recorded())
    template = made.synth().get_stack_by_name("S").template
    facts = read_template_facts(
        template, guard.guard.logical_id(guard.guard.resource), alarms=guard.guard.alarm_ids, location="S"
    )
    assert {branch.deletion_protection for branch in facts} == {True, False}
    assert {branch.branch for branch in facts} == {"Small = yes", "Small is not yes"}
    (found,) = [
        finding for finding in evaluate(replace(guard.guard.case, template=facts)) if finding.rule == "CG12"
    ]
    assert "deletion protection" in found.text()


def test_tables_of_a_template_when_they_have_no_guard_are_listed() -> None:
    template = {
        "Resources": {
            "Guarded": {"Type": "AWS::DynamoDB::GlobalTable"},
            "Orders": {"Type": "AWS::DynamoDB::GlobalTable"},
            "Carts": {"Type": "AWS::DynamoDB::Table"},
            "Queue": {"Type": "AWS::SQS::Queue"},
        }
    }
    assert list(unguarded_tables(template, {"Guarded"})) == ["Orders", "Carts"]
    assert list(unguarded_tables({}, set())) == []
