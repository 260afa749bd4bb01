"""The two sides of the benchmark are compared only when they synthesized the same tables."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest

from benchmarks.assembly import Templates, check, templates_of
from benchmarks.measure import BenchmarkError

TABLE = {"Type": "AWS::DynamoDB::GlobalTable", "Properties": {"BillingMode": "PROVISIONED"}}
GATE = {"Type": "Custom::CapacityGuardPreflight", "Properties": {}}


def guarded() -> Templates:
    return {"dev": {"A": TABLE}, "production": {"A": TABLE, "Gate": GATE}}


def plain() -> Templates:
    return copy.deepcopy({"dev": {"B": TABLE}, "production": {"B": TABLE}})


def test_check_when_tables_are_the_same_counts_resources() -> None:
    assert check(guarded(), plain()) == {
        "dev": {"guarded": 1, "plain": 1},
        "production": {"guarded": 2, "plain": 1},
    }


def test_templates_when_an_assembly_is_read_are_named_like_the_stacks(tmp_path: Path) -> None:
    artifacts = {
        "Dev": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "a.json"}},
        "Id": {
            "type": "aws:cloudformation:stack",
            "properties": {"templateFile": "a.json", "stackName": "Named"},
        },
        "Dev.assets": {"type": "cdk:asset-manifest", "properties": {}},
    }
    (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
    (tmp_path / "a.json").write_text(json.dumps({"Resources": {"A": TABLE}}))
    assert templates_of(tmp_path) == {"Dev": {"A": TABLE}, "Named": {"A": TABLE}}


def test_check_when_a_table_differs_refuses() -> None:
    other = plain()
    other["dev"]["B"]["Properties"]["BillingMode"] = "PAY_PER_REQUEST"
    with pytest.raises(BenchmarkError, match="dev: tables differ"):
        check(guarded(), other)


def test_check_when_a_stack_is_missing_refuses() -> None:
    other = plain()
    del other["dev"]
    with pytest.raises(BenchmarkError, match="different stacks"):
        check(guarded(), other)


def test_check_when_no_stack_is_in_a_transition_refuses() -> None:
    still = guarded()
    del still["production"]["Gate"]
    with pytest.raises(BenchmarkError, match="stacks in a transition"):
        check(still, plain())


def test_check_when_a_new_table_has_its_gate_counts_one_transition() -> None:
    gate = {"Type": "Custom::CapacityGuardPreflight", "Properties": {"Gate": "unread"}}
    with_new_table = {**guarded(), "dev": {"A": TABLE, "Gate": gate}}
    assert check(with_new_table, plain())["dev"] == {"guarded": 2, "plain": 1}
    without = plain()
    without["dev"]["Gate"] = gate
    with pytest.raises(BenchmarkError, match="stacks in a transition"):
        check(with_new_table, without)
