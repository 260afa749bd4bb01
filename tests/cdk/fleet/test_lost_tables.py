"""Baselines of tables that a stack does not have any more: deleted, or under another logical id."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from constructs import Construct

from capacity_guard import CapacityGuard, GuardEveryTable, ReportEveryTable
from capacity_guard.cdk.fleet.lost_tables import NO_TABLE
from capacity_guard.evidence.provenance import TableIdentity
from tests.builders.adopted import PROVISIONED, recorded, table
from tests.builders.guarded import app

ACCOUNT, REGION = "111111111111", "eu-west-1"


def save(file: Path, name: str, stack: str | None, logical_id: str | None, account: str = ACCOUNT) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    replace(recorded(), table=TableIdentity(name, account, REGION, stack, logical_id)).save(file)
    return file


Aspect = Callable[[Path], Any]
REPORTED = partial(ReportEveryTable, warn_until=date(2027, 1, 31))


@pytest.fixture(params=[GuardEveryTable, REPORTED], ids=["guarded", "reported"])
def aspect(request: pytest.FixtureRequest) -> Aspect:
    """Both aspects warn of the same."""
    return lambda folder: request.param(baselines=folder)


def warned(made: cdk.App, stack: cdk.Stack, aspect: Any) -> list[str]:
    cdk.Aspects.of(made).add(aspect)
    made.synth()
    return [str(entry.data) for entry in stack.node.metadata if NO_TABLE in str(entry.data)]


def stack_in(made: cdk.App, name: str = "S") -> cdk.Stack:
    return cdk.Stack(made, name, env=cdk.Environment(account=ACCOUNT, region=REGION))


def logical_id(construct: object, stack: cdk.Stack) -> str:
    resource = construct.node.default_child  # type: ignore[attr-defined]
    return str(stack.resolve(resource.logical_id))


@pytest.mark.parametrize("tables_left", [True, False])
def test_baseline_of_a_table_that_is_gone_is_one_warning_of_its_stack(
    tables_left: bool, tmp_path: Path, aspect: Aspect
) -> None:
    made = app()
    stack = stack_in(made)
    if tables_left:
        kept = logical_id(table(stack, PROVISIONED), stack)
        save(tmp_path / "kept.json", "S-kept", "S", kept)
    else:
        cdk.CfnParameter(stack, "Nothing")
    gone = save(tmp_path / "job" / "gone.json", "S-Gone-1ABC", "S", "Gone")
    also = save(tmp_path / "job" / "more.json", "S-More-1ABC", "S", "More")
    (text,) = warned(made, stack, aspect(tmp_path))
    assert text.startswith(
        f"The stack has no table any more of which these baselines were recorded: {gone} (Gone, table S-Gone-1ABC), "
        f"{also} (More, table S-More-1ABC). Of a table that was deleted, delete both files. "
    )
    assert (
        f"capacity-guard record --table S-Gone-1ABC --out {gone} (capacity-guard docs life-of-a-table)."
        in text
    )


def test_baselines_of_other_stacks_accounts_or_without_a_logical_id_are_nobodys_business(
    tmp_path: Path, aspect: Aspect
) -> None:
    made = app()
    stack = stack_in(made)
    table(stack, PROVISIONED)
    save(tmp_path / "a.json", "a", "Elsewhere", "Gone")
    save(tmp_path / "b.json", "b", "S", "Gone", account="222222222222")
    save(tmp_path / "c.json", "c", "S", None)
    assert warned(made, stack, aspect(tmp_path)) == []


def test_file_that_a_guard_uses_is_told_by_its_own_finding(tmp_path: Path, aspect: Aspect) -> None:
    made = app()
    stack = stack_in(made)
    file = save(tmp_path / "S" / "Orders.json", "x", "S", "OldId")
    CapacityGuard(stack, "Guard", table=table(stack, PROVISIONED), baseline=file)
    moved = save(tmp_path / "S" / "Carts.json", "y", "S", "OldCarts")
    table(stack, PROVISIONED, None, "Carts")
    assert warned(made, stack, aspect(tmp_path)) == []
    assert moved.exists()


def test_report_of_an_app_with_tables_of_several_stacks_warns_each_stack_once(tmp_path: Path) -> None:
    made = app()
    stacks = [stack_in(made, name) for name in ("S", "T")]
    for stack in stacks:
        table(stack, PROVISIONED)
        save(tmp_path / f"{stack.stack_name}.json", "x", stack.stack_name, "Gone")
    cdk.Aspects.of(made).add(REPORTED(baselines=tmp_path))
    cdk.Aspects.of(stacks[1]).add(REPORTED(baselines=tmp_path))
    made.synth()
    for stack in stacks:
        assert len([entry for entry in stack.node.metadata if NO_TABLE in str(entry.data)]) == 1


def test_report_of_a_construct_below_a_stack_says_nothing_of_what_it_does_not_see(tmp_path: Path) -> None:
    made = app()
    stack = stack_in(made)
    only = Construct(stack, "Only")
    table(only, PROVISIONED)
    save(tmp_path / "gone.json", "x", "S", "Gone")
    cdk.Aspects.of(only).add(REPORTED(baselines=tmp_path))
    made.synth()
    assert not [entry for entry in stack.node.metadata if NO_TABLE in str(entry.data)]


def nested_in(stack: cdk.Stack, name: str = "Data") -> cdk.NestedStack:
    return cdk.NestedStack(stack, name)


def generated(nested: cdk.NestedStack) -> str:
    """A name that CloudFormation gives the nested stack."""
    parent = nested.nested_stack_parent
    assert parent is not None
    resource = nested.nested_stack_resource
    assert resource is not None
    return f"{parent.stack_name}-{parent.resolve(resource.logical_id)}-1AB2CD3EF4GHI"


@pytest.mark.parametrize("tables_left", [True, False])
def test_baseline_of_a_table_that_a_nested_stack_has_no_more_is_a_warning_of_that_stack(
    tables_left: bool, tmp_path: Path, aspect: Aspect
) -> None:
    made = app()
    stack = stack_in(made)
    table(stack, PROVISIONED, id="Kept")
    nested = nested_in(stack)
    cdk.CfnResource(nested, "Topic", type="AWS::SNS::Topic")
    if tables_left:
        left = table(nested, PROVISIONED, id="Left")
        save(tmp_path / "left.json", "t-left", generated(nested), logical_id(left, nested))
    save(tmp_path / "lost.json", "t-lost", generated(nested), "Gone123")
    (said,) = warned(made, nested, aspect(tmp_path))
    assert "The stack has no table any more of which these baselines were recorded: " in said
    assert "lost.json (Gone123, table t-lost)" in said
    assert "left.json" not in said
    assert [entry for entry in stack.node.metadata if NO_TABLE in str(entry.data)] == []


def test_baseline_of_a_nested_stack_that_is_gone_is_a_warning_of_its_parent(
    tmp_path: Path, aspect: Aspect
) -> None:
    made = app()
    stack = stack_in(made)
    table(stack, PROVISIONED, id="Kept")
    save(tmp_path / "lost.json", "t-lost", "S-DataNestedStack12AB-1AB2CD3EF4GHI", "Gone123")
    save(tmp_path / "other.json", "t-other", "S-other", "Gone123")
    (said,) = warned(made, stack, aspect(tmp_path))
    assert "The stack has no nested stack any more of which these baselines were recorded: " in said
    assert "lost.json (Gone123, table t-lost)" in said
    assert "other.json" not in said
