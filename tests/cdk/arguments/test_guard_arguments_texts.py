"""Arguments of both guards: refusals to the letter."""

from __future__ import annotations

from pathlib import Path

import aws_cdk as cdk
import pytest

from capacity_guard import Baseline, InputError
from capacity_guard.cdk.arguments.guard_arguments import load_baseline, refuse_nested_stack, text_or_none
from tests.builders.guarded import app, baseline


def test_baseline_is_loaded_or_given_back_or_refused(tmp_path: Path) -> None:
    file = tmp_path / "orders.json"
    baseline().save(file)
    for named in (file, str(file)):
        loaded = load_baseline(named, "x")
        assert isinstance(loaded, Baseline)
        assert loaded.file == str(file)
    error = InputError("f", "is missing", "Record it")
    assert load_baseline(error, "x") is error
    missing = load_baseline(tmp_path / "none.json", "x")
    assert isinstance(missing, InputError)
    assert missing.location == str(tmp_path / "none.json")
    for wrong, name in ((None, "NoneType"), (7, "int"), (b"x", "bytes")):
        with pytest.raises(InputError) as raised:
            load_baseline(wrong, "here")  # type: ignore[arg-type]
        assert (raised.value.location, raised.value.problem, raised.value.remedy) == (
            "here",
            f"is {name}",
            "Give a file, Baseline.load(...) or NewTable(...)",
        )


def test_nested_stack_is_refused_to_the_letter() -> None:
    stack = cdk.Stack(app(), "S")
    refuse_nested_stack(stack, "here")
    with pytest.raises(InputError) as raised:
        refuse_nested_stack(cdk.NestedStack(stack, "N"), "here")
    assert (raised.value.location, raised.value.problem, raised.value.remedy) == (
        "here",
        "is in a nested stack, whose rollback belongs to the parent stack",
        "Move the table into a stack of its own, by retain and import (capacity-guard docs table-to-tablev2)",
    )


@pytest.mark.parametrize("text", ["", "x"])
def test_text_is_given_back_and_a_token_is_none(text: str) -> None:
    assert text_or_none(text) == text
    assert text_or_none(f"{text}{cdk.Aws.REGION}") is None
