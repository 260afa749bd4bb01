"""The template of a stack, rendered during a synthesis."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import jsii
import pytest

from capacity_guard import AutoScaling
from capacity_guard.capacity import Dimension
from capacity_guard.cdk.app.rendering import render_template
from tests.builders.guarded import RAISED, app, table

WRITES = {
    "WriteCapacityAutoScalingSettings": {
        "MinCapacity": 3_000,
        "MaxCapacity": 3_000,
        "SeedCapacity": 3_000,
        "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 70},
    }
}


def test_rendered_template_has_overrides_and_lazy_values() -> None:
    stack = cdk.Stack(app(), "S")
    topic = cdk.CfnResource(stack, "Topic", type="AWS::SNS::Topic", properties={"TopicName": "a"})
    topic.add_property_override("TopicName", "b")
    topic.add_property_override("DisplayName", cdk.Lazy.uncached_string(Display()))
    assert render_template(stack)["Resources"]["Topic"] == {
        "Type": "AWS::SNS::Topic",
        "Properties": {"TopicName": "b", "DisplayName": "late"},
    }


@jsii.implements(cdk.IStringProducer)
class Display:
    def produce(self, context: cdk.IResolveContext) -> str:
        return "late"


def test_rendered_template_has_the_resources_of_the_synthesized_one() -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    cdk.CfnResource(stack, "Topic", type="AWS::SNS::Topic")
    rendered = render_template(stack)
    synthesized = made.synth().get_stack_by_name("S").template
    assert rendered["Resources"] == synthesized["Resources"]


@pytest.mark.parametrize(
    "synthesizer",
    [
        lambda: cdk.DefaultStackSynthesizer(qualifier="abc"),
        cdk.CliCredentialsStackSynthesizer,
        cdk.LegacyStackSynthesizer,
    ],
    ids=["qualifier", "credentials of the CLI", "legacy"],
)
def test_stack_with_a_synthesizer_of_its_code_is_read_and_synthesized(synthesizer: Any) -> None:
    made = app()
    stack = cdk.Stack(made, "S", synthesizer=synthesizer())
    guarded = table(stack, capacity=RAISED)
    resource = guarded.table.node.default_child
    assert isinstance(resource, cdk.CfnResource)
    resource.add_property_override("WriteProvisionedThroughputSettings", WRITES)
    synthesized = made.synth().get_stack_by_name("S").template
    assert guarded.capacity.throughput(Dimension(None, "write")) == AutoScaling(3_000, 3_000, seed=3_000)
    assert render_template(stack)["Resources"] == synthesized["Resources"]


def test_stack_with_the_synthesizer_of_its_app_is_read_and_synthesized() -> None:
    made = cdk.App(default_stack_synthesizer=cdk.DefaultStackSynthesizer(qualifier="abc"))
    stack = cdk.Stack(made, "S")
    cdk.CfnResource(stack, "Topic", type="AWS::SNS::Topic")
    assert "Topic" in render_template(stack)["Resources"]
