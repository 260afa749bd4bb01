"""The checks of the arguments that both guards have in common."""

from __future__ import annotations

from pathlib import Path

import aws_cdk as cdk
import pytest

from capacity_guard import Baseline, CapacityGuard, InputError, NewTable
from capacity_guard.cdk.arguments.guard_arguments import (
    load_baseline,
    recorded_name,
    refuse_nested_stack,
    refuse_stack_without_assets,
    text_or_none,
)
from tests.builders import adopted
from tests.builders.guarded import app, baseline, table


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


def test_name_is_recorded_of_a_table_that_exists_only() -> None:
    recording = baseline()
    assert recorded_name(recording) == recording.table.name
    assert recorded_name(NewTable("orders")) is None
    assert recorded_name(InputError("orders.json", "is missing", "Record it")) is None


def test_text_is_none_for_a_token_only() -> None:
    assert text_or_none("eu-west-1") == "eu-west-1"
    assert text_or_none(cdk.Aws.REGION) is None


def test_nested_stack_is_refused_and_another_is_not() -> None:
    stack = cdk.Stack(app(), "S")
    refuse_nested_stack(stack, "here")
    with pytest.raises(InputError, match="here: is in a nested stack"):
        refuse_nested_stack(cdk.NestedStack(stack, "N"), "here")


class OfACompany(cdk.BootstraplessSynthesizer):
    pass


@pytest.mark.parametrize("synthesizer", [cdk.BootstraplessSynthesizer, OfACompany])
@pytest.mark.parametrize("place", ["app", "stack"])
def test_stack_that_publishes_no_assets_is_refused_before_anything_is_made(
    synthesizer: type[cdk.BootstraplessSynthesizer], place: str
) -> None:
    made = cdk.App(default_stack_synthesizer=synthesizer()) if place == "app" else app()
    stack = cdk.Stack(made, "S", synthesizer=synthesizer() if place == "stack" else None)
    declared = adopted.table(stack, adopted.PROVISIONED)
    children = len(stack.node.children)
    for guard, location in (
        (lambda: table(stack), "GuardedTable Conversations"),
        (
            lambda: CapacityGuard(stack, "Guard", table=declared, baseline=adopted.recorded()),
            "CapacityGuard Guard: table",
        ),
    ):
        with pytest.raises(InputError) as raised:
            guard()
        assert (raised.value.location, raised.value.problem, raised.value.remedy) == (
            location,
            "is in a stack with a BootstraplessSynthesizer, which publishes no assets; the code of the gates is an asset",
            "Bootstrap the account, and give the stack another synthesizer, for example DefaultStackSynthesizer()",
        )
    assert len(stack.node.children) == children


def test_stack_is_asked_for_its_synthesizer_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    class Asked(cdk.Stack):
        @property
        def synthesizer(self) -> cdk.IStackSynthesizer:
            asked.append("synthesizer")
            return cdk.DefaultStackSynthesizer()

    stack = Asked(app(), "S")
    for _ in range(2):
        refuse_stack_without_assets(stack, "here")
    assert asked == ["synthesizer"]
