"""The template of a stack, rendered during a synthesis."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import aws_cdk as cdk
import jsii
import pytest

from capacity_guard import InputError
from capacity_guard.cdk.rendering import render_template
from tests.builders.guarded import app


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


def test_stack_with_a_synthesizer_that_is_no_stack_synthesizer_is_refused() -> None:
    stack: Any = SimpleNamespace(synthesizer="of my own", node=SimpleNamespace(path="S"))
    with pytest.raises(InputError, match=r"S: has a synthesizer \(str\)"):
        render_template(stack)
