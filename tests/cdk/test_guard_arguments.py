"""The checks of the arguments that both guards have in common."""

from __future__ import annotations

from pathlib import Path

import aws_cdk as cdk
import pytest

from capacity_guard import Baseline, InputError
from capacity_guard.cdk.guard_arguments import load_baseline, refuse_nested_stack, text_or_none
from tests.builders.guarded import app, baseline


def test_baseline_file_that_cannot_be_read_is_an_error_to_judge_and_another_type_is_refused(
    tmp_path: Path,
) -> None:
    missing = load_baseline(tmp_path / "none.json", "GuardedTable T: baseline")
    assert isinstance(missing, InputError)
    assert "is missing" in missing.problem
    recording = baseline()
    recording.save(tmp_path / "orders.json")
    assert isinstance(load_baseline(str(tmp_path / "orders.json"), ""), Baseline)
    assert load_baseline(recording, "") is recording
    with pytest.raises(InputError, match="GuardedTable T: baseline: is int"):
        load_baseline(5, "GuardedTable T: baseline")  # type: ignore[arg-type]


def test_text_is_none_for_a_token_only() -> None:
    assert text_or_none("eu-west-1") == "eu-west-1"
    assert text_or_none(cdk.Aws.REGION) is None


def test_nested_stack_is_refused_and_another_is_not() -> None:
    stack = cdk.Stack(app(), "S")
    refuse_nested_stack(stack, "here")
    with pytest.raises(InputError, match="here: stands in a nested stack"):
        refuse_nested_stack(cdk.NestedStack(stack, "N"), "here")
