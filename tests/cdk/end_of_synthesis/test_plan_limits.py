"""Plans that cannot be carried to their gates: refused at the synthesis."""

from __future__ import annotations

import json
import random
import string
from typing import Any

import aws_cdk as cdk
import pytest

from capacity_guard import acknowledge
from capacity_guard.capacity.limits import EXECUTION_INPUT_BYTES
from capacity_guard.cdk.end_of_synthesis.plan_limits import request_size
from tests.builders.guarded import ON_DEMAND, PREFLIGHT, RAISED, app, synthesize, table

LIMIT = EXECUTION_INPUT_BYTES.value


def dense(characters: int) -> str:
    """A text that cannot be compressed much."""
    chance = random.Random(1)
    return "".join(chance.choices(string.ascii_letters + string.digits, k=characters))


def refusal(reason: str, **given: Any) -> str:
    made = app()
    guarded = table(cdk.Stack(made, "S"), **{"capacity": ON_DEMAND, **given})
    acknowledge(guarded, "CG5", reason=reason)
    with pytest.raises(RuntimeError) as failed:
        made.synth()
    return " ".join(str(failed.value).split())


def test_plan_that_step_functions_would_not_take_fails_the_synthesis_with_its_size() -> None:
    text = refusal(dense(140_000))
    assert "plan-too-long" in text
    assert "S/Conversations: the plan in ConversationsPreflight" in text
    assert "makes a request of " in text
    assert f"bytes, where Step Functions takes {LIMIT:,}" in text
    assert "Shorten acknowledgments and names of alarms" in text
    assert "capacity-guard:break-glass=REASON" in text


def test_plan_that_its_gate_would_not_read_fails_the_synthesis() -> None:
    """It is small when it is compressed, but a gate reads no more than it has memory for."""
    text = refusal("again and " * 100_000)
    assert "the plan in ConversationsPreflight" in text
    assert "takes more than 1,000,000 bytes" in text


def test_acknowledgment_whose_reason_is_known_late_fails_the_synthesis() -> None:
    """The plan is compressed when the template is written, and would keep the token."""
    text = refusal(f"agreed in {cdk.Aws.STACK_NAME}")
    assert "S/Conversations: acknowledge CG5: reason: is known only at the deployment" in text


def test_plan_of_a_table_in_no_transition_is_not_asked_for() -> None:
    made = app()
    guarded = table(cdk.Stack(made, "S"))
    acknowledge(guarded, "CG5", reason=dense(140_000))
    assert not synthesize(made).gates


def test_size_when_it_is_plain_holds_the_request_twice_and_what_aws_adds() -> None:
    properties = {"Plan": "p" * 1_000}
    size = request_size(properties, {})
    assert size - request_size({"Plan": "p" * 900}, {}) == 200
    assert 2_000 < size < 20_000


def test_size_counts_what_cloudformation_puts_in_place_of_a_reference() -> None:
    template = {"Mappings": {"Map": {"Resources": {"Hashes": "h" * 5_000}}}}
    none = request_size({"A": ""}, template)
    assert request_size({"A": {"Ref": "Table"}}, template) - none == 2 * 255
    assert request_size({"A": [{"Ref": "Table"}, {"Ref": "Table"}]}, template) - none > 4 * 255
    assert request_size({"A": {"Fn::GetAtt": ["Preflight", "Judged"]}}, template) - none == 2 * 1_400
    found = {"Fn::FindInMap": ["Map", "Resources", "Hashes"]}
    assert request_size({"A": found}, template) - none == 2 * 5_000


def test_size_counts_bytes_and_what_json_escapes() -> None:
    """The error of a look holds the request as a text in JSON."""
    none = request_size({"A": ""}, {})
    assert request_size({"A": "ä" * 10}, {}) - none == 2 * 20
    assert request_size({"A": '"' * 10}, {}) - none == 2 * 40


def test_every_gate_of_a_transition_fits_many_times() -> None:
    made = app()
    table(cdk.Stack(made, "S"), capacity=RAISED)
    gate = synthesize(made).only(PREFLIGHT)
    assert request_size(gate["Properties"], {}) < LIMIT / 8
    assert len(json.dumps(gate)) < 4_000
