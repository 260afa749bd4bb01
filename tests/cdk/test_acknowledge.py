"""Acknowledgments: in the gates' plan and in the validation report."""

from __future__ import annotations

from datetime import date

import aws_cdk as cdk
import pytest

from capacity_guard.capacity import InputError
from capacity_guard.cdk.acknowledge import acknowledge
from tests.builders import adopted
from tests.builders.guarded import RAISED, app, synthesize, table


def test_plan_carries_acknowledgments_given_after_construction() -> None:
    made = app()
    guarded = table(cdk.Stack(made, "S"), capacity=RAISED)
    acknowledge(guarded, "CG4", reason="measured by hand")
    assert [a.rule for a in synthesize(made).plan().acknowledgments] == ["CG4"]


def suppressed(resource: cdk.CfnResource) -> list[object]:
    """What is suppressed on a resource, from its metadata."""
    return [entry.data for entry in resource.node.metadata if entry.type == "aws:cdk:acknowledged-rules"]


def test_acknowledgment_suppresses_the_rule_on_the_resource_of_the_table_with_its_reason() -> None:
    guarded = table(cdk.Stack(app(), "S"), capacity=RAISED)
    acknowledge(guarded, "CG4", reason="measured by hand", until=date(2026, 7, 9))
    assert suppressed(guarded.guard.resource) == [{"CapacityGuardChecks::CG4": "measured by hand"}]


def test_expired_acknowledgment_is_kept_for_the_rules_but_suppresses_nothing() -> None:
    guarded = table(cdk.Stack(app(), "S"), capacity=RAISED)
    acknowledge(guarded, "CG4", reason="measured by hand", until=date(2026, 7, 8))
    assert suppressed(guarded.guard.resource) == []
    assert [acknowledgment.rule for acknowledgment in guarded.guard.case.acknowledgments] == ["CG4"]


def test_acknowledgment_of_a_table_beside_its_guard_names_what_takes_it() -> None:
    """CG13 and CG20 print the call; the table that other code declares has no acknowledgments."""
    declared = adopted.table_v2(cdk.Stack(app(), "S"), adopted.PROVISIONED)
    with pytest.raises(
        InputError, match=r"is TableV2, which has no guard\. Give the GuardedTable, or the CapacityGuard"
    ):
        acknowledge(declared, "CG20", reason="the sale")  # type: ignore[arg-type]
