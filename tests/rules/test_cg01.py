"""CG1: a table of the app without a guard."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from capacity_guard.evidence.baseline import NewTable
from capacity_guard.rules import Case
from tests.builders.cases import case, findings, on_demand
from tests.rules.examples import compliant, other, refused, silent


def unguarded(table: str = "Conversations") -> Case:
    return case(on_demand(), table=table, guarded=False, stack="Chat", logical_id="OrdersTable315BB997")


def awaited(**given: Any) -> Case:
    return replace(unguarded(), awaited_baseline="baselines/Chat/My Orders.json", **given)


EXAMPLES = (
    compliant("a guarded table", lambda: case(on_demand())),
    refused("a table without a guard", lambda: unguarded()),
    silent("a guarded table that does not exist yet", lambda: case(on_demand(), NewTable("x"))),
)

OTHERS = (
    other("inside another construct", lambda: unguarded("Shop/Orders")),
    other("that GuardEveryTable has no baseline of", lambda: awaited()),
    other("that SAM makes", lambda: replace(unguarded(), is_simple_table=True)),
    other("in a stack that publishes no assets", lambda: replace(unguarded(), publishes_assets=False)),
    other("whose change is held", lambda: replace(unguarded(), held_change="0123456789")),
    other("of no known resource", lambda: replace(unguarded(), logical_id=None)),
)


def test_fix_when_the_table_is_inside_another_construct_names_its_own_id() -> None:
    (finding,) = findings(unguarded("Shop/Orders"), "CG1")
    assert 'CapacityGuard(self, "OrdersGuard", table=table, ' in finding.fix
    assert 'baseline="baselines/Chat/OrdersTable315BB997.json"' in finding.fix


@pytest.mark.parametrize(
    ("given", "file"),
    [
        ({}, "baselines/Chat/Orders.json"),
        ({"stack": "Chat-staging"}, "baselines/Chat-staging/Orders.json"),
        ({"stack": None}, "baselines/Orders.json"),
        ({"report_file": "recorded/anywhere.json"}, "recorded/anywhere.json"),
    ],
)
def test_fix_names_the_file_that_the_aspects_read(given: dict[str, Any], file: str) -> None:
    (finding,) = findings(replace(unguarded("Orders"), **given), "CG1")
    assert f'baseline="{file}"' in finding.fix


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("orders", ["capacity-guard record --table orders --out 'baselines/Chat/My Orders.json'"]),
        (
            None,
            [
                'capacity-guard record --table "$(aws cloudformation describe-stack-resource --stack-name Chat '
                "--logical-resource-id OrdersTable315BB997 --query StackResourceDetail.PhysicalResourceId "
                "--output text)\" --out 'baselines/Chat/My Orders.json'",
            ],
        ),
    ],
)
def test_fix_when_guard_every_table_waits_for_the_baseline_is_to_record_it(
    name: str | None, lines: list[str]
) -> None:
    (finding,) = findings(awaited(table_name=name), "CG1")
    assert finding.fix.split("\n") == lines
    assert "GuardEveryTable leaves it alone until it is recorded" in finding.title


def test_fix_when_the_table_is_in_a_nested_stack_names_no_guard_that_would_be_refused() -> None:
    (finding,) = findings(replace(unguarded(), nested=True, stack="Part"), "CG1")
    assert "in nested stack Part" in finding.text()
    assert "CapacityGuard(" not in finding.fix
    assert "a stack of its own, by retain and import" in finding.fix


def test_table_when_it_has_a_guard_is_not_found() -> None:
    assert findings(replace(unguarded(), guarded=True), "CG1") == []


def test_fix_reaches_the_tables_of_a_stage_which_an_aspect_of_the_app_does_not() -> None:
    (finding,) = findings(unguarded(), "CG1")
    assert finding.fix.endswith(
        "Aspects.of(app).add(GuardEveryTable(baselines=...)); of a Stage: Aspects.of(stage)"
    )


def test_fix_in_a_stack_without_assets_changes_the_synthesizer_first() -> None:
    """A guard is refused there (``cdk/arguments/guard_arguments.py``)."""
    (finding,) = findings(replace(unguarded(), publishes_assets=False), "CG1")
    first, then, *_ = finding.fix.split("\n")
    assert "BootstraplessSynthesizer" in first
    assert "DefaultStackSynthesizer()" in first
    assert then.startswith("then CapacityGuard(self, ")
