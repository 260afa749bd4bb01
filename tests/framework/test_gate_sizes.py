"""What the gates' requests take on their way through the provider framework, and what their template takes."""

from __future__ import annotations

import json
import math
import subprocess

import pytest

from capacity_guard.capacity.gate_plan import GatePlan
from capacity_guard.capacity.limits import (
    CAUSE_CHARACTERS,
    EXECUTION_INPUT_BYTES,
    RESPONSE_BYTES,
    TEMPLATE_BYTES,
)
from capacity_guard.capacity.plan_text import unpack_plan
from capacity_guard.cdk.end_of_synthesis.plan_limits import request_size
from capacity_guard.handlers import gate
from tests.builders.guarded import BAKE, PREFLIGHT
from tests.framework.framework import Framework
from tests.framework.gate_sizes import COUNTS, baseline, measure, template_of
from tests.framework.test_framework import CREATE

TYPES = {"preflight": PREFLIGHT, "bake": BAKE}


@pytest.mark.sampled(every=4)
@pytest.mark.parametrize("indexes", COUNTS)
def test_requests_of_both_gates_when_a_table_has_indexes_fit_into_every_limit(
    node: subprocess.Popen[str], indexes: int
) -> None:
    template = template_of(indexes)
    for size in measure(node, indexes):
        assert [outcome.status for outcome in size.outcomes] == ["SUCCESS"] * 4
        assert size.create.polls == 2
        for outcome in size.outcomes:
            assert outcome.execution_input <= EXECUTION_INPUT_BYTES.value
            # the time-out handler reads from it whom to answer, so all of it must be kept
            assert outcome.largest_cause <= CAUSE_CHARACTERS.value
            assert outcome.response_bytes <= RESPONSE_BYTES.value
        (properties,) = (
            resource["Properties"]
            for resource in template["Resources"].values()
            if resource["Type"] == TYPES[size.gate]
        )
        expected = request_size(properties, template)
        measured = max(size.create.largest_cause, size.update.execution_input, size.back.execution_input)
        assert measured <= expected <= measured + 20_000, "the synthesis judges by what really travels"


@pytest.mark.slow
def test_requests_when_a_table_of_20_indexes_returns_to_the_capacity_before_fit_too(
    node: subprocess.Popen[str],
) -> None:
    """Its plans hold the busiest minutes by hour as well, rounded up further so that the error of a look is kept whole."""
    for size in measure(node, 20, returns=True):
        assert [outcome.status for outcome in size.outcomes] == ["SUCCESS"] * 4
        assert max(outcome.largest_cause for outcome in size.outcomes) <= CAUSE_CHARACTERS.value


@pytest.mark.slow
def test_update_when_the_plan_before_is_the_plain_json_of_an_earlier_version_fits(
    node: subprocess.Popen[str],
) -> None:
    ((_, resource),) = (
        found for found in template_of(20)["Resources"].items() if found[1]["Type"] == PREFLIGHT
    )
    properties = resource["Properties"]
    plan = json.loads(unpack_plan(properties["Plan"]))
    evidence = baseline(20).evidence(plan["evidence"]["switch_minutes"])
    assert evidence is not None
    written = evidence.without(hourly=True, rise=True).to_json()
    for dimension, recorded in evidence.dimensions.items():
        written["dimensions"][dimension.key] |= {
            "rise": [math.ceil(units) for units in recorded.rise],
            "by_hour": [peak and peak.to_json() for peak in recorded.by_hour],
        }
    before = json.dumps({**plan, "evidence": written}, separators=(",", ":"), sort_keys=True)
    assert len(before) > 140_000
    assert GatePlan.from_property(before).transition == GatePlan.from_property(properties["Plan"]).transition
    framework = Framework(node, gate.on_event, gate.is_complete)
    for old, new in ((before, properties["Plan"]), (properties["Plan"], before)):
        update = framework.request(
            {
                **CREATE,
                "RequestType": "Update",
                "PhysicalResourceId": "preflight-0123456789",
                "ResourceProperties": {**properties, "Plan": new},
                "OldResourceProperties": {**properties, "Plan": old},
            }
        )
        assert update.status == "SUCCESS"
        assert 140_000 < update.execution_input < EXECUTION_INPUT_BYTES.value


@pytest.mark.slow
def test_template_of_the_most_switching_tables_of_ten_indexes_fits_without_indentation() -> None:
    """33 tables of ten indexes make 478 of the 500 resources that a stack may have; 20 indexes each would make 800."""
    template = template_of(10, 33, context={"@aws-cdk/core:suppressTemplateIndentation": True})
    assert len(template["Resources"]) > 470
    assert len(json.dumps(template, separators=(",", ":"))) <= TEMPLATE_BYTES.value
