"""A violation of the guard's own plugins."""

from __future__ import annotations

import aws_cdk as cdk

from capacity_guard.cdk.end_of_synthesis.violations import violation
from tests.builders.guarded import app, table


def test_violation_names_the_resource_of_the_table() -> None:
    guarded = table(cdk.Stack(app(), "S"))
    made = violation(guarded.guard, "no-rules", "It is unjudged.", "fatal")
    assert (made.rule_name, made.description, made.severity) == ("no-rules", "It is unjudged.", "fatal")
    assert [resource.construct_path for resource in made.violating_resources] == [
        "S/Conversations/Table/Resource"
    ]
